"""The Learn page: diffusion refinement in live figures, on a bundled example or on the visitor's own clip.

The figures are ES modules in `assets/learn/`; what can be computed from formulas alone they compute themselves. This module serves what
needs the model. The page's `value` says which clip the visitor chose and is written there alone:

    {"pick": n, "example": name} or {"pick": n, "recording": id from the studio} or {"pick": n, "path": what was uploaded}

`pick` counts the visitor's choices, so that what belongs to an earlier one is told apart. Back come the parts of a `Lesson`, each a
property of its own with that `pick` in it. The page asks by two events: `choose` answers at once from what was made before, and `compute`,
which waits in the queue, makes the rest.
"""

import json
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import gradio as gr
from gradio.components import Navbar
from gradio.utils import get_upload_folder

from n2n.assets import find_asset
from n2n.drums import DRUM_NAMES, DRUMS
from n2n.studio.files import address
from n2n.studio.lesson import PARTS, Clip, Lesson, Part, control_ranges, excerpt, find_examples, model_facts
from n2n.studio.memory import Memory
from n2n.studio.turns import MODEL_JOB, PRIVATE, on_gpu
from n2n.studio.workshop import Workshop

KEPT_LESSONS: Final = 16
"""How many clips' parts are kept in memory; those of one clip take about 150 kB."""
KEPT_VISITS: Final = 10_000
"""Of how many open pages the latest choice is remembered."""
GPU_SECONDS: Final = 30
"""Seconds for which a host with shared GPUs is asked for one, to make all parts of a clip."""
TEMPLATE: Final = '<div class="learn"><p>The figures are loading…</p></div>'
"""Constant: were it rendered anew, the figures would be wiped."""

Update = dict[str, Any]


class Lessons:
    """The handlers of the Learn page.

    Args:
        workshop: without a model, the figures that need one say so; of its recordings, those that a visitor brought can be shown here.
        examples: bundled recordings with their true notes, by name.
    """

    def __init__(self, workshop: Workshop, examples: dict[str, tuple[Path, Path]]) -> None:
        self.workshop, self.recordings, self.examples = workshop, workshop.recordings, examples
        self._parts = on_gpu(self._lesson, GPU_SECONDS)  # once: a host with shared GPUs keeps a process for each
        self._made: Memory[str, dict[str, Part]] = workshop.shelf.memory(KEPT_LESSONS)
        self._latest: OrderedDict[str | None, int] = OrderedDict()

    def facts(self) -> Part:
        """What the page needs to know from the start."""
        return {
            "examples": list(self.examples),
            "model": model_facts(self.workshop.model) if self.workshop.model else None,
            "ranges": control_ranges(),
            "drums": [{"code": drum, "name": DRUM_NAMES[drum]} for drum in DRUMS],
            "parts": list(PARTS),
        }

    def choose(self, value: object, request: gr.Request | None = None) -> Update:
        """Answers at once: with all parts where they have been made before, else that they are to be made, or why not."""
        pick, source = _choice(value)
        self._latest[_visit(request)] = pick
        if len(self._latest) > KEPT_VISITS:
            self._latest.popitem(last=False)
        if self.workshop.model is None:
            return said(pick, "failed", "There is no model here, so the figures that need one stay empty.")
        self._made.renew(source)
        made = self._made.get(source)
        return said(pick, "waiting", "Waiting for its turn…") if made is None else shown(pick, made)

    def compute(self, value: object, request: gr.Request | None = None) -> Iterator[Update]:
        """Makes the parts of a clip, one after the other. It ends where the generator is closed, or the visitor has chosen another clip."""
        pick, source = _choice(value)
        visit = _visit(request)
        if self.workshop.model is None or self._made.get(source):
            yield self.choose(value, request)
            return
        yield said(pick, "running", "Listening…")
        made = dict[str, Part]()
        try:
            for name, part in self._parts(self._clip(source)):
                if self._latest.get(visit, pick) != pick:
                    return
                made[name] = part
                yield shown(pick, {name: part})
        except ValueError as error:
            yield said(pick, "failed", str(error))
            return
        self._made.put(source, made)

    def fail(self, value: object) -> Update:
        """After a job that ended by an error that nobody foresaw, or found the queue full."""
        pick, _ = _choice(value)
        return said(pick, "failed", "The app is busy with others. Try again in a moment.")

    def _lesson(self, clip: Clip) -> Iterator[tuple[str, Part]]:
        yield from Lesson(self.workshop.need_model(), clip).parts()

    def _clip(self, source: str) -> Clip:
        """Reads the clip that was chosen. Raises ValueError where it is not there, not allowed, or no audio."""
        kind, _, name = source.partition(":")
        if kind == "example":
            if name not in self.examples:
                raise ValueError(f"there is no example {name!r}: choose another")
            audio, notes = self.examples[name]
            return excerpt(self.recordings.hear(audio).features, notes)
        path = self.recordings.find(name) if kind == "recording" else uploaded(name)
        if path is None:
            raise ValueError("This recording is not kept any more: choose it again.")
        return excerpt(self.recordings.hear(path).features)


