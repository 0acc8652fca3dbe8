/**
 * Reads the two binary files that the server writes: one denoising step (N2NS), and the mel spectrogram with the waveform (N2NM).
 *
 * Both are little endian: 4 bytes of magic, uint32 length of a JSON header, the header (UTF-8, padded with blanks so that what
 * follows begins at a multiple of 4), data. Data are views into the buffer: nothing is copied.
 */

import { DRUMS, FRAME_RATE } from "./notes.js";

/**
 * One denoising step. Planes hold uint8 [frames][7], frame after frame: `noisy` is the noisy onset channel divided by its own
 * spread, -3..3 as 0..255; `onset` the estimated probability 0..1 as 0..255; `velocity` 1..127. Long recordings have `onset` only.
 * @typedef {{onset: number, drum: string, velocity: number, confidence: number}} StepNote
 * @typedef {{run: string, step: number, steps: number, sigma: number, frames: number,
 *   planes: {noisy?: Uint8Array, onset?: Uint8Array, velocity?: Uint8Array}, notes: StepNote[]}} Step
 */

/**
 * Reads the planes and the decoded notes of one denoising step.
 * @param {ArrayBuffer} buffer a whole N2NS file
 * @returns {Step}
 * @throws {Error} the buffer is no such file, or ends too early
 */
export function parseStep(buffer) {
  const { header, start } = readHeader(buffer, "N2NS");
  const { run, step, steps, sigma, frames } = header;
  const size = frames * DRUMS.length;
  const planes = {};
  header.planes.forEach((name, index) => {
    planes[name] = bytes(Uint8Array, buffer, start + index * size, size);
  });
  return { run, step, steps, sigma, frames, planes, notes: header.notes.map(stepNote) };
}

/**
 * Reads the mel spectrogram, uint8 [frames][bins] (-80 dB..0 dB below the file's level as 0..255), and the waveform's peaks,
 * int8 [n][2] (lowest, highest; -127..127).
 * @param {ArrayBuffer} buffer a whole N2NM file
 * @returns {{frames: number, bins: number, secondsPerFrame: number, mel: Uint8Array, samplesPerPeak: number, peaks: Int8Array}}
 * @throws {Error} the buffer is no such file, or ends too early
 */
export function parseMel(buffer) {
  const { header, start } = readHeader(buffer, "N2NM");
  const { frames, bins } = header;
  return {
    frames,
    bins,
    secondsPerFrame: header.seconds_per_frame,
    mel: bytes(Uint8Array, buffer, start, frames * bins),
    samplesPerPeak: header.samples_per_peak,
    peaks: bytes(Int8Array, buffer, start + frames * bins, 2 * header.peaks),
  };
}

function readHeader(buffer, magic) {
  const head = new Uint8Array(buffer, 0, Math.min(4, buffer.byteLength));
  const found = String.fromCharCode(...head);
  if (found !== magic || buffer.byteLength < 8) throw new Error(`this is no ${magic} file: it begins with ${JSON.stringify(found)}`);
  const length = new DataView(buffer).getUint32(4, true);
  const text = new TextDecoder().decode(bytes(Uint8Array, buffer, 8, length));
  return { header: JSON.parse(text), start: 8 + length };
}

function bytes(Kind, buffer, start, length) {
  if (!(start + length <= buffer.byteLength)) {
    throw new Error(`the file ends at byte ${buffer.byteLength}, before ${start + length}: it was cut short`);
  }
  return new Kind(buffer, start, length);
}

function stepNote([frame, lane, velocity, confidence]) {
  return { onset: frame / FRAME_RATE, drum: DRUMS[lane], velocity, confidence };
}
