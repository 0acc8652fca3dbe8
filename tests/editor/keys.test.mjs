import assert from "node:assert/strict";
import { test } from "node:test";

import { createCommands } from "../../assets/editor/commands.js";
import { pointerRows } from "../../assets/editor/help.js";
import { SHORTCUTS, belongsToControl, comboOf, commandOf, createKeys, modifiersOf, writeCombo } from "../../assets/editor/keys.js";
import { createStore } from "../../assets/editor/store.js";

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
