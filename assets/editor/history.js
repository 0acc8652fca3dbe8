/**
 * Undo and redo: a list of entries, each with the state before and after it. Knows nothing of what a state is.
 *
 * Entries that carry the same `gesture` and follow one another are one entry, so a drag that sets the state a hundred
 * times is undone by one undo. It has the name of the last.
 */

/**
 * @template S
 * @param {{limit?: number}} [options] how many entries are kept
 * @returns {{
 *   push(entry: {label: string, before: S, after: S, gesture?: unknown}): void,
 *   undo(): {label: string, state: S} | null,
 *   redo(): {label: string, state: S} | null,
 *   revert(gesture: unknown): S | null,
 *   clear(): void,
 *   canUndo(): boolean,
 *   canRedo(): boolean,
 * }}
 */
export function createHistory({ limit = 500 } = {}) {
  const done = [];
  const undone = [];

  return {
    push({ label, before, after, gesture }) {
      undone.length = 0;
      const last = done.at(-1);
      if (gesture !== undefined && last?.gesture === gesture) {
        done[done.length - 1] = { ...last, label, after };
        return;
      }
      done.push({ label, before, after, gesture });
      if (done.length > limit) done.shift();
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

    /** Forgets the running gesture and gives the state before it; null where it has left no entry. */
    revert(gesture) {
      if (gesture === undefined || done.at(-1)?.gesture !== gesture) return null;
      return done.pop().before;
    },

    clear() {
      done.length = 0;
      undone.length = 0;
    },

    canUndo: () => done.length > 0,
    canRedo: () => undone.length > 0,
  };
}
