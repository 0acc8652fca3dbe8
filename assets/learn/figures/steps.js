/** Steps against accuracy: measured on recordings whose notes are known, and seen on the clip. */

import { createChart } from "../charts.js";
import { slider } from "../controls.js";
import { el } from "../../editor/dom.js";
import { figure } from "../figure.js";
import { createRoll } from "../roll.js";
import { linearTicks, plain } from "../scales.js";

/**
 * @typedef {{num_steps: number, f1: number, deviation: number, seconds_per_second: number}} Point
 * @typedef {{points: Point[], recordings: number, notes: number, seeds: number}} Curve
 * @param {{lesson: import("../lesson.js").Lesson, drums: Array, ranges: {walk_steps: number[]}, curve: Curve | null}} page
 */
export function steps({ lesson, drums, ranges: { walk_steps: counts }, curve }) {
  const pick = (value) => (place.set(Math.min(counts.length - 1, Math.max(0, Math.round(value)))), draw());
  const accuracy = createChart({ name: "accuracy", height: 230, onPick: pick });
  const time = createChart({ name: "time", height: 230, onPick: pick });
  const roll = createRoll({ name: "walk", title: "The clip at this number of steps", drums, axis: true });
  const draw = () => {
    const number = counts[place.get()];
    if (curve) {
      accuracy.draw(accuracyOf(curve, place.get()));
      time.draw(timeOf(curve, place.get()));
    }
    const { seconds, known } = lesson.clip();
    const part = lesson.part("walks");
    const notes = part?.notes[place.get()];
    const [hits, extra, missed] = [0, 1, 2].map((kind) => notes?.filter((note) => note[3] === kind).length ?? 0);
    const summary = `${hits} right, ${extra} extra, ${missed} missed`;
    const absent = notes ? undefined : lesson.absence();
    roll.draw({ seconds, notes, absent, summary });
    const point = curve?.points.find(({ num_steps }) => num_steps === number);
    const measured = point ? `F1 ${point.f1.toFixed(3)}, ${plain(1000 * point.seconds_per_second)} ms of work for a second of audio. ` : "";
    const against = known ? "" : ", against the model’s usual transcription";
    say(`${number} ${number === 1 ? "step" : "steps"}: ${measured}${notes ? `On the clip: ${summary}${against}.` : ""}`);
  };
  const place = slider({
    name: "num-steps",
    label: "Steps",
    domain: [0, counts.length - 1],
    step: 1,
    value: 0,
    format: (index) => String(counts[index]),
    onInput: draw,
  });
  const charts = curve
    ? el("div.learn-pair", {}, accuracy.node, time.node)
    : el("p.learn-absent", {}, "The measured curve is missing from this copy: runs/learn_curve.py makes it.");
  const about = curve
    ? `Measured on the ${curve.recordings} bundled examples, drums alone with ${curve.notes} known notes, ${curve.seeds} seeds each; ` +
      "whiskers show how much the seed matters. Whole songs are harder (README). "
    : "";
  const { node, say } = figure({
    id: "steps",
    title: "Steps against accuracy",
    lead:
      "Each step costs one look of the network. F1 is the harmonic mean of precision (how many of its notes are right) and recall " +
      "(how many of the true notes it found); a note is right within 50 ms on the right drum.",
    controls: [place.node],
    pictures: [charts, roll.node, key()],
    note:
      `${about}The first step finds most notes, since the audio says so much; later ones settle the doubtful. Where the curve is ` +
      "flat or falls, more steps only cost time.",
  });
  lesson.subscribe(draw);
  return node;
}

/** What the marks in the roll mean. */
function key() {
  const mark = (kind, text) => el("li", {}, el(`span.mark.${kind}`), text);
  return el("ul.learn-legend", {}, mark("hit", "right"), mark("extra", "extra (×)"), mark("missed", "missed (outline)"));
}

const stepsAxis = ({ points }) => ({
  domain: [-0.4, points.length - 0.6],
  ticks: points.map((_, i) => i),
  format: (i) => String(points[i].num_steps),
  label: "steps",
});

function accuracyOf(curve, place) {
  const low = Math.min(...curve.points.map(({ f1, deviation }) => f1 - deviation));
  const high = Math.max(...curve.points.map(({ f1, deviation }) => f1 + deviation));
  const domain = roomy(low, high);
  const whiskers = curve.points.map(({ f1, deviation }, i) => ({ points: [[i, f1 - deviation], [i, f1 + deviation]], tone: "whisker" }));
  return {
    x: stepsAxis(curve),
    y: { domain, label: "F1", format: (value) => value.toFixed(2) },
    lines: [...whiskers, { points: curve.points.map(({ f1 }, i) => [i, f1]), tone: "first" }],
    dots: [{ at: [place, curve.points[place].f1], tone: "first" }],
    marker: place,
    summary: `F1 by steps: ${curve.points.map(({ num_steps, f1 }) => `${num_steps}: ${f1.toFixed(3)}`).join(", ")}.`,
  };
}

function timeOf(curve, place) {
  const told = curve.points.map((point) => `${point.num_steps}: ${plain(1000 * point.seconds_per_second)}`);
  const top = 1.15 * Math.max(...curve.points.map((point) => 1000 * point.seconds_per_second));
  return {
    x: stepsAxis(curve),
    y: { domain: [0, top], label: "ms for a second of audio" },
    lines: [{ points: curve.points.map((point, i) => [i, 1000 * point.seconds_per_second]), tone: "second" }],
    dots: [{ at: [place, 1000 * curve.points[place].seconds_per_second], tone: "second" }],
    marker: place,
    summary: `Milliseconds of work for a second of audio by steps: ${told.join(", ")}.`,
  };
}

/** A domain around a range, at least 0.04 wide, that ends at ticks. */
function roomy(low, high) {
  const middle = (low + high) / 2;
  const half = Math.max(0.02, 0.6 * (high - low));
  const ticks = linearTicks([middle - half, middle + half], 4);
  const step = ticks[1] - ticks[0];
  return [Math.max(0, ticks[0] - step), Math.min(1, ticks.at(-1) + step)];
}
