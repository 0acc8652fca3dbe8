/** Small help with words. */

/**
 * Text with its symbols set properly: what follows an underscore after σ or c stands below the line.
 *
 * @param {string} text such as "σ_max, the first"
 * @returns {Array<string | HTMLElement>}
 */
export function withSubscripts(text) {
  return splitSubscripts(text).map(({ text: piece, below }) => {
    if (!below) return piece;
    const node = document.createElement("sub");
    node.textContent = piece;
    return node;
  });
}

/**
 * Splits a text where its subscripts begin and end.
 *
 * @param {string} text
 * @returns {Array<{text: string, below: boolean}>}
 */
export function splitSubscripts(text) {
  const pieces = text.split(/(?<=[σc])_(\w+)/);
  return pieces.map((piece, i) => ({ text: piece, below: i % 2 === 1 })).filter(({ text: piece }) => piece);
}
