// The address of the page keeps what is seen: what is chosen, the scene, the search and the filters.

function toAddress({ view, scene, roots, chosen, query, filters }) {
  const said = new URLSearchParams();
  const none = noFilters();
  if (view !== "map") said.set("view", view);
  // Said with a choice even where it is the overview: a bare key would lead to its neighbourhood.
  if (scene !== "overview" || chosen) said.set("map", scene);
  if (scene === "near") for (const root of roots) said.append("around", root.key);
  if (chosen) said.set("select", chosen.key);
  if (query) said.set("find", query);
  for (const name of ["kinds", "relations", "domains"]) if (filters[name].join() !== none[name].join()) said.set(name, filters[name].join() || "none");
  for (const name of ["belief", "from", "to"]) if (filters[name] !== none[name]) said.set(name, filters[name]);
  return `#${said}`;
}

/** What an address asks for; a mapping's or concept's key alone ("#m0123456789") shows that and what is around it. */
function fromAddress(hash) {
  const bare = hash.slice(1);
  const said = new URLSearchParams(items.has(bare) ? { select: bare } : bare);
  const chosen = items.get(said.get("select")) ?? null;
  const roots = said.getAll("around").map((key) => items.get(key)).filter((item) => item && !isMapping(item));
  const around = roots.length || !chosen || said.has("map") ? roots : isMapping(chosen) ? ends(chosen) : [chosen];
  const asked = said.get("map") ?? (chosen && !["function", "family"].includes(chosen.kind) ? "near" : "overview");
  const filters = noFilters();
  const list = (name) => (said.get(name) === "none" ? [] : said.get(name)?.split(",")) ?? filters[name];
  const number = (name) => (said.has(name) && Number.isFinite(Number(said.get(name))) ? Number(said.get(name)) : filters[name]);
  return {
    view: said.get("view") === "table" ? "table" : "map",
    scene: ["overview", "near", "all"].includes(asked) ? asked : "overview",
    roots: around, chosen, query: said.get("find") ?? "",
    filters: { kinds: list("kinds"), relations: list("relations"), domains: list("domains"), belief: number("belief"), from: number("from"), to: number("to") },
  };
}
