import assert from "node:assert/strict";
import { test } from "node:test";

import { velocityToHeight } from "../../assets/editor/geometry.js";
import { begin, cursorAt, touchActionOf } from "../../assets/editor/gestures.js";
import { makeTempo } from "../../assets/editor/grid.js";
import { SHORTEST } from "../../assets/editor/loop.js";
import { makeMask } from "../../assets/editor/masks.js";
import { makeNote, sortNotes } from "../../assets/editor/notes.js";
import { loopFrom } from "../../assets/editor/schedule.js";
import { SAMPLE_RATE } from "../../assets/editor/sounds.js";
import { LAYOUT, editor } from "./headless.mjs";

const near = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

const snare = makeNote({ onset: 1, drum: "SN", velocity: 80, confidence: 0.7 });
const hat = makeNote({ onset: 2, drum: "HH", velocity: 60 });
const ride = makeNote({ onset: 3, drum: "RD", velocity: 50 });
const NOTES = sortNotes([snare, hat, ride]);
const find = (store, { id }) => store.get().notes.find((note) => note.id === id);

test("a click selects a note, sounds it and says it", () => {
  const { store, at, drag, sounded, said } = editor({ notes: NOTES });
  drag(at(1, "SN"));
  assert.deepEqual([...store.get().selection], [snare.id]);
  assert.deepEqual(sounded, [["SN", 80]]);
  assert.equal(said.at(-1), "snare, 1.00 s, velocity 80");
  assert.equal(store.canUndo(), false);
});

test("shift-click adds to the selection and takes away again", () => {
  const { store, at, drag } = editor({ notes: NOTES, selection: new Set([snare.id]) });
  drag(at(2, "HH", { shift: true }));
  assert.deepEqual([...store.get().selection].sort(), [snare.id, hat.id].sort());
  drag(at(1, "SN", { shift: true }));
  assert.deepEqual([...store.get().selection], [hat.id]);
});

test("a click beside notes clears the selection", () => {
  const { store, at, drag } = editor({ notes: NOTES, selection: new Set([snare.id]) });
  drag(at(1.5, "CY"));
  assert.equal(store.get().selection.size, 0);
});

test("a box selects what it touches, with shift in addition", () => {
  const { store, at, drag, rectangles } = editor({ notes: NOTES, selection: new Set([ride.id]) });
  drag(at(0.5, "KD"), at(1, "SN"), at(2.5, "HH"));
  assert.deepEqual([...store.get().selection], [snare.id, hat.id]);
  assert.equal(rectangles.at(-1), null);
  drag(at(2.5, "CY", { shift: true }), at(3.5, "RD", { shift: true }));
  assert.equal(store.get().selection.size, 3);
});

test("dragging moves the selection in time and lane as one entry", () => {
  const { store, at, drag } = editor({ notes: NOTES, selection: new Set([snare.id, hat.id]) });
  drag(at(1, "SN"), at(1.2, "SN"), at(1.5, "TT"));
  near(find(store, snare).onset, 1.5);
  near(find(store, hat).onset, 2.5);
  assert.deepEqual([find(store, snare).drum, find(store, hat).drum, find(store, ride).onset], ["TT", "CY", 3]);
  store.undo();
  assert.deepEqual(store.get().notes, NOTES);
});

test("a dragged note falls on the grid, with alt where the pointer is", () => {
  const grid = { tempo: makeTempo({ bpm: 60, offset: 0 }), snap: 0.25 };
  const one = editor({ notes: NOTES, ...grid });
  one.drag(one.at(1, "SN"), one.at(1.33, "SN"));
  near(find(one.store, snare).onset, 1.25);
  const other = editor({ notes: NOTES, ...grid });
  other.drag(other.at(1, "SN", { alt: true }), other.at(1.33, "SN", { alt: true }));
  near(find(other.store, snare).onset, 1.33);
});

test("a drag to another lane leaves the time as it is, off the grid or not", () => {
  const { store, at, drag } = editor({ notes: [makeNote({ ...snare, onset: 1.013 })], tempo: makeTempo({ bpm: 60, offset: 0 }), snap: 0.25 });
  drag(at(1.013, "SN"), at(1.013, "CY"));
  assert.deepEqual([store.get().notes[0].drum, store.get().notes[0].onset], ["CY", 1.013]);
});

