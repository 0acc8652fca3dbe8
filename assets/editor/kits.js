/**
 * Drum kits: `kit.json` says where in `samples.flac` each one-shot lies, of which drum it is and at which velocity it was struck.
 */

import { DRUMS } from "./notes.js";
import { SAMPLE_RATE } from "./sounds.js";

/**
 * One one-shot of a kit. `start` and `length` count samples of the file.
 * @typedef {{velocity: number, start: number, length: number}} Place
 * A kit that can sound: the layers of each drum, from soft to hard.
 * @typedef {{name: string, layers: Record<string, {velocity: number, buffer: AudioBuffer}[]>}} Kit
 */

/**
 * Reads a kit's index.
 * @param {object} index the parsed `kit.json`
 * @param {number} total how many samples `samples.flac` holds
 * @returns {{name: string, places: Record<string, Place[]>}}
 * @throws {Error} a drum is missing, or a one-shot lies outside the samples
 */
export function readIndex(index, total) {
  const places = {};
  for (const drum of DRUMS) {
    places[drum] = index.drums?.[drum] ?? [];
    if (!places[drum].length) throw new Error(`the kit ${index.name} has no ${drum}`);
    const outside = places[drum].find(({ start, length }) => !(start >= 0 && length > 0 && start + length <= total));
    if (outside) throw new Error(`the kit ${index.name} ends before sample ${outside.start + outside.length}`);
  }
  return { name: index.name, places };
}

/**
 * Fetches and decodes a kit. Its one-shots are at 44.1 kHz, whatever the audio device runs at.
 * @param {{json: string, samples: string}} urls
 * @returns {Promise<Kit>}
 * @throws {Error} a file cannot be fetched, or is no kit
 */
export async function fetchKit({ json, samples }) {
  const [index, audio] = await Promise.all([
    fetched(json).then((answer) => answer.json()),
    fetched(samples).then((answer) => answer.arrayBuffer()).then(decode),
  ]);
  const data = audio.getChannelData(0);
  const { name, places } = readIndex(index, data.length);
  const layers = {};
  for (const drum of DRUMS) {
    layers[drum] = places[drum].map(({ velocity, start, length }) => {
      const buffer = new AudioBuffer({ length, sampleRate: SAMPLE_RATE });
      buffer.copyToChannel(data.subarray(start, start + length), 0);
      return { velocity, buffer };
    });
  }
  return { name, layers };
}

/**
 * Fetches and decodes audio, at 44.1 kHz.
 * @param {string} url
 * @returns {Promise<AudioBuffer>}
 */
export async function fetchAudio(url) {
  return decode(await (await fetched(url)).arrayBuffer());
}

async function fetched(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer;
}

/** An offline context decodes to its own rate, and needs no click to be allowed to. */
function decode(bytes) {
  return new OfflineAudioContext(1, 1, SAMPLE_RATE).decodeAudioData(bytes);
}
