import assert from "node:assert/strict";
import { test } from "node:test";

import {
  DRUMS,
  applyThreshold,
  changeNotes,
  copyNotes,
  dormantCandidates,
  firstFrom,
  idsWithin,
  isNote,
  makeNote,
  mergeNotes,
  moveNotes,
  pasteNotes,
  removeNotes,
  sortNotes,
  withoutCandidatesOf,
} from "../../assets/editor/notes.js";

const note = (onset, drum = "SN", velocity = 90, confidence) => makeNote({ onset, drum, velocity, confidence });
const candidate = (onset, score, drum = "SN", velocity = 70) => ({ onset, drum, velocity, score, confidence: (1 + score) / 2 });
const onsets = (notes) => notes.map((each) => each.onset);

test("notes are frozen, with whole velocities in 1..127 and ids of their own", () => {
  const loud = makeNote({ onset: 1, drum: "KD", velocity: 300 });
  assert.equal(loud.velocity, 127);
  assert.equal(makeNote({ onset: 1, drum: "KD", velocity: -4.2 }).velocity, 1);
  assert.equal(makeNote({ onset: 1, drum: "KD", velocity: 63.6 }).velocity, 64);
  assert.ok(Object.isFrozen(loud));
  assert.notEqual(note(1).id, note(1).id);
  assert.ok(!("confidence" in loud));
});

test("what is no note is told from what is one", () => {
  assert.ok(isNote({ onset: 0, drum: "BE", velocity: 1 }));
  for (const thing of [null, 3, {}, { onset: -1, drum: "KD", velocity: 9 }, { onset: NaN, drum: "KD", velocity: 9 }, { onset: 1, drum: "toString", velocity: 9 }, { onset: 1, drum: "KD", velocity: "9" }]) {
    assert.ok(!isNote(thing), JSON.stringify(thing));
  }
});

test("notes sort by time, then by lane", () => {
  const sorted = sortNotes([note(2), note(1, "BE"), note(1, "KD")]);
  assert.deepEqual(sorted.map(({ onset, drum }) => `${onset}${drum}`), ["1KD", "1BE", "2SN"]);
});

test("the first note from a time is found", () => {
  const notes = [note(1), note(2), note(2), note(3)];
  assert.equal(firstFrom(notes, 2), 1);
  assert.equal(firstFrom(notes, 2.5), 3);
  assert.equal(firstFrom(notes, 9), 4);
});

test("a rectangle selects its drums and times, both ends included", () => {
  const notes = [note(1, "KD"), note(2, "SN"), note(3, "KD"), note(4, "KD")];
  assert.deepEqual(idsWithin(notes, { start: 1, end: 3, drums: ["KD"] }), [notes[0].id, notes[2].id]);
});

test("moving keeps ids, order and what stays", () => {
  const notes = [note(1, "KD"), note(2, "SN"), note(3, "HH")];
  const moved = moveNotes(notes, new Set([notes[0].id]), { seconds: 1.5, lanes: 2, duration: 10 });
  assert.deepEqual(moved.map(({ id }) => id), [notes[1].id, notes[0].id, notes[2].id]);
  assert.deepEqual([moved[1].onset, moved[1].drum], [2.5, "TT"]);
  assert.equal(moved[0], notes[1]);
});

test("notes moved together stop together at every border", () => {
  const notes = [note(1, "KD"), note(2, "RD")];
  const ids = new Set(notes.map(({ id }) => id));
  assert.deepEqual(onsets(moveNotes(notes, ids, { seconds: -5, duration: 10 })), [0, 1]);
  assert.deepEqual(onsets(moveNotes(notes, ids, { seconds: 50, duration: 10 })), [9, 10]);
  assert.deepEqual(moveNotes(notes, ids, { lanes: 4, duration: 10 }).map(({ drum }) => drum), ["SN", "BE"]);
  assert.deepEqual(moveNotes(notes, ids, { lanes: -3, duration: 10 }), notes);
});

test("changing and removing concern only the ids given", () => {
  const notes = [note(1), note(2)];
  const changed = changeNotes(notes, new Set([notes[1].id]), () => ({ velocity: 5 }));
  assert.equal(changed[0], notes[0]);
  assert.equal(changed[1].velocity, 5);
  assert.deepEqual(removeNotes(notes, new Set([notes[0].id])), [notes[1]]);
});

test("what is pasted has the copied distances, new ids and no confidence", () => {
  const notes = [note(1, "KD", 50, 0.9), note(1.25, "HH"), note(7)];
  const clipboard = copyNotes(notes, new Set([notes[0].id, notes[1].id]));
  const pasted = pasteNotes(clipboard, 4, 10);
  assert.deepEqual(onsets(pasted), [4, 4.25]);
  assert.deepEqual(pasted.map(({ drum, velocity }) => [drum, velocity]), [["KD", 50], ["HH", 90]]);
  assert.ok(pasted.every(({ id, confidence }) => !notes.some((other) => other.id === id) && confidence === undefined));
  assert.deepEqual(onsets(pasteNotes(clipboard, 9.9, 10)), [9.9]);
});

