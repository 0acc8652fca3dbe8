/** Small help with the DOM. Text always goes in as text, never as HTML. */

/**
 * Makes an element.
 *
 * @param {string} tag with classes: "button.tool.wide"
 * @param {object} [properties] `on` {event: listener}, `data` {name: value}, `aria-*`, `role` and `style` {property: value} go
 *   where they belong; everything else is set as a property
 * @param {...(Node | string | null)} children strings become text
 */
export function el(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  node.classList.add(...classes);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else if (key === "data") Object.assign(node.dataset, value);
    else if (key === "style") for (const [property, text] of Object.entries(value)) node.style.setProperty(property, text);
    else if (key.startsWith("aria-") || key === "role" || key === "for" || key === "list") node.setAttribute(key, value);
    else node[key] = value;
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** Makes an element of a drawing, "svg" itself or what is in it. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Paths of the icons, drawn by strokes in a box of 20 by 20. */
const ICONS = {
  select: "M4.5 3l10.5 6.2-4.7 1.2-2.4 4.3z",
  draw: "M3.5 16.5l1-4 8.6-8.6a1.6 1.6 0 0 1 2.3 0l.7.7a1.6 1.6 0 0 1 0 2.3L7.5 15.5zM11.6 5.4l3 3",
  erase: "M8.2 16.5h8.3M4 11.2l6.8-6.8a1.5 1.5 0 0 1 2.1 0l2.7 2.7a1.5 1.5 0 0 1 0 2.1l-7.3 7.3H6.6L4 13.3a1.5 1.5 0 0 1 0-2.1zM7.5 7.7l4.8 4.8",
  paint: "M4 5.5v9h12v-9zM4 11l5.5-5.5M5.5 14.5l9-9M11 14.5l5-5",
  undo: "M7.5 4.5L4 8l3.5 3.5M4.2 8H12a4 4 0 0 1 0 8H8",
  redo: "M12.5 4.5L16 8l-3.5 3.5M15.8 8H8a4 4 0 0 0 0 8h4",
  zoomIn: "M9 4.2a4.8 4.8 0 1 1 0 9.6 4.8 4.8 0 0 1 0-9.6zM12.6 12.6L16.5 16.5M9 6.8v4.4M6.8 9h4.4",
  zoomOut: "M9 4.2a4.8 4.8 0 1 1 0 9.6 4.8 4.8 0 0 1 0-9.6zM12.6 12.6L16.5 16.5M6.8 9h4.4",
  fit: "M3.5 5v10M16.5 5v10M6 10h8M8 7.5L5.5 10 8 12.5M12 7.5l2.5 2.5-2.5 2.5",
  lock: "M5.5 9.2h9v7h-9zM7.5 9V6.8a2.5 2.5 0 0 1 5 0V9",
  unlock: "M5.5 9.2h9v7h-9zM7.5 9V6.3a2.5 2.5 0 0 1 4.9-.7",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  down: "M6 8l4 4 4-4",
  remove: "M5.5 5.5l9 9M14.5 5.5l-9 9",
  mel: "M4 15.5v-3M7 15.5V8M10 15.5v-11M13 15.5V10M16 15.5v-4",
  menu: "M4 6h12M4 10h12M4 14h12",
  play: "M6.5 4l9 6-9 6z",
  pause: "M7 4.5v11M13 4.5v11",
  start: "M5 4.5v11M15 4.5L8 10l7 5.5z",
  loop: "M13 3.5L15.5 6 13 8.5M15.3 6H7a3.5 3.5 0 0 0-3.5 3.5v.5M7 16.5L4.5 14 7 11.5M4.7 14H13a3.5 3.5 0 0 0 3.5-3.5V10",
  swap: "M12.5 4l3 3-3 3M15.3 7H5M7.5 10.5l-3 3 3 3M4.7 13.5H15",
};

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true", class: "n2n-icon" }, svg("path", { d: ICONS[name] }));
}
