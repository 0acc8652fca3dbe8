/** Notes in the lanes and their velocities below. A note's height and opacity are its velocity; only what is seen is drawn. */

import { laneTop, noteWidth, timeToX, velocityToHeight, xToTime } from "./geometry.js";
import { isStroked, markPath } from "./marks.js";
import { DRUMS, firstFrom } from "./notes.js";

/** From this width (CSS pixels) notes have round tops and their drum's mark. */
const DETAILED = 5.5;
/** Candidates below this part of their threshold are not drawn. */
const LEAST_NEARNESS = 0.2;

/** The notes that reach into the view, by drum. @returns {Record<string, object[]>} */
function seen(notes, view, width, room) {
  const lists = Object.fromEntries(DRUMS.map((drum) => [drum, []]));
  const end = xToTime(width + room, view);
  for (let i = firstFrom(notes, xToTime(-room, view)); i < notes.length && notes[i].onset <= end; i += 1) lists[notes[i].drum].push(notes[i]);
  return lists;
}

function opacity(velocity) {
  return 0.3 + 0.6 * (velocity / 127);
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {object} scene
 * @param {object[]} scene.notes
 * @param {object[]} scene.candidates that are no notes, drawn faintly
 * @param {Record<string, number>} scene.thresholds
 * @param {Set<number>} scene.selection
 * @param {Record<string, boolean>} scene.audible
 */
export function drawLaneNotes(ctx, { notes, candidates, thresholds, selection, audible, view, layout, theme }) {
  const wide = noteWidth(view);
  const detailed = wide >= DETAILED;
  drawCandidates(ctx, seen(candidates, view, layout.width, wide), { thresholds, wide, view, layout, theme });
  const lists = seen(notes, view, layout.width, 2 * wide);
  for (const drum of DRUMS) {
    const bottom = laneTop(drum, layout) + layout.laneHeight - 2;
    const colour = audible[drum] ? theme.drum[drum] : theme.quiet;
    const strength = audible[drum] ? 1 : 0.55;
    ctx.fillStyle = colour;
    for (const note of lists[drum]) {
      const high = velocityToHeight(note.velocity, layout.laneHeight);
      const left = timeToX(note.onset, view) - wide / 2;
      ctx.globalAlpha = opacity(note.velocity) * strength;
      if (detailed) {
        ctx.beginPath();
        ctx.roundRect(left, bottom - high, wide, high, [2.5, 2.5, 1, 1]);
        ctx.fill();
      } else ctx.fillRect(left, bottom - high, wide, high);
      ctx.globalAlpha = strength;
      ctx.fillRect(detailed ? left + 1 : left, bottom - high, detailed ? wide - 2 : wide, 2);
    }
    ctx.globalAlpha = 1;
    outlineSelected(ctx, lists[drum], { selection, detailed, wide, bottom, view, layout, theme });
  }
}

function outlineSelected(ctx, notes, { selection, detailed, wide, bottom, view, layout, theme }) {
  if (!selection.size) return;
  ctx.strokeStyle = theme.ink;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  for (const note of notes) {
    if (!selection.has(note.id)) continue;
    const high = velocityToHeight(note.velocity, layout.laneHeight);
    const box = [timeToX(note.onset, view) - wide / 2 - 1.75, bottom - high - 1.75, wide + 3.5, high + 3];
    if (detailed) ctx.roundRect(...box, 3);
    else ctx.strokeRect(...box);
  }
  if (detailed) ctx.stroke();
}

/** The nearer a candidate is to its drum's threshold, the better it is seen; those far below are not. */
function drawCandidates(ctx, lists, { thresholds, wide, view, layout, theme }) {
  ctx.lineWidth = 1;
  for (const drum of DRUMS) {
    const bottom = laneTop(drum, layout) + layout.laneHeight - 2;
    ctx.strokeStyle = ctx.fillStyle = theme.drum[drum];
    for (const { onset, velocity, score } of lists[drum]) {
      const nearness = Math.min(1, score / thresholds[drum]);
      if (nearness < LEAST_NEARNESS) continue;
      const high = velocityToHeight(velocity, layout.laneHeight);
      ctx.globalAlpha = 0.1 + 0.4 * nearness;
      if (wide < 4) ctx.fillRect(timeToX(onset, view) - 0.5, bottom - high, 1, high);
      else ctx.strokeRect(timeToX(onset, view) - wide / 2 + 0.5, bottom - high + 0.5, wide - 1, high - 1);
    }
  }
  ctx.globalAlpha = 1;
}

/** One stem a note in the velocity row, with its drum's mark on top; where some are selected the others step back. */
export function drawVelocities(ctx, { notes, selection, audible, view, layout, theme }) {
  const { top, height } = layout.velocity;
  const bottom = top + height - 1;
  ctx.fillStyle = theme.part;
  for (const velocity of [64, 127]) ctx.fillRect(0, Math.round(bottom - velocityToHeight(velocity, height)), layout.width, 1);
  const detailed = noteWidth(view) >= DETAILED;
  const lists = seen(notes, view, layout.width, 8);
  for (const drum of DRUMS) {
    const colour = audible[drum] ? theme.drum[drum] : theme.quiet;
    for (const chosen of [false, true]) {
      const group = lists[drum].filter(({ id }) => selection.has(id) === chosen);
      if (!group.length) continue;
      ctx.globalAlpha = !chosen && selection.size ? 0.25 : 0.9;
      ctx.fillStyle = ctx.strokeStyle = colour;
      drawStems(ctx, group, drum, { view, bottom, height, detailed });
    }
  }
  ctx.globalAlpha = 1;
}

/** Far away a mark is a dot: small rectangles are drawn many times faster than shapes. */
function drawStems(ctx, notes, drum, { view, bottom, height, detailed }) {
  const radius = detailed ? 3.2 : 1.5;
  for (const { onset, velocity } of notes) {
    const x = timeToX(onset, view);
    const high = velocityToHeight(velocity, height);
    ctx.fillRect(x - 0.6, bottom - high + radius, 1.2, Math.max(0, high - radius));
    if (!detailed) ctx.fillRect(x - radius, bottom - high - radius, 2 * radius, 2 * radius);
  }
  if (!detailed) return;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  for (const { onset, velocity } of notes) markPath(ctx, drum, timeToX(onset, view), bottom - velocityToHeight(velocity, height), radius);
  if (isStroked(drum)) ctx.stroke();
  else ctx.fill();
}
