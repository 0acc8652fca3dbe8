"""What happens on a click, without a browser: views and feeds against what the model itself says."""

import json
import logging
import os
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import gradio as gr
import mido
import numpy as np
import pytest
import soundfile
import torch
from gradio import EventData

from n2n.audio import SAMPLE_RATE
from n2n.drums import DRUMS
from n2n.edits import EditedRoll
from n2n.inference import Transcriber
from n2n.metre import Conductor, Metre
from n2n.midi import Hit, write_hits
from n2n.notes import Note, Transcription, write_midi, write_notes
from n2n.roll import mask_from_regions
from n2n.sampling import SamplingConfig
from n2n.studio import feeds, jobs, markup, memory
from n2n.studio.api import Endpoints
from n2n.studio.files import Shelf, address
from n2n.studio.handlers import Handlers
from n2n.studio.jobs import nearly_alike
from n2n.studio.recordings import Recordings
from n2n.studio.session import MAX_KEPT, Session, Sessions
from n2n.studio.settings import Settings
from n2n.studio.turns import Tickets, check_work, gpu_seconds, on_gpu
from n2n.studio.view import SAME, View, checked_whole
from n2n.task import Features, Progress, Task
from tests.tiny_model import one_step_checkpoint, tiny_checkpoint

MAX_SECONDS = 20.0
CHOICES: dict[str, Any] = {
    "fast": False,
    "num_steps": 3,
    "imagine_steps": 4,
    "seed": 0,
    "sampler": "renoise",
    "guidance": 1,
    "num_samples": 1,
}
GIVEN = tuple(Note(onset, drum, 64, 0.5) for drum in ("KD", "SN", "HH") for onset in (0.1234567, 0.7, 1.3, 1.9))
MASK = {"start": 0.5, "end": 1.5, "drums": ["KD", "SN", "HH", "BE"]}


