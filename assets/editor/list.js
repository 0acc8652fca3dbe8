/**
 * The list of notes: a table that can do what the roll can, for screen readers, keyboards and precision. Only the rows that
 * are seen exist, however many notes there are.
 */

import { soundingNotes, whyReadOnly } from "./audition.js";
import { el, icon } from "./dom.js";
import { barLabel } from "./grid.js";
import { DRUMS, DRUM_NAMES, countNotes } from "./notes.js";

const ROW_HEIGHT = 36;
/** Rows beyond the edges that exist too, so that Tab finds the next one. */
const BEYOND = 6;
const COLUMNS = ["Time (s)", "Bar", "Drum", "Velocity", "Remove"];

/**
 * Which rows of a scrolled table exist.
 *
 * @returns {{first: number, last: number}} first <= row < last
 */
export function rowWindow(scrollTop, height, count, { rowHeight = ROW_HEIGHT, beyond = BEYOND } = {}) {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - beyond);
  return { first: Math.min(first, count), last: Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + beyond) };
}

/**
 * @param {HTMLElement} host
 * @param {{store: object, commands: object}} options
 * @returns {{dispose(): void}}
 */
export function createNoteList(host, { store, commands }) {
  const count = el("span.n2n-count");
  const head = el("div.n2n-row.n2n-row-head", { role: "row", "aria-rowindex": "1" }, ...COLUMNS.map((name) => el("span", { role: "columnheader" }, name)));
  const space = el("div.n2n-rows", { role: "rowgroup" });
  const scroller = el("div.n2n-scroller", {}, space);
  const table = el("div.n2n-table", { role: "table", "aria-label": "Notes" }, el("div", { role: "rowgroup" }, head), scroller);
  const details = el("details", {}, el("summary", {}, "Note list", count), addForm({ store, commands }), table);
  host.append(details);
  const rows = new Map();

  function show() {
    const notes = soundingNotes(store.get());
    count.textContent = countNotes(notes.length);
    if (!details.open) return;
    table.setAttribute("aria-rowcount", String(notes.length + 1));
    space.style.height = `${notes.length * ROW_HEIGHT}px`;
    const { first, last } = rowWindow(scroller.scrollTop, scroller.clientHeight, notes.length);
    const wanted = new Map();
    notes.forEach((note, index) => {
      // A row that has the focus stays, so that scrolling does not lose it.
      const focused = rows.get(note.id)?.node.contains(document.activeElement);
      if ((index >= first && index < last) || focused) wanted.set(note.id, index);
    });
    for (const [id, row] of rows) {
      if (wanted.has(id)) continue;
      row.node.remove();
      rows.delete(id);
    }
    const focus = document.activeElement;
    let previous = null;
    for (const [id, index] of wanted) {
      const row = rows.get(id) ?? noteRow(id, commands);
      rows.set(id, row);
      row.show(notes[index], index, store.get());
      const expected = previous ? previous.nextSibling : space.firstChild;
      // Moving a node takes its focus away, so only nodes out of their order are moved.
      if (expected !== row.node) space.insertBefore(row.node, expected);
      previous = row.node;
    }
    if (space.contains(focus) && document.activeElement !== focus) focus.focus();
  }

  function showSelected() {
    const { selection } = store.get();
    const notes = soundingNotes(store.get());
    if (!details.open || selection.size !== 1 || host.contains(document.activeElement)) return;
    const index = notes.findIndex(({ id }) => selection.has(id));
    const top = index * ROW_HEIGHT;
    if (top < scroller.scrollTop || top > scroller.scrollTop + scroller.clientHeight - ROW_HEIGHT) {
      scroller.scrollTop = top - scroller.clientHeight / 2;
    }
  }

  scroller.addEventListener("scroll", show, { passive: true });
  details.addEventListener("toggle", show);
  space.addEventListener("focusin", (event) => {
    const id = Number(event.target.closest(".n2n-row")?.dataset.id);
    const note = soundingNotes(store.get()).find((other) => other.id === id);
    if (!note) return;
    store.set({ selection: new Set([id]) });
    commands.reveal(note.onset);
  });
  let frame = 0;
  const unsubscribe = store.subscribe((state, changed) => {
    if (changed.has("selection")) showSelected();
    if (!["notes", "tempo", "selection", "locks", "takes", "take", "shown"].some((key) => changed.has(key)) || frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      show();
    });
  });
  show();
  return {
    dispose() {
      unsubscribe();
      cancelAnimationFrame(frame);
    },
  };
}

