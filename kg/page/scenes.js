// What the map shows: an overview of functions and families, the neighbourhood of what was chosen, or everything.

const MOST_FAMILIES = 170;
const MOST_NEAR = 50;

const sized = (concept, number) => ({ id: concept.key, concept, kind: concept.kind, number });
const stated = (mapping, a, b) => ({ a, b, kind: mapping.relation, mapping, number: 1 });

/** How often each concept goes with each function among the mappings that pass; standing(concept) may stand for its members. */
function served({ concepts: seen, mappings: kept }, standing) {
  const tally = new Map();
  for (const mapping of kept) {
    const hubs = mapping.functions.filter((hub) => seen.has(hub));
    for (const hub of hubs) tally.set(hub, { number: (tally.get(hub)?.number ?? 0) + 1, side: "function", hubs: new Map() });
    for (const end of ends(mapping)) {
      for (const concept of standing(end).filter((one) => seen.has(one))) {
        const its = tally.get(concept) ?? { number: 0, side: end.kind, hubs: new Map() };
        its.number += 1;
        for (const hub of hubs) its.hubs.set(hub, (its.hubs.get(hub) ?? 0) + 1);
        tally.set(concept, its);
      }
    }
  }
  for (const its of tally.values()) its.hubs = [...its.hubs].sort((a, b) => b[1] - a[1] || (a[0].key < b[0].key ? -1 : 1));
  return tally;
}

/** Ties each concept to the function it serves most, in whose field it lies; its other functions show when it is chosen. */
function serving(nodes, tally) {
  const links = [];
  for (const [concept, node] of nodes) {
    if (concept.kind === "function") node.group = concept.domain ?? "functions";
    else {
      const hubs = tally.get(concept)?.hubs ?? [];
      const known = hubs.length ? hubs : concept.functions.map((hub) => [hub, 1]);
      const its = known.filter(([hub]) => nodes.has(hub));
      its.forEach(([hub, number], place) => links.push({ a: node, b: nodes.get(hub), kind: "serves", number, quiet: place > 0 }));
      node.hub = its.length ? nodes.get(its[0][0]) : null;
      node.group = its.length ? its[0][0].domain ?? "functions" : "";
    }
  }
  return links;
}

/** Functions as hubs, tied where mappings serve both, and the families that serve them. */
function overview(passes) {
  const { concepts: seen, mappings: kept } = passes;
  const tally = served(passes, (concept) => [concept.family && seen.has(concept.family) ? concept.family : concept]);
  const counted = [...tally].sort((a, b) => b[1].number - a[1].number || (a[0].key < b[0].key ? -1 : 1));
  const hubs = counted.filter(([concept]) => concept.kind === "function");
  const families = counted.filter(([concept, { number, hubs: its }]) => concept.kind !== "function" && its.length && (number > 1 || counted.length < 150));
  const nodes = new Map([...hubs, ...families.slice(0, MOST_FAMILIES)].map(([concept, { number, side }]) => [concept, { ...sized(concept, number), side }]));
  const both = new Map();
  for (const mapping of kept) {
    const some = mapping.functions.filter((hub) => nodes.has(hub));
    for (const a of some) for (const b of some) if (a.key < b.key) both.set(`${a.key}\n${b.key}`, { a, b, number: (both.get(`${a.key}\n${b.key}`)?.number ?? 0) + 1 });
  }
  const ties = [...both.values()].sort((a, b) => b.number - a.number || (a.a.key + a.b.key < b.a.key + b.b.key ? -1 : 1));
  // The strongest ties that hold all together without going round in circles; the others show when a hub is chosen.
  const joined = new Map();
  const head = (hub) => (joined.has(hub) ? head(joined.get(hub)) : hub);
  const shown = ties.map(({ a, b, number }) => {
    const [one, two] = [head(a), head(b)];
    if (one !== two) joined.set(one, two);
    return { a: nodes.get(a), b: nodes.get(b), kind: "ties", number, quiet: one === two };
  });
  return {
    nodes: [...nodes.values()],
    links: [...shown, ...serving(nodes, tally)],
    said: `${count(hubs.length, "function")} and ${count(nodes.size - hubs.length, "family", "families")} that serve them; double-click one to see its mappings`,
  };
}

