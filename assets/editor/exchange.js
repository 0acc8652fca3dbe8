/**
 * Between the store and what the server sees: the `value` that the page sends, the `feed` and `source` that it gets. Pure.
 * What comes from outside is checked: a note or mask that is none is left out.
 */

import { isReplaced } from "./audition.js";
import { makeTempo } from "./grid.js";
import { isMask, makeMask, upToTheEnd } from "./masks.js";
import { DRUMS, LANE, SAME_STROKE, applyThreshold, firstFrom, isNote, makeNote, perDrum, sortNotes } from "./notes.js";

/**
 * @returns {object} the state in the form that the server, the command line and project files share. `pending`: takes wait to be
 *   accepted or discarded, and are not in it.
 */
export function valueOf({ duration, notes, masks, locks, tempo, thresholds, takes = [] }) {
  return {
    version: 1,
    duration,
    notes: notes.map(({ onset, drum, velocity, confidence }) =>
      confidence === undefined ? { onset, drum, velocity } : { onset, drum, velocity, confidence },
    ),
    masks: masks.map(({ start, end, drums }) => ({ start, end, drums: [...drums] })),
    locks: DRUMS.filter((drum) => locks.has(drum)),
    tempo: tempo ? { bpm: tempo.bpm, offset: tempo.offset, beats: tempo.beats } : null,
    thresholds: thresholds ? DRUMS.map((drum) => thresholds[drum]) : null,
    pending: takes.length > 0,
  };
}

/**
 * @returns {object} a patch for the store; the inverse of `valueOf`. Null and strange values give an empty state; thresholds are
 *   in it only where the value has them.
 */
export function stateOf(value) {
  const list = (thing) => (Array.isArray(thing) ? thing : []);
  return {
    duration: Number.isFinite(value?.duration) && value.duration > 0 ? value.duration : 0,
    notes: sortNotes(list(value?.notes).filter(isNote).map(fresh)),
    masks: list(value?.masks).filter(isMask).map(({ start, end, drums }) => makeMask({ start, end, drums })),
    locks: new Set(list(value?.locks).filter((drum) => Object.hasOwn(LANE, drum))),
    tempo: makeTempo(value?.tempo),
    ...(isThresholds(value?.thresholds) ? { thresholds: thresholdsOf(value.thresholds) } : {}),
  };
}

function isThresholds(list) {
  return Array.isArray(list) && list.length === DRUMS.length && list.every((score) => typeof score === "number" && score >= 0 && score <= 1);
}

function fresh({ onset, drum, velocity, confidence }) {
  return makeNote({ onset, drum, velocity, confidence });
}

/** The feed's rows [onset, lane, velocity, score, confidence] as candidates, sorted; rows of no lane are left out. */
export function candidatesOf(rows) {
  return sortNotes(
    (rows ?? [])
      .filter(([onset, lane]) => Number.isFinite(onset) && DRUMS[lane] !== undefined)
      .map(([onset, lane, velocity, score, confidence]) =>
        Object.freeze({ onset, drum: DRUMS[lane], velocity, score, confidence }),
      ),
  );
}

/** The feed's list of seven as an object by drum; what is missing comes from `otherwise`. */
export function thresholdsOf(list, otherwise) {
  return perDrum((drum, lane) => (Number.isFinite(list?.[lane]) ? list[lane] : otherwise[drum]));
}

/** All candidates above their drums' thresholds, with `kept` notes holding their places. */
export function decide(kept, candidates, thresholds) {
  return DRUMS.reduce((notes, drum) => applyThreshold(notes, candidates, drum, thresholds[drum]), kept);
}

/** Whether locked lanes stay as they are when what a feed brings joins a roll; a project is a roll of its own. */
export function keepsLocked({ kind, project }) {
  return kind === "transcribe" || kind === "refine" || (kind === "load" && !project);
}

/**
 * What a feed that is done says: a patch for the store with notes, candidates, thresholds and perhaps duration, tempo,
 * masks and locks. Notes carried over keep their ids where the editor still has them, so they stay selected.
 */