def uploaded(name: str) -> Path | None:
    """The file that was uploaded to this path; None where there is none, or where it is another file of this machine."""
    path = Path(name).resolve()
    return path if path.is_relative_to(Path(get_upload_folder()).resolve()) and path.is_file() else None


def said(pick: int, state: str, message: str) -> Update:
    """What is going on with a clip: `state` is waiting, running or failed."""
    update: Update = gr.update(clip={"pick": pick, "state": state, "message": message})
    return update


def shown(pick: int, parts: dict[str, Part]) -> Update:
    """Parts that are ready."""
    stamped: dict[str, Any] = {name: {**part, "pick": pick} for name, part in parts.items()}
    if "clip" in stamped:
        stamped["clip"]["state"] = "ready"
    update: Update = gr.update(**stamped)
    return update


def build_learn(page: gr.Blocks, workshop: Workshop) -> None:
    """Adds the Learn page to the app, under `/learn`. Call it outside the `with` of the page.

    Args:
        page: the app.
        workshop: of the studio, so that the clip a visitor used there can be shown here.
    """
    folder = find_asset("learn")
    gr.set_static_paths([folder, find_asset("editor")])
    lessons = Lessons(workshop, _bundled())
    nothing_yet: dict[str, Any] = dict.fromkeys(PARTS)
    with page.route("Learn", "learn"):
        Navbar(main_page_name="Studio")
        figures = gr.HTML(
            None,
            html_template=TEMPLATE,
            js_on_load=_load_script(folder),
            apply_default_css=False,
            elem_id="learn",
            facts=lessons.facts(),
            **nothing_yet,
        )
        job = figures.compute(lessons.compute, [figures], [figures], trigger_mode="multiple", **MODEL_JOB, **PRIVATE)
        job.failure(lessons.fail, [figures], [figures], queue=False, **PRIVATE)
        figures.choose(lessons.choose, [figures], [figures], queue=False, trigger_mode="multiple", **PRIVATE)


def _bundled() -> dict[str, tuple[Path, Path]]:
    try:
        return find_examples(find_asset("examples"))
    except ValueError:
        return {}


def _visit(request: gr.Request | None) -> str | None:
    """Identifies an open page."""
    return None if request is None else request.session_hash


def _choice(value: object) -> tuple[int, str]:
    """The pick, and a text that identifies what was chosen. Raises `gr.Error` where the page cannot have written the value."""
    if isinstance(value, dict) and isinstance(value.get("pick"), int):
        for kind in ("example", "recording", "path"):
            if isinstance(value.get(kind), str):
                return value["pick"], f"{kind}:{value[kind]}"
    raise gr.Error("no clip was chosen", print_exception=False)


def _load_script(folder: Path) -> str:
    """Loads the figures from the page's own address and mounts them; says so where that fails."""
    module = json.dumps(address(folder / "learn.js"))
    return f"""
import(new URL({module}, document.baseURI).href)
  .then((figures) => figures.mount(element, {{ props, trigger, watch, upload }}))
  .catch((error) => {{
    console.error(error);
    const note = element.querySelector(".learn p");
    if (note) note.textContent = "The figures could not be loaded. Reload the page to try again.";
  }});
/* events: 'choose' 'compute' */
"""
