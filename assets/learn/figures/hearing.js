/** Conditioning: the same noise, with all, some and none of the audio heard. */

import { choice, slider } from "../controls.js";
import { figure } from "../figure.js";
import { countPeaks } from "../planes.js";
import { createRoll, describeCounts } from "../roll.js";
import { plain } from "../scales.js";

/** @param {{lesson: import("../lesson.js").Lesson, drums: Array, ranges: {hearing_sigmas: number[], withheld_places: number}}} page */
export function hearing({ lesson, drums, ranges }) {
  const rolls = {
    all: createRoll({ name: "all", title: "All of the audio heard", drums }),
    some: createRoll({ name: "some", title: "A span withheld", drums }),
    none: createRoll({ name: "none", title: "None of it heard", drums, axis: true }),
  };
  const draw = () => {
    const { seconds } = lesson.clip();
    const part = lesson.part("hearing");
    const absent = part ? undefined : lesson.absence();
    const planes = part?.planes[`level${level.get()}`];
    const span = part?.spans[place.get()];
    const chosen = { all: planes?.[0], none: planes?.[1], some: planes?.[2 + place.get()] };
    for (const [name, roll] of Object.entries(rolls)) {
      const plane = chosen[name];
      const summary = plane ? describeCounts(countPeaks(plane), drums) : "";
      roll.draw({ seconds, plane, span: name === "some" ? span : undefined, absent, summary });
    }
    if (!part) return say("");
    const counts = Object.fromEntries(Object.entries(chosen).map(([name, plane]) => [name, countPeaks(plane).reduce((a, b) => a + b)]));
    const where = `from ${span[0].toFixed(1)} to ${span[1].toFixed(1)} s`;
    say(`Sure notes: ${counts.all} with all of the audio, ${counts.some} with the audio ${where} withheld, ${counts.none} with none.`);
  };
  const place = slider({
    name: "withheld",
    label: "Withheld span",
    domain: [0, ranges.withheld_places - 1],
    step: 1,
    value: 2,
    format: (index) => {
      const span = lesson.part("hearing")?.spans[index];
      return span ? `${span[0].toFixed(1)} to ${span[1].toFixed(1)} s` : "";
    },
    onInput: draw,
  });
  const level = choice({
    name: "hearing-sigma",
    label: "Noise σ",
    options: ranges.hearing_sigmas.map((sigma, i) => [String(i), plain(sigma)]),
    value: "0",
    onChange: draw,
  });
  const { node, say } = figure({
    id: "hearing",
    title: "What is heard, and what is not",
    lead:
      "The audio conditions the denoiser: at every step it sees the noisy roll and hears the recording. Parts of the audio can be " +
      "withheld. In their place stands a null embedding, one learned vector that says: nothing was heard here.",
    controls: [place.node, level.node],
    pictures: Object.values(rolls).map((roll) => roll.node),
    note:
      "In training, all of the audio or a random span of it was withheld now and then, so the model knows both states. It is what lets " +
      "it imagine a bar from its surroundings, or drums from nothing. At high σ with nothing heard, silence is the best guess for any " +
      "single cell: hits come only as a walk goes down.",
  });
  lesson.subscribe(() => {
    place.set(place.get());
    draw();
  });
  return node;
}
