// The map: a canvas that is dragged and zoomed, on which concepts are found by pointer or arrow keys.

const LARGE = 600;
const DASHES = { analogous: [6, 4], contrasts: [2, 3], proposes: [8, 3, 2, 3] };
const INKS = ["paper", "ink", "faint", "mechanism", "technique", "function", "family", "inspires", "analogous", "contrasts", "proposes", "lines", "island"];
const RADIUS = { function: [6, 1.3], family: [4, 1.1], mechanism: [3.4, 1], technique: [3.4, 1] };
const still = matchMedia("(prefers-reduced-motion: reduce)");

class Mover {
  constructor(canvas, { choose, expand, tip }) {
    Object.assign(this, { canvas, choose, expand, tip, pen: canvas.getContext("2d"), view: d3.zoomIdentity, ticket: 0 });
    Object.assign(this, { scene: { nodes: [], links: [], order: [] }, chosen: null, matches: null, lit: null, moved: false, busy: 0, size: [0, 0] });
    this.zoom = d3.zoom().scaleExtent([0.04, 8]).on("zoom", ({ transform, sourceEvent }) => {
      this.view = transform;
      if (sourceEvent) this.moved = true;
      this.busy = performance.now() + 120;
      this.repaint();
    });
    d3.select(canvas).call(this.zoom).on("dblclick.zoom", null);
    canvas.addEventListener("click", (event) => this.choose(this.under(event) ?? null));
    canvas.addEventListener("dblclick", (event) => this.expandUnder(event));
    canvas.addEventListener("pointermove", (event) => this.hover(event));
    canvas.addEventListener("pointerleave", () => this.hover(null));
    canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.colours();
    this.resize();  // at once, since the first scene is laid out for the shape of the screen
  }

