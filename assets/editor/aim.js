/** What a pointer aims at: the time, note or place under a point of the roll, and whether it drags yet. For gestures. */

import { hitNote, xToTime } from "./geometry.js";
import { snapTime } from "./grid.js";

/** Pixels a pointer may tremble before it drags. */
export const TREMBLE = 3;
export const TREMBLE_TOUCH = 8;
const REACH = 3;
export const REACH_TOUCH = 14;

export function noteAt(point, { store, layout }) {
  const { notes, view } = store.get();
  return hitNote(notes, point, { view, layout: layout(), reach: point.touch ? REACH_TOUCH : REACH });
}

export function timeAt({ x }, { store }) {
  const { view, duration } = store.get();
  return Math.min(duration, Math.max(0, xToTime(x, view)));
}

/** The time of a point on the grid, unless Alt is held. */
export function snappedAt(point, context) {
  const { tempo, snap, duration } = context.store.get();
  const time = timeAt(point, context);
  return point.alt ? time : Math.min(duration, snapTime(time, tempo, snap));
}

/** Says once when a point has left the place where it began. */
export function dragging(start) {
  const tremble = start.touch ? TREMBLE_TOUCH : TREMBLE;
  let begun = false;
  return (point) => {
    begun ||= Math.hypot(point.x - start.x, point.y - start.y) >= tremble;
    return begun;
  };
}

export const nothing = () => {};
