/** What can be done without changing a note, by name: the view, the playhead, the loop. */

import { clampView, fitView, revealTime, scrollView, timeToX, zoomView } from "./geometry.js";
import { barLabel, lineBeside } from "./grid.js";
import { loopOfSelection } from "./loop.js";
import { selectedNotes } from "./notes.js";

/** @param {object} options as in `createCommands` */
export function createViewCommands({ store, player, announce, width }) {
  function setView(view) {
    store.set({ view });
  }

  function reveal(time) {
    const { view, duration } = store.get();
    setView(revealTime(view, time, duration, width()));
  }

  /** Nearer (factor above 1) or farther, about the playhead where it is seen, else about the middle. */
  function zoom(factor, x) {
    const { view, duration, playhead } = store.get();
    const at = timeToX(playhead, view);
    const about = x ?? (at >= 0 && at <= width() ? at : width() / 2);
    setView(zoomView(view, factor, about, duration, width()));
  }

  function seek(time) {
    const { duration, tempo } = store.get();
    const at = Math.min(duration, Math.max(0, time));
    player.seek(at);
    store.set({ playhead: at });
    reveal(at);
    announce(`Playhead at ${at.toFixed(2)} s${tempo ? `, bar ${barLabel(at, tempo)}` : ""}`);
  }

  return {
    setView,
    reveal,
    zoom,
    toggleMel: () => store.set({ melShown: !store.get().melShown }),
    seek,
    /** The playhead to the line of the grid beside it (beats where nothing snaps, or a tenth of a second where there is no tempo). */
    seekStep(direction) {
      const { playhead, tempo, snap } = store.get();
      seek(tempo ? lineBeside(playhead, tempo, snap || 1, direction) : playhead + direction * 0.1);
    },
    loopSelection() {
      const state = store.get();
      const loop = loopOfSelection(state);
      store.set({ loop });
      if (loop) announce(`Loop set to the ${state.mask === null ? "selection" : "painted region"}`);
      else announce(state.loop ? "Loop off" : "Nothing is selected");
    },
    scroll(pages) {
      const { view, duration } = store.get();
      setView(scrollView(view, pages * width() * view.secondsPerPixel, duration, width()));
    },
    fit: () => setView(fitView(store.get().duration, width())),
    fitSelection() {
      const { notes, selection, masks, mask, loop, duration } = store.get();
      const chosen = selectedNotes(notes, selection);
      const region = masks.find(({ id }) => id === mask) ?? loop;
      const start = chosen[0]?.onset ?? region?.start;
      const end = chosen.at(-1)?.onset ?? region?.end;
      if (start === undefined) return announce("Nothing is selected");
      const span = Math.max(0.5, (end - start) * 1.1);
      setView(clampView({ start: (start + end - span) / 2, secondsPerPixel: span / width() }, duration, width()));
    },
  };
}
