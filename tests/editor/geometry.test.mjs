import assert from "node:assert/strict";
import { test } from "node:test";

import {
  NEAREST,
  clampView,
  drumsBetween,
  fitView,
  hitMask,
  hitNote,
  laneTop,
  makeLayout,
  nearestNote,
  pinchView,
  revealTime,
  rowAt,
  scrollView,
  timeToX,
  velocityToHeight,
  xToTime,
  yToDrum,
  yToVelocity,
  zoomView,
} from "../../assets/editor/geometry.js";
import { makeMask } from "../../assets/editor/masks.js";
import { DRUMS, makeNote } from "../../assets/editor/notes.js";

const LAYOUT = makeLayout({ width: 1000 });
const VIEW = { start: 2, secondsPerPixel: 0.01 };
const near = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);
const middle = (drum) => laneTop(drum, LAYOUT) + LAYOUT.laneHeight / 2;

test("times and pixels are each other's inverse", () => {
  for (const time of [0, 2, 3.14159, 600]) near(xToTime(timeToX(time, VIEW), VIEW), time);
  assert.equal(timeToX(2, VIEW), 0);
  assert.equal(timeToX(3, VIEW), 100);
});

test("drums and heights are each other's inverse", () => {
  for (const drum of DRUMS) {
    assert.equal(yToDrum(laneTop(drum, LAYOUT), LAYOUT), drum);
    assert.equal(yToDrum(laneTop(drum, LAYOUT) + LAYOUT.laneHeight - 0.01, LAYOUT), drum);
  }
  assert.equal(yToDrum(-100, LAYOUT), "KD");
  assert.equal(yToDrum(9999, LAYOUT), "BE");
  assert.deepEqual(drumsBetween(middle("HH"), middle("SN"), LAYOUT), ["SN", "TT", "HH"]);
});

test("velocities and heights are each other's inverse in the velocity row", () => {
  const { top, height } = LAYOUT.velocity;
  for (let velocity = 1; velocity <= 127; velocity += 1) {
    assert.equal(yToVelocity(top + height - 1 - velocityToHeight(velocity, height), LAYOUT.velocity), velocity);
  }
  assert.equal(yToVelocity(0, LAYOUT.velocity), 127);
  assert.equal(yToVelocity(9999, LAYOUT.velocity), 1);
});

test("rows stand on one another without gaps", () => {
  const { ruler, wave, mel, lanes, velocity, height } = LAYOUT;
  for (const [above, below] of [[ruler, wave], [wave, mel], [mel, lanes], [lanes, velocity]]) assert.equal(above.top + above.height, below.top);
  assert.equal(velocity.top + velocity.height, height);
  assert.equal(lanes.height, 7 * LAYOUT.laneHeight);
  assert.deepEqual([5, 30, 90, 200, height - 1].map((y) => rowAt(y, LAYOUT)), ["ruler", "wave", "mel", "lanes", "velocity"]);
  assert.equal(rowAt(30, makeLayout({ width: 9, wave: false, mel: false })), "lanes");
});

test("a note is hit in its lane within reach, the nearest first", () => {
  const notes = [3, 3.03, 5].map((onset) => makeNote({ onset, drum: "SN", velocity: 90 }));
  const at = (x, drum = "SN", reach = 3) => hitNote(notes, { x, y: middle(drum) }, { view: VIEW, layout: LAYOUT, reach });
  assert.equal(at(100), notes[0]);
  assert.equal(at(102.4), notes[1]);
  assert.equal(at(107), notes[1]);
  assert.equal(at(120), null);
  assert.equal(at(120, "SN", 20), notes[1]);
  assert.equal(at(100, "KD"), null);
  assert.equal(hitNote(notes, { x: 100, y: 3 }, { view: VIEW, layout: LAYOUT }), null);
});

test("of notes at one place the one on top is hit", () => {
  const notes = [makeNote({ onset: 3, drum: "KD", velocity: 9 }), makeNote({ onset: 3, drum: "KD", velocity: 99 })];
  assert.equal(nearestNote(notes, 100, VIEW, 4), notes[1]);
});

test("a mask is hit at its edges, inside, and only in its lanes", () => {
  const mask = makeMask({ start: 3, end: 5, drums: ["SN", "TT"] });
  const at = (x, drum = "SN") => hitMask([mask], { x, y: middle(drum) }, { view: VIEW, layout: LAYOUT })?.part ?? null;
  assert.deepEqual([97, 103, 200, 298, 302].map((x) => at(x)), ["start", "start", "inside", "end", "end"]);
  assert.deepEqual([at(90), at(310), at(200, "HH")], [null, null, null]);
});

test("a narrow mask keeps an inside", () => {
  const mask = makeMask({ start: 3, end: 3.06, drums: ["SN"] });
  assert.equal(hitMask([mask], { x: 103, y: middle("SN") }, { view: VIEW, layout: LAYOUT }).part, "inside");
});

test("of masks that overlap the last is hit", () => {
  const [below, above] = [makeMask({ start: 3, end: 9, drums: ["SN"] }), makeMask({ start: 3, end: 6, drums: ["SN"] })];
  assert.equal(hitMask([below, above], { x: 200, y: middle("SN") }, { view: VIEW, layout: LAYOUT }).mask, above);
});

test("zooming keeps the time under the pointer", () => {
  for (const factor of [0.5, 1.3, 10]) {
    const zoomed = zoomView({ start: 20, secondsPerPixel: 0.01 }, factor, 400, 60, 1000);
    near(xToTime(400, zoomed), 24, 1e-9);
  }
});

test("zooming stops where all is seen and where it is near enough", () => {
  assert.deepEqual(zoomView({ start: 20, secondsPerPixel: 0.01 }, 1e-9, 400, 60, 1000), fitView(60, 1000));
  assert.equal(zoomView({ start: 20, secondsPerPixel: 0.01 }, 1e9, 400, 60, 1000).secondsPerPixel, NEAREST);
});

test("the view never leaves the clip", () => {
  assert.equal(scrollView({ start: 1, secondsPerPixel: 0.01 }, -9, 60, 1000).start, 0);
  assert.equal(scrollView({ start: 1, secondsPerPixel: 0.01 }, 999, 60, 1000).start, 50);
  assert.deepEqual(clampView({ start: 5, secondsPerPixel: 99 }, 60, 1000), { start: 0, secondsPerPixel: 0.06 });
});

test("revealing moves the view only where it must", () => {
  const view = { start: 10, secondsPerPixel: 0.01 };
  assert.equal(revealTime(view, 15, 60, 1000), view);
  for (const time of [2, 45]) {
    const x = timeToX(time, revealTime(view, time, 60, 1000));
    assert.ok(x > 0 && x < 1000);
  }
});

test("two fingers keep what they hold", () => {
  const view = { start: 10, secondsPerPixel: 0.02 };
  const pinched = pinchView(view, [400, 500], [300, 500], 60, 1000);
  near(pinched.secondsPerPixel, 0.01);
  near(xToTime(400, pinched), xToTime(450, view));
  const panned = pinchView(view, [400, 500], [350, 450], 60, 1000);
  near(panned.start, 11);
});
