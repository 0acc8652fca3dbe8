"""What happens on a click, without a browser: views and feeds against what the model itself says."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
import soundfile

from n2n.audio import SAMPLE_RATE
from n2n.drums import DRUMS
from n2n.edits import EditedRoll
from n2n.inference import Transcriber
from n2n.metre import Conductor, Metre
from n2n.midi import Hit, write_hits
from n2n.note_files import write_midi, write_notes
from n2n.notes import Note, Transcription
from n2n.roll import mask_from_regions
from n2n.studio import markup
from n2n.studio.files import Shelf
from n2n.studio.handlers import Handlers
from n2n.studio.session import Session
from n2n.studio.settings import Settings
from n2n.studio.view import SAME, View
from n2n.studio.workshop import Workshop
from tests.studio.conftest import CountingTranscriber
from tests.studio.visitor import (
    GIVEN,
    MASK,
    bring,
    choices,
    decided,
    feeds_of,
    go_back,
    regenerate,
    served,
    session_of,
    transcribe,
    triples,
    value_of,
)
from tests.tiny_model import one_step_checkpoint

# --- recordings ---


def test_a_recording_is_brought_with_its_sound_and_its_picture(handlers: Handlers, folder: Path) -> None:
    view = handlers.bring_recording(str(folder / "other.flac"), Session())
    source = view.roll["source"]
    assert source["name"] == "other.flac" and source["duration"] == 0.5 and view.session.audio == str(folder / "other.flac")
    samples, rate = soundfile.read(served(source["audio"]))
    given, _ = soundfile.read(folder / "other.flac")
    assert rate == SAMPLE_RATE and samples.ndim == 1 and np.abs(samples - given[:, 0]).max() < 1e-4
    assert served(source["mel"]).read_bytes()[:4] == b"N2NM"


@pytest.mark.parametrize(
    ("name", "said"), [("garbage.wav", "is no audio"), ("long.flac", "longer than 20 s"), ("absent.wav", "absent.wav is not there")]
)
def test_what_cannot_be_heard_is_told_without_naming_places_on_the_server(handlers: Handlers, folder: Path, name: str, said: str) -> None:
    for view in (handlers.bring_recording(str(folder / name), Session()), transcribe(handlers, folder / name)[-1]):
        assert said in view.status and 'data-state="failed"' in view.status and 'role="alert"' in view.status
        assert str(folder) not in view.status


def test_channels_that_cancel_each_other_are_told_of_each_time_they_are_brought(handlers: Handlers, tmp_path: Path) -> None:
    noise = 0.2 * np.random.default_rng(0).standard_normal(SAMPLE_RATE)
    for name in ("first.wav", "again.wav"):
        soundfile.write(tmp_path / name, np.stack([noise, -noise], axis=1), SAMPLE_RATE, subtype="FLOAT")
        status = handlers.bring_recording(str(tmp_path / name), Session()).status
        assert "1 s of audio. Mind: the channels cancel each other" in status and "Press Transcribe." in status
        assert str(tmp_path) not in status


def test_what_is_already_in_the_editor_is_not_brought_again(handlers: Handlers, folder: Path) -> None:
    assert handlers.bring_recording(str(folder / "loop.wav"), session_of(folder / "loop.wav")) == View()


def test_after_a_refusal_the_player_holds_the_roll_s_recording_again(handlers: Handlers, folder: Path, tmp_path: Path) -> None:
    upload = tmp_path / "loop.wav"
    upload.write_bytes((folder / "loop.wav").read_bytes())
    player, view = handlers.player_changed(str(upload), Session())
    session = view.session
    assert player is SAME and session.audio == str(upload)

    def refused(before: Session) -> Any:
        player, view = handlers.player_changed(str(folder / "garbage.wav"), before)
        assert "garbage.wav is no audio" in view.status and view.session is SAME
        return player["value"]

    assert refused(session) == str(upload) and refused(Session()) is None
    assert handlers.player_changed(str(upload), session) == (SAME, View())  # as the player changes back, the status stays
    upload.unlink()
    assert refused(session) is None


# --- the tab comes back ---


def test_a_first_visit_begins_with_an_example(handlers: Handlers, folder: Path) -> None:
    for draft in (None, 3, {"value": None}, {"value": value_of(notes=[])}):
        audio, view = handlers.arrive(str(folder / "loop.wav"), draft, Session())
        assert audio == view.session.audio == str(folder / "loop.wav") and "Press Transcribe" in view.status


def test_notes_that_cannot_be_brought_back_are_told_of_and_no_example_takes_their_place(handlers: Handlers, folder: Path) -> None:
    for change, said in (({"locks": ["XX"]}, "XX"), ({"duration": 1.5}, "past the end")):
        audio, view = handlers.arrive(str(folder / "loop.wav"), {"value": value_of() | change}, Session())
        assert audio is None and view.roll is SAME and said in view.status and 'data-state="failed"' in view.status


def test_notes_and_recording_of_the_tab_come_back(handlers: Handlers, folder: Path) -> None:
    source = handlers.bring_recording(str(folder / "loop.wav"), Session()).roll["source"]
    value = value_of(masks=[MASK], locks=["HH"], tempo={"bpm": 120.0, "offset": 0.5, "beats": 4})
    audio, view = handlers.arrive(None, {"source": source, "value": value}, Session())
    assert audio == view.session.audio == str(folder / "loop.wav")
    assert view.roll["source"] == {**source, "roll": view.session.roll}
    feed = view.roll["feed"]
    assert {name: feed[name] for name in ("masks", "locks", "tempo", "duration")} == {
        name: value[name] for name in ("masks", "locks", "tempo", "duration")
    }
    assert feed["carried"] == value["notes"] and feed["kind"] == "load" and feed["state"] == "done"


def test_a_recording_without_notes_comes_back_and_no_example_takes_its_place(handlers: Handlers, folder: Path) -> None:
    source, empty = (
        handlers.bring_recording(str(folder / "other.flac"), Session()).roll["source"],
        EditedRoll(Transcription((), 0.5)).to_json(),
    )
    audio, view = handlers.arrive(str(folder / "loop.wav"), {"source": source, "value": empty}, Session())
    assert audio == view.session.audio == str(folder / "other.flac") and view.roll["source"]["id"] == source["id"]
    assert "Press Transcribe" in view.status and "notes are back" not in view.status
    painted = empty | {"masks": [{"start": 0.1, "end": 0.2, "drums": ["KD"]}]}
    _, view = handlers.arrive(None, {"source": source, "value": painted}, Session())
    assert "Your painted regions are back." in view.status


def test_with_the_notes_of_a_run_come_its_candidates_and_how_it_came_about(handlers: Handlers, folder: Path) -> None:
    views = transcribe(handlers, folder / "loop.wav", seed=7)
    source, done, session = views[1].roll["source"], feeds_of(views)[-1], views[-1].session
    value = value_of(notes=value_of()["notes"][:1], thresholds=done["thresholds"])
    _, view = handlers.arrive(None, {"source": source, "value": value}, Session())
    assert view.session == replace(session, roll=view.roll["source"]["roll"]) and view.session.roll != session.roll
    back, here = view.roll["feed"]["candidates"], {(note["onset"], note["drum"]) for note in value["notes"]}
    thresholds = done["thresholds"]
    assert back == [row for row in done["candidates"] if ((row[0], DRUMS[row[1]]) in here) == (row[3] > thresholds[row[1]])] != []


def test_takes_that_waited_are_said_to_be_gone(handlers: Handlers, folder: Path) -> None:
    source = transcribe(handlers, folder / "loop.wav")[1].roll["source"]
    for pending in (True, False):
        _, view = handlers.arrive(None, {"source": source, "value": value_of(pending=pending)}, Session())
        assert ("takes that waited to be accepted are gone" in view.status) == pending


def test_another_tab_s_roll_is_nobody_s_guess(handlers: Handlers, folder: Path) -> None:
    source = transcribe(handlers, folder / "loop.wav")[1].roll["source"]
    for change in ({"roll": "guessed"}, {"roll": ["no", "name"]}, {"id": "another"}):
        _, view = handlers.arrive(None, {"source": source | change, "value": value_of()}, Session())
        assert view.session.recipe == [] and view.roll["feed"]["candidates"] == []


def test_notes_come_back_without_a_recording_that_is_gone(handlers: Handlers) -> None:
    draft = {"source": {"id": "elsewhere", "name": "loop.wav", "audio": "gradio_api/file=/etc/passwd"}, "value": value_of()}
    audio, view = handlers.arrive(None, draft, Session())
    assert audio is None and view.session.audio is None and view.roll["source"]["audio"] is None
    assert view.roll["source"]["name"] == "loop.wav" and len(view.roll["feed"]["carried"]) == len(GIVEN)
    assert view.roll["source"]["id"] == "elsewhere" and "Bring their recording" in view.status


# --- transcribe ---


def test_where_the_player_is_empty_the_roll_s_recording_is_transcribed(folder: Path, handlers: Handlers) -> None:
    session = bring(handlers, folder / "loop.wav", Session())
    views = transcribe(handlers, None, session=session)
    assert views[-1].session.audio == str(folder / "loop.wav") and views[-1].session.roll == session.roll
    assert feeds_of(views)[-1]["state"] == "done"


def test_without_a_recording_or_a_model_the_page_says_so(folder: Path, tmp_path: Path, handlers: Handlers) -> None:
    assert "Choose a recording first" in transcribe(handlers, None)[-1].status
    without = Handlers(Workshop(None, Settings(model="mine"), Shelf(tmp_path, 60.0)))
    last = transcribe(without, folder / "loop.wav")[-1]
    assert "there is no model" in last.status and not last.transcribe["interactive"]
    heard = without.bring_recording(str(folder / "loop.wav"), Session())
    assert "2 s of audio. Draw its notes with the pencil." in heard.status


def test_the_fast_model_works_where_it_is_chosen_by_its_own_settings(model: CountingTranscriber, folder: Path, tmp_path: Path) -> None:
    settings, fast = Settings(fast_model="/models/my-1step"), Transcriber(one_step_checkpoint())
    handlers = Handlers(Workshop(model, settings, Shelf(tmp_path, 60.0), fast))
    views = transcribe(handlers, folder / "loop.wav", fast=True, seed=3)
    assert [feed["steps"] for feed in feeds_of(views)] == [1, 1]
    (entry,) = views[-1].session.recipe
    assert entry["model"] == "./my-1step" and "num_steps" not in entry["options"]
    expected = fast.transcribe(folder / "loop.wav", seed=3)
    assert entry["results"] == [expected.transcription.to_json()]
    imagined = feeds_of(regenerate(handlers, None, value_of(masks=[MASK]), listen=False, takes=2, fast=True))
    assert [(feed["take"], feed["step"], feed["steps"]) for feed in imagined] == [(0, 0, 1), (0, 1, 1), (1, 1, 1)]
    assert feeds_of(transcribe(handlers, folder / "loop.wav"))[-1]["steps"] == 3


def test_a_fast_model_that_is_no_longer_there_is_not_missed(handlers: Handlers, folder: Path) -> None:
    assert feeds_of(transcribe(handlers, folder / "loop.wav", fast=True))[-1]["steps"] == 3


# --- before and after a job ---


def test_a_click_is_answered_at_once_and_can_be_taken_back_but_not_repeated(handlers: Handlers) -> None:
    _, view = handlers.wait()
    assert "Waiting" in view.status and view.stop["interactive"]
    assert not any(part["interactive"] for part in (view.transcribe, view.regenerate, view.refine, view.generate))


def test_a_job_that_could_not_begin_gives_the_buttons_back_and_no_other_message_is_overwritten(handlers: Handlers) -> None:
    view = handlers.fail(markup.status("Waiting for its turn…", state="running"))
    assert "out of its range" in view.status and "busy with others" in view.status
    assert view.transcribe["interactive"] and not view.stop["interactive"]
    assert handlers.fail(markup.status("long.flac is longer than 20 s", state="failed")) == View()


# --- regenerate, refine, generate ---


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
    expected = handlers.workshop.need_model().regenerate(folder / "loop.wav", edited.transcription, mask, listen=listen, **options)
    assert decided(done, done["thresholds"]) == triples(expected.notes)


def test_each_take_has_a_seed_of_its_own_and_ends_with_its_result(handlers: Handlers, folder: Path) -> None:
    views = regenerate(handlers, folder / "loop.wav", value_of(masks=[MASK]), takes=3, seed=11)
    said = feeds_of(views)
    done = [feed for feed in said if feed["state"] == "done"]
    assert [(feed["take"], feed["takes"], feed["seed"]) for feed in done] == [(0, 3, 11), (1, 3, 12), (2, 3, 13)]
    assert len({json.dumps(feed["candidates"]) for feed in done}) == 3 and len({feed["run"] for feed in said}) == 1
    (entry,) = views[-1].session.recipe
    assert entry["seeds"] == [11, 12, 13] and len(entry["results"]) == 3 and "3 takes are ready: play, then accept" in views[-1].status


def test_a_recording_that_was_left_can_be_come_back_to(handlers: Handlers, folder: Path) -> None:
    heard = handlers.bring_recording(str(folder / "loop.wav"), Session())
    session, source = bring(handlers, folder / "other.flac", heard.session), heard.roll["source"]
    for known, path, said in ((source["id"], str(folder / "loop.wav"), "Back at loop.wav"), ("other", None, "without a recording")):
        audio, view = go_back(handlers, session, {**source, "id": known})
        assert audio == view.session.audio == path and said in view.status and view.roll is SAME


def test_notes_without_a_recording_are_imagined_for_the_roll_they_belong_to_alone(handlers: Handlers) -> None:
    *_, generated = views = list(handlers.generate("ticket", Session(), 3, *choices()))
    again = handlers.regenerate("ticket", generated.session, value_of(3.0, masks=[MASK]), False, 1, *choices())
    assert {feed["source"] for feed in feeds_of(list(again))} == {views[1].roll["source"]["id"]}


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
    expected = handlers.workshop.need_model().refine(
        folder / "loop.wav", notes, strength=0.4, locked=locked, num_steps=3, sampler="renoise"
    )
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
    expected = handlers.workshop.need_model().generate(3.0, num_steps=4)
    assert decided(done, done["thresholds"]) == triples(expected.notes) and done["duration"] == 3.0
    assert views[-1].session.audio is None
    for seconds in (None, 0, 21):
        assert "seconds must lie" in list(handlers.generate("ticket", Session(), seconds, *choices()))[-1].status


# --- files of notes ---


def test_notes_of_a_file_come_into_the_editor_but_for_those_past_the_end(handlers: Handlers, folder: Path, tmp_path: Path) -> None:
    write_notes(Transcription((*GIVEN, Note(7.0, "BE", 90)), 8.0), tmp_path / "take.json")
    view = handlers.bring_notes(str(tmp_path / "take.json"), value_of(locks=["HH"]), session_of(folder / "loop.wav"))
    feed = view.roll["feed"]
    assert feed["carried"] == value_of()["notes"] and feed["locks"] == ["HH"] and "source" not in view.roll
    assert "Left out: 1 note past the end" in view.status
    view = handlers.bring_notes(str(tmp_path / "take.json"), None, Session([{"verb": "generate"}]))
    assert len(view.roll["feed"]["carried"]) == len(GIVEN) + 1 and view.roll["source"]["duration"] == 8.0
    assert "Bring their recording" in view.status and view.session.recipe == []


def test_an_example_that_nobody_chose_cuts_no_file_of_notes(handlers: Handlers, folder: Path, tmp_path: Path) -> None:
    write_notes(Transcription((*GIVEN, Note(7.0, "BE", 90)), 8.0), tmp_path / "take.json")
    _, arrived = handlers.arrive(str(folder / "loop.wav"), None, Session())
    view = handlers.bring_notes(str(tmp_path / "take.json"), value_of(notes=[]), arrived.session)
    assert len(view.roll["feed"]["carried"]) == len(GIVEN) + 1 and view.session.audio is None
    assert "Left out" not in view.status and "Bring their recording" in view.status
    assert "Left out: 1 note past the end" in handlers.bring_notes(str(tmp_path / "take.json"), value_of(), arrived.session).status


def test_notes_of_a_midi_file_that_are_none_of_our_drums_are_told(handlers: Handlers, tmp_path: Path) -> None:
    hits = [Hit(0.1, 36, 90), Hit(0.2, 75, 90), Hit(0.3, 75, 90), Hit(0.4, 38, 90)]  # two claves
    write_hits(tmp_path / "take.mid", hits, duration=1.0, conductor=Conductor.steady(120.0))
    with pytest.warns(UserWarning, match="75"):
        view = handlers.bring_notes(str(tmp_path / "take.mid"), None, Session())
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
    view = handlers.bring_notes(save_midi(tmp_path / "take.mid", *timing), None, Session())
    assert said in view.status and len(view.roll["feed"]["carried"]) == 16


def test_a_tempo_that_gives_way_to_the_bars_of_the_editor_is_told(handlers: Handlers, folder: Path, tmp_path: Path) -> None:
    given, session = save_midi(tmp_path / "take.mid", tempo_event(120)), session_of(folder / "loop.wav")
    for bpm, told in ((110.0, True), (120.0, False)):
        status = handlers.bring_notes(given, value_of(tempo={"bpm": bpm, "offset": 0.0, "beats": 4}), session).status
        assert ("Left out: its tempo, 120; the bars here have 110 beats a minute." in status) == told


def test_a_time_signature_that_gives_way_to_the_bars_of_the_editor_is_told(handlers: Handlers, folder: Path, tmp_path: Path) -> None:
    given = save_midi(tmp_path / "take.mid", tempo_event(120), signature_event(3, 4))
    assert "time signature" not in handlers.bring_notes(given, None, Session()).status
    present = value_of(tempo={"bpm": 120.0, "offset": 0.0, "beats": 5})
    assert (
        "Left out: its time signature 3/4; here it is 5/4." in handlers.bring_notes(given, present, session_of(folder / "loop.wav")).status
    )


def test_of_a_plain_drum_file_nothing_is_left_out(handlers: Handlers, tmp_path: Path) -> None:
    status = handlers.bring_notes(save_midi(tmp_path / "take.mid", tempo_event(120), signature_event(4, 4)), None, Session()).status
    assert "Left out" not in status and "Mind" not in status and "here" not in status


def test_channels_that_are_read_as_drums_are_told(handlers: Handlers, tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="channel 2"):
        view = handlers.bring_notes(save_midi(tmp_path / "take.mid", channel=2), None, Session())
    assert "Mind: no drum of ours is on channel 10, so the notes of channel 2 are read as drums." in view.status


def test_many_notes_are_not_compared_with_each_other(handlers: Handlers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_notes(Transcription(tuple(Note(0.01 * k, "HH", 90) for k in range(400)), 4.0), tmp_path / "take.json")
    compared = []
    monkeypatch.setattr(Note, "__eq__", lambda note, other: compared.append(note) or note is other)
    handlers.bring_notes(str(tmp_path / "take.json"), None, Session())
    assert len(compared) <= 400


@pytest.mark.parametrize(("offset", "beats", "opened"), [(0.0, 3, 0.0), (1.1, 3, 1.1), (2.9, 3, 1.1), (0.5, 4, 0.5)])
def test_bars_of_a_midi_file_come_back(handlers: Handlers, tmp_path: Path, offset: float, beats: int, opened: float) -> None:
    first = offset % (0.6 * beats)  # 100 beats a minute
    notes = sorted(Note(first + 0.3 * place, "KD" if place % (2 * beats) == 4 else "HH", 90) for place in range(60))
    write_midi(Transcription(tuple(notes), 20.0, 100.0), tmp_path / "take.mid", metre=Metre(offset, beats))
    tempo = handlers.bring_notes(str(tmp_path / "take.mid"), None, Session()).roll["feed"]["tempo"]
    assert tempo == {"bpm": pytest.approx(100.0, abs=0.01), "offset": pytest.approx(opened, abs=0.002), "beats": beats}


def test_bar_lines_that_the_hits_speak_against_are_not_taken(handlers: Handlers, tmp_path: Path) -> None:
    notes = tuple(Note(0.25 + 0.6 * place, "KD" if place % 3 == 0 else "HH", 90) for place in range(30))
    write_midi(Transcription(notes, 19.0, 100.0), tmp_path / "take.mid", metre=Metre(0.0, 3))
    tempo = handlers.bring_notes(str(tmp_path / "take.mid"), None, Session()).roll["feed"]["tempo"]
    assert tempo["beats"] == 3 and tempo["offset"] == pytest.approx(0.25, abs=0.01)


def test_a_file_without_hits_of_our_drums_leaves_the_notes_alone(handlers: Handlers, tmp_path: Path) -> None:
    write_hits(tmp_path / "take.mid", [Hit(0.1, 75, 90)], duration=1.0, conductor=Conductor.steady(120.0))
    with pytest.warns(UserWarning, match="75"):
        view = handlers.bring_notes(str(tmp_path / "take.mid"), None, Session())
    assert "take.mid holds no hits of our drums" in view.status and 'data-state="failed"' in view.status and view.roll is SAME


def test_a_file_that_is_too_long_is_told_so_and_a_short_one_has_some_room(handlers: Handlers, tmp_path: Path) -> None:
    write_notes(Transcription(GIVEN, 90.0), tmp_path / "long.mid")
    refused = handlers.bring_notes(str(tmp_path / "long.mid"), None, Session()).status
    assert "these notes last 1 min 30 s, and at most 20 s are taken here" in refused
    write_notes(Transcription((Note(0.0, "KD", 90),), 0.0), tmp_path / "one.csv")
    assert handlers.bring_notes(str(tmp_path / "one.csv"), None, Session()).roll["source"]["duration"] == 1.0


def test_a_recording_whose_file_is_too_large_is_told(handlers: Handlers, folder: Path) -> None:
    small = Workshop(None, replace(handlers.workshop.settings, upload_mb=0.1), handlers.workshop.shelf)
    view = Handlers(small).bring_recording(str(folder / "loop.wav"), Session())
    assert "loop.wav is larger than 0.1 MB" in view.status and str(folder) not in view.status and view.roll is SAME


def test_a_file_that_holds_no_notes_is_told(handlers: Handlers, tmp_path: Path) -> None:
    (tmp_path / "take.mid").write_bytes(b"MThd?")
    view = handlers.bring_notes(str(tmp_path / "take.mid"), None, Session())
    assert "take.mid" in view.status and str(tmp_path) not in view.status and 'data-state="failed"' in view.status


def test_a_file_that_is_opened_keeps_its_tempo(handlers: Handlers, tmp_path: Path) -> None:
    write_notes(Transcription((Note(0.0, "KD", 90), Note(0.6, "SN", 90)), 3.0, 100.0), tmp_path / "take.mid")
    view = handlers.bring_notes(str(tmp_path / "take.mid"), None, Session())
    assert view.roll["feed"]["tempo"]["bpm"] == pytest.approx(100.0, abs=0.01)
