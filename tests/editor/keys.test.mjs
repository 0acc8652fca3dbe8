import assert from "node:assert/strict";
import { test } from "node:test";

import { createCommands } from "../../assets/editor/commands.js";
import { pointerRows } from "../../assets/editor/help.js";
import { SHORTCUTS, belongsToControl, comboOf, commandOf, createKeys, modifiersOf, writeCombo } from "../../assets/editor/keys.js";
import { makeMask } from "../../assets/editor/masks.js";
import { makeNote, sortNotes } from "../../assets/editor/notes.js";
import { createStore } from "../../assets/editor/store.js";
import { editor } from "./headless.mjs";

const press = (key, modifiers = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...modifiers });

test("no two commands share a key", () => {
  const combos = SHORTCUTS.flatMap(({ keys }) => keys);
  assert.equal(new Set(combos).size, combos.length);
});

test("every key's command exists", () => {
  const commands = createCommands({ store: createStore(), player: {}, announce: () => {}, width: () => 1, help: {} });
  const ofKeys = ["escape", "toStart", "toEnd", "seekBy"];
  for (const { command } of SHORTCUTS) assert.ok(ofKeys.includes(command) || typeof commands[command] === "function", command);
});

test("keys with modifiers are told apart", () => {
  assert.equal(comboOf(press("Z", { ctrlKey: true, shiftKey: true })), "mod+shift+z");
  assert.equal(comboOf(press("z", { metaKey: true })), "mod+z");
  assert.equal(comboOf(press(" ")), "space");
  assert.equal(comboOf(press("?", { shiftKey: true })), "?");
  assert.equal(comboOf(press("ArrowUp", { shiftKey: true })), "shift+arrowup");
  assert.deepEqual(commandOf(press("ArrowLeft", { altKey: true })), { command: "nudge", args: [{ seconds: -0.001 }] });
  assert.deepEqual(commandOf(press("3")), { command: "addAtPlayhead", args: ["TT"] });
  assert.equal(commandOf(press("F5")), null);
});

test("a held key moves on and on, but plays, draws and deletes once", () => {
  const done = [];
  const commands = new Proxy({}, { get: (_, name) => () => done.push(name) });
  const root = Object.assign(new EventTarget(), { querySelector: () => null });
  const keys = createKeys({ root, store: createStore(), commands, cancel: () => false });
  const hold = (key) => {
    for (const repeat of [false, true, true]) {
      const event = Object.assign(new Event("keydown", { cancelable: true }), press(key), { repeat });
      root.dispatchEvent(event);
      assert.ok(event.defaultPrevented);
    }
    return done.splice(0).length;
  };
  for (const key of ["ArrowLeft", ".", "+", "PageDown"]) assert.equal(hold(key), 3, key);
  for (const key of [" ", "1", "Delete", "m", "l", "q", "?"]) assert.equal(hold(key), 1, key);
  keys.dispose();
});

/** An editor with its keys; `hold` presses one so many times, 30 ms apart, after a pause. */
function keyboard(state) {
  const parts = editor(state);
  const root = Object.assign(new EventTarget(), { querySelector: () => null });
  createKeys({ root, store: parts.store, commands: parts.commands, cancel: () => false });
  let now = 0;
  function hold(key, times = 1, { pause = 30, ...modifiers } = {}) {
    now += pause - 30;
    for (let i = 0; i < times; i += 1) {
      const event = Object.assign(new Event("keydown", { cancelable: true }), press(key, modifiers), { repeat: i > 0 });
      root.dispatchEvent(Object.defineProperty(event, "timeStamp", { value: (now += 30) }));
    }
  }
  const places = () => parts.store.get().notes.map(({ onset, drum }) => [Number(onset.toFixed(6)), drum]);
  return { ...parts, hold, places };
}

const hats = [1, 1.1, 1.2, 1.3].map((onset, k) => makeNote({ onset, drum: "HH", velocity: 60 + 10 * k }));
const [hat] = hats;
const candidates = hats.map(({ onset, drum, velocity }) => ({ onset, drum, velocity, score: 0.9, confidence: 0.9 }));

test("a note that a held key moves leaves all that it passes, there and back, and one undo takes it back", () => {
  const { store, hold, places } = keyboard({ notes: hats, candidates, selection: new Set([hat.id]) });
  hold("ArrowRight", 35);
  assert.deepEqual(places(), [[1.1, "HH"], [1.2, "HH"], [1.3, "HH"], [1.35, "HH"]]);
  assert.deepEqual([store.get().notes.at(-1).velocity, store.get().candidates], [60, candidates.slice(1)]);
  hold("ArrowLeft", 25);
  assert.deepEqual(places(), [[1.1, "HH"], [1.2, "HH"], [1.3, "HH"]]);
  hold("ArrowLeft", 15);
  assert.deepEqual(places(), [[0.95, "HH"], [1.1, "HH"], [1.2, "HH"], [1.3, "HH"]]);
  store.undo();
  assert.deepEqual([store.get().notes, store.get().candidates, store.canUndo()], [hats, candidates, false]);
});

test("a kick goes through the lanes and back past what is struck with it", () => {
  const chord = ["KD", "SN", "HH"].map((drum) => makeNote({ onset: 1, drum, velocity: 80 }));
  const { store, hold } = keyboard({ notes: chord, selection: new Set([chord[0].id]) });
  hold("ArrowDown", 4);
  hold("ArrowUp", 4);
  assert.deepEqual([store.get().notes, store.canUndo()], [chord, false]);
});

