import assert from "node:assert/strict";
import { test } from "node:test";

import { withTake } from "../../assets/editor/audition.js";
import { candidatesBeside, candidatesOf, decide, resultOf, stateOf, takeOf, thresholdsOf, valueOf } from "../../assets/editor/exchange.js";
import { createIntake } from "../../assets/editor/intake.js";
import { makeMask } from "../../assets/editor/masks.js";
import { applyThreshold, makeNote, perDrum } from "../../assets/editor/notes.js";
import { createStore, initialState } from "../../assets/editor/store.js";

const VALUE = {
  version: 1,
  duration: 12.5,
  notes: [
    { onset: 0.1 + 0.2, drum: "KD", velocity: 100, confidence: 0.123456789012345 },
    { onset: 1, drum: "BE", velocity: 1 },
  ],
  masks: [{ start: 1.25, end: 2, drums: ["SN", "HH"] }],
  locks: ["KD", "RD"],
  tempo: { bpm: 98.7, offset: 0.31, beats: 3 },
  thresholds: [0, 0.1, 1, 0.123456789012345, 0.5, 0.6, 0.7],
  pending: false,
};

test("a value comes back bit for bit", () => {
  assert.deepEqual(valueOf({ ...initialState(), ...stateOf(VALUE) }), VALUE);
  assert.deepEqual(valueOf({ ...initialState(), ...stateOf(JSON.parse(JSON.stringify(VALUE))) }), VALUE);
});

test("a value says whether takes wait", () => {
  const { pending, ...rest } = valueOf({ ...initialState(), takes: [{ notes: [], candidates: [], region: [] }], take: null });
  assert.deepEqual([pending, { ...rest, pending: false }], [true, valueOf(initialState())]);
});

test("values that are none or hostile give only what is sound", () => {
  for (const value of [null, undefined, 3, "x", {}, { notes: {}, masks: 3, locks: "KD", tempo: [] }]) {
    const { notes, masks, locks, tempo } = stateOf(value);
    assert.deepEqual([notes, masks, locks.size, tempo], [[], [], 0, null]);
  }
  const { notes, masks, locks, ...rest } = stateOf({
    notes: [{ onset: 1, drum: "<img>", velocity: 9 }, { onset: "1", drum: "KD", velocity: 9 }, { onset: 2, drum: "KD", velocity: 999 }],
    masks: [{ start: 2, end: 1, drums: ["KD"] }],
    locks: ["XX", "HH"],
    thresholds: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, "0.5"],
  });
  assert.deepEqual(notes.map(({ onset, velocity }) => [onset, velocity]), [[2, 127]]);
  assert.deepEqual([masks, [...locks], "thresholds" in rest], [[], ["HH"], false]);
});

const THRESHOLDS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];
const DONE = {
  run: "r",
  kind: "transcribe",
  state: "done",
  take: 0,
  takes: 1,
  duration: 10,
  candidates: [
    [2, 1, 90, 0.21, 0.6],
    [1, 0, 80, 0.1, 0.3],
    [3, 6, 70, 0.9, 0.8],
    [4, 9, 70, 0.9, 0.8],
  ],
  thresholds: THRESHOLDS,
  carried: [{ onset: 0.5, drum: "HH", velocity: 33 }],
  tempo: { bpm: 100, offset: 0, beats: 4 },
  replaces: null,
};

test("candidates and thresholds come by lane; what has none is left out", () => {
  assert.deepEqual(candidatesOf(DONE.candidates).map(({ drum, score, confidence }) => [drum, score, confidence]), [
    ["KD", 0.1, 0.3],
    ["SN", 0.21, 0.6],
    ["BE", 0.9, 0.8],
  ]);
  assert.deepEqual(candidatesOf(null), []);
  assert.deepEqual(thresholdsOf([0.3], perDrum(() => 0.5)), { ...perDrum(() => 0.5), KD: 0.3 });
});

