// The same graph as a table that sorts: what the map says, for those who read rows or cannot see a map.

const ROWS = 150;
const names = (some) => some.map(({ title }) => title).join(", ");
const yearsOf = ({ years }) => (!years.length ? "" : years.length === 1 ? String(years[0]) : `${years[0]}–${years.at(-1)}`);
const COLUMNS = {
  mappings: [
    { title: "Mechanism", of: (mapping) => mapping.mechanism.title, kind: "mechanism", opens: true },
    { title: "Relation", of: ({ relation }) => relation },
    { title: "Technique", of: (mapping) => mapping.technique.title },
    { title: "What both do", of: ({ functions }) => names(functions) },
    { title: "Belief", of: ({ belief }) => belief, shown: (belief) => belief.toFixed(2) },
    { title: "Papers", of: ({ papers: number }) => number },
    { title: "Years", of: (mapping) => mapping.years[0] ?? 0, shown: (_, mapping) => yearsOf(mapping) },
    { title: "Best evidence", of: ({ evidence }) => evidence[0]?.paper.title ?? "" },
  ],
  concepts: [
    { title: "Concept", of: ({ title }) => title, opens: true },
    { title: "Kind", of: ({ kind }) => kind },
    { title: "Field", of: ({ domain }) => domain ?? "" },
    { title: "Family", of: ({ family }) => family?.title ?? "" },
    { title: "What it does", of: ({ functions, definition }) => names(functions) || definition || "" },
    { title: "Mappings", of: (concept) => concept.mappings.length },
  ],
};
const order = { what: "mappings", mappings: { column: 4, down: true }, concepts: { column: 5, down: true } };

/** rows: {mappings, concepts} that pass filters and search. */
function table(rows, choose) {
  const sheet = byId("sheet");
  const again = () => table(rows, choose);
  const { column, down } = order[order.what];
  const columns = COLUMNS[order.what];
  const { of } = columns[column];
  const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b, "en"));
  const sorted = [...rows[order.what]].sort((a, b) => (down ? -1 : 1) * compare(of(a), of(b)) || (a.key < b.key ? -1 : 1));
  const sort = (at) => {
    order[order.what] = { column: at, down: at === column ? !down : typeof (sorted.length ? columns[at].of(sorted[0]) : "") === "number" };
    again();
    sheet.querySelectorAll("th button")[at].focus();
    say(`sorted by ${columns[at].title}`);
  };
  const turn = (what) => button(`${count(rows[what].length, what.slice(0, -1))}`, () => {
    order.what = what;
    again();
    byId(`table-${what}`).focus();
  }, { id: `table-${what}`, "aria-pressed": String(order.what === what) });
  const heads = columns.map(({ title }, at) => element("th", { scope: "col", "aria-sort": at === column ? (down ? "descending" : "ascending") : "none" }, button(title, () => sort(at))));
  const body = element("tbody");
  const more = element("button", { type: "button", class: "plain", hidden: true });
  const add = () => {
    const from = body.rows.length;
    body.append(...sorted.slice(from, from + ROWS).map((item) => tableRow(item, columns, choose)));
    const left = sorted.length - body.rows.length;
    more.hidden = left <= 0;
    markChosen(state.chosen);
    more.textContent = `${Math.min(left, ROWS)} more of ${left.toLocaleString("en")}`;
  };
  more.addEventListener("click", add);
  add();
  const where = sheet.scrollTop;
  sheet.replaceChildren(
    element("div", { class: "sheet-head" }, element("div", { class: "choice", role: "group", "aria-label": "Rows of" }, turn("mappings"), turn("concepts")),
      sorted.length ? "" : "Nothing passes the search and the filters."),
    element("table", { "aria-label": order.what }, element("thead", {}, element("tr", {}, heads)), body), more);
  sheet.scrollTop = where;
}

function tableRow(item, columns, choose) {
  const cells = columns.map(({ of, shown, opens, kind }) => {
    const value = of(item);
    const text = shown ? shown(value, item) : String(value);
    if (opens) return element("td", {}, button(named(text, 140), () => choose(item), { class: `link ${kind ?? ""}`, "data-key": item.key }));
    return element("td", { class: typeof value === "number" ? "number" : null }, element("div", { class: "cut" }, text ? named(text, 200) : ""));
  });
  return element("tr", {}, cells);
}
