import assert from "node:assert/strict";
import { test } from "node:test";

import { xToTime } from "../../assets/editor/geometry.js";
import { makeNote, sortNotes } from "../../assets/editor/notes.js";
import { createPointers } from "../../assets/editor/pointers.js";
import { LAYOUT, editor } from "./headless.mjs";

globalThis.navigator ??= {}; // which older versions of Node do not have

const near = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);
const snare = makeNote({ onset: 1, drum: "SN", velocity: 80 });
const hat = makeNote({ onset: 2, drum: "HH", velocity: 60 });
const NOTES = sortNotes([snare, hat]);
const RULER = { x: 400, y: 10 };
const finger = (pointerId = 1) => ({ pointerType: "touch", pointerId });

/** An editor whose canvas lies at (100, 50) of the window and takes events that are no more than their fields. */
function hand(state = {}) {
  const { store, context, said, at } = editor({ notes: NOTES, ...state });
  const listeners = {};
  const menus = [];
  let now = 0;
  const canvas = {
    style: {},
    getBoundingClientRect: () => ({ left: 100, top: 50 }),
    setPointerCapture: () => {},
    addEventListener: (type, listener) => (listeners[type] = listener),
  };
  const pointers = createPointers({ ...context, canvas, menu: { openAt: (point) => menus.push(point) } });

  /** @returns {boolean} whether the page is kept from what it would do; a second goes by, or `after` milliseconds */
  function fire(type, { x, y }, { after = 1000, ...fields } = {}) {
    let prevented = false;
    now += after;
    const usual = { button: 0, pointerId: 1, pointerType: "mouse", deltaX: 0, deltaY: 0, deltaMode: 0, timeStamp: now };
    listeners[type]({ ...usual, clientX: 100 + x, clientY: 50 + y, preventDefault: () => (prevented = true), ...fields });
    return prevented;
  }

  const wheel = (point, fields) => fire("wheel", point, fields);
  const tap = (point, fields) => {
    fire("pointerdown", point, fields);
    fire("pointerup", point, { ...fields, after: 50 });
  };
  const velocities = () => NOTES.map(({ id }) => store.get().notes.find((note) => note.id === id).velocity);
  return { store, pointers, canvas, said, menus, at, fire, wheel, tap, velocities };
}

test("a wheel alone scrolls the page; with ctrl, or over the ruler, it zooms about the pointer", () => {
  const { store, at, wheel } = hand({ view: { start: 10, secondsPerPixel: 0.01 } });
  const before = store.get().view;
  const point = at(14, "TT");
  assert.equal(wheel(point, { deltaY: -240 }), false);
  assert.equal(store.get().view, before);
  for (const [place, fields] of [[point, { ctrlKey: true }], [point, { metaKey: true }], [RULER, {}]]) {
    store.set({ view: before });
    assert.equal(wheel(place, { deltaY: -240, ...fields }), true);
    near(store.get().view.secondsPerPixel, 0.01 / Math.E);
    near(xToTime(400, store.get().view), 14);
  }
});

test("a sideways wheel, or one with shift, scrolls in time; lines count as much as they are high", () => {
  const { store, at, wheel } = hand({ view: { start: 10, secondsPerPixel: 0.01 } });
  for (const [fields, start] of [[{ deltaX: 50 }, 10.5], [{ deltaY: -50, shiftKey: true }, 10], [{ deltaX: 3, deltaMode: 1 }, 10.48]]) {
    assert.equal(wheel(at(14, "TT"), fields), true);
    near(store.get().view.start, start);
  }
});

test("alt-wheel changes the velocity of the note under the pointer; clicks on one note are one entry, another note has its own", () => {
  const { store, at, wheel, velocities } = hand();
  assert.equal(wheel(at(1, "SN"), { deltaY: -90, altKey: true }), true);
  wheel(at(1, "SN"), { deltaY: -999, altKey: true, after: 100 });
  wheel(at(2, "HH"), { deltaY: 1, altKey: true, after: 100 });
  assert.deepEqual(velocities(), [91, 59]);
  store.undo();
  assert.deepEqual(velocities(), [91, 60]);
  store.undo();
  assert.deepEqual(velocities(), [80, 60]);
  assert.equal(store.canUndo(), false);
});

