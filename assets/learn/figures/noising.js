/** Noise added to the clip's roll, and what the model makes of it. */

import { choice, slider } from "../controls.js";
import { figure } from "../figure.js";
import { addNoise, noisyShades, wrongShare } from "../math.js";
import { countPeaks } from "../planes.js";
import { createRoll, describeCounts } from "../roll.js";
import { plain } from "../scales.js";

const FIRST = 10;

/** @param {{lesson: import("../lesson.js").Lesson, drums: Array, ranges: {noising_sigmas: number[]}}} page */
export function noising({ lesson, drums, ranges: { noising_sigmas: sigmas } }) {
  const rolls = {
    clean: createRoll({ name: "clean", title: "Clean roll", drums }),
    noisy: createRoll({ name: "noisy", title: "Noise added", drums }),
    estimate: createRoll({ name: "estimate", title: "The model’s estimate", drums, axis: true }),
  };
  const draw = () => {
    const { seconds, cells, noise, notes, known, own } = lesson.clip();
    const [sigma, part] = [sigmas[level.get()], lesson.part("noising")];
    const total = notes.length;
    rolls.clean.draw({ seconds, notes, summary: `${total} notes` });
    const noisy = noisyShades(addNoise(cells, noise, sigma), sigma);
    rolls.noisy.draw({ seconds, plane: noisy, noisy: true, summary: `the same under noise of sigma ${plain(sigma)}` });
    const plane = part?.planes[hearing.get()][level.get()];
    const counts = plane && countPeaks(plane);
    const [absent, summary] = plane ? [undefined, describeCounts(counts, drums)] : [lesson.absence(), ""];
    rolls.estimate.draw({ seconds, plane, absent, summary });
    const shown = plane ? ` The estimate is more sure than not of ${counts.reduce((a, b) => a + b)} notes; the clip has ${total}.` : "";
    const truth = own && !known ? " For your own clip the model’s transcription stands for the truth." : "";
    const wrong = `A threshold half-way would put ${share(wrongShare(sigma))} of the cells on the wrong side.`;
    say(`${wrong}${shown}${truth}`);
  };
  const level = slider({
    name: "noising-sigma",
    label: "Noise σ",
    domain: [0, sigmas.length - 1],
    step: 1,
    value: FIRST,
    format: (index) => plain(sigmas[index]),
    onInput: draw,
  });
  const hearing = choice({
    name: "noising-hearing",
    label: "The model hears",
    options: [["heard", "the audio"], ["unheard", "nothing"]],
    value: "heard",
    onChange: draw,
  });
  const { node, say } = figure({
    id: "noising",
    title: "Noise in, notes out",
    lead:
      "A drum roll has one cell for each drum and each hundredth of a second: 1 where a hit begins, −1 where none does. " +
      "Add random noise of strength σ (sigma) to every cell, and a network trained on such pairs, the denoiser, estimates the clean roll.",
    controls: [level.node, hearing.node],
    pictures: Object.values(rolls).map((roll) => roll.node),
    note:
      "Without the audio only what shows through the noise can be recovered. With it the noise hardly matters, so the walk may " +
      "begin at noise alone: that is how a recording is transcribed.",
  });
  lesson.subscribe(draw);
  return node;
}

function share(value) {
  if (value < 1e-4) return "almost none";
  return `${plain(100 * value)} %`;
}
