/* What the page does by itself: a file may be dropped anywhere on it, of its two players one sounds at a time, and keys lose no focus. */
() => {
  const SHOWN_FOR = 200;
  const holdsFiles = ({ dataTransfer }) => Boolean(dataTransfer?.types.includes("Files"));

  /** Where a file goes: to what takes its suffix; all others are recordings, for which room is made. */
  async function inputFor({ name }) {
    const takes = ({ accept }) => accept.split(",").some((suffix) => name.toLowerCase().endsWith(suffix.trim()));
    const own = [...document.querySelectorAll("input[type=file]")].find(takes);
    if (own) return own;
    const recording = () => document.querySelector("#audio input[type=file]");
    if (!recording()) document.querySelector('#audio button[aria-label="Upload file"]')?.click();
    for (let tries = 0; tries < 60 && !recording(); tries += 1) await new Promise(requestAnimationFrame);
    return recording();
  }

  async function give(file) {
    const input = await inputFor(file);
    if (!input) return;
    const given = new DataTransfer();
    // Of many a suffix browsers know no kind; what it is, the server finds out.
    given.items.add(file.type ? file : new File([file], file.name, { type: "audio/unknown" }));
    input.files = given.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  let shown = 0;
  document.addEventListener("dragover", (event) => {
    if (event.defaultPrevented || !holdsFiles(event)) return;
    event.preventDefault();
    document.body.classList.add("dropping");
    clearTimeout(shown);
    shown = setTimeout(() => document.body.classList.remove("dropping"), SHOWN_FOR);
  });
  document.addEventListener("drop", (event) => {
    if (event.defaultPrevented || !holdsFiles(event)) return;
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) give(file);
  });

  document.addEventListener("n2n-play", () => document.querySelector('#audio button[aria-label="Pause"]')?.click());
  document.addEventListener(
    "click",
    ({ target }) => {
      if (target.closest?.('#audio button[aria-label="Play"]')) document.querySelector("#drum-roll .n2n")?.n2n.player.pause();
    },
    true,
  );

  // A button that is pressed by key and switched off by that hands the focus to Stop, which gives it back.
  const STARTS = "#transcribe, #regenerate, #refine, #generate";
  let pressed = null;
  document.addEventListener("click", ({ target, detail }) => {
    pressed = detail > 0 ? null : (target.closest?.(STARTS) ?? pressed);
  });
  new MutationObserver(() => {
    const { activeElement, body } = document;
    if (!pressed || !(activeElement === body || activeElement.disabled)) return;
    [pressed, document.querySelector("#stop")].find((button) => !button.disabled)?.focus();
  }).observe(document.body, { attributeFilter: ["disabled"], subtree: true });
}
