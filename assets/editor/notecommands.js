/** What can be done to notes, by name: to one, to the selection, through the clipboard. Locked lanes stay as they are. */

import { whyReadOnly } from "./audition.js";
import { beatLength, quantise, snapTime } from "./grid.js";
import { isSame } from "./history.js";
import {
  DRUM_NAMES,
  addNotes,
  changeNotes,
  copyNotes,
  countNotes,
  describe,
  makeNote,
  mergeNotes,
  moveNotes,
  pasteNotes,
  placeNotes,
  removeNotes,
  selectedNotes,
  withoutCandidatesOf,
} from "./notes.js";
import { evenVelocities, offsetVelocities } from "./velocity.js";

/** The velocity of a note that is added before any other was touched. */
const USUAL_VELOCITY = 100;
/** How far behind its original a copy lies where there is no tempo, seconds. */
const COPY_GAP = 0.25;
/** By how much of a beat a hit may come before it and belong to it. */
const ALMOST = 0.06;

/**
 * @param {object} options as in `createCommands`, and
 * @param {(time: number) => void} options.reveal scrolls to a time
 */
export function createNoteCommands({ store, player, announce, reveal }) {
  let clipboard = [];
  let lastVelocity = USUAL_VELOCITY;

  /** Says why where no notes may be changed now. */
  function isReadOnly() {
    const why = whyReadOnly(store.get());
    if (why) announce(why);
    return why !== null;
  }

  /** The selected notes that may change: those in locked lanes may not. */
  function editable() {
    if (isReadOnly()) return [];
    const { notes, selection, locks } = store.get();
    const chosen = selectedNotes(notes, selection);
    const free = chosen.filter((note) => !locks.has(note.drum));
    if (!chosen.length) announce("Nothing is selected");
    else if (!free.length) announce("The lane is locked");
    return free;
  }

  /**
   * Puts notes into the store as one entry of the history; what would lie past the end lies at it. Candidates of notes that are not as
   * they were before it, or before its gesture, are taken away, see notes.js. What came to lie on another note is merged with it, in a
   * gesture only where it says so.
   *
   * @returns {string} what was merged, to be said behind what was done
   */
  function edit(label, notes, { selection, gesture, merge = gesture === undefined } = {}) {
    const { duration } = store.get();
    const { notes: were, candidates } = store.before(gesture);
    const late = new Set(notes.filter(({ onset }) => onset > duration).map(({ id }) => id));
    const within = late.size ? changeNotes(notes, late, () => ({ onset: duration })) : notes;
    const { notes: apart, gone } = merge ? mergeNotes(within, placed(within, were)) : { notes: within, gone: [] };
    const patch = { notes: apart, candidates: withoutCandidatesOf(candidates, touched(apart, were)) };
    if (selection) patch.selection = selection;
    store.set(patch, { undoable: label, gesture });
    return gone.length ? `; ${countNotes(gone.length)} merged` : "";
  }

  const idsOf = (notes) => new Set(notes.map((note) => note.id));
  const byId = (notes) => new Map(notes.map((note) => [note.id, note]));

  /** The ids of the notes that are new, or elsewhere than they were. */
  function placed(notes, were) {
    const before = byId(were);
    const stayed = ({ id, onset, drum }) => before.get(id)?.onset === onset && before.get(id).drum === drum;
    return idsOf(notes.filter((note) => !stayed(note)));
  }

  /** Which of the notes that were there are gone, or other than they were. */
  function touched(notes, were) {
    const now = byId(notes);
    return were.filter((note) => !isSame(note, now.get(note.id)));
  }

  function isLocked(drum) {
    if (!store.get().locks.has(drum)) return false;
    announce(`${DRUM_NAMES[drum]} is locked`);
    return true;
  }

  const present = (ids) => selectedNotes(store.get().notes, ids);

  function say(notes, verb, merged) {
    announce((notes.length === 1 ? describe(notes[0]) : `${countNotes(notes.length)} ${verb}`) + merged);
  }

  /** Adds a note, selects it and sounds it. @returns {object | null} the note; null where its lane is locked */
  function add(onset, drum, { velocity = lastVelocity, gesture, quiet = false } = {}) {
    if (isReadOnly() || isLocked(drum)) return null;
    const { notes, duration } = store.get();
    const note = makeNote({ onset: Math.min(Math.max(0, onset), duration), drum, velocity });
    const selection = new Set([note.id]);
    const merged = edit("Add note", addNotes(notes, [note]), { selection, gesture, merge: true });
    const [added] = present(selection);
    if (!quiet) player.preview(drum, added.velocity);
    announce(`Added ${describe(added)}${merged}`);
    return added;
  }

  function remove(ids, gesture) {
    if (isReadOnly()) return;
    const { notes } = store.get();
    const gone = notes.filter((note) => ids.has(note.id));
    edit("Delete", removeNotes(notes, ids), { gesture });
    announce(gone.length === 1 ? `Deleted ${describe(gone[0])}` : `Deleted ${countNotes(gone.length)}`);
  }

  /** Changes one note; used by the list. @returns {boolean} whether it may be changed so */
  function change(id, fields) {
    const { notes, duration, locks } = store.get();
    const old = notes.find((note) => note.id === id);
    if (!old || isReadOnly() || isLocked(old.drum) || (fields.drum && locks.has(fields.drum) && isLocked(fields.drum))) return false;
    const safe = { ...fields };
    if (safe.onset !== undefined) safe.onset = Math.min(duration, Math.max(0, safe.onset));
    const ids = new Set([id]);
    const merged = edit("Change note", changeNotes(notes, ids, () => safe));
    const [now] = present(ids);
    if (fields.velocity !== undefined) lastVelocity = now.velocity;
    announce(`${describe(now)}${merged}`);
    return true;
  }

  /**
   * Moves the selection by seconds or lanes; the moves of a gesture merge it with what they end on, not with what they pass. A move into a
   * locked lane does not happen.
   */
  function move({ seconds = 0, lanes = 0 }, gesture) {
    const moving = editable();
    if (!moving.length) return;
    const { notes, duration } = store.get();
    const ids = idsOf(moving);
    const moved = moveNotes(notes, ids, { seconds, lanes, duration });
    if (moved === notes || entersLocked(moved, ids)) return;
    const all = placeNotes(store.before(gesture).notes, selectedNotes(moved, ids));
    const merged = edit("Move", all, { gesture, merge: true });
    const now = present(ids);
    reveal(now[0].onset);
    if (lanes) player.preview(now[0].drum, now[0].velocity);
    say(now, "moved", merged);
  }

  function entersLocked(notes, ids) {
    const { locks } = store.get();
    const wrong = locks.size ? notes.find((note) => ids.has(note.id) && locks.has(note.drum)) : undefined;
    return wrong !== undefined && isLocked(wrong.drum);
  }

  /** Adds to the velocity of these notes, or of the selection. */
  function addVelocity(amount, { ids, gesture } = {}) {
    if (ids && isReadOnly()) return;
    const { notes, locks } = store.get();
    const chosen = ids ? notes.filter((note) => ids.has(note.id) && !locks.has(note.drum)) : editable();
    if (!chosen.length) return;
    const changed = offsetVelocities(notes, idsOf(chosen), amount);
    edit("Velocity", changed, { gesture });
    const first = changed.find((note) => note.id === chosen[0].id);
    lastVelocity = first.velocity;
    if (chosen.length === 1) player.preview(first.drum, first.velocity);
    announce(chosen.length === 1 ? describe(first) : `${countNotes(chosen.length)} ${amount > 0 ? "louder" : "softer"}`);
  }

  function evenVelocity() {
    const chosen = editable();
    if (!chosen.length) return;
    edit("Same velocity", evenVelocities(store.get().notes, idsOf(chosen)));
    announce(`${countNotes(chosen.length)} of the same velocity`);
  }

  function copy() {
    const { notes, selection } = store.get();
    if (!selection.size) return announce("Nothing is selected");
    clipboard = copyNotes(notes, selection);
    announce(`Copied ${countNotes(clipboard.length)}`);
  }

  function insert(label, fresh) {
    if (isReadOnly()) return;
    const { notes, locks } = store.get();
    const free = fresh.filter((note) => !locks.has(note.drum));
    if (!free.length) return announce("There is nothing to paste here");
    const selection = idsOf(free);
    const merged = edit(label, addNotes(notes, free), { selection });
    reveal(free[0].onset);
    say(present(selection), label === "Paste" ? "pasted" : "duplicated", merged);
  }

  /** The selection again, right behind itself: a whole number of beats later where there is a tempo. */
  function duplicate() {
    const { notes, selection, tempo, duration } = store.get();
    const chosen = selectedNotes(notes, selection);
    if (!chosen.length) return announce("Nothing is selected");
    const span = chosen.at(-1).onset - chosen[0].onset;
    const beat = tempo ? beatLength(tempo) : 0;
    const later = tempo ? beat * (Math.floor(span / beat + ALMOST) + 1) : span + COPY_GAP;
    insert("Duplicate", pasteNotes(copyNotes(notes, selection), chosen[0].onset + later, duration));
  }

  function quantiseSelection() {
    const { notes, tempo, snap } = store.get();
    if (!tempo || !snap) return announce(tempo ? "Choose what to snap to first" : "Set a tempo first");
    const chosen = editable();
    if (!chosen.length) return;
    const merged = edit("Quantise", changeNotes(notes, idsOf(chosen), quantise(tempo, snap)));
    announce(`${countNotes(chosen.length)} on the grid${merged}`);
  }

  /** Selects the next (1) or the previous (-1) note from the selection or the playhead. */
  function step(direction) {
    const { notes, selection, playhead } = store.get();
    if (!notes.length) return announce("There are no notes");
    const chosen = notes.filter((note) => selection.has(note.id));
    const from = direction > 0 ? chosen.at(-1) : chosen[0];
    let index = from ? notes.indexOf(from) + direction : notes.findIndex((note) => note.onset >= playhead);
    if (!from && direction < 0) index = (index < 0 ? notes.length : index) - 1;
    const note = notes[Math.min(notes.length - 1, Math.max(0, index < 0 && direction > 0 ? notes.length - 1 : index))];
    store.set({ selection: new Set([note.id]) });
    reveal(note.onset);
    player.preview(note.drum, note.velocity);
    announce(describe(note));
  }

  function select(ids) {
    store.set({ selection: ids, mask: null });
    announce(`${countNotes(ids.size)} selected`);
  }

  return {
    add,
    remove,
    change,
    edit,
    move,
    isLocked,
    velocity: addVelocity,
    evenVelocity,
    copy,
    duplicate,
    quantise: quantiseSelection,
    step,
    select,
    lastVelocity: (velocity) => {
      if (velocity !== undefined) lastVelocity = velocity;
      return lastVelocity;
    },

    cut() {
      const chosen = editable();
      if (!chosen.length) return;
      copy();
      remove(idsOf(chosen));
    },
    paste() {
      const { playhead, duration, tempo, snap } = store.get();
      if (!clipboard.length) return announce("The clipboard is empty");
      insert("Paste", pasteNotes(clipboard, snapTime(playhead, tempo, snap), duration));
    },
    canPaste: () => clipboard.length > 0,
    deleteSelected() {
      const chosen = editable();
      if (chosen.length) remove(idsOf(chosen));
    },
    selectAll() {
      const { notes, locks } = store.get();
      select(idsOf(notes.filter((note) => !locks.has(note.drum))));
    },
    selectNone() {
      store.set({ selection: new Set(), mask: null });
    },
    selectLane: (drum) => select(idsOf(store.get().notes.filter((note) => note.drum === drum))),

    addAtPlayhead(drum) {
      const { playhead, tempo, snap, playing } = store.get();
      // While it plays the note falls where the key was struck.
      add(playing ? playhead : snapTime(playhead, tempo, snap), drum);
    },
  };
}
