/** The dialog that lists keys and pointer gestures. */

import { el, icon } from "./dom.js";
import { SHORTCUTS, modifiersOf, writeCombo } from "./keys.js";

/** What a pointer can do, and how; the modifiers as `modifiersOf` gives them. */
export const pointerRows = ({ mod, alt }) => [
  ["Drag a note", `Move it in time and lane; ${alt} off the grid, Shift while dragging along one axis`],
  ["Shift-click a note", "Add it to the selection, or take it out"],
  [`${mod}-drag a note`, "Its velocity; with the draw tool a plain drag"],
  ["Double-click", "Add a note there"],
  ["Drag beside notes", "Select in a box; Shift adds"],
  ["Painted region", `With the paint tool: drag to move, its edges to resize; ${alt}-click removes it`],
  ["Velocity row", "Drag across to draw velocities: of the selection, or of all notes"],
  [`${alt}-wheel`, "Velocity of the note there, or of the selection"],
  [`${mod}-wheel, pinch`, "Zoom; also the wheel over the ruler"],
  ["Shift-wheel, two fingers", "Scroll"],
  ["Drag in the ruler", "Loop region; double-click removes it"],
  ["Rest a finger", "On a note: add to the selection; beside notes: select in a box"],
];

/** @param {HTMLElement} root */
export function createHelp(root) {
  let dialog = null;

  function build() {
    const modifiers = modifiersOf(navigator);
    const close = el("button.n2n-tool", { type: "button", "aria-label": "Close", on: { click: () => dialog.close() } }, icon("remove"));
    const node = el("dialog.n2n-help", { "aria-label": "Keys and gestures" }, el("header", {}, el("h3", {}, "Keys and gestures"), close));
    const columns = el("div.n2n-help-columns");
    for (const group of new Set(SHORTCUTS.map((shortcut) => shortcut.group))) {
      const rows = SHORTCUTS.filter((shortcut) => shortcut.group === group && shortcut.text);
      columns.append(section(group, rows.map(({ shown, text }) => [shown.map((combo) => writeCombo(combo, modifiers)).join("  "), text]), "kbd"));
    }
    columns.append(section("Mouse and touch", pointerRows(modifiers), "span"));
    node.append(columns);
    node.addEventListener("click", (event) => {
      if (event.target === node) node.close();
    });
    return node;
  }

  return {
    open() {
      if (!dialog) {
        dialog = build();
        root.append(dialog);
      }
      if (!dialog.open) dialog.showModal();
    },
  };
}

function section(title, rows, tag) {
  const list = el("dl");
  for (const [what, text] of rows) list.append(el("dt", {}, el(tag, {}, what)), el("dd", {}, text));
  return el("section", {}, el("h4", {}, title), list);
}
