/** Velocities of many notes at once, and of a stroke drawn across the velocity row. Pure. */

import { timeToX, yToVelocity } from "./geometry.js";
import { changeNotes } from "./notes.js";

/** Adds to the velocities of notes; each stays within 1..127. */
export function offsetVelocities(notes, ids, amount) {
  return changeNotes(notes, ids, (note) => ({ velocity: note.velocity + amount }));
}

/** Gives all notes of `ids` their mean velocity. */
export function evenVelocities(notes, ids) {
  const chosen = notes.filter(({ id }) => ids.has(id));
  const mean = chosen.reduce((sum, { velocity }) => sum + velocity, 0) / Math.max(1, chosen.length);
  return changeNotes(notes, ids, () => ({ velocity: mean }));
}

/**
 * The velocities that a stroke of the pointer sets: each note that it passes gets the height at which it is passed.
 *
 * @param {object[]} notes those that may change
 * @param {{x: number, y: number}} from
 * @param {{x: number, y: number}} to
 * @param {object} options
 * @param {object} options.view
 * @param {{top: number, height: number}} options.row the velocity row
 * @param {number} [options.reach] pixels beside a note that still count
 * @returns {Map<number, number>} velocity by note id
 */
export function strokeVelocities(notes, from, to, { view, row, reach = 4 }) {
  const [left, right] = from.x <= to.x ? [from, to] : [to, from];
  const velocities = new Map();
  for (const note of notes) {
    const x = timeToX(note.onset, view);
    if (x < left.x - reach || x > right.x + reach) continue;
    const part = right.x === left.x ? 1 : Math.min(1, Math.max(0, (x - left.x) / (right.x - left.x)));
    // A stroke straight up or down ends where the pointer is.
    const y = right.x === left.x ? to.y : left.y + part * (right.y - left.y);
    velocities.set(note.id, yToVelocity(y, row));
  }
  return velocities;
}

/** Sets each note of a map from id to velocity. */
export function applyVelocities(notes, velocities) {
  return changeNotes(notes, velocities, (note) => ({ velocity: velocities.get(note.id) }));
}
