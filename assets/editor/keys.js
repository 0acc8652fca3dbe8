/**
 * Keys: one table says which key does what and how the help describes it. `commandOf` is pure; `createKeys` listens.
 */

import { createTokens } from "./history.js";
import { DRUMS } from "./notes.js";

/**
 * `mod` is Ctrl, or Cmd on a Mac. Each row: group, keys, command, its arguments, help, and the keys that the help shows where
 * one line speaks of several rows. Rows without help are spoken of by another.
 */
export const SHORTCUTS = Object.freeze([
  row("Tools", ["v"], "tool", ["select"], "Select tool"),
  row("Tools", ["d"], "tool", ["draw"], "Draw tool"),
  row("Tools", ["e"], "tool", ["erase"], "Erase tool"),
  row("Tools", ["p"], "tool", ["paint"], "Paint tool: mark what may be rewritten"),
  row("Tools", ["escape"], "escape", [], "Cancel a drag, then clear the selection"),

  row("Notes", ["."], "step", [1], "Select the next, previous note; with the paint tool, painted region", [".", ","]),
  row("Notes", [","], "step", [-1]),
  row("Notes", ["arrowleft"], "nudge", [{ seconds: -0.01 }], "10 ms earlier, later", ["arrowleft", "arrowright"]),
  row("Notes", ["arrowright"], "nudge", [{ seconds: 0.01 }]),
  row("Notes", ["alt+arrowleft"], "nudge", [{ seconds: -0.001 }], "1 ms earlier, later", ["alt+arrowleft", "arrowright"]),
  row("Notes", ["alt+arrowright"], "nudge", [{ seconds: 0.001 }]),
  row("Notes", ["shift+arrowleft"], "nudge", [{ grid: -1 }], "One grid step earlier, later", ["shift+arrowleft", "arrowright"]),
  row("Notes", ["shift+arrowright"], "nudge", [{ grid: 1 }]),
  row("Notes", ["arrowup"], "nudge", [{ lanes: -1 }], "To the lane above, below", ["arrowup", "arrowdown"]),
  row("Notes", ["arrowdown"], "nudge", [{ lanes: 1 }]),
  row("Notes", ["shift+arrowup"], "velocity", [5], "Louder, softer by 5", ["shift+arrowup", "arrowdown"]),
  row("Notes", ["shift+arrowdown"], "velocity", [-5]),
  row("Notes", ["alt+arrowup"], "velocity", [1], "Louder, softer by 1", ["alt+arrowup", "arrowdown"]),
  row("Notes", ["alt+arrowdown"], "velocity", [-1]),
  row("Notes", ["delete", "backspace"], "delete", [], "Delete the selection or the painted region"),
  ...DRUMS.map((drum, lane) =>
    row("Notes", [String(lane + 1)], "addAtPlayhead", [drum], lane ? null : "Add kick ... bell at the playhead", ["1", "...", "7"]),
  ),
  row("Notes", ["q"], "quantise", [], "Quantise the selection: put it on the grid"),

  row("Edit", ["mod+z"], "undo", [], "Undo"),
  row("Edit", ["mod+shift+z", "mod+y"], "redo", [], "Redo"),
  row("Edit", ["mod+a"], "selectAll", [], "Select all"),
  row("Edit", ["mod+c"], "copy", [], "Copy"),
  row("Edit", ["mod+x"], "cut", [], "Cut"),
  row("Edit", ["mod+v"], "paste", [], "Paste at the playhead"),
  row("Edit", ["mod+d"], "duplicate", [], "Duplicate behind itself"),

  row("View and sound", ["space"], "play", [], "Play or pause"),
  row("View and sound", ["home"], "toStart", [], "Playhead to the start, end", ["home", "end"]),
  row("View and sound", ["end"], "toEnd", []),
  row("View and sound", ["mod+arrowleft"], "seekBy", [-1], "Playhead one grid step back, on", ["mod+arrowleft", "arrowright"]),
  row("View and sound", ["mod+arrowright"], "seekBy", [1]),
  row("View and sound", ["l"], "loopSelection", [], "Loop the selection or the painted region; off without one"),
  row("View and sound", ["+", "="], "zoom", [1.5], "Zoom in, out", ["+", "-"]),
  row("View and sound", ["-"], "zoom", [1 / 1.5]),
  row("View and sound", ["0"], "fit", [], "Show all"),
  row("View and sound", ["z"], "fitSelection", [], "Show the selection or the painted region, else the loop"),
  row("View and sound", ["pageup"], "scroll", [-0.8], "Scroll back, on", ["pageup", "pagedown"]),
  row("View and sound", ["pagedown"], "scroll", [0.8]),
  row("View and sound", ["m"], "toggleMel", [], "Spectrogram on or off"),
  row("View and sound", ["?"], "help", [], "This help"),
]);

function row(group, keys, command, args, text = null, shown = keys) {
  return Object.freeze({ group, keys, command, args, text, shown });
}