test("a result holds what was carried over and each candidate above its threshold", () => {
  const { notes, tempo, duration } = resultOf(DONE, initialState());
  assert.deepEqual(notes.map(({ onset, drum, confidence }) => [onset, drum, confidence]), [[0.5, "HH", undefined], [2, "SN", 0.6], [3, "BE", 0.8]]);
  assert.deepEqual([tempo.bpm, duration], [100, 10]);
});

test("notes carried over keep their ids", () => {
  const mine = makeNote({ onset: 0.5, drum: "HH", velocity: 33 });
  const { notes } = resultOf(DONE, { ...initialState(), notes: [mine] });
  assert.equal(notes[0].id, mine.id);
});

test("a tempo that the server takes comes as it is, however fast, and its bars however long", () => {
  const tempo = { bpm: 440, offset: 0, beats: 17 };
  const load = { ...DONE, kind: "load", candidates: [], masks: [], locks: [], tempo };
  assert.deepEqual([stateOf({ tempo }).tempo, resultOf(load, initialState()).tempo], [tempo, tempo]);
});

test("a lane that was locked while its notes were refined stays; one that was locked before comes as it was sent", () => {
  const [kick, snare] = ["KD", "SN"].map((drum) => makeNote({ onset: 1.5, drum, velocity: 33 }));
  const refined = { ...DONE, kind: "refine", candidates: [[2, 0, 90, 0.9, 0.9], [2, 1, 90, 0.9, 0.9]], carried: [] };
  const places = ({ notes }) => notes.map(({ id, onset, drum }) => [id, onset, drum]);
  const state = { ...initialState(), notes: [kick, snare], locks: new Set(["KD"]) };
  const [own, found] = resultOf(refined, state).notes;
  assert.deepEqual([own, found.onset, found.drum], [kick, 2, "SN"]);
  const sent = { ...refined, candidates: refined.candidates.slice(1), carried: [{ onset: 1.5, drum: "KD", velocity: 33 }] };
  assert.deepEqual(places(resultOf(sent, state)).at(0), [kick.id, 1.5, "KD"]);
  assert.equal(resultOf(sent, state).notes.length, 2);
});

test("transcribing anew leaves locked lanes and the visitor's tempo as they are", () => {
  const mine = ["KD", "SN"].map((drum) => makeNote({ onset: 1.5, drum, velocity: 33 }));
  const faint = candidatesOf([[4, 0, 90, 0.3], [4, 1, 90, 0.3]]);
  const tempo = { bpm: 127, offset: 0.5, beats: 3 };
  const state = { ...initialState(), notes: mine, candidates: faint, thresholds: perDrum(() => 0.7), locks: new Set(["KD"]), tempo };
  const anew = resultOf({ ...DONE, kind: "transcribe", candidates: [[2, 0, 90, 0.9, 0.9], [2, 1, 90, 0.9, 0.9]], carried: [] }, state);
  assert.deepEqual(anew.notes.map(({ onset, drum }) => [onset, drum]), [[1.5, "KD"], [2, "SN"]]);
  assert.equal(anew.notes[0].id, mine[0].id);
  assert.deepEqual(anew.candidates.map(({ onset, drum }) => [onset, drum]), [[2, "SN"], [4, "KD"]]);
  assert.deepEqual([anew.thresholds.KD, anew.thresholds.SN === 0.7, anew.tempo], [0.7, false, tempo]);
});

test("a project brings its masks, locks and tempo", () => {
  const load = { ...DONE, kind: "load", candidates: [], thresholds: null, masks: VALUE.masks, locks: VALUE.locks, tempo: VALUE.tempo };
  const patch = resultOf(load, initialState());
  assert.deepEqual([patch.masks.length, [...patch.locks], patch.tempo.beats], [1, ["KD", "RD"], 3]);
});

test("a flam of a found stroke and a grace note is whole in a project that is opened", () => {
  const carried = [0.975, 1].map((onset) => ({ onset, drum: "SN", velocity: 70 }));
  const load = { ...DONE, kind: "load", project: true, candidates: [[1, 1, 70, 0.9, 0.9]], carried, masks: [], locks: [] };
  assert.deepEqual(resultOf(load, initialState()).notes.map(({ onset }) => onset), [0.975, 1]);
});

