/**
 * Draws the roll. Three canvases lie on one another: the backdrop (ruler, waveform, spectrogram, grid), kept until the view,
 * size or colours change; the notes; and an overlay for what moves by itself (playhead, rectangles being dragged). None is
 * ever copied into another, so drawing never waits for pixels.
 */

import { soundingNotes } from "./audition.js";
import { laneTop, makeLayout, timeToX, xToTime } from "./geometry.js";
import { gridLines } from "./grid.js";
import { drawLaneNotes, drawVelocities } from "./drawnotes.js";
import { drawMask, hatch } from "./drawmask.js";
import { drawStep } from "./drawstep.js";
import { createMedia } from "./media.js";
import { DRUMS, dormantCandidates, perDrum } from "./notes.js";
import { isAudible } from "./store.js";
import { readTheme } from "./theme.js";

/** State that only the overlay shows. */
const OVERLAY_KEYS = new Set(["playhead", "playing"]);
/** State that the backdrop shows. */
const BACKDROP_KEYS = ["view", "tempo", "snap", "melShown", "source", "duration"];
/** State that the roll does not show. */
const UNSEEN_KEYS = new Set(["volumes", "master", "kit", "feed", "history", "tool"]);

/**
 * @param {{backdrop: HTMLCanvasElement, canvas: HTMLCanvasElement, overlay: HTMLCanvasElement, root: HTMLElement, store: object}} options
 * @returns {{layout(): object, resize(layout: object): void, request(changed?: Set<string>): void, setMedia(parsed: object | null): void,
 *   setMarquee(rectangle: object | null): void, readTheme(): void, redraw(): number, dispose(): void}}
 *   `redraw` draws every layer anew, at once, and returns how many milliseconds it took
 */
