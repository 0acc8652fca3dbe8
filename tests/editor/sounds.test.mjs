import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

import { readIndex } from "../../assets/editor/kits.js";
import { LOUDEST_PEAK, fullScaleGain, onsetSample, peakOf, planSounds, roundHalfEven } from "../../assets/editor/sounds.js";

const KITS = new URL("../../assets/kits/", import.meta.url);
const index = (name) => JSON.parse(readFileSync(new URL(`${name}/kit.json`, KITS), "utf8"));
const layers = (name) => readIndex(index(name), Infinity).places;

/** All numbers below were given by n2n.render, for the kit osdk: `_sound(note, load_kit("osdk"), hats)`, and `peak_of`. */
const PINNED = [
  // onset, drum, velocity, start, layer, gain, choke
  [0.0, "TT", 1, 0, 0, 0.02720470510300388, null],
  [0.125, "HH", 64, 5512, 1, 1.1365212872384591, 11026],
  [0.125, "HH", 20, 5512, 0, 1.336543249988985, 11026],
  [0.375, "HH", 80, 16538, 2, 0.7385828127904329, 71662],
  [0.5, "SN", 37, 22050, 0, 2.973762385369647, null],
  [1.23, "KD", 100, 54243, 2, 0.9871478729929317, null],
  [2.0, "HH", 127, 88200, 3, 1.0536031426785535, null],
];

test("a note sounds the one-shot, from the sample and at the gain that the Python renderer gives it", () => {
  const notes = PINNED.map(([onset, drum, velocity]) => ({ onset, drum, velocity })).reverse();
  const sounds = planSounds(notes, layers("osdk"));
  for (const [onset, drum, velocity, start, layer, gain, choke] of PINNED) {
    const found = sounds.filter((sound) => sound.drum === drum && sound.layer === layer && sound.start === start);
    assert.equal(found.length, 1, `${drum} ${velocity} at ${onset}`);
    assert.equal(found[0].choke, choke);
    assert.ok(Math.abs(found[0].gain / gain - 1) < 1e-12);
  }
  assert.deepEqual(sounds.map(({ start }) => start), sounds.map(({ start }) => start).sort((a, b) => a - b));
});

test("peaks are those of peak_of", () => {
  const pinned = [["KD", 127, 0.35], ["SN", 64, 0.14360090379837448], ["HH", 1, 0.00025774081557700037], ["RD", 100, 0.09161470252277713]];
  for (const [drum, velocity, peak] of pinned) assert.ok(Math.abs(peakOf(drum, velocity) / peak - 1) < 1e-12);
});

test("halves of a sample go to the even one", () => {
  assert.deepEqual([0.5, 1.5, 2.5, 2.4999, 2.5001, 5512.5, 7].map(roundHalfEven), [0, 2, 2, 2, 3, 5512, 7]);
  assert.deepEqual([0.125, 0.375, 1.23].map(onsetSample), [5512, 16538, 54243]);
});

test("hi-hat hits of one moment do not end each other", () => {
  const hats = [0.1, 0.1, 0.3].map((onset) => ({ onset, drum: "HH", velocity: 64 }));
  assert.deepEqual(planSounds(hats, layers("uzu")).map(({ choke }) => choke), [8820, 8820, null]);
  assert.deepEqual(planSounds(hats.slice(0, 2), layers("uzu")).map(({ choke }) => choke), [null, null]);
});

test("only what passes full scale is made softer", () => {
  assert.equal(fullScaleGain(Float32Array.from([0.5, -1])), 1);
  assert.equal(fullScaleGain(Float32Array.from([0.5, -2])), 0.5);
});

test("at least three kits ship, each with every drum, from soft to hard", () => {
  const names = readdirSync(KITS);
  assert.ok(names.length >= 3);
  for (const name of names) {
    assert.equal(readIndex(index(name), Infinity).name, name);
    for (const drum of Object.keys(LOUDEST_PEAK)) {
      const velocities = layers(name)[drum].map(({ velocity }) => velocity);
      assert.ok(velocities.length);
      assert.deepEqual(velocities, [...velocities].sort((a, b) => a - b));
    }
  }
});

test("an index that does not fit its samples is refused", () => {
  assert.throws(() => readIndex(index("uzu"), 1000), /the kit uzu ends before sample 18923/);
  assert.throws(() => readIndex({ name: "half", drums: { KD: [{ velocity: 1, start: 0, length: 1 }] } }, 9), /has no SN/);
});
