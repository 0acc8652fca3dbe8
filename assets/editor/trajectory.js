/** What happens from one denoising step to the next. Pure. */

import { diffNotes } from "./diff.js";
import { countNotes } from "./notes.js";

const known = new WeakMap();

/**
 * For each step: how many notes there are, and which appeared and vanished since the step before. Before the first is nothing.
 * @param {import("./planes.js").Step[]} steps
 * @returns {{count: number, appeared: object[], vanished: object[]}[]}
 */
export function stepChanges(steps) {
  return steps.map((step, index) => changes(steps[index - 1] ?? null, step));
}

/** Comparing takes a while with many notes, and steps come one by one: what was once compared is kept. */
function changes(before, step) {
  const kept = known.get(step);
  if (kept?.before === before) return kept.change;
  const { appeared, vanished } = diffNotes(before?.notes ?? [], step.notes);
  const change = { count: step.notes.length, appeared, vanished };
  known.set(step, { before, change });
  return change;
}

/**
 * How long each step of a replay stands: about four seconds in all, but neither a flicker nor a wait; slowly, four times that.
 * @param {number} count of steps
 * @param {boolean} slow
 * @returns {number} milliseconds
 */
export function stepDelay(count, slow) {
  return Math.min(600, Math.max(80, 4000 / count)) * (slow ? 4 : 1);
}

/**
 * What is to be said of a step.
 * @param {import("./planes.js").Step} step
 * @param {{count: number, appeared: object[], vanished: object[]}} change
 */
export function describeStep({ step, steps, sigma }, { count, appeared, vanished }) {
  return `Step ${step} of ${steps}: noise ${sigmaLabel(sigma)}, ${countNotes(count)}, ${appeared.length} appeared, ${vanished.length} vanished`;
}

/** Three digits that count: "20.0", "0.300". */
export function sigmaLabel(sigma) {
  return sigma >= 100 ? sigma.toFixed(0) : sigma.toPrecision(3);
}
