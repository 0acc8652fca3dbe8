"""What is remembered of a tab: each roll has a recipe of its own, which undo leads back to."""

from pathlib import Path

from n2n.note_files import write_notes
from n2n.notes import Transcription
from n2n.studio.files import Shelf
from n2n.studio.handlers import Handlers
from n2n.studio.session import MAX_KEPT, Session, Sessions
from tests.studio.visitor import GIVEN, MASK, bring, choices, go_back, regenerate, transcribe, value_of


def test_another_recording_begins_a_recipe_of_its_own_and_the_one_that_was_missing_does_not(handlers: Handlers, folder: Path) -> None:
    other, again = folder / "other.flac", folder / "other again.flac"
    again.write_bytes(other.read_bytes())
    done = transcribe(handlers, folder / "loop.wav")[-1].session
    assert bring(handlers, other, done).recipe == []
    imagined = regenerate(handlers, None, value_of(masks=[MASK]), listen=False)[-1].session
    for kept in (imagined, transcribe(handlers, again)[-1].session):
        assert bring(handlers, other, kept).recipe == kept.recipe != []
    *_, generated = handlers.generate("ticket", Session(), 3, *choices())
    assert bring(handlers, other, generated.session).recipe == []


def test_another_visitor_s_name_of_the_same_sound_is_not_told(handlers: Handlers, folder: Path, tmp_path: Path) -> None:
    mine, theirs = tmp_path / "mine.wav", tmp_path / "theirs.wav"
    for path in (mine, theirs):
        path.write_bytes((folder / "loop.wav").read_bytes())
    heard = handlers.bring_recording(str(mine), Session())
    source, session = heard.roll["source"], bring(handlers, folder / "other.flac", heard.session)
    draft = {"source": source, "value": value_of()}
    handlers.bring_recording(str(theirs), Session())
    theirs_goes, mine_goes = theirs.unlink, mine.unlink
    for goes, expected in ((lambda: None, str(mine)), (theirs_goes, str(mine)), (mine_goes, None)):
        goes()
        back, came = go_back(handlers, session, source)
        arrived, view = handlers.arrive(None, draft, Session())
        assert back == arrived == expected and view.roll["source"]["name"] == "mine.wav"
        assert "theirs" not in repr((came, view))


def test_of_many_sessions_the_latest_are_kept(tmp_path: Path) -> None:
    sessions = Sessions(Shelf(tmp_path, 60.0))
    for number in range(MAX_KEPT + 2):
        sessions.keep(Session(roll=str(number)))
        sessions.keep(Session(roll="1"))
    assert [sessions.find(roll) is None for roll in ("0", "1", "2", "3", str(MAX_KEPT + 1))] == [True, False, True, False, False]


def test_each_roll_that_is_come_back_to_has_its_own_recipe_even_of_one_recording(handlers: Handlers, folder: Path) -> None:
    loop, sources, sessions = folder / "loop.wav", [], [Session()]
    for seed, begin in enumerate((loop, None, loop, folder / "other.flac")):
        if begin is None:
            views = list(handlers.generate("ticket", sessions[-1], 3, *choices()))
        else:
            heard = handlers.bring_recording(str(begin), sessions[-1])
            views = [heard, *transcribe(handlers, begin, heard.session, seed=seed)]
        sources.append(next(view.roll["source"] for view in views if view.roll.get("source")))
        sessions.append(views[-1].session)
    session = sessions[-1]
    for place in (2, 1, 0, 1, 2, 3):
        audio, view = go_back(handlers, session, sources[place])
        session = view.session
        assert session.recipe == sessions[place + 1].recipe != [] and session.steps == sessions[place + 1].steps
        assert audio == session.audio == sessions[place + 1].audio
    edited = transcribe(handlers, folder / "other.flac", session, seed=9)[-1].session
    assert [entry["seeds"] for entry in go_back(handlers, edited, sources[2])[1].session.recipe] == [[2]]
    assert [entry["seeds"] for entry in go_back(handlers, edited, sources[3])[1].session.recipe] == [[9]]


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
    heard = handlers.bring_recording(str(gone), Session())
    session = transcribe(handlers, gone, heard.session)[-1].session
    later = bring(handlers, folder / "loop.wav", session)
    gone.unlink()
    audio, view = go_back(handlers, later, heard.roll["source"])
    assert audio is None and view.session.audio is None and view.session.recipe == []


def test_notes_that_waited_for_their_recording_keep_their_recipe_when_undo_leads_to_before_it_came(
    handlers: Handlers, folder: Path, tmp_path: Path
) -> None:
    write_notes(Transcription(GIVEN, 2.0), tmp_path / "take.json")
    waiting = handlers.bring_notes(str(tmp_path / "take.json"), None, Session())
    *_, imagined = handlers.regenerate("ticket", waiting.session, value_of(masks=[MASK]), False, 1, *choices())
    joined = handlers.bring_recording(str(folder / "loop.wav"), imagined.session)
    session = bring(handlers, folder / "other.flac", joined.session)
    for place, expected in ((waiting, None), (joined, str(folder / "loop.wav"))):
        audio, view = go_back(handlers, session, place.roll["source"])
        session = view.session
        assert audio == session.audio == expected and session.recipe == imagined.session.recipe != []
        assert session.recording == "loop.wav"


def test_a_recording_that_joined_waiting_notes_stays_theirs_when_the_run_is_stopped(
    handlers: Handlers, folder: Path, tmp_path: Path
) -> None:
    write_notes(Transcription(GIVEN, 2.0), tmp_path / "take.json")
    brought = handlers.bring_notes(str(tmp_path / "take.json"), None, Session())
    views = handlers.transcribe("ticket", brought.session, str(folder / "loop.wav"), *choices())
    shown = [next(views) for _ in range(3)]
    handlers.stop("ticket")
    *_, last = [*shown, *views]
    assert shown[1].roll["source"]["roll"] == brought.roll["source"]["roll"]
    assert last.session.audio == str(folder / "loop.wav") and last.session.source == shown[1].roll["source"]["id"]
