import assert from "node:assert/strict";
import test from "node:test";

import { alikeMessage, alikeTakes, replacement, soundingNotes, withTake } from "../../assets/editor/audition.js";
import { makeNote } from "../../assets/editor/notes.js";

const note = (onset, drum = "KD", velocity = 100) => makeNote({ onset, drum, velocity });
const NONE = new Set();
const region = [{ start: 1, end: 2, drums: ["KD", "HH"] }];
const take = (...notes) => ({ notes, candidates: [], region });

test("a take replaces what lies in its region and nothing else, not even in a locked lane", () => {
  const outside = [note(0.5), note(1.5, "SN"), note(2)];
  const locked = note(1.2, "HH");
  const state = { notes: [outside[0], note(1), locked, outside[1], outside[2]], candidates: [], locks: new Set(["HH"]) };
  const brought = note(1.7);
  const { notes } = withTake(state, take(note(0.1), brought, note(1.4, "HH"), note(1.5, "SN", 1)));
  assert.deepEqual(notes, [outside[0], locked, outside[1], brought, outside[2]]);
  assert.ok(notes.every((each) => [...outside, locked, brought].includes(each)));
});

test("candidates of the region follow the take, so that thresholds go on from it", () => {
  const candidate = (onset) => ({ onset, drum: "KD", velocity: 9, confidence: 0.1 });
  const state = { notes: [], candidates: [candidate(0.5), candidate(1.5)], locks: NONE };
  const { candidates } = withTake(state, { ...take(), candidates: [candidate(1.6), candidate(3)] });
  assert.deepEqual(candidates.map(({ onset }) => onset), [0.5, 1.6]);
});

test("notes that come without an id get one", () => {
  const { notes } = withTake({ notes: [], candidates: [], locks: NONE }, take({ onset: 1.5, drum: "KD", velocity: 5 }));
  assert.equal(typeof notes[0].id, "number");
});

test("what sounds is the take that is auditioned, with the edits outside its region", () => {
  const state = { notes: [note(0.5), note(1.5)], takes: [take(note(1.25))], take: null, locks: NONE };
  assert.equal(soundingNotes(state), state.notes);
  assert.deepEqual(soundingNotes({ ...state, take: 0 }).map(({ onset }) => onset), [0.5, 1.25]);
  assert.equal(soundingNotes({ ...state, take: 7 }), state.notes);
});

test("a take without a region replaces everything", () => {
  const all = { notes: [note(5)], candidates: [], region: null };
  assert.deepEqual(withTake({ notes: [note(1)], candidates: [], locks: NONE }, all).notes, all.notes);
});

test("takes are compared inside their region", () => {
  const takes = [take(note(1.5), note(0)), take(note(1.6)), take(note(1.505), note(9)), take(note(1.6))];
  assert.deepEqual(replacement(takes[0], NONE).map(({ onset }) => onset), [1.5]);
  assert.deepEqual(alikeTakes(takes, NONE), [[0, 2], [1, 3]]);
  assert.deepEqual(alikeTakes(takes.slice(0, 2), NONE), []);
});

test("takes that are alike are named", () => {
  assert.equal(alikeMessage([], 4), "");
  assert.equal(alikeMessage([[0, 1]], 2), "Both takes are alike.");
  assert.equal(alikeMessage([[0, 1, 2]], 3), "All 3 takes are alike.");
  assert.equal(alikeMessage([[0, 1]], 3, (index) => index + 2), "Takes 2 and 3 are alike.");
  assert.equal(alikeMessage([[0, 2], [1, 3]], 4), "Takes 1 and 3 are alike, so are takes 2 and 4.");
});