test("with shift a drag keeps to one axis", () => {
  const { store, at, drag } = editor({ notes: NOTES });
  drag(at(1, "SN"), at(1.5, "TT", { shift: true }));
  assert.deepEqual([find(store, snare).drum, find(store, snare).onset], ["SN", 1.5]);
});

test("a trembling click moves nothing", () => {
  const { store, at, drag } = editor({ notes: NOTES });
  drag(at(1, "SN"), at(1.02, "SN"));
  assert.deepEqual(store.get().notes, NOTES);
});

test("a drag that is cancelled leaves nothing behind", () => {
  const { store, at, context } = editor({ notes: NOTES });
  const gesture = begin(at(1, "SN"), context);
  gesture.move(at(4, "BE"));
  assert.notEqual(find(store, snare).onset, 1);
  gesture.cancel();
  assert.deepEqual(store.get().notes, NOTES);
  assert.equal(store.canUndo(), false);
});

test("notes of locked lanes neither move nor are joined", () => {
  const locked = editor({ notes: NOTES, locks: new Set(["SN"]) });
  locked.drag(locked.at(1, "SN"), locked.at(2, "SN"));
  assert.deepEqual(locked.store.get().notes, NOTES);
  const next = editor({ notes: NOTES, locks: new Set(["TT"]) });
  next.drag(next.at(1, "SN"), next.at(1.5, "TT"));
  assert.deepEqual([find(next.store, snare).drum, find(next.store, snare).onset], ["SN", 1.5]);
});

test("a note that was moved is the user's: its candidate is gone, and undo brings it back", () => {
  const candidates = [{ onset: 1, drum: "SN", velocity: 80, score: 0.7, confidence: 0.7 }];
  const { store, at, drag } = editor({ notes: NOTES, candidates });
  drag(at(1, "SN"), at(1.5, "SN"));
  assert.deepEqual(store.get().candidates, []);
  store.undo();
  assert.equal(store.get().candidates, candidates);
});

test("ctrl-drag changes velocities of the whole selection by as much", () => {
  const { store, at, drag } = editor({ notes: NOTES, selection: new Set([snare.id, hat.id]) });
  const start = at(1, "SN", { mod: true });
  drag(start, { ...start, y: start.y - 20 });
  assert.deepEqual([find(store, snare).velocity, find(store, hat).velocity, find(store, ride).velocity], [100, 80, 50]);
});

test("draw adds a note whose velocity follows the drag, as one entry", () => {
  const { store, at, drag } = editor({ tool: "draw" });
  const start = at(4, "CY");
  drag(start, { ...start, y: start.y + 30 });
  const [note] = store.get().notes;
  assert.deepEqual([note.onset, note.drum, note.velocity], [4, "CY", 70]);
  store.undo();
  assert.deepEqual(store.get().notes, []);
});

test("draw on a note changes its velocity and adds none", () => {
  const { store, at, drag } = editor({ notes: NOTES, tool: "draw" });
  const start = at(1, "SN");
  drag(start, { ...start, y: start.y - 10 });
  assert.equal(store.get().notes.length, 3);
  assert.equal(find(store, snare).velocity, 90);
});

test("a double click adds a note on the grid", () => {
  const { store, at, drag } = editor({ tempo: makeTempo({ bpm: 60, offset: 0 }), snap: 0.5 });
  drag(at(4.1, "BE", { double: true }));
  assert.deepEqual(store.get().notes.map(({ onset, drum }) => [onset, drum]), [[4, "BE"]]);
});

test("erase takes every note on its way, as one entry, but no locked one", () => {
  const row = [1, 1.5, 2].map((onset) => makeNote({ onset, drum: "HH", velocity: 60 }));
  const { store, at, drag } = editor({ notes: row, tool: "erase" });
  drag(at(0.8, "HH"), at(2.2, "HH"));
  assert.deepEqual(store.get().notes, []);
  store.undo();
  assert.equal(store.get().notes.length, 3);
  store.set({ locks: new Set(["HH"]) });
  drag(at(0.8, "HH"), at(2.2, "HH"));
  assert.equal(store.get().notes.length, 3);
});

test("paint marks a rectangle of times and lanes", () => {
  const { store, at, drag, rectangles } = editor({ tool: "paint" });
  drag(at(2, "HH"), at(3, "TT"), at(4, "SN"));
  const [mask] = store.get().masks;
  assert.deepEqual([mask.start, mask.end, mask.drums], [2, 4, ["SN", "TT", "HH"]]);
  assert.equal(rectangles.at(-1), null);
  store.undo();
  assert.deepEqual(store.get().masks, []);
});