class CountingTranscriber(Transcriber):
    """Counts the steps that it has begun; fails at the step `fails_at`."""

    steps = 0
    fails_at = 0

    def stream(self, task: Task) -> Iterator[Progress]:
        for progress in super().stream(task):
            self.steps += 1
            if self.steps == self.fails_at:
                raise RuntimeError("secret: /srv/model")
            yield progress


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files to upload."""
    folder = tmp_path_factory.mktemp("uploads")
    noise = 0.2 * np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE)
    soundfile.write(folder / "loop.wav", noise, SAMPLE_RATE)
    soundfile.write(folder / "other.flac", noise[: SAMPLE_RATE // 2, None].repeat(2, axis=1), SAMPLE_RATE)
    soundfile.write(folder / "silence.wav", 0.0 * noise, SAMPLE_RATE)
    soundfile.write(folder / "loud.wav", 10.0 * noise, SAMPLE_RATE, subtype="FLOAT")
    soundfile.write(folder / "long.flac", np.zeros(round((MAX_SECONDS + 1.0) * 8000)), 8000)
    (folder / "garbage.wav").write_bytes(b"this is no audio" * 100)
    return folder


@pytest.fixture
def model() -> CountingTranscriber:
    return CountingTranscriber(tiny_checkpoint())


@pytest.fixture
def handlers(model: CountingTranscriber, tmp_path: Path) -> Handlers:
    return Handlers(model, Settings(max_seconds=MAX_SECONDS), Shelf(tmp_path, 60.0))


def choices(**changes: Any) -> tuple[Any, ...]:
    return tuple({**CHOICES, **changes}.values())


def session_of(audio: Path | None) -> Session:
    return Session(audio=str(audio) if audio else None)


def transcribe(handlers: Handlers, audio: Path | None, session: Session | None = None, **changes: Any) -> list[View]:
    ticket, *_ = handlers.wait()
    return list(handlers.transcribe(ticket, session or Session(), str(audio) if audio else None, *choices(**changes)))


def listen(handlers: Handlers, audio: Path, session: Session) -> Session:
    """The session after a recording was brought."""
    return handlers.listen(str(audio), session).session


def feeds_of(views: list[View]) -> list[dict[str, Any]]:
    return [view.roll["feed"] for view in views if view.roll.get("feed")]


def decided(feed: dict[str, Any], thresholds: list[float]) -> list[tuple[float, str, int]]:
    """The notes that a feed stands for, as the editor is told to decide them."""
    carried = [(note["onset"], note["drum"], note["velocity"]) for note in feed["carried"]]
    found = [(onset, DRUMS[lane], velocity) for onset, lane, velocity, score, _ in feed["candidates"] if score > thresholds[lane]]
    return sorted(carried + found)


def triples(notes: tuple[Note, ...]) -> list[tuple[float, str, int]]:
    return sorted((note.onset, note.drum, note.velocity) for note in notes)


def served(url: str) -> Path:
    assert url.startswith("gradio_api/file=")
    return Path(unquote(url.removeprefix("gradio_api/file=")))


def value_of(duration: float = 2.0, **more: Any) -> dict[str, Any]:
    return EditedRoll(Transcription(GIVEN, duration)).to_json() | more


# --- listening ---


def test_a_recording_is_brought_with_its_sound_and_its_picture(handlers: Handlers, folder: Path) -> None:
    view = handlers.listen(str(folder / "other.flac"), Session())
    source = view.roll["source"]
    assert source["name"] == "other.flac" and source["duration"] == 0.5 and view.session.audio == str(folder / "other.flac")
    samples, rate = soundfile.read(served(source["audio"]))
    given, _ = soundfile.read(folder / "other.flac")
    assert rate == SAMPLE_RATE and samples.ndim == 1 and np.abs(samples - given[:, 0]).max() < 1e-4
    assert served(source["mel"]).read_bytes()[:4] == b"N2NM"


def test_the_same_file_is_the_same_document_and_is_not_decoded_twice(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recordings = Recordings(Shelf(tmp_path, 60.0), MAX_SECONDS)
    first = recordings.hear(folder / "loop.wav")
    copy = tmp_path / "copy.wav"
    copy.write_bytes((folder / "loop.wav").read_bytes())
    monkeypatch.setattr("n2n.studio.recordings.decode", lambda *_: pytest.fail("decoded twice"))
    again = recordings.hear(copy)
    assert again.id == first.id and again.features is first.features and again.name == "copy.wav"
    assert recordings.find(first.id) == copy and recordings.find("unknown") is None


def test_a_recording_beyond_full_scale_is_written_without_clipping(handlers: Handlers, folder: Path) -> None:
    source = handlers.listen(str(folder / "loud.wav"), Session()).roll["source"]
    written, given = soundfile.read(served(source["audio"]))[0], soundfile.read(folder / "loud.wav")[0]
    assert np.abs(written - given / np.abs(given).max()).max() < 1e-4


@pytest.mark.parametrize(
    ("name", "said"), [("garbage.wav", "is no audio"), ("long.flac", "longer than 20 s"), ("absent.wav", "absent.wav is not there")]
)
def test_what_cannot_be_heard_is_told_without_naming_places_on_the_server(handlers: Handlers, folder: Path, name: str, said: str) -> None:
    for view in (handlers.listen(str(folder / name), Session()), transcribe(handlers, folder / name)[-1]):
        assert said in view.status and 'data-state="failed"' in view.status and 'role="alert"' in view.status
        assert str(folder) not in view.status


def test_another_recording_begins_a_recipe_of_its_own_and_the_one_that_was_missing_does_not(handlers: Handlers, folder: Path) -> None:
    other, again = folder / "other.flac", folder / "other again.flac"
    again.write_bytes(other.read_bytes())
    done = transcribe(handlers, folder / "loop.wav")[-1].session
    assert listen(handlers, other, done).recipe == []
    imagined = regenerate(handlers, None, value_of(masks=[MASK]), listen=False)[-1].session
    for kept in (imagined, transcribe(handlers, again)[-1].session):
        assert listen(handlers, other, kept).recipe == kept.recipe != []
    *_, generated = handlers.generate("ticket", Session(), 3, *choices())
    assert listen(handlers, other, generated.session).recipe == []


def test_what_is_already_in_the_editor_is_not_brought_again(handlers: Handlers, folder: Path) -> None:
    assert handlers.listen(str(folder / "loop.wav"), session_of(folder / "loop.wav")) == View()


def test_after_a_refusal_the_player_holds_the_roll_s_recording_again(handlers: Handlers, folder: Path, tmp_path: Path) -> None:
    upload = tmp_path / "loop.wav"
    upload.write_bytes((folder / "loop.wav").read_bytes())
    player, *rest = handlers.hear(str(upload), Session())
    session = View(*rest).session
    assert player is SAME and session.audio == str(upload)

    def refused(before: Session) -> Any:
        player, *rest = handlers.hear(str(folder / "garbage.wav"), before)
        assert "garbage.wav is no audio" in View(*rest).status and View(*rest).session is SAME
        return player["value"]

    assert refused(session) == str(upload) and refused(Session()) is None
    assert handlers.hear(str(upload), session) == (SAME, *View())  # as the player changes back, the status stays
    upload.unlink()
    assert refused(session) is None


def test_another_visitor_s_name_of_the_same_sound_is_not_told(handlers: Handlers, folder: Path, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine.wav", tmp_path / "theirs.wav"
    for path in (mine, theirs):
        path.write_bytes((folder / "loop.wav").read_bytes())
    heard = handlers.listen(str(mine), Session())
    source, session = heard.roll["source"], listen(handlers, folder / "other.flac", heard.session)
    draft = {"source": source, "value": value_of()}
    handlers.listen(str(theirs), Session())
    theirs_goes, mine_goes = theirs.unlink, mine.unlink
    for goes, expected in ((lambda: None, str(mine)), (theirs_goes, str(mine)), (mine_goes, None)):
        goes()
        back, came = come_back(handlers, session, source)
        arrived, *rest = handlers.arrive(None, draft, Session())
        assert back == arrived == expected and View(*rest).roll["source"]["name"] == "mine.wav"
        assert "theirs" not in repr((came, rest))


def test_what_is_remembered_expires_unless_its_page_is_open(handlers: Handlers, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, opened = (transcribe(handlers, folder / name)[-1].session for name in ("other.flac", "loop.wav"))
    ids = [session.source for session in (closed, opened)]
    later = memory.monotonic() + 45.0
    for _ in range(2):
        monkeypatch.setattr(memory, "monotonic", lambda now=later: now)
        handlers.stay(opened)
        handlers.shelf.sweep()
        later += 45.0
    assert [handlers.recordings.find(str(name)) for name in ids] == [None, folder / "loop.wav"]
    assert [handlers.jobs.sessions.find(session.roll) is None for session in (closed, opened)] == [True, False]
    monkeypatch.setattr("n2n.studio.recordings.decode", lambda *_: pytest.fail("decoded"))
    handlers.recordings.hear(folder / "loop.wav")
    with pytest.raises(pytest.fail.Exception, match="decoded"):
        handlers.recordings.hear(folder / "other.flac")


# --- the tab comes back ---


def test_a_first_visit_begins_with_an_example(handlers: Handlers, folder: Path) -> None:
    for draft in (None, 3, {"value": None}, {"value": value_of(notes=[])}):
        audio, *rest = handlers.arrive(str(folder / "loop.wav"), draft, Session())
        view = View(*rest)
        assert audio == view.session.audio == str(folder / "loop.wav") and "Press Transcribe" in view.status


def test_notes_that_cannot_be_brought_back_are_told_of_and_no_example_takes_their_place(handlers: Handlers, folder: Path) -> None:
    for change, said in (({"locks": ["XX"]}, "XX"), ({"duration": 1.5}, "past the end")):
        audio, *rest = handlers.arrive(str(folder / "loop.wav"), {"value": value_of() | change}, Session())
        view = View(*rest)
        assert audio is None and view.roll is SAME and said in view.status and 'data-state="failed"' in view.status


def test_notes_and_recording_of_the_tab_come_back(handlers: Handlers, folder: Path) -> None:
    source = handlers.listen(str(folder / "loop.wav"), Session()).roll["source"]
    value = value_of(masks=[MASK], locks=["HH"], tempo={"bpm": 120.0, "offset": 0.5, "beats": 4})
    audio, *rest = handlers.arrive(None, {"source": source, "value": value}, Session())
    view = View(*rest)
    assert audio == view.session.audio == str(folder / "loop.wav")
    assert view.roll["source"] == {**source, "roll": view.session.roll}
    feed = view.roll["feed"]
    assert {name: feed[name] for name in ("masks", "locks", "tempo", "duration")} == {
        name: value[name] for name in ("masks", "locks", "tempo", "duration")
    }
    assert feed["carried"] == value["notes"] and feed["kind"] == "load" and feed["state"] == "done"


def test_a_recording_without_notes_comes_back_and_no_example_takes_its_place(handlers: Handlers, folder: Path) -> None:
    source, empty = handlers.listen(str(folder / "other.flac"), Session()).roll["source"], EditedRoll(Transcription((), 0.5)).to_json()
    audio, *rest = handlers.arrive(str(folder / "loop.wav"), {"source": source, "value": empty}, Session())
    view = View(*rest)
    assert audio == view.session.audio == str(folder / "other.flac") and view.roll["source"]["id"] == source["id"]
    assert "Press Transcribe" in view.status and "notes are back" not in view.status
    painted = empty | {"masks": [{"start": 0.1, "end": 0.2, "drums": ["KD"]}]}
    assert "Your painted regions are back." in View(*handlers.arrive(None, {"source": source, "value": painted}, Session())[1:]).status


def test_with_the_notes_of_a_run_come_its_candidates_and_how_it_came_about(handlers: Handlers, folder: Path) -> None:
    views = transcribe(handlers, folder / "loop.wav", seed=7)
    source, done, session = views[1].roll["source"], feeds_of(views)[-1], views[-1].session
    value = value_of(notes=value_of()["notes"][:1], thresholds=done["thresholds"])
    *_, view = (View(*rest) for _, *rest in [handlers.arrive(None, {"source": source, "value": value}, Session())])
    assert view.session == replace(session, roll=view.roll["source"]["roll"]) and view.session.roll != session.roll
    back, here = view.roll["feed"]["candidates"], {(note["onset"], note["drum"]) for note in value["notes"]}
    thresholds = done["thresholds"]
    assert back == [row for row in done["candidates"] if ((row[0], DRUMS[row[1]]) in here) == (row[3] > thresholds[row[1]])] != []


def test_takes_that_waited_are_said_to_be_gone(handlers: Handlers, folder: Path) -> None:
    source = transcribe(handlers, folder / "loop.wav")[1].roll["source"]
    for pending in (True, False):
        _, *rest = handlers.arrive(None, {"source": source, "value": value_of(pending=pending)}, Session())
        assert ("takes that waited to be accepted are gone" in View(*rest).status) == pending


def test_another_tab_s_roll_is_nobody_s_guess(handlers: Handlers, folder: Path) -> None:
    source = transcribe(handlers, folder / "loop.wav")[1].roll["source"]
    for change in ({"roll": "guessed"}, {"roll": ["no", "name"]}, {"id": "another"}):
        _, *rest = handlers.arrive(None, {"source": source | change, "value": value_of()}, Session())
        view = View(*rest)
        assert view.session.recipe == [] and view.roll["feed"]["candidates"] == []


def test_of_many_sessions_the_latest_are_kept(tmp_path: Path) -> None:
    sessions = Sessions(Shelf(tmp_path, 60.0))
    for number in range(MAX_KEPT + 2):
        sessions.keep(Session(roll=str(number)))
        sessions.keep(Session(roll="1"))
    assert [sessions.find(roll) is None for roll in ("0", "1", "2", "3", str(MAX_KEPT + 1))] == [True, False, True, False, False]


def test_notes_come_back_without_a_recording_that_is_gone(handlers: Handlers) -> None:
    draft = {"source": {"id": "elsewhere", "name": "loop.wav", "audio": "gradio_api/file=/etc/passwd"}, "value": value_of()}
    audio, *rest = handlers.arrive(None, draft, Session())
    view = View(*rest)
    assert audio is None and view.session.audio is None and view.roll["source"]["audio"] is None
    assert view.roll["source"]["name"] == "loop.wav" and len(view.roll["feed"]["carried"]) == len(GIVEN)
    assert view.roll["source"]["id"] == "elsewhere" and "Bring their recording" in view.status


# --- transcribe ---


def test_a_view_comes_before_the_first_step_and_one_after_each(handlers: Handlers, folder: Path) -> None:
    first, begun, *steps, last = transcribe(handlers, folder / "loop.wav", num_steps=4)
    assert "Listening" in first.status and begun.roll["source"]["name"] == "loop.wav" and begun.roll["feed"]["step"] == 0
    said = feeds_of(steps)
    assert [(feed["step"], feed["state"]) for feed in said] == [(1, "running"), (2, "running"), (3, "running"), (4, "done")]
    assert len({feed["run"] for feed in (*said, begun.roll["feed"])}) == 1
    sigmas = [feed["sigma"] for feed in said]
    assert sigmas == sorted(sigmas, reverse=True) and "Step 2 of 4 · sigma" in steps[1].status
    assert 'data-state="done"' in last.status and last.transcribe["interactive"] and not last.stop["interactive"]


def test_the_planes_of_each_step_lie_where_its_feed_says(handlers: Handlers, folder: Path) -> None:
    for feed in feeds_of(transcribe(handlers, folder / "loop.wav"))[1:]:
        packed = served(feed["url"]).read_bytes()
        header = json.loads(packed[8 : 8 + struct.unpack("<I", packed[4:8])[0]])
        assert packed[:4] == b"N2NS" and (header["run"], header["step"], header["sigma"]) == (feed["run"], feed["step"], feed["sigma"])


@pytest.mark.parametrize("threshold", [None, 0.05, 0.3])
def test_candidates_give_the_notes_at_any_threshold(handlers: Handlers, folder: Path, threshold: float | None) -> None:
    *_, done = feeds_of(transcribe(handlers, folder / "loop.wav", seed=5))
    expected = handlers.need_model().transcribe(folder / "loop.wav", num_steps=3, seed=5, sampler="renoise", thresholds=threshold).notes
    assert decided(done, done["thresholds"] if threshold is None else [threshold] * 7) == triples(expected) != []


def test_nothing_found_is_said_plainly(handlers: Handlers, folder: Path) -> None:
    *_, last = views = transcribe(handlers, folder / "silence.wav")
    assert "No drum hits were found in 2 s of audio" in last.status and feeds_of(views)[-1]["candidates"] == []


def test_the_call_is_remembered_with_its_result(handlers: Handlers, folder: Path) -> None:
    session = transcribe(handlers, folder / "loop.wav", seed=7, session=Session([{"verb": "old"}]))[-1].session
    (entry,) = session.recipe
    assert entry["verb"] == "transcribe" and entry["seeds"] == [7] and session.audio == str(folder / "loop.wav")
    again = handlers.need_model().transcribe(folder / "loop.wav", **entry["options"])
    assert entry["results"] == [again.transcription.to_json()]
    assert [Path(path).is_file() for path in session.steps] == [True] * 3


def test_where_the_player_is_empty_the_roll_s_recording_is_transcribed(folder: Path, handlers: Handlers) -> None:
    session = listen(handlers, folder / "loop.wav", Session())
    views = transcribe(handlers, None, session=session)
    assert views[-1].session.audio == str(folder / "loop.wav") and views[-1].session.roll == session.roll
    assert feeds_of(views)[-1]["state"] == "done"


def test_without_a_recording_or_a_model_the_page_says_so(folder: Path, tmp_path: Path, handlers: Handlers) -> None:
    assert "Choose a recording first" in transcribe(handlers, None)[-1].status
    without = Handlers(None, Settings(model="mine"), Shelf(tmp_path, 60.0))
    last = transcribe(without, folder / "loop.wav")[-1]
    assert "there is no model" in last.status and not last.transcribe["interactive"]
    heard = without.listen(str(folder / "loop.wav"), Session())
    assert "2 s of audio. Draw its notes with the pencil." in heard.status


def test_the_fast_model_works_where_it_is_chosen_by_its_own_settings(model: CountingTranscriber, folder: Path, tmp_path: Path) -> None:
    settings = Settings(fast_model="/models/my-1step", max_seconds=MAX_SECONDS)
    handlers = Handlers(model, settings, Shelf(tmp_path, 60.0), Transcriber(one_step_checkpoint()))
    assert handlers.fast is not None
    views = transcribe(handlers, folder / "loop.wav", fast=True, seed=3)
    assert [feed["steps"] for feed in feeds_of(views)] == [1, 1]
    (entry,) = views[-1].session.recipe
    assert entry["model"] == "./my-1step" and "num_steps" not in entry["options"]
    expected = handlers.fast.transcribe(folder / "loop.wav", seed=3)
    assert entry["results"] == [expected.transcription.to_json()]
    imagined = feeds_of(regenerate(handlers, None, value_of(masks=[MASK]), listen=False, takes=2, fast=True))
    assert [(feed["take"], feed["step"], feed["steps"]) for feed in imagined] == [(0, 0, 1), (0, 1, 1), (1, 1, 1)]
    assert feeds_of(transcribe(handlers, folder / "loop.wav"))[-1]["steps"] == 3


def test_a_fast_model_that_is_no_longer_there_is_not_missed(handlers: Handlers, folder: Path) -> None:
    assert feeds_of(transcribe(handlers, folder / "loop.wav", fast=True))[-1]["steps"] == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"num_steps": 51}, "num_steps must be a whole number from 1 to 50, not 51"),
        ({"seed": -1}, "Seed must be a whole number"),
        ({"guidance": 11}, "guidance must be a number from 0 to 10, not 11"),
        ({"sampler": "<b>"}, "unknown sampler &#x27;&lt;b&gt;"),
    ],
)
def test_an_impossible_choice_is_told(handlers: Handlers, folder: Path, change: dict, said: str) -> None:
    last = transcribe(handlers, folder / "loop.wav", **change)[-1]
    assert said in last.status and last.transcribe["interactive"]


# --- stop, close, fail ---


def test_stop_ends_the_work_at_the_next_step_and_the_next_job_runs(handlers: Handlers, model: CountingTranscriber, folder: Path) -> None:
    ticket, *_ = handlers.wait()
    views = handlers.transcribe(ticket, Session(), str(folder / "loop.wav"), *choices(num_steps=50))
    shown = [next(views) for _ in range(4)]
    assert handlers.stop(ticket).stop["interactive"] is False
    *_, last = [*shown, *views]
    assert model.steps == 2 and last.roll["feed"]["state"] == "stopped" and last.roll["feed"]["run"] == shown[-1].roll["feed"]["run"]
    assert "Stopped at step 2 of 50" in last.status and last.transcribe["interactive"] and last.session.recipe == []
    assert 'data-state="done"' in transcribe(handlers, folder / "loop.wav")[-1].status


def test_another_recording_ends_the_job_which_then_says_and_remembers_nothing(
    handlers: Handlers, model: CountingTranscriber, folder: Path
) -> None:
    ticket, *_ = handlers.wait()
    views = handlers.transcribe(ticket, Session(), str(folder / "loop.wav"), *choices(num_steps=50))
    shown = [next(views) for _ in range(4)]
    assert {feed["source"] for feed in feeds_of(shown)} == {shown[1].roll["source"]["id"]}
    assert handlers.listen(str(folder / "other.flac"), Session(), ticket).session.audio == str(folder / "other.flac")
    (last,) = views
    assert last.transcribe["interactive"] and not last.stop["interactive"] and model.steps == 2
    assert last.status is last.roll is last.session is SAME


def test_a_recording_that_comes_while_a_job_is_prepared_keeps_it_from_beginning(
    handlers: Handlers, model: CountingTranscriber, folder: Path
) -> None:
    ticket, *_ = handlers.wait()
    views = handlers.transcribe(ticket, Session(), str(folder / "loop.wav"), *choices())
    next(views)
    handlers.leave(ticket)
    (last,) = views
    assert last.roll is last.session is SAME and last.transcribe["interactive"] and model.steps == 0


def test_a_job_that_is_stopped_while_it_waits_never_begins(handlers: Handlers, model: CountingTranscriber, folder: Path) -> None:
    ticket, *_ = handlers.wait()
    told = handlers.stop(ticket)
    assert "Stopped before it began" in told.status and told.transcribe["interactive"] and not told.stop["interactive"]
    again, *_ = handlers.wait()
    assert list(handlers.transcribe(ticket, Session(), str(folder / "loop.wav"), *choices())) == [View()] and model.steps == 0
    assert handlers.stop(ticket) == View() and "before it began" in handlers.stop(again).status


def test_a_job_that_is_left_while_it_waits_gives_the_buttons_back_at_once(
    handlers: Handlers, model: CountingTranscriber, folder: Path, tmp_path: Path
) -> None:
    write_notes(Transcription(GIVEN, 2.0), tmp_path / "notes.json")
    event = EventData(None, {"id": "before", "roll": None})
    ways = [
        lambda ticket: handlers.leave(ticket),
        lambda ticket: handlers.listen(str(folder / "other.flac"), Session(), ticket),
        lambda ticket: handlers.bring(str(tmp_path / "notes.json"), None, Session(), ticket),
        lambda ticket: handlers.bring(str(tmp_path / "notes.json"), None, session_of(folder / "loop.wav"), ticket),
        lambda ticket: View(*handlers.come_back(ticket, Session(), event)[1:]),
    ]
    for go_on in ways:
        ticket, *_ = handlers.wait()
        view = go_on(ticket)
        assert view.transcribe["interactive"] and not view.stop["interactive"]
        assert list(handlers.transcribe(ticket, Session(), str(folder / "loop.wav"), *choices())) == [View()] and model.steps == 0
        assert handlers.leave(ticket) == handlers.leave(None) == View()


def test_a_step_that_is_ready_when_its_roll_has_been_left_is_not_shown(
    handlers: Handlers, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, *_ = handlers.wait()
    pack = jobs.pack_step

    def pack_and_leave(*args: Any, **options: Any) -> bytes:
        handlers.leave(ticket)
        return pack(*args, **options)

    monkeypatch.setattr(jobs, "pack_step", pack_and_leave)
    views = list(handlers.transcribe(ticket, Session(), str(folder / "loop.wav"), *choices()))
    assert [feed["step"] for feed in feeds_of(views[:-1])] == [0]
    assert views[-1].roll is SAME and views[-1].transcribe["interactive"]


def test_a_stop_that_comes_too_late_stops_nothing_else(handlers: Handlers, folder: Path) -> None:
    ticket, *_ = handlers.wait()
    list(handlers.transcribe(ticket, Session(), str(folder / "loop.wav"), *choices()))
    assert handlers.stop(ticket).status is handlers.stop(None).status is SAME
    assert 'data-state="done"' in transcribe(handlers, folder / "loop.wav")[-1].status


def test_closing_the_generator_stops_the_model_at_once(handlers: Handlers, model: CountingTranscriber, folder: Path) -> None:
    views = handlers.transcribe("ticket", Session(), str(folder / "loop.wav"), *choices(num_steps=50))
    for _ in range(4):
        next(views)
    views.close()
    assert model.steps == 2


def test_an_error_that_nobody_foresaw_is_logged_and_told_without_its_text(
    handlers: Handlers, model: CountingTranscriber, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model.fails_at = 2
    with caplog.at_level(logging.ERROR):
        last = transcribe(handlers, folder / "loop.wav")[-1]
    assert "Something went wrong" in last.status and "secret" not in last.status and "secret" in caplog.text
    assert last.roll["feed"]["state"] == "failed" and last.transcribe["interactive"]


class Linked(str):
    """As a host's message with a link is made: markup, and in words as its `str`."""

    def __str__(self) -> str:
        return "No GPU was available. [Sign-up](https://host.example) for priority."


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("You have exceeded your free ZeroGPU quota <b>for today</b>.", "your free ZeroGPU quota &lt;b&gt;for today&lt;/b&gt;."),
        (Linked("No GPU was available. <a href='https://host.example'>Sign-up</a>"), "[Sign-up](https://host.example) for priority."),
    ],
)
def test_what_a_host_says_of_its_gpus_is_told_in_its_own_words_and_not_logged(
    handlers: Handlers,
    model: CountingTranscriber,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    message: str,
    shown: str,
) -> None:
    def refused(task: Task) -> Iterator[Progress]:
        raise gr.Error(message)
        yield

    monkeypatch.setitem(sys.modules, "spaces", ModuleType("spaces"))
    monkeypatch.setattr(sys.modules["spaces"], "GPU", lambda *, duration: lambda work: refused, raising=False)
    handlers.jobs.streams[model] = on_gpu(model.stream, gpu_seconds)
    last = transcribe(handlers, folder / "loop.wav")[-1]
    assert f"{shown}</p>" in last.status and 'data-state="failed"' in last.status
    assert last.roll["feed"]["state"] == "failed" and last.roll["feed"]["message"] == str(message)
    assert type(last.roll["feed"]["message"]) is str and not caplog.records and last.transcribe["interactive"]


