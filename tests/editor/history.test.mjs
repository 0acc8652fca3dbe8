import assert from "node:assert/strict";
import { test } from "node:test";

import { createHistory, createTokens, isSame } from "../../assets/editor/history.js";
import { UNDOABLE, createStore, isAudible } from "../../assets/editor/store.js";
import { makeMask } from "../../assets/editor/masks.js";
import { makeNote } from "../../assets/editor/notes.js";

const note = (onset, drum = "SN") => makeNote({ onset, drum, velocity: 90 });

test("undo and redo walk through the states in order", () => {
  const history = createHistory();
  history.push({ label: "a", before: 0, after: 1 });
  history.push({ label: "b", before: 1, after: 2 });
  assert.deepEqual(history.undo(), { label: "b", state: 1 });
  assert.deepEqual(history.undo(), { label: "a", state: 0 });
  assert.equal(history.undo(), null);
  assert.deepEqual(history.redo(), { label: "a", state: 1 });
  assert.deepEqual(history.redo(), { label: "b", state: 2 });
  assert.equal(history.redo(), null);
});

test("a new entry forgets what was undone", () => {
  const history = createHistory();
  history.push({ label: "a", before: 0, after: 1 });
  history.undo();
  history.push({ label: "b", before: 0, after: 5 });
  assert.equal(history.canRedo(), false);
});

test("entries of one gesture are one entry, from before the first to after the last", () => {
  const history = createHistory();
  const gesture = Symbol("drag");
  history.push({ label: "drag", before: 0, after: 1, gesture });
  history.push({ label: "drag", before: 1, after: 2, gesture });
  assert.deepEqual(history.undo(), { label: "drag", state: 0 });
  assert.equal(history.canUndo(), false);
  assert.deepEqual(history.redo(), { label: "drag", state: 2 });
});

test("reverting takes back the running gesture only", () => {
  const history = createHistory();
  const gesture = Symbol("drag");
  history.push({ label: "other", before: 0, after: 1 });
  assert.equal(history.revert(gesture), null);
  history.push({ label: "drag", before: 1, after: 2, gesture });
  assert.equal(history.revert(gesture), 1);
  assert.equal(history.canRedo(), false);
  assert.deepEqual(history.undo(), { label: "other", state: 0 });
});

test("where nothing differs there is no entry, and what was undone stays", () => {
  const history = createHistory();
  history.push({ label: "a", before: { notes: [] }, after: { notes: [note(1)] } });
  history.undo();
  assert.equal(history.push({ label: "b", before: { notes: [] }, after: { notes: [] } }), false);
  assert.deepEqual([history.canUndo(), history.canRedo()], [false, true]);
});

test("a gesture that ends where it began leaves no entry, and may go on from there", () => {
  const history = createHistory();
  const gesture = Symbol("drag");
  const go = (before, after) => history.push({ label: "drag", before, after, gesture });
  history.push({ label: "other", before: 5, after: 0 });
  go(0, 1);
  assert.equal(history.before(gesture), 0);
  go(1, 0);
  assert.equal(history.before(gesture), null);
  go(0, 2);
  assert.deepEqual([history.undo(), history.undo()], [{ label: "drag", state: 0 }, { label: "other", state: 5 }]);
});

test("the running gesture has a state before it until another entry follows", () => {
  const store = createStore();
  const gesture = Symbol("drag");
  const { notes } = store.get();
  assert.equal(store.before(gesture), store.get());
  for (const onset of [1, 2]) store.set({ notes: [note(onset)] }, { undoable: "Drag", gesture });
  assert.equal(store.before(gesture).notes, notes);
  store.set({ locks: new Set(["HH"]) }, { undoable: "Lock" });
  assert.equal(store.before(gesture), store.get());
});

test("what says the same is the same: by values, whatever objects hold them", () => {
  const [a, b] = [note(1), note(2)];
  const pairs = [
    [true, [a, b], [{ ...a }, { ...b }]],
    [false, [a, b], [a]],
    [false, [a, b], [b, a]],
    [false, [a], [{ ...a, velocity: 1 }]],
    [false, { ...a, confidence: undefined }, a],
    [true, new Set(["HH", "KD"]), new Set(["KD", "HH"])],
    [false, new Set(["HH"]), new Set(["KD"])],
    [true, null, null],
    [false, null, {}],
    [false, a, undefined],
  ];
  for (const [same, one, other] of pairs) assert.equal(isSame(one, other), same, JSON.stringify([one, other]));
});

test("what follows within a pause on the same things has one token", () => {
  const tokenOf = createTokens(100);
  const selection = new Set();
  const first = tokenOf(0, "nudge", selection);
  assert.equal(tokenOf(100, "nudge", selection), first);
  assert.equal(tokenOf(200, "nudge", selection), first);
  const second = tokenOf(301, "nudge", selection);
  const third = tokenOf(302, "nudge", new Set());
  assert.equal(new Set([first, second, third, tokenOf(303, "step", selection), tokenOf(304, "nudge", selection)]).size, 5);
});

test("the oldest entries go when there are too many", () => {
  const history = createHistory({ limit: 2 });
  for (const n of [0, 1, 2]) history.push({ label: String(n), before: n, after: n + 1 });
  history.undo();
  assert.deepEqual(history.undo(), { label: "1", state: 1 });
  assert.equal(history.undo(), null);
});