test("what was painted is selected in place of the notes, so keys act on it", () => {
  const acts = [
    ({ drag, at }) => drag(at(2, "HH"), at(4, "SN")),
    ({ commands }) => commands.paintSelection(),
    ({ commands }) => commands.paintLane("HH"),
    ({ commands }) => commands.paintAll(),
  ];
  for (const act of acts) {
    const parts = editor({ notes: NOTES, selection: new Set([snare.id]), tool: "paint" });
    act(parts);
    const { store, commands } = parts;
    assert.deepEqual([store.get().selection.size, store.get().masks.length], [0, 1]);
    const { drums } = store.get().masks[0];
    commands.nudge({ lanes: -1 });
    assert.deepEqual([store.get().notes, store.get().masks[0].drums.length], [NOTES, drums.length]);
    commands.delete();
    assert.deepEqual([store.get().notes, store.get().masks], [NOTES, []]);
  }
});

test("with the paint tool the keys that step from note to note step from region to region", () => {
  const [first, second] = [makeMask({ start: 1, end: 2, drums: ["SN", "HH"] }), makeMask({ start: 3, end: 4, drums: ["KD"] })];
  const { store, commands, said } = editor({ notes: NOTES, masks: [second, first], selection: new Set([ride.id]), tool: "paint" });
  const chosen = (direction) => (commands.step(direction), store.get().mask);
  assert.deepEqual([1, 1, 1, -1].map(chosen), [first.id, second.id, second.id, first.id]);
  assert.deepEqual([store.get().selection.size, said.at(-1)], [0, "Painted region 1 of 2: 1.00 to 2.00 s, snare, hi-hat"]);
  store.set({ mask: null });
  assert.equal(chosen(-1), second.id);
  store.set({ masks: [] });
  commands.step(1);
  assert.deepEqual([...store.get().selection], [snare.id]);
});

test("a click with the paint tool marks nothing", () => {
  const { store, at, drag } = editor({ tool: "paint" });
  drag(at(2, "HH"));
  assert.deepEqual(store.get().masks, []);
});

test("a painted region is moved, resized and deleted", () => {
  const mask = makeMask({ start: 2, end: 4, drums: ["SN", "TT"] });
  const { store, said, at, drag, commands } = editor({ tool: "paint", masks: [mask] });
  drag(at(3, "SN"), at(3.5, "TT"));
  assert.deepEqual([store.get().masks[0].start, store.get().masks[0].drums], [2.5, ["TT", "HH"]]);
  assert.equal(said.at(-1), "Painted region: 2.50 to 4.50 s, tom, hi-hat");
  drag(at(4.5, "TT"), at(6, "TT"));
  near(store.get().masks[0].end, 6);
  drag(at(3, "TT"));
  assert.deepEqual(said, ["Painted region: 2.50 to 4.50 s, tom, hi-hat", "Painted region: 2.50 to 6.00 s, tom, hi-hat"]);
  commands.delete();
  assert.deepEqual(store.get().masks, []);
  store.undo();
  drag(at(3, "TT", { alt: true }));
  assert.deepEqual(store.get().masks, []);
});

test("a stroke across the velocity row sets what it passes, of the selection only where there is one", () => {
  const y = (velocity) => LAYOUT.velocity.top + LAYOUT.velocity.height - 1 - velocityToHeight(velocity, LAYOUT.velocity.height);
  const stroke = [{ x: 90, y: y(10) }, { x: 310, y: y(120) }];
  const all = editor({ notes: NOTES });
  all.drag(...stroke);
  const [a, b, c] = all.store.get().notes.map(({ velocity }) => velocity);
  assert.ok(a < b && b < c && a >= 10 && c <= 120, `${a} ${b} ${c}`);
  all.store.undo();
  assert.deepEqual(all.store.get().notes, NOTES);
  const some = editor({ notes: NOTES, selection: new Set([hat.id]) });
  some.drag(...stroke);
  assert.deepEqual([find(some.store, snare).velocity, find(some.store, ride).velocity], [80, 50]);
  assert.equal(find(some.store, hat).velocity, b);
});

test("the ruler seeks by a click and loops by a drag; its edges move; a double click ends it", () => {
  const { store, drag } = editor();
  drag({ x: 500, y: 10 });
  assert.equal(store.get().playhead, 5);
  drag({ x: 400, y: 10 }, { x: 100, y: 10 });
  assert.deepEqual(store.get().loop, { start: 1, end: 4 });
  drag({ x: 401, y: 10 }, { x: 600, y: 10 });
  assert.deepEqual(store.get().loop, { start: 1, end: 6 });
  drag({ x: 300, y: 10, double: true });
  assert.equal(store.get().loop, null);
});

