/** The heads of the lanes: each drum's name and mark, mute, solo, lock, volume and threshold. */

import { whyReadOnly } from "./audition.js";
import { el, icon, svg } from "./dom.js";
import { isStroked, markPath } from "./marks.js";
import { DRUMS, DRUM_NAMES, applyThreshold, countNotes } from "./notes.js";

/** A slider's place 0..1 for a threshold: thresholds are mostly low, so low ones get more of the way. */
export function thresholdToPlace(threshold) {
  return Math.sqrt(threshold);
}

/** The inverse of `thresholdToPlace`. */
export function placeToThreshold(place) {
  return place * place;
}

/**
 * @param {HTMLElement} host
 * @param {{store: object, announce: (text: string) => void, layout: () => object, preview: (drum: string, velocity: number) => void}} options
 * @returns {{place(): void, dispose(): void}} `place` puts the heads beside their lanes
 */
export function createLaneHeads(host, { store, announce, layout, preview }) {
  const heads = DRUMS.map((drum) => laneHead(drum, { store, announce, preview, closeOthers }));
  const captions = el(
    "div.n2n-captions",
    { "aria-hidden": "true" },
    el("span", {}, "volume"),
    el("span", {}, "threshold"),
  );
  const unit = el("span.n2n-unit", { "aria-hidden": "true" });
  const velocity = el("span.n2n-unit.n2n-velocity-caption", { "aria-hidden": "true" }, "velocity");
  host.append(unit, captions, ...heads.map(({ node }) => node), velocity);

  function closeOthers(kept) {
    for (const head of heads) if (head !== kept) head.close();
  }

  function place() {
    const { compact, ruler, lanes, laneHeight, height, velocity: row } = layout();
    host.style.height = `${height}px`;
    unit.style.top = `${ruler.top + 5}px`;
    captions.style.top = `${lanes.top - 20}px`;
    velocity.style.top = `${row.top + 6}px`;
    heads.forEach(({ node, fold }, lane) => {
      fold(compact);
      node.style.top = `${lanes.top + lane * laneHeight}px`;
      node.style.height = `${laneHeight}px`;
    });
  }

  function show(state, changed) {
    if (!changed || changed.has("tempo")) unit.textContent = state.tempo ? "bars" : "time";
    if (changed && !SHOWN.some((key) => changed.has(key))) return;
    for (const head of heads) head.show(state);
  }

  show(store.get());
  const unsubscribe = store.subscribe(show);
  const onOutside = (event) => {
    if (!host.contains(event.target)) closeOthers(null);
  };
  document.addEventListener("pointerdown", onOutside, true);
  return {
    place,
    dispose() {
      unsubscribe();
      document.removeEventListener("pointerdown", onOutside, true);
    },
  };
}

const SHOWN = ["muted", "soloed", "locks", "volumes", "thresholds", "candidates", "notes", "take"];

