/** A mark for each drum, so that drums are told apart without colour: in the lane heads, the velocity row and the pictures. */

/**
 * Adds a drum's mark to the path of a context; fill or stroke as `isStroked` says.
 *
 * @param {CanvasPath} path
 * @param {string} drum
 * @param {number} x centre
 * @param {number} y centre
 * @param {number} r half its size
 */
export function markPath(path, drum, x, y, r) {
  MARKS[drum](path, x, y, r);
}

/** Whether a drum's mark is made of lines: cymbals, as in drum notation. */
export function isStroked(drum) {
  return drum === "HH" || drum === "CY" || drum === "BE";
}

function polygon(path, points) {
  points.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
  path.closePath();
}

function lines(path, pairs) {
  for (const [x0, y0, x1, y1] of pairs) {
    path.moveTo(x0, y0);
    path.lineTo(x1, y1);
  }
}

const MARKS = {
  KD(path, x, y, r) {
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, 2 * Math.PI);
  },
  SN(path, x, y, r) {
    path.rect(x - 0.85 * r, y - 0.85 * r, 1.7 * r, 1.7 * r);
  },
  TT(path, x, y, r) {
    polygon(path, [[x, y - r], [x + 1.05 * r, y + 0.85 * r], [x - 1.05 * r, y + 0.85 * r]]);
  },
  HH(path, x, y, r) {
    lines(path, [[x - 0.8 * r, y - 0.8 * r, x + 0.8 * r, y + 0.8 * r], [x - 0.8 * r, y + 0.8 * r, x + 0.8 * r, y - 0.8 * r]]);
  },
  CY(path, x, y, r) {
    const s = 0.72 * r;
    lines(path, [[x - r, y, x + r, y], [x, y - r, x, y + r], [x - s, y - s, x + s, y + s], [x - s, y + s, x + s, y - s]]);
  },
  RD(path, x, y, r) {
    polygon(path, [[x, y - 1.1 * r], [x + 1.1 * r, y], [x, y + 1.1 * r], [x - 1.1 * r, y]]);
  },
  BE(path, x, y, r) {
    path.moveTo(x + 0.85 * r, y);
    path.arc(x, y, 0.85 * r, 0, 2 * Math.PI);
  },
};