test("a drag along the ruler that is too short to be looped leaves no loop", () => {
  const { store, drag } = editor();
  drag({ x: 400, y: 10 }, { x: 404, y: 10 });
  assert.equal(store.get().loop, null);
  drag({ x: 400, y: 10 }, { x: 406, y: 10 });
  assert.notEqual(loopFrom(store.get().loop, 0, 60 * SAMPLE_RATE), null);
});

test("a finger beside notes moves the time axis, selects in a box after resting", () => {
  const { store, at, context } = editor({ notes: NOTES, view: { start: 1, secondsPerPixel: 0.01 } });
  const start = at(2.5, "SN", { touch: true });
  const gesture = begin(start, context);
  gesture.move({ ...start, x: start.x - 50 });
  near(store.get().view.start, 1.5);
  assert.equal(store.get().selection.size, 0);
  const other = editor({ notes: NOTES });
  const held = begin(other.at(0.5, "KD", { touch: true }), other.context).hold();
  held.move(other.at(2.5, "HH", { touch: true }));
  assert.equal(other.store.get().selection.size, 2);
});

test("a finger that rests on a note adds it to the selection", () => {
  const { store, at, context } = editor({ notes: NOTES, selection: new Set([ride.id]) });
  begin(at(1, "SN", { touch: true }), context).hold();
  assert.deepEqual([...store.get().selection].sort(), [snare.id, ride.id].sort());
});

test("a finger on a note that is not selected sounds it when it is lifted; where the page scrolls instead, it leaves nothing behind", () => {
  const { store, at, context, sounded } = editor({ notes: NOTES, selection: new Set([ride.id]) });
  const point = at(1, "SN", { touch: true });
  const scrolled = begin(point, context);
  assert.ok(scrolled.yields);
  scrolled.move({ ...point, x: point.x + 30 });
  scrolled.cancel();
  assert.deepEqual([store.get().notes, [...store.get().selection], sounded, store.canUndo()], [NOTES, [ride.id], [], false]);
  begin(point, context).end(point);
  assert.deepEqual([[...store.get().selection], sounded], [[snare.id], [["SN", 80]]]);
  assert.ok(!begin(point, context).yields);
});

test("a finger scrolls the page up and down unless there is something to draw, erase or paint", () => {
  const take = { takes: [{ notes: [], candidates: [], region: [] }], take: 0 };
  const cases = [
    ["pan-y", { tool: "select" }],
    ...["draw", "erase", "paint"].map((tool) => ["none", { tool }]),
    ...["draw", "erase", "paint"].map((tool) => ["pan-y", { tool, shown: 0, steps: [{}] }]),
    ["pan-y", { tool: "draw", ...take }],
    ["none", { tool: "paint", ...take }],
    ["pan-y", { tool: "draw", duration: 0 }],
  ];
  for (const [action, state] of cases) assert.equal(touchActionOf(editor(state).store.get()), action, JSON.stringify(state));
});

test("while a step is shown the lanes cannot be edited", () => {
  const { store, at, drag } = editor({ notes: NOTES, tool: "erase", shown: 0, steps: [{}] });
  drag(at(1, "SN"));
  assert.deepEqual(store.get().notes, NOTES);
});

test("the cursor says what a press would do", () => {
  const { at, context, store } = editor({ notes: NOTES });
  assert.equal(cursorAt(at(1, "SN"), context), "grab");
  assert.equal(cursorAt(at(1.5, "SN"), context), "default");
  store.set({ tool: "paint" });
  assert.equal(cursorAt(at(1.5, "SN"), context), "crosshair");
  assert.equal(cursorAt({ x: 100, y: 5 }, context), "pointer");
});

// --- Commands. ---

test("cut and paste move notes to the playhead, with their distances", () => {
  const { store, commands } = editor({ notes: NOTES, selection: new Set([snare.id, hat.id]), playhead: 10 });
  commands.cut();
  assert.deepEqual(store.get().notes, [ride]);
  commands.paste();
  assert.deepEqual(store.get().notes.map(({ onset, drum }) => [onset, drum]), [[3, "RD"], [10, "SN"], [11, "HH"]]);
  assert.equal(store.get().selection.size, 2);
});