/** The key press in the words of the table: "mod+shift+z", "arrowleft", "?". */
export function comboOf({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  const name = key === " " ? "space" : key.toLowerCase();
  const isLetter = /^[a-z]$/.test(name);
  // A sign typed with shift, as ? is on many keyboards, is that sign.
  const shift = shiftKey && (isLetter || name.length > 1);
  return [ctrlKey || metaKey ? "mod" : "", altKey ? "alt" : "", shift ? "shift" : "", name].filter(Boolean).join("+");
}

/** What goes on for as long as its key is held; any other command is carried out once. */
const HELD = new Set(["step", "nudge", "velocity", "undo", "redo", "seekBy", "zoom", "scroll"]);

/** What is one entry of the history while it goes on; these commands take the token of a gesture. */
const GESTURES = new Set(["nudge", "velocity"]);
/** Presses that follow one another within this time, on what is selected, are one gesture: longer than keys wait before they repeat. */
const PRESS_PAUSE_MS = 1000;

const BY_COMBO = new Map(SHORTCUTS.flatMap((shortcut) => shortcut.keys.map((combo) => [combo, shortcut])));

/** @returns {{command: string, args: unknown[]} | null} what a key press asks for */
export function commandOf(event) {
  const shortcut = BY_COMBO.get(comboOf(event));
  return shortcut ? { command: shortcut.command, args: shortcut.args } : null;
}

/** What the modifier keys are called on the machine of a browser's `navigator`: Ctrl and Alt, or as on a Mac. */
export function modifiersOf({ userAgentData, platform = "" }) {
  const mac = /mac|iphone|ipad/i.test(userAgentData?.platform || platform);
  return mac ? { mod: "Cmd", alt: "Option" } : { mod: "Ctrl", alt: "Alt" };
}

/** How a combo is written in the help; `modifiers` as `modifiersOf` gives them. */
export function writeCombo(combo, modifiers) {
  const names = {
    ...modifiers,
    shift: "Shift",
    space: "Space",
    escape: "Esc",
    arrowleft: "←",
    arrowright: "→",
    arrowup: "↑",
    arrowdown: "↓",
    pageup: "Page up",
    pagedown: "Page down",
    delete: "Delete",
    backspace: "Backspace",
    home: "Home",
    end: "End",
  };
  // "+" itself is a key.
  const parts = combo === "+" ? ["+"] : combo.split("+");
  return parts.map((part) => names[part] ?? part.toUpperCase()).join(" ");
}

/** Whether a key belongs to the control that has the focus rather than to the roll. */
export function belongsToControl(target, combo) {
  const tag = target?.tagName;
  if (tag === "TEXTAREA" || tag === "SELECT" || target?.isContentEditable) return true;
  if (tag === "INPUT") {
    const typed = !["range", "checkbox", "radio", "button"].includes(target.type);
    return typed || /^(arrow|home|end|page)/.test(combo) || combo === "space";
  }
  if (tag === "BUTTON" || tag === "SUMMARY" || target?.getAttribute?.("role") === "menuitem") {
    return combo === "space" || combo === "enter" || /^arrow/.test(combo);
  }
  return false;
}

/** What is asked for even while the focus is nowhere, as after a button that was pressed is switched off. */
const ANYWHERE = new Set(["play", "undo", "redo", "help"]);

/**
 * Listens on the root, so keys work wherever in the editor the focus is.
 *
 * @param {{root: HTMLElement, store: object, commands: object, cancel: () => boolean}} options
 *   `cancel` ends a running drag and says whether there was one
 */
export function createKeys({ root, store, commands, cancel }) {
  const extra = {
    escape() {
      if (cancel()) return;
      if (store.get().shown !== null) store.set({ shown: null });
      else commands.selectNone();
    },
    toStart: () => commands.seek(0),
    toEnd: () => commands.seek(store.get().duration),
    seekBy: (direction) => commands.seekStep(direction),
  };

  const pressToken = createTokens(PRESS_PAUSE_MS);

  /** The command's arguments of the table, and of a gesture its token; any other command ends a gesture. */
  function argsOf({ command, args }, time) {
    const { selection, mask } = store.get();
    const gesture = pressToken(time, command, selection, mask);
    return GESTURES.has(command) ? [...args, { gesture }] : args;
  }

  function onKey(event) {
    if (event.defaultPrevented || event.isComposing || root.querySelector("dialog[open]")) return;
    if (belongsToControl(event.target, comboOf(event))) return;
    const asked = commandOf(event);
    if (!asked) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat && !HELD.has(asked.command)) return;
    (extra[asked.command] ?? commands[asked.command])(...argsOf(asked, event.timeStamp));
  }

  function onPageKey(event) {
    if (event.target === document.body && ANYWHERE.has(commandOf(event)?.command)) onKey(event);
  }

  root.addEventListener("keydown", onKey);
  globalThis.document?.addEventListener("keydown", onPageKey);
  return {
    dispose() {
      root.removeEventListener("keydown", onKey);
      globalThis.document?.removeEventListener("keydown", onPageKey);
    },
  };
}
