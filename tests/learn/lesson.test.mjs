import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import test from "node:test";

import { createLesson } from "../../assets/learn/lesson.js";
import { firstPick } from "../../assets/learn/picker.js";
import { describeCounts } from "../../assets/learn/roll.js";
import { splitSubscripts } from "../../assets/learn/words.js";

const clip = (pick) => ({ pick, duration: 0.02, frames: 3, notes: [[0.01, 1, 90]], known: true });
const noising = (pick, byte) => {
  const data = deflateSync(Uint8Array.from({ length: 21 }, () => byte)).toString("base64");
  return { pick, scale: 32, planes: { noise: 1 }, data };
};

test("before any clip there is a plain beat to look at", () => {
  const { own, notes, cells, frames } = createLesson().clip();
  assert.equal(own, false);
  assert.equal(cells.reduce((sum, cell) => sum + cell), notes.length);
  assert.equal(cells.length, 7 * frames);
});

test("parts arrive, are told, and noise is what the model saw", async () => {
  const lesson = createLesson();
  let told = 0;
  lesson.renew();
  lesson.subscribe(() => (told += 1));
  assert.ok(await lesson.receive("clip", clip(1)));
  assert.ok(await lesson.receive("noising", noising(1, 160)));
  assert.equal(told, 3);
  assert.equal(lesson.clip().cells[7 + 1], 1);
  assert.deepEqual([...lesson.clip().noise], new Array(21).fill(1));
  assert.deepEqual([...lesson.part("noising").planes.noise[0]], new Array(21).fill(160));
});

test("what belongs to an earlier choice is left alone, even when it was already on its way", async () => {
  const lesson = createLesson();
  lesson.renew();
  await lesson.receive("clip", clip(1));
  const onItsWay = lesson.receive("noising", noising(1, 160));
  lesson.renew();
  assert.equal(await onItsWay, false);
  assert.equal(await lesson.receive("clip", clip(1)), false);
  assert.equal(lesson.part("clip"), null);
  assert.equal(lesson.part("noising"), null);
  assert.equal(lesson.clip().own, false);
});

test("a part without planes comes as it is", async () => {
  const lesson = createLesson();
  lesson.renew();
  await lesson.receive("clip", clip(1));
  await lesson.receive("walks", { pick: 1, notes: [[], []] });
  assert.deepEqual(lesson.part("walks").notes, [[], []]);
});

test("the first clip is the studio's, an example where it is one, or the first example", () => {
  assert.equal(firstPick(["funk", "jazz"], null), 0);
  assert.equal(firstPick(["funk", "jazz"], { name: "jazz.flac" }), 1);
  assert.equal(firstPick(["funk", "jazz"], { name: "my.take.wav" }), 2);
  assert.equal(firstPick([], { name: "a.wav" }), 0);
  assert.equal(firstPick([], null), null);
});

test("counts are told by drum", () => {
  const drums = [{ name: "kick" }, { name: "snare" }];
  assert.equal(describeCounts([2, 1], drums), "2 kick, 1 snare");
  assert.equal(describeCounts([0, 0], drums), "nothing");
});

test("subscripts begin after σ and c alone", () => {
  assert.deepEqual(splitSubscripts("σ_max, of c_skip and a_b"), [
    { text: "σ", below: false },
    { text: "max", below: true },
    { text: ", of c", below: false },
    { text: "skip", below: true },
    { text: " and a_b", below: false },
  ]);
});
