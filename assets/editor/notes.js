/**
 * Notes and what is done to them: pure functions over sorted arrays of frozen notes.
 *
 * A note is {id, onset (seconds), drum (one of DRUMS), velocity (1..127), confidence? (0..1)}. Ids are of this page only and
 * never leave it. A candidate is a note without an id, with the score that thresholds act on; a note that came from a
 * candidate has its drum and exact onset.
 */

/** The seven drums; a drum's place is its lane, counted downward. */
export const DRUMS = Object.freeze(["KD", "SN", "TT", "HH", "CY", "RD", "BE"]);

export const DRUM_NAMES = Object.freeze({
  KD: "kick",
  SN: "snare",
  TT: "tom",
  HH: "hi-hat",
  CY: "crash",
  RD: "ride",
  BE: "bell",
});

export const LANE = Object.freeze(Object.fromEntries(DRUMS.map((drum, lane) => [drum, lane])));

/** Frames of a roll in a second. */
export const FRAME_RATE = 100;

/** Two onsets of one drum that are nearer than this (seconds) are one stroke. */
export const SAME_STROKE = 0.03;

/** Two notes of one drum that are no farther apart than half a frame (seconds) cannot be told apart. */
export const SAME_PLACE = 0.5 / FRAME_RATE + 1e-9;

let lastId = 0;

/** @returns {number} an id that no other note or mask of this page has */
export function newId() {
  lastId += 1;
  return lastId;
}

/**
 * @template T
 * @param {(drum: string, lane: number) => T} value
 * @returns {Readonly<Record<string, T>>}
 */
export function perDrum(value) {
  return Object.freeze(Object.fromEntries(DRUMS.map((drum, lane) => [drum, value(drum, lane)])));
}

/** @returns {number} a whole velocity within 1..127 */
export function clampVelocity(velocity) {
  return Math.min(127, Math.max(1, Math.round(velocity)));
}

/**
 * @param {{onset: number, drum: string, velocity: number, confidence?: number, id?: number}} fields
 * @returns {Readonly<{id: number, onset: number, drum: string, velocity: number, confidence?: number}>}
 */
export function makeNote({ onset, drum, velocity, confidence, id = newId() }) {
  const note = { id, onset, drum, velocity: clampVelocity(velocity) };
  if (typeof confidence === "number") note.confidence = confidence;
  return Object.freeze(note);
}

/** "snare, 3.42 s, velocity 97" */
export function describe({ drum, onset, velocity }) {
  return `${DRUM_NAMES[drum]}, ${onset.toFixed(2)} s, velocity ${velocity}`;
}

/** "1 note", "12 notes" */
export function countNotes(count) {
  return count === 1 ? "1 note" : `${count} notes`;
}

/** By onset, then lane; stable. */
export function compareNotes(a, b) {
  return a.onset - b.onset || LANE[a.drum] - LANE[b.drum];
}

export function sortNotes(notes) {
  return [...notes].sort(compareNotes);
}

/** Whether something that came from outside is a note: a finite onset that is not negative, a known drum, a velocity. */
export function isNote(thing) {
  return (
    typeof thing === "object" &&
    thing !== null &&
    Number.isFinite(thing.onset) &&
    thing.onset >= 0 &&
    Object.hasOwn(LANE, thing.drum) &&
    Number.isFinite(thing.velocity)
  );
}

