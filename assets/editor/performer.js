/** Keeps what has been given to the audio clock in step with what is wanted: one-shots for the notes, stretches of the original. */

import { LONGEST_RING, positionAt, reconcile, stretches, voicesBetween } from "./schedule.js";
import { SAMPLE_RATE } from "./sounds.js";
import { chokeVoice, cutVoice, startVoice } from "./voices.js";

/**
 * Times are ticks of the context's clock, counted as in schedule.js.
 * @param {BaseAudioContext} context
 * @param {ReturnType<typeof import("./mixer.js").createMixer>} mixer
 * @returns {{
 *   playNotes(course: import("./schedule.js").Course, span: {now: number, to: number}, sounds: object[], kit: object): void,
 *   playOriginal(course: import("./schedule.js").Course, span: {now: number, to: number}, buffer: AudioBuffer): void,
 *   cutOriginal(): void, silence(): void, release(): void}}
 *   `silence` ends all at once; `release` lets what sounds ring out
 */
export function createPerformer(context, mixer) {
  const voices = new Map();
  const originals = new Map();

  /** Remembers a voice until it has ended. */
  function keep(map, key, voice) {
    map.set(key, voice);
    voice.source.addEventListener("ended", () => map.get(key) === voice && map.delete(key));
  }

  function cut(map, keys = [...map.keys()]) {
    for (const key of keys) {
      cutVoice(map.get(key), context.currentTime);
      map.delete(key);
    }
  }

  function playNotes(course, { now, to }, sounds, kit) {
    const due = voicesBetween(course, sounds, now - LONGEST_RING, to).map((voice) => ({ ...voice, key: `${kit.name}:${voice.key}` }));
    const { start, cancel, rechoke } = reconcile(voices, due, now);
    cut(voices, cancel);
    for (const { key, choke } of rechoke) chokeVoice(voices.get(key), choke);
    for (const voice of start) {
      const { buffer } = kit.layers[voice.drum][voice.layer];
      keep(voices, voice.key, startVoice(context, mixer.drums[voice.drum], { ...voice, buffer }));
    }
  }

  function playOriginal(course, { now, to }, buffer) {
    const due = new Map(stretches(course, now, to).map((stretch) => [`${stretch.at}:${stretch.position}:${course.rate}`, stretch]));
    cut(originals, [...originals.keys()].filter((key) => !due.has(key)));
    for (const [key, stretch] of due) {
      if (!originals.has(key)) startOriginal(key, course, Math.max(stretch.at, now), buffer);
      const voice = originals.get(key);
      if (!voice || voice.until === stretch.until) continue;
      voice.until = stretch.until;
      voice.source.stop(stretch.until / SAMPLE_RATE);
    }
  }

  function startOriginal(key, course, at, buffer) {
    const offset = positionAt(course, at);
    if (offset >= buffer.length) return;
    keep(originals, key, startVoice(context, mixer.original, { buffer, at, gain: 1, offset, rate: course.rate }));
  }

  return {
    playNotes,
    playOriginal,
    cutOriginal: () => cut(originals),
    silence() {
      cut(voices);
      cut(originals);
    },
    release() {
      voices.clear();
      originals.clear();
    },
  };
}
