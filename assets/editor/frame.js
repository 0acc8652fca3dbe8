/** The editor's element tree, which the parts fill, its style sheets, and what stands in a roll without notes. */

import { el } from "./dom.js";

const LABEL = "Drum roll. Press the question mark for its keys; the note list below holds the same notes as a table.";

/** @returns {Record<string, HTMLElement>} the root, the canvases, the live line, and a host for each part */
export function createFrame() {
  const live = el("p.n2n-live", { role: "status", "aria-live": "polite" });
  const canvas = el("canvas.n2n-roll", { id: "n2n-roll", tabIndex: 0, role: "application", "aria-label": LABEL });
  const backdrop = el("canvas.n2n-backdrop", { "aria-hidden": "true" });
  const overlay = el("canvas.n2n-overlay", { "aria-hidden": "true" });
  const blank = el("div.n2n-blank", { hidden: true }, el("strong"), el("span"));
  const parts = {
    transport: el("div.n2n-transport"),
    toolbar: el("div.n2n-toolbar", { role: "group", "aria-label": "Editing" }),
    plot: el("div.n2n-plot", {}, canvas, backdrop, overlay, blank),
    heads: el("div.n2n-heads", { role: "group", "aria-label": "Drums" }),
    overview: el("div.n2n-overview"),
    // What comes and goes lies below the roll, which stays where it is under the hand.
    paint: el("div.n2n-paintbar", { role: "group", "aria-label": "Paint" }),
    takes: el("div.n2n-takes"),
    watch: el("div.n2n-watch"),
    list: el("div.n2n-list"),
  };
  // The roll comes before the heads, so that Tab reaches it first.
  const stage = el("div.n2n-stage", {}, parts.plot, parts.heads, parts.overview, live);
  const root = el("div.n2n", {}, parts.transport, parts.toolbar, stage, parts.paint, parts.takes, parts.watch, parts.list);
  return { root, live, canvas, backdrop, overlay, blank, ...parts };
}

/**
 * What to say where there are no notes.
 *
 * @param {object} state of the store
 * @param {boolean} [model] whether there is one, which could find or invent notes
 * @returns {[string, string] | null} a title and a line; null where something is to be seen
 */
export function blankText({ duration, notes, candidates, shown, feed, take }, model = true) {
  const start = model ? "Choose a recording and press Transcribe, or generate from nothing." : "Choose a recording, then draw its notes.";
  if (duration <= 0) return ["Nothing here yet", start];
  if (notes.length || shown !== null || take !== null || feed?.state === "running") return null;
  const found = feed?.state === "done" && feed.kind !== "load";
  if (found && candidates.length) return ["No notes above the thresholds", "Lower the thresholds beside the drums: what is faint becomes notes."];
  if (found) return ["No drums were found", "Draw notes with the pencil, or try another recording."];
  return ["No notes yet", model ? "Press Transcribe, or draw them with the pencil." : "Draw them with the pencil."];
}

/** Shows what `blankText` says over the lanes. */
export function showBlank(blank, state, { lanes }, model = true) {
  const text = blankText(state, model);
  blank.hidden = text === null;
  if (!text) return;
  blank.style.top = `${lanes.top}px`;
  blank.style.height = `${lanes.height}px`;
  [...blank.children].forEach((line, i) => (line.textContent = text[i]));
}

/** Loads a style sheet that lies beside this module, once a page; resolves also where it cannot be had. */
export function loadStyle(name) {
  const { href } = new URL(`./${name}${new URL(import.meta.url).search}`, import.meta.url);
  let link = [...document.querySelectorAll("link[rel=stylesheet]")].find((other) => other.href === href);
  if (link?.sheet) return Promise.resolve();
  if (!link) {
    link = el("link", { rel: "stylesheet", href });
    document.head.append(link);
  }
  return new Promise((resolve) => {
    link.addEventListener("load", resolve, { once: true });
    link.addEventListener("error", resolve, { once: true });
  });
}
