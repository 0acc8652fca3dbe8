/**
 * Where things stand: seconds and drums to CSS pixels of the roll's canvas and back. Pure.
 *
 * The canvas's left edge is the time `view.start`; a view is {start, secondsPerPixel}. A layout is the canvas's rows from
 * top to bottom: ruler, waveform, spectrogram, seven lanes, velocities.
 */

import { DRUMS, LANE, firstFrom } from "./notes.js";

/** Half a millisecond a pixel is as near as one can look. */
export const NEAREST = 0.0005;

/**
 * @param {object} options
 * @param {number} options.width of the canvas in CSS pixels
 * @param {boolean} [options.compact] a phone
 * @param {boolean} [options.wave] whether there is a waveform to draw
 * @param {boolean} [options.mel] whether the spectrogram is drawn
 */
export function makeLayout({ width, compact = false, wave = true, mel = true }) {
  let top = 0;
  const row = (height) => {
    const here = { top, height };
    top += height;
    return here;
  };
  const laneHeight = compact ? 36 : 42;
  const ruler = row(26);
  const waveRow = row(wave ? (compact ? 40 : 52) : 0);
  const melRow = row(mel ? (compact ? 56 : 76) : 0);
  const lanes = row(laneHeight * DRUMS.length);
  const velocity = row(compact ? 60 : 76);
  return Object.freeze({ width, height: top, compact, laneHeight, ruler, wave: waveRow, mel: melRow, lanes, velocity });
}

export function timeToX(time, view) {
  return (time - view.start) / view.secondsPerPixel;
}

export function xToTime(x, view) {
  return view.start + x * view.secondsPerPixel;
}

/** The upper edge of a drum's lane. */
export function laneTop(drum, layout) {
  return layout.lanes.top + LANE[drum] * layout.laneHeight;
}

/** The drum at a height, the nearest where it lies outside the lanes. */
export function yToDrum(y, layout) {
  const lane = Math.floor((y - layout.lanes.top) / layout.laneHeight);
  return DRUMS[Math.min(DRUMS.length - 1, Math.max(0, lane))];
}

/** The drums between two heights, both ends' lanes included. */
export function drumsBetween(y0, y1, layout) {
  const a = LANE[yToDrum(Math.min(y0, y1), layout)];
  const b = LANE[yToDrum(Math.max(y0, y1), layout)];
  return DRUMS.slice(a, b + 1);
}

/** @returns {"ruler" | "wave" | "mel" | "lanes" | "velocity"} the row at a height */
export function rowAt(y, layout) {
  const names = ["ruler", "wave", "mel", "lanes", "velocity"];
  return names.find((name) => y < layout[name].top + layout[name].height) ?? "velocity";
}

/** How many pixels wide a note is drawn, narrower when far away. */
export function noteWidth(view) {
  return Math.min(9, Math.max(2.5, 0.1 / view.secondsPerPixel));
}

/** How high a note stands in a lane (or a bar in the velocity row) of this height. */
export function velocityToHeight(velocity, height) {
  return 7 + (height - 12) * (velocity / 127);
}

/** The velocity of a bar that ends at `y` in the velocity row; the inverse of `velocityToHeight`. */
export function yToVelocity(y, { top, height }) {
  const bar = top + height - 1 - y;
  return Math.min(127, Math.max(1, Math.round(((bar - 7) / (height - 12)) * 127)));
}

/**
 * The note under a point of the lanes: the nearest in its lane within reach; of equals the later, which is drawn on top.
 *
 * @param {number} reach pixels beside a note that still count, more for a finger than for a mouse
 * @returns {object | null}
 */
export function hitNote(notes, { x, y }, { view, layout, reach = 3 }) {
  if (rowAt(y, layout) !== "lanes") return null;
  const drum = yToDrum(y, layout);
  return nearestNote(notes, x, view, noteWidth(view) / 2 + reach, (note) => note.drum === drum);
}

/** The nearest note within `radius` pixels of `x` for which `accept` holds. */
export function nearestNote(notes, x, view, radius, accept = () => true) {
  const end = xToTime(x + radius, view);
  let best = null;
  let least = radius;
  for (let i = firstFrom(notes, xToTime(x - radius, view)); i < notes.length && notes[i].onset <= end; i += 1) {
    const distance = Math.abs(timeToX(notes[i].onset, view) - x);
    if (distance <= least && accept(notes[i])) {
      best = notes[i];
      least = distance;
    }
  }
  return best;
}

/**
 * What of a mask is under a point.
 *
 * @returns {{mask: object, part: "start" | "end" | "inside"} | null} the topmost (last) mask; `start` and `end` are edges
 */
export function hitMask(masks, { x, y }, { view, layout, reach = 5 }) {
  if (rowAt(y, layout) !== "lanes") return null;
  const drum = yToDrum(y, layout);
  for (const mask of [...masks].reverse()) {
    const left = timeToX(mask.start, view);
    const right = timeToX(mask.end, view);
    if (!mask.drums.includes(drum) || x < left - reach || x > right + reach) continue;
    // A narrow mask keeps an inside to be held by.
    const edge = Math.min(reach, (right - left) / 4);
    if (x <= left + edge) return { mask, part: "start" };
    if (x >= right - edge) return { mask, part: "end" };
    return { mask, part: "inside" };
  }
  return null;
}

/** The view that shows all. */
export function fitView(duration, width) {
  return { start: 0, secondsPerPixel: Math.max(NEAREST, (duration || 8) / Math.max(1, width)) };
}

/** The view within its bounds: neither before the start, nor past the end, nor too near, nor farther than all. */
export function clampView({ start, secondsPerPixel }, duration, width) {
  const farthest = fitView(duration, width).secondsPerPixel;
  const scale = Math.min(farthest, Math.max(NEAREST, secondsPerPixel));
  const last = Math.max(0, (duration || 8) - scale * width);
  return { start: Math.min(last, Math.max(0, start)), secondsPerPixel: scale };
}

/** Zooms about a point: the time under `x` stays there. @param {number} factor above 1 is nearer */
export function zoomView(view, factor, x, duration, width) {
  const farthest = fitView(duration, width).secondsPerPixel;
  const secondsPerPixel = Math.min(farthest, Math.max(NEAREST, view.secondsPerPixel / factor));
  return clampView({ start: xToTime(x, view) - x * secondsPerPixel, secondsPerPixel }, duration, width);
}

export function scrollView(view, seconds, duration, width) {
  return clampView({ ...view, start: view.start + seconds }, duration, width);
}

/** The view moved just so far that `time` is in it, with some room; the same view where it is. */
export function revealTime(view, time, duration, width) {
  const room = Math.min(60, width / 8);
  const x = timeToX(time, view);
  if (x >= 0 && x <= width) return view;
  return clampView({ ...view, start: time - (x < 0 ? room : width - room) * view.secondsPerPixel }, duration, width);
}

/** The view after two fingers went from the pair `from` to the pair `to` of x positions: what they hold stays under them. */
export function pinchView(view, from, to, duration, width) {
  const spread = Math.max(20, Math.abs(from[1] - from[0]));
  const now = Math.max(20, Math.abs(to[1] - to[0]));
  const held = xToTime((from[0] + from[1]) / 2, view);
  const secondsPerPixel = clampView({ start: 0, secondsPerPixel: (view.secondsPerPixel * spread) / now }, duration, width).secondsPerPixel;
  return clampView({ start: held - ((to[0] + to[1]) / 2) * secondsPerPixel, secondsPerPixel }, duration, width);
}
