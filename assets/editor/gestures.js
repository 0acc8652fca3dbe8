/**
 * What the pointer does between down and up, without the DOM. `begin` chooses a gesture by row and tool; a gesture has
 * `move(point)`, `end(point)` and `cancel()`, perhaps `hold()`: what it becomes when a finger rests. One that `yields` is cancelled
 * where its finger moves up or down, and the page scrolls.
 *
 * A point is {x, y, shift, alt, mod, touch, double}: CSS pixels on the roll's canvas and the modifiers.
 *
 * Every gesture that changes notes or masks sets the store while it runs, under one token, so that it is seen and heard at
 * once, undone as one, and taken back whole by Escape.
 */

import { noteAt } from "./aim.js";
import { whyReadOnly } from "./audition.js";
import { loopEdge, pan, ruler, scrub, seek } from "./axisgestures.js";
import { hitMask, rowAt } from "./geometry.js";
import { paint } from "./maskgestures.js";
import { draw, erase, select, sweep } from "./notegestures.js";

/**
 * @typedef {{x: number, y: number, shift?: boolean, alt?: boolean, mod?: boolean, touch?: boolean, double?: boolean}} Point
 * @typedef {{move(point: Point): void, end(point: Point): void, cancel(): void, hold?: () => Gesture | null, yields?: boolean}} Gesture
 */

/**
 * @param {Point} point
 * @param {object} context
 * @param {object} context.store
 * @param {object} context.commands
 * @param {{preview(drum: string, velocity: number): void, seek(time: number): void}} context.player
 * @param {(text: string) => void} context.announce
 * @param {() => object} context.layout
 * @param {(rectangle: object | null) => void} context.marquee shows {kind: "select" | "paint", x0, y0, x1, y1}
 * @returns {Gesture | null}
 */
export function begin(point, context) {
  const row = rowAt(point.y, context.layout());
  if (row === "ruler") return ruler(point, context);
  if (row === "wave" || row === "mel") return point.touch ? pan(point, context, () => seek(point, context)) : scrub(point, context);
  const state = context.store.get();
  const readOnly = whyReadOnly(state);
  if (readOnly && (row === "velocity" || !mayPaint(state))) {
    context.announce(readOnly);
    return point.touch ? pan(point, context) : null;
  }
  if (row === "velocity") return sweep(point, context);
  return TOOLS[state.tool](point, context);
}

/** Beside a take that is auditioned one may paint. */
function mayPaint({ tool, shown }) {
  return tool === "paint" && shown === null;
}

/** What a finger's drag on the roll may do beside its gesture, in CSS: scroll the page, unless a tool is there that draws with it. */
export function touchActionOf(state) {
  const draws = state.duration > 0 && state.tool !== "select" && (!whyReadOnly(state) || mayPaint(state));
  return draws ? "none" : "pan-y";
}

const TOOLS = { select, draw, erase, paint };

/** What a press here would do, for the cursor: a CSS cursor name. */
export function cursorAt(point, context) {
  const { store, layout } = context;
  const state = store.get();
  const row = rowAt(point.y, layout());
  if (row === "ruler") return loopEdge(point, context) ? "ew-resize" : "pointer";
  if (row === "wave" || row === "mel") return "text";
  if (state.shown !== null || (state.take !== null && state.tool !== "paint")) return "default";
  if (row === "velocity") return "ns-resize";
  if (state.tool === "erase") return "crosshair";
  if (state.tool === "paint") {
    const hit = hitMask(state.masks, point, { view: state.view, layout: layout() });
    return hit ? (hit.part === "inside" ? "move" : "ew-resize") : "crosshair";
  }
  if (noteAt(point, context)) return state.tool === "draw" || point.mod ? "ns-resize" : "grab";
  return state.tool === "draw" ? "copy" : "default";
}