test("a copy lies a whole number of beats behind its original", () => {
  const { store, commands } = editor({ notes: NOTES, selection: new Set([snare.id, hat.id]), tempo: makeTempo({ bpm: 60, offset: 0 }), snap: 0.25 });
  commands.duplicate();
  assert.deepEqual(store.get().notes.map(({ onset }) => onset), [1, 2, 3, 3, 4]);
});

test("a copy of a bar is a bar later, however its hits lie about the grid", () => {
  for (const bpm of [73, 100, 120, 127.5]) {
    const beat = 60 / bpm;
    for (const late of [-0.04, -0.01, 0, 0.01, 0.04]) {
      for (const [last, beats] of [[0, 1], [3.5, 4], [3.75, 4], [4, 5]]) {
        const notes = [makeNote({ onset: 1.23, drum: "KD", velocity: 90 }), makeNote({ onset: 1.23 + (last ? last + late : 0) * beat, drum: "SN", velocity: 90 })];
        const { store, commands } = editor({ notes, selection: new Set(notes.map(({ id }) => id)), tempo: makeTempo({ bpm, offset: 1.23 }), snap: 0.25 });
        commands.duplicate();
        near(store.get().notes.filter(({ drum }) => drum === "KD")[1].onset, 1.23 + beats * beat);
      }
    }
  }
});

test("arrow keys move by what they say, and with the grid by its step", () => {
  const { store, commands } = editor({ notes: NOTES, selection: new Set([snare.id]), tempo: makeTempo({ bpm: 60, offset: 0 }), snap: 0.5 });
  commands.nudge({ seconds: 0.01 });
  near(find(store, snare).onset, 1.01);
  commands.nudge({ grid: -1 });
  near(find(store, snare).onset, 0.51);
  commands.nudge({ lanes: 1 });
  assert.equal(find(store, snare).drum, "TT");
});

test("stepping walks through the notes from the playhead and stops at the ends", () => {
  const { store, commands } = editor({ notes: NOTES, playhead: 1.5 });
  const chosen = () => [...store.get().selection];
  commands.step(1);
  assert.deepEqual(chosen(), [hat.id]);
  commands.step(1);
  commands.step(1);
  assert.deepEqual(chosen(), [ride.id]);
  commands.selectNone();
  commands.step(-1);
  assert.deepEqual(chosen(), [snare.id]);
});

test("quantising moves the selection to the grid and nothing else", () => {
  const off = [makeNote({ onset: 1.07, drum: "SN", velocity: 9 }), makeNote({ onset: 2.07, drum: "SN", velocity: 9 })];
  const { store, commands, said } = editor({ notes: off, selection: new Set([off[0].id]), tempo: makeTempo({ bpm: 60, offset: 0 }), snap: 0.25 });
  commands.quantise();
  assert.deepEqual(store.get().notes.map(({ onset }) => onset), [1, 2.07]);
  store.set({ tempo: null });
  commands.quantise();
  assert.equal(said.at(-1), "Set a tempo first");
});

test("quantising a flam leaves one note, the louder, and says so", () => {
  const flam = [makeNote({ onset: 0.97, drum: "SN", velocity: 40 }), makeNote({ onset: 1.01, drum: "SN", velocity: 90 })];
  const { store, commands, said } = editor({ notes: flam, selection: new Set(flam.map(({ id }) => id)), tempo: makeTempo({ bpm: 60, offset: 0 }), snap: 0.25 });
  commands.quantise();
  assert.deepEqual(store.get().notes.map(({ onset, velocity }) => [onset, velocity]), [[1, 90]]);
  assert.equal(said.at(-1), "2 notes on the grid; 1 note merged");
  assert.equal(store.get().selection.size, 1);
  store.undo();
  assert.deepEqual(store.get().notes, flam);
});

test("what is pasted or added twice at one place is there once", () => {
  const { store, commands, said } = editor({ notes: NOTES, selection: new Set([snare.id, hat.id]), playhead: 10 });
  commands.copy();
  commands.paste();
  commands.paste();
  assert.deepEqual(store.get().notes.map(({ onset, drum }) => [onset, drum]).slice(3), [[10, "SN"], [11, "HH"]]);
  assert.deepEqual([said.at(-1), store.get().selection.size], ["2 notes pasted; 2 notes merged", 2]);
  store.set({ playhead: 10.004 });
  commands.lastVelocity(30);
  commands.addAtPlayhead("SN");
  const added = store.get().notes.find(({ id }) => store.get().selection.has(id));
  assert.deepEqual([store.get().notes.length, added.onset, added.velocity], [5, 10.004, 80]);
  assert.equal(said.at(-1), "Added snare, 10.00 s, velocity 80; 1 note merged");
});