def test_a_click_is_answered_at_once_and_can_be_taken_back_but_not_repeated(handlers: Handlers) -> None:
    _, *rest = handlers.wait()
    view = View(*rest)
    assert "Waiting" in view.status and view.stop["interactive"]
    assert not any(part["interactive"] for part in (view.transcribe, view.regenerate, view.refine, view.generate))


def test_a_job_that_could_not_begin_gives_the_buttons_back_and_no_other_message_is_overwritten(handlers: Handlers) -> None:
    view = handlers.fail(markup.status("Waiting for its turn…", state="running"))
    assert "out of its range" in view.status and "busy with others" in view.status
    assert view.transcribe["interactive"] and not view.stop["interactive"]
    assert handlers.fail(markup.status("long.flac is longer than 20 s", state="failed")) == View()


def test_tickets_are_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("n2n.studio.turns.MAX_TICKETS", 2)
    tickets = Tickets()
    drawn = [tickets.draw() for _ in range(3)]
    for ticket in drawn:
        tickets.stop(ticket)
    assert [tickets.stopped(ticket) for ticket in drawn] == [False, True, True]


# --- regenerate, refine, generate ---


def regenerate(handlers: Handlers, audio: Path | None, value: dict, *, listen: bool = True, takes: int = 1, **changes: Any) -> list[View]:
    return list(handlers.regenerate("ticket", session_of(audio), value, listen, takes, *choices(**changes)))


