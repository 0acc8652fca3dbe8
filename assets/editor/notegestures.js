/** Gestures on notes: select, move, draw and erase them, and set their velocities. */

import { REACH_TOUCH, TREMBLE, TREMBLE_TOUCH, dragging, noteAt, nothing, snappedAt } from "./aim.js";
import { pan } from "./axisgestures.js";
import { drumsBetween, nearestNote, xToTime, yToDrum } from "./geometry.js";
import { snapTime } from "./grid.js";
import { DRUM_NAMES, LANE, changeNotes, describe, idsWithin, moveNotes } from "./notes.js";
import { applyVelocities, strokeVelocities } from "./velocity.js";

export function select(start, context) {
  const { store, commands } = context;
  const note = noteAt(start, context);
  if (note) return start.mod ? velocityDrag(note, start, context) : grab(note, start, context);
  if (start.double) {
    const gesture = Symbol("add");
    commands.add(snappedAt(start, context), yToDrum(start.y, context.layout()), { gesture });
    return { move: nothing, end: nothing, cancel: () => store.revert(gesture) };
  }
  if (start.touch) return pan(start, context, () => commands.selectNone(), () => box(start, context, true));
  return box(start, context, start.shift);
}

/**
 * Selects a note, then drags the selection: in time and lane, on the grid unless Alt is held, along one axis with Shift. A finger on a
 * note that is not selected may yet scroll the page, so it sounds no note before it is lifted.
 */
function grab(note, start, context) {
  const { store, player, announce, layout } = context;
  const before = store.get();
  const wasSelected = before.selection.has(note.id);
  const yields = Boolean(start.touch) && !wasSelected;
  const hear = () => {
    player.preview(note.drum, note.velocity);
    announce(describe(note));
  };
  if (start.shift) {
    const selection = new Set(before.selection);
    if (wasSelected) selection.delete(note.id);
    else selection.add(note.id);
    store.set({ selection, mask: null });
    announce(`${describe(note)}${wasSelected ? ", not selected" : ", selected"}; ${selection.size} in all`);
    if (wasSelected) return { move: nothing, end: nothing, cancel: nothing };
  } else {
    if (!wasSelected) store.set({ selection: new Set([note.id]), mask: null });
    if (!yields) hear();
  }
  const isDrag = dragging(start);
  const moving = new Set(before.notes.filter(({ id, drum }) => store.get().selection.has(id) && !before.locks.has(drum)).map(({ id }) => id));
  const gesture = Symbol("move");
  let lane = LANE[note.drum];
  let axis = null;
  let moved = null;

  function move(point) {
    if (!isDrag(point) || !moving.has(note.id)) return;
    let dx = point.x - start.x;
    let dy = point.y - start.y;
    if (point.shift) {
      axis ??= Math.abs(dx) >= Math.abs(dy) ? "time" : "lane";
      if (axis === "time") dy = 0;
      else dx = 0;
    }
    const { tempo, snap, view, duration, locks } = store.get();
    const onset = note.onset + dx * view.secondsPerPixel;
    const still = Math.abs(dx) < (start.touch ? TREMBLE_TOUCH : TREMBLE);
    const seconds = still ? 0 : (point.alt ? onset : snapTime(onset, tempo, snap)) - note.onset;
    const lanes = dy === 0 ? 0 : LANE[yToDrum(start.y + dy, layout())] - LANE[note.drum];
    const free = (notes) => !notes.some(({ id, drum }) => moving.has(id) && locks.has(drum));
    moved = moveNotes(before.notes, moving, { seconds, lanes, duration });
    if (!free(moved)) moved = moveNotes(before.notes, moving, { seconds, duration });
    context.commands.edit("Move", moved, { gesture });
    const now = moved.find(({ id }) => id === note.id);
    if (LANE[now.drum] !== lane) {
      lane = LANE[now.drum];
      player.preview(now.drum, now.velocity);
    }
  }

  return {
    move,
    end(point) {
      if (isDrag(point)) {
        const merged = moved ? context.commands.edit("Move", moved, { gesture, merge: true }) : "";
        const now = store.get().notes.find(({ id }) => id === note.id);
        if (before.locks.has(note.drum)) announce(`${DRUM_NAMES[note.drum]} is locked`);
        else if (now) announce(`${describe(now)}${merged}`);
      } else {
        if (yields) hear();
        if (!start.shift && wasSelected) store.set({ selection: new Set([note.id]) });
      }
    },
    cancel() {
      store.revert(gesture);
      store.set({ selection: before.selection, mask: before.mask });
    },
    yields,
    // A finger that rests on a note adds it to the selection, as Shift does.
    hold: start.touch && !start.shift ? () => grabMore(note, before, context) : undefined,
  };
}

