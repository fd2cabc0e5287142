// Elements of the page. Text enters the page as text alone: nothing here, or anywhere else, reads a string as HTML.

const byId = (id) => document.getElementById(id);

/** An element with attributes, listeners (on: {click}) and children; a string among the children is text. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return made;
}

const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]+/g;

/** Words of others on one line: what steers the direction of writing or a terminal goes, and so does what is too long. */
function plain(text, most = 4000) {
  const shown = String(text).slice(0, 2 * most).replace(INVISIBLE, " ").trim() || "(no visible name)";
  return shown.length > most ? `${shown.slice(0, most - 1)}…` : shown;
}

/** A name, kept from turning the words around it when it is written from right to left. */
const named = (text, most = 4000) => element("bdi", {}, plain(text, most));

const sign = (kind) => element("span", { class: `sign ${kind}`, "aria-hidden": "true" });

function button(text, act, attributes = {}) {
  return element("button", { type: "button", ...attributes, on: { click: act } }, text);
}

/** A link that leaves the page, or bare text where the address is none of the web. */
function link(address, text) {
  let safe = false;
  try {
    safe = ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    // No address at all.
  }
  return safe ? element("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, named(text)) : named(text);
}

/** How sure, as a bar and a number. */
function held(belief) {
  const inner = element("i");
  inner.style.width = `${Math.round(100 * belief)}%`;
  return element("span", { class: "held", title: `belief ${belief.toFixed(2)} of 1` },
    element("span", { class: "bar", "aria-hidden": "true" }, inner), belief.toFixed(2));
}

const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** For those who listen: what has just changed. */
function say(text) {
  byId("said").textContent = text;
}