test("a note is merged with the one that it is dropped on, not with those that it passes, and their candidates stay", () => {
  const row = [1, 2, 3].map((onset) => makeNote({ onset, drum: "HH", velocity: 60 + onset }));
  const candidates = row.map(({ onset, drum, velocity }) => ({ onset, drum, velocity, score: 0.9, confidence: 0.9 }));
  const { store, at, drag, said } = editor({ notes: row, candidates });
  drag(at(1, "HH"), at(2, "HH"), at(3, "HH"));
  assert.deepEqual(store.get().notes.map(({ id, velocity }) => [id, velocity]), [[row[1].id, 62], [row[0].id, 63]]);
  assert.deepEqual([store.get().candidates, said.at(-1)], [[candidates[1]], "hi-hat, 3.00 s, velocity 63; 1 note merged"]);
  store.undo();
  assert.deepEqual([store.get().notes, store.get().candidates, store.canUndo()], [row, candidates, false]);
});

test("a note that is drawn on another takes its place, and a changed velocity merges none", () => {
  const { store, at, drag, commands } = editor({ notes: [snare], tool: "draw", tempo: makeTempo({ bpm: 60, offset: 0 }), snap: 1 });
  const start = at(1.3, "SN");
  drag(start, { ...start, y: start.y + 30 });
  assert.deepEqual(store.get().notes.map(({ onset, velocity }) => [onset, velocity]), [[1, 70]]);
  store.set({ notes: [snare, makeNote({ ...snare, id: undefined })], selection: new Set([snare.id]) });
  commands.velocity(5);
  assert.deepEqual(store.get().notes.map(({ velocity }) => velocity), [85, 80]);
});

test("the playhead steps from line to line of the grid, by tenths of a second without a tempo, and stays in the clip", () => {
  const { store, commands } = editor({ tempo: makeTempo({ bpm: 60, offset: 0.3 }), snap: 0.5, playhead: 0.9 });
  const places = (...directions) => directions.map((direction) => (commands.seekStep(direction), Number(store.get().playhead.toFixed(6))));
  assert.deepEqual(places(1, 1, -1, -1, -1, -1, 1), [1.3, 1.8, 1.3, 0.8, 0.3, 0, 0.3]);
  store.set({ snap: 0 });
  assert.deepEqual(places(1, -1), [1.3, 0.3]);
  store.set({ tempo: null, playhead: 59.95 });
  assert.deepEqual(places(1, -1), [60, 59.9]);
});

test("the playhead says where it went", () => {
  const { store, commands, said } = editor();
  commands.seek(99);
  store.set({ tempo: makeTempo({ bpm: 60, offset: 0, beats: 4 }) });
  commands.seek(5);
  assert.deepEqual(said, ["Playhead at 60.00 s", "Playhead at 5.00 s, bar 2.2"]);
});

test("the selection is looped with its last note's beat, up to the clip's end; without one the loop goes", () => {
  const { store, commands, said } = editor({ notes: NOTES, selection: new Set([snare.id, hat.id]) });
  const loop = (change) => (store.set(change), commands.loopSelection(), store.get().loop);
  assert.deepEqual(loop({}), { start: 1, end: 2.25 });
  assert.deepEqual(loop({ tempo: makeTempo({ bpm: 40, offset: 0 }) }), { start: 1, end: 3.5 });
  assert.deepEqual(loop({ duration: 3 }), { start: 1, end: 3 });
  assert.deepEqual(loop({ duration: 2, selection: new Set([hat.id]) }), { start: 2 - SHORTEST, end: 2 });
  assert.equal(loop({ selection: new Set() }), null);
  assert.equal(said.at(-1), "Loop off");
  commands.loopSelection();
  assert.equal(said.at(-1), "Nothing is selected");
});

