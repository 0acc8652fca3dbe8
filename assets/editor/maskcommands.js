/** What can be done to masks, by name: the regions that a model may rewrite. */

import { makeMask, maskAround, maskBetween, moveMask, removeMask, replaceMask } from "./masks.js";
import { DRUMS, DRUM_NAMES, selectedNotes } from "./notes.js";

/** @param {object} options as in `createCommands` */
export function createMaskCommands({ store, announce }) {
  function addMask(mask, why = "There is nothing to paint") {
    if (!mask) return announce(why);
    store.set({ masks: [...store.get().masks, mask], mask: mask.id }, { undoable: "Paint" });
    announce(`Painted ${mask.start.toFixed(2)} to ${mask.end.toFixed(2)} s, ${mask.drums.map((drum) => DRUM_NAMES[drum]).join(", ")}`);
  }

  function deleteMask(id, gesture) {
    store.set({ masks: removeMask(store.get().masks, id), mask: null }, { undoable: "Remove painted region", gesture });
    announce("Painted region removed");
  }

  function changeMask(mask, gesture) {
    store.set({ masks: replaceMask(store.get().masks, mask) }, { undoable: "Move painted region", gesture });
  }

  /** Arrow keys on the selected mask. */
  function nudgeMask({ seconds = 0, lanes = 0 }) {
    const { masks, mask: id, duration } = store.get();
    const mask = masks.find((other) => other.id === id);
    if (mask) changeMask(moveMask(mask, { seconds, lanes, duration }));
  }

  return {
    addMask,
    deleteMask,
    changeMask,
    nudgeMask,

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
