import assert from "node:assert/strict";
import test from "node:test";

import { changeCourse, loopFrom, positionAt, reconcile, stretches, voicesBetween } from "../../assets/editor/schedule.js";

const END = 441000;
const straight = { at: 1000, position: 44100, rate: 1, loop: null, end: END };
const looped = { ...straight, loop: { start: 22050, end: 66150 } };
const sound = (start, drum = "KD", choke = null) => ({ start, drum, layer: 0, gain: 0.5, choke });
const times = (voices) => voices.map(({ at }) => at);

test("without a loop the song plays from its place to its end", () => {
  assert.deepEqual(stretches(straight, 0, Infinity), [{ at: 1000, until: 1000 + END - 44100, position: 44100 }]);
  assert.deepEqual([0, 1000, 1010, 1e9].map((tick) => positionAt(straight, tick)), [44100, 44100, 44110, END]);
});

test("a loop wraps at its exact sample, pass after pass", () => {
  const [first, second, third] = stretches(looped, 0, 150000);
  assert.deepEqual(first, { at: 1000, until: 23050, position: 44100 });
  assert.deepEqual(second, { at: 23050, until: 67150, position: 22050 });
  assert.deepEqual(third, { at: 67150, until: 111250, position: 22050 });
  assert.deepEqual([23049, 23050, 67149, 67150].map((tick) => positionAt(looped, tick)), [66149, 22050, 66149, 22050]);
  assert.equal(positionAt(looped, 23050 + 44100 * 1e5 + 7), 22057);
});

test("notes sound in every pass, the loop's end excluded and its start included", () => {
  const sounds = [sound(22050), sound(44100), sound(66149), sound(66150)];
  assert.deepEqual(times(voicesBetween(looped, sounds, 0, 67150)), [1000, 23049, 23050, 45100, 67149]);
});

test("windows that touch give every voice once", () => {
  const sounds = Array.from({ length: 100 }, (_, index) => sound(22050 + index * 437));
  const whole = voicesBetween(looped, sounds, 0, 300000).map(({ key }) => key);
  const parts = [];
  for (let from = 0; from < 300000; from += 1237) parts.push(...voicesBetween(looped, sounds, from, Math.min(300000, from + 1237)));
  assert.deepEqual(parts.map(({ key }) => key), whole);
  assert.equal(new Set(whole).size, whole.length);
});

test("two equal notes of one moment are two voices", () => {
  const voices = voicesBetween(straight, [sound(50000), sound(50000)], 0, 1e6);
  assert.equal(new Set(voices.map(({ key }) => key)).size, 2);
});

test("a hi-hat is ended by the next one heard, over the seam of a loop too", () => {
  const sounds = [sound(23050, "HH", 37000), sound(60050, "HH", 40000), sound(100050, "HH")];
  const [first, second, third] = voicesBetween(looped, sounds, 0, 70000);
  assert.deepEqual([first.at, first.choke], [16950, 24050]);
  assert.deepEqual([second.at, second.choke], [24050, 61050]);
  assert.deepEqual([third.at, third.choke], [61050, 68150]);
  assert.deepEqual(voicesBetween(straight, sounds, 0, 1e6).map(({ choke }) => choke), [56950, null]);
});

test("at half speed everything takes twice as long", () => {
  const slow = { ...looped, rate: 0.5 };
  assert.deepEqual(times(voicesBetween(slow, [sound(22060), sound(44200)], 0, 140000)), [1200, 45120, 89400, 133320]);
});

test("another loop changes what is to come, not what sounds", () => {
  const now = 6000;
  const turned = changeCourse(straight, now, { loop: { start: 0.5, end: 1.5 }, rate: 1, end: END });
  assert.deepEqual(turned, looped);
  assert.equal(positionAt(turned, now), positionAt(straight, now));
  const inSecondPass = changeCourse(looped, 30000, { loop: null, rate: 1, end: END });
  assert.deepEqual(inSecondPass, { at: 23050, position: 22050, rate: 1, loop: null, end: END });
  const behind = changeCourse(straight, now, { loop: { start: 0, end: 0.9 }, rate: 1, end: END });
  assert.equal(behind.loop, null);
});

test("another rate goes on from the same place", () => {
  const turned = changeCourse(straight, 5000, { loop: null, rate: 0.75, end: END });
  assert.equal(positionAt(turned, 5000), positionAt(straight, 5000));
  assert.equal(positionAt(turned, 9000), positionAt(straight, 5000) + 3000);
});

test("a loop lies within the song, in either order of its ends, and is no shorter than 50 ms", () => {
  assert.deepEqual(loopFrom({ start: 2, end: 1 }, 0, END), { start: 44100, end: 88200 });
  assert.deepEqual(loopFrom({ start: -1, end: 99 }, 0, END), { start: 0, end: END });
  assert.equal(loopFrom({ start: 1, end: 1.04 }, 0, END), null);
  assert.equal(loopFrom({ start: 1, end: 2 }, 88200, END), null);
  assert.equal(loopFrom(null, 0, END), null);
});

test("edits reach what is to come, and what has begun rings on", () => {
  const underway = new Map([
    ["begun", { at: 90, choke: null }],
    ["removed", { at: 200, choke: null }],
    ["kept", { at: 300, choke: 500 }],
    ["begun hat", { at: 80, choke: 400 }],
    ["fading hat", { at: 10, choke: 95 }],
  ]);
  const wanted = [
    { key: "too late", at: 99, choke: null },
    { key: "begun hat", at: 80, choke: 350 },
    { key: "fading hat", at: 10, choke: 600 },
    { key: "kept", at: 300, choke: 500 },
    { key: "new", at: 100, choke: null },
  ];
  const { start, cancel, rechoke } = reconcile(underway, wanted, 100);
  assert.deepEqual(start.map(({ key }) => key), ["new"]);
  assert.deepEqual(cancel, ["removed"]);
  assert.deepEqual(rechoke.map(({ key }) => key), ["begun hat"]);
});
