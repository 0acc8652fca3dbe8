"""What the buttons of Keep do: files of a session, and a project read back. Nothing here knows the layout.

Each file is written into an expiring folder, and the answer is its address. What cannot be made is raised as `gr.Error`, for the visitor.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from secrets import token_hex
from typing import Any, Final

import gradio as gr

from n2n.assets import model_name
from n2n.edits import EditedRoll
from n2n.export.animation import trajectory_gif
from n2n.export.notebook import notebook_bytes, write_notebook
from n2n.export.pictures import roll_png, roll_svg
from n2n.export.project import SUFFIX, Project, extract_audio, read_project, write_project
from n2n.export.quantise import write_grid_midi
from n2n.export.recipe import parse_recipe
from n2n.note_files import write_midi, write_notes
from n2n.planes import read_step
from n2n.render import is_soundfont, render_notes, write_audio
from n2n.studio import feeds, markup
from n2n.studio.files import address, stem
from n2n.studio.recordings import no_recording
from n2n.studio.refusals import told
from n2n.studio.session import Session
from n2n.studio.workshop import Workshop

Value = dict[str, Any]
"""The editor's value."""
Download = dict[str, str]
"""{"address": of a file, relative to the page's own; "name": under which it is to be saved}."""

NOTHING: Final = "There is nothing to keep yet: transcribe a recording, or draw some notes."
PENDING: Final = "A take waits to be accepted. This file is without it: accept it first if it belongs there."
GRIDS: Final = {"1/8": 2, "1/8 triplets": 3, "1/16": 4, "1/16 triplets": 6, "1/32": 8}
"""Steps a beat, a beat being a quarter note."""
SOUNDFONT: Final = "soundfont"
"""The name, among the kits, of the visitor's own SoundFont."""
PACKAGE_PARENT: Final = Path(__file__).parents[2]
"""Where `python -m n2n` finds this very package."""
RENDER_SECONDS: Final = 120.0
"""How long FluidSynth may take."""


