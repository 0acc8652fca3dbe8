"""What a person made of the roll: the editor's value as checked data, which files and pictures of a session are made of.

    {"version": 1, "duration": s, "notes": [...], "masks": [{"start": s, "end": s, "drums": ["KD", ...]}], "locks": ["HH", ...],
     "tempo": {"bpm": b, "offset": s, "beats": 4} | null, "thresholds": [7 numbers] | null}

`notes` as in `n2n.notes`. A mask is a region that may be rewritten, a locked drum never is; `offset` is the time of a bar line. Where
candidates are known, those whose score exceeds their drum's threshold are notes. What is in the second line may be missing, masks and locks
too, and keys that are not named here are ignored; all else is refused with a text that says what is wrong. The endpoints check here too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, TypeGuard, TypeVar

import numpy as np

from n2n.bars import Bars
from n2n.drums import DRUMS, LANE, check_drum
from n2n.midi import MAX_BEATS, TEMPO_MAX, TEMPO_MIN
from n2n.notes import Note, Transcription, shown
from n2n.roll import mask_from_regions
from n2n.shapes import Bool

MAX_NOTES: Final = 50_000
MAX_MASKS: Final = 1_000

Item = TypeVar("Item")


class Region(NamedTuple):
    """A rectangle of the roll: start <= time < end in seconds, of some drums."""

    start: float
    end: float
    drums: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"start": self.start, "end": self.end, "drums": list(self.drums)}


@dataclass(frozen=True)
class EditedRoll:
    """The editor's value.

    Attributes:
        transcription: the notes, with the duration of the roll and, where there are bars, their tempo.
        masks: what may be rewritten.
        locks: the drums that are never rewritten, in the order of `DRUMS`.
        bars: None where no tempo is known.
        thresholds: scores 0..1 above which a candidate is a note, one a drum; None where there is no say in it.
    """

    transcription: Transcription
    masks: tuple[Region, ...] = ()
    locks: tuple[str, ...] = ()
    bars: Bars | None = None
    thresholds: tuple[float, ...] | None = None

    @property
    def notes(self) -> tuple[Note, ...]:
        return self.transcription.notes

    @property
    def duration(self) -> float:
        return self.transcription.duration

    def to_json(self) -> dict[str, Any]:
        """The value as plain data, ready for `json.dumps`."""
        return {
            **replace(self.transcription, tempo=None).to_json(),
            "masks": [mask.to_json() for mask in self.masks],
            "locks": list(self.locks),
            "tempo": self.bars.to_json() if self.bars else None,
            "thresholds": None if self.thresholds is None else list(self.thresholds),
        }

    def writable(self, frames: int) -> Bool[np.ndarray, "frames drums"]:
        """True in the masks, but for locked drums."""
        return self.unlocked(frames) & mask_from_regions(self.masks, frames)

    @property
    def free_masks(self) -> tuple[Region, ...]:
        """The masks without what is locked in them."""
        free = (mask._replace(drums=tuple(drum for drum in mask.drums if drum not in self.locks)) for mask in self.masks)
        return tuple(mask for mask in free if mask.drums)

    def unlocked(self, frames: int) -> Bool[np.ndarray, "frames drums"]:
        """True but for locked drums."""
        free = np.ones((frames, len(DRUMS)), dtype=bool)
        free[:, [LANE[drum] for drum in self.locks]] = False
        return free

    @classmethod
    def from_json(cls, obj: object) -> "EditedRoll":
        """Checks plain values and makes them an edited roll.

        Raises:
            ValueError: naming what is wrong, and where.
        """
        if not isinstance(obj, dict):
            raise ValueError('there are no notes to work on: an object {"version": 1, "duration": ..., "notes": [...]} is needed')
        bars = parse_bars(obj.get("tempo"))
        transcription = parse_notes({**obj, "tempo": bars and bars.bpm})
        locks = parse_list("locks", obj.get("locks", []), _drum, at_most=len(DRUMS))
        return cls(
            transcription,
            parse_masks(obj.get("masks", [])),
            tuple(drum for drum in DRUMS if drum in locks),
            bars,
            parse_thresholds(obj.get("thresholds")),
        )


def parse_notes(obj: object) -> Transcription:
    """Checks notes in JSON as `Transcription.from_json` does, and that there are no more than the app takes."""
    if isinstance(obj, dict) and isinstance(obj.get("notes"), list) and len(obj["notes"]) > MAX_NOTES:
        raise ValueError(f"there may be at most {MAX_NOTES} notes, not {len(obj['notes'])}")
    return Transcription.from_json(obj)


def parse_masks(obj: object) -> tuple[Region, ...]:
    """Checks masks in JSON: a list of {"start": s, "end": s, "drums": [...]}. Raises ValueError naming what is wrong."""
    return tuple(parse_list("masks", obj, _region, at_most=MAX_MASKS))


def parse_bars(obj: object) -> Bars | None:
    """Checks a tempo in JSON, {"bpm": b, "offset": s, "beats": n} or null. Raises ValueError naming what is wrong."""
    if obj is None:
        return None
    if not isinstance(obj, dict):
        raise ValueError('tempo must be an object {"bpm": ..., "offset": ..., "beats": ...}, or null')
    bpm = parse_number("tempo's bpm", obj.get("bpm"), TEMPO_MIN, TEMPO_MAX)
    offset = parse_number("tempo's offset", obj.get("offset", 0.0), -1e6, 1e6)
    beats = parse_number("tempo's beats", obj.get("beats", 4), 1.0, float(MAX_BEATS))
    if beats != int(beats):
        raise ValueError(f"tempo's beats must be a whole number, not {beats}")
    return Bars(bpm, offset, int(beats))


def parse_thresholds(obj: object) -> tuple[float, ...] | None:
    """Checks thresholds in JSON: seven numbers from 0 to 1 in the order of `DRUMS`, or null. Raises ValueError naming what is wrong."""
    if obj is None:
        return None
    if not isinstance(obj, (list, tuple)) or len(obj) != len(DRUMS):
        raise ValueError(f"thresholds must be {len(DRUMS)} numbers, one a drum, or null")
    return tuple(parse_number("a threshold", value, 0.0, 1.0) for value in obj)


def _region(obj: object) -> Region:
    if not isinstance(obj, dict):
        raise ValueError('must be an object {"start": ..., "end": ..., "drums": [...]}')
    start, end = (parse_number(name, obj.get(name), 0.0, 1e6) for name in ("start", "end"))
    if not start < end:
        raise ValueError(f"its start, {start:g} s, must lie before its end, {end:g} s")
    drums = parse_list("drums", obj.get("drums"), _drum, at_most=len(DRUMS))
    if not drums:
        raise ValueError("it must name at least one drum")
    return Region(start, end, tuple(drum for drum in DRUMS if drum in drums))


def parse_list(name: str, obj: object, parse: Callable[[object], Item], *, at_most: int) -> Sequence[Item]:
    """What `parse` makes of each item of a list. Raises ValueError naming what is wrong, and where."""
    if not isinstance(obj, list):
        raise ValueError(f"{name} must be a list")
    if len(obj) > at_most:
        raise ValueError(f"{name} may hold at most {at_most} items, not {len(obj)}")
    parsed = []
    for index, item in enumerate(obj):
        try:
            parsed.append(parse(item))
        except ValueError as error:
            raise ValueError(f"{name}[{index}]: {error}") from error
    return parsed


def _drum(obj: object) -> str:
    if not isinstance(obj, str):
        raise ValueError("a drum must be a code in text, like 'KD'")
    return check_drum(obj[:40])


def parse_number(name: str, value: object, low: float, high: float) -> float:
    """A number within its limits. Raises ValueError where it is none."""
    if not is_number(value) or not low <= value <= high:
        raise ValueError(f"{name} must be a number from {low:g} to {high:g}")
    return float(value)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number; text is none, and true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def parse_flag(name: str, value: object) -> bool:
    """True or false. Raises ValueError where it is neither."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {shown(value)}")
    return value