test("a painted region that is selected is looped and shown, not the loop and not what was selected before", () => {
  const { store, commands, said } = editor({ notes: NOTES, selection: new Set([ride.id]), loop: { start: 20, end: 30 } });
  const mask = makeMask({ start: 4, end: 6, drums: ["SN"] });
  store.set({ masks: [mask, makeMask({ start: 40, end: 50, drums: ["SN"] })], mask: mask.id });
  commands.fitSelection();
  const { start, secondsPerPixel } = store.get().view;
  assert.deepEqual([start, start + LAYOUT.width * secondsPerPixel].map((time) => Number(time.toFixed(6))), [3.9, 6.1]);
  commands.loopSelection();
  assert.deepEqual([store.get().loop, said.at(-1)], [{ start: 4, end: 6 }, "Loop set to the painted region"]);
});

test("the selection fills the view with some room, a single note half a second, else the loop region", () => {
  const { store, commands, said } = editor({ notes: NOTES, selection: new Set([snare.id, ride.id]), loop: { start: 20, end: 30 } });
  const shown = (selection) => {
    store.set({ selection: new Set(selection) });
    commands.fitSelection();
    const { start, secondsPerPixel } = store.get().view;
    return [start, start + LAYOUT.width * secondsPerPixel].map((time) => Number(time.toFixed(6)));
  };
  assert.deepEqual(shown([snare.id, ride.id]), [0.9, 3.1]);
  assert.deepEqual(shown([hat.id]), [1.75, 2.25]);
  assert.deepEqual(shown([]), [19.5, 30.5]);
  store.set({ loop: null });
  assert.deepEqual(shown([]), [19.5, 30.5]);
  assert.equal(said.at(-1), "Nothing is selected");
});

test("whole lanes, the selection and the loop region can be painted", () => {
  const { store, commands } = editor({ notes: NOTES, selection: new Set([snare.id]), loop: { start: 5, end: 7 } });
  commands.paintSelection();
  commands.paintLane("HH");
  commands.paintLoop();
  const [selection, lane, loop] = store.get().masks;
  assert.deepEqual([lane.start, lane.end, lane.drums], [0, 60, ["HH"]]);
  assert.deepEqual([loop.start, loop.end, loop.drums.length], [5, 7, 7]);
  assert.ok(selection.start < 1 && selection.end > 1 && selection.drums.join() === "SN");
  commands.clearMasks();
  assert.deepEqual(store.get().masks, []);
  store.undo();
  assert.equal(store.get().masks.length, 3);
});

test("a region that is painted already is selected, not painted again", () => {
  const { store, commands, said } = editor({ notes: NOTES });
  commands.paintLane("HH");
  commands.paintLane("SN");
  commands.paintLane("HH");
  assert.equal(store.get().masks.length, 2);
  assert.equal(store.get().mask, store.get().masks[0].id);
  assert.match(said.at(-1), /^Painted already: 0\.00 to 60\.00 s/);
});

test("a tempo that is none changes nothing and says what may be", () => {
  const { store, commands, said } = editor({ tempo: { bpm: 90, offset: 0, beats: 4 } });
  for (const bpm of [-5, 0]) commands.setTempo({ bpm });
  assert.equal(store.get().tempo.bpm, 90);
  assert.equal(said.at(-1), "A tempo is 4 to 1000 beats a minute");
});

test("a tempo can be set, moved to the playhead and taken away", () => {
  const { store, commands } = editor({ playhead: 1.5 });
  commands.setTempo({ bpm: 100 });
  assert.deepEqual(store.get().tempo, { bpm: 100, offset: 1.5, beats: 4 });
  store.set({ playhead: 2 });
  commands.setTempo({ offset: 2 });
  assert.equal(store.get().tempo.offset, 2);
  commands.setTempo(null);
  assert.equal(store.get().tempo, null);
  store.undo();
  assert.equal(store.get().tempo.offset, 2);
});

test("a bar line or beats make no tempo", () => {
  const { store, commands, said } = editor({ playhead: 1.5 });
  for (const change of [{ offset: 1.5 }, { beats: 3 }]) {
    commands.setTempo(change);
    assert.deepEqual([store.get().tempo, store.canUndo(), said.at(-1)], [null, false, "Set a tempo first"]);
  }
});

