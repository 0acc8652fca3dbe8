/** Gestures along the time axis: the playhead, the loop region, the view. */

import { REACH_TOUCH, dragging, nothing, snappedAt, timeAt } from "./aim.js";
import { scrollView, timeToX } from "./geometry.js";
import { SHORTEST } from "./loop.js";

export function seek(point, context) {
  const time = timeAt(point, context);
  context.player.seek(time);
  context.store.set({ playhead: time });
}

export function scrub(start, context) {
  seek(start, context);
  return { move: (point) => seek(point, context), end: nothing, cancel: nothing };
}

export function loopEdge({ x, touch }, { store }) {
  const { loop, view } = store.get();
  if (!loop) return null;
  const reach = touch ? REACH_TOUCH : 5;
  if (Math.abs(timeToX(loop.start, view) - x) <= reach) return "start";
  if (Math.abs(timeToX(loop.end, view) - x) <= reach) return "end";
  return null;
}

/** A drag along the ruler sets the loop region or moves its edge; a click puts the playhead there. */
export function ruler(start, context) {
  const { store, announce } = context;
  const before = store.get().loop;
  const edge = loopEdge(start, context);
  const fixed = edge ? before[edge === "start" ? "end" : "start"] : snappedAt(start, context);
  const isDrag = dragging(start);
  return {
    move(point) {
      if (!isDrag(point)) return;
      const time = snappedAt(point, context);
      const loop = { start: Math.min(fixed, time), end: Math.max(fixed, time) };
      store.set({ loop: loop.end - loop.start >= SHORTEST ? loop : null });
    },
    end(point) {
      const { loop } = store.get();
      if (!isDrag(point)) {
        if (point.double) store.set({ loop: null });
        else seek(point, context);
      } else if (loop) announce(`Loop from ${loop.start.toFixed(2)} to ${loop.end.toFixed(2)} s`);
    },
    cancel: () => store.set({ loop: before }),
  };
}

/** One finger moves the time axis, unless it scrolls the page; a tap does `tap`. */
export function pan(start, { store, layout }, tap = nothing, hold) {
  const { view } = store.get();
  const isDrag = dragging(start);
  return {
    move(point) {
      if (!isDrag(point)) return;
      const { duration } = store.get();
      store.set({ view: scrollView(view, (start.x - point.x) * view.secondsPerPixel, duration, layout().width) });
    },
    end(point) {
      if (!isDrag(point)) tap(point);
    },
    cancel: nothing,
    yields: true,
    hold,
  };
}
