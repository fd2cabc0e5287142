// The left side: filters that are a legend too, and the list of what was found.

const LISTED = 80;

function filterForm(filters, change) {
  const form = byId("filter-form");
  const box = (name, value, chosen, ...label) =>
    element("label", {}, element("input", { type: "checkbox", name, value, checked: chosen.includes(value) }), label);
  const group = (title, ...inner) => element("fieldset", {}, element("legend", {}, title), inner);
  const tick = (part) => KINDS.filter((kind) => part(kind));
  const present = RELATIONS.filter((relation) => mappings.some((mapping) => mapping.relation === relation));
  const domains = (kind) => DOMAINS[kind].map((domain) => box("domains", `${kind}:${domain}`, filters.domains, named(domain, 40)));
  const number = (name, label) => element("input", { type: "number", name, value: filters[name], min: YEARS[0], max: YEARS[1], "aria-label": label });
  const believed = element("output", {}, filters.belief.toFixed(2));
  form.replaceChildren(
    group("Kind", element("div", { class: "two" }, tick((kind) => concepts.some((concept) => concept.kind === kind))
      .map((kind) => box("kinds", kind, filters.kinds, sign(kind), PLURAL[kind])))),
    group("Relation", element("div", { class: "two" }, present.map((relation) =>
      box("relations", relation, filters.relations, element("span", { class: `line ${relation}`, "aria-hidden": "true" }), relation)))),
    group("Belief at least", element("div", { class: "row" },
      element("input", { type: "range", name: "belief", min: 0, max: 1, step: 0.05, value: filters.belief, "aria-label": "Belief at least" }), believed)),
    group("Year of a paper", element("div", { class: "row" }, number("from", "From year"), "to", number("to", "To year"))),
    DOMAINS.mechanism.length ? group("Field of biology (none: all)", element("div", { class: "two" }, domains("mechanism"))) : "",
    DOMAINS.technique.length ? group("Field of computing (none: all)", element("div", { class: "two" }, domains("technique"))) : "",
    button("Reset filters", () => change(noFilters(), true), { class: "plain", id: "reset" }));
  form.onsubmit = (event) => event.preventDefault();
  form.oninput = () => {
    const said = new FormData(form);
    const year = (name, otherwise) => (Number.isFinite(parseInt(said.get(name), 10)) ? parseInt(said.get(name), 10) : otherwise);
    believed.textContent = Number(said.get("belief")).toFixed(2);
    const absent = RELATIONS.filter((relation) => !present.includes(relation));
    change({
      kinds: said.getAll("kinds"), relations: [...said.getAll("relations"), ...absent], domains: said.getAll("domains"),
      belief: Number(said.get("belief")), from: year("from", YEARS[0]), to: year("to", YEARS[1]),
    });
  };
}

function conceptItem(concept, choose) {
  return element("li", {}, element("button", { type: "button", class: "item", "data-key": concept.key, on: { click: () => choose(concept) } },
    sign(concept.kind), element("span", { class: "unseen" }, `${concept.kind} `), element("span", { class: "what" }, named(concept.title, 140)),
    element("span", { class: "much", title: count(concept.mappings.length, "mapping") }, String(concept.mappings.length))));
}

/** Fill the list with what was found, or with the functions as a way in where nothing was asked. */
function resultList(found, { concepts: seen }, choose) {
  const list = byId("results");
  const rest = (all, what) => (all.length > LISTED ? [element("li", { class: "more" }, `and ${all.length - LISTED} more ${what}; the table shows all`)] : []);
  list.scrollTop = 0;
  if (!found) {
    const by = (kind) => [...seen].filter((concept) => concept.kind === kind).sort((a, b) => b.mappings.length - a.mappings.length || (a.key < b.key ? -1 : 1));
    const hubs = by("function");
    const shown = hubs.length ? hubs : [...by("mechanism"), ...by("technique")].slice(0, LISTED);
    byId("results-title").textContent = hubs.length ? "What both sides do: start here" : "Start here";
    list.replaceChildren(...shown.map((concept) => conceptItem(concept, choose)));
    return;
  }
  byId("results-title").textContent = `${count(found.concepts.length, "concept")}, ${count(found.mappings.length, "mapping")}`;
  list.replaceChildren(
    ...found.concepts.slice(0, LISTED).map((concept) => conceptItem(concept, choose)), ...rest(found.concepts, "concepts"),
    ...found.mappings.slice(0, LISTED).map((mapping) => element("li", {}, mappingItem(mapping, choose))), ...rest(found.mappings, "mappings"));
  if (!found.concepts.length && !found.mappings.length) {
    list.append(element("li", { class: "more" }, "Nothing has all of these words. Try fewer or other words, or reset the filters."));
  }
}

function markChosen(item) {
  for (const shown of document.querySelectorAll("#results .item")) {
    if (item && shown.dataset.key === item.key) shown.setAttribute("aria-current", "true");
    else shown.removeAttribute("aria-current");
  }
  for (const row of document.querySelectorAll("#sheet tbody tr")) {
    row.classList.toggle("chosen", Boolean(item) && row.querySelector("button").dataset.key === item.key);
  }
}
