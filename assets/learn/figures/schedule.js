/** The schedule: which noise levels a walk visits. */

import { createChart } from "../charts.js";
import { choice, slider } from "../controls.js";
import { figure } from "../figure.js";
import { scheduleSigmas } from "../math.js";
import { plain } from "../scales.js";

/** Where hits and silence overlap without being drowned. */
const DECISIVE = [0.3, 5];
/** Whether a level lies there, give or take the rounding of its powers. */
const decisive = (sigma) => sigma >= 0.999 * DECISIVE[0] && sigma <= 1.001 * DECISIVE[1];
const USUAL = { schedule: [20, 0.3, 3], num_steps: 5 };
const EDM = [80, 0.002, 7];

/** @param {{model: object | null}} page */
export function schedule({ model }) {
  const own = model ?? USUAL;
  const chart = createChart({ name: "schedule", height: 280 });
  const ownMend = own.schedule[3] ?? null;
  /** The level to which the settings chosen last, or moved by hand since, go at once from the first; null where they do not. */
  let sigmaMend = ownMend;
  const draw = () => {
    const leap = sigmaMend && Math.max(sigmaMend, bottom.get()); // no level lies below the last
    const settings = { sigmaMax: top.get(), sigmaMin: bottom.get(), rho: rho.get(), sigmaMend: leap };
    const sigmas = scheduleSigmas(settings, steps.get());
    const inside = sigmas.filter(decisive).length;
    const levels = sigmas.length > 8 ? `from ${plain(sigmas[0])} to ${plain(sigmas.at(-1))}` : sigmas.map(plain).join(", ");
    chart.draw({
      x: { domain: [0.5, Math.max(5, sigmas.length) + 0.5], ticks: ticks(sigmas.length), label: "step" },
      y: { domain: [0.002, 100], log: true, label: "noise σ" },
      bands: [{ axis: "y", from: DECISIVE[0], to: DECISIVE[1], name: "where notes are decided" }],
      lines: [{ points: sigmas.map((sigma, i) => [i + 1, sigma]), tone: "first" }],
      dots: sigmas.map((sigma, i) => ({ at: [i + 1, sigma], tone: decisive(sigma) ? "first" : "quiet" })),
      summary: `Noise levels ${levels}; ${inside} of ${sigmas.length} lie between ${DECISIVE[0]} and ${DECISIVE[1]}.`,
    });
    say(`Levels: ${levels}. ${inside} of ${sigmas.length} ${inside === 1 ? "lies" : "lie"} between ${DECISIVE[0]} and ${DECISIVE[1]}.`);
  };
  const byHand = () => (preset.set(null), draw());
  const level = (name, label, domain, value) => slider({ name, label, domain, byRatio: true, value, format: plain, onInput: byHand });
  const top = level("sigma-max", "σ_max, the first", [5, 80], 20);
  const bottom = level("sigma-min", "σ_min, the last", [0.002, 1], 0.3);
  const bend = { name: "rho", label: "ρ (rho), the bend", domain: [1, 10], step: 0.5, value: 3, format: plain };
  const rho = slider({ ...bend, onInput: byHand });
  const count = { name: "schedule-steps", label: "Steps", domain: [1, 30], step: 1, value: own.num_steps, format: String };
  const steps = slider({ ...count, onInput: draw });
  const adopt = ([sigmaMax, sigmaMin, curve, mend = null]) => {
    sigmaMend = mend;
    top.set(sigmaMax);
    bottom.set(sigmaMin);
    rho.set(curve);
  };
  const preset = choice({
    name: "schedule-preset",
    label: "Settings",
    options: [["own", "this model"], ["edm", "EDM, for pictures"]],
    value: "own",
    onChange: (value) => (adopt(value === "own" ? own.schedule : EDM), draw()),
  });
  adopt(own.schedule);
  const { node, say } = figure({
    id: "schedule",
    title: "The schedule",
    lead:
      "A walk starts at noise alone and visits a few noise levels, none higher than the one before. At each, the denoiser makes an " +
      "estimate from which the next begins. The schedule says which levels.",
    controls: [preset.node, steps.node, top.node, bottom.node, rho.node],
    pictures: [chart.node],
    note:
      "Far above the band only the audio speaks, and one look is enough. Below it the notes stand clear already, and a level spent " +
      "there changes nothing. With few steps, spend them inside." +
      (ownMend ? ` This model goes from the first level at once to ${plain(ownMend)} or below: there it can read its own estimate and mend it.` : ""),
  });
  draw();
  return node;
}

function ticks(count) {
  const every = [1, 2, 5].find((size) => count / size <= 10) ?? 10;
  const last = Math.max(5, count);
  return Array.from({ length: last }, (_, i) => i + 1).filter((step) => step === 1 || step % every === 0);
}
