// Where the concepts of a scene lie: links pull, concepts push, and each is drawn to the place that its scene has for it.
// Runs on the page for a small scene and in a worker for a large one; the same scene always lies the same way.

/**
 * scene: {radius, x, y, homeX, homeY, drawX, drawY: Float32Arrays, a number a node; from, to: Int32Arrays, length, pull:
 * Float32Arrays, a number a link; push, reach, gap, ticks: numbers}. A node is drawn home, a link pulls to its length. Calls told(x, y, done) now and then, and at the end.
 */
function arrange(scene, told, every) {
  const nodes = Array.from(scene.x, (x, index) => ({ index, x, y: scene.y[index] }));
  const links = Array.from(scene.from, (source, index) => ({ source, target: scene.to[index], index }));
  const forces = d3.forceSimulation(nodes).stop()
    .force("links", d3.forceLink(links).distance(({ index }) => scene.length[index]).strength(({ index }) => scene.pull[index]))
    .force("push", d3.forceManyBody().strength(({ index }) => -scene.push * (1 + scene.radius[index] / 8)).theta(1.1).distanceMax(scene.reach))
    .force("room", d3.forceCollide(({ index }) => scene.radius[index] + scene.gap).iterations(nodes.length > 800 ? 1 : 2))
    .force("x", d3.forceX(({ index }) => scene.homeX[index]).strength(({ index }) => scene.drawX[index]))
    .force("y", d3.forceY(({ index }) => scene.homeY[index]).strength(({ index }) => scene.drawY[index]))
    .alphaDecay(1 - 0.001 ** (1 / scene.ticks));
  const places = (axis) => Float32Array.from(nodes, (node) => node[axis]);
  for (let tick = 1; tick <= scene.ticks; tick += 1) {
    forces.tick();
    if (tick === scene.ticks || (every && tick % every === 0)) told(places("x"), places("y"), tick === scene.ticks);
  }
}

if (typeof document === "undefined") {
  self.onmessage = ({ data: { scene, ticket } }) =>
    arrange(scene, (x, y, done) => self.postMessage({ x, y, done, ticket }, [x.buffer, y.buffer]), 12);
}
