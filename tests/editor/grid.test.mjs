import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  BPM_RANGE,
  EARLY,
  MAX_BEATS,
  barLabel,
  beatToTime,
  gridLines,
  gridStep,
  lineBeside,
  makeTempo,
  quantise,
  secondsLabel,
  snapTime,
  timeToBeat,
} from "../../assets/editor/grid.js";
import { changeNotes, makeNote } from "../../assets/editor/notes.js";

const TEMPO = makeTempo({ bpm: 120, offset: 0.25, beats: 4 });
const near = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

test("beats and times are each other's inverse", () => {
  for (const beat of [-3, 0, 0.25, 17.5]) near(timeToBeat(beatToTime(beat, TEMPO), TEMPO), beat);
  near(beatToTime(2, TEMPO), 1.25);
});

test("a tempo is brought within its ranges; what is none is null", () => {
  assert.deepEqual(makeTempo({ bpm: 9999 }), { bpm: BPM_RANGE.max, offset: 0, beats: 4 });
  assert.deepEqual(makeTempo({ bpm: 90, offset: -0.5, beats: 99 }), { bpm: 90, offset: -0.5, beats: MAX_BEATS });
  for (const thing of [null, undefined, {}, { bpm: 0 }, { bpm: "120" }, { bpm: NaN }]) assert.equal(makeTempo(thing), null);
});

test("the ranges of a tempo are the server's, and what lies in them stays as it is", () => {
  const source = readFileSync(new URL("../../n2n/metre.py", import.meta.url), "utf8");
  const constant = (name) => Number(source.match(new RegExp(`^${name}: Final = ([\\d.]+)$`, "m"))[1]);
  const [slowest, fastest, beats, early] = ["TEMPO_MIN", "TEMPO_MAX", "MAX_BEATS", "EARLY_S"].map(constant);
  assert.deepEqual([BPM_RANGE.min, BPM_RANGE.max, MAX_BEATS, EARLY], [slowest, fastest, beats, early]);
  for (const bpm of [slowest, 440, fastest]) assert.deepEqual(makeTempo({ bpm, offset: 0, beats }), { bpm, offset: 0, beats });
});

test("snapping goes to the nearest line and is idempotent", () => {
  near(snapTime(0.8, TEMPO, 0.5), 0.75);
  near(snapTime(0.9, TEMPO, 0.5), 1);
  for (const time of [0.01, 0.3337, 5.21]) near(snapTime(snapTime(time, TEMPO, 1 / 3), TEMPO, 1 / 3), snapTime(time, TEMPO, 1 / 3));
});

test("nothing snaps to before the start", () => {
  assert.ok(snapTime(0, TEMPO, 1) >= 0);
  near(snapTime(0.01, TEMPO, 1), 0.25);
  near(snapTime(0, makeTempo({ bpm: 120, offset: 0.5 }), 1), 0);
});

test("a bar line a few milliseconds before the recording is its start: bar 1, drawn and snapped to", () => {
  const early = makeTempo({ bpm: 109.9, offset: 2.17725, beats: 4 }); // a line at -6.6 ms
  assert.equal(barLabel(0.01, early), "1.1");
  assert.equal(barLabel(2.19, early), "2.1");
  assert.equal(snapTime(0.01, early, 0.25), 0);
  near(snapTime(0.1, early, 0.25), -0.0066 + 60 / 109.9 / 4, 1e-4);
  const [first] = gridLines({ start: 0, end: 3, secondsPerPixel: 0.005, tempo: early, snap: 1 });
  assert.deepEqual(first, { time: 0, level: 0, label: "1" });
  near(snapTime(0.01, makeTempo({ bpm: 120, offset: -0.04 }), 0.5), 0.21);
});

