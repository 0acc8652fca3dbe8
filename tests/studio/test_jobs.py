"""Jobs of the model: what each step says, and what a stop, another roll or an error leaves behind."""

import json
import logging
import struct
from pathlib import Path
from typing import Any

import pytest
from gradio import EventData

from n2n.note_files import write_notes
from n2n.notes import Note, Transcription
from n2n.studio import jobs
from n2n.studio.handlers import Handlers
from n2n.studio.jobs import nearly_alike
from n2n.studio.session import Session
from n2n.studio.view import SAME, View
from tests.studio.conftest import CountingTranscriber
from tests.studio.visitor import GIVEN, MASK, choices, feeds_of, served, session_of, transcribe, value_of


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


def test_nothing_found_is_said_plainly(handlers: Handlers, folder: Path) -> None:
    *_, last = views = transcribe(handlers, folder / "silence.wav")
    assert "No drum hits were found in 2 s of audio" in last.status and feeds_of(views)[-1]["candidates"] == []


def test_the_call_is_remembered_with_its_result(handlers: Handlers, folder: Path) -> None:
    session = transcribe(handlers, folder / "loop.wav", seed=7, session=Session([{"verb": "old"}]))[-1].session
    (entry,) = session.recipe
    assert entry["verb"] == "transcribe" and entry["seeds"] == [7] and session.audio == str(folder / "loop.wav")
    again = handlers.workshop.need_model().transcribe(folder / "loop.wav", **entry["options"])
    assert entry["results"] == [again.transcription.to_json()]
    assert [Path(path).is_file() for path in session.steps] == [True] * 3


def test_stop_ends_the_work_at_the_next_step_and_the_next_job_runs(handlers: Handlers, model: CountingTranscriber, folder: Path) -> None:
    ticket, _ = handlers.wait()
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
    ticket, _ = handlers.wait()
    views = handlers.transcribe(ticket, Session(), str(folder / "loop.wav"), *choices(num_steps=50))
    shown = [next(views) for _ in range(4)]
    assert {feed["source"] for feed in feeds_of(shown)} == {shown[1].roll["source"]["id"]}
    assert handlers.bring_recording(str(folder / "other.flac"), Session(), ticket).session.audio == str(folder / "other.flac")
    (last,) = views
    assert last.transcribe["interactive"] and not last.stop["interactive"] and model.steps == 2
    assert last.status is last.roll is last.session is SAME


def test_a_recording_that_comes_while_a_job_is_prepared_keeps_it_from_beginning(
    handlers: Handlers, model: CountingTranscriber, folder: Path
) -> None:
    ticket, _ = handlers.wait()
    views = handlers.transcribe(ticket, Session(), str(folder / "loop.wav"), *choices())
    next(views)
    handlers.jobs.abandon(ticket)
    (last,) = views
    assert last.roll is last.session is SAME and last.transcribe["interactive"] and model.steps == 0


def test_a_job_that_is_stopped_while_it_waits_never_begins(handlers: Handlers, model: CountingTranscriber, folder: Path) -> None:
    ticket, _ = handlers.wait()
    told = handlers.stop(ticket)
    assert "Stopped before it began" in told.status and told.transcribe["interactive"] and not told.stop["interactive"]
    again, _ = handlers.wait()
    assert list(handlers.transcribe(ticket, Session(), str(folder / "loop.wav"), *choices())) == [View()] and model.steps == 0
    assert handlers.stop(ticket) == View() and "before it began" in handlers.stop(again).status


def test_a_job_that_is_left_while_it_waits_gives_the_buttons_back_at_once(
    handlers: Handlers, model: CountingTranscriber, folder: Path, tmp_path: Path
) -> None:
    write_notes(Transcription(GIVEN, 2.0), tmp_path / "notes.json")
    event = EventData(None, {"id": "before", "roll": None})
    ways = [
        handlers.jobs.abandon,
        lambda ticket: handlers.bring_recording(str(folder / "other.flac"), Session(), ticket),
        lambda ticket: handlers.bring_notes(str(tmp_path / "notes.json"), None, Session(), ticket),
        lambda ticket: handlers.bring_notes(str(tmp_path / "notes.json"), None, session_of(folder / "loop.wav"), ticket),
        lambda ticket: handlers.returned(ticket, Session(), event)[1],
    ]
    for go_on in ways:
        ticket, _ = handlers.wait()
        view = go_on(ticket)
        assert view.transcribe["interactive"] and not view.stop["interactive"]
        assert list(handlers.transcribe(ticket, Session(), str(folder / "loop.wav"), *choices())) == [View()] and model.steps == 0
        assert handlers.jobs.abandon(ticket) == handlers.jobs.abandon(None) == View()


def test_a_step_that_is_ready_when_its_roll_has_been_left_is_not_shown(
    handlers: Handlers, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, _ = handlers.wait()
    pack = jobs.pack_step

    def pack_and_leave(*args: Any, **options: Any) -> bytes:
        handlers.jobs.abandon(ticket)
        return pack(*args, **options)

    monkeypatch.setattr(jobs, "pack_step", pack_and_leave)
    views = list(handlers.transcribe(ticket, Session(), str(folder / "loop.wav"), *choices()))
    assert [feed["step"] for feed in feeds_of(views[:-1])] == [0]
    assert views[-1].roll is SAME and views[-1].transcribe["interactive"]


def test_a_stop_that_comes_too_late_stops_nothing_else(handlers: Handlers, folder: Path) -> None:
    ticket, _ = handlers.wait()
    list(handlers.transcribe(ticket, Session(), str(folder / "loop.wav"), *choices()))
    assert handlers.stop(ticket).status is handlers.stop(None).status is SAME
    assert 'data-state="done"' in transcribe(handlers, folder / "loop.wav")[-1].status


def test_closing_the_generator_stops_the_model_at_once(handlers: Handlers, model: CountingTranscriber, folder: Path) -> None:
    views = handlers.transcribe("ticket", Session(), str(folder / "loop.wav"), *choices(num_steps=50))
    for _ in range(4):
        next(views)
    views.close()
    assert model.steps == 2


def test_of_takes_that_were_stopped_those_that_were_ready_stay(handlers: Handlers, folder: Path) -> None:
    views = handlers.regenerate("ticket", session_of(folder / "loop.wav"), value_of(masks=[MASK]), True, 3, *choices())
    shown = []
    for view in views:
        shown.append(view)
        if view.roll.get("feed", {}).get("state") == "done":
            handlers.stop("ticket")
    assert [feed["state"] for feed in feeds_of(shown)] == ["running", "running", "running", "done", "stopped"]
    assert shown[-1].session.recipe[0]["seeds"] == [0]


def test_an_error_that_nobody_foresaw_is_logged_and_told_without_its_text(
    handlers: Handlers, model: CountingTranscriber, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model.fails_at = 2
    with caplog.at_level(logging.ERROR):
        last = transcribe(handlers, folder / "loop.wav")[-1]
    assert "Something went wrong" in last.status and "secret" not in last.status and "secret" in caplog.text
    assert last.roll["feed"]["state"] == "failed" and last.transcribe["interactive"]


def test_takes_with_nearly_all_notes_in_common_are_nearly_alike() -> None:
    steady = tuple(Note(0.1 * beat, "HH", 90) for beat in range(40))
    assert nearly_alike([steady, (*steady, Note(0.55, "KD", 90)), tuple(Note(note.onset + 0.001, "HH", 20) for note in steady)])
    assert not nearly_alike([steady, steady[:30]]) and nearly_alike([(), ()])