function noteRow(id, commands) {
  const time = numberInput("Time, seconds", { min: 0, step: 0.001 }, (onset) => commands.change(id, { onset }));
  const bar = el("span.n2n-bar-label", { role: "cell" });
  const drum = drumSelect("Drum");
  drum.addEventListener("change", () => {
    if (!commands.change(id, { drum: drum.value })) drum.value = drum.defaultValue;
  });
  const velocity = numberInput("Velocity", { min: 1, max: 127, step: 1 }, (value) => commands.change(id, { velocity: value }));
  const remove = el("button.n2n-mini", { type: "button", on: { click: removeIt } }, icon("remove"));
  const node = el("div.n2n-row", { role: "row", data: { id: String(id) } }, cell(time), bar, cell(drum), cell(velocity), cell(remove));
  const controls = [time, drum, velocity, remove];

  function removeIt() {
    // The focus goes to the next row, or it would be lost with this one.
    const next = node.nextElementSibling ?? node.previousElementSibling;
    commands.remove(new Set([id]));
    next?.querySelector("button")?.focus();
  }

  return {
    node,
    show(note, index, state) {
      const { tempo, selection, locks } = state;
      node.style.top = `${index * ROW_HEIGHT}px`;
      node.setAttribute("aria-rowindex", String(index + 2));
      node.classList.toggle("chosen", selection.has(id));
      fill(time, note.onset.toFixed(3));
      bar.textContent = tempo ? barLabel(note.onset, tempo) : "–";
      fill(drum, note.drum);
      fill(velocity, String(note.velocity));
      const name = `${DRUM_NAMES[note.drum]} at ${note.onset.toFixed(2)} s`;
      remove.setAttribute("aria-label", `Remove the ${name}`);
      time.setAttribute("aria-label", `Time of the ${name}, seconds`);
      drum.setAttribute("aria-label", `Drum of the ${name}`);
      velocity.setAttribute("aria-label", `Velocity of the ${name}`);
      for (const control of controls) control.disabled = locks.has(note.drum) || whyReadOnly(state) !== null;
    },
  };
}

/** What is being typed is left alone; `defaultValue` is what a field that is left without a number goes back to. */
function fill(control, text) {
  control.defaultValue = text;
  if (document.activeElement !== control || !control.dataset.typing) control.value = text;
}

function cell(child) {
  return el("span", { role: "cell" }, child);
}

function numberInput(label, { min, max, step }, onChange) {
  const input = el("input.n2n-number", { type: "number", min: String(min), step: String(step), "aria-label": label });
  if (max !== undefined) input.max = String(max);
  input.addEventListener("input", () => (input.dataset.typing = "true"));
  input.addEventListener("change", () => {
    delete input.dataset.typing;
    const value = Number(input.value);
    if (input.value !== "" && Number.isFinite(value)) onChange(value);
    else input.value = input.defaultValue;
  });
  input.addEventListener("blur", () => delete input.dataset.typing);
  return input;
}

function drumSelect(label) {
  return el("select.n2n-select", { "aria-label": label }, ...DRUMS.map((drum) => el("option", { value: drum }, DRUM_NAMES[drum])));
}

function addForm({ store, commands }) {
  const time = el("input.n2n-number", { type: "number", min: "0", step: "0.001", "aria-label": "Time of the new note, seconds", placeholder: "playhead" });
  const drum = drumSelect("Drum of the new note");
  const velocity = el("input.n2n-number", { type: "number", min: "1", max: "127", value: "100", "aria-label": "Velocity of the new note" });
  const add = el("button.n2n-tool.n2n-wide", { type: "submit" }, "Add note");
  return el(
    "form.n2n-add",
    {
      on: {
        submit(event) {
          event.preventDefault();
          const onset = time.value === "" ? store.get().playhead : Number(time.value);
          const note = commands.add(onset, drum.value, { velocity: Number(velocity.value) || 100 });
          if (note) commands.reveal(note.onset);
        },
      },
    },
    labelled("Time", time),
    labelled("Drum", drum),
    labelled("Velocity", velocity),
    add,
  );
}

function labelled(text, control) {
  return el("label.n2n-labelled", {}, el("span", {}, text), control);
}
