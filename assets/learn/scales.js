/** From values to places and back: the axes of the charts. Pure. */

/**
 * @typedef {object} Scale
 * @property {(value: number) => number} place of a value
 * @property {(place: number) => number} value at a place
 */

/**
 * A scale on which equal differences are equally long.
 *
 * @param {[number, number]} domain values at both ends
 * @param {[number, number]} range places of both ends
 * @returns {Scale}
 */
export function linear([low, high], [start, end]) {
  return {
    place: (value) => start + ((value - low) / (high - low)) * (end - start),
    value: (place) => low + ((place - start) / (end - start)) * (high - low),
  };
}

/**
 * A scale on which equal ratios are equally long; values above 0.
 *
 * @param {[number, number]} domain
 * @param {[number, number]} range
 * @returns {Scale}
 */
export function logarithmic([low, high], range) {
  const inner = linear([Math.log(low), Math.log(high)], range);
  return { place: (value) => inner.place(Math.log(value)), value: (place) => Math.exp(inner.value(place)) };
}

/**
 * Round values for about `count` ticks on a linear axis.
 *
 * @param {[number, number]} domain
 * @param {number} count
 * @returns {number[]}
 */
export function linearTicks([low, high], count) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * (1 - 1e-9));
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/**
 * Powers of ten, and three times them where that leaves fewer than five, on a logarithmic axis.
 *
 * @param {[number, number]} domain
 * @returns {number[]}
 */
export function logTicks([low, high]) {
  const powers = [];
  for (let exponent = Math.ceil(Math.log10(low) - 1e-9); 10 ** exponent <= high * (1 + 1e-9); exponent += 1) powers.push(10 ** exponent);
  if (powers.length >= 5) return powers;
  const thirds = [powers[0] / 10, ...powers].map((power) => 3 * power);
  return [...powers, ...thirds.filter((tick) => tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9))].sort((a, b) => a - b);
}

/**
 * A value in as few digits as tell it: 0.05, 2.5, 17, 80.
 *
 * @param {number} value
 * @returns {string}
 */
export function plain(value) {
  const digits = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(2));
  return String(digits).replace("-", "−");
}

/**
 * `count` values between both ends, evenly spaced, or evenly in ratio.
 *
 * @param {[number, number]} domain
 * @param {number} count
 * @param {boolean} [byRatio]
 * @returns {number[]}
 */
export function spread(domain, count, byRatio = false) {
  const scale = (byRatio ? logarithmic : linear)(domain, [0, count - 1]);
  return Array.from({ length: count }, (_, i) => scale.value(i));
}