/** The roots, all that they map to, and what both sides do. */
function near({ concepts: seen, mappings: kept }, roots) {
  const chosen = new Map();
  const add = (concept, root = false) => {
    if (root || seen.has(concept)) chosen.set(concept, (chosen.get(concept) ?? false) || root);
  };
  const shown = new Set();
  let more = 0;
  for (const root of roots) {
    add(root, true);
    const its = root.mappings.filter((mapping) => kept.has(mapping));
    more += Math.max(0, its.length - MOST_NEAR);
    for (const mapping of its.slice(0, MOST_NEAR)) {
      shown.add(mapping);
      for (const end of ends(mapping)) add(end);
      if (root.kind !== "function") for (const hub of mapping.functions) add(hub);
    }
    if (root.family) add(root.family);
  }
  for (const mapping of kept) if (ends(mapping).every((end) => chosen.has(end))) shown.add(mapping);
  const nodes = new Map([...chosen].map(([concept, root]) =>
    [concept, { ...sized(concept, concept.mappings.length), side: concept.kind, root }]));
  const links = [...shown].filter((mapping) => ends(mapping).every((end) => nodes.has(end)))
    .map((mapping) => stated(mapping, nodes.get(mapping.mechanism), nodes.get(mapping.technique)));
  const doing = new Map();
  for (const mapping of shown) {
    for (const hub of mapping.functions) {
      for (const end of ends(mapping)) {
        if (nodes.has(hub) && nodes.has(end)) doing.set(`${end.key}\n${hub.key}`, { a: nodes.get(end), b: nodes.get(hub), kind: "serves", number: 1 });
      }
    }
  }
  const kin = [...nodes.values()].filter(({ concept }) => nodes.has(concept.family))
    .map((node) => ({ a: node, b: nodes.get(node.concept.family), kind: "family", number: 1 }));
  const rest = more ? `; ${count(more, "less believed one")} in the table` : "";
  return {
    nodes: [...nodes.values()],
    links: [...kin, ...doing.values(), ...links],
    said: roots.length ? `${count(links.length, "mapping")} around ${roots.length > 2 ? count(roots.length, "concept") : roots.map((root) => plain(root.title, 60)).join(" and ")}${rest}`
      : "Choose something in the list or on the map, and expand it",
  };
}

/** Every concept that passes, each beside the function that it serves most. */
function everything(passes) {
  const { concepts: seen, mappings: kept } = passes;
  const nodes = new Map([...seen].map((concept) => [concept, { ...sized(concept, concept.mappings.length), side: concept.kind }]));
  const tally = served(passes, (concept) => [concept, concept.family].filter(Boolean));
  const weak = serving(nodes, tally);
  const lines = [...kept].map((mapping) => stated(mapping, ...ends(mapping).map((end) => nodes.get(end)))).filter(({ a, b }) => a && b);
  const kin = [...nodes].filter(([concept]) => nodes.has(concept.family)).map(([concept, node]) => {
    const family = nodes.get(concept.family);
    const alone = !node.hub;
    if (alone) Object.assign(node, { hub: family, group: family.group ?? "" });
    return { a: node, b: family, kind: "family", number: 1, quiet: !alone };
  });
  const cut = leftOut.mappings ? `; ${count(leftOut.mappings, "mapping")} of belief ${leftOut.least.toFixed(2)} or less left out of this page` : "";
  return { nodes: [...nodes.values()], links: [...kin, ...weak, ...lines], said: `${count(nodes.size, "concept")}, ${count(lines.length, "mapping")}${cut}` };
}