test("a notes file leaves locked lanes as they are; a project, which is a roll of its own, brings all", () => {
  const [kick, snare] = ["KD", "SN"].map((drum) => makeNote({ onset: 1.5, drum, velocity: 33 }));
  const faint = candidatesOf([[4, 0, 90, 0.3]]);
  const tempo = { bpm: 127, offset: 0.5, beats: 3 };
  const state = { ...initialState(), notes: [kick, snare], candidates: faint, locks: new Set(["KD"]), tempo };
  const carried = ["KD", "SN"].map((drum) => ({ onset: 2, drum, velocity: 90 }));
  const load = { ...DONE, kind: "load", candidates: [], carried, masks: [], locks: ["KD"] };
  const joined = resultOf(load, state);
  assert.deepEqual(joined.notes.map(({ onset, drum }) => [onset, drum]), [[1.5, "KD"], [2, "SN"]]);
  assert.deepEqual([joined.notes[0].id, joined.candidates, joined.tempo], [kick.id, faint, tempo]);
  const opened = resultOf({ ...load, project: true }, state);
  assert.deepEqual([opened.notes.map(({ onset }) => onset), opened.candidates, opened.tempo.bpm], [[2, 2], [], 100]);
});

test("a take changes nothing outside its region, candidates included", () => {
  const outside = makeNote({ onset: 0.5, drum: "HH", velocity: 33 });
  const state = { ...initialState(), notes: [outside], candidates: candidatesOf([[2, 1, 90, 0.21], [8, 1, 90, 0.2]]), thresholds: perDrum(() => 0.5) };
  const feed = { ...DONE, kind: "regenerate", candidates: [[2.1, 1, 90, 0.9], [9, 1, 90, 0.9]], replaces: [{ start: 1, end: 4, drums: ["SN"] }], seed: 7 };
  const take = takeOf(feed, state);
  assert.equal(take.notes[0].id, outside.id);
  assert.deepEqual(take.notes.map(({ onset }) => onset), [0.5, 2.1]);
  assert.deepEqual(take.candidates.map(({ onset }) => onset), [2.1, 8]);
  assert.deepEqual([take.seed, take.number], [7, 1]);
});

test("a take brings the thresholds that decided it where there were none, and accepting it sets the sliders there", () => {
  const feed = { ...DONE, kind: "regenerate", carried: [], candidates: [[2, 5, 90, 0.61]], replaces: [{ start: 1, end: 4, drums: ["RD"] }] };
  const state = { ...initialState(), duration: 10 };
  const take = takeOf(feed, state);
  assert.equal(take.notes.length, 1);
  const { notes, candidates, thresholds } = withTake(state, take);
  assert.equal(thresholds.RD, 0.6);
  assert.equal(applyThreshold(notes, candidates, "RD", 0.605).length, 1);
  const later = { ...state, candidates: candidatesOf([[5, 5, 90, 0.1]]) };
  assert.equal("thresholds" in withTake(later, takeOf(feed, later)), false);
});

test("notes off the frames are inside a take's region by their frame, as on the server", () => {
  const at = (onset) => makeNote({ onset, drum: "KD", velocity: 9 });
  // Frames 400 to 499, and up to the end: 1000 and what rounds to 1001, past the last frame of 10.006 s.
  const state = { ...initialState(), duration: 10.006, notes: [3.9949, 3.9951, 4.0034, 4.9949, 4.9951, 9.9949, 9.9951, 10.0055].map(at) };
  const region = [{ start: 4, end: 5, drums: ["KD"] }, { start: 10, end: 10.006, drums: ["KD"] }];
  const feed = { ...DONE, kind: "regenerate", carried: [], candidates: [], replaces: region };
  assert.deepEqual(withTake(state, takeOf(feed, state)).notes.map(({ onset }) => onset), [3.9949, 4.9951, 9.9949]);
});

