/**
 * What the server says goes into the store: a new recording, the steps of a run as they come, its result. Fetches the binary
 * files. Answers that arrive after another recording or run has begun are dropped.
 */

import { candidatesBeside, candidatesOf, keepsLocked, resultOf, takeBy, takeOf } from "./exchange.js";
import { masksWithin } from "./masks.js";
import { UNDOABLE, initialState } from "./store.js";

const LABELS = { transcribe: "Transcribe", refine: "Refine", generate: "Generate", load: "Open", regenerate: "Regenerate" };

/**
 * @param {object} options
 * @param {object} options.store
 * @param {(buffer: ArrayBuffer) => object} options.parseStep
 * @param {(buffer: ArrayBuffer) => object} options.parseMel
 * @param {(media: object | null) => void} options.onMedia the parsed waveform and spectrogram, or null
 * @param {(source: object | null) => void} options.onSource
 * @param {(source: object | null) => void} [options.onReturn] after undo or redo led to another roll
 * @param {() => void} options.beforeChange called before notes are replaced or takes go: running gestures end
 * @param {(text: string) => void} options.announce
 * @param {(url: string) => Promise<ArrayBuffer>} [options.load]
 * @returns {{source(source: object | null, restoring?: boolean): void, feed(feed: object | null, restoring?: boolean): void}}
 *   `restoring`: at mount, when the notes are those of the value and must not be replaced
 */
