/** The mixing desk: a channel for each drum, the crossfader between original and notes, the master. */

import { DRUMS } from "./notes.js";
import { isAudible } from "./store.js";

/** Up to here the output is what went in; above, it bends towards full scale instead of being cut off. */
const KNEE = 0.9;
/** The loudest input that the bend is drawn for. */
const RANGE = 4;
/** Seconds in which a moved fader arrives, so that it does not crackle. */
const GLIDE = 0.01;

/**
 * The gains of all channels. The crossfader keeps the power: in the middle both stand at -3 dB. Without an original the notes
 * are heard whole.
 * @param {object} state of the store
 * @param {{hasOriginal: boolean}} options
 * @returns {{drums: Record<string, number>, original: number, notes: number, master: number}}
 */
export function levels(state, { hasOriginal }) {
  const angle = ((hasOriginal ? state.master.mix : 1) * Math.PI) / 2;
  return {
    drums: Object.fromEntries(DRUMS.map((drum) => [drum, isAudible(state, drum) ? state.volumes[drum] : 0])),
    original: angle < Math.PI / 2 ? Math.cos(angle) : 0,
    notes: Math.sin(angle),
    master: state.master.volume,
  };
}

/**
 * The output for an input of the mix: equal up to 0.9, never above 1.
 * @param {number} value
 */
export function softLimit(value) {
  const over = Math.abs(value) - KNEE;
  return over <= 0 ? value : Math.sign(value) * (KNEE + (1 - KNEE) * Math.tanh(over / (1 - KNEE)));
}

/**
 * @param {BaseAudioContext} context
 * @returns {{drums: Record<string, GainNode>, original: GainNode, preview: GainNode, set(levels: object): void}}
 *   `preview` is heard whatever is muted or faded
 */
export function createMixer(context) {
  const gain = (target) => {
    const node = new GainNode(context);
    node.connect(target);
    return node;
  };
  const limiter = new WaveShaperNode(context, { curve: limiterCurve() });
  limiter.connect(context.destination);
  const intoRange = gain(limiter);
  intoRange.gain.value = 1 / RANGE;
  const master = gain(intoRange);
  const original = gain(master);
  const notes = gain(master);
  const preview = gain(master);
  const drums = Object.fromEntries(DRUMS.map((drum) => [drum, gain(notes)]));
  let untouched = true;

  return {
    drums,
    original,
    preview,
    set(wanted) {
      const pairs = DRUMS.map((drum) => [drums[drum], wanted.drums[drum]]);
      pairs.push([original, wanted.original], [notes, wanted.notes], [master, wanted.master]);
      for (const [node, value] of pairs) {
        if (untouched) node.gain.value = value;
        else node.gain.setTargetAtTime(value, context.currentTime, GLIDE);
      }
      untouched = false;
    },
  };
}

function limiterCurve() {
  const steps = 8192;
  return Float32Array.from({ length: steps + 1 }, (_, index) => softLimit(((2 * index) / steps - 1) * RANGE));
}
