/**
 * What the server says goes into the store: a new recording, the steps of a run as they come, its result. Fetches the binary
 * files. Answers that arrive after another recording or run has begun are dropped.
 */

import { candidatesBeside, candidatesOf, resultOf, takeOf } from "./exchange.js";
import { UNDOABLE, initialState } from "./store.js";

const LABELS = { transcribe: "Transcribe", refine: "Refine", generate: "Generate", load: "Open", regenerate: "Regenerate" };

/**
 * @param {object} options
 * @param {object} options.store
 * @param {(buffer: ArrayBuffer) => object} options.parseStep
 * @param {(buffer: ArrayBuffer) => object} options.parseMel
 * @param {(media: object | null) => void} options.onMedia the parsed waveform and spectrogram, or null
 * @param {(source: object | null) => void} options.onSource
 * @param {() => void} options.beforeChange called before notes are replaced: running gestures end
 * @param {(text: string) => void} options.announce
 * @param {(url: string) => Promise<ArrayBuffer>} [options.load]
 * @returns {{source(source: object | null, restoring?: boolean): void, feed(feed: object | null, restoring?: boolean): void}}
 *   `restoring`: at mount, when the notes are those of the value and must not be replaced
 */
export function createIntake({ store, parseStep, parseMel, onMedia, onSource, beforeChange, announce, load = fetchBuffer }) {
  let sourceId = null;
  let runKey = null;
  const taken = new Set();

  function source(next, restoring = false) {
    const id = next?.id ?? null;
    const joins = Boolean(next?.audio) && waits(store.get().source);
    if (id === sourceId && !joins) return;
    sourceId = id;
    runKey = null;
    taken.clear();
    beforeChange();
    const usual = initialState();
    const emptied = {};
    const stays = restoring || joins;
    const gone = stays ? ["steps", "shown"] : [...UNDOABLE, "steps", "shown", "takes", "take"];
    for (const key of gone) emptied[key] = usual[key];
    const duration = next?.duration ?? 0;
    store.set({ ...emptied, source: next ?? null, duration, loop: null, playhead: 0, playing: false });
    if (!stays) store.forget();
    if (joins) cut(duration);
    onSource(next ?? null);
    onMedia(null);
    if (next?.mel) fetchMedia(next.mel, id);
  }

  /** Takes the notes past the end of the recording away. */
  function cut(duration) {
    const { notes, candidates } = store.get();
    const within = ({ onset }) => onset <= duration;
    if (notes.every(within)) return;
    store.set({ notes: notes.filter(within), candidates: candidates.filter(within) });
    store.forget();
    announce("Notes past the end of the recording are left out");
  }

  async function fetchMedia(url, id) {
    try {
      const media = parseMel(await load(url));
      if (id === sourceId) onMedia(media);
    } catch (error) {
      if (id === sourceId) announce("The picture of the recording could not be loaded.");
      console.warn(error);
    }
  }

  function feed(next, restoring = false) {
    store.set({ feed: next ?? null });
    if (!next) return;
    const key = `${next.run}/${next.take ?? 0}`;
    if (key !== runKey && next.state !== "failed") beginRun(key, next);
    if (next.url) fetchStep(next, key);
    if (next.state === "running") return;
    if (next.state === "done" && !taken.has(key)) {
      taken.add(key);
      finish(next, restoring);
    }
    // A step that is still on its way joins the strip without being shown.
    store.set({ shown: null });
  }

  function beginRun(key, { kind, take = 0 }) {
    runKey = key;
    if (kind === "load") return;
    const patch = { steps: [], shown: null };
    if (take === 0) Object.assign(patch, { takes: [], take: null });
    store.set(patch);
  }

  async function fetchStep({ url, step }, key) {
    try {
      const parsed = parseStep(await load(url));
      if (key !== runKey) return;
      const { steps, shown, feed: now } = store.get();
      if (steps.some((other) => other.step === parsed.step)) return;
      const more = [...steps, parsed].sort((a, b) => a.step - b.step);
      // The newest step is followed, unless the visitor looks at an earlier one.
      const following = now?.state === "running" && (shown === null || shown === steps.length - 1);
      store.set({ steps: more, shown: following ? more.length - 1 : shown });
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
      const state = store.get();
      const takes = [...state.takes, takeOf(done, state)];
      store.set({ takes, take: state.take ?? 0 });
      announce(done.takes > 1 ? `Take ${takes.length} of ${done.takes} is ready` : "The take is ready");
      return;
    }
    const patch = resultOf(done, store.get());
    store.set({ takes: [], take: null });
    store.set(patch, { undoable: LABELS[done.kind] ?? "Model" });
    announce(patch.notes.length === 1 ? "One note" : `${patch.notes.length} notes`);
  }

  function restoreCandidates(done) {
    if (done.kind === "regenerate" || !done.candidates?.length) return;
    const { notes, thresholds } = store.get();
    store.set({ candidates: candidatesBeside(candidatesOf(done.candidates), notes, thresholds) });
  }

  return { source, feed };
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
