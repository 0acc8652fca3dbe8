/**
 * Undo and redo: a list of entries, each with the state before and after it. Knows nothing of what a state is.
 *
 * Entries that carry the same `gesture` and follow one another are one entry, so a drag that sets the state a hundred
 * times is undone by one undo. It has the name of the last. Where nothing differs, there is no entry.
 */

/**
 * @template S
 * @param {{limit?: number}} [options] how many entries are kept
 * @returns {{
 *   push(entry: {label: string, before: S, after: S, gesture?: unknown}): boolean,
 *   undo(): {label: string, state: S} | null,
 *   redo(): {label: string, state: S} | null,
 *   before(gesture: unknown): S | null,
 *   revert(gesture: unknown): S | null,
 *   clear(): void,
 *   canUndo(): boolean,
 *   canRedo(): boolean,
 * }} `push` says whether anything differed; `before` is the state before the running gesture, null where it has left no entry
 */
export function createHistory({ limit = 500 } = {}) {
  const done = [];
  const undone = [];
  const isRunning = (gesture) => gesture !== undefined && done.at(-1)?.gesture === gesture;

  return {
    push({ label, before, after, gesture }) {
      if (isSame(before, after)) return false;
      undone.length = 0;
      const start = isRunning(gesture) ? done.pop().before : before;
      // A gesture may end where it began.
      if (!isSame(start, after)) done.push({ label, before: start, after, gesture });
      if (done.length > limit) done.shift();
      return true;
    },

    undo() {
      const entry = done.pop();
      if (!entry) return null;
      undone.push({ ...entry, gesture: undefined });
      return { label: entry.label, state: entry.before };
    },

    redo() {
      const entry = undone.pop();
      if (!entry) return null;
      done.push(entry);
      return { label: entry.label, state: entry.after };
    },

    before: (gesture) => (isRunning(gesture) ? done.at(-1).before : null),

    /** Forgets the running gesture and gives the state before it; null where it has left no entry. */
    revert: (gesture) => (isRunning(gesture) ? done.pop().before : null),

    clear() {
      done.length = 0;
      undone.length = 0;
    },

    canUndo: () => done.length > 0,
    canRedo: () => undone.length > 0,
  };
}

/** Whether two things made of plain objects, lists and sets of names say the same. */
export function isSame(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Set) return a.size === b.size && [...a].every((name) => b.has(name));
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => isSame(a[key], b[key]));
}

/**
 * Gestures that have no end of their own, as turns of a wheel or presses of a key: what concerns the same things and follows within a
 * pause is one gesture.
 *
 * @param {number} pause milliseconds
 * @returns {(time: number, ...things: unknown[]) => symbol} the token of the gesture that an act at this time belongs to
 */
export function createTokens(pause) {
  let last = { time: -Infinity, things: [], token: null };
  return (time, ...things) => {
    const goesOn = time - last.time <= pause && things.every((thing, index) => thing === last.things[index]);
    last = { time, things, token: goesOn ? last.token : Symbol("gesture") };
    return last.token;
  };
}
