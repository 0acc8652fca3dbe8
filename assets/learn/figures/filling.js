/** Inpainting: a bar rewritten step by step, all else locked. */

import { slider } from "../controls.js";
import { figure } from "../figure.js";
import { createRoll } from "../roll.js";
import { plain } from "../scales.js";

/** @param {{lesson: import("../lesson.js").Lesson, drums: Array, ranges: {fill_steps: number}}} page */
export function filling({ lesson, drums, ranges }) {
  const rolls = {
    noisy: createRoll({ name: "fill-noisy", title: "Noisy roll of this step", drums }),
    estimate: createRoll({ name: "fill-estimate", title: "Estimate from it", drums }),
    notes: createRoll({ name: "fill-notes", title: "Notes in the end", drums, axis: true }),
  };
  const draw = () => {
    const { seconds, notes: before } = lesson.clip();
    const part = lesson.part("filling");
    const [index, span, absent] = [step.get() - 1, part?.span, part ? undefined : lesson.absence()];
    const sigma = part?.sigmas[index];
    const [noisy, estimate] = ["noisy", "estimate"].map((name) => part?.planes[name][index]);
    rolls.noisy.draw({ seconds, span, absent, plane: noisy, noisy: true, summary: `the bar as noise, sigma ${plain(sigma ?? 0)}` });
    rolls.estimate.draw({ seconds, span, absent, plane: estimate, summary: "the bar as estimated at this step" });
    const inside = (notes) => notes.filter(([onset]) => onset >= span[0] && onset < span[1]).length;
    const [old, fresh] = part ? [inside(before), inside(part.notes)] : [0, 0];
    rolls.notes.draw({ seconds, span, absent, notes: part?.notes, summary: `${fresh} notes in the bar, where ${old} were` });
    if (!part) return say("");
    const where = `from ${span[0].toFixed(1)} to ${span[1].toFixed(1)} s`;
    say(`Step ${index + 1} of ${part.sigmas.length}, σ = ${plain(sigma)}. The bar ${where} had ${old} notes and ends with ${fresh}.`);
  };
  const step = slider({ name: "fill-step", label: "Step", domain: [1, ranges.fill_steps], step: 1, value: 6, format: String, onInput: draw });
  const { node, say } = figure({
    id: "filling",
    title: "Inpainting: a bar rewritten",
    lead:
      "The audio of the shaded bar is withheld. The bar starts as the groove around it would go on, under noise; where nothing repeats, as " +
      "noise alone. Everything around it is locked: after each step the known cells are put back, under the noise of the next, so the " +
      "model fits new notes between them. This is inpainting; the studio calls it Regenerate.",
    controls: [step.node],
    pictures: Object.values(rolls).map((roll) => roll.node),
    note:
      "A bar that nobody hears has no single right answer. The walk decides: early steps give a faint average of all that would fit, late " +
      "ones commit to one. Another seed commits to another.",
  });
  lesson.subscribe(draw);
  return node;
}
