import assert from "node:assert/strict";
import { test } from "node:test";

import { isMask, isMasked, laneRuns, makeMask, maskAround, maskBetween, masksWithin, moveMask, removeMask, replaceMask, resizeMask } from "../../assets/editor/masks.js";
import { DRUMS, makeNote } from "../../assets/editor/notes.js";

const MASK = makeMask({ start: 1, end: 2, drums: ["HH", "KD", "SN", "KD"] });

test("a mask's drums are in order and once each", () => {
  assert.deepEqual(MASK.drums, ["KD", "SN", "HH"]);
  assert.ok(Object.isFrozen(MASK) && Object.isFrozen(MASK.drums));
});

test("what is no mask is told from what is one", () => {
  assert.ok(isMask({ start: 0, end: 1, drums: ["KD"] }));
  for (const thing of [null, {}, { start: 1, end: 1, drums: ["KD"] }, { start: 0, end: 1, drums: [] }, { start: 0, end: 1, drums: ["XX"] }, { start: -1, end: 1, drums: ["KD"] }]) {
    assert.ok(!isMask(thing), JSON.stringify(thing));
  }
});

test("a mask between two times takes them in either order and stays in the clip", () => {
  const { start, end } = maskBetween(9, -1, DRUMS, 5);
  assert.deepEqual([start, end], [0, 5]);
  assert.equal(maskBetween(1, 1.005, DRUMS, 5), null);
  assert.equal(maskBetween(1, 2, [], 5), null);
});

test("in a shorter clip a mask ends with it, and one that lies behind it is gone", () => {
  const cut = (duration) => masksWithin([MASK], duration).map(({ start, end, drums }) => [start, end, drums.length]);
  assert.equal(masksWithin([MASK], 2)[0], MASK);
  assert.deepEqual([1.5, 1.001, 0.5].map(cut), [[[1, 1.5, 3]], [], []]);
});

test("a mask about notes covers each of them", () => {
  const notes = [makeNote({ onset: 0.01, drum: "KD", velocity: 9 }), makeNote({ onset: 3, drum: "RD", velocity: 9 })];
  const mask = maskAround(notes, 10);
  for (const { drum, onset } of notes) assert.ok(isMasked([mask], drum, onset));
  assert.ok(!isMasked([mask], "SN", 1));
  assert.equal(maskAround([], 10), null);
});

test("a mask covers its start but not its end, and its drums only", () => {
  assert.ok(isMasked([MASK], "KD", 1));
  assert.ok(!isMasked([MASK], "KD", 2));
  assert.ok(!isMasked([MASK], "TT", 1.5));
});

test("moving keeps shape, length and id, and stops at the borders", () => {
  const moved = moveMask(MASK, { seconds: 100, lanes: 100, duration: 10 });
  assert.deepEqual([moved.id, moved.start, moved.end, moved.drums], [MASK.id, 9, 10, ["HH", "CY", "BE"]]);
  const back = moveMask(moved, { seconds: -100, lanes: -100, duration: 10 });
  assert.deepEqual([back.start, back.end, back.drums], [0, 1, ["KD", "SN", "HH"]]);
});

test("an edge stops short of the other and at the clip's ends", () => {
  assert.equal(resizeMask(MASK, "start", 5).start, 1.99);
  assert.equal(resizeMask(MASK, "start", -5).start, 0);
  assert.equal(resizeMask(MASK, "end", 0).end, 1.01);
  assert.equal(resizeMask(MASK, "end", 50, 10).end, 10);
});

test("one mask is replaced or removed by its id", () => {
  const other = makeMask({ start: 5, end: 6, drums: ["BE"] });
  const longer = resizeMask(MASK, "end", 3);
  assert.deepEqual(replaceMask([MASK, other], longer), [longer, other]);
  assert.deepEqual(removeMask([MASK, other], MASK.id), [other]);
});

test("neighbouring lanes are one rectangle", () => {
  assert.deepEqual(laneRuns(MASK), [{ lane: 0, count: 2 }, { lane: 3, count: 1 }]);
});