test("a take leaves locked lanes as they are even inside its region", () => {
  const feed = { ...DONE, kind: "regenerate", carried: [], candidates: [[2, 1, 90, 0.9]], replaces: [{ start: 1, end: 4, drums: ["SN"] }] };
  assert.deepEqual(takeOf(feed, { ...initialState(), locks: new Set(["SN"]) }).notes, []);
});

test("after a reload only candidates that fit the notes come back", () => {
  const candidates = candidatesOf([[1, 1, 90, 0.9], [2, 1, 90, 0.9], [3, 1, 90, 0.9], [4, 1, 90, 0.05]]);
  const notes = [makeNote({ onset: 1, drum: "SN", velocity: 90 }), makeNote({ onset: 2.01, drum: "SN", velocity: 90 })];
  assert.deepEqual(candidatesBeside(candidates, notes, thresholdsOf(THRESHOLDS, {})).map(({ onset }) => onset), [1, 4]);
  assert.deepEqual(decide(notes, candidatesBeside(candidates, notes, thresholdsOf(THRESHOLDS, {})), thresholdsOf(THRESHOLDS, {})), notes);
});

test("thresholds that were moved travel in the value, and a project brings them back to its candidates", () => {
  const first = createStore(resultOf(DONE, initialState()));
  const { notes, candidates, thresholds } = first.get();
  first.set({ notes: applyThreshold(notes, candidates, "KD", 0.05), thresholds: { ...thresholds, KD: 0.05 } });
  const value = JSON.parse(JSON.stringify(valueOf(first.get())));
  const load = { ...DONE, ...value, kind: "load", carried: value.notes };
  const opened = { ...initialState(), ...resultOf(load, initialState()) };
  assert.equal(opened.thresholds.KD, 0.05);
  assert.deepEqual(valueOf(opened), value);
  const raised = applyThreshold(opened.notes, opened.candidates, "KD", 0.2);
  assert.deepEqual(raised.map(({ drum }) => drum), ["HH", "SN", "BE"]);
});

// --- What the server says, over time. ---

function intake(state) {
  const store = createStore(state);
  const said = [];
  const returned = [];
  const parts = createIntake({
    onReturn: ({ id }) => returned.push(id),
    store,
    parseStep: (buffer) => buffer,
    parseMel: (buffer) => buffer,
    onMedia: () => {},
    onSource: () => {},
    beforeChange: () => {},
    announce: (text) => said.push(text),
    load: async (url) => ({ step: Number(url), steps: 3, notes: [] }),
  });
  return { store, said, returned, ...parts };
}

const running = (step, extra = {}) => ({ run: "r", kind: "transcribe", state: "running", step, steps: 3, take: 0, takes: 1, url: step ? String(step) : null, ...extra });
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("steps join the strip in order and are shown as they come", async () => {
  const { store, feed } = intake();
  feed(running(0));
  feed(running(2));
  feed(running(1));
  await settled();
  assert.deepEqual(store.get().steps.map(({ step }) => step), [1, 2]);
  assert.equal(store.get().shown, 1);
});

test("who looks at an earlier step is left there", async () => {
  const { store, feed } = intake();
  feed(running(1));
  await settled();
  feed(running(2));
  await settled();
  store.set({ shown: 0 });
  feed(running(3));
  await settled();
  assert.equal(store.get().shown, 0);
});

test("who goes back to the notes is left there until the next run, or until the newest bar is pressed", async () => {
  const { store, feed } = intake();
  const step = async (number, extra) => {
    feed(running(number, extra));
    await settled();
    return store.get().shown;
  };
  assert.equal(await step(1), 0);
  store.set({ shown: null });
  assert.equal(await step(2), null);
  assert.equal(await step(3), null);
  store.set({ shown: 2 });
  assert.equal(await step(4), 3);
  store.set({ shown: null });
  assert.equal(await step(1, { run: "next" }), 0);
});

