/**
 * What the pointer does between down and up, without the DOM. `begin` chooses a gesture by row and tool; a gesture has
 * `move(point)`, `end(point)` and `cancel()`, perhaps `hold()`: what it becomes when a finger rests.
 *
 * A point is {x, y, shift, alt, mod, touch, double}: CSS pixels on the roll's canvas and the modifiers.
 *
 * Every gesture that changes notes or masks sets the store while it runs, under one token, so that it is seen and heard at
 * once, undone as one, and taken back whole by Escape.
 */

import { DRUM_NAMES, LANE, changeNotes, idsWithin, moveNotes } from "./notes.js";
import { drumsBetween, hitMask, hitNote, nearestNote, rowAt, scrollView, timeToX, xToTime, yToDrum } from "./geometry.js";
import { snapTime } from "./grid.js";
import { makeMask, maskBetween, moveMask, resizeMask } from "./masks.js";
import { describe } from "./commands.js";
import { applyVelocities, strokeVelocities } from "./velocity.js";

/** Pixels a pointer may tremble before it drags. */
const TREMBLE = 3;
const TREMBLE_TOUCH = 8;
const REACH = 3;
const REACH_TOUCH = 14;

/**
 * @typedef {{x: number, y: number, shift?: boolean, alt?: boolean, mod?: boolean, touch?: boolean, double?: boolean}} Point
 * @typedef {{move(point: Point): void, end(point: Point): void, cancel(): void, hold?: () => Gesture | null}} Gesture
 */

/**
 * @param {Point} point
 * @param {object} context
 * @param {object} context.store
 * @param {object} context.commands
 * @param {{preview(drum: string, velocity: number): void, seek(time: number): void}} context.player
 * @param {(text: string) => void} context.announce
 * @param {() => object} context.layout
 * @param {(rectangle: object | null) => void} context.marquee shows {kind: "select" | "paint", x0, y0, x1, y1}
 * @returns {Gesture | null}
 */
export function begin(point, context) {
  const row = rowAt(point.y, context.layout());
  if (row === "ruler") return ruler(point, context);
  if (row === "wave" || row === "mel") return point.touch ? pan(point, context, () => seek(point, context)) : scrub(point, context);
  const { shown, take, tool } = context.store.get();
  const onlyLooking = shown !== null || (take !== null && (row === "velocity" || tool !== "paint"));
  if (onlyLooking) {
    context.announce(shown !== null ? "Go back to the notes to change them" : "Accept or discard the take before changing notes");
    return point.touch ? pan(point, context) : null;
  }
  if (row === "velocity") return sweep(point, context);
  return TOOLS[tool](point, context);
}

const TOOLS = { select, draw, erase, paint };

/** What a press here would do, for the cursor: a CSS cursor name. */
export function cursorAt(point, context) {
  const { store, layout } = context;
  const state = store.get();
  const row = rowAt(point.y, layout());
  if (row === "ruler") return loopEdge(point, context) ? "ew-resize" : "pointer";
  if (row === "wave" || row === "mel") return "text";
  if (state.shown !== null || (state.take !== null && state.tool !== "paint")) return "default";
  if (row === "velocity") return "ns-resize";
  if (state.tool === "erase") return "crosshair";
  if (state.tool === "paint") {
    const hit = hitMask(state.masks, point, { view: state.view, layout: layout() });
    return hit ? (hit.part === "inside" ? "move" : "ew-resize") : "crosshair";
  }
  if (noteAt(point, context)) return state.tool === "draw" || point.mod ? "ns-resize" : "grab";
  return state.tool === "draw" ? "copy" : "default";
}

function noteAt(point, { store, layout }) {
  const { notes, view } = store.get();
  return hitNote(notes, point, { view, layout: layout(), reach: point.touch ? REACH_TOUCH : REACH });
}

function timeAt({ x }, { store }) {
  const { view, duration } = store.get();
  return Math.min(duration, Math.max(0, xToTime(x, view)));
}

/** The time of a point on the grid, unless Alt is held. */
function snappedAt(point, context) {
  const { tempo, snap, duration } = context.store.get();
  const time = timeAt(point, context);
  return point.alt ? time : Math.min(duration, snapTime(time, tempo, snap));
}

