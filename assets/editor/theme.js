/** Colours for the canvas, read from the CSS variables of the editor's root, so light and dark are defined in one place. */

import { DRUMS } from "./notes.js";

const NAMES = ["background", "lane", "lane-other", "ink", "quiet", "faint", "bar", "beat", "part", "wave", "accent", "playhead", "mask", "appeared", "vanished"];

/**
 * @param {HTMLElement} root
 * @returns {object} colours by name, `drum` {KD: colour, ...}, `mel` (colours from silent to loud), `font`
 */
export function readTheme(root) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(`--n2n-${name}`).trim() || "#888";
  const theme = Object.fromEntries(NAMES.map((name) => [name, read(name)]));
  theme.drum = Object.fromEntries(DRUMS.map((drum) => [drum, read(drum)]));
  theme.mel = [0, 1, 2, 3, 4].map((i) => parseHex(read(`mel-${i}`)));
  theme.font = style.fontFamily || "sans-serif";
  return theme;
}

/** @param {string} hex "#rrggbb" @returns {number[]} three numbers 0..255 */
export function parseHex(hex) {
  const long = /^#[0-9a-f]{6}$/i.test(hex) ? hex : "#888888";
  return [1, 3, 5].map((i) => parseInt(long.slice(i, i + 2), 16));
}

/** 256 colours between the stops, as RGBA bytes. */
export function colourTable(stops) {
  const table = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i += 1) {
    const place = (i / 255) * (stops.length - 1);
    const low = Math.min(stops.length - 2, Math.floor(place));
    for (let c = 0; c < 3; c += 1) table[4 * i + c] = stops[low][c] + (place - low) * (stops[low + 1][c] - stops[low][c]);
    table[4 * i + 3] = 255;
  }
  return table;
}