test("the steps of a take cover neither the take that is auditioned nor what it is compared with", async () => {
  const { store, feed } = intake({ duration: 4 });
  const regenerate = { kind: "regenerate", takes: 3 };
  feed(running(1, regenerate));
  await settled();
  assert.equal(store.get().shown, 0);
  feed({ ...DONE, ...regenerate, take: 0, replaces: [{ start: 0, end: 4, drums: ["KD"] }] });
  for (const [step, take, looking] of [[1, 1, {}], [2, 1, { shown: 0 }], [3, 1, { shown: null, take: null }], [1, 2, {}]]) {
    store.set(looking);
    const { shown } = store.get();
    feed(running(step, { ...regenerate, take }));
    await settled();
    assert.equal(store.get().shown, shown);
  }
});

test("the result is one entry of the history, and the notes are shown again", async () => {
  const { store, feed, said } = intake();
  feed(running(1));
  await settled();
  feed({ ...DONE, step: 3, steps: 3, url: "3" });
  await settled();
  assert.equal(store.get().shown, null);
  assert.equal(store.get().steps.length, 2);
  assert.equal(store.get().notes.length, 3);
  assert.equal(said.at(-1), "3 notes");
  store.undo();
  assert.deepEqual(store.get().notes, []);
  assert.equal(store.canUndo(), false);
});

test("a result that is told twice counts once", () => {
  const { store, feed } = intake();
  feed({ ...DONE });
  const { notes } = store.get();
  feed({ ...DONE, message: "again" });
  assert.equal(store.get().notes, notes);
});

test("a stopped run leaves the notes as they were", async () => {
  const mine = makeNote({ onset: 1, drum: "KD", velocity: 9 });
  const { store, feed } = intake({ notes: [mine] });
  feed(running(1));
  await settled();
  feed(running(1, { state: "stopped", url: null }));
  assert.deepEqual([store.get().notes, store.get().shown, store.canUndo()], [[mine], null, false]);
});

test("takes gather, and nothing changes before one is accepted", () => {
  const mine = makeNote({ onset: 9, drum: "KD", velocity: 9 });
  const { store, feed } = intake({ notes: [mine] });
  const regenerate = { ...DONE, kind: "regenerate", takes: 2, carried: [{ onset: 9, drum: "KD", velocity: 9 }], replaces: [{ start: 0, end: 5, drums: ["SN"] }] };
  feed({ ...regenerate, take: 0 });
  feed({ ...running(0), kind: "regenerate", take: 1, takes: 2 });
  feed({ ...regenerate, take: 1 });
  assert.equal(store.get().takes.length, 2);
  assert.equal(store.get().take, 0);
  assert.deepEqual(store.get().notes, [mine]);
  feed({ ...running(0), run: "later", kind: "regenerate" });
  assert.deepEqual([store.get().takes, store.get().take], [[], null]);
});

test("takes are decided by the thresholds that are shown, also where those move while the run goes on and are moved back", () => {
  const found = [[1, 1, 90, 0.4, 0.6], [2, 1, 90, 0.6, 0.8]];
  const { store, feed } = intake({ duration: 4, candidates: candidatesOf([[3, 1, 90, 0.1, 0.2]]) });
  const done = (take) => feed({ ...DONE, kind: "regenerate", take, takes: 2, carried: [], candidates: found, replaces: [{ start: 0, end: 2.5, drums: ["SN"] }] });
  const onsets = () => store.get().takes.map(({ notes }) => notes.map(({ onset }) => onset));
  const move = (value) => store.set({ take: null, thresholds: { ...store.get().thresholds, SN: value } }, { undoable: "Threshold" });
  done(0);
  assert.deepEqual(onsets(), [[2]]);
  move(0.3);
  done(1);
  assert.deepEqual(onsets(), [[1, 2], [1, 2]]);
  move(0.7);
  assert.deepEqual(onsets(), [[], []]);
  store.undo();
  assert.deepEqual(onsets(), [[1, 2], [1, 2]]);
  const { notes, candidates } = withTake(store.get(), store.get().takes[0]);
  assert.deepEqual(decide(notes, candidates, store.get().thresholds).map(({ onset }) => onset), [1, 2]);
});