function grabMore(note, before, { store, announce }) {
  const selection = new Set(before.selection);
  if (selection.has(note.id)) selection.delete(note.id);
  else selection.add(note.id);
  store.set({ selection });
  announce(`${selection.size} selected`);
  return { move: nothing, end: nothing, cancel: nothing };
}

/** A rectangle that selects what it touches, added to what was selected where `more`. */
function box(start, { store, announce, marquee, layout }, more) {
  const before = store.get().selection;
  const isDrag = dragging(start);
  return {
    move(point) {
      if (!isDrag(point)) return;
      marquee({ kind: "select", x0: start.x, y0: start.y, x1: point.x, y1: point.y });
      const { notes, view } = store.get();
      const [left, right] = [Math.min(start.x, point.x), Math.max(start.x, point.x)];
      const drums = drumsBetween(start.y, point.y, layout());
      const ids = idsWithin(notes, { start: xToTime(left, view), end: xToTime(right, view), drums });
      store.set({ selection: new Set([...(more ? before : []), ...ids]), mask: null });
    },
    end(point) {
      marquee(null);
      if (isDrag(point)) announce(`${store.get().selection.size} selected`);
      else if (!more) store.set({ selection: new Set(), mask: null });
    },
    cancel() {
      marquee(null);
      store.set({ selection: before });
    },
  };
}

/** Up is louder. The whole selection follows where the note is part of it. */
function velocityDrag(note, start, context, { gesture = Symbol("velocity"), label = "Velocity" } = {}) {
  const { store, commands, player, announce } = context;
  if (commands.isLocked(note.drum)) return null;
  const before = store.get();
  if (!before.selection.has(note.id)) store.set({ selection: new Set([note.id]), mask: null });
  const selection = store.get().selection;
  const ids = new Set(before.notes.filter(({ id, drum }) => selection.has(id) && !before.locks.has(drum)).map(({ id }) => id));
  const isDrag = dragging(start);
  const current = () => store.get().notes.find(({ id }) => id === note.id);
  return {
    move(point) {
      if (!isDrag(point)) return;
      const amount = Math.round(start.y - point.y);
      commands.edit(label, changeNotes(before.notes, ids, ({ velocity }) => ({ velocity: velocity + amount })), { gesture });
      commands.lastVelocity(current().velocity);
    },
    end(point) {
      const now = current();
      if (!now || !isDrag(point)) return;
      player.preview(now.drum, now.velocity);
      announce(describe(now));
    },
    cancel: () => store.revert(gesture),
  };
}

/** Adds a note and goes on with its velocity; on a note that is there, changes its velocity. */
export function draw(start, context) {
  const there = noteAt(start, context);
  if (there) return velocityDrag(there, start, context);
  const gesture = Symbol("draw");
  const note = context.commands.add(snappedAt(start, context), yToDrum(start.y, context.layout()), { gesture });
  return note && velocityDrag(note, start, context, { gesture, label: "Add note" });
}

/** Deletes every note that the pointer passes. */
export function erase(start, context) {
  const { store, commands } = context;
  const gesture = Symbol("erase");
  let last = start;
  function wipe(point) {
    const gone = new Set();
    const distance = Math.hypot(point.x - last.x, point.y - last.y);
    const parts = Math.max(1, Math.ceil(distance / 3));
    for (let i = 0; i <= parts; i += 1) {
      const between = { ...point, x: last.x + ((point.x - last.x) * i) / parts, y: last.y + ((point.y - last.y) * i) / parts };
      const note = noteAt(between, context);
      if (note && !store.get().locks.has(note.drum)) gone.add(note.id);
    }
    last = point;
    if (gone.size) commands.remove(gone, gesture);
  }
  wipe(start);
  return { move: wipe, end: nothing, cancel: () => store.revert(gesture) };
}

/** Sets the velocities of the notes that the pointer passes: of the selected ones where any are, else of all. */
export function sweep(start, context) {
  const { store, commands, player, announce, layout } = context;
  const { notes, selection, view, locks } = store.get();
  const free = notes.filter(({ id, drum }) => !locks.has(drum) && (!selection.size || selection.has(id)));
  const gesture = Symbol("velocities");
  const passed = new Map();
  let last = start;
  function sweepTo(point) {
    const found = strokeVelocities(free, last, point, { view, row: layout().velocity, reach: point.touch ? REACH_TOUCH : 4 });
    last = point;
    if (!found.size) return;
    for (const [id, velocity] of found) passed.set(id, velocity);
    commands.edit("Velocities", applyVelocities(store.get().notes, found), { gesture });
  }
  sweepTo(start);
  return {
    move: sweepTo,
    end(point) {
      const at = nearestNote(store.get().notes, point.x, store.get().view, 12, ({ id }) => passed.has(id));
      if (!at) return;
      commands.lastVelocity(at.velocity);
      player.preview(at.drum, at.velocity);
      announce(passed.size === 1 ? describe(at) : `${passed.size} velocities set`);
    },
    cancel: () => store.revert(gesture),
  };
}
