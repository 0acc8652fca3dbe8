/** What sigma is: how cells scatter, and how much of the noisy roll and of the network the estimate takes. */

import { createChart } from "../charts.js";
import { slider } from "../controls.js";
import { figure } from "../figure.js";
import { addNoise, deviationOf, histogram, normalDensity, preconditioning, shareOfHits, signalToNoise } from "../math.js";
import { plain, spread } from "../scales.js";

const SIGMAS = [0.02, 50];
const BINS = 44;

/** @param {{lesson: import("../lesson.js").Lesson, model: object | null}} page */
export function sigma({ lesson, model }) {
  const sigmaData = model?.sigma_data ?? 0.5;
  const cells = createChart({ name: "cells", height: 220 });
  const shares = createChart({ name: "preconditioning", height: 240, onPick: (value) => (level.set(value), draw()) });
  const draw = () => {
    const value = level.get();
    cells.draw(cellsOf(lesson.clip(), value));
    shares.draw(sharesOf(value, sigmaData));
    const { skip, out } = preconditioning(value, sigmaData);
    const { cells: clean } = lesson.clip();
    const share = shareOfHits(clean);
    const decibels = signalToNoise(value, deviationOf(clean)).toFixed(0).replace("-", "−");
    const ratio = share > 0 ? `one cell in ${Math.round(1 / share)} holds a hit, signal to noise is ${decibels} dB` : "there is no signal";
    say(
      `σ = ${plain(value)}: ${ratio}. The estimate takes ${plain(skip)} of the noisy cell itself ` +
        `and ${plain(out)} of what the network says.`,
    );
  };
  const level = slider({ name: "sigma", label: "Noise σ", domain: SIGMAS, byRatio: true, value: 0.5, format: plain, onInput: draw });
  const { node, say } = figure({
    id: "sigma",
    title: "What sigma is",
    lead:
      "σ is the standard deviation of the noise. Silent cells scatter around −1 and hits around 1, two apart, so near σ = 1 the two " +
      "begin to drown in each other. Both are drawn equally high here, though far fewer cells hold a hit.",
    controls: [level.node],
    pictures: [cells.node, shares.node],
    note:
      "The network must cope with every σ. So it reads the roll scaled by c_in, and its answer F is mixed with the roll: " +
      `estimate = c_skip · roll + c_out · F (preconditioning, as in EDM; both counted from silence). Under weak noise the roll nearly ` +
      "passes through, under strong noise all comes from the network. The turn lies at " +
      `σ_data = ${plain(sigmaData)}, the spread that the data are taken to have.`,
  });
  lesson.subscribe(draw);
  return node;
}

function cellsOf({ cells, noise }, sigma) {
  const reach = 1 + Math.max(0.6, 3.2 * sigma);
  const values = addNoise(cells, noise, sigma);
  const peak = normalDensity(0, 0, sigma);
  const of = (hit) => {
    const chosen = values.filter((_, i) => cells[i] === hit);
    const width = (2 * reach) / BINS;
    return histogram(chosen, -reach, reach, BINS).map((count) => count / Math.max(1, chosen.length) / width / peak);
  };
  const edge = (bin) => -reach + (2 * reach * bin) / BINS;
  const bars = [[0, "quiet"], [1, "first"]].flatMap(([hit, tone]) =>
    of(hit).map((height, i) => ({ from: edge(i), to: edge(i + 1), height: Math.min(2, height), tone })),
  );
  const curve = (mean) => spread([-reach, reach], 241).map((x) => [x, normalDensity(x, mean, sigma) / peak]);
  return {
    x: { domain: [-reach, reach], label: "value of a cell" },
    y: { domain: [0, 2], ticks: [], label: "how common" },
    bars,
    lines: [
      { points: curve(-1), tone: "quiet", name: "silent cells" },
      { points: curve(1), tone: "first", name: "cells with a hit" },
    ],
    summary:
      `Two bell curves of width ${plain(sigma)}, around minus one for silent cells and around one for hits; ` +
      "bars count the cells of the clip.",
  };
}

function sharesOf(value, sigmaData) {
  const curve = (name) => spread(SIGMAS, 160, true).map((sigma) => [sigma, preconditioning(sigma, sigmaData)[name]]);
  const now = preconditioning(value, sigmaData);
  return {
    x: { domain: SIGMAS, log: true, label: "noise σ" },
    y: { domain: [0, 2.1 * Math.max(0.5, 0.5 / sigmaData)], label: "share" },
    lines: [
      { points: curve("skip"), tone: "first", name: "c_skip: of the noisy roll" },
      { points: curve("out"), tone: "second", name: "c_out: of the network" },
      { points: curve("in"), tone: "third", name: "c_in: scale of what it reads" },
    ],
    dots: [
      { at: [value, now.skip], tone: "first" },
      { at: [value, now.out], tone: "second" },
      { at: [value, now.in], tone: "third" },
    ],
    marker: value,
    summary: `Preconditioning. At sigma ${plain(value)}: c skip ${plain(now.skip)}, c out ${plain(now.out)}, c in ${plain(now.in)}.`,
  };
}
