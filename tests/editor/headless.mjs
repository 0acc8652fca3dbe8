/** An editor without a page, for tests of what it does: the store, the commands, and a pointer. */

import { createCommands } from "../../assets/editor/commands.js";
import { laneTop, makeLayout, timeToX } from "../../assets/editor/geometry.js";
import { begin } from "../../assets/editor/gestures.js";
import { createStore } from "../../assets/editor/store.js";

export const LAYOUT = makeLayout({ width: 1000 });

/**
 * @param {object} [state] of the store, where it is other than 60 s of which 10 are seen, without a snap
 * @returns {object} what was sounded, said and marked stands in lists; `at` is a point on a lane, `drag` a gesture over points
 */
export function editor(state = {}) {
  const store = createStore({ duration: 60, view: { start: 0, secondsPerPixel: 0.01 }, snap: 0, ...state });
  const sounded = [];
  const said = [];
  const rectangles = [];
  const player = {
    preview: (drum, velocity) => sounded.push([drum, velocity]),
    seek: (time) => store.set({ playhead: time }),
    toggle: () => {},
  };
  const announce = (text) => said.push(text);
  const commands = createCommands({ store, player, announce, width: () => LAYOUT.width, help: { open: () => {} } });
  const context = { store, commands, player, announce, layout: () => LAYOUT, marquee: (rectangle) => rectangles.push(rectangle) };
  const middle = (drum) => laneTop(drum, LAYOUT) + LAYOUT.laneHeight / 2;
  const at = (time, drum, extra = {}) => ({ x: timeToX(time, store.get().view), y: middle(drum), ...extra });

  /** Down at the first point, over the others, up at the last. */
  function drag(...points) {
    const gesture = begin(points[0], context);
    for (const point of points.slice(1)) gesture?.move(point);
    gesture?.end(points.at(-1));
  }

  return { store, commands, context, sounded, said, rectangles, at, drag };
}
