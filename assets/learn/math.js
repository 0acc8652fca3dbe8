/** The closed forms behind the figures, as in `n2n/diffusion.py`. Pure: numbers in, numbers out. */

/**
 * EDM's preconditioning: the estimate is `skip * x + out * F(in * x)`, F being the network.
 *
 * @param {number} sigma noise level, above 0
 * @param {number} sigmaData deviation that the data are taken to have, above 0
 * @returns {{skip: number, out: number, in: number}}
 */
export function preconditioning(sigma, sigmaData) {
  const total = sigma ** 2 + sigmaData ** 2;
  return { skip: sigmaData ** 2 / total, out: (sigma * sigmaData) / Math.sqrt(total), in: 1 / Math.sqrt(total) };
}

/**
 * Signal to noise in decibels: the power of the data over that of the noise.
 *
 * @param {number} sigma
 * @param {number} deviation of the data
 */
export const signalToNoise = (sigma, deviation) => 20 * Math.log10(deviation / sigma);

/**
 * The share of cells that hold a hit.
 * @param {ArrayLike<number>} cells 1 for each hit, else 0
 */
export const shareOfHits = (cells) => Array.from(cells).reduce((sum, cell) => sum + cell, 0) / cells.length;

/**
 * The standard deviation of cells that lie at -1 (silent) or 1 (a hit).
 * @param {ArrayLike<number>} cells 1 for each hit, else 0
 */
export function deviationOf(cells) {
  const share = shareOfHits(cells);
  return 2 * Math.sqrt(share * (1 - share));
}

/**
 * The noise levels of a walk, highest first. One step is `sigmaMax` alone; no later one lies above `sigmaMend`.
 *
 * @param {{sigmaMax: number, sigmaMin: number, rho: number, sigmaMend?: number | null}} schedule
 * @param {number} numSteps at least 1
 * @returns {number[]}
 */
export function scheduleSigmas({ sigmaMax, sigmaMin, rho, sigmaMend }, numSteps) {
  if (numSteps === 1) return [sigmaMax];
  const [high, low] = [sigmaMax ** (1 / rho), sigmaMin ** (1 / rho)];
  const level = (i) => (high + (i / (numSteps - 1)) * (low - high)) ** rho;
  return Array.from({ length: numSteps }, (_, i) => (i === 0 ? sigmaMax : Math.min(level(i), sigmaMend ?? Infinity)));
}

/**
 * The pseudo-Huber loss: e² / 2c where the error is small against c, |e| where it is large.
 *
 * @param {number} error
 * @param {number} c above 0
 */
export const pseudoHuber = (error, c) => Math.sqrt(error ** 2 + c ** 2) - c;

/** Its slope: the pull of an error on the estimate, between -1 and 1. */
export const pseudoHuberSlope = (error, c) => error / Math.sqrt(error ** 2 + c ** 2);

/**
 * What a cell is best estimated as, between -1 (silent) and 1 (a hit), if it holds a hit with probability `p`: the minimiser of the
 * expected pseudo-Huber loss. For large c that is the mean, 2p - 1; for small c the median, -1 or 1.
 *
 * @param {number} p between 0 and 1
 * @param {number} c above 0
 */
export function bestEstimate(p, c) {
  let [low, high] = [-1, 1];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    const slope = p * pseudoHuberSlope(middle - 1, c) + (1 - p) * pseudoHuberSlope(middle + 1, c);
    if (slope < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The density of a normal distribution. */
export function normalDensity(x, mean, deviation) {
  return Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));
}

/** The standard normal distribution function, to 1e-7 (Abramowitz and Stegun 7.1.26). */
export function normalCdf(x) {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = 0.5 * series * Math.exp((-x * x) / 2);
  return x < 0 ? tail : 1 - tail;
}

/** The share of cells that a threshold half-way between silent and hit puts on the wrong side. */
export const wrongShare = (sigma) => normalCdf(-1 / sigma);

/**
 * Standard normal numbers, always the same for a seed.
 *
 * @param {number} count
 * @param {number} seed
 * @returns {Float32Array}
 */
export function gaussianNoise(count, seed) {
  const uniform = mulberry32(seed);
  return Float32Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()));
}

/** A small generator of numbers in [0, 1). */
function mulberry32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * How many values fall into each of `bins` equal parts from `low` to `high`; what lies outside counts nowhere.
 *
 * @param {Iterable<number>} values
 * @returns {number[]}
 */
export function histogram(values, low, high, bins) {
  const counts = new Array(bins).fill(0);
  for (const value of values) {
    const bin = Math.floor(((value - low) / (high - low)) * bins);
    if (bin >= 0 && bin < bins) counts[bin] += 1;
  }
  return counts;
}

/**
 * Cells of a clean roll under noise.
 *
 * @param {Uint8Array} hits 1 where there is a hit, frame by frame
 * @param {Float32Array} noise standard normal, as long
 * @param {number} sigma
 * @returns {Float32Array} ±1 plus sigma times the noise
 */
export function addNoise(hits, noise, sigma) {
  return Float32Array.from(hits, (hit, i) => (hit ? 1 : -1) + sigma * noise[i]);
}

/**
 * A noisy roll as shades: silence 0, a hit 255 under weak noise; strong noise is scaled down to fit, as the network's input is.
 *
 * @param {Float32Array} values
 * @param {number} sigma
 * @returns {Uint8ClampedArray}
 */
export function noisyShades(values, sigma) {
  return Uint8ClampedArray.from(values, (value) => (255 * (value + 1)) / (2 * Math.max(1, sigma)));
}
