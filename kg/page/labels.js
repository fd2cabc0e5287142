// Which names fit on the map: the weightiest first, none over another.

const widths = new Map();
const EDGE = 4;
const LEAST = 8;  // letters of a name that is cut, or it tells nothing

class Labels {
  /** size: width and height of the map. */
  constructor(pen, size) {
    this.pen = pen;
    this.size = size;
    this.boxes = [];
    this.written = [];
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

  /** The text, or as much of it as fits into so many pixels; nothing where hardly any of it would. */
  cut(text, font, room) {
    const width = this.width(text, font);
    if (width <= room) return text;
    for (let letters = Math.floor((text.length * room) / width); letters >= LEAST; letters -= 1) {
      const some = `${text.slice(0, letters).trimEnd()}…`;
      if (this.width(some, font) <= room) return some;
    }
    return "";
  }

  /** Where a name may stand, as [text, left, middle]: mechanisms to the left of their node, techniques to the right, hubs above or
   * below, and all of it on the map. What does not fit beside its node is cut, but a name that must be whole goes above or below. */
  places(node, x, y, radius, { font, size, force }) {
    const [across, down] = this.size;
    if (x < 0 || x > across || y < 0 || y > down) return [];
    const side = node.kind === "mechanism" ? -1 : node.kind === "technique" ? 1 : 0;
    const room = (side < 0 ? x : across - x) - radius - 4 - EDGE;
    const beside = side === 0 || (force && this.width(node.label, font) > room) ? "" : this.cut(node.label, font, room);
    if (beside) return [[beside, side < 0 ? x - radius - 4 - this.width(beside, font) : x + radius + 4, y]];
    const text = this.cut(node.label, font, across - 2 * EDGE);
    const width = this.width(text, font);
    const left = this.within(x - width / 2, width);
    return text ? [-1, 1].map((way) => [text, left, y + way * (radius + size * 0.75)]) : [];
  }

  /** The left end of what is so wide, moved onto the map. */
  within(left, width) {
    return Math.max(EDGE, Math.min(left, this.size[0] - EDGE - width));
  }

  /** Draws the name of a node where there is room for it; forced, in any case. */
  draw(node, x, y, radius, { font, size, ink, halo, force }) {
    const places = this.places(node, x, y, radius, { font, size, force });
    const free = ([text, left, middle]) => this.take(left - 3, middle - size * 0.62, left + this.width(text, font) + 3, middle + size * 0.62);
    const place = places.find(free) ?? (force ? places[0] : undefined);
    if (place === undefined) return false;
    const [text, left, middle] = place;
    this.written.push({ text, left, right: left + this.width(text, font) });
    const { pen } = this;
    pen.font = font;
    pen.strokeStyle = halo;
    pen.lineWidth = 3.5;
    pen.strokeText(text, left, middle);
    pen.fillStyle = ink;
    pen.fillText(text, left, middle);
    return true;
  }
}
