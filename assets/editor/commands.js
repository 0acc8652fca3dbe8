/**
 * What can be done to the store, by name: keys, buttons, menus and gestures all call these. Every command says what it did.
 * Here stand those that concern the whole; the others have a file for notes, one for masks and one for the view.
 */

import { BPM_RANGE, gridStep, makeTempo } from "./grid.js";
import { createMaskCommands } from "./maskcommands.js";
import { createNoteCommands } from "./notecommands.js";
import { createViewCommands } from "./viewcommands.js";

/**
 * @param {object} options
 * @param {object} options.store
 * @param {object} options.player `toggle`, `seek`, `preview`
 * @param {(text: string) => void} options.announce
 * @param {() => number} options.width of the roll, CSS pixels
 * @param {{open(): void}} options.help
 */
export function createCommands({ store, player, announce, width, help }) {
  const view = createViewCommands({ store, player, announce, width });
  const notes = createNoteCommands({ store, player, announce, reveal: view.reveal });
  const masks = createMaskCommands({ store, announce, reveal: view.reveal });
  const selectedMask = () => store.get().mask;

  return {
    ...view,
    ...notes,
    ...masks,

    nudge({ seconds = 0, lanes = 0, grid = 0 }, { gesture } = {}) {
      const { tempo, snap } = store.get();
      const by = { seconds: seconds + grid * gridStep(tempo, snap || 1), lanes };
      if (selectedMask() !== null) masks.nudgeMask(by, gesture);
      else notes.move(by, gesture);
    },
    delete() {
      if (selectedMask() !== null) masks.deleteMask(selectedMask());
      else notes.deleteSelected();
    },
    /** The next or previous note; with the paint tool, painted region. */
    step(direction) {
      const { tool, masks: painted } = store.get();
      if (tool === "paint" && painted.length) masks.stepMask(direction);
      else notes.step(direction);
    },
    /** Changes the tempo; null takes it away. Where there is none, only beats a minute make one. */
    setTempo(change) {
      const { tempo, playhead } = store.get();
      const next = change && makeTempo({ ...(tempo ?? { offset: playhead }), ...change });
      if (change?.bpm <= 0) return announce(`A tempo is ${BPM_RANGE.min} to ${BPM_RANGE.max} beats a minute`);
      if (change && !next) return announce("Set a tempo first");
      store.set({ tempo: next }, { undoable: "Tempo" });
      announce(next ? `${Number(next.bpm.toFixed(2))} beats a minute, ${next.beats} a bar` : "No tempo");
    },

    undo() {
      const label = store.undo();
      announce(label ? `Undone: ${label.toLowerCase()}` : "There is nothing to undo");
    },
    redo() {
      const label = store.redo();
      announce(label ? `Redone: ${label.toLowerCase()}` : "There is nothing to redo");
    },

    tool(tool) {
      store.set({ tool });
      announce(`${tool} tool`);
    },
    play: () => player.toggle(),
    help: () => help.open(),
  };
}