function laneHead(drum, { store, announce, preview, closeOthers }) {
  const name = DRUM_NAMES[drum];
  const title = el("button.n2n-lane-name", { type: "button" }, markIcon(drum), el("span", {}, name));
  const mute = toggle("M", `Mute ${name}`, () => flip("muted"));
  const solo = toggle("S", `Solo ${name}`, () => flip("soloed"));
  const lock = toggle(icon("unlock"), `Lock ${name}: keep the lane as it is`, () => flip("locks", "Lock"));
  const volume = slider(`Volume of ${name}`, { max: 1.5, step: 0.05 });
  const threshold = slider(`Threshold of ${name}`, { max: 1, step: 0.005 });
  const badge = el("span.n2n-lane-badge", { "aria-hidden": "true" });
  const more = el(
    "div.n2n-lane-more",
    {},
    el("div.n2n-lane-buttons", {}, mute, solo, lock),
    el("label.n2n-lane-slider", {}, el("span", {}, "volume"), volume),
    el("label.n2n-lane-slider", {}, el("span", {}, "threshold"), threshold),
  );
  const node = el("div.n2n-lane", { role: "group", "aria-label": name, data: { drum } }, title, badge, more);
  node.style.setProperty("--drum", `var(--n2n-${drum})`);
  const head = { node, close, fold, show };
  let folded = null;

  /** Where it is narrow the name opens the lane's controls; else they stand beside it, and the name sounds the drum. */
  function fold(narrow) {
    if (narrow === folded) return;
    folded = narrow;
    title.title = narrow ? `Mute, solo, lock, volume and threshold of the ${name}` : `Hear the ${name}`;
    title.removeAttribute("aria-expanded");
    close();
  }

  function close() {
    node.classList.remove("open");
    if (folded) title.setAttribute("aria-expanded", "false");
  }

  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !node.classList.contains("open")) return;
    event.stopPropagation();
    close();
    title.focus();
  });

  title.addEventListener("click", () => {
    if (!folded) return preview(drum, 100);
    const open = node.classList.toggle("open");
    title.setAttribute("aria-expanded", String(open));
    closeOthers(head);
  });

  function flip(key, undoable) {
    const set = new Set(store.get()[key]);
    if (!set.delete(drum)) set.add(drum);
    store.set({ [key]: set }, { undoable });
    announce(`${name} ${{ muted: "mute", soloed: "solo", locks: "lock" }[key]} ${set.has(drum) ? "on" : "off"}`);
  }

  volume.addEventListener("input", () => {
    store.set({ volumes: Object.freeze({ ...store.get().volumes, [drum]: Number(volume.value) }) });
  });
  volume.addEventListener("dblclick", () => store.set({ volumes: Object.freeze({ ...store.get().volumes, [drum]: 1 }) }));

  let gesture = null;
  /** The notes before the slider moved, and what it made of them: going there and back with it loses none. */
  let before = null;
  let made = null;
  threshold.addEventListener("input", () => {
    gesture ??= Symbol("threshold");
    const { notes, candidates, thresholds } = store.get();
    const value = placeToThreshold(Number(threshold.value));
    if (notes !== made) before = notes;
    made = applyThreshold(notes, candidates, drum, value, before);
    const moved = Object.freeze({ ...thresholds, [drum]: value });
    store.set({ notes: made, thresholds: moved, shown: null }, { undoable: "Threshold", gesture });
  });
  threshold.addEventListener("change", () => {
    gesture = null;
    const count = store.get().notes.filter((note) => note.drum === drum).length;
    announce(`${name}: ${countNotes(count)}`);
  });

  function show({ muted, soloed, locks, volumes, thresholds, candidates, takes, take }) {
    setPressed(mute, muted.has(drum));
    setPressed(solo, soloed.has(drum));
    setPressed(lock, locks.has(drum));
    lock.replaceChildren(icon(locks.has(drum) ? "lock" : "unlock"));
    node.classList.toggle("silent", muted.has(drum) || (soloed.size > 0 && !soloed.has(drum)));
    node.classList.toggle("locked", locks.has(drum));
    badge.textContent = [muted.has(drum) ? "M" : "", soloed.has(drum) ? "S" : "", locks.has(drum) ? "L" : ""].join("");
    setValue(volume, volumes[drum], `${Math.round(volumes[drum] * 100)} %`, `Volume ${Math.round(volumes[drum] * 100)} %`);
    const value = (takes[take]?.thresholds ?? thresholds)[drum];
    const useful = !locks.has(drum) && candidates.some((candidate) => candidate.drum === drum);
    threshold.disabled = !useful || take !== null;
    const finds = useful ? `Threshold ${value.toFixed(2)}: lower finds more notes` : "Threshold: works on notes that the model found";
    const hint = whyReadOnly({ shown: null, take }) ?? finds;
    setValue(threshold, thresholdToPlace(value), value.toFixed(2), hint);
  }

  return head;
}

function setPressed(button, on) {
  button.setAttribute("aria-pressed", String(on));
}

function setValue(input, value, text, title) {
  if (document.activeElement !== input || Number(input.value) !== value) input.value = String(value);
  input.style.setProperty("--part", String((Number(input.value) - Number(input.min)) / (Number(input.max) - Number(input.min))));
  input.setAttribute("aria-valuetext", text);
  input.title = title;
}

function toggle(content, label, onClick) {
  return el("button.n2n-mini", { type: "button", title: label, "aria-label": label, "aria-pressed": "false", on: { click: onClick } }, content);
}

function slider(label, { max, step }) {
  return el("input.n2n-slider", { type: "range", min: "0", max: String(max), step: String(step), "aria-label": label });
}

/** The drum's mark as a picture of its own. */
function markIcon(drum) {
  const look = isStroked(drum) ? "n2n-mark stroked" : "n2n-mark";
  return svg("svg", { viewBox: "-6 -6 12 12", "aria-hidden": "true", class: look }, svg("path", { d: markData(drum) }));
}

/** The mark as SVG path data, through the same calls that draw it on a canvas. */
function markData(drum) {
  const parts = [];
  const add = (text) => parts.push(text);
  markPath(
    {
      moveTo: (x, y) => add(`M${x} ${y}`),
      lineTo: (x, y) => add(`L${x} ${y}`),
      closePath: () => add("Z"),
      rect: (x, y, w, h) => add(`M${x} ${y}h${w}v${h}h${-w}Z`),
      arc: (x, y, r) => add(`A${r} ${r} 0 1 1 ${x - r} ${y}A${r} ${r} 0 1 1 ${x + r} ${y}`),
    },
    drum,
    0,
    0,
    4.2,
  );
  return parts.join("");
}
