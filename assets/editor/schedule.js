/**
 * When what sounds: from a place in the song to the audio clock and back. Pure.
 *
 * Both are counted in samples at 44.1 kHz: a `tick` on the audio clock, a `position` in the song. A course says how the one follows
 * from the other: from tick `at` on, the song plays from `position` at `rate`, up to `end`, or round and round a loop.
 * @typedef {{start: number, end: number}} Loop in samples of the song; `end` is the first sample that does not sound
 * @typedef {{at: number, position: number, rate: number, loop: Loop | null, end: number}} Course
 *
 * A stretch is a piece of the song that plays without a jump: from tick `at` up to `until`, from `position` on.
 * @typedef {{at: number, until: number, position: number}} Stretch
 *
 * A voice is a one-shot on the clock, `choke` the tick at which it begins to fade (null: never).
 * @typedef {{key: string, at: number, drum: string, layer: number, gain: number, choke: number | null}} Voice
 */

import { SAMPLE_RATE } from "./sounds.js";

/** A loop is at least this long; what is shorter is no loop. */
export const SHORTEST_LOOP = SAMPLE_RATE / 20;
/** A begun sound may still have to be choked for this long: no hi-hat rings longer. */
export const LONGEST_RING = 6 * SAMPLE_RATE;

/**
 * The loop in samples, within the song; null where it is none, or lies behind `position`.
 * @param {{start: number, end: number} | null} loop in seconds
 * @param {number} position
 * @param {number} end of the song
 * @returns {Loop | null}
 */
export function loopFrom(loop, position, end) {
  if (!loop) return null;
  const first = Math.max(0, Math.round(Math.min(loop.start, loop.end) * SAMPLE_RATE));
  const last = Math.min(end, Math.round(Math.max(loop.start, loop.end) * SAMPLE_RATE));
  return last - first >= SHORTEST_LOOP && position < last ? { start: first, end: last } : null;
}

/**
 * The stretches that sound from tick `from` up to `to`.
 * @param {Course} course
 * @param {number} from
 * @param {number} to
 * @returns {Stretch[]}
 */
export function stretches(course, from, to) {
  const found = [];
  for (let pass = passAt(course, from); ; pass += 1) {
    const stretch = stretchOf(course, pass);
    if (!stretch || stretch.at >= to) return found;
    if (stretch.until > from) found.push(stretch);
  }
}

/**
 * The place in the song at a tick: at first `course.position`, `course.end` when all is over.
 * @param {Course} course
 * @param {number} tick
 * @returns {number} samples, with fractions
 */
export function positionAt(course, tick) {
  if (tick <= course.at) return course.position;
  const stretch = stretches(course, tick, tick + 1)[0];
  return stretch ? stretch.position + (tick - stretch.at) * course.rate : course.end;
}

/**
 * The course that goes on from where this one is, with another loop, rate or end.
 * @param {Course} course
 * @param {number} tick now
 * @param {{loop: {start: number, end: number} | null, rate: number, end: number}} change loop in seconds
 * @returns {Course}
 */
export function changeCourse(course, tick, { loop, rate, end }) {
  const position = positionAt(course, tick);
  const here = stretches(course, tick, tick + 1)[0] ?? { at: course.at, position: course.position };
  const goesOn = { at: here.at, position: here.position };
  const since = rate === course.rate ? goesOn : { at: Math.max(tick, course.at), position: Math.round(position) };
  return { ...since, rate, end, loop: loopFrom(loop, position, end) };
}

/**
 * The voices that begin from tick `from` up to `to`. A hi-hat is ended by the next one that is heard, over the seam of a loop too.
 * @param {Course} course
 * @param {import("./sounds.js").Sound[]} sounds in the order of time
 * @param {number} from
 * @param {number} to
 * @returns {Voice[]}
 */
export function voicesBetween(course, sounds, from, to) {
  const { rate, loop } = course;
  const voices = [];
  const seen = new Map();
  const firstHat = loop && sounds.find((sound) => sound.drum === "HH" && sound.start >= loop.start);
  for (const { at, until, position } of stretches(course, from, to)) {
    const tickOf = (start) => at + Math.round((start - position) / rate);
    const nextPass = firstHat && firstHat.start < loop.end ? until + Math.round((firstHat.start - loop.start) / rate) : null;
    for (let index = firstFrom(sounds, position); index < sounds.length; index += 1) {
      const { start, drum, layer, gain, choke } = sounds[index];
      const tick = tickOf(start);
      if (tick >= Math.min(until, to)) break;
      if (tick < from) continue;
      const following = choke === null ? Infinity : tickOf(start + choke);
      const fades = drum !== "HH" ? null : following < until ? following : nextPass;
      const name = `${tick}:${drum}:${layer}:${gain}`;
      const copies = seen.get(name) ?? 0;
      seen.set(name, copies + 1);
      voices.push({ key: copies ? `${name}:${copies}` : name, at: tick, drum, layer, gain, choke: fades });
    }
  }
  return voices;
}

/**
 * What to do so that the voices under way become those wanted: what has begun is let ring, what is to come follows every edit.
 * @template {{at: number, choke: number | null}} V
 * @param {Map<string, V>} underway by their keys
 * @param {Voice[]} wanted all that begin from `now - LONGEST_RING` on
 * @param {number} now tick
 * @returns {{start: Voice[], cancel: string[], rechoke: Voice[]}}
 */
export function reconcile(underway, wanted, now) {
  const keys = new Set(wanted.map((voice) => voice.key));
  const ahead = (choke) => choke === null || choke > now;
  const moved = (old, choke) => old !== choke && ahead(old) && ahead(choke);
  return {
    start: wanted.filter((voice) => voice.at >= now && !underway.has(voice.key)),
    cancel: [...underway].filter(([key, voice]) => voice.at > now && !keys.has(key)).map(([key]) => key),
    rechoke: wanted.filter(({ key, choke }) => underway.has(key) && moved(underway.get(key).choke, choke)),
  };
}

function passAt({ at, position, rate, loop }, tick) {
  if (!loop) return 0;
  const beyond = (tick - at) * rate - (loop.end - position);
  return Math.max(0, Math.floor(beyond / (loop.end - loop.start)));
}

function stretchOf({ at, position, rate, loop, end }, pass) {
  const seam = (count) => at + Math.round((loop.end - position + (count - 1) * (loop.end - loop.start)) / rate);
  if (!loop) return pass === 0 ? { at, until: at + Math.ceil(Math.max(0, end - position) / rate), position } : null;
  if (pass === 0) return { at, until: seam(1), position };
  return { at: seam(pass), until: seam(pass + 1), position: loop.start };
}

function firstFrom(sounds, position) {
  let low = 0;
  let high = sounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sounds[middle].start < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
