"""Tunes for a band to play under the drums: parts for instruments, written in beats, so that they go at any tempo.

A file holds the columns `onset` and `length` (float32, beats), `pitch`, `velocity` and `part` (uint8), as `pieces` writes them;
`n2n.kits.tunes` builds such a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from n2n.training.pieces import read_pieces, write_pieces

TUNES_FILE: Final = "tunes.safetensors"


class Part(NamedTuple):
    """Who plays: an instrument by its name, and its role in the band (`bass`, `chord`, `lead`, `pad`)."""

    instrument: str
    role: str


@dataclass(frozen=True)
class Tune:
    """A few bars that can be repeated: arrays over its notes, in order of onset.

    `onset` and `length` are in beats, `beats` is the length of the whole; `pitch` and `velocity` are MIDI's; `part` counts in `parts`.
    """

    name: str
    beats: float
    parts: tuple[Part, ...]
    onset: np.ndarray
    length: np.ndarray
    pitch: np.ndarray
    velocity: np.ndarray
    part: np.ndarray


_COLUMNS: Final = {"onset": np.float32, "length": np.float32, "pitch": np.uint8, "velocity": np.uint8, "part": np.uint8}


def write_tunes(tunes: Sequence[Tune], path: Path) -> None:
    """Writes all tunes into one file, creating its folder. Raises ValueError where there are none."""
    entries = [{"name": tune.name, "beats": tune.beats, "parts": tune.parts} for tune in tunes]
    write_pieces(path, "tunes", entries, {name: [getattr(tune, name).astype(kind) for tune in tunes] for name, kind in _COLUMNS.items()})


def read_tunes(path: Path) -> list[Tune]:
    """Reads the tunes of a file; raises ValueError where it is none."""
    return [Tune(parts=tuple(Part(*part) for part in piece.pop("parts")), **piece) for piece in read_pieces(path, "tunes")]
