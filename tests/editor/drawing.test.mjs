import assert from "node:assert/strict";
import { test } from "node:test";

import { blankText } from "../../assets/editor/frame.js";
import { columns } from "../../assets/editor/drawstep.js";
import { placeToThreshold, thresholdToPlace } from "../../assets/editor/lanes.js";
import { rowWindow } from "../../assets/editor/list.js";
import { markPath } from "../../assets/editor/marks.js";
import { peakBetween, poolFrames, poolPeaks } from "../../assets/editor/media.js";
import { DRUMS, makeNote } from "../../assets/editor/notes.js";
import { initialState } from "../../assets/editor/store.js";
import { colourTable, parseHex } from "../../assets/editor/theme.js";
import { applyVelocities, evenVelocities, offsetVelocities, strokeVelocities } from "../../assets/editor/velocity.js";

const note = (onset, velocity = 60) => makeNote({ onset, drum: "SN", velocity });

test("a lane's columns hold the strongest frame of each pixel, from near and far", () => {
  const frames = 1000;
  const plane = new Uint8Array(frames * 7);
  plane[500 * 7 + 2] = 200;
  plane[503 * 7 + 2] = 90;
  const far = columns(plane, 2, { view: { start: 0, secondsPerPixel: 0.1 }, width: 100, frames });
  assert.equal(Math.max(...far), 200);
  assert.equal(far[50], 200);
  assert.equal(columns(plane, 1, { view: { start: 0, secondsPerPixel: 0.1 }, width: 100, frames }).some(Boolean), false);
  const near = columns(plane, 2, { view: { start: 4.9, secondsPerPixel: 0.001 }, width: 300, frames });
  assert.deepEqual([near[100], near[96], near[103], near[120], near[130], near[200]], [200, 200, 200, 0, 90, 0]);
});

test("pooled peaks and frames keep the extremes", () => {
  const peaks = Int8Array.from([-1, 2, -50, 3, 0, 90, -4, 4, -7, 7]);
  assert.deepEqual(peakBetween(peaks, 0, 3), [-50, 90]);
  assert.deepEqual([...poolPeaks(peaks, 4)], [-50, 90, -7, 7]);
  const pooled = poolFrames(Uint8Array.from([1, 9, 5, 2, 7, 7]), 3, 2, 2);
  assert.deepEqual([pooled.frames, ...pooled.data], [2, 5, 9, 7, 7]);
});

test("a colour table runs from the first stop to the last", () => {
  const table = colourTable([parseHex("#000000"), parseHex("#ff8000")]);
  assert.deepEqual([...table.slice(0, 4)], [0, 0, 0, 255]);
  assert.deepEqual([...table.slice(-4)], [255, 128, 0, 255]);
  assert.equal(table.length, 1024);
});

test("every drum has a mark of its own", () => {
  const drawn = DRUMS.map((drum) => {
    const calls = [];
    const path = new Proxy({}, { get: (_, name) => (...args) => calls.push([name, ...args]) });
    markPath(path, drum, 0, 0, 4);
    return JSON.stringify(calls);
  });
  assert.equal(new Set(drawn).size, DRUMS.length);
});

test("threshold and slider are each other's inverse, low thresholds have more of the way", () => {
  for (const threshold of [0, 0.06, 0.5, 1]) assert.ok(Math.abs(placeToThreshold(thresholdToPlace(threshold)) - threshold) < 1e-12);
  assert.ok(thresholdToPlace(0.1) > 0.3);
});

test("only the rows that are seen exist, with a few beyond", () => {
  assert.deepEqual(rowWindow(0, 290, 5000, { rowHeight: 36, beyond: 6 }), { first: 0, last: 15 });
  assert.deepEqual(rowWindow(36000, 290, 5000, { rowHeight: 36, beyond: 6 }), { first: 994, last: 1015 });
  assert.deepEqual(rowWindow(36000, 290, 3, { rowHeight: 36, beyond: 6 }), { first: 3, last: 3 });
});

test("velocities are added to and evened out within 1..127", () => {
  const notes = [note(1, 60), note(2, 120)];
  const ids = new Set(notes.map(({ id }) => id));
  const of = (list) => list.map(({ velocity }) => velocity);
  assert.deepEqual(of(offsetVelocities(notes, ids, 20)), [80, 127]);
  assert.deepEqual(of(evenVelocities(notes, ids)), [90, 90]);
  assert.deepEqual(of(evenVelocities(notes, new Set([notes[0].id]))), [60, 120]);
});

test("a stroke sets each note that it passes to its height there", () => {
  const notes = [note(1), note(2), note(3), note(9)];
  const row = { top: 0, height: 139 };
  // 127 steps of velocity are 127 pixels in a row of this height.
  const set = strokeVelocities(notes, { x: 100, y: 131 - 20 }, { x: 300, y: 131 - 100 }, { view: { start: 0, secondsPerPixel: 0.01 }, row });
  assert.deepEqual([...set.values()], [20, 60, 100]);
  const back = strokeVelocities(notes, { x: 300, y: 131 - 100 }, { x: 100, y: 131 - 20 }, { view: { start: 0, secondsPerPixel: 0.01 }, row });
  assert.deepEqual(back, set);
  assert.deepEqual(applyVelocities(notes, set).map(({ velocity }) => velocity), [20, 60, 100, 60]);
});

test("a roll without notes says why, one with something to see says nothing", () => {
  const state = { ...initialState(), duration: 5 };
  const done = { state: "done", kind: "transcribe" };
  assert.equal(blankText(initialState())[0], "Nothing here yet");
  assert.equal(blankText(state)[0], "No notes yet");
  assert.equal(blankText({ ...state, feed: done })[0], "No drums were found");
  assert.equal(blankText({ ...state, feed: done, candidates: [{}] })[0], "No notes above the thresholds");
  assert.equal(blankText({ ...state, feed: { ...done, state: "running" } }), null);
  assert.equal(blankText({ ...state, notes: [note(1)] }), null);
});

test("without a model a roll speaks of nothing that needs one", () => {
  for (const state of [initialState(), { ...initialState(), duration: 5 }]) {
    assert.match(blankText(state, true).join(" "), /Transcribe/);
    assert.doesNotMatch(blankText(state, false).join(" "), /Transcribe|generate/);
  }
});