/** The first index whose onset is not before `time`. */
export function firstFrom(notes, time) {
  let low = 0;
  let high = notes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (notes[middle].onset < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function selectedNotes(notes, selection) {
  return selection.size ? notes.filter((note) => selection.has(note.id)) : [];
}

/** The ids of notes in a rectangle of time (start <= onset <= end) and drums. */
export function idsWithin(notes, { start, end, drums }) {
  const wanted = new Set(drums);
  const ids = [];
  for (let i = firstFrom(notes, start); i < notes.length && notes[i].onset <= end; i += 1) {
    if (wanted.has(notes[i].drum)) ids.push(notes[i].id);
  }
  return ids;
}

export function addNotes(notes, more) {
  return sortNotes([...notes, ...more]);
}

export function removeNotes(notes, ids) {
  return notes.filter((note) => !ids.has(note.id));
}

/** Replaces each note of `ids` by what `change` says of it; ids stay. */
export function changeNotes(notes, ids, change) {
  return sortNotes(notes.map((note) => (ids.has(note.id) ? makeNote({ ...note, ...change(note), id: note.id }) : note)));
}

/**
 * Where notes of `ids` lie on others of their drum one note stays of each two: with the id and onset of the one of `ids`, and as loud
 * as the louder.
 *
 * @returns {{notes: object[], gone: object[]}} `gone` went into others; where there are none, `notes` are the very same
 */
export function mergeNotes(notes, ids) {
  const kept = new Map();
  const gone = [];
  const latest = {};
  for (const note of notes) {
    const before = kept.get(latest[note.drum]);
    const meets = before && note.onset - before.onset <= SAME_PLACE && (ids.has(before.id) || ids.has(note.id));
    const [stays, goes] = meets ? pairOf(before, note, ids) : [note, null];
    if (goes) {
      kept.delete(before.id);
      gone.push(goes);
    }
    kept.set(stays.id, stays);
    latest[note.drum] = stays.id;
  }
  return gone.length ? { notes: sortNotes(kept.values()), gone } : { notes, gone };
}

/** Of two notes in one place the one that stays, as loud as the louder, and the one that goes. */
function pairOf(a, b, ids) {
  const louder = b.velocity > a.velocity ? b : a;
  const chosen = ids.has(a.id) && ids.has(b.id) ? louder : ids.has(a.id) ? a : b;
  const stays = chosen === louder ? chosen : makeNote({ ...louder, id: chosen.id, onset: chosen.onset });
  return [stays, chosen === a ? b : a];
}

/**
 * Moves notes together: they stop as one where the first meets 0, the last meets `duration`, or a lane's end is met.
 *
 * @param {number} seconds by how much later
 * @param {number} lanes by how many lanes downward
 */
export function moveNotes(notes, ids, { seconds = 0, lanes = 0, duration = Infinity }) {
  const moved = notes.filter((note) => ids.has(note.id));
  if (!moved.length) return notes;
  const dt = clampBetween(seconds, -moved[0].onset, duration - moved.at(-1).onset);
  const dl = clampBetween(lanes, -Math.min(...moved.map(laneOf)), DRUMS.length - 1 - Math.max(...moved.map(laneOf)));
  if (dt === 0 && dl === 0) return notes;
  return changeNotes(notes, ids, (note) => ({ onset: note.onset + dt, drum: DRUMS[LANE[note.drum] + dl] }));
}

/** Puts notes where those of `moved` with their ids are; they stay as loud as they are. */
export function placeNotes(notes, moved) {
  const places = new Map(moved.map(({ id, onset, drum }) => [id, { onset, drum }]));
  return changeNotes(notes, places, ({ id }) => places.get(id));
}

function laneOf(note) {
  return LANE[note.drum];
}

/** `value` within low..high; where the two cross, nothing moves. */
function clampBetween(value, low, high) {
  return low > high ? 0 : Math.min(high, Math.max(low, value));
}

/**
 * Notes for a clipboard: as they are, with onsets from the first's.
 *
 * @returns {{onset: number, drum: string, velocity: number}[]}
 */
export function copyNotes(notes, ids) {
  const taken = notes.filter((note) => ids.has(note.id));
  return taken.map(({ onset, drum, velocity }) => ({ onset: onset - taken[0].onset, drum, velocity }));
}

/** New notes from a clipboard, the first at `time`; those past `duration` are left out. */
export function pasteNotes(clipboard, time, duration = Infinity) {
  return clipboard.filter((note) => note.onset + time <= duration).map((note) => makeNote({ ...note, onset: note.onset + time }));
}

function strokeKey({ drum, onset }) {
  return `${drum}${onset}`;
}

/**
 * Candidates without those of the notes given. An edited note is the user's: its candidate is taken away, so that no
 * threshold brings the old one back or removes the new one.
 */
export function withoutCandidatesOf(candidates, notes) {
  if (!candidates.length || !notes.length) return candidates;
  const gone = new Set(notes.map(strokeKey));
  const kept = candidates.filter((candidate) => !gone.has(strokeKey(candidate)));
  return kept.length === candidates.length ? candidates : kept;
}

/**
 * The notes once a drum's threshold is another: its notes that came from candidates stay or go by their score,
 * candidates above the threshold become notes, notes made by hand stay and hold their place against candidates that were no
 * notes: a grace note keeps its main stroke.
 *
 * @param {number} threshold a candidate is a note where its score is greater
 * @param {object[]} [before] the notes before the threshold began to move
 */
export function applyThreshold(notes, candidates, drum, threshold, before = notes) {
  const mine = candidates.filter((candidate) => candidate.drum === drum);
  const proposed = new Set(mine.map(strokeKey));
  const were = new Set(before.map(strokeKey));
  const cameFrom = new Map();
  const others = [];
  const byHand = [];
  for (const note of notes) {
    if (note.drum !== drum) others.push(note);
    else if (proposed.has(strokeKey(note))) cameFrom.set(strokeKey(note), note);
    else byHand.push(note);
  }
  const chosen = mine
    .filter((candidate) => candidate.score > threshold && (were.has(strokeKey(candidate)) || !isTaken(byHand, candidate.onset)))
    .map((candidate) => cameFrom.get(strokeKey(candidate)) ?? makeNote(candidate));
  return sortNotes([...others, ...byHand, ...chosen]);
}

/** Whether a sorted list of one drum's notes has a stroke at this time. */
function isTaken(notes, onset) {
  const i = firstFrom(notes, onset - SAME_STROKE);
  return i < notes.length && notes[i].onset <= onset + SAME_STROKE;
}

/** The candidates that are no notes: to be drawn faintly. */
export function dormantCandidates(notes, candidates) {
  const awake = new Set(notes.map(strokeKey));
  return candidates.filter((candidate) => !awake.has(strokeKey(candidate)));
}
