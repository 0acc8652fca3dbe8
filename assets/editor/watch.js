/**
 * The watch strip: the steps of a run as bars that one scrubs over. A bar's height is its count of notes; what appeared at a step
 * stands out at its top, what vanished hangs below the line. The chosen step is shown in the roll until "Back to notes".
 */

import { el, icon } from "./dom.js";
import { countNotes } from "./notes.js";
import { describeStep, sigmaLabel, stepChanges, stepDelay } from "./trajectory.js";

const PLANES = [
  { value: "noisy", title: "Noisy state", hint: "What the step starts from: notes buried in noise" },
  { value: "onset", title: "Estimate", hint: "Where the model now believes in a hit" },
  { value: "velocity", title: "Velocity", hint: "How hard the model thinks each hit is" },
];

/** By how many steps a key moves. */
const MOVES = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5, Home: -Infinity, End: Infinity };

let groups = 0;

/**
 * @param {HTMLElement} host hidden while there are no steps
 * @param {ReturnType<typeof import("./store.js").createStore>} store
 * @param {{leave?: () => void}} [options] called when one goes back to the notes, so that the focus can go there too
 * @returns {{dispose(): void}}
 */
export function mountWatch(host, store, { leave = () => {} } = {}) {
  const play = el("button.n2n-button.n2n-plain", { type: "button", on: { click: togglePlay } });
  const chart = el("div.n2n-steps", { role: "slider", tabIndex: 0, "aria-label": "Denoising step", "aria-valuemin": 1 });
  chart.addEventListener("keydown", keydown);
  const readout = el("p.n2n-readout");
  const planes = planeChoice((watchPlane) => store.set({ watchPlane, shown: store.get().shown ?? last() }));
  const slow = el("button.n2n-button.n2n-toggle", { type: "button", title: "Play the steps slowly", on: { click: toggleSlow } }, "Slow");
  slow.setAttribute("aria-pressed", "false");
  const back = el("button.n2n-button", { type: "button", on: { click: toNotes } }, "Back to notes");
  host.setAttribute("role", "group");
  host.setAttribute("aria-label", "Watch the denoising");
  host.append(el("div.n2n-scrub", {}, play, chart), el("div.n2n-about", {}, readout, planes.node, slow, back));

  let timer = null;
  let slowly = false;
  let scrubbing = null;
  const last = () => store.get().steps.length - 1;

  function show(index) {
    store.set({ shown: Math.min(last(), Math.max(0, index)) });
  }

  function toNotes() {
    stop();
    leave();
    store.set({ shown: null });
  }

  function togglePlay() {
    if (timer !== null) {
      stop();
      return;
    }
    const { shown } = store.get();
    show(shown === null || shown === last() ? 0 : shown);
    next();
  }

  /** Waits, shows the next step, and so on to the last. */
  function next() {
    timer = setTimeout(() => {
      const { shown } = store.get();
      if (shown === null || shown >= last()) {
        stop();
        return;
      }
      show(shown + 1);
      next();
    }, stepDelay(last() + 1, slowly));
    drawPlay();
  }

  function stop() {
    clearTimeout(timer);
    timer = null;
    drawPlay();
  }

  function toggleSlow() {
    slowly = !slowly;
    slow.setAttribute("aria-pressed", String(slowly));
  }

  function keydown(event) {
    const here = store.get().shown ?? last() + 1;
    const by = MOVES[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") toNotes();
    else if (event.key === " " || event.key === "Enter") togglePlay();
    else if (by) {
      stop();
      show(here + by);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function scrubTo(event) {
    const box = chart.getBoundingClientRect();
    show(Math.floor(((event.clientX - box.left) / box.width) * (last() + 1)));
  }

  chart.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    stop();
    scrubbing = event.pointerId;
    chart.setPointerCapture(event.pointerId);
    scrubTo(event);
  });
  chart.addEventListener("pointermove", (event) => {
    if (event.pointerId === scrubbing) scrubTo(event);
  });
  for (const type of ["pointerup", "pointercancel"]) chart.addEventListener(type, () => (scrubbing = null));

  function drawPlay() {
    play.replaceChildren(icon(timer === null ? "play" : "pause"));
    play.setAttribute("aria-label", timer === null ? "Play the steps" : "Pause the steps");
  }

  function drawSteps({ steps }) {
    host.hidden = !steps.length;
    if (host.hidden) stop();
    const changes = stepChanges(steps);
    const highest = Math.max(1, ...changes.map(({ count }) => count));
    const deepest = Math.max(0, ...changes.map(({ vanished }) => vanished.length));
    const percent = (count) => `${(100 * count) / (highest + deepest)}%`;
    const bars = changes.map(({ count, appeared, vanished }) => {
      const part = (name, size) => el(`i.${name}`, { style: { height: percent(size) } });
      const above = [part("room", highest - count), part("appeared", appeared.length), part("kept", count - appeared.length)];
      return el("span.n2n-bar", {}, ...above, part("vanished", vanished.length));
    });
    chart.replaceChildren(...bars);
    chart.style.setProperty("--line", percent(highest));
    chart.setAttribute("aria-valuemax", String(steps.length));
    planes.offer(steps[0] ? Object.keys(steps[0].planes) : []);
  }

  function drawShown({ steps, shown }) {
    const step = shown === null ? null : steps[shown];
    [...chart.children].forEach((bar, index) => bar.classList.toggle("shown", index === shown));
    back.disabled = !step;
    chart.setAttribute("aria-valuenow", String(step ? shown + 1 : steps.length));
    chart.setAttribute("aria-valuetext", step ? describeStep(step, stepChanges(steps)[shown]) : "Notes");
    readout.replaceChildren(...(step ? reading(step, stepChanges(steps)[shown]) : [hint(steps.length)]));
  }

  const views = [
    [["steps"], drawSteps],
    [["steps", "shown"], drawShown],
    [["watchPlane"], ({ watchPlane }) => planes.choose(watchPlane)],
  ];
  const unsubscribe = store.subscribe((state, changed) => {
    for (const [keys, draw] of views) if (keys.some((key) => changed.has(key))) draw(state);
  });
  for (const [, draw] of views) draw(store.get());
  drawPlay();

  return {
    dispose() {
      stop();
      unsubscribe();
    },
  };
}

function reading({ step, steps, sigma }, { count, appeared, vanished }) {
  const part = (look, text, title) => el(`span.${look}`, { title }, text);
  return [
    part("n2n-figure", `Step ${step} of ${steps}`, "Denoising step"),
    part("n2n-figure", `noise σ ${sigmaLabel(sigma)}`, "How much noise this step starts from"),
    part("n2n-figure", countNotes(count), "Notes found at this step"),
    part("n2n-appeared", `+${appeared.length}`, "Appeared at this step"),
    part("n2n-vanished", `−${vanished.length}`, "Vanished at this step"),
  ];
}

function hint(count) {
  const several = `${count} steps. Drag along the bars to see how the notes came about.`;
  return el("span.n2n-invite", {}, count === 1 ? "One step. Press its bar to see it in the roll." : several);
}

function planeChoice(change) {
  groups += 1;
  const name = `n2n-plane-${groups}`;
  const inputs = PLANES.map(({ value }) => el("input", { type: "radio", name, value, on: { change: () => change(value) } }));
  const labels = inputs.map((input, index) => el("label", { title: PLANES[index].hint }, input, el("span", {}, PLANES[index].title)));
  return {
    node: el("div.n2n-choice", { role: "radiogroup", "aria-label": "What is shown of a step" }, ...labels),
    choose: (plane) => inputs.forEach((input) => (input.checked = input.value === plane)),
    offer: (names) => labels.forEach((label, index) => (label.hidden = !names.includes(PLANES[index].value))),
  };
}
