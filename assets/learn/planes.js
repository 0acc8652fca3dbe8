/** Rolls as the server sends them: planes of bytes, joined, compressed and written in base64. */

import { DRUMS, FRAME_RATE, LANE } from "../editor/notes.js";

/** Lanes of a roll. */
export const LANES = DRUMS.length;

/**
 * Unpacks the planes of a part.
 *
 * @param {{planes: Object<string, number>, data: string}} part how many planes there are of each name, and all of them in that order
 * @param {number} frames of each plane
 * @returns {Promise<Object<string, Uint8Array[]>>} planes by name, each frame by frame
 */
export async function unpack({ planes, data }, frames) {
  const bytes = await inflate(Uint8Array.from(atob(data), (char) => char.charCodeAt(0)));
  const size = frames * LANES;
  const expected = Object.values(planes).reduce((sum, count) => sum + count, 0) * size;
  if (bytes.length !== expected) throw new Error(`planes of ${expected} bytes were promised, ${bytes.length} came`);
  let next = 0;
  const plane = () => bytes.subarray(next, (next += size));
  return Object.fromEntries(Object.entries(planes).map(([name, count]) => [name, Array.from({ length: count }, plane)]));
}

/** Undoes zlib. */
async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Notes as cells: 1 where a note's nearest frame is.
 *
 * @param {Array<[number, number, ...unknown[]]>} notes onset (s), lane
 * @param {number} frames
 * @returns {Uint8Array}
 */
export function hitCells(notes, frames) {
  const cells = new Uint8Array(frames * LANES);
  for (const [onset, lane] of notes) cells[Math.min(frames - 1, Math.round(onset * FRAME_RATE)) * LANES + lane] = 1;
  return cells;
}

/**
 * A plain rock beat, for when no recording is there: kick, snare, hi-hat and crash, 120 beats a minute.
 *
 * @param {number} seconds
 * @returns {Array<[number, number, number]>} onset (s), lane, velocity
 */
export function plainBeat(seconds) {
  const notes = [];
  for (let eighth = 0; 0.25 * eighth + 0.1 < seconds; eighth += 1) {
    const onset = 0.25 * eighth + 0.1;
    notes.push([onset, LANE.HH, eighth % 2 ? 70 : 95]);
    if (eighth % 4 === 2) notes.push([onset, LANE.SN, 110]);
    if (eighth % 8 === 0 || eighth % 8 === 5) notes.push([onset, LANE.KD, 105]);
    if (eighth % 16 === 0) notes.push([onset, LANE.CY, 112]);
  }
  return notes;
}

/**
 * How many local maxima of at least one half each lane of an estimate has: about how many notes it shows.
 *
 * @param {Uint8Array} plane
 * @returns {number[]} one count a lane
 */
export function countPeaks(plane) {
  const counts = new Array(LANES).fill(0);
  for (let i = 0; i < plane.length; i += 1) {
    const [before, after] = [plane[i - LANES] ?? 0, plane[i + LANES] ?? 0];
    if (plane[i] >= 128 && plane[i] > before && plane[i] >= after) counts[i % LANES] += 1;
  }
  return counts;
}

/**
 * Shortens a plane in time to `columns`: the strongest frame of those that fall into a column, or the first of them.
 *
 * @param {Uint8Array | Uint8ClampedArray} plane
 * @param {number} columns
 * @param {boolean} strongest
 * @returns {Uint8Array} column by column
 */
export function toColumns(plane, columns, strongest) {
  const frames = plane.length / LANES;
  const result = new Uint8Array(columns * LANES);
  for (let column = 0; column < columns; column += 1) {
    const first = Math.floor((column * frames) / columns);
    const last = strongest ? Math.max(first + 1, Math.ceil(((column + 1) * frames) / columns)) : first + 1;
    for (let frame = first; frame < Math.min(last, frames); frame += 1) {
      for (let lane = 0; lane < LANES; lane += 1) {
        const place = column * LANES + lane;
        result[place] = Math.max(result[place], plane[frame * LANES + lane]);
      }
    }
  }
  return result;
}
