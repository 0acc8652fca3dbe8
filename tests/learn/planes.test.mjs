import assert from "node:assert/strict";
import test from "node:test";

import { countPeaks, hitCells, LANES, plainBeat, toColumns, unpack } from "../../assets/learn/planes.js";

/** What n2n.studio.lesson.pack makes of a plane that counts up from 0, alone, and then after one that counts down from 255. */
const PACKED = {
  planes: { noise: 1, heard: 2 },
  data: "eJxjYGRiZmFlY+fg5OLm4eXjFxAUEhb5/+/vn9+/fv74/u3rl8+fPn54/+7tm9cM2FQCALT7Fb4=",
};
const UP = Uint8Array.from({ length: 21 }, (_, i) => i);

test("planes from the server come apart by name", async () => {
  const { noise, heard } = await unpack(PACKED, 3);
  assert.deepEqual([...noise[0]], [...UP]);
  assert.deepEqual(heard.map((plane) => [...plane]), [[...UP].map((value) => 255 - value), [...UP]]);
});

test("planes of another size than promised are refused", async () => {
  await assert.rejects(unpack(PACKED, 4), /84 bytes were promised, 63 came/);
});

test("a note's cell is the frame nearest to its onset, the last one included", () => {
  const cells = hitCells([[0.014, 0], [0.016, 6], [0.0399, 3]], 4);
  const lit = [...cells.keys()].filter((i) => cells[i]);
  assert.deepEqual(lit, [LANES, 2 * LANES + 6, 3 * LANES + 3]);
});

test("the plain beat stays within its seconds and its lanes", () => {
  const notes = plainBeat(5);
  assert.ok(notes.length > 20);
  for (const [onset, lane, velocity] of notes) assert.ok(onset >= 0 && onset < 5 && lane >= 0 && lane < LANES && velocity <= 127);
});

test("peaks are counted once, and only above one half", () => {
  const plane = new Uint8Array(6 * LANES);
  const set = (frame, lane, value) => (plane[frame * LANES + lane] = value);
  set(0, 0, 255);
  set(2, 3, 200);
  set(3, 3, 200);
  set(5, 3, 130);
  set(4, 6, 127);
  assert.deepEqual(countPeaks(plane), [1, 0, 0, 2, 0, 0, 0]);
});

test("columns keep the strongest frame, or one frame of noise", () => {
  const plane = new Uint8Array(6 * LANES);
  plane[1 * LANES] = 90;
  plane[4 * LANES + 2] = 70;
  const strongest = toColumns(plane, 2, true);
  assert.deepEqual([strongest[0], strongest[LANES + 2]], [90, 70]);
  const first = toColumns(plane, 2, false);
  assert.ok(first.every((shade) => shade === 0));
  assert.deepEqual(toColumns(plane, 6, true), plane);
  assert.equal(toColumns(plane, 12, true)[3 * LANES], 90);
});