  colours() {
    const probe = document.body.appendChild(element("span"));
    this.inks = Object.fromEntries(INKS.map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    }));
    probe.remove();
    this.family = getComputedStyle(document.body).fontFamily;
    this.repaint();
  }

  resize() {
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth || !clientHeight) return;
    const ratio = window.devicePixelRatio || 1;
    this.size = [clientWidth, clientHeight];
    this.canvas.width = clientWidth * ratio;
    this.canvas.height = clientHeight * ratio;
    this.ratio = ratio;
    if (!this.moved) this.fit(0);
    this.paint();
  }

  /** Show a scene. What was on the map before starts from where it lay; the rest from beside what it belongs to. */
  show(scene) {
    const before = new Map(this.scene.nodes.map((node) => [node.id, node]));
    this.scene = scene;
    this.moved = false;
    this.ticket += 1;
    for (const [index, node] of scene.nodes.entries()) {
      const [base, growth] = RADIUS[node.kind];
      Object.assign(node, { index, radius: base + growth * Math.sqrt(node.number), label: plain(node.concept.title, this.size[0] < 560 ? 26 : 44), linked: [] });
    }
    for (const line of scene.links) {
      line.a.linked.push(line.b);
      line.b.linked.push(line.a);
    }
    scene.lines = byKind(scene.links);
    scene.order = [...scene.nodes].sort((a, b) =>
      (b.root ? 1 : 0) - (a.root ? 1 : 0) || (b.kind === "function") - (a.kind === "function") || b.number - a.number || a.index - b.index);
    this.select(this.chosen);
    this.lay(before);
  }

  lay(before) {
    const { nodes } = this.scene;
    const large = nodes.length > LARGE;
    const moving = before.size > 0 && nodes.some(({ id }) => before.has(id));
    const scene = planned(this.scene, before, this.size);
    const ticket = this.ticket;
    const told = (x, y, done) => {
      if (ticket !== this.ticket) return;
      this.place(x, y, moving && !large);
      if (!this.moved) this.fit(done && large ? 300 : 0);
      this.canvas.dataset.settled = done ? "yes" : "no";
    };
    this.canvas.dataset.settled = "no";
    if (large) this.fit(0);
    if (!large || !this.worker(scene, ticket, told)) arrange(scene, told);
  }

  /** Lay a large scene beside the page, so that the page can be used meanwhile; false where a browser does not let us. */
  worker(scene, ticket, told) {
    try {
      if (!this.helper) {
        const address = URL.createObjectURL(new Blob([byId("engine").textContent], { type: "text/javascript" }));
        const trusted = window.trustedTypes?.createPolicy("layout", { createScriptURL: (url) => url }).createScriptURL(address);
        this.helper = new Worker(trusted ?? address);
      }
      this.helper.onmessage = ({ data }) => data.ticket === this.ticket && told(data.x, data.y, data.done);
      this.helper.onerror = () => arrange(scene, told);
      this.helper.postMessage({ scene, ticket });
      return true;
    } catch {
      return false;
    }
  }

  place(x, y, glide) {
    const { nodes } = this.scene;
    if (this.scene.kind === "near") y = apart(nodes, y);
    const ticket = this.ticket;
    const before = nodes.map((node) => [node.x, node.y]);
    const begun = performance.now();
    this.tree = null;
    const move = (share) => nodes.forEach((node, at) => {
      node.x = before[at][0] + (x[at] - before[at][0]) * share;
      node.y = before[at][1] + (y[at] - before[at][1]) * share;
    });
    move(1);
    if (!glide || still.matches) return this.repaint();
    const step = () => {
      if (ticket !== this.ticket) return;
      const share = Math.min(1, (performance.now() - begun) / 350);
      move(d3.easeCubicOut(share));
      this.paint();
      if (share < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  select(item) {
    this.chosen = item;
    const mine = item && !isMapping(item) ? this.node(item) : null;
    const both = isMapping(item) ? ends(item).map((end) => this.node(end)).filter(Boolean) : [];
    this.lit = mine ? new Set([mine, ...mine.linked]) : both.length ? new Set(both) : null;
    this.repaint();
  }

  highlight(matches) {
    this.matches = matches;
    this.repaint();
  }

  node(concept) {
    return this.scene.nodes.find((node) => node.concept === concept);
  }

  has(item) {
    return isMapping(item) ? this.scene.links.some(({ mapping }) => mapping === item) : Boolean(this.node(item));
  }

  /** The whole scene with its names in view, but for a few strays of a large one. */
  fit(duration = 300) {
    const { nodes } = this.scene;
    const [width, height] = this.size;
    if (!nodes.length || !width) return;
    const labels = new Labels(this.pen, this.size);
    // Where there is much to see between the names, those that are long are cut rather than all drawn together.
    const most = width / ((nodes.length < 12 ? 2.6 : 3) + (width < 560 ? 1 : 0));
    const beside = (node, side) => (this.scene.kind === "near" && node.kind === side ? Math.min(most, labels.width(node.label, this.lettering(node)[0]) + node.radius + 12) : 14);
    const rooms = nodes.map((node) => [beside(node, "mechanism"), beside(node, "technique")]);
    const stray = nodes.length > LARGE ? 0.004 : 0;
    const across = (scale) => extent(nodes.flatMap(({ x }, at) => [x * scale - rooms[at][0], x * scale + rooms[at][1]]), stray);
    const [top, bottom] = extent(nodes.map(({ y }) => y), stray);
    let scale = Math.min(this.scene.kind === "near" ? 1.3 : 2, (height - 170) / (bottom - top || 1));
    for (let again = 0; again < 8; again += 1) {
      const [left, right] = across(scale);
      const spare = width - 24 - (right - left);
      const [least, most] = extent(nodes.map(({ x }) => x), stray);
      if (spare >= 0 || most === least) break;
      scale = Math.max(0.4 * scale, scale + spare / (most - least));
    }
    scale = Math.max(0.04, scale);
    const [left, right] = across(scale);
    this.go(d3.zoomIdentity.translate((width - left - right) / 2, height / 2 + 26 - (scale * (top + bottom)) / 2).scale(scale), duration);
  }

  go(view, duration = 300) {
    const canvas = d3.select(this.canvas);
    if (duration && !still.matches) canvas.transition().duration(duration).call(this.zoom.transform, view);
    else canvas.interrupt().call(this.zoom.transform, view);
  }

  /** Bring a concept into view if it is not there. */
  reveal(item) {
    const node = this.node(isMapping(item) ? item.mechanism : item);
    if (!node) return;
    const [x, y] = this.view.apply([node.x, node.y]);
    const [width, height] = this.size;
    const scale = Math.max(this.view.k, 0.7);
    if (x > 60 && x < width - 60 && y > 70 && y < height - 50 && this.view.k >= 0.35) return;
    this.moved = true;
    this.go(d3.zoomIdentity.translate(width / 2, height / 2).scale(scale).translate(-node.x, -node.y));
  }

  scaled(node) {
    return node.radius * Math.min(1.5, Math.max(0.5, Math.sqrt(this.view.k)));
  }

  under(event) {
    const [x, y] = d3.pointer(event, this.canvas);
    const [worldX, worldY] = this.view.invert([x, y]);
    this.tree ??= d3.quadtree(this.scene.nodes, ({ x: its }) => its, ({ y: its }) => its);
    const node = this.tree.find(worldX, worldY, 26 / this.view.k);
    if (node && Math.hypot(node.x - worldX, node.y - worldY) * this.view.k < this.scaled(node) + 6) return node.concept;
    if (this.scene.nodes.length > LARGE) return undefined;
    return this.scene.links.find((line) => line.mapping && this.distance(line, x, y) < 5)?.mapping;
  }

  distance({ a, b }, x, y) {
    const [ax, ay] = this.view.apply([a.x, a.y]);
    const [bx, by] = this.view.apply([b.x, b.y]);
    const along = Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2 || 1)));
    return Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay));
  }

  expandUnder(event) {
    const item = this.under(event);
    if (item && !isMapping(item)) this.expand(item);
  }

  hover(event) {
    const item = event && !event.buttons ? this.under(event) : null;
    this.canvas.classList.toggle("over", Boolean(item));
    this.tip(item, event ? d3.pointer(event, this.canvas) : null);
  }

  key(event) {
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const acts = {
      "+": () => this.step(1.4), "=": () => this.step(1.4), "-": () => this.step(1 / 1.4), 0: () => this.fit(),
      Enter: () => this.chosen && !isMapping(this.chosen) && this.expand(this.chosen), Escape: () => this.choose(null),
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = arrows[event.key] ? () => this.walk(arrows[event.key]) : acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  step(factor) {
    this.moved = true;
    d3.select(this.canvas).call(this.zoom.scaleBy, factor);
  }

  /** To the nearest concept in a direction; what lies askew counts as farther. */
  walk([dx, dy]) {
    const from = this.chosen && !isMapping(this.chosen) ? this.node(this.chosen) : null;
    let best = null;
    for (const node of this.scene.nodes) {
      if (node === from) continue;
      const [x, y] = from ? [node.x - from.x, node.y - from.y] : [0, 0];
      const along = x * dx + y * dy;
      const aside = Math.abs(x * dy - y * dx);
      const far = from ? along + 2.5 * aside : Math.hypot(node.x, node.y);
      if ((!from || (along > 0 && aside < 2 * along)) && (!best || far < best.far)) best = { node, far };
    }
    if (best) this.choose(best.node.concept);
  }

  repaint() {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => this.paint());
  }
}

const GraphMap = Painted(Mover);
