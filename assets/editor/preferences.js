/** What this browser remembers of the editor from one visit to the next. */

import { recall, remember } from "./dom.js";
import { SNAPS } from "./grid.js";

const KEY = "n2n.editor";
const KEPT = ["snap", "melShown", "kit"];

/** @returns {object} keys of the state; anything strange is left out */
export function loadPreferences() {
  const kept = recall(KEY) ?? {};
  const initial = {};
  if (SNAPS.some(({ value }) => value === kept.snap)) initial.snap = kept.snap;
  if (typeof kept.melShown === "boolean") initial.melShown = kept.melShown;
  if (typeof kept.kit === "string") initial.kit = kept.kit;
  return initial;
}

/** Keeps what is worth keeping whenever it changes. @returns {() => void} ends it */
export function keepPreferences(store) {
  return store.subscribe((state, changed) => {
    if (KEPT.some((key) => changed.has(key))) remember(KEY, Object.fromEntries(KEPT.map((key) => [key, state[key]])));
  });
}
