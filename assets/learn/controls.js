/** What moves a figure: sliders and choices, native ones, so that they work by keyboard, by touch and with a screen reader. */

import { el } from "../editor/dom.js";
import { linear, logarithmic } from "./scales.js";
import { withSubscripts } from "./words.js";

const POSITIONS = 200;

/**
 * A slider with its name and its value beside it.
 *
 * @param {object} options
 * @param {string} options.name for tests and styles
 * @param {string} options.label
 * @param {[number, number]} options.domain
 * @param {number} options.value
 * @param {number} [options.step] of a slider over whole steps; without it the slider is continuous
 * @param {boolean} [options.byRatio] equal moves are equal ratios
 * @param {(value: number) => string} options.format
 * @param {(value: number) => void} options.onInput
 * @returns {{node: HTMLElement, get: () => number, set: (value: number) => void}}
 */
export function slider({ name, label, domain, value, step, byRatio = false, format, onInput }) {
  const scale = (byRatio ? logarithmic : linear)(domain, step ? domain : [0, POSITIONS]);
  const [min, max] = step ? domain : [0, POSITIONS];
  const input = el("input", { type: "range", min, max, step: step ?? 1 });
  input.dataset.slider = name;
  const output = el("output");
  let current = value;
  const tell = () => {
    output.textContent = format(current);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  const set = (next) => {
    current = next;
    input.value = String(Math.round(scale.place(next) / Number(input.step)) * Number(input.step));
    tell();
  };
  input.addEventListener("input", () => {
    const place = Number(input.value);
    current = place === min ? domain[0] : place === max ? domain[1] : round(scale.value(place));
    tell();
    onInput(current);
  });
  set(value);
  return { node: el("label.learn-slider", {}, el("span", {}, ...withSubscripts(label)), input, output), get: () => current, set };
}

/** To two digits, which is as fine as a slider is moved. */
const round = (value) => Number(value.toPrecision(2));

let groups = 0;

/**
 * A choice of one out of a few.
 *
 * @param {object} options
 * @param {string} options.name
 * @param {string} options.label
 * @param {Array<[string, string]>} options.options value and text of each
 * @param {string} options.value
 * @param {(value: string) => void} options.onChange
 * @returns {{node: HTMLElement, get: () => string, set: (value: string | null) => void}} null chooses none
 */
export function choice({ name, label, options, value, onChange }) {
  groups += 1;
  const inputs = options.map(([own]) => el("input", { type: "radio", name: `learn-choice-${groups}`, value: own, checked: own === value }));
  const labels = options.map(([, text], i) => el("label", {}, inputs[i], el("span", {}, text)));
  const node = el("fieldset.learn-choice", { data: { choice: name } }, el("legend", {}, label), el("div", {}, ...labels));
  const get = () => inputs.find((input) => input.checked)?.value ?? "";
  node.addEventListener("change", () => onChange(get()));
  const set = (next) => inputs.forEach((input) => (input.checked = input.value === next));
  return { node, get, set };
}