@pytest.mark.parametrize("listen", [True, False])
def test_new_notes_come_inside_the_masks_and_nothing_else_changes(handlers: Handlers, folder: Path, listen: bool) -> None:
    value = value_of(masks=[MASK], locks=["HH"])
    *_, done = feeds_of(regenerate(handlers, folder / "loop.wav", value, listen=listen))
    kept = [note for note in value["notes"] if note["drum"] == "HH" or not 0.5 <= note["onset"] < 1.5]
    assert done["carried"] == kept and done["replaces"] == [{**MASK, "drums": ["KD", "SN", "BE"]}]
    assert done["candidates"] and all(0.5 <= onset < 1.5 and DRUMS[lane] in ("KD", "SN", "BE") for onset, lane, *_ in done["candidates"])
    edited = EditedRoll.from_json(value)
    mask = mask_from_regions([(0.5, 1.5, ("KD", "SN", "BE"))], 201)
    options = {"num_steps": 3, "sampler": "renoise"} if listen else {"num_steps": 4}
    expected = handlers.need_model().regenerate(folder / "loop.wav", edited.transcription, mask, listen=listen, **options)
    assert decided(done, done["thresholds"]) == triples(expected.notes)


def test_each_take_has_a_seed_of_its_own_and_ends_with_its_result(handlers: Handlers, folder: Path) -> None:
    views = regenerate(handlers, folder / "loop.wav", value_of(masks=[MASK]), takes=3, seed=11)
    said = feeds_of(views)
    done = [feed for feed in said if feed["state"] == "done"]
    assert [(feed["take"], feed["takes"], feed["seed"]) for feed in done] == [(0, 3, 11), (1, 3, 12), (2, 3, 13)]
    assert len({json.dumps(feed["candidates"]) for feed in done}) == 3 and len({feed["run"] for feed in said}) == 1
    (entry,) = views[-1].session.recipe
    assert entry["seeds"] == [11, 12, 13] and len(entry["results"]) == 3 and "3 takes are ready: play, then accept" in views[-1].status


