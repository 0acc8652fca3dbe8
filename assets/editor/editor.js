/**
 * The drum-roll editor as one element: builds the parts, connects them to one store, and exchanges value, source and feed
 * with the page.
 *
 * The root carries data-ready, data-notes, data-step, data-steps, data-masks, data-lane-top, data-lane-height,
 * data-seconds-per-pixel and data-scroll-seconds for tests from outside, and `root.n2n` = {store, player, redraw, dispose}.
 */

import { createCommands } from "./commands.js";
import { createRenderer } from "./draw.js";
import { stateOf, valueOf } from "./exchange.js";
import { clampView, fitView, makeLayout, revealTime, timeToX } from "./geometry.js";
import { createFrame, loadStyle, showBlank } from "./frame.js";
import { createHelp } from "./help.js";
import { createIntake } from "./intake.js";
import { createKeys } from "./keys.js";
import { createLaneHeads } from "./lanes.js";
import { createNoteList } from "./list.js";
import { createMenu } from "./menu.js";
import { createOverview } from "./overview.js";
import { parseMel, parseStep } from "./planes.js";
import { createPlayer } from "./playback.js";
import { createPointers } from "./pointers.js";
import { LAST_RECORDING, keepPreferences, loadPreferences, remember } from "./preferences.js";
import { createStore } from "./store.js";
import { mountTakes } from "./takes.js";
import { createToolbar } from "./toolbar.js";
import { mountTransport } from "./transport.js";
import { mountWatch } from "./watch.js";

const SAVE_AFTER = 150;
/** How long what was announced can be read, milliseconds. */
const SAID_FOR = 10_000;
/** The roll is laid out for a phone below this width of the root, CSS pixels. */
const COMPACT_BELOW = 640;

/**
 * @param {HTMLElement} element holds the editor; what an earlier mount left in it is disposed of
 * @param {object} page
 * @param {object} page.props `value`, `source`, `feed`, `settings`; `value` is written
 * @param {(name: string, data?: object) => void} page.trigger called with "edited" when the value has changed, with "returned" and
 *   {id, roll} when undo or redo led to another source, which then stands in `props.source`
 * @param {(names: string | string[], callback: () => void) => void} page.watch calls back when a prop has come from the server
 * @returns {HTMLElement} the root
 */
