/**
 * The one state of the editor. Parts read it by `get`, change it by `set` and hear of changes by `subscribe`.
 *
 * State is never changed in place: a patch brings new arrays, sets and objects, so a part sees what changed by `!==`.
 *
 * Keys:
 *   source       {id, name, duration, audio, mel, generated?, run?, roll?} | null   the recording; `name` is untrusted text
 *   duration     seconds
 *   notes        frozen {id, onset, drum, velocity, confidence?}, sorted by onset     (undoable)
 *   candidates   {onset, drum, velocity, score, confidence}: what the model found at any threshold, sorted by onset (undoable)
 *   thresholds   {KD: 0..1, ...}: a candidate above its drum's threshold is a note    (undoable)
 *   masks        frozen {id, start, end, drums}: what may be rewritten                 (undoable)
 *   locks        Set of drums that are never rewritten                                 (undoable)
 *   tempo        {bpm, offset, beats} | null; `offset` is the time of a bar line       (undoable)
 *   selection    Set of note ids;  mask: id of the selected mask | null; where one is selected, the other is not
 *   muted, soloed: Set of drums;  volumes {KD: 0..1.5, ...};  master {mix: 0 original .. 1 notes, volume: 0..1};  kit: name
 *   loop         {start, end} | null
 *   snap         0, or a fraction of a beat;  view {start, secondsPerPixel};  tool "select" | "draw" | "erase" | "paint"
 *   playing, playhead (seconds)
 *   steps        parsed steps of the present run;  shown: index into steps | null;  watchPlane "noisy" | "onset" | "velocity"
 *   feed         what the server said last;  takes [{number?, seed?, notes, candidates, region}];  take: index being auditioned | null
 *   melShown     whether the spectrogram is drawn
 */

import { createHistory } from "./history.js";
import { perDrum } from "./notes.js";

/** What undo and redo restore, together. */
export const UNDOABLE = Object.freeze(["notes", "masks", "locks", "tempo", "candidates", "thresholds"]);

/** What they restore where an entry leads from one roll to another. */
const ROLL = Object.freeze([...UNDOABLE, "source", "duration"]);

/** What they restore, too, where an entry made takes come or go. */
const TAKES = Object.freeze(["takes", "take"]);

/** Where a drum's threshold stands before a model has named its own. */
export const USUAL_THRESHOLD = 0.5;

/** @returns {object} the state of an editor that nothing was loaded into */
export function initialState() {
  return {
    source: null,
    duration: 0,
    notes: [],
    candidates: [],
    thresholds: perDrum(() => USUAL_THRESHOLD),
    masks: [],
    locks: new Set(),
    tempo: null,
    selection: new Set(),
    mask: null,
    muted: new Set(),
    soloed: new Set(),
    volumes: perDrum(() => 1),
    master: { mix: 0.5, volume: 0.9 },
    kit: null,
    loop: null,
    snap: 0.25,
    view: { start: 0, secondsPerPixel: 0.01 },
    tool: "select",
    playing: false,
    playhead: 0,
    steps: [],
    shown: null,
    watchPlane: "onset",
    feed: null,
    takes: [],
    take: null,
    melShown: true,
  };
}

/**
 * @param {object} [initial] keys that differ from `initialState()`
 * @returns {{
 *   get(): object,
 *   set(patch: object, options?: {undoable?: string, gesture?: unknown, roll?: boolean, takes?: boolean}): void,
 *   subscribe(listener: (state: object, changed: Set<string>) => void): () => void,
 *   undo(): string | null,
 *   redo(): string | null,
 *   before(gesture: unknown): object,
 *   revert(gesture: unknown): boolean,
 *   forget(): void,
 *   canUndo(): boolean,
 *   canRedo(): boolean,
 * }} `undoable` is the label of a history entry; sets of one `gesture` share one entry; `roll`: the entry leads to another
 *   recording or roll; `takes`: it makes takes come or go. `undo` and `redo` return the label of what they did, or null; `before` is
 *   the state before an unfinished gesture, as far as undo restores it, and the present one where it has changed nothing yet; `revert`
 *   takes an unfinished gesture back; `forget` empties the history.
 */
export function createStore(initial = {}) {
  let state = Object.freeze({ ...initialState(), ...initial });
  const history = createHistory();
  const listeners = new Set();
  const waiting = [];
  let telling = false;

  function apply(patch) {
    const changed = new Set(Object.keys(patch).filter((key) => patch[key] !== state[key]));
    if (!changed.size) return changed;
    const next = { ...state, ...patch };
    // Keys act on what is selected, so of notes and a painted region only what was selected last is.
    if (changed.has("mask") && next.mask !== null) next.selection = existing(next.selection, []);
    else if (changed.has("selection") && next.selection.size) next.mask = null;
    if (changed.has("notes") || changed.has("selection")) next.selection = existing(next.selection, next.notes);
    if (next.mask !== null && !next.masks.some((mask) => mask.id === next.mask)) next.mask = null;
    for (const key of ["selection", "mask"]) if (next[key] !== state[key]) changed.add(key);
    state = Object.freeze(next);
    return changed;
  }

  /** Every listener hears every change, in order, also of changes that listeners themselves make. */
  function tell(changed) {
    if (!changed.size) return;
    waiting.push(changed);
    if (telling) return;
    telling = true;
    const errors = [];
    while (waiting.length) {
      const news = waiting.shift();
      for (const listener of [...listeners]) {
        try {
          listener(state, news);
        } catch (error) {
          errors.push(error);
        }
      }
    }
    telling = false;
    if (errors.length) throw errors[0];
  }

  function restore(outcome) {
    if (!outcome) return null;
    tell(withHistory(apply(outcome.state)));
    return outcome.label;
  }

  return {
    get: () => state,

    set(patch, { undoable, gesture, roll = false, takes = false } = {}) {
      const keys = [...(roll ? ROLL : UNDOABLE), ...(takes ? TAKES : [])];
      const before = pick(state, keys);
      const changed = apply(patch);
      if (undoable !== undefined && history.push({ label: undoable, before, after: pick(state, keys), gesture })) withHistory(changed);
      tell(changed);
    },

    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    undo: () => restore(history.undo()),
    redo: () => restore(history.redo()),

    before: (gesture) => history.before(gesture) ?? state,

    revert(gesture) {
      const before = history.revert(gesture);
      if (before) tell(withHistory(apply(before)));
      return before !== null;
    },

    forget() {
      history.clear();
      tell(withHistory(new Set()));
    },

    canUndo: history.canUndo,
    canRedo: history.canRedo,
  };
}

/** Listeners that show undo and redo look for "history" among the changes. */
function withHistory(changed) {
  return changed.add("history");
}

function pick(state, keys) {
  return Object.fromEntries(keys.map((key) => [key, state[key]]));
}

/** The selected ids that still name a note; the same set where all do. */
function existing(selection, notes) {
  if (!selection.size) return selection;
  const ids = new Set(notes.map((note) => note.id));
  const kept = [...selection].filter((id) => ids.has(id));
  return kept.length === selection.size ? selection : new Set(kept);
}

/** Whether a drum is heard: not muted, and soloed where any drum is. */
export function isAudible(state, drum) {
  return !state.muted.has(drum) && (!state.soloed.size || state.soloed.has(drum));
}