def come_back(handlers: Handlers, session: Session, source: dict[str, Any]) -> tuple[str | None, View]:
    """Undo or redo leads to a source that the editor was given."""
    audio, *rest = handlers.come_back(None, session, EventData(None, {"id": source["id"], "roll": source["roll"]}))
    return audio, View(*rest)


def test_a_recording_that_was_left_can_be_come_back_to(handlers: Handlers, folder: Path) -> None:
    heard = handlers.listen(str(folder / "loop.wav"), Session())
    session, source = listen(handlers, folder / "other.flac", heard.session), heard.roll["source"]
    for known, path, said in ((source["id"], str(folder / "loop.wav"), "Back at loop.wav"), ("other", None, "without a recording")):
        audio, view = come_back(handlers, session, {**source, "id": known})
        assert audio == view.session.audio == path and said in view.status and view.roll is SAME


def test_each_roll_that_is_come_back_to_has_its_own_recipe_even_of_one_recording(handlers: Handlers, folder: Path) -> None:
    loop, sources, sessions = folder / "loop.wav", [], [Session()]
    for seed, begin in enumerate((loop, None, loop, folder / "other.flac")):
        if begin is None:
            views = list(handlers.generate("ticket", sessions[-1], 3, *choices()))
        else:
            heard = handlers.listen(str(begin), sessions[-1])
            views = [heard, *transcribe(handlers, begin, heard.session, seed=seed)]
        sources.append(next(view.roll["source"] for view in views if view.roll.get("source")))
        sessions.append(views[-1].session)
    session = sessions[-1]
    for place in (2, 1, 0, 1, 2, 3):
        audio, view = come_back(handlers, session, sources[place])
        session = view.session
        assert session.recipe == sessions[place + 1].recipe != [] and session.steps == sessions[place + 1].steps
        assert audio == session.audio == sessions[place + 1].audio
    edited = transcribe(handlers, folder / "other.flac", session, seed=9)[-1].session
    assert [entry["seeds"] for entry in come_back(handlers, edited, sources[2])[1].session.recipe] == [[2]]
    assert [entry["seeds"] for entry in come_back(handlers, edited, sources[3])[1].session.recipe] == [[9]]


def test_a_run_that_is_stopped_in_a_roll_of_its_own_leaves_the_recipe_of_the_one_before(handlers: Handlers, folder: Path) -> None:
    session = transcribe(handlers, folder / "loop.wav")[-1].session
    views = handlers.generate("ticket", session, 3, *choices(imagine_steps=9))
    shown = [next(views) for _ in range(3)]
    handlers.stop("ticket")
    *_, last = [*shown, *views]
    assert last.session == session


