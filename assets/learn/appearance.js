/** Draws again when a figure's size or the page's theme changes. */

/**
 * @param {Element} element
 * @param {() => void} draw
 */
export function onAppearance(element, draw) {
  let width = 0;
  new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    draw();
  }).observe(element);
  new MutationObserver(draw).observe(document.body, { attributes: true, attributeFilter: ["class"] });
}