class Keeper:
    """What the buttons do. Each function makes one file and says where it lies, or raises `gr.Error` with a text for the visitor.

    Args:
        workshop: whose limits hold, and on whose shelf the files lie until they expire; a project adds its recording to those there.
    """

    def __init__(self, workshop: Workshop) -> None:
        self.settings, self.shelf, self.recordings = workshop.settings, workshop.shelf, workshop.recordings

    def midi(self, roll: Value | None, session: Session) -> Download:
        """The notes at their exact times."""

        def write(edited: EditedRoll, path: Path) -> None:
            write_midi(edited.transcription, path, metre=edited.bars.metre if edited.bars else None)

        return self._write(roll, session, ".mid", write)

    def json(self, roll: Value | None, session: Session) -> Download:
        return self._write(roll, session, ".json", lambda edited, path: write_notes(edited.transcription, path))

    def csv(self, roll: Value | None, session: Session) -> Download:
        return self._write(roll, session, ".csv", lambda edited, path: write_notes(edited.transcription, path))

    def grid_midi(self, roll: Value | None, session: Session, grid: str) -> Download:
        """The notes moved to the grid."""

        def write(edited: EditedRoll, path: Path) -> None:
            if edited.bars is None:
                raise ValueError("There is no tempo yet: set one in the editor, then the notes have a grid to move to.")
            write_grid_midi(edited.transcription, edited.bars, path, steps_per_beat=GRIDS.get(grid, 4))

        return self._write(roll, session, " (grid).mid", write)

    def png(self, roll: Value | None, session: Session) -> Download:
        title = self._name(session)
        return self._write(roll, session, ".png", lambda edited, path: path.write_bytes(_picture(roll_png, edited, title)))

    def svg(self, roll: Value | None, session: Session) -> Download:
        title = self._name(session)
        return self._write(roll, session, ".svg", lambda edited, path: path.write_bytes(_picture(roll_svg, edited, title)))

    def gif(self, roll: Value | None, session: Session) -> Download:
        """The steps of the last run; what was changed by hand since is not in them."""

        def write(edited: EditedRoll, path: Path) -> None:
            files = [Path(file) for file in session.steps]
            if not files:
                raise ValueError("There are no steps to animate: run the model first.")
            try:
                steps = [read_step(file.read_bytes()) for file in files]
            except OSError as error:
                raise ValueError("The steps of that run are not kept any longer: run the model again.") from error
            path.write_bytes(trajectory_gif(steps))

        return self._write(roll, session, ".gif", write)

    def wav(self, roll: Value | None, session: Session, kit: str, soundfont: str | None) -> Download:
        """The notes played, by a kit or by the visitor's SoundFont."""

        def write(edited: EditedRoll, path: Path) -> None:
            if edited.duration > self.settings.max_seconds:
                raise ValueError(f"These notes last longer than {markup.length(self.settings.max_seconds)}: too long to be played here.")
            if kit != SOUNDFONT:
                write_audio(render_notes(edited.transcription, kit), path)
            elif soundfont is None:
                raise ValueError("Choose a SoundFont first: a .sf2 or .sf3 file.")
            else:
                render_apart(edited, Path(soundfont), path)

        return self._write(roll, session, ".wav", write)

    def notebook(self, roll: Value | None, session: Session) -> Download:
        """The session as cells of code."""

        def write(edited: EditedRoll, path: Path) -> None:
            notebook = write_notebook(
                parse_recipe(session.recipe),
                edited.transcription,
                name=path.stem,
                recording=_recording(session),
                model=model_name(self.settings.model),
            )
            path.write_bytes(notebook_bytes(notebook))

        return self._write(roll, session, ".ipynb", write)

    def project(self, roll: Value | None, session: Session, with_audio: bool) -> Download:
        """All that is needed to continue another day."""

        def write(edited: EditedRoll, path: Path) -> None:
            audio = Path(session.audio) if session.audio else None
            project = Project(
                edited,
                name=path.stem,
                recording=_recording(session),
                candidates=session.candidates,
                recipe=parse_recipe(session.recipe),
                settings={"model": model_name(self.settings.model)},
            )
            if with_audio and audio is not None and not audio.is_file():
                raise ValueError("The recording is not kept here any longer: bring it again, or save without it.")
            write_project(project, path, audio=audio if with_audio else None)

        return self._write(roll, session, SUFFIX, write)

    def open(self, file: str | None) -> tuple[Any, Session, str | None]:
        """Reads a project: the update of the editor, the session, and the path of its recording."""
        with told():
            if file is None:
                raise ValueError("Choose a project file first.")
            return self._open(Path(file))

    def _open(self, path: Path) -> tuple[Any, Session, str | None]:
        project = read_project(path)
        name = stem(project.recording or project.name)
        audio = extract_audio(path, self.shelf.new_folder(), max_bytes=self.settings.upload_bytes)
        message = f"Opened {stem(path.name)}: {markup.describe(project.roll.notes)}."
        if audio is None:
            if project.roll.duration > self.settings.max_seconds:
                raise ValueError(f"The project lasts longer than {markup.length(self.settings.max_seconds)}, the most that is taken here.")
            source = no_recording(name, project.roll.duration)
            message += f" Its recording, {name}, did not come along." if project.recording else ""
            if any(action.verb == "generate" for action in project.recipe):
                source["generated"] = True
        else:
            audio = audio.rename(audio.with_stem(name))
            recording = self.recordings.hear(audio)
            source = recording.to_source()
            if project.roll.duration > recording.features.duration + 0.1:
                raise ValueError("The notes in this project last longer than its recording: it was put together wrongly.")
        feed = feeds.load(token_hex(6), project.roll, message) | {
            "candidates": feeds.standing(project.candidates, project.roll),
            "project": True,
        }
        place = str(audio) if audio else None
        recalled = Session(
            [action.to_json() for action in project.recipe],
            place,
            recording=PureWindowsPath(project.recording or "").name or None,  # of no folder: a notebook reads it
            name=project.name,
            candidates=project.candidates,
        )
        return gr.update(source=source, feed=feed), recalled, place

    def _name(self, session: Session) -> str:
        """What the session's files are called: as its recording or its notes, without what a file name should not hold."""
        return stem(_recording(session) or session.name or "")

    def _write(self, roll: Value | None, session: Session, ending: str, write: Callable[[EditedRoll, Path], object]) -> Download:
        with told():
            edited = EditedRoll.from_json(roll) if roll else None
            if edited is None or not edited.notes:
                raise ValueError(NOTHING)
            path = self.shelf.new_folder() / f"{self._name(session)}{ending}"
            write(edited, path)
            if roll and roll.get("pending"):
                gr.Warning(PENDING)
            return {"address": address(path), "name": path.name}


def render_apart(edited: EditedRoll, soundfont: Path, path: Path) -> None:
    """Plays notes through FluidSynth in a process of its own: a SoundFont that brings it down leaves the server alone.

    Raises:
        ValueError: the file is no SoundFont, or it could not be played in time.
    """
    failed = f"FluidSynth cannot play {soundfont.name}: a .sf2 or .sf3 file with a drum kit is needed."
    if not is_soundfont(soundfont):
        raise ValueError(failed)
    notes = path.with_suffix(".json")
    write_notes(edited.transcription, notes)
    command = [sys.executable, "-m", "n2n", "render", str(notes), "--soundfont", str(soundfont), "--output", str(path.parent)]
    try:
        done = subprocess.run(
            command, cwd=PACKAGE_PARENT, capture_output=True, timeout=RENDER_SECONDS, stdin=subprocess.DEVNULL, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"{failed} This one took longer than {markup.length(RENDER_SECONDS)}.") from error
    if done.returncode or not path.is_file():
        raise ValueError(failed)


def _recording(session: Session) -> str | None:
    """The file name of the session's recording, even of one that did not come along with its project; None where there is none."""
    return Path(session.audio).name if session.audio else session.recording


def _picture(draw: Callable[..., bytes], edited: EditedRoll, title: str) -> bytes:
    return draw(edited.transcription, title=title, bars=edited.bars)
