/** Which region the loop button takes. Pure. */

import { beatLength, beatToTime, timeToBeat } from "./grid.js";
import { selectedNotes } from "./notes.js";
import { SHORTEST_LOOP } from "./schedule.js";
import { SAMPLE_RATE } from "./sounds.js";

/** Seconds that a loop lasts at least: what is shorter is not played as one. */
export const SHORTEST = SHORTEST_LOOP / SAMPLE_RATE;

/** Bars that are looped where nothing else says what. */
const BARS = 2;
const SECONDS = 4;
/** Seconds that the last selected note gets where no tempo says how long a beat is. */
const LAST_NOTE = 0.25;

/**
 * What is meant by "loop" at this moment: the masks, else the selected notes, else the last loop, else two bars about the
 * playhead (four seconds where no tempo is known).
 * @param {object} state of the store
 * @param {{start: number, end: number} | null} [last] the loop that there was before, if any
 * @returns {{start: number, end: number} | null} seconds; null where there is nothing to loop
 */
export function usualLoop(state, last = null) {
  const { masks, tempo, playhead, duration } = state;
  if (!(duration > 0)) return null;
  if (masks.length) return span(masks.map((mask) => mask.start), masks.map((mask) => mask.end), duration);
  const known = loopOfSelection(state) ?? last;
  if (known) return known;
  if (!tempo) return span([Math.min(playhead, duration - SECONDS)], [playhead + SECONDS], duration);
  const bars = (beats) => beats * tempo.beats;
  const barAt = (time) => timeToBeat(time, tempo) / tempo.beats;
  const first = Math.min(Math.floor(barAt(playhead) + 1e-6), Math.ceil(barAt(duration) - 1e-6) - BARS);
  return span([beatToTime(bars(first), tempo)], [beatToTime(bars(first + BARS), tempo)], duration);
}

/** The region that is selected, or from the first selected note to a beat behind the last; null where nothing is selected. */
export function loopOfSelection({ masks, mask: id, notes, selection, tempo, duration }) {
  const mask = masks.find((other) => other.id === id);
  const chosen = selectedNotes(notes, selection);
  if (mask) return span([mask.start], [mask.end], duration);
  if (!chosen.length) return null;
  const onsets = chosen.map((note) => note.onset);
  return span(onsets, [Math.max(...onsets) + (tempo ? beatLength(tempo) : LAST_NOTE)], duration);
}

/** Within the song; what is too short to be looped goes on for long enough, or, at the end, begins early enough. */
function span(starts, ends, duration) {
  const first = Math.max(0, Math.min(...starts));
  const end = Math.min(duration, Math.max(...ends, first + SHORTEST));
  return { start: Math.max(0, Math.min(first, end - SHORTEST)), end };
}
