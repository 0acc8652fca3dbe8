import assert from "node:assert/strict";
import test from "node:test";

import {
  addNoise,
  bestEstimate,
  deviationOf,
  gaussianNoise,
  histogram,
  noisyShades,
  normalCdf,
  normalDensity,
  preconditioning,
  pseudoHuber,
  pseudoHuberSlope,
  scheduleSigmas,
  shareOfHits,
  signalToNoise,
  wrongShare,
} from "../../assets/learn/math.js";

const near = (value, expected, tolerance = 1e-8) =>
  assert.ok(Math.abs(value - expected) <= tolerance, `${value} is not within ${tolerance} of ${expected}`);

test("preconditioning gives the numbers of n2n.diffusion", () => {
  const python = [
    [0.05, 0.99009901, 0.04975186, 1.99007438],
    [0.7, 0.337837838, 0.406866736, 1.162476387],
    [20, 0.00062461, 0.499843823, 0.049984382],
  ];
  for (const [sigma, skip, out, scale] of python) {
    const found = preconditioning(sigma, 0.5);
    near(found.skip, skip);
    near(found.out, out);
    near(found.in, scale);
  }
});

test("preconditioning gives the network input and target of unit variance", () => {
  for (const sigma of [0.01, 0.4, 3, 60]) {
    const [data, { skip, out, in: scale }] = [0.3, preconditioning(sigma, 0.3)];
    near(scale ** 2 * (data ** 2 + sigma ** 2), 1);
    near(((1 - skip) ** 2 * data ** 2 + skip ** 2 * sigma ** 2) / out ** 2, 1);
  }
});

test("the deviation of cells is that of their values, few as hits are", () => {
  const cells = [0, 0, 1, 0, 0, 0, 0, 1];
  const values = cells.map((cell) => 2 * cell - 1);
  const mean = values.reduce((sum, value) => sum + value) / 8;
  near(deviationOf(cells), Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 8));
  near(deviationOf(Float32Array.from(cells)), deviationOf(cells));
  assert.equal(deviationOf([0, 0]), 0);
  assert.deepEqual([shareOfHits(cells), shareOfHits(Uint8Array.from(cells)), shareOfHits([0, 0])], [0.25, 0.25, 0]);
});

test("signal to noise falls by 20 dB for ten times the noise", () => {
  near(signalToNoise(0.5, 0.5), 0);
  near(signalToNoise(5, 0.5), -20);
});

test("schedules are those of n2n.diffusion", () => {
  const python = [
    [{ sigmaMax: 80, sigmaMin: 0.002, rho: 7 }, [80, 17.52783196464411, 2.515218976147159, 0.16975275626876413, 0.002]],
    [{ sigmaMax: 20, sigmaMin: 0.3, rho: 3 }, [20, 10.69411586884183, 4.843324205415856, 1.6458704392819496, 0.3]],
    [{ sigmaMax: 10, sigmaMin: 0.1, rho: 1 }, [10, 5.05, 0.1]],
    [{ sigmaMax: 10, sigmaMin: 0.1, rho: 1, sigmaMend: null }, [10, 5.05, 0.1]],
    [{ sigmaMax: 20, sigmaMin: 0.3, rho: 3, sigmaMend: 0.5 }, [20, 0.5, 0.5, 0.5, 0.3]],
  ];
  for (const [schedule, sigmas] of python) scheduleSigmas(schedule, sigmas.length).forEach((sigma, i) => near(sigma, sigmas[i], 1e-9));
  assert.deepEqual(scheduleSigmas({ sigmaMax: 80, sigmaMin: 0.002, rho: 7 }, 1), [80]);
});

test("the pseudo-Huber loss gives the numbers of n2n.diffusion and lies between its limits", () => {
  near(pseudoHuber(0.3, 0.05), 0.25413812651491097, 1e-15);
  near(pseudoHuber(-2, 1), 1.2360679774997898, 1e-15);
  near(pseudoHuber(0.7, 1e4) * 2e4, 0.49, 1e-4);
  near(pseudoHuber(-0.7, 1e-6), 0.7, 2e-6);
});

test("its slope is the derivative", () => {
  for (const [error, c] of [[0.3, 0.05], [-1.2, 1], [0, 0.2]]) {
    near(pseudoHuberSlope(error, c), (pseudoHuber(error + 1e-6, c) - pseudoHuber(error - 1e-6, c)) / 2e-6, 1e-6);
  }
});

test("the best estimate is the mean for large c and the median for small c", () => {
  for (const p of [0, 0.1, 0.3, 0.45, 0.55, 0.8, 1]) {
    near(bestEstimate(p, 1e4), 2 * p - 1, 1e-6);
    near(bestEstimate(p, 1e-4), p < 0.5 ? -1 : 1, 1e-3);
  }
  near(bestEstimate(0.5, 0.3), 0, 1e-9);
});

test("the best estimate is a minimum, rises with p, and treats hit and silence alike", () => {
  const cost = (x, p, c) => p * pseudoHuber(x - 1, c) + (1 - p) * pseudoHuber(x + 1, c);
  for (const c of [0.01, 0.1, 1]) {
    let last = -2;
    for (const p of [0.02, 0.2, 0.4, 0.6, 0.9]) {
      const best = bestEstimate(p, c);
      assert.ok(cost(best, p, c) <= cost(best - 1e-3, p, c) && cost(best, p, c) <= cost(best + 1e-3, p, c));
      assert.ok(best > last);
      near(bestEstimate(1 - p, c), -best, 1e-9);
      last = best;
    }
  }
});

test("the normal distribution matches its table", () => {
  near(normalCdf(-2), 0.022750131948179195, 2e-7);
  near(normalCdf(1.96), 0.9750021048517795, 2e-7);
  near(normalDensity(3, 1, 2), Math.exp(-0.5) / (2 * Math.sqrt(2 * Math.PI)), 1e-12);
  near(wrongShare(20), 0.4800611941616275, 2e-7);
});

test("noise is standard normal, and the same for a seed", () => {
  const noise = gaussianNoise(20000, 3);
  const mean = noise.reduce((sum, n) => sum + n, 0) / noise.length;
  const square = noise.reduce((sum, n) => sum + n * n, 0) / noise.length;
  near(mean, 0, 0.03);
  near(square, 1, 0.04);
  assert.deepEqual(gaussianNoise(5, 3), noise.slice(0, 5));
  assert.notDeepEqual(gaussianNoise(5, 4), noise.slice(0, 5));
});

test("the share of cells on the wrong side of a threshold is the closed form", () => {
  const noise = gaussianNoise(20000, 5);
  const values = addNoise(new Uint8Array(20000), noise, 1.3);
  near(values.filter((value) => value > 0).length / 20000, wrongShare(1.3), 0.01);
});

test("a histogram counts each value once, and none outside", () => {
  assert.deepEqual(histogram([-1, 0, 0.49, 0.5, 1, 2], 0, 1, 2), [2, 1]);
});

test("cells under noise keep their sign and shade as the plots of the package do", () => {
  const values = addNoise(Uint8Array.of(0, 1, 1), Float32Array.of(0.5, -0.5, 0), 2);
  assert.deepEqual([...values], [0, 0, 1]);
  assert.deepEqual([...noisyShades(values, 2)], [64, 64, 128]);
  assert.deepEqual([...noisyShades(Float32Array.of(-1, 1, 3), 0.1)], [0, 255, 255]);
});
