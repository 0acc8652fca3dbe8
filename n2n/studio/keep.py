"""The part of the page that makes files of a session, and reads one back: Keep.

A click on a button has a file written (`keeper.py`) and its address answered, which a line of JavaScript then downloads; so a file always
holds the notes as they stood at the click. What cannot be made is told in a toast.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import gradio as gr

from n2n.export.project import SUFFIX
from n2n.render import DEFAULT_KIT, kit_names, load_fluidsynth
from n2n.studio import markup
from n2n.studio.files import stem
from n2n.studio.keeper import GRIDS, PENDING, SOUNDFONT, Download, Keeper, Value
from n2n.studio.session import Session, opened
from n2n.studio.turns import PRIVATE
from n2n.studio.view import View
from n2n.studio.workshop import Workshop

NARROWEST: Final = 130
"""Pixels that a button has at least: two stand side by side on a phone."""
AT_ONCE: Final[dict[str, Any]] = {"queue": False, **PRIVATE}
IN_TURN: Final[dict[str, Any]] = {"concurrency_limit": 1, "concurrency_id": "keep", **PRIVATE}
DOWNLOAD_SCRIPT: Final = """(file) => {
  if (!file) return;
  const link = document.createElement("a");
  link.href = new URL(file.address, document.baseURI).href;
  link.download = file.name;
  document.body.append(link);
  link.click();
  link.remove();
}"""


def build_keep(workshop: Workshop, view: View, *, audio: gr.Audio, ticket: gr.State) -> None:
    """Adds the part to the page that is being built.

    Args:
        workshop: what the app works with.
        view: the components of the page. The roll's value is what is kept; a project is opened into its `source` and `feed`, and the
            status says so.
        audio: where the recording of a project that is opened goes, too.
        ticket: of the job that may be running, which a project that is opened takes the roll from.
    """
    keeper, jobs, given = Keeper(workshop), workshop.jobs, [view.roll, view.session]
    with gr.Column(elem_classes="card", elem_id="keep"):
        gr.HTML(markup.section("Keep", "Files of the notes as they stand now. A project opens again here, just as you left it."))
        with gr.Row(elem_classes="keep-row"):
            _offer("Download MIDI", "download-midi", keeper.midi, given, said=view.status, variant="primary")
            steps = [(f"{name} grid", name) for name in GRIDS]
            grid = gr.Dropdown(steps, value="1/16", label="Grid", container=False, elem_id="keep-grid", min_width=NARROWEST)
            _offer("Grid MIDI", "download-grid-midi", keeper.grid_midi, [*given, grid], said=view.status)
            _offer("JSON", "download-json", keeper.json, given, said=view.status)
            _offer("CSV", "download-csv", keeper.csv, given, said=view.status)
            _offer("Notebook", "download-notebook", keeper.notebook, given, said=view.status)
        with gr.Row(elem_classes="keep-row"):
            kit = gr.Dropdown(_kits(), value=DEFAULT_KIT, label="Kit", container=False, elem_id="keep-kit", min_width=NARROWEST)
            soundfont = _soundfont(kit)
            _offer("WAV sound", "download-wav", keeper.wav, [*given, kit, soundfont])
            _offer("PNG picture", "download-png", keeper.png, given)
            _offer("SVG picture", "download-svg", keeper.svg, given)
            _offer("GIF animation", "download-gif", keeper.gif, given)
        with gr.Row(elem_classes="keep-row"):
            with gr.Column(min_width=160):
                with_audio = gr.Checkbox(True, label="With the recording", container=False, elem_id="project-audio")
            _offer("Save project", "save-project", keeper.project, [*given, with_audio])
            project = gr.UploadButton("Open project", file_types=[SUFFIX], size="md", elem_id="open-project", min_width=NARROWEST)

    def open_project(file: str | None, before: Session, ticket: str | None) -> tuple[Any, ...]:
        update, recalled, recording = keeper.open(file)
        answer = jobs.abandon(ticket)
        kept, source = opened(before, update["source"])
        update["source"] = {**source, "run": update["feed"]["run"]}
        now = jobs.sessions.keep(replace(recalled, source=kept.source, roll=kept.roll, earlier=kept.earlier))
        return recording, *answer._replace(status=markup.status(update["feed"]["message"], state="done"), roll=update, session=now)

    project.upload(open_project, [project, view.session, ticket], [audio, *view], **IN_TURN)


def _offer(
    label: str, elem_id: str, make: Callable[..., Download], inputs: list[Any], *, said: Any = None, variant: Any = "secondary"
) -> None:
    """A button that downloads the file that `make` makes: through the queue, or at once where `said` can show its messages."""
    button, ready = gr.Button(label, variant=variant, size="md", elem_id=elem_id, min_width=NARROWEST), gr.JSON(visible=False)
    made = button.click(make, inputs, [ready], **IN_TURN) if said is None else button.click(_told(make), inputs, [ready, said], **AT_ONCE)
    made.success(None, [ready], None, js=DOWNLOAD_SCRIPT)


def _told(make: Callable[..., Download]) -> Callable[..., tuple[Download | None, Any]]:
    """The same, with its messages in a status, since Gradio shows no toasts outside the queue."""

    def make_and_tell(roll: Value | None, *others: Any) -> tuple[Download | None, Any]:
        try:
            file = make(roll, *others)
        except gr.Error as error:
            return None, markup.status(str(error.message), state="failed")
        return file, markup.status(PENDING) if roll and roll.get("pending") else gr.skip()

    return make_and_tell


def _kits() -> list[tuple[str, str]]:
    return [(f"{name} kit", name) for name in kit_names()]


def _soundfont(kit: gr.Dropdown) -> Any:
    """A way to bring a SoundFont, which then stands among the kits; only where FluidSynth can be had."""
    try:
        load_fluidsynth()
    except ValueError:
        return gr.State(None)
    soundfont = gr.UploadButton("Add SoundFont", file_types=[".sf2", ".sf3"], size="md", elem_id="keep-soundfont", min_width=NARROWEST)

    def choose(file: str | None) -> Any:
        return gr.update(choices=[*_kits(), (stem(file or ""), SOUNDFONT)], value=SOUNDFONT) if file else gr.skip()

    soundfont.upload(choose, [soundfont], [kit], **AT_ONCE)
    return soundfont
