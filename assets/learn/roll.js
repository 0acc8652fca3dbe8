/** A small drum roll: seven lanes, shades or notes, spans of time marked in it. */

import { el } from "../editor/dom.js";
import { onAppearance } from "./appearance.js";
import { LANES, toColumns } from "./planes.js";
import { linearTicks } from "./scales.js";

const LABEL_WIDTH = 46;
const LANE_HEIGHT = 15;
const AXIS_HEIGHT = 18;

/**
 * @typedef {object} Picture
 * @property {number} seconds
 * @property {Uint8Array | Uint8ClampedArray} [plane] shades, frame by frame
 * @property {boolean} [noisy] the plane is noise: a column shows one of its frames, not the strongest
 * @property {Array<[number, number, number, number?]>} [notes] onset (s), lane, velocity, kind: 0 a note, 1 an extra one, 2 a missed one
 * @property {[number, number]} [span] seconds that are marked
 * @property {string} [absent] what stands in place of the picture
 * @property {string} summary the picture in words
 */

/**
 * @param {object} options
 * @param {string} options.name for tests
 * @param {string} options.title
 * @param {Array<{code: string, name: string}>} options.drums
 * @param {boolean} [options.axis] draws the time axis
 * @returns {{node: HTMLElement, draw: (picture: Picture) => void}}
 */
export function createRoll({ name, title, drums, axis = false }) {
  const height = LANES * LANE_HEIGHT + (axis ? AXIS_HEIGHT : 1);
  const canvas = el("canvas", { role: "img" });
  const absent = el("p.learn-absent", { hidden: true });
  const node = el("figure.learn-roll", { data: { roll: name } }, el("figcaption", {}, title), el("div", {}, canvas, absent));
  canvas.style.height = `${height}px`;
  let picture = null;

  const paint = () => {
    if (!picture || !canvas.clientWidth) return;
    absent.hidden = !picture.absent;
    absent.textContent = picture.absent ?? "";
    canvas.setAttribute("aria-label", `${title}: ${picture.absent ?? picture.summary}`);
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth;
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const style = getComputedStyle(canvas);
    const ink = {
      drums: drums.map(({ code }) => style.getPropertyValue(`--learn-${code}`)),
      line: style.getPropertyValue("--learn-line"),
      text: style.getPropertyValue("--learn-quiet"),
      span: style.getPropertyValue("--learn-span"),
    };
    paintGround(context, { width, height, ink, drums, axis, picture });
    if (picture.absent) return;
    if (picture.plane) paintPlane(context, { width, ink, picture, ratio });
    if (picture.notes) paintNotes(context, { width, ink, picture });
  };
  onAppearance(canvas, paint);
  return {
    node,
    draw(next) {
      picture = next;
      paint();
    },
  };
}

/** Where a time lies across the picture. */
const placeOf = (seconds, picture, width) => LABEL_WIDTH + (seconds / picture.seconds) * (width - LABEL_WIDTH);

function paintGround(context, { width, height, ink, drums, axis, picture }) {
  if (picture.span) {
    const [start, end] = picture.span.map((seconds) => placeOf(seconds, picture, width));
    context.fillStyle = ink.span;
    context.fillRect(start, 0, end - start, LANES * LANE_HEIGHT);
  }
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  drums.forEach(({ name }, lane) => {
    context.fillStyle = ink.text;
    context.fillText(name, 0, (lane + 0.5) * LANE_HEIGHT + 0.5);
    context.fillStyle = ink.line;
    context.fillRect(LABEL_WIDTH, (lane + 1) * LANE_HEIGHT - 0.5, width - LABEL_WIDTH, 0.5);
  });
  if (!axis) return;
  context.fillStyle = ink.text;
  for (const second of linearTicks([0, picture.seconds], Math.min(5, width / 60))) {
    const place = placeOf(second, picture, width);
    context.textAlign = second === 0 ? "left" : place > width - 14 ? "right" : "center";
    context.fillText(`${second} s`, place, height - AXIS_HEIGHT / 2 + 1);
  }
  context.textAlign = "left";
}

function paintPlane(context, { width, ink, picture, ratio }) {
  const columns = Math.max(1, Math.round((width - LABEL_WIDTH) * ratio));
  const shades = toColumns(picture.plane, columns, !picture.noisy);
  const size = (width - LABEL_WIDTH) / columns;
  for (let lane = 0; lane < LANES; lane += 1) {
    context.fillStyle = ink.drums[lane];
    for (let column = 0; column < columns; column += 1) {
      const shade = shades[column * LANES + lane];
      if (shade < 4) continue;
      context.globalAlpha = shade / 255;
      context.fillRect(LABEL_WIDTH + column * size, lane * LANE_HEIGHT + 1.5, size, LANE_HEIGHT - 3);
    }
  }
  context.globalAlpha = 1;
}

function paintNotes(context, { width, ink, picture }) {
  for (const [onset, lane, velocity, kind = 0] of picture.notes) {
    const tall = 3 + (velocity / 127) * (LANE_HEIGHT - 5);
    const [x, y] = [placeOf(onset, picture, width), (lane + 1) * LANE_HEIGHT - 1];
    context.fillStyle = context.strokeStyle = ink.drums[lane];
    context.lineWidth = 1.2;
    if (kind === 0) context.fillRect(x - 1.25, y - tall, 2.5, tall);
    else if (kind === 1) paintCross(context, x, y - LANE_HEIGHT / 2 + 0.5);
    else context.strokeRect(x - 2.5, y - LANE_HEIGHT + 3.5, 5, LANE_HEIGHT - 5.5);
  }
}

function paintCross(context, x, y) {
  context.beginPath();
  for (const [dx, dy] of [[3.5, 3.5], [3.5, -3.5]]) {
    context.moveTo(x - dx, y - dy);
    context.lineTo(x + dx, y + dy);
  }
  context.stroke();
}

/**
 * How many hits of which drum, in words.
 *
 * @param {number[]} counts one a lane
 * @param {Array<{name: string}>} drums
 * @returns {string}
 */
export function describeCounts(counts, drums) {
  const named = counts.map((count, lane) => (count ? `${count} ${drums[lane].name}` : "")).filter(Boolean);
  return named.length ? named.join(", ") : "nothing";
}
