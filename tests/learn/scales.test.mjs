import assert from "node:assert/strict";
import test from "node:test";

import { pathOf } from "../../assets/learn/charts.js";
import { linear, linearTicks, logarithmic, logTicks, plain, spread } from "../../assets/learn/scales.js";

test("a place leads back to its value", () => {
  const scales = [linear([-2, 6], [40, 300]), logarithmic([0.002, 80], [200, 10])];
  for (const scale of scales) {
    for (const value of [0.5, 1, 4]) assert.ok(Math.abs(scale.value(scale.place(value)) - value) < 1e-9);
  }
  assert.equal(linear([0, 10], [100, 0]).place(5), 50);
  assert.ok(Math.abs(logarithmic([0.01, 100], [0, 4]).place(10) - 3) < 1e-12);
});

test("ticks are round and lie within the axis, ends included", () => {
  assert.deepEqual(linearTicks([0, 1], 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(linearTicks([-2.4, 2.4], 5), [-2, -1, 0, 1, 2]);
  assert.deepEqual(linearTicks([0.91, 0.97], 3), [0.92, 0.94, 0.96]);
  assert.deepEqual(logTicks([0.002, 100]), [0.01, 0.1, 1, 10, 100]);
  assert.deepEqual(logTicks([0.02, 50]).map((tick) => Number(tick.toPrecision(3))), [0.03, 0.1, 0.3, 1, 3, 10, 30]);
});

test("numbers are told in as few digits as say it", () => {
  assert.deepEqual([0, 0.05, 0.123, 2.5, 17, 4.84, 128.4, -0.3].map(plain), ["0", "0.05", "0.12", "2.5", "17", "4.8", "128", "−0.3"]);
});

test("values are spread evenly, or evenly in ratio", () => {
  assert.deepEqual(spread([0, 1], 3), [0, 0.5, 1]);
  spread([0.1, 10], 3, true).forEach((value, i) => assert.ok(Math.abs(value - [0.1, 1, 10][i]) < 1e-12));
});

test("a line's path moves to its first point and draws to the others", () => {
  assert.equal(pathOf([[0, 1], [2.04, 3]]), "M0.0 1.0L2.0 3.0");
});