export function resultOf(feed, state) {
  const thresholds = thresholdsOf(feed.thresholds, state.thresholds);
  const candidates = candidatesOf(feed.candidates);
  const carried = carriedNotes(feed.carried, state.notes);
  const patch = { notes: decide(carried, candidates, thresholds), candidates, thresholds };
  if (Number.isFinite(feed.duration) && feed.duration > 0) patch.duration = feed.duration;
  if (makeTempo(feed.tempo)) patch.tempo = makeTempo(feed.tempo);
  if (feed.kind === "load") {
    const { masks, locks } = stateOf(feed);
    Object.assign(patch, { masks, locks, tempo: makeTempo(feed.tempo) });
  }
  if (keepsLocked(feed)) keepOwn(patch, state);
  return patch;
}

/** Leaves the locked lanes of a roll as they are, and the tempo that its bars have. */
function keepOwn(patch, { notes, candidates, thresholds, locks, tempo }) {
  const isOwn = ({ drum }) => locks.has(drum);
  const merged = (found, own) => sortNotes([...found.filter((note) => !isOwn(note)), ...own.filter(isOwn)]);
  patch.notes = merged(patch.notes, notes);
  patch.candidates = merged(patch.candidates, candidates);
  patch.thresholds = perDrum((drum) => (locks.has(drum) ? thresholds : patch.thresholds)[drum]);
  if (tempo) patch.tempo = tempo;
}

/**
 * One take of a regenerated region: outside the region (and in locked lanes) everything is the editor's own, candidates
 * too; inside stands what the server found. The visitor's thresholds hold, so that the sliders go on from where they are;
 * where they had nothing to decide yet, the take brings those that decided it.
 *
 * @returns {{number: number, seed?: number, notes: object[], candidates: object[], thresholds?: object, region: object[]}} `number`
 *   counts the run's takes from 1
 */
export function takeOf(feed, state) {
  const region = upToTheEnd(stateOf({ masks: feed.replaces }).masks, state.duration);
  const inside = (candidate) => isReplaced(candidate, region, state.locks);
  const found = candidatesOf(feed.candidates).filter(inside);
  const kept = carriedNotes(feed.carried, state.notes);
  const dormant = state.candidates.filter((candidate) => !inside(candidate));
  const first = !state.candidates.length;
  const thresholds = first ? thresholdsOf(feed.thresholds, state.thresholds) : state.thresholds;
  const take = { number: feed.take + 1, notes: decide(kept, found, thresholds), candidates: sortNotes([...dormant, ...found]), region };
  if (first) take.thresholds = thresholds;
  if (feed.seed !== undefined) take.seed = feed.seed;
  return take;
}

/** The same take as other thresholds decide it; one that brings thresholds of its own keeps to them. */
export function takeBy(thresholds, take, locks) {
  if (take.thresholds) return take;
  const found = take.candidates.filter((candidate) => isReplaced(candidate, take.region, locks));
  return { ...take, notes: decide(take.notes, found, thresholds) };
}

function carriedNotes(carried, notes) {
  const known = new Map(notes.map((note) => [`${note.drum}${note.onset}|${note.velocity}`, note.id]));
  return sortNotes(
    (carried ?? []).filter(isNote).map((note) => {
      const key = `${note.drum}${note.onset}|${note.velocity}`;
      const id = known.get(key);
      known.delete(key);
      return id === undefined ? fresh(note) : makeNote({ ...note, id });
    }),
  );
}

/** Candidates that may stand under notes which came back from a `value`: those of strokes that were edited are left out. */
export function candidatesBeside(candidates, notes, thresholds) {
  return candidates.filter((candidate) => {
    const i = firstFrom(notes, candidate.onset - SAME_STROKE);
    let exact = false;
    let near = false;
    for (let j = i; j < notes.length && notes[j].onset <= candidate.onset + SAME_STROKE; j += 1) {
      if (notes[j].drum !== candidate.drum) continue;
      near = true;
      exact ||= notes[j].onset === candidate.onset;
    }
    return exact || (!near && candidate.score <= thresholds[candidate.drum]);
  });
}
