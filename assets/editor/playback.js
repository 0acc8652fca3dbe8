/**
 * Plays the original and the notes on one clock.
 *
 * A timer looks a little ahead and gives the audio clock what begins in that time; what has been given but has not begun follows
 * every edit. The state of the store says what is heard; the player writes `playing` and, once a frame, `playhead`.
 */

import { soundingNotes } from "./audition.js";
import { createLibrary } from "./library.js";
import { createMixer, levels } from "./mixer.js";
import { createPerformer } from "./performer.js";
import { changeCourse, loopFrom, positionAt } from "./schedule.js";
import { SAMPLE_RATE, hit, planSounds } from "./sounds.js";
import { cutVoice, startVoice } from "./voices.js";

/** Seconds that are given to the audio clock ahead. In a page that is not seen, timers run once a second. */
const AHEAD = 0.5;
const AHEAD_HIDDEN = 2.5;
const TIMER_MS = 40;
/** Samples between a command and the first sound. */
const START_DELAY = 882;
/** A playhead that others set this near (seconds) to where it is does not move it. */
const SAME_PLACE = 1e-4;

/** @typedef {import("./library.js").Loading & {rate: number}} Status */

/**
 * @param {ReturnType<typeof import("./store.js").createStore>} store
 * @param {{createContext?: () => BaseAudioContext, every?: (work: () => void) => () => void}} [options]
 *   `every` repeats work until the function that it returns is called
 * @returns {{loadSource(url: string | null): Promise<void>, loadKit(kit: {name: string, json: string, samples: string}): Promise<void>,
 *   toggle(): Promise<void>, play(): Promise<void>, pause(): void, seek(seconds: number): void, setRate(rate: number): void,
 *   preview(drum: string, velocity: number): void, status(): Status, onStatus(listener: (status: Status) => void): () => void,
 *   dispose(): void}}
 *   `play` must first be called from a click or a key press: before that browsers give no sound
 */
