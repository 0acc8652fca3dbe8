"""A roll as a person edited it: the editor's value, checked. The files and pictures of a session are made from it.

    {"version": 1, "duration": s, "notes": [...], "masks": [{"start": s, "end": s, "drums": ["KD", ...]}], "locks": ["HH", ...],
     "tempo": {"bpm": b, "offset": s, "beats": 4} | null, "thresholds": [7 numbers] | null}

`notes` are as in `n2n.notes`. A mask is a region that may be rewritten; a locked drum is never rewritten. `offset` (seconds) is the time of
a bar line. Candidates, where the page has them, are notes if their score exceeds their drum's threshold. Masks, locks, tempo and thresholds
may be missing, and keys that are not named here are ignored; all else that is wrong is refused with an error that names it. The HTTP
endpoints use the same checks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np

from n2n.bars import Bars
from n2n.drums import DRUMS, LANE, check_drum
from n2n.metre import MAX_BEATS, TEMPO_MAX, TEMPO_MIN
from n2n.notes import Note, Transcription
from n2n.roll import mask_from_regions
from n2n.shapes import Bool
from n2n.values import check_number, check_whole, shown, without_point

MAX_NOTES: Final = 50_000
MAX_MASKS: Final = 1_000
MAX_SECONDS: Final = 1e6
"""The latest time that masks and bars may name."""

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
        transcription: the notes, with the duration of the roll and, if there are bars, their tempo.
        masks: the regions that may be rewritten.
        locks: the drums that are never rewritten, in the order of `DRUMS`.
        bars: None where no tempo is known.
        thresholds: scores from 0 to 1 above which a candidate is a note, one a drum; None where thresholds do not apply.
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
        """True in the masks, except for locked drums."""
        return mask_from_regions(self.masks, frames) & ~self.locked(frames)

    @property
    def free_masks(self) -> tuple[Region, ...]:
        """The masks without the locked drums; those that then hold no drum are left out."""
        free = (mask._replace(drums=tuple(drum for drum in mask.drums if drum not in self.locks)) for mask in self.masks)
        return tuple(mask for mask in free if mask.drums)

    def locked(self, frames: int) -> Bool[np.ndarray, "frames drums"]:
        """True for locked drums."""
        locked = np.zeros((frames, len(DRUMS)), dtype=bool)
        locked[:, [LANE[drum] for drum in self.locks]] = True
        return locked

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
    """Checks notes in JSON as `Transcription.from_json` does, and that there are at most `MAX_NOTES`."""
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
    bpm = check_number("tempo's bpm", obj.get("bpm"), TEMPO_MIN, TEMPO_MAX)
    offset = check_number("tempo's offset", obj.get("offset", 0.0), -MAX_SECONDS, MAX_SECONDS, unit="seconds")
    beats = check_whole("tempo's beats", without_point(obj.get("beats", 4)), 1, MAX_BEATS)
    return Bars(bpm, offset, beats)


def parse_thresholds(obj: object) -> tuple[float, ...] | None:
    """Checks thresholds in JSON: seven numbers from 0 to 1 in the order of `DRUMS`, or null. Raises ValueError naming what is wrong."""
    if obj is None:
        return None
    if not isinstance(obj, (list, tuple)) or len(obj) != len(DRUMS):
        raise ValueError(f"thresholds must be {len(DRUMS)} numbers, one a drum, or null")
    return tuple(check_number("a threshold", value, 0.0, 1.0) for value in obj)


def _region(obj: object) -> Region:
    if not isinstance(obj, dict):
        raise ValueError('must be an object {"start": ..., "end": ..., "drums": [...]}')
    start, end = (check_number(name, obj.get(name), 0.0, MAX_SECONDS, unit="seconds") for name in ("start", "end"))
    if not start < end:
        raise ValueError(f"its start, {start:g} s, must lie before its end, {end:g} s")
    drums = parse_list("drums", obj.get("drums"), _drum, at_most=len(DRUMS))
    if not drums:
        raise ValueError("it must name at least one drum")
    return Region(start, end, tuple(drum for drum in DRUMS if drum in drums))


def parse_list(name: str, obj: object, parse: Callable[[object], Item], *, at_most: int) -> Sequence[Item]:
    """Checks a list of at most so many items, each by `parse`. Raises ValueError naming what is wrong, and in which item."""
    if not isinstance(obj, list):
        raise ValueError(f"{name} must be a list, not {shown(obj)}")
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
        raise ValueError(f"a drum must be a code in text, like 'KD', not {shown(obj)}")
    return check_drum(obj[:40])


def parse_flag(name: str, value: object) -> bool:
    """Checks that a value is true or false. Raises ValueError where it is neither."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {shown(value)}")
    return value
