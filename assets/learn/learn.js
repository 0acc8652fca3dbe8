/** The Learn page: seven live figures on diffusion refinement. Closed forms are computed here, what needs the model on the server. */

import { el } from "../editor/dom.js";
import { countNotes } from "../editor/notes.js";
import { LAST_RECORDING, recall } from "../editor/preferences.js";
import { filling } from "./figures/filling.js";
import { hearing } from "./figures/hearing.js";
import { loss } from "./figures/loss.js";
import { noising } from "./figures/noising.js";
import { schedule } from "./figures/schedule.js";
import { sigma } from "./figures/sigma.js";
import { steps } from "./figures/steps.js";
import { createLesson } from "./lesson.js";
import { createPicker } from "./picker.js";

const FIGURES = [noising, sigma, schedule, loss, hearing, steps, filling];

/**
 * Builds the page.
 *
 * @param {HTMLElement} element
 * @param {object} page
 * @param {object} page.props `facts` and the parts of the lesson; `value` is written: which clip was chosen
 * @param {(event: "choose" | "compute") => void} page.trigger
 * @param {(name: string, listener: () => void) => void} page.watch
 * @param {(file: File) => Promise<{path: string}>} page.upload
 */
export async function mount(element, { props, trigger, watch, upload }) {
  const { examples, model, ranges, drums, parts } = props.facts;
  const root = element.querySelector(".learn");
  const [curve] = await Promise.all([fetchCurve(), loadStyle()]);
  const lesson = createLesson();
  const picker = createPicker({ examples, recording: lastRecording(), upload, onPick: pick });
  const tell = (text, failed = false) => {
    picker.status(text, failed);
    lesson.explain(text);
  };

  function pick(source) {
    lesson.renew();
    root.dataset.parts = "0";
    tell("Asking for the clip…");
    props.value = { pick: lesson.pick(), ...source };
    trigger("choose");
  }

  async function receive(name) {
    const part = props[name];
    if (part?.pick !== lesson.pick()) return;
    if (name === "clip" && part.state !== "ready") {
      if (part.state === "failed" && picker.fallBack()) return;
      tell(part.message, part.state === "failed");
      if (part.state === "waiting") trigger("compute");
      return;
    }
    // All parts may come at once, in any order; the others need the clip's length.
    if (!lesson.part("clip")) await lesson.receive("clip", props.clip);
    if (name !== "clip") await lesson.receive(name, part);
    const ready = parts.filter((each) => lesson.part(each)).length;
    tell(ready === parts.length ? describe(lesson.clip(), lesson.part("clip")) : `Computing the figures: ${ready} of ${parts.length}…`);
    root.dataset.parts = String(ready);
  }

  const context = { lesson, drums, model, ranges, curve };
  const figures = FIGURES.map((make) => make(context));
  root.replaceChildren(header(), picker.node, contents(figures), ...figures);
  root.dataset.ready = "true";
  for (const name of parts) watch(name, () => receive(name));
  if (!model) tell("There is no model here: the figures that need one stay empty, the others work.");
  else {
    tell("Upload a recording to fill the figures that need one.");
    picker.start();
  }
}

function header() {
  const text =
    "Noise to Notes transcribes by diffusion refinement: it starts from a roll of pure noise and makes it better, step by step. " +
    "Here are the ideas behind that, each with something to move, on five seconds of drums.";
  return el("header.learn-header", {}, el("h1", {}, "How noise becomes notes"), el("p", {}, text));
}

function contents(figures) {
  const links = figures.map((node) => el("li", {}, el("a", { href: `#${node.id}` }, node.querySelector("h2").textContent)));
  const nav = el("nav.learn-contents", { "aria-label": "Figures" }, el("ol", {}, ...links));
  // The page has a base address that an anchor alone would lead away to.
  nav.addEventListener("click", (event) => {
    const target = event.target.closest("a");
    if (!target) return;
    event.preventDefault();
    const section = document.getElementById(target.hash.slice(1));
    section.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    section.querySelector("input")?.focus({ preventScroll: true });
  });
  return nav;
}

function describe({ notes, known, seconds }, { start }) {
  const where = start > 0 ? `, the loudest, from ${start.toFixed(1)} s on` : "";
  const count = countNotes(notes.length);
  return `${seconds.toFixed(1)} s of it${where}: ${known ? `${count}, all known` : `${count} by the model, taken for the truth`}.`;
}

function lastRecording() {
  const found = recall(LAST_RECORDING);
  return typeof found?.id === "string" && typeof found?.name === "string" ? found : null;
}

/** The measured curve; null where this copy has none. */
async function fetchCurve() {
  try {
    const answer = await fetch(new URL("curve.json", import.meta.url));
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function loadStyle() {
  return new Promise((resolve) => {
    const link = el("link", { rel: "stylesheet", href: new URL("learn.css", import.meta.url).href, onload: resolve, onerror: resolve });
    document.head.append(link);
  });
}
