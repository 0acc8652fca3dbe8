/** The recording as pictures: its spectrogram as images and its waveform as peaks, each at several scales so that far views are quick too. */

import { colourTable } from "./theme.js";

const TILE = 4096;
const SCALES = [1, 4, 16];
const PEAK_RATE = 44100;

/** The loudest of each `scale` neighbours in time. @returns {{data: Uint8Array, frames: number}} [frames][bins] */
export function poolFrames(data, frames, bins, scale) {
  if (scale === 1) return { data, frames };
  const fewer = Math.ceil(frames / scale);
  const pooled = new Uint8Array(fewer * bins);
  for (let frame = 0; frame < frames; frame += 1) {
    const to = Math.floor(frame / scale) * bins;
    const from = frame * bins;
    for (let bin = 0; bin < bins; bin += 1) if (data[from + bin] > pooled[to + bin]) pooled[to + bin] = data[from + bin];
  }
  return { data: pooled, frames: fewer };
}

/** The lowest and highest peak from one index to before another, in -127..127; silence where there are none. */
export function peakBetween(peaks, from, to) {
  let low = 0;
  let high = 0;
  const end = Math.min(to, peaks.length / 2);
  for (let i = Math.max(0, from); i < end; i += 1) {
    if (peaks[2 * i] < low) low = peaks[2 * i];
    if (peaks[2 * i + 1] > high) high = peaks[2 * i + 1];
  }
  return [low, high];
}

/** Lowest and highest of each `scale` neighbouring peaks. */
export function poolPeaks(peaks, scale) {
  if (scale === 1) return peaks;
  const count = Math.ceil(peaks.length / 2 / scale);
  const pooled = new Int8Array(count * 2);
  for (let i = 0; i < count; i += 1) pooled.set(peakBetween(peaks, i * scale, (i + 1) * scale), 2 * i);
  return pooled;
}

/**
 * @param {{frames: number, bins: number, secondsPerFrame: number, mel: Uint8Array, peaks: Int8Array, samplesPerPeak: number}} parsed
 * @returns {{paint(theme: object): void, drawMel(ctx: CanvasRenderingContext2D, row: object, view: object, width: number): void,
 *   drawWave(ctx: CanvasRenderingContext2D, row: object, view: object, width: number, colour: string): void}}
 */
export function createMedia(parsed) {
  const { frames, bins, secondsPerFrame, mel, peaks, samplesPerPeak } = parsed;
  const melScales = SCALES.map((scale) => ({ scale, ...poolFrames(mel, frames, bins, scale), tiles: [] }));
  const peakScales = SCALES.map((scale) => ({ scale, peaks: poolPeaks(peaks, scale) }));
  const secondsPerPeak = samplesPerPeak / PEAK_RATE;
  // Quiet recordings are drawn as high as loud ones.
  const loudest = peaks.reduce((most, peak) => Math.max(most, Math.abs(peak)), 1);

  function paint(theme) {
    const table = colourTable(theme.mel);
    for (const level of melScales) level.tiles = tilesOf(level, bins, table);
  }

  /** The coarsest scale that still has one cell a pixel, roughly. */
  function scaleFor(list, cellsPerPixel) {
    return list.findLast(({ scale }) => scale <= Math.max(1, cellsPerPixel * 1.5));
  }

  function drawMel(ctx, row, view, width) {
    const level = scaleFor(melScales, view.secondsPerPixel / secondsPerFrame);
    const secondsPerCell = secondsPerFrame * level.scale;
    const first = Math.max(0, Math.floor(view.start / secondsPerCell) - 1);
    const last = Math.min(level.frames, Math.ceil((view.start + width * view.secondsPerPixel) / secondsPerCell) + 1);
    for (let tile = Math.floor(first / TILE); tile * TILE < last; tile += 1) {
      const image = level.tiles[tile];
      if (!image) continue;
      const from = Math.max(first, tile * TILE);
      const to = Math.min(last, tile * TILE + image.width);
      const x = (from * secondsPerCell - view.start) / view.secondsPerPixel;
      const wide = ((to - from) * secondsPerCell) / view.secondsPerPixel;
      ctx.drawImage(image, from - tile * TILE, 0, to - from, bins, x, row.top, wide, row.height);
    }
  }

  function drawWave(ctx, row, view, width, colour) {
    const level = scaleFor(peakScales, view.secondsPerPixel / secondsPerPeak);
    const perPixel = view.secondsPerPixel / (secondsPerPeak * level.scale);
    const middle = row.top + row.height / 2;
    const tall = (row.height / 2 - 3) / loudest;
    ctx.fillStyle = colour;
    for (let x = 0; x < width; x += 1) {
      const from = view.start / (secondsPerPeak * level.scale) + x * perPixel;
      if (from >= level.peaks.length / 2) break;
      const [low, high] = peakBetween(level.peaks, Math.floor(from), Math.max(Math.floor(from) + 1, Math.floor(from + perPixel)));
      ctx.fillRect(x, middle - high * tall - 0.5, 1, (high - low) * tall + 1);
    }
  }

  return { paint, drawMel, drawWave };
}

function tilesOf({ data, frames }, bins, table) {
  const tiles = [];
  for (let start = 0; start < frames; start += TILE) {
    const wide = Math.min(TILE, frames - start);
    const image = new ImageData(wide, bins);
    const pixels = new Uint32Array(image.data.buffer);
    const colours = new Uint32Array(table.buffer);
    for (let frame = 0; frame < wide; frame += 1) {
      for (let bin = 0; bin < bins; bin += 1) pixels[(bins - 1 - bin) * wide + frame] = colours[data[(start + frame) * bins + bin]];
    }
    const canvas = new OffscreenCanvas(wide, bins);
    canvas.getContext("2d").putImageData(image, 0, 0);
    tiles.push(canvas.transferToImageBitmap());
  }
  return tiles;
}
