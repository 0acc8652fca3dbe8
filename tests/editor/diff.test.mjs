import assert from "node:assert/strict";
import test from "node:test";

import { diffNotes, soundAlike } from "../../assets/editor/diff.js";

const note = (onset, drum = "KD", velocity = 100) => ({ onset, drum, velocity });

test("a note that moved a little is the same, one that came or went is told", () => {
  const before = [note(1), note(2), note(2, "SN")];
  const after = [note(2.05), note(1.02), note(2, "HH"), note(3)];
  const { pairs, appeared, vanished } = diffNotes(before, after);
  assert.deepEqual(pairs, [[before[0], after[1]], [before[1], after[0]]]);
  assert.deepEqual(new Set(appeared), new Set([after[2], after[3]]));
  assert.deepEqual(vanished, [before[2]]);
});

test("each note has one partner at most", () => {
  const { pairs, appeared, vanished } = diffNotes([note(1)], [note(0.99), note(1.01)]);
  assert.deepEqual([pairs.length, appeared.length, vanished.length], [1, 1, 0]);
});

test("from nothing everything appears, to nothing everything vanishes", () => {
  const notes = [note(1), note(1, "BE")];
  assert.deepEqual(diffNotes([], notes).appeared, notes);
  assert.deepEqual(diffNotes(notes, []).vanished, notes);
  assert.deepEqual(diffNotes([], []), { pairs: [], appeared: [], vanished: [] });
});

test("just over the tolerance is another note", () => {
  assert.equal(diffNotes([note(1)], [note(1.05)]).pairs.length, 1);
  assert.equal(diffNotes([note(1)], [note(1.051)]).pairs.length, 0);
});

test("what nobody hears apart is alike", () => {
  assert.ok(soundAlike([note(1)], [note(1.009, "KD", 107)]));
  assert.ok(!soundAlike([note(1)], [note(1.012)]));
  assert.ok(!soundAlike([note(1)], [note(1, "KD", 109)]));
  assert.ok(!soundAlike([note(1)], []));
});