test("alt-wheel beside notes changes the selection, if there is one; over a selected note the wheel alone scrolls the page", () => {
  const { store, at, wheel, velocities } = hand();
  assert.equal(wheel(at(1.5, "BE"), { deltaY: -30, altKey: true }), true); // else Firefox leaves the page
  assert.deepEqual(velocities(), [80, 60]);
  assert.equal(wheel(at(1, "SN"), { deltaY: -30 }), false);
  store.set({ selection: new Set([snare.id, hat.id]) });
  assert.equal(wheel(at(1.5, "BE"), { deltaY: -30, altKey: true }), true);
  assert.deepEqual(velocities(), [81, 61]);
  assert.equal(wheel(at(1, "SN"), { deltaY: 30 }), false);
  assert.deepEqual(velocities(), [81, 61]);
});

test("a second finger takes back what the first began, and both hold the time under them", () => {
  const { store, pointers, at, fire } = hand({ view: { start: 0, secondsPerPixel: 0.02 } });
  const first = at(1, "SN");
  fire("pointerdown", first, finger(1));
  fire("pointermove", { ...first, x: first.x + 50 }, finger(1));
  assert.notEqual(store.get().notes[0].onset, 1);
  fire("pointerdown", { x: first.x + 150, y: first.y }, finger(2));
  assert.deepEqual([store.get().notes, store.canUndo(), pointers.busy()], [NOTES, false, true]);
  fire("pointermove", { x: first.x + 250, y: first.y }, finger(2));
  near(store.get().view.secondsPerPixel, 0.01);
  near(xToTime(first.x + 150, store.get().view), 3);
  const { view } = store.get();
  fire("pointerup", { x: first.x + 250, y: first.y }, finger(2));
  fire("pointermove", { x: first.x + 300, y: first.y }, finger(1));
  fire("pointerup", { x: first.x + 300, y: first.y }, finger(1));
  assert.deepEqual([store.get().view, store.get().notes, pointers.busy()], [view, NOTES, false]);
});

test("a finger that rests on a note adds it to the selection; one that has moved by then, or a mouse, does not", (t) => {
  t.mock.timers.enable();
  for (const [kind, along, size] of [[finger(), 0, 2], [finger(), 40, 1], [{}, 0, 1]]) {
    const { store, at, fire } = hand({ selection: new Set([hat.id]) });
    const point = at(1, "SN");
    fire("pointerdown", point, kind);
    if (along) fire("pointermove", { ...point, x: point.x + along }, kind);
    t.mock.timers.tick(1000);
    fire("pointerup", { ...point, x: point.x + along }, kind);
    assert.equal(store.get().selection.size, size);
  }
});

test("two taps at one place soon after one another add a note; later ones or others do not", () => {
  for (const [second, after, count] of [[1.5, 200, 3], [1.5, 600, 2], [1.9, 200, 2]]) {
    for (const kind of [{}, finger()]) {
      const { store, at, tap } = hand();
      tap(at(1.5, "CY"), kind);
      tap(at(second, "CY"), { ...kind, after });
      assert.equal(store.get().notes.length, count);
    }
  }
});

