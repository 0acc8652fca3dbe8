/** The transport: play, to the start, loop; the crossfader between original and notes, volume, drum kit and speed; the time. */

import { el, icon } from "./dom.js";
import { secondsLabel } from "./grid.js";
import { usualLoop } from "./loop.js";

const SPEEDS = [
  { rate: 1, title: "Normal" },
  { rate: 0.75, title: "¾" },
  { rate: 0.5, title: "½" },
];

/**
 * @param {HTMLElement} host
 * @param {ReturnType<typeof import("./store.js").createStore>} store
 * @param {ReturnType<typeof import("./playback.js").createPlayer>} player
 * @param {{kits?: {name: string, title: string, json: string, samples: string}[]}} [options] the kits to choose from; the one
 *   that the store names, or the first, is loaded
 * @returns {{dispose(): void}}
 */
export function mountTransport(host, store, player, { kits = [] } = {}) {
  const play = button("n2n-play", "play", () => player.toggle());
  const start = button("n2n-plain", "start", () => player.seek(store.get().loop?.start ?? 0));
  start.setAttribute("aria-label", "To the start");
  const loop = button("n2n-plain", "loop", toggleLoop);
  loop.setAttribute("aria-label", "Loop");
  const now = el("span.n2n-now");
  const whole = el("span.n2n-whole");
  const time = el("div.n2n-time", { role: "timer", "aria-label": "Position" }, now, " / ", whole);

  const mix = fader("Between original and notes", 1, (value) => setMaster({ mix: value }));
  mix.addEventListener("dblclick", () => setMaster({ mix: 0.5 }));
  const volume = fader("Volume", 1, (value) => setMaster({ volume: value }));
  const kit = select("Drum kit", kits.map(({ name, title }) => [name, title]), (name) => store.set({ kit: name }));
  const speed = select("Speed", SPEEDS.map(({ rate, title }) => [String(rate), title]), (rate) => player.setRate(Number(rate)));
  const message = el("p.n2n-message", { role: "status" });

  const end = (text) => el("span", { "aria-hidden": "true" }, text);
  const crossfade = el("div.n2n-crossfade", {}, end("Original"), mix, end("Notes"));
  const speedField = field("Speed", speed);
  speedField.title = "Slower playing makes the original sound lower; the drums of the notes keep their pitch.";
  const volumeField = field("Volume", volume);
  volumeField.classList.add("n2n-volume");
  const deck = el("div.n2n-deck", { role: "group", "aria-label": "Playback" }, start, play, loop, time);
  host.append(deck, crossfade, volumeField, field("Kit", kit), speedField, message);

  let lastLoop = null;
  function toggleLoop() {
    const state = store.get();
    if (state.loop) lastLoop = state.loop;
    store.set({ loop: state.loop ? null : usualLoop(state, lastLoop) });
  }

  function setMaster(change) {
    store.set({ master: { ...store.get().master, ...change } });
  }

  let loaded = null;
  function chooseKit(name) {
    const chosen = kits.find((each) => each.name === name) ?? kits[0];
    if (!chosen || chosen === loaded) return;
    loaded = chosen;
    kit.value = chosen.name;
    if (name !== chosen.name) store.set({ kit: chosen.name });
    player.loadKit(chosen);
  }

  function showPlaying({ playing }) {
    play.replaceChildren(icon(playing ? "pause" : "play"));
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
    play.title = playing ? "Pause (space)" : "Play (space)";
  }

  function showTime({ playhead, duration }) {
    now.textContent = secondsLabel(playhead, 0.1);
    whole.textContent = secondsLabel(duration, 0.1);
  }

  function showLoop({ loop: region, duration }) {
    loop.setAttribute("aria-pressed", String(region !== null));
    loop.disabled = !(duration > 0);
    const from = region && `Looping ${secondsLabel(region.start, 0.1)} to ${secondsLabel(region.end, 0.1)}`;
    loop.title = from ?? "Loop the painted regions, the selection or two bars";
  }

  function showMaster({ master }) {
    const percent = Math.round(master.mix * 100);
    mix.value = master.mix;
    mix.setAttribute("aria-valuetext", percent === 0 ? "original only" : percent === 100 ? "notes only" : `${100 - percent} to ${percent}`);
    volume.value = master.volume;
    volume.setAttribute("aria-valuetext", `${Math.round(master.volume * 100)} %`);
  }

  function showStatus(status) {
    const silent = status.source === "none" || status.source === "failed";
    mix.disabled = silent;
    crossfade.classList.toggle("off", silent);
    crossfade.title = silent ? "There is no original to fade to" : "Double-click for the middle";
    speed.value = String(status.rate);
    message.textContent = status.message || (status.rate < 1 && !silent ? "The original sounds lower while it plays slower." : "");
  }

  function showEmpty({ duration, notes }) {
    play.disabled = !(duration > 0) && !notes.length;
    start.disabled = play.disabled;
    lastLoop = null;
  }

  const views = [
    [["playing"], showPlaying],
    [["playhead", "duration"], showTime],
    [["loop", "duration"], showLoop],
    [["master"], showMaster],
    [["duration", "source"], showEmpty],
    [["kit"], (state) => chooseKit(state.kit)],
  ];
  const unsubscribe = store.subscribe((state, changed) => {
    for (const [keys, show] of views) if (keys.some((key) => changed.has(key))) show(state);
  });
  const forget = player.onStatus(showStatus);
  for (const [, show] of views) show(store.get());
  showStatus(player.status());

  return {
    dispose() {
      unsubscribe();
      forget();
    },
  };
}

function button(look, picture, click) {
  return el(`button.n2n-button.${look}`, { type: "button", on: { click } }, icon(picture));
}

function field(name, control) {
  return el("label.n2n-field", {}, el("span", {}, name), control);
}

function fader(label, max, change) {
  const input = el("input", { type: "range", min: 0, max, step: 0.01, "aria-label": label });
  input.addEventListener("input", () => change(Number(input.value)));
  return input;
}

function select(label, options, change) {
  const list = el("select", { "aria-label": label }, ...options.map(([value, text]) => el("option", { value }, text)));
  list.addEventListener("change", () => change(list.value));
  return list;
}
