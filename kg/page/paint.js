// How the map is painted: islands of functions, then lines, then concepts, then their names.

const WEAK = new Set(["serves", "family", "ties"]);

const Painted = (Base) => class extends Base {
  paint() {
    cancelAnimationFrame(this.asked);
    this.asked = null;
    const begun = performance.now();
    const { pen, view } = this;
    const [width, height] = this.size;
    if (!width) return;
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const hasty = begun < this.busy && this.scene.nodes.length > LARGE;
    if (hasty) {
      // The whole is painted again when the hand rests.
      clearTimeout(this.later);
      this.later = setTimeout(() => this.repaint(), 140);
      if (this.slid()) {
        this.cost = performance.now() - begun;
        return;
      }
    }
    for (const node of this.scene.nodes) {
      node.sx = node.x * view.k + view.x;
      node.sy = node.y * view.k + view.y;
      node.out = node.sx < -40 || node.sx > width + 40 || node.sy < -30 || node.sy > height + 30;
      node.shown = this.lit ? this.lit.has(node) : this.matches ? this.matches.has(node.concept) : true;
    }
    const dimmed = Boolean(this.lit || this.matches);
    this.paintIslands(dimmed);
    for (const [kind, lines] of this.scene.lines ?? []) this.paintLines(kind, lines, dimmed);
    this.paintNodes(dimmed);
    this.paintLabels(dimmed);
    if (this.scene.nodes.length > LARGE) this.keep();
    this.cost = performance.now() - begun;
  }

  /** Keep a picture of a large scene, to slide about while it is dragged. */
  keep() {
    this.kept ??= { sheet: document.createElement("canvas") };
    const { sheet } = this.kept;
    [sheet.width, sheet.height] = [this.canvas.width, this.canvas.height];
    sheet.getContext("2d").drawImage(this.canvas, 0, 0);
    Object.assign(this.kept, { view: this.view, ticket: this.ticket });
  }

  /** Slide the kept picture to where the view is now; false where it has gone too far for that. */
  slid() {
    const { kept, view, pen } = this;
    if (kept?.ticket !== this.ticket) return false;
    const scale = view.k / kept.view.k;
    const [x, y] = [view.x - kept.view.x * scale, view.y - kept.view.y * scale];
    const [width, height] = this.size;
    const far = Math.abs(x + (width * (scale - 1)) / 2) > width / 3 || Math.abs(y + (height * (scale - 1)) / 2) > height / 3;
    if (far || scale > 1.6 || scale < 0.6) return false;
    pen.drawImage(kept.sheet, x, y, width * scale, height * scale);
    return true;
  }

  /** The land that the functions of one group lie on, with its name at the top. */
  paintIslands(dimmed) {
    const { pen, inks, view } = this;
    if (this.scene.kind === "near") return;
    const large = this.scene.nodes.length > LARGE;
    const reach = (large ? 34 : 30) * view.k;
    const tops = new Map();
    pen.fillStyle = inks.island;
    pen.beginPath();
    for (const node of this.scene.nodes) {
      if (!node.group) continue;
      if (!node.out) {
        pen.moveTo(node.sx + reach, node.sy);
        pen.arc(node.sx, node.sy, reach, 0, 2 * Math.PI);
      }
      const land = tops.get(node.group) ?? { top: Infinity, x: 0, number: 0 };
      if (node.kind === "function") tops.set(node.group, { top: Math.min(land.top, node.sy), x: land.x + node.sx, number: land.number + 1 });
      else if (land.number) land.top = Math.min(land.top, node.sy);
    }
    pen.fill("nonzero");
    this.titles = [];
    if (tops.size < 2) return;
    pen.globalAlpha = dimmed ? 0.5 : 1;
    for (const [group, { top, x, number }] of tops) this.titles.push([group.toUpperCase(), x / number, top - reach - 9]);
    pen.globalAlpha = 1;
  }

  isLit({ a, b, mapping }) {
    if (this.lit && isMapping(this.chosen)) return mapping === this.chosen;
    if (this.lit) return a.concept === this.chosen || b.concept === this.chosen || Boolean(mapping?.functions.includes(this.chosen));
    return a.shown && b.shown;
  }

  paintLines(kind, lines, dimmed) {
    const { pen } = this;
    const weak = WEAK.has(kind);
    const large = this.scene.nodes.length > LARGE;
    pen.strokeStyle = pen.fillStyle = this.inks[weak ? "lines" : kind];
    pen.setLineDash(large ? [] : DASHES[kind] ?? []);
    for (const lit of dimmed ? [false, true] : [true]) {
      pen.globalAlpha = lit ? (weak ? (large && !dimmed ? 0.4 : 0.8) : large && !dimmed ? Math.max(0.07, Math.min(0.4, 300 / lines.length)) : 0.9) : 0.1;
      pen.lineWidth = weak ? 0.8 : large ? 0.9 : lit && dimmed ? 2 : 1.4;
      pen.beginPath();
      for (const line of lines) {
        const { a, b, number } = line;
        if ((a.out && b.out) || (dimmed && this.isLit(line) !== lit) || (line.quiet && !(lit && this.lit))) continue;
        if (number > 1 && weak && !large) {
          pen.stroke();
          pen.beginPath();
          pen.lineWidth = Math.min(6, 0.5 + 0.6 * Math.sqrt(number));
        }
        pen.moveTo(a.sx, a.sy);
        pen.lineTo(b.sx, b.sy);
      }
      pen.stroke();
      if (!weak && !large && kind !== "analogous") for (const line of lines) if (!dimmed || this.isLit(line) === lit) this.arrow(line);
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  arrow({ a, b }) {
    const { pen } = this;
    const away = Math.hypot(b.sx - a.sx, b.sy - a.sy) || 1;
    const [ux, uy] = [(b.sx - a.sx) / away, (b.sy - a.sy) / away];
    const [x, y] = [b.sx - ux * (this.scaled(b) + 2), b.sy - uy * (this.scaled(b) + 2)];
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x - 7 * ux + 3.2 * uy, y - 7 * uy - 3.2 * ux);
    pen.lineTo(x - 7 * ux - 3.2 * uy, y - 7 * uy + 3.2 * ux);
    pen.fill();
  }

  paintNodes(dimmed) {
    const { pen, inks } = this;
    for (const lit of dimmed ? [false, true] : [true]) {
      for (const kind of ["family", "mechanism", "technique", "function"]) {
        pen.globalAlpha = lit ? 1 : 0.2;
        for (const tone of kind === "family" ? ["mechanism", "technique"] : [kind]) {
          pen.beginPath();
          for (const node of this.scene.nodes) {
            if (node.kind !== kind || node.out || (dimmed && node.shown !== lit)) continue;
            if (kind === "family" && (node.tone ??= toneOf(node)) !== tone) continue;
            this.outline(node, this.scaled(node), tone);
          }
          pen.fillStyle = kind === "family" ? inks.paper : inks[kind];
          pen.fill();
          pen.strokeStyle = kind === "family" ? inks[tone] : inks.paper;
          pen.lineWidth = kind === "family" ? 2 : 1;
          pen.stroke();
        }
      }
    }
    pen.globalAlpha = 1;
    for (const concept of isMapping(this.chosen) ? ends(this.chosen) : [this.chosen]) {
      const node = concept && this.node(concept);
      if (!node) continue;
      pen.beginPath();
      this.outline(node, this.scaled(node) + 4, toneOf(node));
      pen.strokeStyle = inks.ink;
      pen.lineWidth = 2;
      pen.stroke();
    }
  }

  /** Circles are of biology, squares of computing, diamonds are functions: the shape says what the colour says. */
  outline(node, radius, tone) {
    const { pen } = this;
    const { sx: x, sy: y } = node;
    if (node.kind === "function") {
      const r = radius * 1.25;
      pen.moveTo(x, y - r);
      pen.lineTo(x + r, y);
      pen.lineTo(x, y + r);
      pen.lineTo(x - r, y);
      pen.closePath();
    } else if (tone === "technique") pen.rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8);
    else {
      pen.moveTo(x + radius, y);
      pen.arc(x, y, radius, 0, 2 * Math.PI);
    }
  }

  /** Font and size of a node's name. */
  lettering(node) {
    const strong = node.kind === "function" || node.root;
    const size = strong ? 13 : 12;
    return [`${strong ? 600 : 400} ${size}px ${this.family}`, size];
  }

  paintTitles(labels) {
    const { pen, inks } = this;
    const font = `700 11px ${this.family}`;
    for (const [title, x, y] of this.titles ?? []) {
      const width = labels.width(title, font);
      const left = labels.within(x - width / 2, width);
      if (x < 0 || x > this.size[0] || !labels.take(left, y - 8, left + width, y + 8)) continue;
      pen.font = font;
      pen.fillStyle = inks.faint;
      pen.fillText(title, left, y);
    }
  }

  paintLabels(dimmed) {
    const { pen, inks } = this;
    const labels = this.labels = new Labels(pen, this.size);
    const [width, height] = this.size;
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    // Seen from afar a map names its functions alone; families and concepts follow as one comes nearer.
    const hubsOnly = this.scene.kind !== "near" && !dimmed && this.view.k < (this.scene.kind === "all" ? 0.9 : 1.15);
    let left = Math.round((width * height) / 6500);
    let tries = 1500;
    const write = (node, force = false) => {
      const [font, size] = this.lettering(node);
      const ink = node.kind === "function" ? inks.function : inks.ink;
      tries -= 1;
      if (labels.draw(node, node.sx, node.sy, this.scaled(node), { font, size, ink, halo: inks.paper, force })) left -= 1;
    };
    const mine = (isMapping(this.chosen) ? ends(this.chosen) : [this.chosen]).map((concept) => concept && this.node(concept)).filter(Boolean);
    for (const node of mine) write(node, true);
    this.paintTitles(labels);
    const unlit = dimmed && this.scene.kind === "near";
    for (const node of this.scene.order) {
      if (left <= 0 || tries <= 0) break;
      if (node.out || (dimmed && !node.shown) || mine.includes(node) || (hubsOnly && node.hub)) continue;
      write(node);
    }
    // Around a chosen mapping the rest still has its names, faintly.
    pen.globalAlpha = 0.4;
    if (unlit) for (const node of this.scene.order) if (!node.out && !node.shown) write(node);
    pen.globalAlpha = 1;
  }
};

const toneOf = ({ concept, side, kind }) =>
  (kind !== "family" ? kind : side === "mechanism" || side === "technique" ? side : concept.members[0]?.kind ?? "mechanism");