test("what changes nothing is no edit: no entry, what was undone can be done again, and candidates stay", () => {
  const [loud, even] = [makeNote({ onset: 1, drum: "SN", velocity: 127 }), makeNote({ onset: 2, drum: "HH", velocity: 127 })];
  const candidates = [{ onset: 1, drum: "SN", velocity: 127, score: 0.9, confidence: 0.9 }];
  const mask = makeMask({ start: 0, end: 1, drums: ["KD"] });
  const state = { notes: [loud, even], candidates, selection: new Set([loud.id, even.id]), tempo: makeTempo({ bpm: 60, offset: 0 }), snap: 0.25 };
  const acts = [
    ({ commands }) => commands.velocity(5),
    ({ commands }) => commands.evenVelocity(),
    ({ commands }) => commands.quantise(),
    ({ commands }) => commands.change(loud.id, { onset: 1, velocity: 200 }),
    ({ commands }) => commands.setTempo({ offset: 0 }),
    ({ commands, store }) => (store.set({ mask: mask.id }), commands.nudge({ seconds: -0.01 })),
    ({ drag, at }) => drag(at(2, "HH"), at(2.5, "HH"), at(2, "HH")),
  ];
  for (const act of acts) {
    const parts = editor({ ...state, masks: [mask] });
    const { store } = parts;
    store.set({ locks: new Set(["BE"]) }, { undoable: "Lock" });
    store.undo();
    act(parts);
    const { notes, tempo, masks } = store.get();
    assert.deepEqual([notes, tempo, masks, store.canUndo()], [state.notes, state.tempo, [mask], false], String(act));
    assert.equal(store.get().candidates, candidates, String(act));
  }
});

test("of notes that go to the grid only those that were off it lose their candidates", () => {
  const [on, off] = [1, 2.07].map((onset) => makeNote({ onset, drum: "SN", velocity: 9 }));
  const candidates = [on, off].map(({ onset, drum, velocity }) => ({ onset, drum, velocity, score: 0.9, confidence: 0.9 }));
  const { store, commands } = editor({ notes: [on, off], candidates, selection: new Set([on.id, off.id]), tempo: makeTempo({ bpm: 60, offset: 0 }), snap: 0.25 });
  commands.quantise();
  assert.deepEqual(store.get().candidates, [candidates[0]]);
});

test("no note is put past the end, by the grid or by a move to it", () => {
  const late = makeNote({ onset: 7.95, drum: "SN", velocity: 9 });
  const { store, commands } = editor({ notes: [late], selection: new Set([late.id]), duration: 8, tempo: makeTempo({ bpm: 110, offset: 0 }), snap: 1 });
  commands.quantise();
  assert.equal(find(store, late).onset, 8);
  for (let k = 0; k < 100; k += 1) {
    const duration = 8 + Math.sqrt(k) / 7;
    const other = editor({ notes: [snare, hat], selection: new Set([snare.id, hat.id]), duration });
    other.commands.move({ seconds: 99 });
    assert.ok(other.store.get().notes.every(({ onset }) => onset <= duration));
  }
});

test("keys change no notes while others are shown in their place", () => {
  for (const looking of [{ take: 0, takes: [{ notes: [], candidates: [], region: [] }] }, { shown: 0, steps: [{}] }]) {
    const { store, commands, said } = editor({ notes: NOTES, selection: new Set([snare.id]), ...looking });
    commands.copy();
    const acts = [
      () => commands.addAtPlayhead("KD"),
      () => commands.delete(),
      () => commands.cut(),
      () => commands.paste(),
      () => commands.duplicate(),
      () => commands.nudge({ seconds: 0.01 }),
      () => commands.velocity(5),
      () => commands.evenVelocity(),
      () => commands.quantise(),
      () => commands.change(snare.id, { velocity: 3 }),
      () => commands.remove(new Set([snare.id])),
    ];
    store.set({ tempo: makeTempo({ bpm: 60, offset: 0 }), snap: 0.25 });
    for (const act of acts) {
      said.length = 0;
      act();
      assert.deepEqual([store.get().notes, store.canUndo()], [NOTES, false]);
      assert.match(said.at(-1), /^(Accept or discard the take|Go back to the notes)/, String(act));
    }
  }
});

test("one note is changed by the list within the clip", () => {
  const { store, commands } = editor({ notes: NOTES });
  commands.change(snare.id, { onset: 999, velocity: 500, drum: "BE" });
  const { onset, velocity, drum } = find(store, snare);
  assert.deepEqual([onset, velocity, drum], [60, 127, "BE"]);
});

test("while a take is auditioned notes stay as they are, but one can paint", () => {
  const { store, at, drag } = editor({ notes: NOTES, takes: [{ notes: NOTES, candidates: [], region: [] }], take: 0, tool: "erase" });
  drag(at(1, "SN"));
  assert.deepEqual(store.get().notes, NOTES);
  store.set({ tool: "paint" });
  drag(at(1, "SN"), at(2, "SN"));
  assert.equal(store.get().masks.length, 1);
});
