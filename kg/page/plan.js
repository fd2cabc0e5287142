// Where a scene begins and what pulls on it: groups of functions lie apart, a neighbourhood lies from left to right.

const SIDES = { mechanism: -1, technique: 1 };

/** Place number n on a sunflower: even, and the same every time. */
const sunflower = (place, unit) => {
  const away = unit * Math.sqrt(place + 0.5);
  return [away * Math.cos(place * 2.39996), away * Math.sin(place * 2.39996)];
};

/** Middle of each group: large groups take more room, those that share more lie closer, all fill the shape of the screen. */
function islands({ nodes, links }, unit, [width, height]) {
  const groups = new Map();
  for (const { group = "" } of nodes) groups.set(group, (groups.get(group) ?? 0) + 1);
  const list = [...groups].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([group, number], at) => {
    const [x, y] = sunflower(at, unit * 8);
    return { group, x, y, radius: unit * Math.sqrt(number) + unit * 1.6 };
  });
  const known = new Map(list.map((land) => [land.group, land]));
  const shared = new Map();
  for (const { a, b, number } of links) {
    const [one, two] = [a.group ?? "", b.group ?? ""].sort();
    if (one !== two) shared.set(`${one}\n${two}`, (shared.get(`${one}\n${two}`) ?? 0) + number);
  }
  const most = Math.max(1, ...shared.values());
  const pulls = [...shared].map(([pair, number]) => {
    const [source, target] = pair.split("\n").map((group) => known.get(group));
    return { source, target, strength: (0.25 * number) / most };
  });
  const wide = Math.min(2, Math.max(0.5, (1.2 * width) / height || 1.2));
  const forces = d3.forceSimulation(list).stop()
    .force("pull", d3.forceLink(pulls).distance(({ source, target }) => source.radius + target.radius).strength(({ strength }) => strength))
    .force("room", d3.forceCollide(({ radius }) => radius).iterations(3))
    .force("x", d3.forceX(0).strength(0.06 / wide)).force("y", d3.forceY(0).strength(0.06 * wide));
  for (let tick = 0; tick < 300; tick += 1) forces.tick();
  return known;
}

/** Give every node of a scene its first place, and say what pulls on it, for arrange(). */
function planned(scene, before, size) {
  const { nodes, links } = scene;
  const near = scene.kind === "near";
  const large = nodes.length > LARGE;
  const lands = near ? null : islands(scene, large ? 17 : 36, size);
  begin(scene, near ? before : new Map(), lands, large);
  const loud = links.filter(({ quiet }) => !quiet);
  const own = ({ a, b, kind }) => kind === "serves" || (kind === "family" && a.hub === b);
  const even = ({ a, b }) => 1 / Math.sqrt(Math.min(a.linked.length, b.linked.length) || 1);
  const pull = (line) => (near ? { serves: 0.5, family: 0.2 }[line.kind] ?? 0.25 : own(line) ? 0.55 : line.kind === "ties" ? 0.02 : 0.012);
  const length = (line) => (near ? { serves: 80, family: 90 }[line.kind] ?? 150 : own(line) ? line.b.radius + line.a.radius + (large ? 10 : 14) : 60);
  const floats = (some, of) => Float32Array.from(some, of);
  const home = (node) => lands?.get(node.group ?? "") ?? { x: 0, y: 0 };
  return {
    radius: floats(nodes, ({ radius, kind }) => radius + (kind === "function" && !near ? (large ? 8 : 12) : 0)), x: floats(nodes, ({ x }) => x), y: floats(nodes, ({ y }) => y),
    homeX: floats(nodes, (node) => (near ? (size[0] && size[0] < 560 ? 110 : 210) * (SIDES[node.side] ?? 0) : home(node).x)),
    homeY: floats(nodes, (node) => (near ? 0 : home(node).y)),
    drawX: floats(nodes, (node) => (near ? 0.28 : node.hub ? 0.015 : 0.11)),
    drawY: floats(nodes, (node) => (near ? 0.045 : node.hub ? 0.015 : 0.11)),
    from: Int32Array.from(loud, ({ a }) => a.index), to: Int32Array.from(loud, ({ b }) => b.index),
    length: floats(loud, length), pull: floats(loud, (line) => pull(line) * (near ? even(line) : 1)),
    push: near ? 240 : large ? 14 : 70, reach: near ? 900 : large ? 120 : 240, gap: near ? 9 : large ? 3 : 6, ticks: nodes.length > 3000 ? 70 : large ? 110 : 240,
  };
}

/** First places: hubs around the middle of their group, what is tied to a hub around it, known things where they lay. */
function begin(scene, before, lands, large) {
  const placed = new Map();
  const next = (what) => placed.set(what, (placed.get(what) ?? -1) + 1).get(what);
  for (const node of scene.order) [node.x, node.y] = [undefined, undefined];
  const hubsFirst = [...scene.order.filter(({ hub }) => !hub), ...scene.order.filter(({ hub }) => hub)];
  for (const node of hubsFirst) {
    const known = before.get(node.id);
    const beside = node.hub?.x !== undefined ? node.hub : before.size ? node.linked.find(({ x }) => x !== undefined) : null;
    const land = lands?.get(node.group ?? "") ?? { x: 0, y: 0, group: "" };
    const middle = known ? null : beside ?? land;
    if (known) [node.x, node.y] = [known.x, known.y];
    else {
      const [x, y] = sunflower(next(beside ?? land.group), beside ? 9 : large ? 70 : 50);
      [node.x, node.y] = [middle.x + x + (beside ? 4 : 0), middle.y + y];
    }
  }
}

/** Names in a neighbourhood stand beside their concepts, so each side is spread until no two share a line. */
function apart(nodes, y) {
  const spread = Float32Array.from(y);
  for (const side of ["mechanism", "technique"]) {
    const some = nodes.filter(({ kind }) => kind === side).sort((a, b) => y[a.index] - y[b.index]);
    const gap = Math.min(32, Math.max(19, 560 / (some.length || 1)));
    // Pools of neighbours that touch are spread around their common middle.
    const pools = [];
    for (const { index } of some) {
      pools.push({ members: [index], middle: y[index] });
      while (pools.length > 1) {
        const [above, below] = pools.slice(-2);
        if (below.middle - above.middle >= (gap * (above.members.length + below.members.length)) / 2) break;
        const members = [...above.members, ...below.members];
        pools.splice(-2, 2, { members, middle: (above.middle * above.members.length + below.middle * below.members.length) / members.length });
      }
    }
    for (const { members, middle } of pools) members.forEach((index, at) => (spread[index] = middle + gap * (at - (members.length - 1) / 2)));
  }
  return spread;
}

/** Least and most of some numbers, but for a share of strays at either end. */
function extent(values, stray = 0) {
  if (!stray) return values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  const sorted = Float64Array.from(values).sort();
  const cut = Math.floor(stray * sorted.length);
  return [sorted[cut], sorted[sorted.length - 1 - cut]];
}

/** Lines by kind, those that matter most drawn last. */
function byKind(lines) {
  const kinds = new Map(["family", "serves", "ties", "analogous", "inspires", "proposes", "contrasts"].map((kind) => [kind, []]));
  for (const line of lines) kinds.get(line.kind).push(line);
  return kinds;
}