test("who looks at what is there now is left there when another take comes", () => {
  const { store, feed } = intake({ duration: 4 });
  const done = (take) => feed({ ...DONE, kind: "regenerate", take, takes: 3, replaces: [{ start: 0, end: 4, drums: ["KD"] }] });
  done(0);
  assert.equal(store.get().take, 0);
  store.set({ take: null });
  done(1);
  assert.deepEqual([store.get().take, store.get().takes.length], [null, 2]);
  store.set({ take: 1 });
  done(2);
  assert.deepEqual([store.get().take, store.get().takes.length], [1, 3]);
});

/** A run of three takes in an editor, of which so many are there. */
function takesOf(count) {
  const parts = intake({ duration: 4, notes: [makeNote({ onset: 9, drum: "KD", velocity: 9 })] });
  const run = { kind: "regenerate", takes: 3 };
  const bring = (take, extra) => parts.feed({ ...DONE, ...run, take, replaces: [{ start: 0, end: 4, drums: ["KD"] }], ...extra });
  for (let take = 0; take < count; take += 1) bring(take);
  return { ...parts, run, bring };
}

test("once takes were accepted or discarded, what their run still brings is not looked at", async () => {
  const answers = [{ notes: [], takes: [], take: null }, { takes: [], take: null }];
  for (const answer of answers) {
    const { store, said, feed, run, bring } = takesOf(1);
    store.set(answer, { undoable: "Answer", takes: true });
    const before = store.get();
    feed(running(1, { ...run, take: 1 }));
    await settled();
    bring(1);
    feed({ ...running(2, { ...run, take: 2, url: null }), state: "stopped" });
    const { takes, take, notes, steps, shown } = store.get();
    assert.deepEqual([takes, take, notes === before.notes, steps, shown], [[], null, true, [], null]);
    assert.equal(said.at(-1), "Take 1 of 3 is ready");
    bring(0, { run: "next" });
    assert.equal(store.get().takes.length, 1);
  }
});

test("takes are numbered as their run does, also where the first were missed", () => {
  const { store, said, bring } = takesOf(0);
  bring(1);
  bring(2);
  assert.deepEqual(store.get().takes.map(({ number }) => number), [2, 3]);
  assert.equal(said.at(-1), "Take 3 of 3 is ready");
});

test("takes that a new run drops come back by undo, and what it brought by redo", () => {
  const { store, feed, bring } = takesOf(2);
  const dropped = store.get().takes;
  for (const kind of ["regenerate", "transcribe"]) {
    feed(running(0, { run: kind, kind }));
    assert.deepEqual([store.get().takes, store.get().take], [[], null]);
    bring(0, { run: kind, kind, takes: 1 });
    const { takes, notes } = store.get();
    assert.equal(store.undo(), { regenerate: "Regenerate", transcribe: "Transcribe" }[kind]);
    assert.deepEqual([store.get().takes, store.get().take], [dropped, 0]);
    store.redo();
    assert.deepEqual([store.get().takes, store.get().notes], [takes, notes]);
    store.undo();
  }
});

test("takes that a stopped run dropped come back by undo", () => {
  const { store, feed } = takesOf(2);
  const dropped = store.get().takes;
  feed(running(0, { run: "next" }));
  feed(running(0, { run: "next", state: "stopped" }));
  assert.equal(store.undo(), "Drop takes");
  assert.deepEqual([store.get().takes, store.get().take], [dropped, 0]);
});

test("what is loaded beside locked lanes says that they stay", () => {
  const load = { ...DONE, kind: "load", candidates: [], masks: [], locks: ["KD"] };
  for (const [project, locks, words] of [[false, ["KD"], "One note; locked lanes stay as they were"], [true, ["KD"], "One note"], [false, [], "One note"]]) {
    const { feed, said } = intake({ locks: new Set(locks) });
    feed({ ...load, project });
    assert.equal(said.at(-1), words);
  }
});

