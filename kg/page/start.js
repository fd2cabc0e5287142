// Ties the parts together: one state, and what each change of it redraws.

const state = fromAddress(location.hash);
let passes = passing(state.filters);
let found = search(state.query, passes);
const map = new GraphMap(byId("map"), { choose, expand, tip });
const acts = { choose, expand, start, copy };

/** Change the state; push makes it a step that the Back button takes back. */
function change(changes, { push = false } = {}) {
  const before = { ...state };
  Object.assign(state, changes);
  const address = toAddress(state);
  if (address !== (location.hash || "#")) history[push ? "pushState" : "replaceState"](null, "", address);
  redraw(before);
}

function redraw(before) {
  const changed = (...names_) => !before || names_.some((name) => before[name] !== state[name]);
  if (changed("filters")) {
    passes = passing(state.filters);
    const touched = JSON.stringify(state.filters) !== JSON.stringify(noFilters());
    byId("filtered").textContent = touched ? `${passes.mappings.size.toLocaleString("en")} of ${count(mappings.length, "mapping")}` : "";
  }
  if (changed("filters", "query")) {
    found = search(state.query, passes);
    resultList(found, passes, choose);
    map.highlight(found && new Set([...found.concepts, ...found.mappings.slice(0, 300).flatMap(ends)]));
    if (before && found) say(byId("results-title").textContent);
  }
  if (changed("chosen")) {
    map.select(state.chosen);
    details(state.chosen, acts);
    if (before && state.chosen) say(`${plain(called(state.chosen), 200)}: ${isMapping(state.chosen) ? `belief ${state.chosen.belief.toFixed(2)}` : count(state.chosen.mappings.length, "mapping")}`);
  }
  if (changed("filters", "scene", "roots")) drawScene();
  if (changed("view")) showView();
  if (state.view === "table" && changed("view", "filters", "query")) {
    table({ mappings: found?.mappings ?? [...passes.mappings], concepts: found?.concepts ?? [...passes.concepts] }, choose);
  }
  markChosen(state.chosen);
}

function drawScene() {
  const scene = { overview, near, all: everything }[state.scene](passes, state.roots);
  scene.kind = state.scene;
  map.show(scene);
  byId("shown").textContent = scene.said;
  byId("map").setAttribute("aria-label", `Map: ${scene.said}`);
  for (const name of ["overview", "near", "all"]) byId(`scene-${name}`).setAttribute("aria-pressed", String(state.scene === name));
}

function showView() {
  const isTable = state.view === "table";
  byId("stage").hidden = isTable;
  byId("sheet").hidden = !isTable;
  byId("view-map").setAttribute("aria-pressed", String(!isTable));
  byId("view-table").setAttribute("aria-pressed", String(isTable));
}

/** Choose a concept or mapping; the map goes to its neighbourhood where it does not show it. */
function choose(item) {
  if (item === state.chosen) return;
  const shown = !item || state.view === "table" || map.has(item);
  change(shown ? { chosen: item } : { chosen: item, ...around(isMapping(item) ? ends(item) : [item]) }, { push: true });
  if (item && shown) map.reveal(item);
}

const around = (roots) => ({ scene: "near", roots: [...new Set(roots)] });

/** Add what maps to a concept to the neighbourhood that is shown, or begin one. */
function expand(concept) {
  const more = state.scene === "near" ? [...state.roots, concept] : [concept];
  change({ view: "map", chosen: concept, ...around(more.slice(-12)) }, { push: true });
}

function start(roots) {
  change({ view: "map", ...around(roots) }, { push: true });
}

async function copy(event) {
  const { target } = event;
  const words = target.textContent;
  try {
    await navigator.clipboard.writeText(location.href);
    target.textContent = "Copied";
    say("address copied");
  } catch {
    target.textContent = "Copy it from the address bar";
  }
  setTimeout(() => (target.textContent = words), 1500);
}

function tip(item, at) {
  const box = byId("tip");
  box.hidden = !item;
  if (!item) return;
  const facts = isMapping(item) ? `belief ${item.belief.toFixed(2)}, ${count(item.papers, "paper")}` : [item.kind, item.domain, count(item.mappings.length, "mapping")].filter(Boolean).join(" · ");
  const title = isMapping(item) ? [named(item.mechanism.title, 80), ` ${RELATION_WORDS[item.relation]} `, named(item.technique.title, 80)] : [named(item.title, 120)];
  box.replaceChildren(...title, element("small", {}, plain(facts, 120)));
  const [width, height] = map.size;
  box.style.transform = `translate(${Math.max(4, Math.min(at[0] + 14, width - box.offsetWidth - 8))}px, ${at[1] + 18 + box.offsetHeight > height ? at[1] - box.offsetHeight - 10 : at[1] + 18}px)`;
}

function theme(wanted) {
  if (wanted === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = wanted;
  byId("theme").textContent = `Theme: ${wanted}`;
  map.colours();
}

function setFilters(filters, redo = false) {
  change({ filters });
  if (redo) filterForm(state.filters, setFilters);
}

function later(act, wait) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), wait);
  };
}

function keys(event) {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    byId("query").focus();
  }
  if (event.key === "ArrowDown" && (event.target === byId("query") || event.target.closest("#results"))) walkList(event, 1);
  if (event.key === "ArrowUp" && event.target.closest("#results")) walkList(event, -1);
}

function walkList(event, step) {
  const buttons = [...document.querySelectorAll("#results .item")];
  const at = buttons.indexOf(document.activeElement) + step;
  event.preventDefault();
  (at < 0 ? byId("query") : buttons[Math.min(at, buttons.length - 1)])?.focus();
}

const themes = ["auto", "dark", "light"];
byId("theme").addEventListener("click", () => theme(themes[(themes.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % 3]));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => map.colours());
for (const view of ["map", "table"]) byId(`view-${view}`).addEventListener("click", () => change({ view }, { push: true }));
byId("scene-overview").addEventListener("click", () => change({ scene: "overview" }, { push: true }));
byId("scene-all").addEventListener("click", () => change({ scene: "all" }, { push: true }));
byId("scene-near").addEventListener("click", () => {
  const roots = state.roots.length ? state.roots : isMapping(state.chosen) ? ends(state.chosen) : state.chosen ? [state.chosen] : [];
  change({ scene: "near", roots }, { push: true });
});
byId("zoom-in").addEventListener("click", () => map.step(1.4));
byId("zoom-out").addEventListener("click", () => map.step(1 / 1.4));
byId("zoom-fit").addEventListener("click", () => map.fit());
byId("query").addEventListener("input", later(() => change({ query: byId("query").value.trim() }), 90));
document.addEventListener("keydown", keys);
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("results").focus();
});
window.addEventListener("popstate", () => {
  const before = { ...state };
  Object.assign(state, fromAddress(location.hash));
  byId("query").value = state.query;
  filterForm(state.filters, setFilters);
  redraw(before);
});

const tally = KINDS.map((kind) => [concepts.filter((concept) => concept.kind === kind).length, PLURAL[kind]]).filter(([number]) => number);
byId("counts").textContent = [count(mappings.length, "mapping"), ...tally.map(([number, word]) => `${number.toLocaleString("en")} ${word}`)].join(" · ");
byId("query").value = state.query;
byId("filters").open = window.innerWidth > 800 && JSON.stringify(state.filters) !== JSON.stringify(noFilters());
// A graph without functions and families has no overview.
if (state.scene === "overview" && overview(passes, []).nodes.length < 2) state.scene = "all";
filterForm(state.filters, setFilters);
redraw(null);
document.documentElement.dataset.ready = "yes";
