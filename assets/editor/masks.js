/**
 * Masks: what a model may rewrite. A mask is a frozen {id, start, end (seconds), drums}; several may overlap. Pure.
 */

import { DRUMS, DRUM_NAMES, FRAME_RATE, LANE, newId } from "./notes.js";

/** Nothing shorter (seconds) can be painted: one frame of the roll. */
export const SHORTEST = 1 / FRAME_RATE;

/** @returns {Readonly<{id: number, start: number, end: number, drums: readonly string[]}>} */
export function makeMask({ start, end, drums, id = newId() }) {
  const wanted = new Set(drums);
  return Object.freeze({ id, start, end, drums: Object.freeze(DRUMS.filter((drum) => wanted.has(drum))) });
}

/** "1.25 to 2.00 s, snare, hi-hat" */
export function describeMask({ start, end, drums }) {
  return `${start.toFixed(2)} to ${end.toFixed(2)} s, ${drums.map((drum) => DRUM_NAMES[drum]).join(", ")}`;
}

/** Whether something that came from outside is a mask. */
export function isMask(thing) {
  return (
    typeof thing === "object" &&
    thing !== null &&
    Number.isFinite(thing.start) &&
    Number.isFinite(thing.end) &&
    thing.start >= 0 &&
    thing.end > thing.start &&
    Array.isArray(thing.drums) &&
    thing.drums.length > 0 &&
    thing.drums.every((drum) => Object.hasOwn(LANE, drum))
  );
}

/** A mask between two times in either order, within 0..duration; null where too short or empty. */
export function maskBetween(a, b, drums, duration) {
  const start = Math.max(0, Math.min(a, b));
  const end = Math.min(duration, Math.max(a, b));
  return end - start >= SHORTEST - 1e-9 && drums.length ? makeMask({ start, end, drums }) : null;
}

/**
 * The mask about notes: from the first to a little after the last, in their lanes.
 *
 * @param {number} room seconds before the first and after the last
 */
export function maskAround(notes, duration, room = 0.05) {
  if (!notes.length) return null;
  const onsets = notes.map((note) => note.onset);
  return maskBetween(Math.min(...onsets) - room, Math.max(...onsets) + room, notes.map((note) => note.drum), duration);
}

/** Moved in time and lanes, stopping at the ends; the shape stays. */
export function moveMask(mask, { seconds = 0, lanes = 0, duration = Infinity }) {
  const dt = Math.min(duration - mask.end, Math.max(-mask.start, seconds));
  const places = mask.drums.map((drum) => LANE[drum]);
  const dl = Math.min(DRUMS.length - 1 - Math.max(...places), Math.max(-Math.min(...places), lanes));
  return makeMask({ id: mask.id, start: mask.start + dt, end: mask.end + dt, drums: places.map((lane) => DRUMS[lane + dl]) });
}

/** One edge brought to a time; it passes neither the other edge nor the clip's ends. */
export function resizeMask(mask, edge, time, duration = Infinity) {
  if (edge === "start") return makeMask({ ...mask, start: Math.max(0, Math.min(time, mask.end - SHORTEST)) });
  return makeMask({ ...mask, end: Math.min(duration, Math.max(time, mask.start + SHORTEST)) });
}

export function replaceMask(masks, mask) {
  return masks.map((other) => (other.id === mask.id ? mask : other));
}

export function removeMask(masks, id) {
  return masks.filter((mask) => mask.id !== id);
}

/** Whether any mask covers this drum at this time: whether it covers the frame of the roll in which a note falls, as on the server. */
export function isMasked(masks, drum, time) {
  const frame = Math.floor(time * FRAME_RATE + 0.5);
  return masks.some(({ start, end, drums }) => frame >= firstFrame(start) && frame < firstFrame(end) && drums.includes(drum));
}

/** The first frame that is not before a time. */
function firstFrame(time) {
  return Math.ceil(time * FRAME_RATE - 1e-6);
}

/** The masks, those that cover the last frame of a clip with all that is struck in it up to the end. */
export function upToTheEnd(masks, duration) {
  const last = Math.floor(duration * FRAME_RATE + 1e-6);
  return masks.map((mask) => (firstFrame(mask.end) > last ? makeMask({ ...mask, end: mask.end + SHORTEST }) : mask));
}

/** The masks as far as they lie in a clip of this length. */
export function masksWithin(masks, duration) {
  return masks.flatMap((mask) => (mask.end <= duration ? mask : (maskBetween(mask.start, mask.end, mask.drums, duration) ?? [])));
}

/** The runs of neighbouring lanes of a mask: one rectangle each. @returns {{lane: number, count: number}[]} */
export function laneRuns(mask) {
  const runs = [];
  for (const drum of mask.drums) {
    const last = runs.at(-1);
    if (last && last.lane + last.count === LANE[drum]) last.count += 1;
    else runs.push({ lane: LANE[drum], count: 1 });
  }
  return runs;
}
