"""What the buttons of Keep make of a session, what opening a project brings back, and that a notebook, run again, gives the same notes."""

import json
import shutil
import urllib.parse
import warnings
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import mido
import numpy as np
import pytest
import soundfile
from PIL import Image

from n2n.audio import SAMPLE_RATE
from n2n.bars import Bars
from n2n.drums import LANE
from n2n.edits import EditedRoll, Region
from n2n.export.project import SESSION, CandidateRow, Project, read_project, write_project
from n2n.inference import load
from n2n.midi import read_hits
from n2n.note_files import read_notes, write_midi, write_notes
from n2n.notes import Note, Transcription
from n2n.planes import pack_step
from n2n.render import default_soundfont, load_fluidsynth, render_notes
from n2n.roll import DecodeConfig, notes_to_roll
from n2n.studio.files import Shelf
from n2n.studio.handlers import Handlers
from n2n.studio.keeper import SOUNDFONT, Keeper
from n2n.studio.session import Session, opened
from n2n.studio.settings import Settings
from n2n.studio.workshop import Workshop
from n2n.task import TrajectoryStep

NOTES = (Note(0.25, "KD", 101, 0.93), Note(0.5, "SN", 64), Note(0.75, "HH", 90, 0.5), Note(1.25, "KD", 80))
BARS = Bars(120.0, 0.25, 4)
ROLL = EditedRoll(Transcription(NOTES, 2.0, 120.0), (Region(0.5, 1.0, ("SN",)),), ("HH",), BARS, (0.3,) * 7)
BEAT = tuple(Note(onset, drum, 64) for drum in ("KD", "SN", "HH") for onset in (0.1234567, 0.7, 1.3, 1.9))
MASK = {"start": 0.5, "end": 1.5, "drums": ["KD", "SN", "BE"]}
CHOICES = (False, 3, 4, 5, "renoise", 1.0, 1)
"""Of the page: `n2n.studio.view.Choices`."""
HOSTILE_NAME = "${x} <b>'\"&;$(touch pwned)`.wav"


