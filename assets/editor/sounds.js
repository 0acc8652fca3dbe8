/**
 * Which one-shot a note sounds, from which sample, how loud and for how long: the rule of `n2n/render.py`, so that
 * `n2n render --kit` is the exact render of what is heard. Pure; knows nothing of the browser. Counted in samples at 44.1 kHz.
 *
 * A hit's peak follows one curve over velocity, the same for every kit, whichever layer sounds. A hi-hat hit ends the one before.
 */

export const SAMPLE_RATE = 44100;
/** A hit's peak is proportional to its velocity to this power. */
export const VELOCITY_CURVE = 1.3;
/** Peak of a hit of velocity 127. */
export const LOUDEST_PEAK = { KD: 0.35, SN: 0.35, TT: 0.28, HH: 0.14, CY: 0.22, RD: 0.125, BE: 0.125 };
/** Over how many samples a choked hi-hat fades. */
export const CHOKE_SAMPLES = 441;

/**
 * `choke`: after how many samples the sound begins to fade, null for never.
 * @typedef {{start: number, drum: string, layer: number, gain: number, choke: number | null}} Sound
 */

/**
 * The nearest whole number; halves go to the even one, as in Python. (0.125 s is 5512.5 samples.)
 * @param {number} value
 */
export function roundHalfEven(value) {
  const below = Math.floor(value);
  const part = value - below;
  if (part !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/**
 * The sample at which a note begins.
 * @param {number} onset seconds
 */
export function onsetSample(onset) {
  return roundHalfEven(onset * SAMPLE_RATE);
}

/**
 * The peak that a hit sounds with.
 * @param {string} drum
 * @param {number} velocity 1 to 127
 */
export function peakOf(drum, velocity) {
  return LOUDEST_PEAK[drum] * (velocity / 127) ** VELOCITY_CURVE;
}

/**
 * The layer struck most nearly as hard; of two as near, the softer.
 * @param {{velocity: number}[]} layers from soft to hard
 * @param {number} velocity
 * @returns {number} index into `layers`
 */
export function chooseLayer(layers, velocity) {
  let best = 0;
  for (let index = 1; index < layers.length; index += 1) {
    if (Math.abs(layers[index].velocity - velocity) < Math.abs(layers[best].velocity - velocity)) best = index;
  }
  return best;
}

/**
 * The one-shot of a single hit.
 * @param {string} drum
 * @param {number} velocity 1 to 127
 * @param {Record<string, {velocity: number}[]>} layers of each drum
 * @returns {{layer: number, gain: number}}
 */
export function hit(drum, velocity, layers) {
  const layer = chooseLayer(layers[drum], velocity);
  return { layer, gain: peakOf(drum, velocity) / peakOf(drum, layers[drum][layer].velocity) };
}

/**
 * The one-shots of all notes, in the order of time.
 * @param {{onset: number, drum: string, velocity: number}[]} notes in any order
 * @param {Record<string, {velocity: number}[]>} layers of each drum
 * @returns {Sound[]}
 */
export function planSounds(notes, layers) {
  const sounds = notes.map(({ onset, drum, velocity }) => {
    return { start: onsetSample(onset), drum, ...hit(drum, velocity, layers), choke: null };
  });
  sounds.sort((a, b) => a.start - b.start);
  let next = null; // the first hi-hat hit after those at `same`
  let same = null;
  for (let index = sounds.length - 1; index >= 0; index -= 1) {
    const sound = sounds[index];
    if (sound.drum !== "HH") continue;
    if (sound.start !== same) [next, same] = [same, sound.start];
    if (next !== null) sound.choke = next - sound.start;
  }
  return sounds;
}

/**
 * What makes a mix fit into full scale: 1, or the inverse of its peak where that is above 1.
 * @param {Float32Array} mix
 */
export function fullScaleGain(mix) {
  let peak = 0;
  for (const sample of mix) peak = Math.max(peak, Math.abs(sample));
  return peak > 1 ? 1 / peak : 1;
}
