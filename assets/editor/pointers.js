/**
 * Mouse, pen, touch and wheel on the roll's canvas, made into gestures. One pointer is one gesture; two fingers move and
 * stretch the time axis; a finger that rests does what a modifier does for a mouse. Up and down a finger scrolls the page where no
 * gesture needs it.
 */

import { hitNote, pinchView, rowAt, scrollView, zoomView } from "./geometry.js";
import { begin, cursorAt, touchActionOf } from "./gestures.js";
import { createTokens } from "./history.js";

const HOLD_MS = 450;
const HOLD_TREMBLE = 8;
const DOUBLE_MS = 350;
const DOUBLE_TREMBLE = 12;
/** Wheel clicks on one note, or on the selection, within this time are one entry of the history. */
const WHEEL_PAUSE_MS = 600;
const NO_TAP = Object.freeze({ time: -Infinity, x: 0, y: 0 });

/**
 * @param {object} context what gestures need (see gestures.js), and `canvas`, `menu`
 * @returns {{cancel(): boolean, busy(): boolean, dispose(): void}} `cancel` takes a running gesture back and says whether there was one
 */
export function createPointers(context) {
  const { canvas, store, commands, layout, menu } = context;
  const fingers = new Map();
  let gesture = null;
  let active = null;
  let holdTimer = 0;
  let down = null;
  let pinch = null;
  let lastTap = NO_TAP;
  const wheelToken = createTokens(WHEEL_PAUSE_MS);

  function pointOf(event) {
    const box = canvas.getBoundingClientRect();
    return {
      x: event.clientX - box.left,
      y: event.clientY - box.top,
      shift: event.shiftKey,
      alt: event.altKey,
      mod: event.ctrlKey || event.metaKey,
      touch: event.pointerType === "touch",
    };
  }

  function isDouble(point, time) {
    const near = Math.hypot(point.x - lastTap.x, point.y - lastTap.y) < DOUBLE_TREMBLE;
    const double = near && time - lastTap.time < DOUBLE_MS;
    lastTap = double ? NO_TAP : { time, x: point.x, y: point.y };
    return double;
  }

  function cancel() {
    clearTimeout(holdTimer);
    const running = gesture;
    gesture = null;
    active = null;
    running?.cancel();
    return running !== null;
  }

  function onDown(event) {
    if (event.button > 0) return;
    const point = pointOf(event);
    try {
      canvas.setPointerCapture(event.pointerId);
    } catch {
      // A pointer that is already gone again cannot be captured; its events still come.
    }
    if (point.touch) {
      fingers.set(event.pointerId, point.x);
      if (fingers.size === 2) return startPinch();
      if (fingers.size > 2) return;
    }
    if (gesture || store.get().duration <= 0) return;
    point.double = isDouble(point, event.timeStamp);
    down = point;
    active = event.pointerId;
    gesture = begin(point, context);
    if (point.touch && gesture?.hold) holdTimer = setTimeout(hold, HOLD_MS);
  }

  function hold() {
    if (!gesture?.hold) return;
    gesture = gesture.hold() ?? gesture;
    navigator.vibrate?.(10);
  }

  function onMove(event) {
    const point = pointOf(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, point.x);
    if (pinch) return movePinch();
    if (gesture && event.pointerId === active) {
      if (Math.hypot(point.x - down.x, point.y - down.y) > HOLD_TREMBLE) clearTimeout(holdTimer);
      gesture.move({ ...point, double: down.double });
    } else if (event.pointerType === "mouse") canvas.style.cursor = cursorAt(point, context);
  }

  function onUp(event) {
    fingers.delete(event.pointerId);
    if (pinch && fingers.size < 2) pinch = null;
    if (event.pointerId !== active) return;
    clearTimeout(holdTimer);
    const ending = gesture;
    gesture = null;
    active = null;
    ending?.end({ ...pointOf(event), double: down.double });
  }

  function onCancel(event) {
    fingers.delete(event.pointerId);
    if (pinch && fingers.size < 2) pinch = null;
    if (event.pointerId !== active) return;
    lastTap = NO_TAP;
    cancel();
  }

  /** The page does not scroll by fingers that a gesture needs. */
  function onTouchMove(event) {
    if (event.cancelable && (pinch || (gesture && !gesture.yields))) event.preventDefault();
  }

  function showTouchAction(state) {
    canvas.style.touchAction = touchActionOf(state);
  }

  function startPinch() {
    cancel();
    pinch = { ids: [...fingers.keys()], from: [...fingers.values()], view: store.get().view };
  }

  function movePinch() {
    const now = pinch.ids.map((id) => fingers.get(id));
    if (now.some((x) => x === undefined)) return;
    commands.setView(pinchView(pinch.view, pinch.from, now, store.get().duration, layout().width));
  }

  /**
   * Ctrl (a trackpad's pinch too) zooms, Shift or a sideways wheel scrolls, Alt changes velocities: of the note under the
   * pointer or of the selection. Without a key the wheel scrolls the page, but over the ruler it zooms.
   */
  function onWheel(event) {
    const point = pointOf(event);
    const { view, duration, selection } = store.get();
    if (duration <= 0) return;
    const pixels = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const dx = event.deltaX * pixels;
    const dy = event.deltaY * pixels;
    const over = noteUnder(point);
    if (point.mod || (rowAt(point.y, layout()) === "ruler" && Math.abs(dy) > Math.abs(dx))) {
      commands.setView(zoomView(view, Math.exp(-dy / 240), point.x, duration, layout().width));
    } else if (point.alt) {
      if (over || selection.size) wheelVelocity(event, dy || dx, over); // beside notes, too, the wheel is ours: Firefox would leave the page
    } else if (point.shift || Math.abs(dx) > Math.abs(dy)) {
      commands.setView(scrollView(view, (dx || dy) * view.secondsPerPixel, duration, layout().width));
    } else return;
    event.preventDefault();
  }

  function noteUnder(point) {
    const { notes, view, shown } = store.get();
    return shown === null ? hitNote(notes, point, { view, layout: layout() }) : null;
  }

  function wheelVelocity(event, distance, over) {
    const { selection } = store.get();
    const note = over && !selection.has(over.id) ? over.id : null;
    const ids = note === null ? selection : new Set([note]);
    const amount = Math.sign(-distance) * Math.max(1, Math.min(8, Math.round(Math.abs(distance) / 30)));
    commands.velocity(amount, { ids, gesture: wheelToken(event.timeStamp, note ?? selection) });
  }

  function onMenu(event) {
    event.preventDefault();
    if (event.pointerType === "touch") return;
    cancel();
    const point = pointOf(event);
    const byMouse = event.button === 2 || event.ctrlKey; // a key opens it, too, and there is no pointer then
    const over = byMouse ? noteUnder(point) : null;
    if (over && !store.get().selection.has(over.id)) commands.select(new Set([over.id]));
    menu.openAt({ x: event.clientX, y: event.clientY });
  }

  const listeners = {
    pointerdown: onDown,
    pointermove: onMove,
    pointerup: onUp,
    pointercancel: onCancel,
    contextmenu: onMenu,
  };
  for (const [type, listener] of Object.entries(listeners)) canvas.addEventListener(type, listener);
  const blocking = { wheel: onWheel, touchmove: onTouchMove };
  for (const [type, listener] of Object.entries(blocking)) canvas.addEventListener(type, listener, { passive: false });
  showTouchAction(store.get());
  const unsubscribe = store.subscribe((state, changed) => {
    if (["tool", "shown", "take", "duration"].some((key) => changed.has(key))) showTouchAction(state);
  });

  return {
    cancel,
    busy: () => gesture !== null || pinch !== null,
    dispose() {
      clearTimeout(holdTimer);
      unsubscribe();
      for (const [type, listener] of Object.entries({ ...listeners, ...blocking })) canvas.removeEventListener(type, listener);
    },
  };
}
