/** A small picture of the notes of a region. */

import { DRUMS } from "./notes.js";

const TICK = 2;

/**
 * The time and the lanes that a region spans.
 * @param {{start: number, end: number, drums: string[]}[] | null} region null is everything
 * @param {number} duration seconds
 * @returns {{start: number, end: number, drums: string[]}}
 */
export function frameOf(region, duration) {
  if (!region?.length) return { start: 0, end: duration, drums: [...DRUMS] };
  return {
    start: Math.min(...region.map(({ start }) => start)),
    end: Math.max(...region.map(({ end }) => end)),
    drums: DRUMS.filter((drum) => region.some(({ drums }) => drums.includes(drum))),
  };
}

/**
 * Draws the notes as ticks, as high as they are loud, one lane below the other; those in `fresh` in the accent's colour.
 * @param {HTMLCanvasElement} canvas as large as its style makes it
 * @param {{start: number, end: number, drums: string[]}} frame
 * @param {{notes: object[], fresh: Set<object>}} content
 */
export function drawThumbnail(canvas, { start, end, drums }, { notes, fresh }) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = globalThis.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  const [plain, accent, line] = ["--n2n-quiet", "--n2n-accent", "--n2n-faint"].map((name) => style.getPropertyValue(name));
  context.scale(scale, scale);
  const lane = height / drums.length;
  context.fillStyle = line;
  for (let index = 1; index < drums.length; index += 1) context.fillRect(0, Math.round(index * lane), width, 1);
  for (const note of notes) {
    const x = ((note.onset - start) / (end - start || 1)) * (width - TICK);
    const tall = Math.max(2, (lane - 2) * (note.velocity / 127));
    context.fillStyle = fresh.has(note) ? accent : plain;
    context.fillRect(x, (drums.indexOf(note.drum) + 1) * lane - tall, TICK, tall);
  }
}
