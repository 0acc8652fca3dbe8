/** Takes: what each would put in place of what is there, which of them are alike, and what sounds while one is auditioned. Pure. */

import { soundAlike } from "./diff.js";
import { isMasked } from "./masks.js";
import { makeNote, sortNotes } from "./notes.js";

/**
 * A take: one answer of the model. `region` is what it may replace; null is everything. `number` is its place in its run, from 1.
 * @typedef {{start: number, end: number, drums: string[]}} Area
 * @typedef {{number?: number, seed?: number, notes: object[], candidates: object[], thresholds?: object, region: Area[] | null}} Take
 */

/**
 * Whether a take may rewrite a note: it lies in the region, and its drum is not locked.
 * @param {{onset: number, drum: string}} note
 * @param {Area[] | null} region
 * @param {Set<string>} locks
 */
export function isReplaced({ onset, drum }, region, locks) {
  return !locks.has(drum) && (!region || isMasked(region, drum, onset));
}

/**
 * The notes of a take inside its region.
 * @param {Take} take
 * @param {Set<string>} locks
 */
export function replacement(take, locks) {
  return take.notes.filter((note) => isReplaced(note, take.region, locks));
}

/**
 * What is there with what a take brings; outside its region the very same objects.
 * @template {{onset: number, drum: string}} N
 * @param {N[]} present
 * @param {N[]} brought
 * @param {Take} take
 * @param {Set<string>} locks
 * @returns {N[]} in the order of time
 */
function replaced(present, brought, take, locks) {
  const inside = (note) => isReplaced(note, take.region, locks);
  return sortNotes([...present.filter((note) => !inside(note)), ...brought.filter(inside)]);
}

/**
 * What a take makes of the notes, candidates and thresholds of the store. Notes that come from a take get ids of their own.
 * @param {{notes: object[], candidates: object[], locks: Set<string>}} state
 * @param {Take} take
 * @returns {{notes: object[], candidates: object[], thresholds?: object}}
 */
export function withTake({ notes, candidates, locks }, take) {
  const brought = take.notes.map((note) => (note.id === undefined ? makeNote(note) : note));
  return {
    notes: replaced(notes, brought, take, locks),
    candidates: replaced(candidates, take.candidates ?? [], take, locks),
    ...(take.thresholds ? { thresholds: take.thresholds } : {}),
  };
}

/**
 * The notes to be heard and seen: with the take that is auditioned, or as they are.
 * @param {object} state of the store
 */
export function soundingNotes(state) {
  const take = state.take === null ? undefined : state.takes[state.take];
  return take ? replaced(state.notes, take.notes, take, state.locks) : state.notes;
}

/**
 * Why notes cannot be changed now: others are shown in their place. Null where they can.
 * @param {{shown: number | null, take: number | null, feed?: object | null}} state of the store
 */
export function whyReadOnly({ shown, take, feed }) {
  if (shown !== null && feed?.state === "running") return "Notes can be changed when the run is done, or stopped";
  if (shown !== null) return "Go back to the notes to change them";
  return take !== null ? "Accept or discard the take before changing notes" : null;
}

/**
 * Which takes nobody would hear apart, as groups of two or more.
 * @param {Take[]} takes
 * @param {Set<string>} locks
 * @returns {number[][]} indices
 */
export function alikeTakes(takes, locks) {
  const groups = [];
  takes.forEach((take, index) => {
    const notes = replacement(take, locks);
    const group = groups.find(([first]) => soundAlike(replacement(takes[first], locks), notes));
    if (group) group.push(index);
    else groups.push([index]);
  });
  return groups.filter((group) => group.length > 1);
}

/**
 * What to say of takes that are alike; nothing where none are.
 * @param {number[][]} groups
 * @param {number} count of all takes
 * @param {(index: number) => number} [numberOf] what a take is called
 */
export function alikeMessage(groups, count, numberOf = (index) => index + 1) {
  if (!groups.length) return "";
  const all = count === 2 ? "Both takes" : `All ${count} takes`;
  const [first, ...others] = groups[0].length === count ? [all] : groups.map((group) => `takes ${listed(group.map(numberOf))}`);
  const clauses = [`${first[0].toUpperCase()}${first.slice(1)} are alike`, ...others.map((names) => `so are ${names}`)];
  return `${clauses.join(", ")}.`;
}

function listed(numbers) {
  return `${numbers.slice(0, -1).join(", ")} and ${numbers.at(-1)}`;
}
