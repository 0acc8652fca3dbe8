/** Painted regions: hatched rectangles, one for each run of neighbouring lanes. */

import { timeToX } from "./geometry.js";
import { laneRuns, makeMask } from "./masks.js";

/** A pattern of diagonal lines in a colour. */
export function hatch(ctx, colour, ratio) {
  const size = Math.round(8 * ratio);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 1.25 * ratio;
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 1, size + 1);
    pen.lineTo(shift + size + 1, -1);
  }
  pen.stroke();
  const pattern = ctx.createPattern(tile, "repeat");
  // The pattern stands in device pixels; the context is scaled to CSS pixels.
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {object} mask
 * @param {object} options
 * @param {Set<string>} options.locks locked lanes are not rewritten, so they are left out
 * @param {boolean} options.chosen drawn with a full line and handles
 */
export function drawMask(ctx, mask, { view, layout, theme, locks, pattern, chosen }) {
  const left = Math.max(-2, timeToX(mask.start, view));
  const right = Math.min(layout.width + 2, timeToX(mask.end, view));
  if (right <= left) return;
  const open = makeMask({ ...mask, drums: mask.drums.filter((drum) => !locks.has(drum)) });
  ctx.save();
  for (const { lane, count } of laneRuns(open)) {
    const top = layout.lanes.top + lane * layout.laneHeight;
    const high = count * layout.laneHeight;
    ctx.fillStyle = theme.mask;
    ctx.globalAlpha = chosen ? 0.14 : 0.08;
    ctx.fillRect(left, top, right - left, high);
    ctx.globalAlpha = 0.4;
    ctx.fillStyle = pattern;
    ctx.fillRect(left, top, right - left, high);
    ctx.globalAlpha = chosen ? 1 : 0.75;
    ctx.strokeStyle = theme.mask;
    ctx.lineWidth = chosen ? 2 : 1.25;
    ctx.strokeRect(left + 0.5, top + 1, right - left - 1, high - 2);
    if (!chosen) continue;
    ctx.fillStyle = theme.mask;
    for (const x of [left, right]) {
      ctx.beginPath();
      ctx.roundRect(x - 3, top + high / 2 - 10, 6, 20, 3);
      ctx.fill();
    }
  }
  ctx.restore();
}
