/** A menu of the commands: for the right mouse button and, by its button, for touch. */

import { el } from "./dom.js";
import { SHORTCUTS, writeCombo } from "./keys.js";

const ITEMS = [
  ["Cut", "cut"],
  ["Copy", "copy"],
  ["Paste at the playhead", "paste"],
  ["Duplicate", "duplicate"],
  ["Delete", "delete"],
  null,
  ["Select all", "selectAll"],
  ["Select none", "selectNone"],
  ["Put on the grid", "quantise"],
  ["Louder", "velocity", 5],
  ["Softer", "velocity", -5],
  ["Same velocity", "evenVelocity"],
  null,
  ["Paint the selection", "paintSelection"],
  ["Loop the selection", "loopSelection"],
  ["Show the selection", "fitSelection"],
];

/**
 * @param {HTMLElement} root the menu opens within it
 * @param {{store: object, commands: object, focus: () => void}} options
 * @returns {{openAt(point: {x: number, y: number}): void, openBelow(button: HTMLElement): void, dispose(): void}} points are client coordinates
 */
export function createMenu(root, { commands, focus }) {
  let node = null;

  function close(refocus) {
    node?.remove();
    node = null;
    document.removeEventListener("pointerdown", onOutside, true);
    if (refocus) focus();
  }

  function onOutside(event) {
    if (node && !node.contains(event.target)) close(false);
  }

  function openAt({ x, y }) {
    close(false);
    node = el("div.n2n-menu", { role: "menu", "aria-label": "Editing", on: { keydown: onKey, contextmenu: (event) => event.preventDefault() } });
    for (const item of ITEMS) node.append(item ? entry(item) : el("hr"));
    root.append(node);
    const box = root.getBoundingClientRect();
    const left = Math.min(x - box.left, box.width - node.offsetWidth - 4);
    const below = y - box.top;
    const fits = y + node.offsetHeight < window.innerHeight;
    node.style.left = `${Math.max(4, left)}px`;
    node.style.top = `${fits ? below : Math.max(4, below - node.offsetHeight)}px`;
    node.querySelector("button").focus({ preventScroll: true });
    document.addEventListener("pointerdown", onOutside, true);
  }

  function entry([text, command, ...args]) {
    const shortcut = SHORTCUTS.find((row) => row.command === command && row.args[0] === args[0]);
    const keys = el("kbd", {}, shortcut ? writeCombo(shortcut.keys[0], isMac()) : "");
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
    openAt,
    openBelow(button) {
      const box = button.getBoundingClientRect();
      openAt({ x: box.left, y: box.bottom + 4 });
    },
    dispose: () => close(false),
  };
}

export function isMac() {
  return /mac|iphone|ipad/i.test(navigator.platform);
}
