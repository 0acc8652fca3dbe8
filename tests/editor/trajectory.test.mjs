import assert from "node:assert/strict";
import test from "node:test";

import { describeStep, sigmaLabel, stepChanges, stepDelay } from "../../assets/editor/trajectory.js";

const note = (onset, drum = "KD") => ({ onset, drum, velocity: 100, confidence: 0.9 });
const step = (number, notes) => ({ step: number, steps: 3, sigma: 2.5, notes });
const STEPS = [step(1, [note(1), note(2)]), step(2, [note(1.01), note(2), note(3, "SN")]), step(3, [note(1)])];

const numbers = (steps) => stepChanges(steps).map(({ count, appeared, vanished }) => [count, appeared.length, vanished.length]);

test("each step tells what appeared and vanished since the one before", () => {
  assert.deepEqual(numbers(STEPS), [[2, 2, 0], [3, 1, 0], [1, 0, 2]]);
  assert.deepEqual(stepChanges(STEPS)[1].appeared, [STEPS[1].notes[2]]);
  assert.deepEqual(stepChanges([]), []);
});

test("a step that comes late is put in its place", () => {
  assert.deepEqual(numbers([STEPS[0], STEPS[2]]), [[2, 2, 0], [1, 0, 1]]);
  assert.deepEqual(numbers(STEPS), [[2, 2, 0], [3, 1, 0], [1, 0, 2]]);
});

test("a replay neither flickers nor drags, and slowly takes four times as long", () => {
  assert.deepEqual([1, 5, 20, 50, 200].map((count) => stepDelay(count, false)), [600, 600, 200, 80, 80]);
  assert.equal(stepDelay(20, true), 800);
});

test("a step is described in words", () => {
  assert.equal(describeStep(STEPS[2], stepChanges(STEPS)[2]), "Step 3 of 3: noise 2.50, 1 note, 0 appeared, 2 vanished");
  assert.deepEqual([80, 0.3, 123.4, 0.00213].map(sigmaLabel), ["80.0", "0.300", "123", "0.00213"]);
});
