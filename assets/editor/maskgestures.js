/** Gestures of the paint tool: paint a region; move, resize or delete one. */

import { REACH_TOUCH, TREMBLE, dragging, snappedAt } from "./aim.js";
import { drumsBetween, hitMask, yToDrum } from "./geometry.js";
import { snapTime } from "./grid.js";
import { describeMask, makeMask, maskBetween, moveMask, resizeMask } from "./masks.js";
import { LANE } from "./notes.js";

/** Paints a rectangle; moves or resizes a painted one; with Alt deletes it. */
export function paint(start, context) {
  const { store, commands, announce, layout } = context;
  const { masks, view } = store.get();
  const hit = hitMask(masks, start, { view, layout: layout(), reach: start.touch ? REACH_TOUCH : 5 });
  if (!hit) return paintNew(start, context);
  if (start.alt) {
    commands.deleteMask(hit.mask.id);
    return null;
  }
  store.set({ mask: hit.mask.id, selection: new Set() });
  const gesture = Symbol("mask");
  const isDrag = dragging(start);
  return {
    move(point) {
      if (!isDrag(point)) return;
      commands.changeMask(changedMask(hit, start, point, context), gesture);
    },
    end(point) {
      const now = store.get().masks.find(({ id }) => id === hit.mask.id);
      if (now && isDrag(point)) announce(`Painted region: ${describeMask(now)}`);
    },
    cancel: () => store.revert(gesture),
  };
}

function changedMask({ mask, part }, start, point, context) {
  const { tempo, snap, view, duration } = context.store.get();
  const later = (point.x - start.x) * view.secondsPerPixel;
  const onGrid = (time) => (point.alt ? time : snapTime(time, tempo, snap));
  if (part !== "inside") return resizeMask(mask, part, onGrid(mask[part] + later), duration);
  const still = Math.abs(point.x - start.x) < TREMBLE;
  const lanes = LANE[yToDrum(point.y, context.layout())] - LANE[yToDrum(start.y, context.layout())];
  return moveMask(mask, { seconds: still ? 0 : onGrid(mask.start + later) - mask.start, lanes, duration });
}

function paintNew(start, context) {
  const { store, commands, marquee, layout } = context;
  const isDrag = dragging(start);
  const from = snappedAt(start, context);
  const maskTo = (point) => maskBetween(from, snappedAt(point, context), drumsBetween(start.y, point.y, layout()), store.get().duration);
  return {
    move(point) {
      if (isDrag(point)) marquee({ kind: "paint", mask: maskTo(point) });
    },
    end(point) {
      marquee(null);
      const mask = isDrag(point) ? maskTo(point) : null;
      if (mask) commands.addMask(makeMask(mask));
      else store.set({ mask: null });
    },
    cancel: () => marquee(null),
  };
}