test("when the editor is mounted anew, thresholds that were moved hold against those of the last run", () => {
  const moved = { ...thresholdsOf(THRESHOLDS, {}), KD: 0.05 };
  const notes = decide([], candidatesOf(DONE.candidates), moved);
  const { store, feed } = intake(stateOf(valueOf({ ...initialState(), notes, thresholds: moved })));
  feed(DONE, true);
  assert.equal(store.get().thresholds.KD, 0.05);
  assert.equal(store.get().candidates.length, 3);
});

test("another recording empties the editor, and undo brings back what was there", () => {
  const { store, source, returned } = intake();
  source({ id: "a", name: "a", duration: 5, audio: null, mel: null });
  store.set({ notes: [makeNote({ onset: 1, drum: "KD", velocity: 9 })], masks: [makeMask({ start: 0, end: 1, drums: ["KD"] })] }, { undoable: "Add" });
  source({ id: "a", name: "a", duration: 5, audio: null, mel: null });
  assert.equal(store.get().notes.length, 1);
  source({ id: "b", name: "b", duration: 7, audio: null, mel: null });
  assert.deepEqual([store.get().notes, store.get().masks, store.get().duration], [[], [], 7]);
  store.undo();
  assert.deepEqual([store.get().notes.length, store.get().masks.length, store.get().duration, returned], [1, 1, 5, ["a"]]);
  store.redo();
  assert.deepEqual([store.get().notes, store.get().source.id, returned], [[], "b", ["a", "b"]]);
});

test("a first recording is nothing to undo", () => {
  const { store, source } = intake();
  source({ id: "a", name: "a", duration: 5, audio: null, mel: null });
  assert.equal(store.canUndo(), false);
});

const GENERATED = { id: "g", name: "Generated", duration: 10, audio: null, mel: null, generated: true, run: "r" };
const OWN = makeNote({ onset: 1, drum: "KD", velocity: 9 });

function generating() {
  const parts = intake();
  parts.source({ id: "a", name: "a", duration: 5, audio: "sound", mel: null });
  parts.store.set({ notes: [OWN] }, { undoable: "Add" });
  parts.source(GENERATED);
  parts.feed(running(1, { kind: "generate", source: "g" }));
  assert.deepEqual(parts.store.get().notes, []);
  return parts;
}

test("a roll that a run opened goes with it when it is stopped or fails, whatever was drawn there", () => {
  for (const state of ["stopped", "failed"]) {
    for (const drawn of [false, true]) {
      const { store, feed, returned } = generating();
      if (drawn) store.set({ notes: [makeNote({ onset: 2, drum: "SN", velocity: 9 })] }, { undoable: "Add" });
      feed(running(1, { kind: "generate", source: "g", state, url: null }));
      const { notes, source, duration, steps } = store.get();
      assert.deepEqual([notes, source.id, duration, steps, returned], [[OWN], "a", 5, [], []]);
      store.undo();
      assert.deepEqual(store.get().notes, []);
    }
  }
});

test("a run that is stopped leaves the recording that was brought before it", () => {
  const { store, source, feed } = intake();
  source({ id: "a", name: "a", duration: 5, audio: "sound", mel: null });
  source({ id: "b", name: "b", duration: 7, audio: "sound", mel: null });
  source({ id: "b", name: "b", duration: 7, audio: "sound", mel: null, run: "r" });
  feed(running(1, { source: "b" }));
  feed(running(1, { source: "b", state: "stopped", url: null }));
  assert.equal(store.get().source.id, "b");
});

test("a new roll and what was made in it are one undo", () => {
  const { store, feed, returned } = generating();
  feed({ ...DONE, kind: "generate", source: "g" });
  assert.equal(store.get().notes.length, 3);
  assert.equal(store.undo(), "Generate");
  assert.deepEqual([store.get().notes, store.get().source.id, store.get().duration, returned], [[OWN], "a", 5, ["a"]]);
  store.redo();
  assert.deepEqual([store.get().notes.length, store.get().source.id], [3, "g"]);
});

