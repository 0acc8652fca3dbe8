/** The choice of a clip: a bundled example, the recording last used in the studio, or one uploaded here or dropped on the page. */

import { el } from "../editor/dom.js";

/**
 * @typedef {{example: string} | {recording: string} | {path: string}} Source
 *
 * @param {object} options
 * @param {string[]} options.examples
 * @param {{id: string, name: string} | null} options.recording of the studio
 * @param {(file: File) => Promise<{path: string}>} options.upload
 * @param {(source: Source) => void} options.onPick
 * @returns {{node: HTMLElement, status: (text: string, failed?: boolean) => void, start: () => void, fallBack: () => boolean}}
 *   `start` picks the clip to begin with; `fallBack` picks an example instead where that was the studio's, and tells whether it did
 */
export function createPicker({ examples, recording, upload, onPick }) {
  const sources = examples.map((name) => ({ text: named(name), source: { example: name } }));
  if (recording) sources.push({ text: `From the studio: ${recording.name}`, source: { recording: recording.id } });
  const select = el("select", { name: "clip" });
  const choice = el("label", {}, el("span", {}, "Clip"), select);
  const file = el("input", { type: "file", accept: "audio/*,video/*", tabIndex: -1 });
  const button = el("button", { type: "button" }, "Upload a recording");
  const again = el("button.again", { type: "button", hidden: true }, "Try again");
  const message = el("p.learn-status", { role: "status" });
  const list = () => {
    select.replaceChildren(...sources.map(({ text }, i) => el("option", { value: String(i) }, text)));
    choice.hidden = !sources.length;
  };

  const status = (text, failed = false) => {
    message.textContent = text;
    message.classList.toggle("failed", failed);
    again.hidden = !failed || !sources.length;
  };
  let begun = false;
  const pick = (place) => {
    select.value = String(place);
    onPick(sources[place].source);
  };
  const pickByHand = () => {
    begun = false;
    pick(Number(select.value));
  };
  const start = () => {
    const place = firstPick(examples, recording);
    if (place === null) return;
    begun = true;
    pick(place);
  };
  const fallBack = () => {
    const can = begun && examples.length > 0 && Number(select.value) >= examples.length;
    begun = false;
    if (can) pick(0);
    return can;
  };
  const send = async (chosen) => {
    status(`Uploading ${chosen.name}…`);
    try {
      const { path } = await upload(chosen);
      sources.push({ text: chosen.name, source: { path } });
      list();
      begun = false;
      pick(sources.length - 1);
    } catch {
      status("The recording could not be uploaded: it may be too large.", true);
    }
  };
  select.addEventListener("change", pickByHand);
  again.addEventListener("click", pickByHand);
  button.addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    const [chosen] = file.files;
    file.value = "";
    if (chosen) send(chosen);
  });
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); // else the browser would leave the page for the file
  });
  document.addEventListener("drop", (event) => {
    const [chosen] = event.dataTransfer?.files ?? [];
    if (!chosen) return;
    event.preventDefault();
    send(chosen);
  });
  list();
  const node = el("div.learn-picker", {}, choice, button, file, message, again);
  return { node, status, start, fallBack };
}

/**
 * Which clip to begin with: the studio's, if there is one; but where that is an example, the example, whose notes are known.
 *
 * @param {string[]} examples names without suffix
 * @param {{name: string} | null} recording of the studio
 * @returns {number | null} its place in the list of examples and then the recording
 */
export function firstPick(examples, recording) {
  const example = recording ? examples.indexOf(recording.name.replace(/\.[^.]*$/, "")) : 0;
  if (example >= 0) return examples.length ? example : null;
  return examples.length;
}

const named = (name) => `Example: ${name.replaceAll("_", " ")}`;