def test_of_a_recording_that_is_gone_the_recipe_is_too(handlers: Handlers, folder: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone.wav"
    gone.write_bytes((folder / "silence.wav").read_bytes())
    heard = handlers.listen(str(gone), Session())
    session = transcribe(handlers, gone, heard.session)[-1].session
    later = listen(handlers, folder / "loop.wav", session)
    gone.unlink()
    audio, view = come_back(handlers, later, heard.roll["source"])
    assert audio is None and view.session.audio is None and view.session.recipe == []


def test_notes_that_waited_for_their_recording_keep_their_recipe_when_undo_leads_to_before_it_came(
    handlers: Handlers, folder: Path, tmp_path: Path
) -> None:
    write_notes(Transcription(GIVEN, 2.0), tmp_path / "take.json")
    waiting = handlers.bring(str(tmp_path / "take.json"), None, Session())
    *_, imagined = handlers.regenerate("ticket", waiting.session, value_of(masks=[MASK]), False, 1, *choices())
    joined = handlers.listen(str(folder / "loop.wav"), imagined.session)
    session = listen(handlers, folder / "other.flac", joined.session)
    for place, expected in ((waiting, None), (joined, str(folder / "loop.wav"))):
        audio, view = come_back(handlers, session, place.roll["source"])
        session = view.session
        assert audio == session.audio == expected and session.recipe == imagined.session.recipe != []
        assert session.recording == "loop.wav"


def test_of_takes_that_were_stopped_those_that_were_ready_stay(handlers: Handlers, folder: Path) -> None:
    views = handlers.regenerate("ticket", session_of(folder / "loop.wav"), value_of(masks=[MASK]), True, 3, *choices())
    shown = []
    for view in views:
        shown.append(view)
        if view.roll.get("feed", {}).get("state") == "done":
            handlers.stop("ticket")
    assert [feed["state"] for feed in feeds_of(shown)] == ["running", "running", "running", "done", "stopped"]
    assert shown[-1].session.recipe[0]["seeds"] == [0]


def test_notes_without_a_recording_are_imagined_for_the_roll_they_belong_to_alone(handlers: Handlers) -> None:
    *_, generated = views = list(handlers.generate("ticket", Session(), 3, *choices()))
    again = handlers.regenerate("ticket", generated.session, value_of(3.0, masks=[MASK]), False, 1, *choices())
    assert {feed["source"] for feed in feeds_of(list(again))} == {views[1].roll["source"]["id"]}


def test_a_recording_that_joined_waiting_notes_stays_theirs_when_the_run_is_stopped(
    handlers: Handlers, folder: Path, tmp_path: Path
) -> None:
    write_notes(Transcription(GIVEN, 2.0), tmp_path / "take.json")
    brought = handlers.bring(str(tmp_path / "take.json"), None, Session())
    views = handlers.transcribe("ticket", brought.session, str(folder / "loop.wav"), *choices())
    shown = [next(views) for _ in range(3)]
    handlers.stop("ticket")
    *_, last = [*shown, *views]
    assert shown[1].roll["source"]["roll"] == brought.roll["source"]["roll"]
    assert last.session.audio == str(folder / "loop.wav") and last.session.source == shown[1].roll["source"]["id"]


def test_without_a_recording_notes_are_imagined_but_not_heard(handlers: Handlers) -> None:
    assert feeds_of(regenerate(handlers, None, value_of(masks=[MASK]), listen=False))[-1]["state"] == "done"
    assert "no recording to listen to" in regenerate(handlers, None, value_of(masks=[MASK]))[-1].status
    endless = value_of(1e9, masks=[MASK])
    assert "seconds must lie between 0 and 20" in regenerate(handlers, None, endless, listen=False)[-1].status


@pytest.mark.parametrize(("masks", "locks"), [([], []), ([MASK], ["KD", "SN", "HH", "BE"]), ([{**MASK, "start": 5, "end": 6}], [])])
def test_without_anything_to_rewrite_that_is_said(handlers: Handlers, folder: Path, masks: list, locks: list) -> None:
    last = regenerate(handlers, folder / "loop.wav", value_of(masks=masks, locks=locks))[-1]
    assert "Nothing is marked" in last.status


def test_locked_drums_are_not_refined(handlers: Handlers, folder: Path) -> None:
    value = value_of(locks=["SN"])
    *_, done = feeds_of(list(handlers.refine("ticket", session_of(folder / "loop.wav"), value, 0.4, *choices())))
    assert done["carried"] == [note for note in value["notes"] if note["drum"] == "SN"]
    locked = np.zeros((201, 7), dtype=bool)
    locked[:, 1] = True
    notes = EditedRoll.from_json(value).transcription
    expected = handlers.need_model().refine(folder / "loop.wav", notes, strength=0.4, locked=locked, num_steps=3, sampler="renoise")
    assert decided(done, done["thresholds"]) == triples(expected.notes)


def test_refine_says_what_it_needs(handlers: Handlers, folder: Path) -> None:
    (_, last) = handlers.refine("ticket", session_of(None), value_of(), 0.5, *choices())
    assert "needs the recording" in last.status
    (_, last) = handlers.refine("ticket", session_of(folder / "other.flac"), value_of(), 0.5, *choices())
    assert "lies past the end of the audio" in last.status


def test_generated_notes_stand_in_a_roll_of_their_own(handlers: Handlers) -> None:
    views = list(handlers.generate("ticket", session_of(Path("loop.wav")), 3, *choices()))
    assert views[1].roll["source"]["audio"] is None and views[1].roll["source"]["duration"] == 3.0 and views[1].roll["source"]["generated"]
    done = feeds_of(views)[-1]
    expected = handlers.need_model().generate(3.0, num_steps=4)
    assert decided(done, done["thresholds"]) == triples(expected.notes) and done["duration"] == 3.0
    assert views[-1].session.audio is None
    for seconds in (None, 0, 21):
        assert "seconds must lie" in list(handlers.generate("ticket", Session(), seconds, *choices()))[-1].status


# --- files of notes ---


def test_notes_of_a_file_come_into_the_editor_but_for_those_past_the_end(handlers: Handlers, folder: Path, tmp_path: Path) -> None:
    write_notes(Transcription((*GIVEN, Note(7.0, "BE", 90)), 8.0), tmp_path / "take.json")
    view = handlers.bring(str(tmp_path / "take.json"), value_of(locks=["HH"]), session_of(folder / "loop.wav"))
    feed = view.roll["feed"]
    assert feed["carried"] == value_of()["notes"] and feed["locks"] == ["HH"] and "source" not in view.roll
    assert "Left out: 1 note past the end" in view.status
    view = handlers.bring(str(tmp_path / "take.json"), None, Session([{"verb": "generate"}]))
    assert len(view.roll["feed"]["carried"]) == len(GIVEN) + 1 and view.roll["source"]["duration"] == 8.0
    assert "Bring their recording" in view.status and view.session.recipe == []


def test_an_example_that_nobody_chose_cuts_no_file_of_notes(handlers: Handlers, folder: Path, tmp_path: Path) -> None:
    write_notes(Transcription((*GIVEN, Note(7.0, "BE", 90)), 8.0), tmp_path / "take.json")
    _, *rest = handlers.arrive(str(folder / "loop.wav"), None, Session())
    session = View(*rest).session
    view = handlers.bring(str(tmp_path / "take.json"), value_of(notes=[]), session)
    assert len(view.roll["feed"]["carried"]) == len(GIVEN) + 1 and view.session.audio is None
    assert "Left out" not in view.status and "Bring their recording" in view.status
    assert "Left out: 1 note past the end" in handlers.bring(str(tmp_path / "take.json"), value_of(), session).status


def test_notes_of_a_midi_file_that_are_none_of_our_drums_are_told(handlers: Handlers, tmp_path: Path) -> None:
    hits = [Hit(0.1, 36, 90), Hit(0.2, 75, 90), Hit(0.3, 75, 90), Hit(0.4, 38, 90)]  # two claves
    write_hits(tmp_path / "take.mid", hits, duration=1.0, conductor=Conductor.steady(120.0))
    with pytest.warns(UserWarning, match="75"):
        view = handlers.bring(str(tmp_path / "take.mid"), None, Session())
    assert "Left out: 2 notes that stand for none of our drums." in view.status and len(view.roll["feed"]["carried"]) == 2


def save_midi(path: Path, *timing: mido.MetaMessage, channel: int = 10) -> str:
    """A file of another program: a beat of sixteen eighths, at 120 beats a minute where nothing else is said."""
    numbers = (36, 42, 38, 42) * 4
    hits = [mido.Message("note_on", channel=channel - 1, note=number, velocity=90, time=240) for number in numbers]
    mido.MidiFile(tracks=[mido.MidiTrack(timing), mido.MidiTrack(hits)]).save(path)
    return str(path)


def tempo_event(bpm: float, time: int = 0) -> mido.MetaMessage:
    return mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm), time=time)