/** Says once when a point has left the place where it began. */
function dragging(start) {
  const tremble = start.touch ? TREMBLE_TOUCH : TREMBLE;
  let begun = false;
  return (point) => {
    begun ||= Math.hypot(point.x - start.x, point.y - start.y) >= tremble;
    return begun;
  };
}

const nothing = () => {};

// --- Ruler, waveform, spectrogram. ---

function seek(point, context) {
  const time = timeAt(point, context);
  context.player.seek(time);
  context.store.set({ playhead: time });
}

function scrub(start, context) {
  seek(start, context);
  return { move: (point) => seek(point, context), end: nothing, cancel: nothing };
}

function loopEdge({ x, touch }, { store }) {
  const { loop, view } = store.get();
  if (!loop) return null;
  const reach = touch ? REACH_TOUCH : 5;
  if (Math.abs(timeToX(loop.start, view) - x) <= reach) return "start";
  if (Math.abs(timeToX(loop.end, view) - x) <= reach) return "end";
  return null;
}

/** A drag along the ruler sets the loop region or moves its edge; a click puts the playhead there. */
function ruler(start, context) {
  const { store, announce } = context;
  const before = store.get().loop;
  const edge = loopEdge(start, context);
  const fixed = edge ? before[edge === "start" ? "end" : "start"] : snappedAt(start, context);
  const isDrag = dragging(start);
  return {
    move(point) {
      if (!isDrag(point)) return;
      const time = snappedAt(point, context);
      const loop = { start: Math.min(fixed, time), end: Math.max(fixed, time) };
      store.set({ loop: loop.end - loop.start > 0.02 ? loop : null });
    },
    end(point) {
      const { loop } = store.get();
      if (!isDrag(point)) {
        if (point.double) store.set({ loop: null });
        else seek(point, context);
      } else if (loop) announce(`Loop from ${loop.start.toFixed(2)} to ${loop.end.toFixed(2)} s`);
    },
    cancel: () => store.set({ loop: before }),
  };
}

/** One finger moves the time axis; a tap does `tap`. */
function pan(start, { store, layout }, tap = nothing, hold) {
  const { view } = store.get();
  const isDrag = dragging(start);
  return {
    move(point) {
      if (!isDrag(point)) return;
      const { duration } = store.get();
      store.set({ view: scrollView(view, (start.x - point.x) * view.secondsPerPixel, duration, layout().width) });
    },
    end(point) {
      if (!isDrag(point)) tap(point);
    },
    cancel: nothing,
    hold,
  };
}

// --- Select. ---

function select(start, context) {
  const { store, commands } = context;
  const note = noteAt(start, context);
  if (note) return start.mod ? velocityDrag(note, start, context) : grab(note, start, context);
  if (start.double) {
    commands.add(snappedAt(start, context), yToDrum(start.y, context.layout()));
    return null;
  }
  if (start.touch) return pan(start, context, () => commands.selectNone(), () => box(start, context, true));
  return box(start, context, start.shift);
}