test("what belongs to another recording is dropped", async () => {
  const { store, source, feed } = intake();
  source({ id: "a", name: "a", duration: 5, audio: "sound", mel: null });
  feed(running(1, { source: "a" }));
  source({ id: "b", name: "b", duration: 7, audio: "sound", mel: null });
  feed(running(2, { source: "a" }));
  feed({ ...DONE, source: "a" });
  await settled();
  assert.deepEqual([store.get().notes, store.get().steps, store.get().feed, store.get().duration], [[], [], null, 7]);
});

test("the recording that notes wait for joins them, by another id or by the same, and what lies past its end goes", () => {
  for (const id of ["a", "b"]) {
    const { store, source, feed } = intake();
    source({ id: "a", name: "a", duration: 9, audio: null, mel: null });
    const carried = [{ onset: 0.5, drum: "HH", velocity: 33 }, { onset: 8, drum: "KD", velocity: 33 }];
    feed({ ...DONE, kind: "load", candidates: [], duration: 9, carried });
    source({ id, name: "a.wav", duration: 7, audio: "sound", mel: null });
    const now = () => [store.get().notes.map(({ onset }) => onset), store.get().duration, store.get().source.audio];
    assert.deepEqual(now(), [[0.5], 7, "sound"]);
    store.undo();
    assert.deepEqual(now(), [[0.5, 8], 9, null]);
    store.redo();
    assert.deepEqual(now(), [[0.5], 7, "sound"]);
    source({ id: "c", name: "c", duration: 7, audio: "sound", mel: null });
    assert.deepEqual(store.get().notes, []);
  }
});

test("what takes and painted regions hold past the end of the recording that joins goes, too", () => {
  const { store, source, feed } = intake();
  source({ id: "a", name: "a", duration: 9, audio: null, mel: null });
  store.set({ masks: [makeMask({ start: 4, end: 9, drums: ["KD"] }), makeMask({ start: 8, end: 9, drums: ["SN"] })] });
  const candidates = [[5, 0, 90, 0.9, 0.9], [8, 0, 90, 0.9, 0.9]];
  feed({ ...DONE, kind: "regenerate", candidates, carried: [], duration: 9, replaces: [{ start: 4, end: 9, drums: ["KD"] }] });
  source({ id: "b", name: "b", duration: 7, audio: "sound", mel: null });
  const { masks, takes } = store.get();
  assert.deepEqual(masks.map(({ start, end }) => [start, end]), [[4, 7]]);
  const { notes, candidates: faint } = withTake(store.get(), takes[0]);
  assert.deepEqual([notes, faint].map((found) => found.map(({ onset }) => onset)), [[5], [5]]);
});

test("a recording as long as the notes that wait for it joins them once more by redo", () => {
  const { store, source, feed } = intake();
  source({ id: "a", name: "a", duration: 7, audio: "sound of a", mel: null });
  source({ id: "p", name: "p", duration: 9, audio: null, mel: null });
  feed({ ...DONE, kind: "load", candidates: [], duration: 9, carried: [{ onset: 0.5, drum: "HH", velocity: 33 }] });
  source({ id: "r", name: "r", duration: 9, audio: "sound of r", mel: null });
  while (store.get().source.id !== "a") assert.ok(store.undo());
  while (store.redo());
  assert.deepEqual([store.get().source.audio, store.get().notes.length], ["sound of r", 1]);
});

test("a generated roll is not joined by a recording", () => {
  const { store, source } = intake();
  source({ id: "a", name: "Generated", duration: 9, audio: null, mel: null, generated: true });
  store.set({ notes: [makeNote({ onset: 1, drum: "KD", velocity: 9 })] });
  source({ id: "b", name: "b", duration: 7, audio: "sound", mel: null });
  assert.deepEqual(store.get().notes, []);
});

test("steps of a run that is over are dropped", async () => {
  const { store, feed } = intake();
  feed(running(1));
  feed({ ...running(0), run: "next" });
  await settled();
  assert.deepEqual(store.get().steps, []);
});
