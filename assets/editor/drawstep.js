/**
 * One denoising step in the lanes: a plane as light and dark, the notes that stand in it, and what appeared and vanished
 * since the step before.
 */

import { diffNotes } from "./diff.js";
import { laneTop, timeToX } from "./geometry.js";
import { DRUMS, FRAME_RATE } from "./notes.js";
import { parseHex } from "./theme.js";

/** A stroke is one frame; it is drawn at least so wide, CSS pixels, that it is seen from afar. */
const LEAST_WIDTH = 3;

/**
 * The strongest value of a lane in each pixel, a little widened.
 *
 * @param {Uint8Array} plane [frames][lanes]
 * @param {number} lane
 * @param {{view: object, width: number, frames: number, lanes?: number}} options
 * @returns {Uint8Array} one value a pixel
 */
export function columns(plane, lane, { view, width, frames, lanes = DRUMS.length }) {
  const out = new Uint8Array(width);
  const perPixel = view.secondsPerPixel * FRAME_RATE;
  // A frame stands about its own time: frame 3 from 25 to 35 ms.
  const first = Math.max(0, Math.floor(view.start * FRAME_RATE - LEAST_WIDTH * perPixel));
  const last = Math.min(frames - 1, Math.ceil((view.start + width * view.secondsPerPixel) * FRAME_RATE + LEAST_WIDTH * perPixel));
  for (let frame = first; frame <= last; frame += 1) {
    const value = plane[frame * lanes + lane];
    if (value === 0) continue;
    const middle = (frame / FRAME_RATE - view.start) / view.secondsPerPixel;
    const half = Math.max(LEAST_WIDTH, 1 / perPixel) / 2;
    const to = Math.min(width - 1, Math.ceil(middle + half) - 1);
    for (let x = Math.max(0, Math.floor(middle - half)); x <= to; x += 1) if (value > out[x]) out[x] = value;
  }
  return out;
}

const scratch = { canvas: null };

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {import("./planes.js").Step} step
 * @param {import("./planes.js").Step | null} before
 * @param {{plane: "noisy" | "onset" | "velocity", view: object, layout: object, theme: object}} options
 */
export function drawStep(ctx, step, before, { plane, view, layout, theme }) {
  // Long recordings keep the onset estimate only.
  const values = step.planes[plane] ?? step.planes.onset;
  if (values) drawPlane(ctx, values, step.frames, { view, layout, theme });
  const { pairs, appeared, vanished } = diffNotes(before?.notes ?? [], step.notes);
  drawTicks(ctx, before ? pairs.map(([, note]) => note) : step.notes, { view, layout, theme });
  if (!before) return;
  drawRings(ctx, appeared, { view, layout, colour: theme.appeared });
  drawCrosses(ctx, vanished, { view, layout, colour: theme.vanished });
}

function drawPlane(ctx, values, frames, { view, layout, theme }) {
  scratch.canvas ??= document.createElement("canvas");
  const { canvas } = scratch;
  const width = Math.max(1, Math.floor(layout.width));
  if (canvas.width !== width) canvas.width = width;
  canvas.height = DRUMS.length;
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(width, DRUMS.length);
  DRUMS.forEach((drum, lane) => {
    const [r, g, b] = parseHex(theme.drum[drum]);
    const row = columns(values, lane, { view, width, frames });
    row.forEach((value, x) => image.data.set([r, g, b, value], 4 * (lane * width + x)));
  });
  pen.putImageData(image, 0, 0);
  ctx.imageSmoothingEnabled = false;
  DRUMS.forEach((drum, lane) => {
    ctx.drawImage(canvas, 0, lane, width, 1, 0, laneTop(drum, layout) + 3, width, layout.laneHeight - 6);
  });
  ctx.imageSmoothingEnabled = true;
}

function place({ onset, drum }, { view, layout }) {
  return { x: timeToX(onset, view), top: laneTop(drum, layout), bottom: laneTop(drum, layout) + layout.laneHeight };
}

function isSeen(x, { width }) {
  return x > -10 && x < width + 10;
}

/** A small dot under every note that stands. */
function drawTicks(ctx, notes, { view, layout, theme }) {
  ctx.fillStyle = theme.ink;
  for (const note of notes) {
    const { x, bottom } = place(note, { view, layout });
    if (isSeen(x, layout)) ctx.fillRect(x - 1.5, bottom - 5, 3, 3);
  }
}

function drawRings(ctx, notes, { view, layout, colour }) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2;
  ctx.beginPath();
  for (const note of notes) {
    const { x, top } = place(note, { view, layout });
    if (isSeen(x, layout)) ctx.roundRect(x - 5, top + 2, 10, layout.laneHeight - 4, 4);
  }
  ctx.stroke();
}

function drawCrosses(ctx, notes, { view, layout, colour }) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2;
  ctx.beginPath();
  for (const note of notes) {
    const { x, top } = place(note, { view, layout });
    if (!isSeen(x, layout)) continue;
    const y = top + layout.laneHeight / 2;
    ctx.moveTo(x - 4, y - 4);
    ctx.lineTo(x + 4, y + 4);
    ctx.moveTo(x - 4, y + 4);
    ctx.lineTo(x + 4, y - 4);
  }
  ctx.stroke();
}