def signature_event(numerator: int, denominator: int, time: int = 0) -> mido.MetaMessage:
    return mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator, time=time)


@pytest.mark.parametrize(
    ("timing", "said"),
    [
        (
            [tempo_event(120), tempo_event(121, 1920)],
            "Left out: its tempo changes; there is one tempo here, and every note keeps its exact",
        ),
        ([tempo_event(2000)], "Left out: its tempo, which is not between 4 and 1000 beats a minute."),
        ([tempo_event(120), signature_event(1, 4), signature_event(4, 4, 480)], "Left out: its time signatures 1/4, 4/4; here it is 4/4."),
        ([tempo_event(120), signature_event(7, 8)], "Left out: its time signature 7/8; here it is 4/4."),
        ([tempo_event(120), signature_event(6, 8)], "Its time signature 6/8 is 3/4 here, whose bars last as long."),
    ],
)
def test_what_the_editor_cannot_hold_of_the_tempos_and_bars_of_a_midi_file_is_told(
    handlers: Handlers, tmp_path: Path, timing: list[mido.MetaMessage], said: str
) -> None:
    view = handlers.bring(save_midi(tmp_path / "take.mid", *timing), None, Session())
    assert said in view.status and len(view.roll["feed"]["carried"]) == 16


def test_a_tempo_that_gives_way_to_the_bars_of_the_editor_is_told(handlers: Handlers, folder: Path, tmp_path: Path) -> None:
    given, session = save_midi(tmp_path / "take.mid", tempo_event(120)), session_of(folder / "loop.wav")
    for bpm, told in ((110.0, True), (120.0, False)):
        status = handlers.bring(given, value_of(tempo={"bpm": bpm, "offset": 0.0, "beats": 4}), session).status
        assert ("Left out: its tempo, 120; the bars here have 110 beats a minute." in status) == told


def test_a_time_signature_that_gives_way_to_the_bars_of_the_editor_is_told(handlers: Handlers, folder: Path, tmp_path: Path) -> None:
    given = save_midi(tmp_path / "take.mid", tempo_event(120), signature_event(3, 4))
    assert "time signature" not in handlers.bring(given, None, Session()).status
    present = value_of(tempo={"bpm": 120.0, "offset": 0.0, "beats": 5})
    assert "Left out: its time signature 3/4; here it is 5/4." in handlers.bring(given, present, session_of(folder / "loop.wav")).status


def test_of_a_plain_drum_file_nothing_is_left_out(handlers: Handlers, tmp_path: Path) -> None:
    status = handlers.bring(save_midi(tmp_path / "take.mid", tempo_event(120), signature_event(4, 4)), None, Session()).status
    assert "Left out" not in status and "Mind" not in status and "here" not in status


def test_channels_that_are_read_as_drums_are_told(handlers: Handlers, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="channel 2"):
        view = handlers.bring(save_midi(tmp_path / "take.mid", channel=2), None, Session())
    assert "Mind: no drum of ours is on channel 10, so the notes of channel 2 are read as drums." in view.status