export function createPlayer(store, { createContext = usualContext, every = usualTimer } = {}) {
  let context = null;
  let mixer = null;
  let performer = null;
  let original = null;
  let kit = null;
  let sounds = null;
  let course = null;
  let commands = 0;
  let written = store.get().playhead;
  let stopTimer = null;
  let frame = 0;
  let tickAwaits = false;
  let hat = null;
  let rate = 1;
  const listeners = new Set();

  const unsubscribe = store.subscribe((state, changed) => {
    const any = (...keys) => keys.some((key) => changed.has(key));
    if (any("notes", "take", "takes", "locks")) sounds = null;
    if (any("muted", "soloed", "volumes", "master")) setLevels();
    const sent = changed.has("playhead") && Math.abs(state.playhead - written) > SAME_PLACE;
    if (course && !state.playing) stop(sent ? state.playhead * SAMPLE_RATE : heard());
    else if (sent) seek(state.playhead);
    if (any("loop", "duration")) turn();
    if (any("notes", "take", "takes", "locks", "loop", "duration")) tickSoon();
  });

  const library = createLibrary({
    onOriginal: setOriginal,
    onKit(loaded) {
      kit = loaded;
      sounds = null;
      tickSoon();
    },
    onStatus: tell,
  });

  const status = () => ({ ...library.status(), rate });

  function tell() {
    for (const listener of listeners) listener(status());
  }

  async function awaken() {
    if (!context) {
      context = createContext();
      mixer = createMixer(context);
      performer = createPerformer(context, mixer);
      setLevels();
    }
    if (context.state !== "running") await context.resume();
  }

  function setLevels() {
    mixer?.set(levels(store.get(), { hasOriginal: original !== null }));
  }

  function setOriginal(buffer) {
    performer?.cutOriginal();
    original = buffer;
    setLevels();
    tickSoon();
  }

  // Timers slow down the moment the page is hidden: more must have been given by then.
  globalThis.document?.addEventListener("visibilitychange", tick);

  const clock = () => Math.ceil(context.currentTime * SAMPLE_RATE - 1e-3);

  function songEnd() {
    const { duration, notes } = store.get();
    return Math.round((duration || (notes.at(-1)?.onset ?? 0) + 1) * SAMPLE_RATE);
  }

  function setOut(position) {
    const end = songEnd();
    course = { at: clock() + START_DELAY, position, rate, end, loop: loopFrom(store.get().loop, position, end) };
  }

  /** Goes on from where it is, with the loop, rate and end as they now are. */
  function turn() {
    if (course) course = changeCourse(course, clock(), { loop: store.get().loop, rate, end: songEnd() });
  }

  async function play() {
    if (course) return;
    library.retryKit();
    const command = (commands += 1);
    await awaken();
    if (command !== commands || course) return;
    setOut(startPosition());
    store.set({ playing: true });
    stopTimer = every(tick);
    tick();
    follow();
  }

  function startPosition() {
    const { playhead, loop } = store.get();
    const end = songEnd();
    const position = Math.round(playhead * SAMPLE_RATE);
    const region = loopFrom(loop, 0, end);
    if (region && (position < region.start || position >= region.end)) return region.start;
    return position >= end ? 0 : position;
  }

  function pause() {
    commands += 1;
    if (course) stop(heard());
  }

  function stop(position) {
    performer.silence();
    halt(position);
  }

  /** Ends playing; what rings is left to ring. */
  function halt(position) {
    course = null;
    stopTimer();
    globalThis.cancelAnimationFrame?.(frame);
    performer.release();
    store.set({ playing: false });
    setPlayhead(position / SAMPLE_RATE);
  }

  function seek(seconds) {
    const position = Math.min(songEnd(), Math.max(0, Math.round(seconds * SAMPLE_RATE)));
    if (course) {
      performer.silence();
      setOut(position);
      tick();
    }
    setPlayhead(position / SAMPLE_RATE);
  }

  function setRate(next) {
    rate = next;
    tell();
    turn();
    tickSoon();
  }

  function setPlayhead(seconds) {
    written = seconds;
    store.set({ playhead: seconds });
  }

  /** The place in the song that now leaves the loudspeaker. */
  function heard() {
    return positionAt(course, (context.currentTime - (context.outputLatency || 0)) * SAMPLE_RATE);
  }

  function follow() {
    if (!course) return;
    setPlayhead(heard() / SAMPLE_RATE);
    frame = globalThis.requestAnimationFrame?.(follow);
  }

  function tickSoon() {
    if (!course || tickAwaits) return;
    tickAwaits = true;
    queueMicrotask(() => {
      tickAwaits = false;
      tick();
    });
  }

  function tick() {
    if (!course) return;
    const now = clock();
    const to = now + (globalThis.document?.hidden ? AHEAD_HIDDEN : AHEAD) * SAMPLE_RATE;
    if (!course.loop && positionAt(course, now) >= course.end) {
      halt(course.end);
      return;
    }
    if (original) performer.playOriginal(course, { now, to }, original);
    if (!kit) return;
    sounds ??= planSounds(soundingNotes(store.get()), kit.layers);
    performer.playNotes(course, { now, to }, sounds, kit);
  }

  function preview(drum, velocity) {
    if (!kit) return;
    awaken();
    const { layer, gain } = hit(drum, velocity, kit.layers);
    const at = clock();
    if (drum === "HH" && hat) cutVoice(hat, context.currentTime);
    const { buffer } = kit.layers[drum][layer];
    const voice = startVoice(context, mixer.preview, { buffer, at, gain: gain * store.get().volumes[drum] });
    if (drum === "HH") hat = voice;
  }

  return {
    loadSource: library.loadSource,
    loadKit: library.loadKit,
    toggle: () => (course ? Promise.resolve(pause()) : play()),
    play,
    pause,
    seek,
    setRate,
    preview,
    status,
    onStatus(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dispose() {
      pause();
      unsubscribe();
      globalThis.document?.removeEventListener("visibilitychange", tick);
      listeners.clear();
      context?.close?.();
    },
  };
}

/** At 44.1 kHz, so that a sample of the roll is a sample of the clock; where a device refuses that, at its own rate. */
function usualContext() {
  try {
    return new AudioContext({ sampleRate: SAMPLE_RATE });
  } catch {
    return new AudioContext();
  }
}

function usualTimer(work) {
  const timer = setInterval(work, TIMER_MS);
  return () => clearInterval(timer);
}