export function createRenderer({ backdrop, canvas, overlay, root, store }) {
  const main = canvas.getContext("2d");
  const over = overlay.getContext("2d");
  const back = backdrop.getContext("2d", { alpha: false });
  let layout = makeLayout({ width: 800 });
  let theme = readTheme(root);
  let media = null;
  let marquee = null;
  let ratio = 1;
  let frame = 0;
  const stale = { backdrop: true, main: true, overlay: true };
  const dormant = memoise(dormantCandidates);
  const hatches = new Map();

  function resize(next) {
    layout = next;
    ratio = window.devicePixelRatio || 1;
    for (const layer of [canvas, overlay, backdrop]) {
      const [wide, high] = [Math.round(layout.width * ratio), Math.round(layout.height * ratio)];
      if (layer.width !== wide) layer.width = wide;
      if (layer.height !== high) layer.height = high;
      layer.style.height = `${layout.height}px`;
    }
    hatches.clear();
    request();
  }

  /** Asks for a frame; without `changed` everything is drawn anew. */
  function request(changed) {
    if (!changed || BACKDROP_KEYS.some((key) => changed.has(key))) stale.backdrop = stale.main = stale.overlay = true;
    else if ([...changed].some((key) => !OVERLAY_KEYS.has(key) && !UNSEEN_KEYS.has(key))) stale.main = true;
    if (!changed || [...changed].some((key) => OVERLAY_KEYS.has(key))) stale.overlay = true;
    if (!frame && (stale.main || stale.overlay)) frame = requestAnimationFrame(paint);
  }

  function paint() {
    frame = 0;
    if ((window.devicePixelRatio || 1) !== ratio) resize(layout);
    if (stale.backdrop) drawBackdrop();
    if (stale.main) drawMain();
    if (stale.overlay) drawOverlay();
    stale.backdrop = stale.main = stale.overlay = false;
  }

  function begin(ctx) {
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  function drawBackdrop() {
    const { view, duration, tempo, snap } = store.get();
    const ctx = back;
    const { width, height } = layout;
    begin(ctx);
    ctx.fillStyle = theme.background;
    ctx.fillRect(0, 0, width, height);
    DRUMS.forEach((drum, lane) => {
      ctx.fillStyle = lane % 2 ? theme["lane-other"] : theme.lane;
      ctx.fillRect(0, laneTop(drum, layout), width, layout.laneHeight);
    });
    if (media && layout.wave.height) media.drawWave(ctx, layout.wave, view, width, theme.wave);
    if (media && layout.mel.height) media.drawMel(ctx, layout.mel, view, width);
    const lines = gridLines({ start: view.start, end: Math.min(duration, xToTime(width, view)), ...view, tempo, snap });
    drawGrid(ctx, lines, view);
    drawRuler(ctx, lines, view);
    ctx.fillStyle = theme.bar;
    for (const row of [layout.wave, layout.mel, layout.lanes, layout.velocity]) ctx.fillRect(0, row.top, width, 1);
    // Past the end there is nothing.
    const end = timeToX(duration, view);
    if (end < width) {
      ctx.globalAlpha = 0.5;
      ctx.fillStyle = theme.faint;
      ctx.fillRect(end, layout.ruler.height, width - end, height);
      ctx.globalAlpha = 1;
    }
  }

  function drawGrid(ctx, lines, view) {
    const { lanes, velocity } = layout;
    [theme.part, theme.beat, theme.bar].forEach((colour, i) => {
      ctx.fillStyle = colour;
      for (const { time, level } of lines) {
        if (level === 2 - i) ctx.fillRect(Math.round(timeToX(time, view)), lanes.top, 1, lanes.height + velocity.height);
      }
    });
  }

  function drawRuler(ctx, lines, view) {
    const { height } = layout.ruler;
    ctx.font = `11px ${theme.font}`;
    ctx.textBaseline = "middle";
    for (const { time, level, label } of lines) {
      const x = Math.round(timeToX(time, view));
      ctx.fillStyle = level === 0 ? theme.quiet : theme.beat;
      if (label !== null) {
        ctx.fillRect(x, height - 8, 1, 8);
        ctx.fillStyle = level === 0 ? theme.ink : theme.quiet;
        ctx.fillText(label, x + 4, height / 2 - 1);
      } else if (level < 2) ctx.fillRect(x, height - 4, 1, 4);
    }
  }

  function drawMain() {
    const state = store.get();
    const ctx = main;
    begin(ctx);
    ctx.clearRect(0, 0, layout.width, layout.height);
    const { view } = state;
    drawLoop(ctx, state);
    dimLanes(ctx, state);
    if (state.shown !== null && state.steps[state.shown]) {
      drawMasks(ctx, state);
      drawStep(ctx, state.steps[state.shown], state.steps[state.shown - 1] ?? null, { plane: state.watchPlane, view, layout, theme });
      return;
    }
    const audible = perDrum((drum) => isAudible(state, drum));
    const scene = { notes: soundingNotes(state), selection: state.selection, audible, view, layout, theme };
    drawMasks(ctx, state);
    const candidates = state.take === null ? dormant(state.notes, state.candidates) : [];
    drawLaneNotes(ctx, { ...scene, candidates, thresholds: state.thresholds });
    drawVelocities(ctx, scene);
  }

  function drawMasks(ctx, { masks, mask: chosen, locks, view }) {
    for (const mask of masks) {
      drawMask(ctx, mask, { view, layout, theme, locks, pattern: pattern(ctx), chosen: mask.id === chosen });
    }
  }

  function pattern(ctx) {
    if (!hatches.has(theme.mask)) hatches.set(theme.mask, hatch(ctx, theme.mask, ratio));
    return hatches.get(theme.mask);
  }

  function drawLoop(ctx, { loop, view }) {
    if (!loop) return;
    const left = timeToX(loop.start, view);
    const wide = timeToX(loop.end, view) - left;
    ctx.fillStyle = theme.accent;
    ctx.globalAlpha = 0.22;
    ctx.fillRect(left, 0, wide, layout.ruler.height);
    ctx.globalAlpha = 0.06;
    ctx.fillRect(left, layout.ruler.height, wide, layout.height - layout.ruler.height);
    ctx.globalAlpha = 1;
    for (const x of [left, left + wide - 2]) ctx.fillRect(x, 0, 2, layout.ruler.height);
  }

  /** Locked lanes are tinted. */
  function dimLanes(ctx, { locks }) {
    ctx.fillStyle = theme.faint;
    for (const drum of locks) ctx.fillRect(0, laneTop(drum, layout), layout.width, layout.laneHeight);
  }

  function drawOverlay() {
    const { playhead, view, duration, locks } = store.get();
    begin(over);
    over.clearRect(0, 0, layout.width, layout.height);
    if (duration > 0) {
      const x = timeToX(playhead, view);
      over.fillStyle = theme.playhead;
      over.fillRect(Math.round(x) - 0.75, 6, 1.5, layout.height);
      over.beginPath();
      over.moveTo(Math.round(x) - 5.5, 2);
      over.lineTo(Math.round(x) + 5.5, 2);
      over.lineTo(Math.round(x), 11);
      over.fill();
    }
    if (!marquee) return;
    if (marquee.kind === "paint") {
      if (marquee.mask) drawMask(over, marquee.mask, { view, layout, theme, locks, pattern: pattern(over), chosen: true });
      return;
    }
    const { x0, y0, x1, y1 } = marquee;
    over.fillStyle = over.strokeStyle = theme.accent;
    over.globalAlpha = 0.1;
    over.fillRect(x0, y0, x1 - x0, y1 - y0);
    over.globalAlpha = 0.8;
    over.strokeRect(x0, y0, x1 - x0, y1 - y0);
    over.globalAlpha = 1;
  }

  return {
    layout: () => layout,
    resize,
    request,

    setMedia(parsed) {
      media = parsed && createMedia(parsed);
      media?.paint(theme);
      request();
    },

    setMarquee(rectangle) {
      marquee = rectangle;
      stale.overlay = true;
      request(new Set());
    },

    readTheme() {
      theme = readTheme(root);
      media?.paint(theme);
      hatches.clear();
      request();
    },

    redraw() {
      const begun = performance.now();
      stale.backdrop = stale.main = stale.overlay = true;
      cancelAnimationFrame(frame);
      paint();
      return performance.now() - begun;
    },

    dispose: () => cancelAnimationFrame(frame),
  };
}

/** Remembers the last answer while the arguments are the same. */
function memoise(compute) {
  let last = null;
  let answer;
  return (...args) => {
    if (!last || args.some((arg, i) => arg !== last[i])) {
      last = args;
      answer = compute(...args);
    }
    return answer;
  };
}
