/** Charts in SVG, drawn anew at the width they have, so that their text keeps its size. Colours and strokes come from learn.css. */

import { el, svg } from "../editor/dom.js";
import { onAppearance } from "./appearance.js";
import { linear, linearTicks, logarithmic, logTicks, plain } from "./scales.js";
import { withSubscripts } from "./words.js";

const MARGIN = { left: 46, right: 14, top: 12, bottom: 38 };

/**
 * @typedef {object} Axis
 * @property {[number, number]} domain
 * @property {string} label
 * @property {boolean} [log]
 * @property {number[]} [ticks]
 * @property {(value: number) => string} [format] of a tick
 *
 * @typedef {object} Drawing
 * @property {Axis} x
 * @property {Axis} y
 * @property {Array<{points: Array<[number, number]>, tone: string, name?: string}>} [lines]
 * @property {Array<{from: number, to: number, height: number, tone: string}>} [bars]
 * @property {Array<{axis: "x" | "y", from: number, to: number, name: string}>} [bands]
 * @property {Array<{at: [number, number], tone: string}>} [dots]
 * @property {number} [marker] a place on the x axis
 * @property {string} summary what the chart shows, in words
 */

/**
 * @param {object} options
 * @param {string} options.name for tests
 * @param {number} [options.height]
 * @param {(x: number) => void} [options.onPick] a pointer was pressed or dragged at this value of x
 * @returns {{node: HTMLElement, draw: (drawing: Drawing) => void}}
 */
export function createChart({ name, height = 240, onPick }) {
  const picture = svg("svg", { role: "img", height });
  const legend = el("ul.learn-legend", { "aria-hidden": "true" });
  const node = el("div.learn-chart", { data: { chart: name } }, picture, legend);
  let drawing = null;
  let scales = null;

  const paint = () => {
    if (!drawing || !node.clientWidth) return;
    scales = scalesOf(drawing, node.clientWidth, height);
    picture.setAttribute("width", node.clientWidth);
    picture.setAttribute("aria-label", drawing.summary);
    picture.replaceChildren(...shapes(drawing, scales, node.clientWidth, height));
    const named = (drawing.lines ?? []).filter((line) => line.name);
    legend.replaceChildren(...named.map((line) => el("li", {}, swatch(line.tone), el("span", {}, ...withSubscripts(line.name)))));
  };
  onAppearance(node, paint);
  if (onPick) followPointer(picture, (place) => scales && onPick(clamp(scales.x.value(place), drawing.x.domain)));
  return {
    node,
    draw(next) {
      drawing = next;
      paint();
    },
  };
}

/**
 * A line's path.
 *
 * @param {Array<[number, number]>} points in places
 * @returns {string}
 */
export const pathOf = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

const clamp = (value, [low, high]) => Math.min(high, Math.max(low, value));

function scalesOf({ x, y }, width, height) {
  const across = [MARGIN.left, width - MARGIN.right];
  const up = [height - MARGIN.bottom, MARGIN.top];
  return { x: (x.log ? logarithmic : linear)(x.domain, across), y: (y.log ? logarithmic : linear)(y.domain, up) };
}

function ticksOf(axis, pixels) {
  return axis.ticks ?? (axis.log ? logTicks(axis.domain) : linearTicks(axis.domain, Math.max(2, pixels / 70)));
}

function shapes(drawing, scales, width, height) {
  const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
  const at = ([x, y]) => [scales.x.place(x), scales.y.place(y)];
  const parts = [];
  for (const { axis, from, to, name } of drawing.bands ?? []) {
    const [a, b] = [scales[axis].place(from), scales[axis].place(to)].sort((p, q) => p - q);
    const box = axis === "x" ? { x: a, y: top, width: b - a, height: bottom - top } : { x: left, y: a, width: right - left, height: b - a };
    parts.push(svg("rect", { class: "band", ...box }), text(name, box.x + 8, box.y + box.height - 7, "band-name", "start"));
  }
  for (const tick of ticksOf(drawing.x, right - left)) {
    const x = scales.x.place(tick);
    parts.push(svg("line", { class: "grid", x1: x, x2: x, y1: top, y2: bottom }));
    parts.push(text((drawing.x.format ?? plain)(tick), x, bottom + 15, "tick", "middle"));
  }
  for (const tick of ticksOf(drawing.y, 1.5 * (bottom - top))) {
    const y = scales.y.place(tick);
    parts.push(svg("line", { class: "grid", x1: left, x2: right, y1: y, y2: y }));
    parts.push(text((drawing.y.format ?? plain)(tick), left - 6, y + 4, "tick", "end"));
  }
  parts.push(text(drawing.x.label, (left + right) / 2, height - 5, "axis", "middle"));
  const side = text(drawing.y.label, 0, 0, "axis", "middle");
  side.setAttribute("transform", `translate(11 ${(top + bottom) / 2}) rotate(-90)`);
  parts.push(side);
  for (const { from, to, height: value, tone } of drawing.bars ?? []) {
    const [[x1, y], [x2, base]] = [at([from, value]), at([to, drawing.y.domain[0]])];
    parts.push(svg("rect", { class: `bar ${tone}`, x: x1, y, width: Math.max(0, x2 - x1 - 1), height: Math.max(0, base - y) }));
  }
  for (const { points, tone } of drawing.lines ?? []) parts.push(svg("path", { class: `line ${tone}`, d: pathOf(points.map(at)) }));
  if (drawing.marker !== undefined) {
    const x = scales.x.place(drawing.marker);
    parts.push(svg("line", { class: "marker", x1: x, x2: x, y1: top, y2: bottom }));
  }
  for (const { at: [x, y], tone } of drawing.dots ?? []) {
    parts.push(svg("circle", { class: `dot ${tone}`, cx: scales.x.place(x), cy: scales.y.place(y), r: 4.5 }));
  }
  return parts;
}

function swatch(tone) {
  return svg("svg", { width: 22, height: 8 }, svg("path", { class: `line ${tone}`, d: "M1 4L21 4" }));
}

function text(content, x, y, kind, anchor) {
  return svg("text", { class: kind, x, y, "text-anchor": anchor }, content);
}

function followPointer(picture, onPlace) {
  const tell = (event) => onPlace(event.clientX - picture.getBoundingClientRect().left);
  picture.classList.add("pickable");
  picture.addEventListener("pointerdown", (event) => {
    picture.setPointerCapture(event.pointerId);
    tell(event);
  });
  picture.addEventListener("pointermove", (event) => {
    if (picture.hasPointerCapture(event.pointerId)) tell(event);
  });
}
