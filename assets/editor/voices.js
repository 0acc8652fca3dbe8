/** One-shots on the audio clock, and the exact render of a list of notes. */

import { CHOKE_SAMPLES, SAMPLE_RATE, fullScaleGain, planSounds } from "./sounds.js";

/** Seconds in which a sound that is cut off fades, so that it does not click. */
const CUT = 0.005;

/**
 * A one-shot under way; `at` and `choke` are samples on the context's clock.
 * @typedef {{at: number, choke: number | null, gain: number, source: AudioBufferSourceNode, fader: GainNode}} Voice
 */

/**
 * Starts a one-shot at an exact sample.
 * @param {BaseAudioContext} context
 * @param {AudioNode} target
 * @param {{buffer: AudioBuffer, at: number, gain: number, choke?: number | null, offset?: number, rate?: number}} sound
 *   `offset`: samples into the buffer
 * @returns {Voice}
 */
export function startVoice(context, target, { buffer, at, gain, choke = null, offset = 0, rate = 1 }) {
  const fader = new GainNode(context, { gain });
  fader.connect(target);
  const source = new AudioBufferSourceNode(context, { buffer, playbackRate: rate });
  source.connect(fader);
  source.addEventListener("ended", () => fader.disconnect());
  source.start(at / SAMPLE_RATE, offset / SAMPLE_RATE);
  const voice = { at, choke: null, gain, source, fader };
  if (choke !== null) chokeVoice(voice, choke);
  return voice;
}

/**
 * Sets, moves or takes away (null) the fade that ends a voice. The fade must not have begun.
 * @param {Voice} voice
 * @param {number | null} choke sample on the clock
 */
export function chokeVoice(voice, choke) {
  const { fader, source, gain } = voice;
  fader.gain.cancelScheduledValues(0);
  const whole = voice.at + source.buffer.length;
  const end = choke === null ? whole : choke + CHOKE_SAMPLES;
  if (choke !== null) {
    fader.gain.setValueAtTime(gain, choke / SAMPLE_RATE);
    fader.gain.linearRampToValueAtTime(0, end / SAMPLE_RATE);
  }
  source.stop(end / SAMPLE_RATE);
  voice.choke = choke;
}

/**
 * Ends a voice at once: silently where it has not begun, else with a short fade.
 * @param {Voice} voice
 * @param {number} time seconds on the context's clock
 */
export function cutVoice({ at, source, fader }, time) {
  fader.gain.cancelScheduledValues(0);
  if (at / SAMPLE_RATE > time) {
    source.stop();
    fader.disconnect();
    return;
  }
  fader.gain.setTargetAtTime(0, time, CUT / 4);
  source.stop(time + 2 * CUT);
}

/**
 * Renders notes as `n2n render --kit` does: every one-shot at its exact sample, and a mix that would pass full scale made softer
 * as a whole.
 * @param {{onset: number, drum: string, velocity: number}[]} notes
 * @param {import("./kits.js").Kit} kit
 * @param {{context: OfflineAudioContext}} options the length of the context is the length of the render; its rate must be 44.1 kHz
 * @returns {Promise<AudioBuffer>}
 */
export async function renderNotes(notes, kit, { context }) {
  for (const { start, drum, layer, gain, choke } of planSounds(notes, kit.layers)) {
    const { buffer } = kit.layers[drum][layer];
    startVoice(context, context.destination, { buffer, at: start, gain, choke: choke === null ? null : start + choke });
  }
  const mix = await context.startRendering();
  const data = mix.getChannelData(0);
  const gain = fullScaleGain(data);
  if (gain < 1) data.forEach((sample, index) => (data[index] = sample * gain));
  return mix;
}
