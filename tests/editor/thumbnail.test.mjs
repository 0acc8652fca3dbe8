import assert from "node:assert/strict";
import test from "node:test";

import { DRUMS } from "../../assets/editor/notes.js";
import { frameOf } from "../../assets/editor/thumbnail.js";

test("a picture frames all parts of a region", () => {
  const region = [{ start: 2, end: 3, drums: ["HH"] }, { start: 1, end: 2.5, drums: ["HH", "KD"] }];
  assert.deepEqual(frameOf(region, 30), { start: 1, end: 3, drums: ["KD", "HH"] });
});

test("without a region it frames everything", () => {
  assert.deepEqual(frameOf(null, 30), { start: 0, end: 30, drums: [...DRUMS] });
});
