/** The frame of a figure: a heading, what it is about in a sentence or two, what moves it, what it shows, what follows from it. */

import { el } from "../editor/dom.js";
import { withSubscripts } from "./words.js";

/**
 * @param {object} parts
 * @param {string} parts.id
 * @param {string} parts.title
 * @param {string} parts.lead
 * @param {Array<Node>} parts.controls
 * @param {Array<Node>} parts.pictures
 * @param {string} parts.note
 * @returns {{node: HTMLElement, say: (text: string) => void}} `say` sets the line that tells what the figure shows now
 */
export function figure({ id, title, lead, controls, pictures, note }) {
  const readout = el("p.learn-readout", { role: "status" });
  const card = el("div.learn-card", {}, el("div.learn-controls", {}, ...controls), ...pictures, readout);
  const heading = el("h2", { id: `learn-${id}-title` }, title);
  const node = el(
    "section.learn-figure",
    { id: `learn-${id}`, "aria-labelledby": heading.id },
    heading,
    el("p.learn-lead", {}, ...withSubscripts(lead)),
    card,
    el("p.learn-note", {}, ...withSubscripts(note)),
  );
  const say = (text) => {
    if (readout.textContent !== text) readout.textContent = text;
  };
  return { node, say };
}
