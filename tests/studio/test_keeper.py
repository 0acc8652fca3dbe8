"""What the page keeps of a session whose recording goes or comes: its notebook, run again, gives its notes all the same."""

import json
import shutil
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from n2n.bars import Bars
from n2n.edits import EditedRoll
from n2n.export.project import Project, read_project, write_project
from n2n.inference import load
from n2n.midi import read_hits
from n2n.note_files import write_midi, write_notes
from n2n.notes import Note, Transcription
from n2n.studio.files import Shelf
from n2n.studio.handlers import Handlers
from n2n.studio.keeper import Keeper
from n2n.studio.session import Session, opened
from n2n.studio.settings import Settings
from n2n.studio.workshop import Workshop

CHOICES = (False, 3, 4, 5, "renoise", 1.0, 1)
"""Of the page: `n2n.studio.view.Choices`."""
BEAT = tuple(Note(onset, drum, 64) for drum in ("KD", "SN", "HH") for onset in (0.1234567, 0.7, 1.3, 1.9))
MASK = {"start": 0.5, "end": 1.5, "drums": ["KD", "SN", "BE"]}


@pytest.fixture
def place(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a notebook is run: a folder with the model and the recording in it."""
    shutil.copytree(folder / "model", tmp_path / "place" / "model")
    shutil.copy(folder / "loop.wav", tmp_path / "place")
    monkeypatch.chdir(tmp_path / "place")
    return tmp_path / "place"


@pytest.fixture
def workshop(place: Path, tmp_path: Path) -> Workshop:
    return Workshop(load(place / "model", device="cpu"), Settings(model=str(place / "model")), Shelf(tmp_path / "served", 60.0))


@pytest.fixture
def keeper(workshop: Workshop) -> Keeper:
    return Keeper(workshop)


def file_of(download: dict[str, str]) -> Path:
    return Path(unquote(download["address"].removeprefix("gradio_api/file=")))


def last_take(session: Session) -> dict[str, Any]:
    """What stands in the editor once the last run was accepted."""
    return EditedRoll(Transcription.from_json(session.recipe[-1]["results"][-1])).to_json()


def imagine(handlers: Handlers, value: dict[str, Any], session: Session) -> Session:
    """The session after the mask was imagined twice over."""
    *_, last = handlers.regenerate("ticket", session, {**value, "masks": [MASK], "locks": ["SN"]}, False, 2, *CHOICES)
    return last.session


def reopened(keeper: Keeper, project: Path) -> Session:
    """The session of a new tab in which a project was opened."""
    update, recalled, _ = keeper.open(str(project))
    here, _ = opened(Session(), update["source"])
    return replace(recalled, source=here.source, roll=here.roll)


def rerun(keeper: Keeper, value: dict[str, Any], session: Session) -> tuple[list[str], tuple[Note, ...]]:
    """The cells of code of the session's notebook, and the notes that they lead to."""
    cells = json.loads(file_of(keeper.notebook(value, session)).read_text(encoding="ascii"))["cells"]
    code, names = [cell["source"] for cell in cells if cell["cell_type"] == "code"], dict[str, Any]()
    for cell in code:
        exec(cell, names)
    return code, names["notes"].notes


def test_a_project_opened_without_its_recording_still_knows_its_name_and_its_notebook_runs(handlers: Handlers, keeper: Keeper) -> None:
    *_, done = handlers.transcribe("ticket", Session(), "loop.wav", *CHOICES)
    value = last_take(done.session)
    session = reopened(keeper, file_of(keeper.project(value, done.session, False)))
    saved = keeper.project(value, session, False)
    assert saved["name"] == "loop.n2n" and read_project(file_of(saved)).recording == "loop.wav"
    code, notes = rerun(keeper, value, session)
    assert not any("by_hand" in cell for cell in code)
    assert notes == EditedRoll.from_json(value).notes != ()


def test_files_of_notes_that_came_without_a_recording_are_called_as_they_were(handlers: Handlers, keeper: Keeper, tmp_path: Path) -> None:
    write_midi(Transcription((Note(0.1, "KD", 90),), 1.0, 120.0), tmp_path / "My take.mid")
    view = handlers.bring_notes(str(tmp_path / "My take.mid"), None, Session())
    value = EditedRoll(Transcription((Note(0.1, "KD", 90),), 1.0)).to_json()
    assert keeper.json(value, view.session)["name"] == "My take.json"
    project = file_of(keeper.project(value, view.session, True))
    assert keeper.json(value, reopened(keeper, project))["name"] == "My take.json"


def test_a_recording_that_is_brought_to_an_opened_project_is_the_one_that_is_named(handlers: Handlers, keeper: Keeper, place: Path) -> None:
    project = Project(EditedRoll(Transcription(BEAT, 2.0)), recording="loop.wav")
    write_project(project, place / "saved.n2n")
    session = reopened(keeper, place / "saved.n2n")
    shutil.copy("loop.wav", "renamed.wav")
    brought = handlers.bring_recording("renamed.wav", session).session
    assert read_project(file_of(keeper.project(project.roll.to_json(), brought, False))).recording == "renamed.wav"
    write_notes(project.roll.transcription, place / "other.mid")
    other = handlers.bring_notes("other.mid", None, session).session
    assert read_project(file_of(keeper.project(project.roll.to_json(), other, False))).recording is None


@pytest.mark.parametrize(
    ("recording", "name"), [("../../etc/a.wav", "a.wav"), ("\\\\host\\share\\a.wav", "a.wav"), ("/", None), ("", None), (None, None)]
)
def test_a_project_s_notebook_looks_for_a_recording_nowhere_but_beside_itself(
    keeper: Keeper, place: Path, recording: str | None, name: str | None
) -> None:
    write_project(Project(EditedRoll(Transcription(BEAT, 2.0)), recording=recording), place / "saved.n2n")
    assert reopened(keeper, place / "saved.n2n").recording == name


def test_notes_that_were_imagined_before_their_recording_came_are_imagined_without_it_again(
    handlers: Handlers, keeper: Keeper, place: Path
) -> None:
    write_notes(Transcription(BEAT, 1.95), place / "take.json")
    brought = handlers.bring_notes("take.json", None, Session())
    value = EditedRoll(Transcription(BEAT, 1.95)).to_json()
    session = handlers.bring_recording("loop.wav", imagine(handlers, value, brought.session)).session
    assert session.audio == "loop.wav" and len(session.recipe) == 1
    code, notes = rerun(keeper, last_take(session), session)
    assert len([cell for cell in code if cell.startswith("notes = by_hand(")]) == 1, "the notes of the file, and no others"
    assert notes == EditedRoll.from_json(last_take(session)).notes != BEAT


@pytest.mark.parametrize("beside", [True, False])
def test_notes_that_were_imagined_with_their_recording_or_after_it_was_left_are_so_again(
    handlers: Handlers, keeper: Keeper, beside: bool
) -> None:
    *_, done = handlers.transcribe("ticket", Session(), "loop.wav", *CHOICES)
    value = last_take(done.session)
    session = done.session if beside else reopened(keeper, file_of(keeper.project(value, done.session, False)))
    session = imagine(handlers, value, session)
    code, notes = rerun(keeper, last_take(session), session)
    assert not any("by_hand" in cell for cell in code)
    assert notes == EditedRoll.from_json(last_take(session)).notes != EditedRoll.from_json(value).notes


def test_what_is_kept_beside_a_take_that_waits_says_that_it_is_without_it(keeper: Keeper) -> None:
    value = EditedRoll(Transcription(BEAT, 2.5)).to_json()
    with pytest.warns(UserWarning, match="A take waits to be accepted"):
        keeper.midi({**value, "pending": True}, Session())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keeper.midi({**value, "pending": False}, Session())


def test_midi_says_where_bars_begin(keeper: Keeper) -> None:
    value = EditedRoll(Transcription(BEAT, 2.5), bars=Bars(100.0, 0.3, 3)).to_json()
    midi = read_hits(file_of(keeper.midi(value, Session())))
    assert midi.metre == (pytest.approx(0.3, abs=1e-3), 3) and midi.tempo == pytest.approx(100.0, abs=0.01)
    assert read_hits(file_of(keeper.midi({**value, "tempo": None}, Session()))).metre is None


def test_bars_that_begin_past_the_end_make_no_file_longer(keeper: Keeper) -> None:
    value = EditedRoll(Transcription(BEAT, 2.5), bars=Bars(40.0, 3.5, 4)).to_json()
    assert read_hits(file_of(keeper.midi(value, Session()))).duration == pytest.approx(2.5, abs=1e-3)
