/** The toolbar: tools, undo, grid and tempo, zoom; and, while painting, what to paint. */

import { el, icon } from "./dom.js";
import { BPM_RANGE, SNAPS } from "./grid.js";
import { modifiersOf, writeCombo } from "./keys.js";
import { DRUMS, DRUM_NAMES } from "./notes.js";

const TOOLS = [
  ["select", "Select and move (V)"],
  ["draw", "Draw notes (D)"],
  ["erase", "Erase notes (E)"],
  ["paint", "Paint what may be rewritten (P)"],
];
const BEATS = [2, 3, 4, 5, 6, 7, 9, 12];

/**
 * @param {HTMLElement} host
 * @param {HTMLElement} paintHost holds what the paint tool can mark at once
 * @param {{store: object, commands: object, menu: object, focus: () => void}} options `focus` gives the focus to the roll
 * @returns {{dispose(): void}}
 */
export function createToolbar(host, paintHost, { store, commands, menu, focus }) {
  /** A click by pointer hands the focus back to the roll, so that keys go on working there; a key press keeps it. */
  const act = (work) => (event) => {
    work(event.currentTarget);
    if (event.detail > 0) focus();
  };
  const button = (name, label, work, id = "") =>
    el("button.n2n-tool", { type: "button", ...(id && { id }), title: label, "aria-label": label, on: { click: act(work) } }, icon(name));

  const tools = TOOLS.map(([tool, label]) => {
    const node = button(tool, label, () => commands.tool(tool), tool === "paint" ? "paint-tool" : "");
    node.dataset.tool = tool;
    return node;
  });
  const modifiers = modifiersOf(navigator);
  const undo = button("undo", `Undo (${writeCombo("mod+z", modifiers)})`, commands.undo, "undo");
  const redo = button("redo", `Redo (${writeCombo("mod+shift+z", modifiers)})`, commands.redo, "redo");
  const remove = button("remove", "Delete the selection (Delete)", commands.delete);
  const more = el(
    "button.n2n-tool.n2n-wide",
    { type: "button", "aria-haspopup": "menu", on: { click: (event) => menu.openBeside(event.currentTarget) } },
    "Edit",
    icon("down"),
  );

  const snap = el("select.n2n-select.n2n-snap", { "aria-label": "Snap to", on: { change: () => store.set({ snap: Number(snap.value) }) } });
  for (const { value, name } of SNAPS) snap.append(el("option", { value: String(value) }, name));
  const bpm = el("input.n2n-number", {
    type: "number",
    min: String(BPM_RANGE.min),
    max: String(BPM_RANGE.max),
    step: "any",
    placeholder: "none",
    "aria-label": "Tempo, beats a minute",
    on: { change: setTempo },
  });
  const beats = el("select.n2n-select.n2n-beats", { "aria-label": "Beats a bar", on: { change: () => commands.setTempo({ beats: Number(beats.value) }) } });
  const bar = el(
    "button.n2n-tool.n2n-wide",
    { type: "button", title: "Bar starts here: a bar line at the playhead", on: { click: act(() => commands.setTempo({ offset: store.get().playhead })) } },
    "Bar here",
  );

  const mel = button("mel", "Spectrogram (M)", commands.toggleMel);
  const help = el("button.n2n-tool", { type: "button", title: "Keys and gestures (?)", "aria-label": "Keys and gestures", on: { click: commands.help } }, "?");

  const paint = paintBar(paintHost, { store, commands, act });
  host.append(
    group("Tools", ...tools),
    group("History", undo, redo),
    group("Edit", remove, more),
    group("Grid", labelled("Snap", snap), labelled("Tempo", bpm), labelled("Beats", beats), bar),
    el("span.n2n-space"),
    group(
      "View",
      button("zoomOut", "Zoom out (-)", () => commands.zoom(1 / 1.5)),
      button("fit", "Show all (0)", commands.fit),
      button("zoomIn", "Zoom in (+)", () => commands.zoom(1.5)),
      mel,
      help,
    ),
  );

  function show(state) {
    for (const node of tools) node.setAttribute("aria-pressed", String(node.dataset.tool === state.tool));
    undo.disabled = !store.canUndo();
    redo.disabled = !store.canRedo();
    remove.disabled = !state.selection.size && state.mask === null;
    snap.value = String(state.snap);
    snap.disabled = beats.disabled = bar.disabled = !state.tempo;
    if (document.activeElement !== bpm) showTempo(state);
    showBeats(state.tempo?.beats ?? 4);
    mel.setAttribute("aria-pressed", String(state.melShown));
    mel.disabled = !state.source?.mel;
    paint.show(state);
  }

  /** The field then says what became of it: a tempo beyond the range is the nearest within, and what is none changes nothing. */
  function setTempo() {
    if (!bpm.validity.badInput) commands.setTempo(bpm.value === "" ? null : { bpm: Number(bpm.value) });
    showTempo(store.get());
  }

  function showTempo({ tempo }) {
    bpm.value = tempo ? String(Number(tempo.bpm.toFixed(1))) : "";
  }

  function showBeats(count) {
    const choices = BEATS.includes(count) ? BEATS : [...BEATS, count].sort((a, b) => a - b);
    if (beats.options.length !== choices.length) beats.replaceChildren(...choices.map((n) => el("option", { value: String(n) }, String(n))));
    beats.value = String(count);
  }

  show(store.get());
  const unsubscribe = store.subscribe((state, changed) => {
    if (SHOWN.some((key) => changed.has(key))) show(state);
  });
  return { dispose: unsubscribe };
}

const SHOWN = ["tool", "snap", "tempo", "melShown", "source", "selection", "mask", "masks", "loop", "history"];

function group(label, ...children) {
  return el("div.n2n-group", { role: "group", "aria-label": label }, ...children);
}

function labelled(text, control) {
  return el("label.n2n-labelled", {}, el("span", {}, text), control);
}

/** What the paint tool can mark at once; seen only while it is chosen. */
function paintBar(host, { store, commands, act }) {
  const choice = (text, work) => el("button.n2n-tool.n2n-wide", { type: "button", on: { click: act(work) } }, text);
  const selection = choice("Selection", commands.paintSelection);
  const loop = choice("Loop region", commands.paintLoop);
  const lane = el("select.n2n-select", { "aria-label": "Paint a whole lane" }, el("option", { value: "" }, "Whole lane"));
  for (const drum of DRUMS) lane.append(el("option", { value: drum }, DRUM_NAMES[drum]));
  lane.addEventListener("change", () => {
    if (lane.value) commands.paintLane(lane.value);
    lane.value = "";
  });
  lane.addEventListener("keydown", (event) => {
    if (!/^(Arrow(Up|Down)|Home|End|.)$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault(); // on a closed list a key would choose at once, and only ever the lane beside
    lane.showPicker();
  });
  const everything = choice("Everything", commands.paintAll);
  const clear = choice("Clear", commands.clearMasks);
  const hint = el("span.n2n-hint", {}, "Drag over the lanes to mark what may be rewritten, or mark");
  host.append(hint, selection, loop, lane, everything, clear);
  return {
    show(state) {
      host.hidden = state.tool !== "paint" && !state.masks.length;
      selection.disabled = !state.selection.size;
      loop.disabled = !state.loop;
      clear.disabled = !state.masks.length;
    },
  };
}