test("undo restores notes, masks, locks and tempo together", () => {
  const store = createStore();
  const before = store.get();
  const patch = {
    notes: [note(1)],
    masks: [makeMask({ start: 0, end: 1, drums: ["KD"] })],
    locks: new Set(["HH"]),
    tempo: { bpm: 90, offset: 0, beats: 4 },
  };
  store.set(patch, { undoable: "All" });
  assert.equal(store.undo(), "All");
  for (const key of UNDOABLE) assert.equal(store.get()[key], before[key]);
  assert.equal(store.redo(), "All");
  for (const key of Object.keys(patch)) assert.equal(store.get()[key], patch[key]);
});

test("undo leaves view state alone", () => {
  const store = createStore();
  store.set({ notes: [note(1)] }, { undoable: "Add" });
  store.set({ playhead: 3, tool: "draw" });
  store.undo();
  assert.equal(store.get().playhead, 3);
  assert.equal(store.get().tool, "draw");
});

test("a set that changes nothing undoable leaves no entry", () => {
  const store = createStore();
  store.set({ notes: store.get().notes, playhead: 2 }, { undoable: "Nothing" });
  assert.equal(store.canUndo(), false);
});

test("listeners hear exactly what changed", () => {
  const store = createStore();
  const heard = [];
  const unsubscribe = store.subscribe((state, changed) => heard.push([...changed].sort()));
  store.set({ playhead: 1, tool: "select" });
  store.set({ playhead: 1 });
  unsubscribe();
  store.set({ playhead: 2 });
  assert.deepEqual(heard, [["playhead"]]);
});

test("a listener may set the store; all listeners hear changes in order", () => {
  const store = createStore();
  const heard = [];
  store.subscribe((state, changed) => {
    if (changed.has("playhead") && state.playhead === 1) store.set({ loop: { start: 0, end: 1 } });
  });
  store.subscribe((state, changed) => heard.push([...changed][0]));
  store.set({ playhead: 1 });
  assert.deepEqual(heard, ["playhead", "loop"]);
});

test("a listener that throws does not keep the others from hearing", () => {
  const store = createStore();
  let heard = 0;
  store.subscribe(() => {
    throw new Error("broken part");
  });
  store.subscribe(() => (heard += 1));
  assert.throws(() => store.set({ playhead: 1 }), /broken part/);
  assert.throws(() => store.set({ playhead: 2 }), /broken part/);
  assert.equal(heard, 2);
});

test("the selection keeps only notes that exist, the chosen mask too", () => {
  const [a, b] = [note(1), note(2)];
  const mask = makeMask({ start: 0, end: 1, drums: ["KD"] });
  const store = createStore({ notes: [a, b], selection: new Set([a.id, b.id]), masks: [mask], mask: mask.id });
  store.set({ notes: [b], masks: [] }, { undoable: "Delete" });
  assert.deepEqual([...store.get().selection], [b.id]);
  assert.equal(store.get().mask, null);
});

test("of notes and a painted region only what was selected last is selected", () => {
  const a = note(1);
  const mask = makeMask({ start: 0, end: 1, drums: ["KD"] });
  const store = createStore({ notes: [a], masks: [mask] });
  const heard = [];
  store.subscribe((state, changed) => heard.push([...changed].sort()));
  store.set({ selection: new Set([a.id]) });
  store.set({ mask: mask.id });
  assert.deepEqual([store.get().selection.size, store.get().mask], [0, mask.id]);
  store.set({ selection: new Set([a.id]) });
  assert.deepEqual([store.get().selection.size, store.get().mask], [1, null]);
  assert.deepEqual(heard, [["selection"], ["mask", "selection"], ["mask", "selection"]]);
});

test("undo restores takes where the entry made them come or go, and nowhere else", () => {
  const take = { notes: [], candidates: [], region: [] };
  const store = createStore({ takes: [take], take: 0 });
  store.set({ notes: [note(1)], takes: [], take: null }, { undoable: "Accept", takes: true });
  store.set({ notes: [] }, { undoable: "Delete" });
  store.set({ takes: [take, take] });
  store.undo();
  assert.equal(store.get().takes.length, 2);
  store.undo();
  assert.deepEqual([store.get().takes, store.get().take, store.get().notes], [[take], 0, []]);
  store.redo();
  assert.deepEqual([store.get().takes, store.get().take, store.get().notes.length], [[], null, 1]);
});

test("a gesture that is reverted leaves the state before it and no entry", () => {
  const store = createStore();
  const gesture = Symbol("drag");
  store.set({ notes: [note(1)] }, { undoable: "Drag", gesture });
  store.set({ notes: [note(2)] }, { undoable: "Drag", gesture });
  assert.equal(store.revert(gesture), true);
  assert.deepEqual(store.get().notes, []);
  assert.equal(store.canUndo(), false);
  assert.equal(store.revert(gesture), false);
});

test("forgetting empties the history and says so", () => {
  const store = createStore();
  store.set({ notes: [note(1)] }, { undoable: "Add" });
  let told = false;
  store.subscribe((state, changed) => (told = changed.has("history")));
  store.forget();
  assert.equal(store.canUndo(), false);
  assert.equal(told, true);
});

test("a drum is heard unless it is muted or another is soloed", () => {
  const state = { muted: new Set(["KD"]), soloed: new Set() };
  assert.equal(isAudible(state, "KD"), false);
  assert.equal(isAudible(state, "SN"), true);
  assert.equal(isAudible({ ...state, soloed: new Set(["HH"]) }, "SN"), false);
  assert.equal(isAudible({ ...state, soloed: new Set(["KD"]) }, "KD"), false);
});