@pytest.fixture
def place(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a notebook is run: a folder with the model and the recording in it."""
    place = tmp_path / "secret place"
    shutil.copytree(folder / "model", place / "my model")
    shutil.copy(folder / "loop.wav", place)
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def workshop(place: Path, tmp_path: Path) -> Workshop:
    settings = Settings(model=str(place / "my model"), upload_mb=2.0, max_seconds=10.0)
    return Workshop(load(place / "my model", device="cpu"), settings, Shelf(tmp_path / "served", 60.0))


@pytest.fixture
def keeper(workshop: Workshop) -> Keeper:
    return Keeper(workshop)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "my loop.wav"
    soundfile.write(path, 0.1 * np.sin(np.arange(2 * SAMPLE_RATE) / 20.0), SAMPLE_RATE)
    return path


@pytest.fixture
def session(recording: Path, tmp_path: Path) -> Session:
    options = {"num_steps": 3, "seed": 0, "guidance": 1.0, "num_samples": 1, "sampler": "renoise"}
    entry = {"verb": "transcribe", "options": options, "results": [ROLL.transcription.to_json()]}
    files = []
    for step in (1, 2, 3):
        current = TrajectoryStep(3.0 - step, notes_to_roll([], 201), notes_to_roll(NOTES[:step], 201))
        notes = tuple(Note(note.onset, note.drum, note.velocity, 0.9) for note in NOTES[:step])
        files.append(tmp_path / f"{step}.n2ns")
        files[-1].write_bytes(pack_step(current, DecodeConfig(), notes, run="r", step=step, steps=3))
    candidates = (CandidateRow(0.25, 0, 101, 0.93, 0.9), CandidateRow(0.75, 3, 90, 0.5, 0.6), CandidateRow(0.9, 3, 40, 0.05, 0.4))
    return Session([entry], str(recording), steps=[str(file) for file in files], candidates=candidates)


def file_of(download: dict[str, str], keeper: Keeper) -> Path:
    """The file that the page would fetch."""
    path = Path(urllib.parse.unquote(download["address"].removeprefix("gradio_api/file=")))
    assert path.is_relative_to(keeper.shelf.folder)
    assert path.name == download["name"]
    return path


def test_notes_are_kept_as_they_stand(keeper: Keeper, session: Session) -> None:
    value = ROLL.to_json()
    midi, plain, table = (file_of(make(value, session), keeper) for make in (keeper.midi, keeper.json, keeper.csv))
    assert [path.name for path in (midi, plain, table)] == ["my loop.mid", "my loop.json", "my loop.csv"]
    assert read_notes(plain) == ROLL.transcription
    assert read_notes(table).notes == NOTES
    read = read_notes(midi)
    assert read.tempo == 120.0
    assert [(round(note.onset, 4), note.drum, note.velocity) for note in read.notes] == [(n.onset, n.drum, n.velocity) for n in NOTES]


def test_midi_on_the_grid_counts_from_the_bar_line(keeper: Keeper, session: Session) -> None:
    path = file_of(keeper.grid_midi(ROLL.to_json(), session, "1/8"), keeper)
    assert path.name == "my loop (grid).mid"
    ticks = np.cumsum([message.time for message in mido.MidiFile(path).tracks[1]])
    kinds = [message.type for message in mido.MidiFile(path).tracks[1]]
    assert [int(tick) for tick, kind in zip(ticks, kinds, strict=True) if kind == "note_on"] == [0, 240, 480, 960]


def test_without_a_tempo_there_is_no_grid(keeper: Keeper, session: Session) -> None:
    with pytest.raises(gr.Error, match="There is no tempo yet"):
        keeper.grid_midi(EditedRoll(Transcription(NOTES, 2.0)).to_json(), session, "1/16")


def test_pictures_are_pictures(keeper: Keeper, session: Session) -> None:
    png, svg, gif = (file_of(make(ROLL.to_json(), session), keeper) for make in (keeper.png, keeper.svg, keeper.gif))
    with Image.open(png) as picture:
        assert picture.format == "PNG"
    assert ElementTree.parse(svg).getroot().tag.endswith("svg")
    with Image.open(gif) as animation:
        assert animation.n_frames == 3


def test_steps_that_have_expired_or_never_were_are_told(keeper: Keeper, session: Session) -> None:
    Path(session.steps[1]).unlink()
    with pytest.raises(gr.Error, match="not kept any longer"):
        keeper.gif(ROLL.to_json(), session)
    with pytest.raises(gr.Error, match="no steps to animate"):
        keeper.gif(ROLL.to_json(), Session())


def test_sound_is_the_kit_s(keeper: Keeper, session: Session) -> None:
    samples, rate = soundfile.read(file_of(keeper.wav(ROLL.to_json(), session, "muldjord", None), keeper), dtype="float32")
    assert rate == SAMPLE_RATE
    np.testing.assert_allclose(samples, render_notes(ROLL.transcription, "muldjord"), atol=1e-4)


def has_fluidsynth() -> bool:
    try:
        load_fluidsynth()
    except ValueError:
        return False
    return True


@pytest.mark.skipif(not has_fluidsynth(), reason="libfluidsynth is not installed")
def test_a_soundfont_of_the_visitor_is_played(keeper: Keeper, session: Session) -> None:
    samples, _ = soundfile.read(file_of(keeper.wav(ROLL.to_json(), session, SOUNDFONT, str(default_soundfont())), keeper))
    for note in NOTES:
        assert np.abs(samples[round(note.onset * SAMPLE_RATE) :][:2000]).max() > 0.01


def test_a_file_that_is_no_soundfont_is_refused(keeper: Keeper, session: Session, recording: Path) -> None:
    with pytest.raises(gr.Error, match=r"FluidSynth cannot play my loop\.wav: a \.sf2 or \.sf3 file"):
        keeper.wav(ROLL.to_json(), session, SOUNDFONT, str(recording))
    with pytest.raises(gr.Error, match="Choose a SoundFont first"):
        keeper.wav(ROLL.to_json(), session, SOUNDFONT, None)


def test_an_unknown_kit_and_too_much_sound_are_refused(keeper: Keeper, session: Session) -> None:
    with pytest.raises(gr.Error, match="unknown kit"):
        keeper.wav(ROLL.to_json(), session, "../../etc", None)
    with pytest.raises(gr.Error, match="longer than 10 s"):
        keeper.wav(EditedRoll(Transcription(NOTES, 11.0)).to_json(), session, "osdk", None)


def test_a_notebook_names_the_recording_but_no_place_on_the_server(keeper: Keeper, session: Session, tmp_path: Path) -> None:
    path = file_of(keeper.notebook(ROLL.to_json(), session), keeper)
    content = path.read_text(encoding="ascii")
    code = "\n".join(cell["source"] for cell in json.loads(content)["cells"] if cell["cell_type"] == "code")
    assert "model.listen('my loop.wav')" in code and "n2n.load('./my model')" in code
    assert "model.transcribe(audio, num_steps=3, num_samples=1, sampler='renoise', guidance=1.0, seed=0)" in code
    assert str(tmp_path) not in content and "secret place" not in content


MAKERS: list[Callable[..., Any]] = [Keeper.midi, Keeper.json, Keeper.csv, Keeper.png, Keeper.svg, Keeper.gif, Keeper.notebook]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("value", [None, EditedRoll(Transcription((), 2.0)).to_json()], ids=["nothing", "no notes"])
def test_where_there_is_nothing_to_keep_that_is_said(keeper: Keeper, session: Session, make: Callable[..., Any], value: Any) -> None:
    with pytest.raises(gr.Error, match="There is nothing to keep yet"):
        make(keeper, value, session)


def test_files_of_a_recording_with_a_hostile_name_have_plain_names(keeper: Keeper, session: Session, tmp_path: Path) -> None:
    hostile = replace(session, audio=str(tmp_path / HOSTILE_NAME))
    for make in MAKERS:
        stem = file_of(make(keeper, ROLL.to_json(), hostile), keeper).stem
        assert stem == "x b touch pwned"
    assert not any(tmp_path.rglob("pwned"))


def test_notes_without_a_recording_are_called_drums(keeper: Keeper) -> None:
    assert keeper.midi(ROLL.to_json(), Session())["name"] == "drums.mid"


def test_each_file_lies_in_a_folder_of_its_own(keeper: Keeper, session: Session) -> None:
    paths = [file_of(keeper.midi(ROLL.to_json(), session), keeper) for _ in range(3)]
    assert len({path.parent for path in paths}) == 3


def test_a_project_saved_and_opened_is_the_session_again(keeper: Keeper, session: Session, recording: Path) -> None:
    saved = file_of(keeper.project(ROLL.to_json(), session, True), keeper)
    assert saved.name == "my loop.n2n"
    update, recalled, audio = keeper.open(str(saved))
    feed = update["feed"]
    assert (feed["kind"], feed["state"]) == ("load", "done")
    said = {name: feed[name] for name in ("duration", "masks", "locks", "tempo", "thresholds")}
    brought = {"version": 1, "notes": feed["carried"], **said}
    assert EditedRoll.from_json(brought) == ROLL
    assert audio is not None and Path(audio).read_bytes() == recording.read_bytes()
    assert Path(audio).name == recording.name and recalled.audio == audio
    assert update["source"]["id"] == keeper.recordings.hear(recording).id
    again = file_of(keeper.project(brought, recalled, True), keeper)
    assert zipfile.ZipFile(again).read(SESSION) == zipfile.ZipFile(saved).read(SESSION)


def test_candidates_come_back_unless_the_visitor_had_decided_otherwise(keeper: Keeper, session: Session) -> None:
    taken_out, put_in, faint, certain = [
        [0.1, 0, 90, 0.9, 0.9],
        [0.25, 0, 101, 0.1, 0.4],
        [1.7, 1, 30, 0.1, 0.4],
        [0.75, 3, 90, 0.5, 0.7],
    ]
    candidates = tuple(CandidateRow(*row) for row in (taken_out, put_in, faint, certain))
    saved = file_of(keeper.project(ROLL.to_json(), replace(session, candidates=candidates), False), keeper)
    update, recalled, _ = keeper.open(str(saved))
    assert update["feed"]["candidates"] == [faint, certain]
    assert update["feed"]["thresholds"] == [0.3] * 7
    moved = replace(ROLL, thresholds=(0.05, 1.0, 0.3, 0.05, 0.3, 0.3, 0.3))
    saved = file_of(keeper.project(moved.to_json(), replace(session, candidates=candidates), False), keeper)
    feed = keeper.open(str(saved))[0]["feed"]
    assert feed["thresholds"] == list(moved.thresholds or ())
    assert feed["candidates"] == [put_in, faint, certain]  # the note that was put in now passes its threshold
    assert recalled.candidates == candidates
    played = {(note.onset, LANE[note.drum]) for note in NOTES}
    assert all(((row[0], row[1]) in played) == (row[3] > 0.3) for row in update["feed"]["candidates"])


def test_a_project_without_its_recording_opens_and_says_so(keeper: Keeper, session: Session) -> None:
    update, recalled, audio = keeper.open(str(file_of(keeper.project(ROLL.to_json(), session, False), keeper)))
    assert audio is None and recalled.audio is None
    assert update["source"] == {"id": update["source"]["id"], "name": "my loop", "duration": 2.0, "audio": None, "mel": None}
    assert "Its recording, my loop, did not come along" in update["feed"]["message"]


def test_a_recording_that_is_gone_is_told_when_saving(keeper: Keeper, session: Session, recording: Path) -> None:
    recording.unlink()
    with pytest.raises(gr.Error, match="not kept here any longer"):
        keeper.project(ROLL.to_json(), session, True)
    assert keeper.project(ROLL.to_json(), session, False)["name"] == "my loop.n2n"


def test_projects_that_cannot_be_taken_are_refused(keeper: Keeper, recording: Path, tmp_path: Path) -> None:
    def refused(project: Project, audio: Path | None, reason: str) -> None:
        write_project(project, tmp_path / "p.n2n", audio=audio)
        with pytest.raises(gr.Error, match=reason):
            keeper.open(str(tmp_path / "p.n2n"))

    long = EditedRoll(Transcription(NOTES, 9.0))
    refused(Project(long, recording="loop.wav"), recording, "last longer than its recording")
    refused(Project(EditedRoll(Transcription(NOTES, 11.0))), None, "longer than 10 s")
    (tmp_path / "big.wav").write_bytes(bytes(3_000_000))
    refused(Project(ROLL, recording="loop.wav"), tmp_path / "big.wav", "more than 2 MB")
    (tmp_path / "text.wav").write_text("this is no audio")
    refused(Project(ROLL, recording="loop.wav"), tmp_path / "text.wav", r"loop\.wav")
    (tmp_path / "p.n2n").write_bytes(b"PK garbage")
    for path in (str(tmp_path / "p.n2n"), None):
        with pytest.raises(gr.Error, match=r"p\.n2n is no project file|Choose a project file"):
            keeper.open(path)


# Notes that a notebook gives again, of a recording that went or came


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
    cells = json.loads(file_of(keeper.notebook(value, session), keeper).read_text(encoding="ascii"))["cells"]
    code, names = [cell["source"] for cell in cells if cell["cell_type"] == "code"], dict[str, Any]()
    for cell in code:
        exec(cell, names)
    return code, names["notes"].notes


def test_a_project_opened_without_its_recording_still_knows_its_name_and_its_notebook_runs(handlers: Handlers, keeper: Keeper) -> None:
    *_, done = handlers.transcribe("ticket", Session(), "loop.wav", *CHOICES)
    value = last_take(done.session)
    session = reopened(keeper, file_of(keeper.project(value, done.session, False), keeper))
    saved = keeper.project(value, session, False)
    assert saved["name"] == "loop.n2n" and read_project(file_of(saved, keeper)).recording == "loop.wav"
    code, notes = rerun(keeper, value, session)
    assert not any("by_hand" in cell for cell in code)
    assert notes == EditedRoll.from_json(value).notes != ()


def test_files_of_notes_that_came_without_a_recording_are_called_as_they_were(handlers: Handlers, keeper: Keeper, tmp_path: Path) -> None:
    write_midi(Transcription((Note(0.1, "KD", 90),), 1.0, 120.0), tmp_path / "My take.mid")
    view = handlers.bring_notes(str(tmp_path / "My take.mid"), None, Session())
    value = EditedRoll(Transcription((Note(0.1, "KD", 90),), 1.0)).to_json()
    assert keeper.json(value, view.session)["name"] == "My take.json"
    project = file_of(keeper.project(value, view.session, True), keeper)
    assert keeper.json(value, reopened(keeper, project))["name"] == "My take.json"


def test_a_recording_that_is_brought_to_an_opened_project_is_the_one_that_is_named(handlers: Handlers, keeper: Keeper, place: Path) -> None:
    project = Project(EditedRoll(Transcription(BEAT, 2.0)), recording="loop.wav")
    write_project(project, place / "saved.n2n")
    session = reopened(keeper, place / "saved.n2n")
    shutil.copy("loop.wav", "renamed.wav")
    brought = handlers.bring_recording("renamed.wav", session).session
    assert read_project(file_of(keeper.project(project.roll.to_json(), brought, False), keeper)).recording == "renamed.wav"
    write_notes(project.roll.transcription, place / "other.mid")
    other = handlers.bring_notes("other.mid", None, session).session
    assert read_project(file_of(keeper.project(project.roll.to_json(), other, False), keeper)).recording is None


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
    session = done.session if beside else reopened(keeper, file_of(keeper.project(value, done.session, False), keeper))
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
    midi = read_hits(file_of(keeper.midi(value, Session()), keeper))
    assert midi.metre == (pytest.approx(0.3, abs=1e-3), 3) and midi.tempo == pytest.approx(100.0, abs=0.01)
    assert read_hits(file_of(keeper.midi({**value, "tempo": None}, Session()), keeper)).metre is None


def test_bars_that_begin_past_the_end_make_no_file_longer(keeper: Keeper) -> None:
    value = EditedRoll(Transcription(BEAT, 2.5), bars=Bars(40.0, 3.5, 4)).to_json()
    assert read_hits(file_of(keeper.midi(value, Session()), keeper)).duration == pytest.approx(2.5, abs=1e-3)