/** Selects a note, then drags the selection: in time and lane, on the grid unless Alt is held, along one axis with Shift. */
function grab(note, start, context) {
  const { store, player, announce, layout } = context;
  const before = store.get();
  const wasSelected = before.selection.has(note.id);
  if (start.shift) {
    const selection = new Set(before.selection);
    if (wasSelected) selection.delete(note.id);
    else selection.add(note.id);
    store.set({ selection, mask: null });
    announce(`${describe(note)}${wasSelected ? ", not selected" : ", selected"}; ${selection.size} in all`);
    if (wasSelected) return { move: nothing, end: nothing, cancel: nothing };
  } else {
    if (!wasSelected) store.set({ selection: new Set([note.id]), mask: null });
    player.preview(note.drum, note.velocity);
    announce(describe(note));
  }
  const isDrag = dragging(start);
  const moving = new Set(before.notes.filter(({ id, drum }) => store.get().selection.has(id) && !before.locks.has(drum)).map(({ id }) => id));
  const touched = before.notes.filter(({ id }) => moving.has(id));
  const gesture = Symbol("move");
  let lane = LANE[note.drum];
  let axis = null;

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
    let notes = moveNotes(before.notes, moving, { seconds, lanes, duration });
    if (!free(notes)) notes = moveNotes(before.notes, moving, { seconds, duration });
    context.commands.edit("Move", notes, { touched, gesture });
    const now = notes.find(({ id }) => id === note.id);
    if (LANE[now.drum] !== lane) {
      lane = LANE[now.drum];
      player.preview(now.drum, now.velocity);
    }
  }

  return {
    move,
    end(point) {
      if (isDrag(point)) {
        const now = store.get().notes.find(({ id }) => id === note.id);
        if (before.locks.has(note.drum)) announce(`${DRUM_NAMES[note.drum]} is locked`);
        else if (now) announce(describe(now));
      } else if (!start.shift && wasSelected) store.set({ selection: new Set([note.id]) });
    },
    cancel: () => store.revert(gesture),
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
  const touched = before.notes.filter(({ id }) => ids.has(id));
  const isDrag = dragging(start);
  const current = () => store.get().notes.find(({ id }) => id === note.id);
  return {
    move(point) {
      if (!isDrag(point)) return;
      const amount = Math.round(start.y - point.y);
      commands.edit(label, changeNotes(before.notes, ids, ({ velocity }) => ({ velocity: velocity + amount })), { touched, gesture });
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

// --- Draw and erase. ---

/** Adds a note and goes on with its velocity; on a note that is there, changes its velocity. */
function draw(start, context) {
  const there = noteAt(start, context);
  if (there) return velocityDrag(there, start, context);
  const gesture = Symbol("draw");
  const note = context.commands.add(snappedAt(start, context), yToDrum(start.y, context.layout()), { gesture });
  return note && velocityDrag(note, start, context, { gesture, label: "Add note" });
}

/** Deletes every note that the pointer passes. */
function erase(start, context) {
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

// --- Paint. ---

/** Paints a rectangle; moves or resizes a painted one; with Alt deletes it. */
function paint(start, context) {
  const { store, commands, layout } = context;
  const { masks, view } = store.get();
  const hit = hitMask(masks, start, { view, layout: layout(), reach: start.touch ? REACH_TOUCH : 5 });
  if (!hit) return paintNew(start, context);
  if (start.alt) {
    commands.deleteMask(hit.mask.id);
    return null;
  }
  store.set({ mask: hit.mask.id, selection: new Set() });
  const gesture = Symbol("mask");
  const isDrag = dragging(start);
  return {
    move(point) {
      if (!isDrag(point)) return;
      commands.changeMask(changedMask(hit, start, point, context), gesture);
    },
    end: nothing,
    cancel: () => store.revert(gesture),
  };
}

function changedMask({ mask, part }, start, point, context) {
  const { tempo, snap, view, duration } = context.store.get();
  const later = (point.x - start.x) * view.secondsPerPixel;
  const onGrid = (time) => (point.alt ? time : snapTime(time, tempo, snap));
  if (part !== "inside") return resizeMask(mask, part, onGrid(mask[part] + later), duration);
  const still = Math.abs(point.x - start.x) < TREMBLE;
  const lanes = LANE[yToDrum(point.y, context.layout())] - LANE[yToDrum(start.y, context.layout())];
  return moveMask(mask, { seconds: still ? 0 : onGrid(mask.start + later) - mask.start, lanes, duration });
}

function paintNew(start, context) {
  const { store, commands, marquee, layout } = context;
  const isDrag = dragging(start);
  const from = snappedAt(start, context);
  const maskTo = (point) => maskBetween(from, snappedAt(point, context), drumsBetween(start.y, point.y, layout()), store.get().duration);
  return {
    move(point) {
      if (isDrag(point)) marquee({ kind: "paint", mask: maskTo(point) });
    },
    end(point) {
      marquee(null);
      const mask = isDrag(point) ? maskTo(point) : null;
      if (mask) commands.addMask(makeMask(mask));
      else store.set({ mask: null });
    },
    cancel: () => marquee(null),
  };
}

// --- The velocity row. ---

/** Sets the velocities of the notes that the pointer passes: of the selected ones where any are, else of all. */
function sweep(start, context) {
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
    const touched = free.filter(({ id }) => passed.has(id));
    commands.edit("Velocities", applyVelocities(store.get().notes, found), { touched, gesture });
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
