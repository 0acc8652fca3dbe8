import assert from "node:assert/strict";
import test from "node:test";

import { SHORTEST, usualLoop } from "../../assets/editor/loop.js";
import { makeNote } from "../../assets/editor/notes.js";
import { loopFrom } from "../../assets/editor/schedule.js";
import { SAMPLE_RATE } from "../../assets/editor/sounds.js";
import { initialState } from "../../assets/editor/store.js";

const notes = [1, 2, 3].map((onset) => makeNote({ onset, drum: "KD", velocity: 100 }));
const state = { ...initialState(), duration: 30, notes, playhead: 5 };
const tempo = { bpm: 120, offset: 0.5, beats: 4 };

test("masks are looped first, then the selection with its last note's beat", () => {
  const selection = new Set([notes[0].id, notes[1].id]);
  const masks = [{ start: 8, end: 9, drums: ["KD"] }, { start: 7, end: 8.5, drums: ["SN"] }];
  assert.deepEqual(usualLoop({ ...state, masks, selection }), { start: 7, end: 9 });
  assert.deepEqual(usualLoop({ ...state, selection, tempo }), { start: 1, end: 2.5 });
  assert.deepEqual(usualLoop({ ...state, selection }), { start: 1, end: 2.25 });
});

test("else two bars from the bar line before the playhead", () => {
  assert.deepEqual(usualLoop({ ...state, tempo }), { start: 4.5, end: 8.5 });
  assert.deepEqual(usualLoop({ ...state, tempo, playhead: 0.2 }), { start: 0, end: 2.5 });
});

test("at the end of the song the last two bars", () => {
  assert.deepEqual(usualLoop({ ...state, tempo, duration: 30.5, playhead: 30.5 }), { start: 26.5, end: 30.5 });
  assert.deepEqual(usualLoop({ ...state, tempo, playhead: 29.9 }), { start: 26.5, end: 30 });
  assert.deepEqual(usualLoop({ ...state, tempo, duration: 3, playhead: 3 }), { start: 0.5, end: 3 });
});

test("else four seconds, within the song", () => {
  assert.deepEqual(usualLoop(state), { start: 5, end: 9 });
  assert.deepEqual(usualLoop({ ...state, playhead: 29 }), { start: 26, end: 30 });
  assert.deepEqual(usualLoop({ ...state, duration: 2, playhead: 1 }), { start: 0, end: 2 });
  assert.equal(usualLoop({ ...state, duration: 0 }), null);
});

test("what is too short to be looped goes on for long enough, at the end of the song it begins early enough", () => {
  const loops = [[1, 1.02], [0, 0.01], [29.99, 30], [30, 30]].map(([start, end]) => usualLoop({ ...state, masks: [{ start, end, drums: ["KD"] }] }));
  const late = makeNote({ onset: 30, drum: "KD", velocity: 100 });
  loops.push(usualLoop({ ...state, notes: [late], selection: new Set([late.id]), tempo }));
  assert.deepEqual(loops, [[1, 1 + SHORTEST], [0, SHORTEST], ...Array(3).fill([30 - SHORTEST, 30])].map(([start, end]) => ({ start, end })));
  for (const loop of loops) assert.notEqual(loopFrom(loop, 0, 30 * SAMPLE_RATE), null);
});
