/**
 * The takes bar: what the model offers for a region, side by side with what is there. Choosing one lets it be seen and heard;
 * nothing changes before it is accepted, which is one entry of the history.
 */

import { alikeMessage, alikeTakes, isReplaced, replacement, withTake } from "./audition.js";
import { diffNotes, soundAlike } from "./diff.js";
import { el, icon } from "./dom.js";
import { countNotes } from "./notes.js";
import { drawThumbnail, frameOf } from "./thumbnail.js";

/**
 * @param {HTMLElement} host hidden while there are no takes
 * @param {ReturnType<typeof import("./store.js").createStore>} store
 * @param {{leave?: () => void}} [options] called when the bar is about to go, so that the focus can go elsewhere
 * @returns {{dispose(): void}}
 */
export function mountTakes(host, store, { leave = () => {} } = {}) {
  const cards = el("div.n2n-cards", { role: "radiogroup", "aria-label": "Takes", on: { keydown } });
  const message = el("p.n2n-alike", { role: "status" });
  const accept = button("n2n-primary", acceptTake, "Accept");
  accept.id = "accept-take";
  const compare = button("n2n-toggle", swap, icon("swap"), "Compare with now");
  compare.title = "See and hear the take and what is there now in turn";
  const discard = button("n2n-usual", discardAll, "Discard all");
  host.setAttribute("role", "group");
  host.setAttribute("aria-label", "Takes of the regenerated region");
  host.append(cards, el("div.n2n-choose", {}, accept, compare, discard, message));

  let chosen = 0;
  let pictures = [];

  function swap() {
    store.set({ take: store.get().take === null ? chosen : null });
  }

  function acceptTake() {
    const state = store.get();
    const index = state.take ?? chosen;
    settle(withTake(state, state.takes[index]), `Accept take ${numberIn(state.takes)(index)}`);
  }

  function discardAll() {
    settle({}, "Discard takes");
  }

  /** The bar goes, and the notes are shown. */
  function settle(patch, undoable) {
    leave();
    store.set({ ...patch, takes: [], take: null, shown: null }, { undoable, takes: true });
  }

  function keydown(event) {
    const move = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    const all = [...cards.children];
    const index = (all.indexOf(event.target.closest("button")) + move + all.length) % all.length;
    all[index].click();
    all[index].focus();
  }

  function drawCards({ takes, notes, locks, duration }) {
    host.hidden = !takes.length;
    if (host.hidden) {
      cards.replaceChildren();
      pictures = [];
      return;
    }
    const frame = frameOf(takes[0].region, duration);
    const current = notes.filter((note) => isReplaced(note, takes[0].region, locks));
    const offers = takes.map((take, index) => offer(take, numberIn(takes)(index), current, locks));
    const all = [{ title: "Now", notes: current, fresh: new Set(), about: countNotes(current.length), seed: "" }, ...offers];
    pictures = all.map((content) => ({ canvas: el("canvas.n2n-thumb", { "aria-hidden": "true" }), frame, content }));
    const focused = [...cards.children].indexOf(document.activeElement);
    const choose = (index) => store.set({ take: index ? index - 1 : null });
    cards.replaceChildren(...all.map((content, index) => card(content, pictures[index].canvas, () => choose(index))));
    cards.children[focused]?.focus();
    message.textContent = alikeMessage(alikeTakes(takes, locks), takes.length, numberIn(takes));
    paint();
  }

  function drawChoice({ takes, take }) {
    if (!takes.length) return;
    chosen = Math.min(take ?? chosen, takes.length - 1);
    [...cards.children].forEach((each, index) => {
      const checked = index === (take === null ? 0 : take + 1);
      each.setAttribute("aria-checked", String(checked));
      each.tabIndex = checked ? 0 : -1;
    });
    compare.setAttribute("aria-pressed", String(take === null));
    accept.textContent = takes.length > 1 ? `Accept take ${numberIn(takes)(chosen)}` : "Accept";
  }

  function paint() {
    for (const { canvas, frame, content } of pictures) drawThumbnail(canvas, frame, content);
  }

  const draw = (state) => {
    drawCards(state);
    drawChoice(state);
  };
  const unsubscribe = store.subscribe((state, changed) => {
    if (["takes", "locks", "duration"].some((key) => changed.has(key)) || (changed.has("notes") && state.takes.length)) draw(state);
    else if (changed.has("take")) drawChoice(state);
  });
  const scheme = new MutationObserver(paint);
  scheme.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  const size = new ResizeObserver(paint);
  size.observe(cards);
  draw(store.get());

  return {
    dispose() {
      unsubscribe();
      scheme.disconnect();
      size.disconnect();
    },
  };
}

function button(look, click, ...content) {
  return el(`button.n2n-button.${look}`, { type: "button", on: { click } }, ...content);
}

/** What a take is called, by its place in the bar: its number in the run. */
function numberIn(takes) {
  return (index) => takes[index].number ?? index + 1;
}

function offer(take, number, current, locks) {
  const notes = replacement(take, locks);
  const { appeared, vanished } = diffNotes(current, notes);
  const alike = soundAlike(current, notes) ? "as now" : "same hits";
  return {
    title: `Take ${number}`,
    notes,
    fresh: new Set(appeared),
    about: `${countNotes(notes.length)}, ${appeared.length || vanished.length ? `+${appeared.length} −${vanished.length}` : alike}`,
    seed: take.seed === undefined ? "" : `seed ${take.seed}`,
  };
}

function card({ title, about, seed }, canvas, click) {
  const caption = el("span.n2n-caption", {}, el("strong", {}, title), el("span", {}, seed), el("span.n2n-counts", {}, about));
  return el("button.n2n-card", { type: "button", role: "radio", on: { click } }, canvas, caption);
}
