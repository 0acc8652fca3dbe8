/** Which loss: the shape of the annealed pseudo-Huber, and what it makes of a cell that may or may not hold a hit. */

import { createChart } from "../charts.js";
import { slider } from "../controls.js";
import { figure } from "../figure.js";
import { bestEstimate, pseudoHuber, pseudoHuberSlope } from "../math.js";
import { plain, spread } from "../scales.js";

const C = [0.01, 1];
const ERRORS = [-2, 2];

/** @param {{model: object | null}} page */
export function loss({ model }) {
  const shape = createChart({ name: "loss", height: 220 });
  const slope = createChart({ name: "slope", height: 220 });
  const best = createChart({ name: "best", height: 260, onPick: (value) => (chance.set(Math.round(100 * value)), draw()) });
  const draw = () => {
    const [c, p] = [bend.get(), chance.get() / 100];
    shape.draw(shapeOf(c));
    slope.draw(slopeOf(c));
    best.draw(bestOf(c, p));
    const guess = asProbability(bestEstimate(p, c));
    const words = guess < 0.5 * p ? ", so it falls nearly silent" : guess > 1 - 0.5 * (1 - p) ? ", so it is taken for certain" : "";
    const often = `${Math.round(100 * p)} times in a hundred`;
    say(`c = ${plain(c)}: a cell that holds a hit ${often} is estimated as ${plain(100 * guess)} %${words}.`);
  };
  const bend = slider({ name: "c", label: "c, the bend of the loss", domain: C, byRatio: true, value: 0.3, format: plain, onInput: draw });
  const percent = (p) => `${p} %`;
  const chance = slider({ name: "p", label: "Chance of a hit", domain: [0, 100], step: 1, value: 30, format: percent, onInput: draw });
  const { node, say } = figure({
    id: "loss",
    title: "Which loss: squared, absolute or between",
    lead:
      "Training makes a loss small: a price for each error e, here √(e² + c²) − c. For large c it acts like the squared error, for " +
      "small c like the absolute one. This is the pseudo-Huber loss; annealed, as in the paper, means that c goes down while the network learns.",
    controls: [bend.node, chance.node],
    pictures: [pair(shape.node, slope.node), best.node],
    note:
      "Squared error sharpens little: where it is unsure it answers with the mean, and velocities blur. Absolute error answers with the " +
      "median: crisp, but a hit less likely than not is never spoken of, so rare drums such as crash and bell fall silent, and without " +
      `audio everything does. Where the annealing stops is a choice between the two.${lossOf(model?.c)}`,
  });
  draw();
  return node;
}

function lossOf(c) {
  if (c == null) return "";
  if (c === "squared") {
    return (
      " In equal short trainings (README) the squared error found the most notes. So this model was trained with it, but for the " +
      "velocities of hits, where the absolute error keeps them crisp."
    );
  }
  return ` This model’s training ended at c = ${plain(c)}.`;
}

function pair(...nodes) {
  const node = document.createElement("div");
  node.className = "learn-pair";
  node.append(...nodes);
  return node;
}

const asProbability = (estimate) => (estimate + 1) / 2;
const curve = (price) => spread(ERRORS, 161).map((error) => [error, price(error)]);
const clip = (points, top) => points.filter(([, y]) => Math.abs(y) <= top);

function shapeOf(c) {
  return {
    x: { domain: ERRORS, label: "error e" },
    y: { domain: [0, 2], label: "loss" },
    lines: [
      { points: curve((e) => e ** 2 / 2), tone: "quiet", name: "squared, e² / 2" },
      { points: curve(Math.abs), tone: "dashed", name: "absolute, |e|" },
      { points: curve((e) => pseudoHuber(e, c)), tone: "first", name: "pseudo-Huber" },
    ],
    summary: `The loss against the error. At an error of 1 pseudo-Huber is ${plain(pseudoHuber(1, c))}, the squared 0.5, the absolute 1.`,
  };
}

function slopeOf(c) {
  return {
    x: { domain: ERRORS, label: "error e" },
    y: { domain: [-1.5, 1.5], label: "slope: pull on the network" },
    lines: [
      { points: clip(curve((e) => e), 1.5), tone: "quiet", name: "squared, e" },
      { points: [[-2, -1], [0, -1], [0, 1], [2, 1]], tone: "dashed", name: "absolute, ±1" },
      { points: curve((e) => pseudoHuberSlope(e, c)), tone: "first", name: "pseudo-Huber" },
    ],
    summary: `The slope of the loss. At an error of 0.5 pseudo-Huber has ${plain(pseudoHuberSlope(0.5, c))}, squared 0.5, absolute 1.`,
  };
}

function bestOf(c, p) {
  const points = spread([0, 1], 201).map((chance) => [chance, asProbability(bestEstimate(chance, c))]);
  const now = asProbability(bestEstimate(p, c));
  const at = `At ${Math.round(100 * p)} percent it is ${plain(100 * now)} percent.`;
  return {
    x: { domain: [0, 1], label: "chance that the cell holds a hit" },
    y: { domain: [0, 1], label: "best estimate" },
    lines: [
      { points: [[0, 0], [1, 1]], tone: "quiet", name: "squared error: the mean" },
      { points: [[0, 0], [0.5, 0], [0.5, 1], [1, 1]], tone: "dashed", name: "absolute error: the median" },
      { points, tone: "first", name: `pseudo-Huber, c = ${plain(c)}` },
    ],
    dots: [{ at: [p, now], tone: "first" }],
    marker: p,
    summary: `The best estimate of a cell against its chance of a hit. ${at}`,
  };
}
