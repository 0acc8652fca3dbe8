"""Human drum performances: what was played, when and how hard, on which of a Roland module's pads.

The note numbers are the module's own (not General MIDI), so that articulations survive until a kit is chosen. A file holds the columns
`onset` (float64, seconds), `note`, `velocity` and `pedal` (uint8), as `pieces` writes them; `n2n.kits.performances` builds such a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from n2n.training.pieces import read_pieces, write_pieces

PERFORMANCES_FILE: Final = "performances.safetensors"


class Hit(NamedTuple):
    """One hit: onset in seconds, drum, how it is struck, on which piece, how hard (1..127)."""

    onset: float
    drum: str
    articulation: str
    piece: int
    velocity: int


class Pad(NamedTuple):
    """What a Roland note stands for: a drum, how it is struck, and which of the kit's pieces (toms 1 high to 3 low, crashes 1 and 2)."""

    drum: str
    articulation: str
    piece: int = 1


ROLAND_PADS: Final = {
    36: Pad("KD", "kick"),
    38: Pad("SN", "snare"),
    40: Pad("SN", "rimshot"),
    37: Pad("SN", "cross_stick"),
    48: Pad("TT", "tom", 1),
    50: Pad("TT", "tom", 1),
    45: Pad("TT", "tom", 2),
    47: Pad("TT", "tom", 2),
    43: Pad("TT", "tom", 3),
    58: Pad("TT", "tom", 3),
    42: Pad("HH", "hh_closed"),
    22: Pad("HH", "hh_closed"),
    44: Pad("HH", "hh_pedal"),
    46: Pad("HH", "hh_open"),
    26: Pad("HH", "hh_open"),
    49: Pad("CY", "crash", 1),
    55: Pad("CY", "crash", 1),
    57: Pad("CY", "crash", 2),
    52: Pad("CY", "crash", 2),
    51: Pad("RD", "ride"),
    59: Pad("RD", "ride"),
    53: Pad("BE", "ride_bell"),
}
"""The 22 notes of the Groove MIDI Dataset."""


@dataclass(frozen=True)
class Performance:
    """One performance: arrays over its notes, `onset` in ascending seconds, `note` in Roland numbers, `velocity` in 1..127.

    `pedal` is the hi-hat controller at each note, 0 open .. 127 shut (90 is the most that the dataset holds).
    `duration` is in seconds; `bpm` and `time_signature` are as played to; `beat_type` is `beat` or `fill`.
    """

    name: str
    split: str
    style: str
    bpm: float
    onset: np.ndarray
    note: np.ndarray
    velocity: np.ndarray
    duration: float
    pedal: np.ndarray
    beat_type: str = "beat"
    time_signature: str = "4-4"

    @cached_property
    def hits(self) -> list[Hit]:
        """What was played, on drums of ours."""
        notes = zip(self.onset, self.note, self.velocity, strict=True)
        return [Hit(float(onset), *ROLAND_PADS[int(note)], int(velocity)) for onset, note, velocity in notes]


_DESCRIPTION: Final = ("name", "split", "style", "bpm", "duration", "beat_type", "time_signature")
_COLUMNS: Final = ("onset", "note", "velocity", "pedal")


def write_performances(performances: Sequence[Performance], path: Path) -> None:
    """Writes all performances into one file, creating its folder. Raises ValueError where there are none."""
    entries = [{key: getattr(p, key) for key in _DESCRIPTION} for p in performances]
    write_pieces(path, "performances", entries, {name: [getattr(p, name) for p in performances] for name in _COLUMNS})


def read_performances(path: Path) -> list[Performance]:
    """Reads the performances of a file; raises ValueError where it is none."""
    return [Performance(**piece) for piece in read_pieces(path, "performances")]
