/** What the page knows of the chosen clip: its parts arrive one by one, and figures draw again when they do. */

import { FRAME_RATE } from "../editor/notes.js";
import { gaussianNoise } from "./math.js";
import { hitCells, LANES, plainBeat, unpack } from "./planes.js";

const BEAT_SECONDS = 5;

/**
 * @typedef {{seconds: number, frames: number, notes: Array, cells: Uint8Array, noise: Float32Array, known: boolean, own: boolean}} Clip
 *
 * @typedef {object} Lesson
 * @property {() => number} pick counts the visitor's choices
 * @property {(name: string) => object | null} part the part of that name with its planes unpacked, or null
 * @property {() => Clip} clip of the chosen recording, or of a plain beat as long as there is none; `own` tells which
 * @property {() => string} absence why a part is not there yet
 * @property {(text: string) => void} explain sets that
 * @property {() => void} renew forgets all parts, for another pick
 * @property {(name: string, part: object | null) => Promise<boolean>} receive takes a part; false where it belongs to an earlier pick
 * @property {(draw: () => void) => void} subscribe
 */

/** @returns {Lesson} */
export function createLesson() {
  const beat = clipOf({ duration: BEAT_SECONDS, frames: FRAME_RATE * BEAT_SECONDS, notes: plainBeat(BEAT_SECONDS), known: true }, false);
  const listeners = [];
  let [pick, parts, clip, absence] = [0, {}, beat, ""];
  const tell = () => listeners.forEach((draw) => draw());

  return {
    pick: () => pick,
    part: (name) => parts[name] ?? null,
    clip: () => clip,
    absence: () => absence,
    explain(text) {
      absence = text;
      tell();
    },
    renew() {
      [pick, parts, clip] = [pick + 1, {}, beat];
      tell();
    },
    async receive(name, part) {
      if (part?.pick !== pick) return false;
      if (name === "clip") {
        clip = clipOf(part, true);
        parts = { ...parts, clip: part };
      } else {
        const planes = part.planes ? await unpack(part, clip.frames) : {};
        if (part.pick !== pick) return false;
        parts = { ...parts, [name]: { ...part, planes } };
        if (name === "noising") clip = { ...clip, noise: decodeNoise(planes.noise[0], part.scale) };
      }
      tell();
      return true;
    },
    subscribe(draw) {
      listeners.push(draw);
      draw();
    },
  };
}

function clipOf({ duration, frames, notes, known }, own) {
  return { seconds: duration, frames, notes, known, own, cells: hitCells(notes, frames), noise: gaussianNoise(frames * LANES, 1) };
}

/** The noise that the model saw, from its bytes. */
const decodeNoise = (bytes, scale) => Float32Array.from(bytes, (byte) => (byte - 128) / scale);
