/** What can be done to masks, by name: the regions that a model may rewrite. */

import { describeMask, makeMask, maskAround, maskBetween, moveMask, removeMask, replaceMask } from "./masks.js";
import { DRUMS, selectedNotes } from "./notes.js";

/**
 * @param {object} options as in `createCommands`, and
 * @param {(time: number) => void} options.reveal scrolls to a time
 */
export function createMaskCommands({ store, announce, reveal }) {
  function addMask(mask, why = "There is nothing to paint") {
    if (!mask) return announce(why);
    const same = store.get().masks.find(({ start, end, drums }) => start === mask.start && end === mask.end && String(drums) === String(mask.drums));
    if (same) {
      store.set({ mask: same.id });
      return announce(`Painted already: ${describeMask(mask)}`);
    }
    store.set({ masks: [...store.get().masks, mask], mask: mask.id }, { undoable: "Paint" });
    announce(`Painted ${describeMask(mask)}`);
  }

  function deleteMask(id, gesture) {
    store.set({ masks: removeMask(store.get().masks, id), mask: null }, { undoable: "Remove painted region", gesture });
    announce("Painted region removed");
  }

  function changeMask(mask, gesture) {
    store.set({ masks: replaceMask(store.get().masks, mask) }, { undoable: "Move painted region", gesture });
  }

  /** Arrow keys on the selected mask. */
  function nudgeMask({ seconds = 0, lanes = 0 }, gesture) {
    const { masks, mask: id, duration } = store.get();
    const mask = masks.find((other) => other.id === id);
    if (!mask) return;
    const moved = moveMask(mask, { seconds, lanes, duration });
    changeMask(moved, gesture);
    reveal(moved.start);
    announce(`Painted region: ${describeMask(moved)}`);
  }

  /** Selects the next (1) or the previous (-1) painted region in time; the first or the last where none is selected. */
  function stepMask(direction) {
    const { masks, mask: id } = store.get();
    const inTime = [...masks].sort((a, b) => a.start - b.start || a.end - b.end);
    const at = inTime.findIndex((mask) => mask.id === id);
    const wanted = at < 0 && direction < 0 ? inTime.length - 1 : at + direction;
    const index = Math.min(inTime.length - 1, Math.max(0, wanted));
    store.set({ mask: inTime[index].id });
    reveal(inTime[index].start);
    announce(`Painted region ${index + 1} of ${inTime.length}: ${describeMask(inTime[index])}`);
  }

  return {
    addMask,
    deleteMask,
    changeMask,
    nudgeMask,
    stepMask,

    paintSelection() {
      const { notes, selection, duration } = store.get();
      addMask(maskAround(selectedNotes(notes, selection), duration), "Nothing is selected");
    },
    paintLoop() {
      const { loop, duration } = store.get();
      addMask(loop && maskBetween(loop.start, loop.end, DRUMS, duration), "There is no loop region");
    },
    paintLane(drum) {
      const { duration } = store.get();
      addMask(maskBetween(0, duration, [drum], duration));
    },
    paintAll() {
      const { duration } = store.get();
      addMask(duration > 0 ? makeMask({ start: 0, end: duration, drums: DRUMS }) : null);
    },
    clearMasks() {
      store.set({ masks: [], mask: null }, { undoable: "Clear painted regions" });
      announce("No painted regions");
    },
  };
}
