/**
 * Musical time: a tempo is {bpm, offset, beats}, where `offset` is the time of a bar line in seconds and `beats` a bar's
 * length. Beats count from the offset. Bar 1 is the first whole bar of the recording.
 */

/** What a tempo may have, as on the server: TEMPO_MIN, TEMPO_MAX and MAX_BEATS of n2n/metre.py. */
export const BPM_RANGE = Object.freeze({ min: 4, max: 1000 });
export const MAX_BEATS = 32;
/** A line this little before the recording (seconds) counts as its start: EARLY_S of n2n/metre.py. */
export const EARLY = 0.03;

/** What notes may snap to: fractions of a beat, with their names. 0 is off. */
export const SNAPS = Object.freeze([
  { value: 0, name: "off" },
  { value: 1, name: "1/4" },
  { value: 1 / 2, name: "1/8" },
  { value: 1 / 3, name: "1/8 triplet" },
  { value: 1 / 4, name: "1/16" },
  { value: 1 / 6, name: "1/16 triplet" },
  { value: 1 / 8, name: "1/32" },
]);

/**
 * @param {unknown} thing
 * @returns {{bpm: number, offset: number, beats: number} | null} a tempo within the ranges, or null where it is none
 */
export function makeTempo(thing) {
  if (!thing || !Number.isFinite(thing.bpm) || thing.bpm <= 0) return null;
  return Object.freeze({
    bpm: Math.min(BPM_RANGE.max, Math.max(BPM_RANGE.min, thing.bpm)),
    offset: Number.isFinite(thing.offset) ? thing.offset : 0,
    beats: Number.isFinite(thing.beats) ? Math.min(MAX_BEATS, Math.max(1, Math.round(thing.beats))) : 4,
  });
}

/** @returns {number} seconds */
export function beatLength(tempo) {
  return 60 / tempo.bpm;
}

export function timeToBeat(time, tempo) {
  return (time - tempo.offset) / beatLength(tempo);
}

export function beatToTime(beat, tempo) {
  return tempo.offset + beat * beatLength(tempo);
}

/** Seconds from one grid line to the next; 10 ms where there is no grid. */
export function gridStep(tempo, snap) {
  return tempo && snap ? snap * beatLength(tempo) : 0.01;
}

/** The nearest time on the grid that is not before the recording; the time itself where there is no grid. */
export function snapTime(time, tempo, snap) {
  if (!tempo || !snap) return time;
  const step = snap * beatLength(tempo);
  const lowest = Math.ceil((-tempo.offset - EARLY) / step);
  const index = Math.max(lowest, Math.round((time - tempo.offset) / step));
  return Math.max(0, tempo.offset + index * step);
}

/** The next line of the grid after a time (direction 1), or the last before it (-1); a thousandth of a step does not count. */
export function lineBeside(time, tempo, snap, direction) {
  const index = timeToBeat(time, tempo) / snap;
  const next = direction > 0 ? Math.floor(index + 1e-3) + 1 : Math.ceil(index - 1e-3) - 1;
  return beatToTime(next * snap, tempo);
}

/** The beat (from the offset) at which bar 1 begins. */
function firstBarBeat(tempo) {
  const bar = tempo.beats * beatLength(tempo);
  return -Math.floor((tempo.offset + EARLY) / bar) * tempo.beats;
}

/** "3.2" for the second beat of bar 3; bar 0 is before the first bar line. */
export function barLabel(time, tempo) {
  const beats = Math.floor(timeToBeat(time, tempo) - firstBarBeat(tempo) + 1e-6);
  const bar = Math.floor(beats / tempo.beats);
  return `${bar + 1}.${beats - bar * tempo.beats + 1}`;
}

/**
 * The lines of a grid that are not too dense to be drawn.
 *
 * @param {number} minPixels lines of one kind that would be nearer than this are left out
 * @returns {{time: number, level: 0 | 1 | 2, label: string | null}[]} level 0: bar lines (or labelled seconds), 1: beats
 *   (or seconds between), 2: parts of a beat
 */
export function gridLines({ start, end, secondsPerPixel, tempo, snap, minPixels = 9, labelPixels = 56 }) {
  return tempo
    ? barLines({ start, end, secondsPerPixel, tempo, snap, minPixels, labelPixels })
    : secondLines({ start, end, secondsPerPixel, labelPixels });
}

function barLines({ start, end, secondsPerPixel, tempo, snap, minPixels, labelPixels }) {
  const beat = beatLength(tempo);
  const beatPixels = beat / secondsPerPixel;
  const barPixels = beatPixels * tempo.beats;
  const labelEvery = powerOfTwo(labelPixels / barPixels);
  const barEvery = powerOfTwo(minPixels / barPixels);
  const shift = firstBarBeat(tempo);
  // Lines lie `step` beats apart: parts of a beat where the snap asks and they fit, else beats, else whole bars.
  const step = snap && snap < 1 && snap * beatPixels >= minPixels ? snap : beatPixels >= minPixels ? 1 : tempo.beats * barEvery;
  const lines = [];
  const first = Math.ceil((timeToBeat(start > 0 ? start : -EARLY, tempo) - shift) / step - 1e-6);
  for (let i = first; ; i += 1) {
    const beats = i * step;
    const time = Math.max(0, beatToTime(beats + shift, tempo));
    if (time > end) return lines;
    const bar = Math.round(beats / tempo.beats);
    if (Math.abs(beats - bar * tempo.beats) < 1e-6) {
      const label = bar % labelEvery === 0 ? String(bar + 1) : null;
      if (bar % barEvery === 0) lines.push({ time, level: 0, label });
    } else {
      const whole = Math.abs(beats - Math.round(beats)) < 1e-6;
      const label = whole && beatPixels >= labelPixels ? barLabel(time, tempo) : null;
      lines.push({ time, level: whole ? 1 : 2, label });
    }
  }
}

const SECOND_STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];

function secondLines({ start, end, secondsPerPixel, labelPixels }) {
  const step = SECOND_STEPS.find((seconds) => seconds / secondsPerPixel >= labelPixels) ?? 600;
  const part = step / 5;
  const lines = [];
  for (let i = Math.ceil(Math.max(0, start) / part - 1e-9); i * part <= end; i += 1) {
    const labelled = i % 5 === 0;
    lines.push({ time: i * part, level: labelled ? 0 : 1, label: labelled ? secondsLabel((i / 5) * step, step) : null });
  }
  return lines;
}

function powerOfTwo(least) {
  return 2 ** Math.max(0, Math.ceil(Math.log2(least)));
}

/** "0:07", or "0:07.25" where the step needs the digits. */
export function secondsLabel(seconds, step = 1) {
  const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
  const whole = Number(seconds.toFixed(digits));
  const minutes = Math.floor(whole / 60 + 1e-9);
  const rest = (whole - minutes * 60).toFixed(digits);
  return `${minutes}:${rest.padStart(digits ? digits + 3 : 2, "0")}`;
}

/** The onset of every selected note put on the grid; a change for `changeNotes`. */
export function quantise(tempo, snap) {
  return (note) => ({ onset: snapTime(note.onset, tempo, snap) });
}
