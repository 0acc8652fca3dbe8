import assert from "node:assert/strict";
import test from "node:test";

import { levels, softLimit } from "../../assets/editor/mixer.js";
import { initialState } from "../../assets/editor/store.js";

const state = (change) => ({ ...initialState(), ...change });
const mixed = (mix, hasOriginal = true) => levels(state({ master: { mix, volume: 0.9 } }), { hasOriginal });

test("the crossfader keeps the power and is silent at its ends", () => {
  for (const mix of [0, 0.2, 0.5, 0.9, 1]) {
    const { original, notes } = mixed(mix);
    assert.ok(Math.abs(original ** 2 + notes ** 2 - 1) < 1e-12);
  }
  assert.deepEqual([mixed(0).original, mixed(0).notes], [1, 0]);
  assert.deepEqual([mixed(1).original, mixed(1).notes], [0, 1]);
  assert.equal(mixed(0.3).master, 0.9);
});

test("without an original the notes are heard whole", () => {
  assert.deepEqual([mixed(0.1, false).original, mixed(0.1, false).notes], [0, 1]);
});

test("volume, mute and solo reach their drums", () => {
  const volumes = { ...initialState().volumes, SN: 0.25 };
  const { drums } = levels(state({ volumes, muted: new Set(["KD"]) }), { hasOriginal: true });
  assert.deepEqual([drums.KD, drums.SN, drums.TT], [0, 0.25, 1]);
  const solo = levels(state({ volumes, soloed: new Set(["SN"]) }), { hasOriginal: true }).drums;
  assert.deepEqual(Object.values(solo).filter(Boolean), [0.25]);
});

test("the limiter leaves what fits as it is and nothing passes full scale", () => {
  for (const value of [0, 0.3, -0.9]) assert.equal(softLimit(value), value);
  for (const value of [0.95, 1.5, 4]) {
    assert.ok(softLimit(value) > 0.9 && softLimit(value) <= 1);
    assert.equal(softLimit(-value), -softLimit(value));
  }
  assert.ok(softLimit(1.2) < softLimit(1.3));
});
