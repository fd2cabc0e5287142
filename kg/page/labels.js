// Which names fit on the map: the weightiest first, none over another.

const widths = new Map();

class Labels {
  constructor(pen) {
    this.pen = pen;
    this.boxes = [];
  }

  /** Whether the box is free; takes it if so. Names on a screen are few, so a plain look at each is quick. */
  take(left, top, right, bottom) {
    for (const [l, t, r, b] of this.boxes) if (left < r && right > l && top < b && bottom > t) return false;
    this.boxes.push([left, top, right, bottom]);
    return true;
  }

  width(text, font) {
    const key = `${font}\n${text}`;
    let width = widths.get(key);
    if (width === undefined) {
      this.pen.font = font;
      width = this.pen.measureText(text).width;
      widths.set(key, width);
    }
    return width;
  }

  /** Draws the name of a node: mechanisms to the left of it, techniques to the right, hubs above or below; not where there is no room. */
  draw(node, x, y, radius, { font, size, ink, halo, force }) {
    const width = this.width(node.label, font);
    const side = node.kind === "mechanism" ? -1 : node.kind === "technique" ? 1 : 0;
    const left = side === 0 ? x - width / 2 : side < 0 ? x - radius - 4 - width : x + radius + 4;
    const free = (middle) => this.take(left - 3, middle - size * 0.62, left + width + 3, middle + size * 0.62);
    const places = side === 0 ? [y - radius - size * 0.75, y + radius + size * 0.75] : [y];
    const middle = places.find(free) ?? (force ? places[0] : null);
    if (middle === null) return false;
    const { pen } = this;
    pen.font = font;
    pen.strokeStyle = halo;
    pen.lineWidth = 3.5;
    pen.strokeText(node.label, left, middle);
    pen.fillStyle = ink;
    pen.fillText(node.label, left, middle);
    return true;
  }
}
