/** What this browser remembers from one visit to the next. */

import { SNAPS } from "./grid.js";

const KEY = "n2n.editor";
const KEPT = ["snap", "melShown", "kit"];

/** Under this name the studio remembers its last recording, {"id", "name"}, for the Learn page. */
export const LAST_RECORDING = "n2n.recording";

/** Something remembered in this browser; never an error where storage is forbidden, full or strange. */
export function remember(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Private windows and full disks: the preference is simply not kept.
  }
}

/** @returns {unknown} what was remembered, or null */
export function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

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