def test_many_notes_are_not_compared_with_each_other(handlers: Handlers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_notes(Transcription(tuple(Note(0.01 * k, "HH", 90) for k in range(400)), 4.0), tmp_path / "take.json")
    compared = []
    monkeypatch.setattr(Note, "__eq__", lambda note, other: compared.append(note) or note is other)
    handlers.bring(str(tmp_path / "take.json"), None, Session())
    assert len(compared) <= 400


@pytest.mark.parametrize(("offset", "beats", "opened"), [(0.0, 3, 0.0), (1.1, 3, 1.1), (2.9, 3, 1.1), (0.5, 4, 0.5)])
def test_bars_of_a_midi_file_come_back(handlers: Handlers, tmp_path: Path, offset: float, beats: int, opened: float) -> None:
    first = offset % (0.6 * beats)  # 100 beats a minute
    notes = sorted(Note(first + 0.3 * place, "KD" if place % (2 * beats) == 4 else "HH", 90) for place in range(60))
    write_midi(Transcription(tuple(notes), 20.0, 100.0), tmp_path / "take.mid", metre=Metre(offset, beats))
    tempo = handlers.bring(str(tmp_path / "take.mid"), None, Session()).roll["feed"]["tempo"]
    assert tempo == {"bpm": pytest.approx(100.0, abs=0.01), "offset": pytest.approx(opened, abs=0.002), "beats": beats}


def test_bar_lines_that_the_hits_speak_against_are_not_taken(handlers: Handlers, tmp_path: Path) -> None:
    notes = tuple(Note(0.25 + 0.6 * place, "KD" if place % 3 == 0 else "HH", 90) for place in range(30))
    write_midi(Transcription(notes, 19.0, 100.0), tmp_path / "take.mid", metre=Metre(0.0, 3))
    tempo = handlers.bring(str(tmp_path / "take.mid"), None, Session()).roll["feed"]["tempo"]
    assert tempo["beats"] == 3 and tempo["offset"] == pytest.approx(0.25, abs=0.01)


def test_a_file_without_hits_of_our_drums_leaves_the_notes_alone(handlers: Handlers, tmp_path: Path) -> None:
    write_hits(tmp_path / "take.mid", [Hit(0.1, 75, 90)], duration=1.0, conductor=Conductor.steady(120.0))
    with pytest.warns(UserWarning, match="75"):
        view = handlers.bring(str(tmp_path / "take.mid"), None, Session())
    assert "take.mid holds no hits of our drums" in view.status and 'data-state="failed"' in view.status and view.roll is SAME


def test_a_file_that_is_too_long_is_told_so_and_a_short_one_has_some_room(handlers: Handlers, tmp_path: Path) -> None:
    write_notes(Transcription(GIVEN, 90.0), tmp_path / "long.mid")
    refused = handlers.bring(str(tmp_path / "long.mid"), None, Session()).status
    assert "these notes last 1 min 30 s, and at most 20 s are taken here" in refused
    write_notes(Transcription((Note(0.0, "KD", 90),), 0.0), tmp_path / "one.csv")
    assert handlers.bring(str(tmp_path / "one.csv"), None, Session()).roll["source"]["duration"] == 1.0


def test_a_recording_whose_file_is_too_large_is_told(handlers: Handlers, folder: Path) -> None:
    small = Handlers(None, replace(handlers.settings, upload_mb=0.1), handlers.shelf)
    view = small.listen(str(folder / "loop.wav"), Session())
    assert "loop.wav is larger than 0.1 MB" in view.status and str(folder) not in view.status and view.roll is SAME


def test_a_recording_stays_for_as_long_as_its_page_is_open(folder: Path, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 60.0)
    handlers = Handlers(None, Settings(max_seconds=MAX_SECONDS), shelf)
    upload, elsewhere = tmp_path / "loop.wav", folder / "loop.wav"
    upload.write_bytes(elsewhere.read_bytes())
    made = [handlers.recordings.hear(upload).sound.parent, upload]
    before = elsewhere.stat().st_mtime
    for path in made:
        os.utime(path, (0, 0))
    handlers.stay(session_of(upload))
    shelf.sweep()
    assert all(time.time() - path.stat().st_mtime < 30.0 for path in made)
    handlers.stay(session_of(elsewhere))
    handlers.stay(Session())
    assert elsewhere.stat().st_mtime == before


def test_a_file_that_holds_no_notes_is_told(handlers: Handlers, tmp_path: Path) -> None:
    (tmp_path / "take.mid").write_bytes(b"MThd?")
    view = handlers.bring(str(tmp_path / "take.mid"), None, Session())
    assert "take.mid" in view.status and str(tmp_path) not in view.status and 'data-state="failed"' in view.status


# --- parts ---


@pytest.mark.parametrize("value", [None, 0, 51, 2.5, float("nan"), float("inf")])
def test_only_whole_numbers_within_the_limits_pass(value: float | None) -> None:
    with pytest.raises(ValueError, match="num_steps must be a whole number from 1 to 50"):
        checked_whole("num_steps", value, 1, 50)


def test_takes_with_nearly_all_notes_in_common_are_nearly_alike() -> None:
    steady = tuple(Note(0.1 * beat, "HH", 90) for beat in range(40))
    assert nearly_alike([steady, (*steady, Note(0.55, "KD", 90)), tuple(Note(note.onset + 0.001, "HH", 20) for note in steady)])
    assert not nearly_alike([steady, steady[:30]]) and nearly_alike([(), ()])


def test_a_file_that_is_opened_keeps_its_tempo(handlers: Handlers, tmp_path: Path) -> None:
    write_notes(Transcription((Note(0.0, "KD", 90), Note(0.6, "SN", 90)), 3.0, 100.0), tmp_path / "take.mid")
    view = handlers.bring(str(tmp_path / "take.mid"), None, Session())
    assert view.roll["feed"]["tempo"]["bpm"] == pytest.approx(100.0, abs=0.01)


def test_of_very_many_candidates_the_least_sure_are_left_out_but_no_note(
    handlers: Handlers, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = handlers.need_model()
    task = model.prepare_transcribe(folder / "loop.wav", thresholds=0.05)
    *_, last = model.stream(task)
    whole_list = feeds.candidates(last.result.roll, task)
    notes = [row for row in whole_list if row[3] > 0.05]
    assert 2 < len(notes) < len(whole_list)
    for most in (2, len(notes), len(notes) + 5):
        monkeypatch.setattr(feeds, "MAX_CANDIDATES", most)
        cut = feeds.candidates(last.result.roll, task)
        assert all(row in cut for row in notes) and len(cut) <= max(most, len(notes))


def test_files_expire_unless_they_are_asked_for(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 60.0)
    old, asked, fresh = shelf.new_folder(), shelf.named_folder("asked"), shelf.new_folder()
    for folder in (old, asked):
        (folder / "file").write_bytes(b"x")
        os.utime(folder, (time.time() - 61.0,) * 2)
    assert shelf.named_folder("asked") == asked
    shelf.sweep()
    assert [folder.exists() for folder in (old, asked, fresh)] == [False, True, True]
    assert len({folder.name for folder in (old, fresh)}) == 2 and len(fresh.name) >= 20


def test_addresses_hold_no_character_that_means_something_else() -> None:
    assert address(Path("/tmp/a b#c?d.mid")) == "gradio_api/file=/tmp/a%20b%23c%3Fd.mid"


def test_on_shared_gpus_one_call_holds_one_for_the_whole_walk(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    calls: list[int] = []

    def gpu(*, duration: Any) -> Any:
        def decorate(stream: Any) -> Any:
            def decorated(task: Task) -> Iterator[Progress]:
                calls.append(duration(task))
                yield from stream(task)

            return decorated

        return decorate

    monkeypatch.setitem(sys.modules, "spaces", ModuleType("spaces"))
    monkeypatch.setattr(sys.modules["spaces"], "GPU", gpu, raising=False)
    model = Transcriber(tiny_checkpoint())
    task = model.prepare_transcribe(folder / "loop.wav")
    assert [progress.step for progress in on_gpu(model.stream, gpu_seconds)(task)] == [1, 2, 3]
    (seconds,) = calls
    assert 1 <= seconds <= 120
    guided = model.prepare_transcribe(folder / "loop.wav", num_steps=50, num_samples=2, guidance=2.0)
    assert gpu_seconds(guided) == 8 + 2 * (gpu_seconds(replace(guided, guidance=1.0)) - 8)


def test_a_job_that_would_keep_all_others_waiting_is_refused(handlers: Handlers, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Transcriber(replace(tiny_checkpoint(), sampling=SamplingConfig()))
    longest = Features(torch.zeros(60_000, 128), 600.0)
    usual = model.prepare_transcribe(longest)
    check_work([usual] * 4)
    check_work([model.prepare_transcribe(longest, num_steps=50, num_samples=4)])
    for asked in ([model.prepare_transcribe(longest, num_steps=50, sampler="heun", guidance=2.0, num_samples=16)], [usual] * 54):
        with pytest.raises(ValueError, match=r"over 10 min [0-9]+ times, where 266 times are allowed: take fewer steps, samples or takes"):
            check_work(asked)
    loop = folder / "loop.wav"
    monkeypatch.setattr("n2n.studio.turns.MAX_WORK_S", 10.0)
    assert transcribe(handlers, loop, num_steps=5)[-1].session.recipe
    told = "over 2 s 6 times, where 5 times are allowed"
    for views in (transcribe(handlers, loop, num_steps=6), regenerate(handlers, loop, value_of(masks=[MASK]), takes=2, num_steps=3)):
        assert told in views[-1].status and views[-1].transcribe["interactive"] and feeds_of(views) == []
    with pytest.raises(gr.Error) as refused:
        Endpoints(handlers).transcribe(str(loop), num_steps=6)
    assert told in str(refused.value.message)


def test_texts_from_outside_never_become_markup() -> None:
    hostile = "${alert(1)}<img src=x onerror=alert(2)>"
    for html in (markup.status(hostile), markup.no_model(hostile)):
        assert "<img" not in html and "&lt;img" in html


def test_lengths_of_time_are_written_in_words() -> None:
    assert [markup.length(s) for s in (0.04, 12.0, 12.34, 60.0, 65.2, 600.0)] == ["0 s", "12 s", "12.3 s", "1 min", "1 min 5 s", "10 min"]
