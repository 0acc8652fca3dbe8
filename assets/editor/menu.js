/** A menu of the commands: for the right mouse button and, by its button, for touch. */

import { el } from "./dom.js";
import { SHORTCUTS, modifiersOf, writeCombo } from "./keys.js";

const ITEMS = [
  ["Cut", "cut"],
  ["Copy", "copy"],
  ["Paste at the playhead", "paste"],
  ["Duplicate", "duplicate"],
  ["Delete", "delete"],
  null,
  ["Select all", "selectAll"],
  ["Select none", "selectNone"],
  ["Quantise", "quantise"],
  ["Louder", "velocity", 5],
  ["Softer", "velocity", -5],
  ["Same velocity", "evenVelocity"],
  null,
  ["Paint the selection", "paintSelection"],
  ["Loop the selection", "loopSelection"],
  ["Show the selection", "fitSelection"],
];

/** Pixels between a menu, what it belongs to, and the edges. */
const GAP = 4;

/**
 * Where a menu stands, and how much room it has there: under what it belongs to, or over that where there is more room; never on it.
 *
 * @param {{top: number, bottom: number}} anchor what it belongs to; all is in pixels of the window
 */
export function placeBeside({ top, bottom }, height, windowHeight) {
  const under = windowHeight - bottom - 2 * GAP;
  const over = top - 2 * GAP;
  if (height <= under || under >= over) return { top: bottom + GAP, room: under };
  return { top: top - GAP - Math.min(height, over), room: over };
}

/**
 * @param {HTMLElement} root the menu opens within it
 * @param {{commands: object, focus: () => void}} options
 * @returns {{openAt(point: {x: number, y: number}): void, openBeside(button: HTMLElement): void, dispose(): void}} points are client coordinates
 */
export function createMenu(root, { commands, focus }) {
  let node = null;
  /** The button that opened it, whose next click closes it. */
  let opener = null;

  function close(refocus) {
    node?.remove();
    node = opener = null;
    document.removeEventListener("pointerdown", onOutside, true);
    if (refocus) focus();
  }

  function onOutside(event) {
    if (!node.contains(event.target) && !opener?.contains(event.target)) close(false);
  }

  /** Beside what lies between `top` and `bottom` at `x`. */
  function open(x, top, bottom) {
    close(false);
    node = el("div.n2n-menu", { role: "menu", "aria-label": "Editing", on: { keydown: onKey, contextmenu: (event) => event.preventDefault() } });
    for (const item of ITEMS) node.append(item ? entry(item) : el("hr"));
    root.append(node);
    const box = root.getBoundingClientRect();
    const left = Math.min(x - box.left, box.width - node.offsetWidth - GAP);
    const place = placeBeside({ top, bottom }, node.offsetHeight, window.innerHeight);
    node.style.left = `${Math.max(GAP, left)}px`;
    node.style.top = `${place.top - box.top}px`;
    node.style.maxHeight = `${place.room}px`;
    node.querySelector("button").focus({ preventScroll: true });
    document.addEventListener("pointerdown", onOutside, true);
  }

  function entry([text, command, ...args]) {
    const shortcut = SHORTCUTS.find((row) => row.command === command && row.args[0] === args[0]);
    const keys = el("kbd", {}, shortcut ? writeCombo(shortcut.keys[0], modifiersOf(navigator)) : "");
    const run = () => {
      close(true);
      commands[command](...args);
    };
    return el("button", { type: "button", role: "menuitem", tabIndex: -1, on: { click: run } }, el("span", {}, text), keys);
  }

  function onKey(event) {
    const items = [...node.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") close(true);
    else if (to !== undefined) items[to % items.length].focus();
    else if (event.key !== "Enter" && event.key !== " ") return;
    else return event.stopPropagation();
    event.preventDefault();
    event.stopPropagation();
  }

  return {
    openAt: ({ x, y }) => open(x, y, y),
    openBeside(button) {
      if (opener === button) return close(false);
      const box = button.getBoundingClientRect();
      open(box.left, box.top, box.bottom);
      opener = button;
    },
    dispose: () => close(false),
  };
}
