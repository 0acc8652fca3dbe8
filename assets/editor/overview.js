/** The whole clip at a glance under the roll: all notes, and a window that is dragged to scroll. */

import { el } from "./dom.js";
import { scrollView } from "./geometry.js";
import { DRUMS, LANE } from "./notes.js";
import { readTheme } from "./theme.js";

const HEIGHT = 30;

/**
 * @param {HTMLElement} host
 * @param {{store: object, root: HTMLElement, roll: HTMLElement, width: () => number}} options `roll` is what scrolls, and has an id
 * @returns {{dispose(): void, refresh(): void}} `refresh` draws it anew, with the colours as they now are
 */
export function createOverview(host, { store, root, roll, width }) {
  const canvas = el("canvas");
  const thumb = el("div.n2n-window");
  const scrollbar = { role: "scrollbar", tabIndex: 0, "aria-label": "Scroll in time", "aria-controls": roll.id };
  const bar = el("div.n2n-overview-bar", { ...scrollbar, "aria-orientation": "horizontal", "aria-valuemin": "0" }, canvas, thumb);
  host.append(bar);
  let theme = readTheme(root);

  function drawNotes() {
    const { notes, duration, masks } = store.get();
    const wide = Math.max(1, bar.clientWidth);
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(wide * ratio);
    canvas.height = Math.round(HEIGHT * ratio);
    const ctx = canvas.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, wide, HEIGHT);
    if (duration <= 0) return;
    const tall = (HEIGHT - 6) / DRUMS.length;
    for (const { drum, onset, velocity } of notes) {
      ctx.fillStyle = theme.drum[drum];
      ctx.globalAlpha = 0.35 + 0.55 * (velocity / 127);
      ctx.fillRect((onset / duration) * wide - 0.5, 3 + LANE[drum] * tall, 1.5, tall - 0.75);
    }
    ctx.globalAlpha = 0.3;
    ctx.fillStyle = theme.mask;
    for (const { start, end, drums } of masks) {
      for (const drum of drums) ctx.fillRect((start / duration) * wide, 3 + LANE[drum] * tall, Math.max(2, ((end - start) / duration) * wide), tall);
    }
    ctx.globalAlpha = 1;
  }

  function showWindow() {
    const { view, duration } = store.get();
    const seen = duration > 0 ? Math.min(1, (view.secondsPerPixel * width()) / duration) : 1;
    const start = duration > 0 ? view.start / duration : 0;
    thumb.style.left = `${start * 100}%`;
    thumb.style.width = `${seen * 100}%`;
    bar.classList.toggle("whole", seen > 0.999);
    bar.setAttribute("aria-valuemax", String(Math.max(0, duration * (1 - seen)).toFixed(2)));
    bar.setAttribute("aria-valuenow", view.start.toFixed(2));
    bar.setAttribute("aria-valuetext", `${view.start.toFixed(1)} to ${(view.start + seen * duration).toFixed(1)} of ${duration.toFixed(1)} s`);
  }

  function scroll(seconds) {
    const { view, duration } = store.get();
    store.set({ view: scrollView(view, seconds, duration, width()) });
  }

  let held = null;
  bar.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    const box = bar.getBoundingClientRect();
    const { view, duration } = store.get();
    const time = ((event.clientX - box.left) / box.width) * duration;
    const span = view.secondsPerPixel * width();
    // Beside the window, the window comes to the pointer first.
    if (time < view.start || time > view.start + span) scroll(time - span / 2 - view.start);
    held = { time, start: store.get().view.start };
    bar.setPointerCapture(event.pointerId);
  });
  bar.addEventListener("pointermove", (event) => {
    if (!held) return;
    const box = bar.getBoundingClientRect();
    const { view, duration } = store.get();
    scroll(held.start + ((event.clientX - box.left) / box.width) * duration - held.time - view.start);
  });
  for (const type of ["pointerup", "pointercancel"]) bar.addEventListener(type, () => (held = null));
  bar.addEventListener(
    "wheel",
    (event) => {
      // Where all is seen, the page may scroll.
      if (bar.classList.contains("whole")) return;
      event.preventDefault();
      scroll((event.deltaX || event.deltaY) * store.get().view.secondsPerPixel);
    },
    { passive: false },
  );
  bar.addEventListener("keydown", (event) => {
    const pages = { ArrowLeft: -0.1, ArrowRight: 0.1, PageUp: -0.8, PageDown: 0.8, Home: -Infinity, End: Infinity }[event.key];
    if (pages === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const { view, duration } = store.get();
    scroll(Math.min(duration, Math.max(-duration, pages * width() * view.secondsPerPixel)));
  });

  const unsubscribe = store.subscribe((state, changed) => {
    if (changed.has("notes") || changed.has("masks") || changed.has("duration")) drawSoon();
    if (changed.has("view") || changed.has("duration")) showWindow();
  });
  let frame = 0;
  function drawSoon() {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(drawNotes);
  }
  const observer = new ResizeObserver(() => {
    drawSoon();
    showWindow();
  });
  observer.observe(bar);

  return {
    refresh() {
      theme = readTheme(root);
      drawSoon();
    },
    dispose() {
      unsubscribe();
      observer.disconnect();
      cancelAnimationFrame(frame);
    },
  };
}
