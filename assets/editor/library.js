/** What there is to play: the original and the drum kit, fetched and decoded. */

import { fetchAudio, fetchKit } from "./kits.js";

/**
 * How far the loading is. `message` is what a person should read, or empty.
 * @typedef {"none" | "loading" | "ready" | "failed"} Progress
 * @typedef {{source: Progress, kit: Progress, message: string}} Loading
 */

/**
 * @param {{onOriginal: (original: AudioBuffer | null) => void, onKit: (kit: import("./kits.js").Kit) => void,
 *   onStatus: (status: Loading) => void}} listeners
 * @returns {{loadSource(url: string | null): Promise<void>, status(): Loading,
 *   loadKit(kit: {name: string, json: string, samples: string}): Promise<void>, retryKit(): Promise<void>}}
 *   what cannot be loaded is told by the status; of loads that overtake each other the last one counts; `retryKit` loads the kit that
 *   could not be loaded, if it is still wanted
 */
export function createLibrary({ onOriginal, onKit, onStatus }) {
  const kits = new Map();
  const wanted = { source: null, kit: null };
  let status = { source: "none", kit: "none", message: "" };
  let chosen = null;

  function report(change) {
    status = { ...status, ...change };
    status.message = failure(status);
    onStatus(status);
  }

  async function load(kind, key, fetchIt, adopt) {
    wanted[kind] = key;
    report({ [kind]: "loading" });
    try {
      const loaded = await fetchIt();
      if (wanted[kind] !== key) return;
      adopt(loaded);
      report({ [kind]: "ready" });
    } catch (error) {
      console.warn(`${key} cannot be played`, error);
      if (wanted[kind] === key) report({ [kind]: "failed" });
    }
  }

  async function loadSource(url) {
    onOriginal(null);
    if (url) await load("source", url, () => fetchAudio(url), onOriginal);
    else {
      wanted.source = null;
      report({ source: "none" });
    }
  }

  async function loadKit(choice) {
    chosen = choice;
    const fetchOnce = async () => {
      if (!kits.has(choice.name)) kits.set(choice.name, await fetchKit(choice));
      return kits.get(choice.name);
    };
    await load("kit", choice.name, fetchOnce, onKit);
  }

  async function retryKit() {
    if (status.kit === "failed") await loadKit(chosen);
  }

  return { loadSource, loadKit, retryKit, status: () => status };
}

function failure({ source, kit }) {
  const failed = [source === "failed" ? "the recording" : "", kit === "failed" ? "the drum kit" : ""].filter(Boolean);
  return failed.length ? `This browser cannot load ${failed.join(" or ")} as sound. The rest still plays.` : "";
}