test("beside a time lies the next line of the grid and the one before, also where it lies on a line", () => {
  for (const [time, direction, line] of [[0.9, 1, 1], [0.9, -1, 0.75], [0.75, 1, 1], [0.75, -1, 0.5], [0.75001, -1, 0.5]]) {
    near(lineBeside(time, TEMPO, 0.5, direction), line);
  }
  near(lineBeside(0.1, TEMPO, 1, -1), -0.25);
});

test("without a tempo or a snap time stays as it is", () => {
  assert.equal(snapTime(0.123, null, 0.25), 0.123);
  assert.equal(snapTime(0.123, TEMPO, 0), 0.123);
  assert.equal(gridStep(null, 0.25), 0.01);
  near(gridStep(TEMPO, 0.25), 0.125);
});

test("bars count from the first bar line of the recording, wherever the offset names one", () => {
  const late = makeTempo({ bpm: 120, offset: 8.25, beats: 4 });
  for (const tempo of [TEMPO, late]) {
    assert.equal(barLabel(0.25, tempo), "1.1");
    assert.equal(barLabel(2.25, tempo), "2.1");
    assert.equal(barLabel(2.76, tempo), "2.2");
    assert.equal(barLabel(0.1, tempo), "0.4");
  }
});

test("bars of three beats have three", () => {
  const waltz = makeTempo({ bpm: 60, offset: 0, beats: 3 });
  assert.deepEqual([0, 1, 2, 3].map((time) => barLabel(time, waltz)), ["1.1", "1.2", "1.3", "2.1"]);
});

test("grid lines are bars, beats and parts where there is room", () => {
  const lines = gridLines({ start: 0, end: 2.3, secondsPerPixel: 0.001, tempo: TEMPO, snap: 0.5 });
  const of = (level) => lines.filter((line) => line.level === level).map(({ time }) => Number(time.toFixed(3)));
  assert.deepEqual(of(0), [0.25, 2.25]);
  assert.deepEqual(of(1), [0.75, 1.25, 1.75]);
  assert.deepEqual(of(2), [0, 0.5, 1, 1.5, 2]);
  assert.equal(lines.find(({ level }) => level === 0).label, "1");
});

test("no two grid lines of a far view are too near, and there are some", () => {
  for (const secondsPerPixel of [0.0005, 0.005, 0.05, 0.5]) {
    for (const tempo of [TEMPO, null]) {
      const lines = gridLines({ start: 0, end: 1000 * secondsPerPixel, secondsPerPixel, tempo, snap: 0.25 });
      assert.ok(lines.length > 2 && lines.length < 150, `${lines.length} lines`);
      for (let i = 1; i < lines.length; i += 1) assert.ok((lines[i].time - lines[i - 1].time) / secondsPerPixel >= 8.9);
      const labels = lines.filter(({ label }) => label !== null);
      for (let i = 1; i < labels.length; i += 1) assert.ok((labels[i].time - labels[i - 1].time) / secondsPerPixel >= 50);
    }
  }
});

test("seconds are labelled every step with as many digits as it needs", () => {
  const labels = gridLines({ start: 0, end: 130, secondsPerPixel: 0.5, tempo: null, snap: 0 }).map(({ label }) => label);
  assert.deepEqual(labels.filter((label) => label !== null), ["0:00", "0:30", "1:00", "1:30", "2:00"]);
  assert.equal(secondsLabel(65.25, 0.05), "1:05.25");
  assert.equal(secondsLabel(59.999, 1), "1:00");
  assert.equal(secondsLabel(3.1, 0.1), "0:03.1");
});

test("quantising puts every note on the grid and nothing else", () => {
  const notes = [makeNote({ onset: 0.26, drum: "KD", velocity: 3 }), makeNote({ onset: 0.9, drum: "SN", velocity: 9 })];
  const [kick, snare] = changeNotes(notes, new Set(notes.map(({ id }) => id)), quantise(TEMPO, 0.25));
  near(kick.onset, 0.25);
  near(snare.onset, 0.875);
  assert.equal(snare.velocity, 9);
});