export function createIntake({ store, parseStep, parseMel, onMedia, onSource, onReturn = () => {}, beforeChange, announce, load = fetchBuffer }) {
  let current = null;
  let runKey = null;
  /** A run that opened a roll of its own, {run, previous: the source before, gesture}, until it has a result. */
  let opened = null;
  const taken = new Set();
  /** Whether each step is shown as it comes: from a run's start, until the visitor goes elsewhere than to the newest. */
  let following = false;
  /** The run whose takes came last; and the one whose takes were accepted or discarded, which has nothing more to say. */
  let gathered = null;
  let settled = null;

  store.subscribe(({ steps, shown, takes }, changed) => {
    if (changed.has("shown")) following = shown !== null && shown === steps.length - 1;
    if (changed.has("takes") && !takes.length) settled = gathered;
  });

  /** Takes that wait follow the thresholds, so that an accepted one is what the sliders say. */
  store.subscribe(({ takes, thresholds, locks }, changed) => {
    if (changed.has("thresholds") && takes.length) store.set({ takes: takes.map((take) => takeBy(thresholds, take, locks)) });
  });

  function source(next, restoring = false) {
    const before = store.get().source;
    const same = (next?.id ?? null) === (before?.id ?? null);
    if (same && (next?.audio ?? null) === (before?.audio ?? null)) return;
    const joins = same || (Boolean(next?.audio) && waits(before));
    taken.clear();
    beforeChange();
    current = next ?? null;
    const duration = next?.duration ?? 0;
    const patch = { ...atRest(), source: current, duration };
    if (joins) join(patch);
    else if (restoring || before === null) store.set(restoring ? patch : { ...emptied(), ...patch });
    else {
      opened = { run: next?.run, previous: before, gesture: Symbol("roll") };
      store.set({ ...emptied(), ...patch }, { undoable: "Another roll", gesture: opened.gesture, roll: true });
    }
    arrive();
  }

  /** A recording comes to notes that waited for it. What lies past its end is left out, of takes too; undo brings the notes back. */
  function join(patch) {
    const { notes, masks, takes } = store.get();
    const within = ({ onset }) => onset <= patch.duration;
    const cutOf = (found) => ({ notes: found.notes.filter(within), candidates: found.candidates.filter(within) });
    const cut = { ...cutOf(store.get()), masks: masksWithin(masks, patch.duration), takes: takes.map((take) => ({ ...take, ...cutOf(take) })) };
    store.set({ ...patch, ...cut }, { undoable: "Bring the recording", roll: true });
    if (cut.notes.length < notes.length) announce("Notes past the end of the recording are left out");
  }

  /** Sound and picture of the source that is there now. */
  function arrive() {
    runKey = null;
    onSource(current);
    onMedia(null);
    if (current?.mel) fetchMedia(current.mel, current.id);
  }

  /** Undo and redo may lead to another roll, which the server must hear of. */
  store.subscribe((state, changed) => {
    if (!changed.has("source") || state.source === current) return;
    current = state.source;
    store.set({ ...atRest(), takes: [], take: null });
    arrive();
    onReturn(current);
  });

  /** What a run that ended without a result opened is closed again; the server has not left the roll before. */
  function close(run) {
    if (opened === null || opened.run !== run) return;
    const { previous, gesture } = opened;
    opened = null;
    current = previous;
    if (!store.revert(gesture)) while (store.get().source !== previous && store.undo() !== null);
    store.set({ ...atRest(), takes: [], take: null });
    arrive();
  }

  async function fetchMedia(url, id) {
    try {
      const media = parseMel(await load(url));
      if (id === current?.id) onMedia(media);
    } catch (error) {
      if (id === current?.id) announce("The picture of the recording could not be loaded.");
      console.warn(error);
    }
  }

  function feed(next, restoring = false) {
    if (next?.source && next.source !== current?.id) return;
    store.set({ feed: next ?? null });
    if (!next || next.run === settled) return;
    const key = `${next.run}/${next.take ?? 0}`;
    if (key !== runKey && next.state !== "failed") beginRun(key, next);
    if (next.url) fetchStep(next, key);
    if (next.state === "running") return;
    if (next.state === "done" && !taken.has(key)) {
      taken.add(key);
      finish(next, restoring);
    }
    if (next.state !== "done") close(next.run);
    // A step that is still on its way joins the strip without being shown.
    store.set({ shown: null });
  }

  function beginRun(key, { run, kind, take = 0 }) {
    runKey = key;
    if (kind === "load") return;
    store.set({ steps: [], shown: null });
    if (take > 0) return;
    following = true;
    if (!store.get().takes.length) return;
    beforeChange();
    // What the run brings is the same entry of the history, if nothing is done meanwhile.
    store.set({ takes: [], take: null }, { undoable: "Drop takes", gesture: run, takes: true });
  }

  async function fetchStep({ url, step }, key) {
    try {
      const parsed = parseStep(await load(url));
      if (key !== runKey) return;
      const { steps, shown, take, feed: now } = store.get();
      if (steps.some((other) => other.step === parsed.step)) return;
      const more = [...steps, parsed].sort((a, b) => a.step - b.step);
      const follows = following && now?.state === "running" && take === null;
      store.set({ steps: more, shown: follows ? more.length - 1 : shown });
    } catch (error) {
      console.warn(`step ${step} could not be shown`, error);
    }
  }

  function finish(done, restoring) {
    if (restoring) {
      restoreCandidates(done);
      return;
    }
    beforeChange();
    if (done.kind === "regenerate") {
      gather(done);
      return;
    }
    const state = store.get();
    const patch = resultOf(done, state);
    const own = opened?.run === done.run ? { gesture: opened.gesture, roll: true } : { gesture: done.run };
    opened = null;
    const entry = done.restored ? {} : { undoable: LABELS[done.kind] ?? "Model", takes: true, ...own };
    store.set({ ...patch, takes: [], take: null }, entry);
    const locked = keepsLocked(done) && state.locks.size ? "; locked lanes stay as they were" : "";
    announce((patch.notes.length === 1 ? "One note" : `${patch.notes.length} notes`) + locked);
  }

  /** One more take. The first is shown at once; who then looks at what is there now is left there. */
  function gather(done) {
    gathered = done.run;
    const state = store.get();
    const takes = [...state.takes, takeOf(done, state)];
    const take = state.takes.length ? state.take : 0;
    store.set({ takes, take }, { undoable: LABELS.regenerate, gesture: done.run, takes: true });
    announce(done.takes > 1 ? `Take ${done.take + 1} of ${done.takes} is ready` : "The take is ready");
  }

  function restoreCandidates(done) {
    if (done.kind === "regenerate" || !done.candidates?.length) return;
    const { notes, thresholds } = store.get();
    store.set({ candidates: candidatesBeside(candidatesOf(done.candidates), notes, thresholds) });
  }

  return { source, feed };
}

/** What no roll brings with it: nothing is watched, looped or played. */
function atRest() {
  return { feed: null, steps: [], shown: null, loop: null, playhead: 0, playing: false };
}

/** A roll without anything on it. */
function emptied() {
  const usual = initialState();
  return Object.fromEntries([...UNDOABLE, "takes", "take"].map((key) => [key, usual[key]]));
}

/** Whether notes are there whose recording is still to be brought. */
function waits(source) {
  return source !== null && !source.audio && !source.generated;
}

async function fetchBuffer(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} for ${url}`);
  return response.arrayBuffer();
}
