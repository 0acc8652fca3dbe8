"""Notes: what was struck, when and how hard.

Conventions: onsets and durations in seconds from the recording's first sample, velocity 1 to 127, drums by the codes of `drums.py`. A note
has no length. As plain values, ready for JSON, they are what the command line, the page and the HTTP interface share, all of it kept:

    {"version": 1, "duration": 2.5, "tempo": 98.0, "notes": [{"onset": 0.5, "drum": "KD", "velocity": 101, "confidence": 0.93}]}

`tempo` and `confidence` may be missing; keys that are not named here are ignored. `n2n.note_files` reads and writes files of notes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from n2n.drums import LANE, check_drum
from n2n.metre import TEMPO_MAX, TEMPO_MIN
from n2n.midi import MIDI_SUFFIXES
from n2n.values import check_number, check_whole, shown

JSON_VERSION: Final = 1
NOTE_SUFFIXES: Final = (*MIDI_SUFFIXES, ".json", ".csv")
"""Of the files that hold notes, in lower case."""


@dataclass(frozen=True)
class Note:
    """One hit. Notes sort by onset, then in the order of `DRUMS`.

    Attributes:
        onset: seconds, at least 0.
        drum: one of the seven codes.
        velocity: 1 to 127.
        confidence: 0 to 1, how sure the transcription is; None where it is not known.
    """

    onset: float
    drum: str
    velocity: int
    confidence: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "onset", _onset(self.onset))
        object.__setattr__(self, "drum", _drum(self.drum))
        object.__setattr__(self, "velocity", _velocity(self.velocity))
        object.__setattr__(self, "confidence", _confidence(self.confidence))

    def __lt__(self, other: "Note") -> bool:
        return (self.onset, LANE[self.drum]) < (other.onset, LANE[other.drum])


@dataclass(frozen=True)
class Transcription:
    """The notes of one recording, sorted.

    Attributes:
        notes: given as any iterable, in any order; kept as a sorted tuple.
        duration: seconds; no note begins after it.
        tempo: beats a minute, 4 to 1000; None where it is not known.
    """

    notes: tuple[Note, ...]
    duration: float
    tempo: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(sorted(check_notes(self.notes))))
        object.__setattr__(self, "duration", _duration(self.duration))
        object.__setattr__(self, "tempo", _tempo(self.tempo))
        if self.notes and self.notes[-1].onset > self.duration:
            raise ValueError(f"a note at {self.notes[-1].onset} s lies past the end: the duration is {self.duration} s")

    def to_json(self) -> dict[str, Any]:
        """The transcription as plain values, ready for `json.dumps`."""
        notes = [{"onset": note.onset, "drum": note.drum, "velocity": note.velocity} for note in self.notes]
        for note, entry in zip(self.notes, notes, strict=True):
            if note.confidence is not None:
                entry["confidence"] = note.confidence
        head: dict[str, Any] = {"version": JSON_VERSION, "duration": self.duration}
        if self.tempo is not None:
            head["tempo"] = self.tempo
        return {**head, "notes": notes}

    @classmethod
    def from_json(cls, obj: object) -> "Transcription":
        """Checks plain values, as `json.loads` gives them, and makes them a transcription.

        Raises:
            ValueError: naming what is wrong, and in which note.
        """
        if not isinstance(obj, dict):
            raise ValueError(f'a transcription must be an object {{"version": 1, "duration": ..., "notes": [...]}}, not {shown(obj)}')
        version = _member(obj, "version")
        if isinstance(version, bool) or version != JSON_VERSION:
            raise ValueError(f"version {shown(version)} is not known: this program reads version {JSON_VERSION}")
        entries = _member(obj, "notes")
        if not isinstance(entries, list):
            raise ValueError(f"notes must be a list, not {shown(entries)}")
        notes = tuple(_note_from_json(index, entry) for index, entry in enumerate(entries))
        return cls(notes, _member(obj, "duration"), obj.get("tempo"))


def check_notes(notes: Iterable[object]) -> tuple[Note, ...]:
    """The notes as a tuple, in the order given. Raises ValueError where one is no `Note`."""
    if isinstance(notes, Iterable):
        given = tuple(notes)
        checked = tuple(note for note in given if isinstance(note, Note))
        if len(checked) == len(given):
            return checked
    raise ValueError("notes must be a list of Note objects; Transcription.from_json makes them of plain values")


def _onset(value: object) -> float:
    return check_number("onset", value, 0.0, unit="seconds")


def _duration(value: object) -> float:
    return check_number("duration", value, 0.0, unit="seconds")


def _tempo(value: object) -> float | None:
    return None if value is None else check_number("tempo", value, TEMPO_MIN, TEMPO_MAX, unit="beats a minute", optional=True)


def _confidence(value: object) -> float | None:
    return None if value is None else check_number("confidence", value, 0.0, 1.0, optional=True)


def _drum(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"drum must be a code in text, like 'KD', not {shown(value)}")
    return check_drum(value)


def _velocity(value: object) -> int:
    return check_whole("velocity", value, 1, 127)


def _member(obj: dict[str, Any], name: str) -> Any:
    if name not in obj:
        raise ValueError(f"{name!r} is missing")
    return obj[name]


def _note_from_json(index: int, entry: object) -> Note:
    try:
        if not isinstance(entry, dict):
            raise ValueError(f"must be an object, not {shown(entry)}")
        onset, drum, velocity = (_member(entry, name) for name in ("onset", "drum", "velocity"))
        return Note(onset, drum, velocity, entry.get("confidence"))
    except ValueError as error:
        raise ValueError(f"notes[{index}]: {error}") from error