export function mount(element, { props, trigger, watch }) {
  for (const old of element.querySelectorAll(".n2n")) old.n2n?.dispose();
  const styled = Promise.all([loadStyle("editor.css"), loadStyle("sound.css")]);

  const { kits = [], model = true } = props.settings ?? {};
  const store = createStore(loadPreferences());
  const player = createPlayer(store);
  const parts = createFrame();
  const { root, live, plot, canvas, backdrop, overlay } = parts;
  let said = 0;
  const announce = (text) => {
    // The same words twice are read twice.
    live.textContent = live.textContent === text ? `${text}\u00a0` : text;
    clearTimeout(said);
    said = setTimeout(() => live.replaceChildren(), SAID_FOR);
  };
  element.append(root);

  const renderer = createRenderer({ backdrop, canvas, overlay, root, store });
  const disposals = [];
  const layout = () => renderer.layout();
  const width = () => layout().width;
  const focus = () => canvas.focus({ preventScroll: true });

  const help = createHelp(root);
  const commands = createCommands({ store, player, announce, width, help });
  const menu = createMenu(root, { commands, focus });
  const pointers = createPointers({ canvas, store, commands, player, announce, layout, marquee: renderer.setMarquee, menu });
  const keys = createKeys({ root, store, commands, cancel: pointers.cancel });
  const lanes = createLaneHeads(parts.heads, { store, announce, layout, preview: player.preview });
  const toolbar = createToolbar(parts.toolbar, parts.paint, { store, commands, menu, focus });
  const overview = createOverview(parts.overview, { store, root, roll: canvas, width });
  const list = createNoteList(parts.list, { store, commands });
  disposals.push(pointers.dispose, keys.dispose, toolbar.dispose, overview.dispose, list.dispose, lanes.dispose, menu.dispose);
  const transport = mountTransport(parts.transport, store, player, { kits });
  const bars = { leave: focus };
  disposals.push(keepPreferences(store), transport.dispose, mountWatch(parts.watch, store, bars).dispose, mountTakes(parts.takes, store, bars).dispose);

  const intake = createIntake({
    store,
    parseStep,
    parseMel,
    onMedia: renderer.setMedia,
    onSource: (source) => {
      // Undo, or a run that was stopped, may have led to another than the server sent last.
      if (props.source?.id !== source?.id) props.source = source;
      player.loadSource(source?.audio ?? null);
      if (source?.audio) remember(LAST_RECORDING, { id: source.id, name: source.name });
    },
    onReturn: (source) => {
      save();
      trigger("returned", { id: source?.id ?? null, roll: source?.roll ?? null });
    },
    beforeChange: pointers.cancel,
    announce,
  });

  // --- The size and the view. ---

  /** Where the clip or the width is another, the view shows all again; else it stays. */
  let fitted = null;
  function resize() {
    const box = plot.getBoundingClientRect();
    if (!box.width) return;
    const { source, melShown, duration, view } = store.get();
    const compact = root.getBoundingClientRect().width < COMPACT_BELOW;
    root.classList.toggle("compact", compact);
    renderer.resize(makeLayout({ width: plot.clientWidth, compact, wave: source?.mel !== null, mel: melShown && Boolean(source?.mel) }));
    lanes.place();
    showBlank(parts.blank, store.get(), layout(), model);
    const wide = renderer.layout().width;
    const stale = fitted === null || fitted.duration !== duration;
    const showedAll = fitted !== null && view.secondsPerPixel >= fitView(duration, fitted.width).secondsPerPixel - 1e-9;
    fitted = { duration, width: wide };
    store.set({ view: stale || showedAll ? fitView(duration, wide) : clampView(view, duration, wide) });
    handles();
  }

  const observer = new ResizeObserver(resize);
  observer.observe(plot);
  // Whatever else grows or wraps may move the roll within the root.
  const shifts = new ResizeObserver(handles);
  for (const node of [root, parts.toolbar, parts.transport]) shifts.observe(node);
  const readColours = () => {
    renderer.readTheme();
    overview.refresh();
  };
  const scheme = new MutationObserver(readColours);
  scheme.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  disposals.push(
    () => observer.disconnect(),
    () => shifts.disconnect(),
    () => scheme.disconnect(),
  );

  // --- What the page sees. ---

  function handles() {
    const { notes, masks, steps, shown, feed, view } = store.get();
    const shownStep = shown === null ? null : steps[shown];
    Object.assign(root.dataset, {
      notes: String(notes.length),
      masks: String(masks.length),
      step: String(shownStep?.step ?? feed?.step ?? 0),
      steps: String(shownStep?.steps ?? feed?.steps ?? 0),
      laneTop: String(canvas.getBoundingClientRect().top - root.getBoundingClientRect().top + layout().lanes.top),
      laneHeight: String(layout().laneHeight),
      secondsPerPixel: String(view.secondsPerPixel),
      scrollSeconds: String(view.start),
    });
  }

  let saveTimer = 0;
  let written = textOf(props.value);
  function save() {
    clearTimeout(saveTimer);
    saveTimer = 0;
    const value = valueOf(store.get());
    const text = textOf(value);
    if (text === written && value.pending === Boolean(props.value?.pending)) return;
    written = text;
    props.value = value;
    trigger("edited");
  }
  const saveSoon = () => {
    clearTimeout(saveTimer);
    saveTimer = setTimeout(save, SAVE_AFTER);
  };
  /** A button of the page must find the value as it stands, so leaving the editor saves at once. */
  const saveOnLeaving = (event) => {
    if (saveTimer && !root.contains(event.target)) save();
  };
  for (const type of ["pointerdown", "focusin"]) {
    document.addEventListener(type, saveOnLeaving, true);
    disposals.push(() => document.removeEventListener(type, saveOnLeaving, true));
  }

  /** So does leaving the page. */
  const saveNow = () => {
    if (saveTimer) save();
  };
  const saveWhenHidden = () => {
    if (document.visibilityState === "hidden") saveNow();
  };
  window.addEventListener("pagehide", saveNow);
  document.addEventListener("visibilitychange", saveWhenHidden);
  disposals.push(
    () => window.removeEventListener("pagehide", saveNow),
    () => document.removeEventListener("visibilitychange", saveWhenHidden),
  );

  /** Takes the props as they now are. A new recording comes before the notes and the run that belong to it. */
  function readProps() {
    intake.source(props.source ?? null);
    const text = textOf(props.value);
    if (text === written) return;
    written = text;
    pointers.cancel();
    const { duration, ...rest } = stateOf(props.value);
    store.set({ ...rest, duration: store.get().duration || duration, candidates: [] });
    store.forget();
  }

  const unsubscribe = store.subscribe((state, changed) => {
    renderer.request(changed);
    if (changed.has("duration") || changed.has("melShown") || changed.has("source")) resize();
    if (changed.has("playhead") && state.playing) follow(state);
    if (changed.has("playing") && state.playing) root.dispatchEvent(new CustomEvent("n2n-play", { bubbles: true }));
    if (["notes", "masks", "steps", "shown", "feed", "view"].some((key) => changed.has(key))) handles();
    if (["notes", "duration", "shown", "feed", "take"].some((key) => changed.has(key))) showBlank(parts.blank, state, layout(), model);
    if (["notes", "masks", "locks", "tempo", "thresholds", "duration", "takes"].some((key) => changed.has(key))) saveSoon();
  });

  /** While it plays, the view turns the page when the playhead leaves it, unless the visitor has scrolled elsewhere. */
  function follow({ playhead, view, duration }) {
    const x = timeToX(playhead, view);
    const wide = width();
    if (x > wide && x < wide + 0.5 / view.secondsPerPixel && !pointers.busy()) {
      store.set({ view: clampView({ ...view, start: playhead - 0.04 * wide * view.secondsPerPixel }, duration, wide) });
    } else if (x < 0 && x > -wide && store.get().loop && !pointers.busy()) {
      store.set({ view: revealTime(view, playhead, duration, wide) });
    }
  }

  // --- Begin. ---

  intake.source(props.source ?? null, Boolean(props.value));
  if (props.value) {
    const patch = stateOf(props.value);
    store.set({ ...patch, duration: store.get().duration || patch.duration });
  }
  if (props.feed) intake.feed(props.feed, Boolean(props.value));
  watch(["value", "source"], readProps);
  watch("feed", () => {
    readProps();
    intake.feed(props.feed ?? null);
  });
  resize();
  handles();

  function dispose() {
    clearTimeout(saveTimer);
    clearTimeout(said);
    unsubscribe();
    for (const end of disposals) end();
    renderer.dispose();
    player.dispose();
    root.remove();
  }
  root.n2n = { store, player, redraw: renderer.redraw, dispose };
  styled.then(() => {
    readColours();
    resize();
    root.dataset.ready = "true";
  });
  return root;
}

/** A value in one writing, so that two can be compared whether takes wait or not; null for none. */
function textOf(value) {
  return value === null || value === undefined ? null : JSON.stringify(valueOf(stateOf(value)));
}