test("a held key merges its note with the one that it ends on, which undo brings back, and with no other", () => {
  const { store, hold, places, said } = keyboard({ notes: hats, selection: new Set([hat.id]) });
  hold("ArrowRight", 20);
  assert.deepEqual(places(), [[1.1, "HH"], [1.2, "HH"], [1.3, "HH"]]);
  assert.deepEqual([store.get().notes[1].velocity, said.at(-1)], [80, "hi-hat, 1.20 s, velocity 80; 1 note merged"]);
  store.undo();
  assert.deepEqual([store.get().notes, store.canUndo()], [hats, false]);
});

test("after a pause, another selection, command or edit, keys begin a gesture of their own", () => {
  const ends = [
    ({ hold }) => hold("ArrowRight", 1, { pause: 1500 }),
    ({ hold }) => (hold("v"), hold("ArrowRight")),
    ({ hold, store }) => (store.set({ selection: new Set(store.get().selection) }), hold("ArrowRight")),
    ({ hold, commands }) => (commands.velocity(0), commands.setTempo({ bpm: 90 }), hold("ArrowRight")),
  ];
  for (const end of ends) {
    const parts = keyboard({ notes: hats, selection: new Set([hat.id]) });
    const { store, hold, places } = parts;
    hold("ArrowRight", 10);
    end(parts);
    assert.deepEqual(places(), [[1.11, "HH"], [1.2, "HH"], [1.3, "HH"]], String(end));
    store.undo();
    assert.deepEqual(places(), [[1.1, "HH"], [1.2, "HH"], [1.3, "HH"]], String(end));
  }
});

test("keys move what is selected now, from where it is now", () => {
  const { store, hold, places } = keyboard({ notes: hats, selection: new Set([hat.id]) });
  hold("ArrowRight", 5);
  store.set({ selection: new Set([hats[3].id]) });
  hold("ArrowRight", 5);
  assert.deepEqual(places(), [[1.05, "HH"], [1.1, "HH"], [1.2, "HH"], [1.35, "HH"]]);
  store.undo();
  hold("ArrowRight", 1);
  assert.deepEqual(places(), [[1.05, "HH"], [1.1, "HH"], [1.2, "HH"], [1.31, "HH"]]);
});

test("velocities and a painted region that a held key changes are one entry each", () => {
  const mask = makeMask({ start: 1, end: 2, drums: ["KD"] });
  const { store, said, hold } = keyboard({ notes: hats, masks: [mask], selection: new Set([hat.id]) });
  hold("ArrowUp", 9, { shiftKey: true });
  hold("ArrowRight", 3);
  store.set({ mask: mask.id });
  hold("ArrowRight", 9);
  assert.equal(Number(store.get().masks[0].start.toFixed(6)), 1.09);
  assert.equal(said.at(-1), "Painted region: 1.09 to 2.09 s, kick");
  const undone = [];
  while (store.canUndo()) undone.push(store.undo());
  assert.deepEqual([undone, store.get().notes, store.get().masks], [["Move painted region", "Move", "Velocity"], hats, [mask]]);
});

test("what is typed into a field stays there; a slider keeps its arrows only", () => {
  const input = (type) => ({ tagName: "INPUT", type });
  assert.ok(belongsToControl(input("number"), "delete"));
  assert.ok(belongsToControl({ tagName: "SELECT" }, "d"));
  assert.ok(belongsToControl(input("range"), "arrowleft"));
  assert.ok(!belongsToControl(input("range"), "mod+z"));
  assert.ok(belongsToControl({ tagName: "BUTTON" }, "space"));
  assert.ok(!belongsToControl({ tagName: "BUTTON" }, "delete"));
  assert.ok(!belongsToControl({ tagName: "CANVAS" }, "space"));
});

test("the help gives the wheel no meaning over notes without its key", () => {
  const wheel = pointerRows(modifiersOf({})).filter(([what]) => what.startsWith("Alt-wheel"));
  assert.deepEqual(wheel, [["Alt-wheel", "Velocity of the note there, or of the selection"]]);
});

test("keys are written as they are printed", () => {
  const pc = modifiersOf({ platform: "Win32" });
  assert.equal(writeCombo("mod+shift+z", pc), "Ctrl Shift Z");
  assert.equal(writeCombo("alt+arrowleft", pc), "Alt ←");
  assert.equal(writeCombo("+", pc), "+");
});

test("on a Mac, however it names itself, the help says Cmd and Option", () => {
  const machines = [{ platform: "MacIntel" }, { platform: "iPad" }, { platform: "", userAgentData: { platform: "macOS" } }];
  for (const machine of machines) {
    const mac = modifiersOf(machine);
    assert.equal(writeCombo("mod+z", mac), "Cmd Z");
    assert.equal(writeCombo("alt+arrowleft", mac), "Option ←");
    assert.doesNotMatch(JSON.stringify(pointerRows(mac)), /Alt|Ctrl/);
  }
  for (const machine of [{}, { platform: "Linux x86_64" }, { platform: "MacIntel", userAgentData: { platform: "Windows" } }]) {
    assert.match(JSON.stringify(pointerRows(modifiersOf(machine))), /Ctrl-drag.*Alt-wheel/);
  }
});
