"""What a visitor does on the page, without a browser, and what tests look at in the answers."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

from gradio import EventData

from n2n.drums import DRUMS
from n2n.edits import EditedRoll
from n2n.notes import Note, Transcription
from n2n.studio.handlers import Handlers
from n2n.studio.session import Session
from n2n.studio.view import View

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


def choices(**changes: Any) -> tuple[Any, ...]:
    return tuple({**CHOICES, **changes}.values())


def session_of(audio: Path | None) -> Session:
    return Session(audio=str(audio) if audio else None)


def transcribe(handlers: Handlers, audio: Path | None, session: Session | None = None, **changes: Any) -> list[View]:
    ticket, _ = handlers.wait()
    return list(handlers.transcribe(ticket, session or Session(), str(audio) if audio else None, *choices(**changes)))


def bring(handlers: Handlers, audio: Path, session: Session) -> Session:
    """The session after a recording was brought."""
    return handlers.bring_recording(str(audio), session).session


def regenerate(handlers: Handlers, audio: Path | None, value: dict, *, listen: bool = True, takes: int = 1, **changes: Any) -> list[View]:
    return list(handlers.regenerate("ticket", session_of(audio), value, listen, takes, *choices(**changes)))


def go_back(handlers: Handlers, session: Session, source: dict[str, Any]) -> tuple[str | None, View]:
    """Undo or redo leads to a source that the editor was given."""
    return handlers.returned(None, session, EventData(None, {"id": source["id"], "roll": source["roll"]}))


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
