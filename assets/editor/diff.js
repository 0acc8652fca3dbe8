/** What differs between two lists of notes. Pure. */

/** Seconds within which two hits of a drum count as the same. */
export const TOLERANCE = 0.05;

/**
 * Pairs the hits of two lists, each with at most one of the same drum within the tolerance, in the order of time.
 * @template {{onset: number, drum: string}} N
 * @param {N[]} before in any order
 * @param {N[]} after in any order
 * @param {number} [tolerance] seconds
 * @returns {{pairs: [N, N][], appeared: N[], vanished: N[]}}
 */
export function diffNotes(before, after, tolerance = TOLERANCE) {
  const pairs = [];
  const appeared = [];
  const vanished = [];
  const old = byDrum(before);
  const young = byDrum(after);
  for (const drum of new Set([...old.keys(), ...young.keys()])) {
    const a = old.get(drum) ?? [];
    const b = young.get(drum) ?? [];
    let i = 0;
    let j = 0;
    while (i < a.length || j < b.length) {
      const late = i < a.length && j < b.length ? b[j].onset - a[i].onset : i < a.length ? Infinity : -Infinity;
      if (Math.abs(late) <= tolerance + 1e-9) pairs.push([a[i++], b[j++]]);
      else if (late > 0) vanished.push(a[i++]);
      else appeared.push(b[j++]);
    }
  }
  return { pairs, appeared, vanished };
}

/**
 * Whether nobody would hear two lists apart: the same hits within a frame (10 ms) and 8 of velocity.
 * @param {{onset: number, drum: string, velocity: number}[]} one
 * @param {{onset: number, drum: string, velocity: number}[]} other
 */
export function soundAlike(one, other) {
  const { pairs, appeared, vanished } = diffNotes(one, other, 0.01);
  return !appeared.length && !vanished.length && pairs.every(([a, b]) => Math.abs(a.velocity - b.velocity) <= 8);
}

function byDrum(notes) {
  const lists = new Map();
  for (const note of notes) {
    if (!lists.has(note.drum)) lists.set(note.drum, []);
    lists.get(note.drum).push(note);
  }
  for (const list of lists.values()) list.sort((a, b) => a.onset - b.onset);
  return lists;
}