test("a finger scrolls the page unless its gesture or a second finger needs it", (t) => {
  t.mock.timers.enable();
  const kept = (parts, point) => {
    parts.fire("pointerdown", point, finger());
    return parts.fire("touchmove", point, { cancelable: true });
  };
  const parts = hand({ selection: new Set([hat.id]) });
  const { at, fire } = parts;
  const places = [[at(1.5, "CY"), false], [at(1, "SN"), false], [at(2, "HH"), true], [{ x: 300, y: LAYOUT.height - 5 }, true]];
  for (const [point, expected] of places) {
    assert.equal(kept(parts, point), expected);
    fire("pointercancel", point, finger());
  }
  assert.equal(kept(parts, at(1.5, "CY")), false);
  t.mock.timers.tick(1000);
  assert.equal(fire("touchmove", at(1.5, "CY"), { cancelable: true }), true);
  fire("pointercancel", at(1.5, "CY"), finger());
  kept(parts, at(1.5, "CY"));
  fire("pointerdown", at(2.5, "CY"), finger(2));
  assert.equal(fire("touchmove", at(1.5, "CY"), { cancelable: true }), true);
});

test("the canvas tells the browser what fingers may do, as the tool changes", () => {
  const { store, canvas } = hand();
  const action = (state) => (store.set(state), canvas.style.touchAction);
  assert.equal(canvas.style.touchAction, "pan-y");
  assert.deepEqual([{ tool: "draw" }, { shown: 0, steps: [{}] }, { shown: null }, { tool: "select" }].map(action), ["none", "pan-y", "none", "pan-y"]);
});

test("two swipes that scroll the page are no double tap, and a double tap that becomes one leaves no note", () => {
  const { store, at, fire, tap } = hand();
  const point = at(1.5, "CY");
  for (const after of [1000, 200]) {
    fire("pointerdown", point, { ...finger(), after });
    fire("pointercancel", point, { ...finger(), after: 50 });
  }
  assert.deepEqual(store.get().notes, NOTES);
  tap(point, finger());
  fire("pointerdown", point, { ...finger(), after: 100 });
  assert.equal(store.get().notes.length, 3);
  fire("pointercancel", point, { ...finger(), after: 50 });
  assert.deepEqual([store.get().notes, store.canUndo()], [NOTES, false]);
});

test("the right button selects the note under it and opens the menu there, a finger opens none", () => {
  const { store, at, fire, menus } = hand();
  const point = at(2, "HH");
  fire("pointerdown", point, { button: 2 });
  assert.equal(fire("contextmenu", point, { button: 2 }), true);
  assert.deepEqual([...store.get().selection], [hat.id]);
  assert.deepEqual(menus, [{ x: 100 + point.x, y: 50 + point.y }]);
  assert.equal(fire("contextmenu", point, finger()), true);
  assert.equal(menus.length, 1);
  fire("contextmenu", at(1, "SN"), { button: -1 }); // by a key, which a browser places in the middle of the roll
  assert.deepEqual([menus.length, [...store.get().selection]], [2, [hat.id]]);
  fire("contextmenu", at(1, "SN"), { button: 0, ctrlKey: true }); // a right click on a Mac
  assert.deepEqual([...store.get().selection], [snare.id]);
});

test("a drag that is cancelled, by a key or by the device, leaves nothing behind", () => {
  const { store, pointers, at, fire } = hand();
  for (const end of [() => assert.equal(pointers.cancel(), true), () => fire("pointercancel", at(3, "SN"))]) {
    fire("pointerdown", at(1, "SN"));
    fire("pointermove", at(3, "SN"));
    assert.notDeepEqual(store.get().notes, NOTES);
    end();
    assert.deepEqual([store.get().notes, store.canUndo(), pointers.busy()], [NOTES, false, false]);
  }
  assert.equal(pointers.cancel(), false);
});

test("without a clip a press does nothing; with one the cursor says what it would do", () => {
  const { store, at, fire, canvas, pointers } = hand({ duration: 0 });
  fire("pointerdown", at(1, "SN"));
  assert.equal(pointers.busy(), false);
  store.set({ duration: 60 });
  fire("pointermove", at(1, "SN"));
  assert.equal(canvas.style.cursor, "grab");
  fire("pointermove", { x: 5, y: LAYOUT.height - 5 });
  assert.equal(canvas.style.cursor, "ns-resize");
});