test("a threshold makes exactly the candidates above it notes", () => {
  const candidates = [candidate(1, 0.9), candidate(2, 0.5), candidate(3, 0.2)];
  const at = (threshold, notes = []) => applyThreshold(notes, candidates, "SN", threshold);
  assert.deepEqual(onsets(at(0.5)), [1]);
  assert.deepEqual(onsets(at(0.49)), [1, 2]);
  assert.deepEqual(onsets(at(0)), [1, 2, 3]);
  assert.deepEqual(onsets(at(0.95, at(0))), []);
  assert.deepEqual([at(0)[2].velocity, at(0)[2].confidence], [70, 0.6]);
});

test("notes keep their ids while the threshold moves", () => {
  const candidates = [candidate(1, 0.9), candidate(2, 0.5)];
  const high = applyThreshold([], candidates, "SN", 0.6);
  const low = applyThreshold(high, candidates, "SN", 0.4);
  assert.equal(low[0], high[0]);
});

test("a threshold leaves hand-made notes and other drums alone", () => {
  const byHand = note(5);
  const kick = note(1, "KD", 90, 0.01);
  const candidates = [candidate(1, 0.9), candidate(1, 0.01, "KD")];
  const notes = applyThreshold([kick, byHand], candidates, "SN", 0.99);
  assert.deepEqual(notes, [kick, byHand]);
});

test("a hand-made note holds its place against a candidate of the same stroke", () => {
  const byHand = note(1.02);
  const notes = applyThreshold([byHand], [candidate(1, 0.9), candidate(1.2, 0.9)], "SN", 0.1);
  assert.deepEqual(onsets(notes), [1.02, 1.2]);
});

test("a found stroke beside a hand-made note stays while it is above the threshold, and comes back where the slider does", () => {
  const grace = [note(0.975), candidate(1, 0.9)];
  const edited = [note(1), candidate(1.03, 0.9)];
  for (const [byHand, found] of [grace, edited]) {
    const flam = [byHand, ...applyThreshold([], [found], "SN", 0.5)];
    const touched = applyThreshold(flam, [found], "SN", 0.4);
    assert.deepEqual(touched, flam);
    const raised = applyThreshold(touched, [found], "SN", 0.95, flam);
    assert.deepEqual(raised, [byHand]);
    assert.deepEqual(onsets(applyThreshold(raised, [found], "SN", 0.5, flam)), onsets(flam));
    assert.deepEqual(applyThreshold(raised, [found], "SN", 0.5), [byHand]);
  }
});

test("an edited note's candidate is gone, so no threshold brings it back", () => {
  const candidates = [candidate(1, 0.9), candidate(2, 0.8)];
  const [first] = applyThreshold([], candidates, "SN", 0.5);
  const rest = withoutCandidatesOf(candidates, [first]);
  assert.deepEqual(onsets(rest), [2]);
  assert.deepEqual(onsets(applyThreshold([], rest, "SN", 0)), [2]);
  assert.equal(withoutCandidatesOf(candidates, [note(7)]), candidates);
});

test("candidates that are notes and those that are not are told apart by drum and exact time", () => {
  const candidates = [candidate(1, 0.9), candidate(1, 0.3, "HH"), candidate(2, 0.2)];
  const notes = applyThreshold([note(1.5)], candidates, "SN", 0.5);
  assert.deepEqual(onsets(notes), [1, 1.5]);
  assert.deepEqual(dormantCandidates(notes, candidates), [candidates[1], candidates[2]]);
});

test("a note that lies on another of its drum, half a frame apart at most, takes its place and the louder's velocity", () => {
  const [old, other, far] = [note(1, "SN", 90, 0.7), note(1, "KD", 9), note(1.006)];
  const fresh = note(1.005, "SN", 40);
  const { notes, gone } = mergeNotes(sortNotes([old, other, far, fresh]), new Set([fresh.id]));
  assert.deepEqual(notes, [other, { ...old, id: fresh.id, onset: 1.005 }]);
  assert.deepEqual(gone, [old, far]);
});

test("of notes that are put in one place together the louder stays as it is, and notes that were there before stay apart", () => {
  const [soft, loud, apart] = [note(1, "SN", 30), note(1, "SN", 80), note(2)];
  const notes = [soft, loud, apart];
  assert.deepEqual(mergeNotes(notes, new Set([soft.id, loud.id])), { notes: [loud, apart], gone: [soft] });
  const alone = mergeNotes(notes, new Set([apart.id]));
  assert.deepEqual([alone.notes === notes, alone.gone], [true, []]);
});

test("there are seven drums", () => {
  assert.deepEqual(DRUMS, ["KD", "SN", "TT", "HH", "CY", "RD", "BE"]);
});
