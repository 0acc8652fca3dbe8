import assert from "node:assert/strict";
import test from "node:test";

import { parseMel, parseStep } from "../../assets/editor/planes.js";

/** A file as the server writes it. */
function file(magic, header, ...data) {
  const encoder = new TextEncoder();
  let text = JSON.stringify(header);
  while (encoder.encode(text).length % 4) text += " ";
  const head = encoder.encode(text);
  const bytes = new Uint8Array(8 + head.length + data.reduce((sum, part) => sum + part.byteLength, 0));
  bytes.set(encoder.encode(magic));
  new DataView(bytes.buffer).setUint32(4, head.length, true);
  bytes.set(head, 8);
  let at = 8 + head.length;
  for (const part of data) {
    bytes.set(new Uint8Array(part.buffer), at);
    at += part.byteLength;
  }
  return bytes.buffer;
}

const plane = (value) => new Uint8Array(3 * 7).fill(value);
const HEADER = { run: "ä", step: 2, steps: 5, sigma: 1.5, frames: 3, planes: ["noisy", "onset", "velocity"], notes: [[2, 3, 90, 0.75]] };

test("a step's planes and notes are read as they were written", () => {
  const onset = Uint8Array.from({ length: 21 }, (_, index) => index * 12);
  const step = parseStep(file("N2NS", HEADER, plane(7), onset, plane(64)));
  assert.deepEqual([step.run, step.step, step.steps, step.sigma, step.frames], ["ä", 2, 5, 1.5, 3]);
  assert.deepEqual(step.planes, { noisy: plane(7), onset, velocity: plane(64) });
  assert.deepEqual(step.notes, [{ onset: 0.02, drum: "HH", velocity: 90, confidence: 0.75 }]);
});

test("a long recording's step has the estimate only", () => {
  const step = parseStep(file("N2NS", { ...HEADER, planes: ["onset"] }, plane(9)));
  assert.deepEqual(step.planes, { onset: plane(9) });
});

test("mel and peaks are read as they were written", () => {
  const mel = Uint8Array.from([0, 128, 255, 1, 2, 3]);
  const peaks = Int8Array.from([-127, 127, -1, 0, 5, 6]);
  const read = parseMel(file("N2NM", { frames: 2, bins: 3, seconds_per_frame: 0.02, peaks: 3, samples_per_peak: 220.5 }, mel, peaks));
  assert.deepEqual(read, { frames: 2, bins: 3, secondsPerFrame: 0.02, mel, samplesPerPeak: 220.5, peaks });
});

test("what is no such file, or was cut short, is refused", () => {
  const whole = file("N2NS", HEADER, plane(1), plane(2), plane(3));
  assert.throws(() => parseStep(whole.slice(0, -1)), /cut short/);
  assert.throws(() => parseStep(whole.slice(0, 20)), /cut short/);
  assert.throws(() => parseStep(new ArrayBuffer(0)), /no N2NS file/);
  assert.throws(() => parseMel(whole), /no N2NM file: it begins with "N2NS"/);
});
