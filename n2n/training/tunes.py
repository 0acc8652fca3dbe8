"""Tunes for a band to play under the drums: parts for instruments, written in beats, so that they go at any tempo.

A file holds all tunes end to end: tensors `onset` and `length` (float32, beats), `pitch`, `velocity` and `part` (uint8) over all notes and
`offsets` (int64, tunes + 1); its metadata holds a JSON list with one entry per tune. Imports numpy and safetensors alone, so that a bare
GPU image can read it; `n2n.kits.tunes` builds such a file.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

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


_ARRAYS: Final = {"onset": np.float32, "length": np.float32, "pitch": np.uint8, "velocity": np.uint8, "part": np.uint8}


def write_tunes(tunes: Sequence[Tune], path: Path) -> None:
    """Writes all tunes into one file, creating its folder. Raises ValueError where there are none."""
    if not tunes:
        raise ValueError("no tunes to write")
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: np.concatenate([getattr(tune, name) for tune in tunes]).astype(kind) for name, kind in _ARRAYS.items()}
    offsets = np.cumsum([0, *(len(tune.onset) for tune in tunes)], dtype=np.int64)
    described = [{"name": tune.name, "beats": tune.beats, "parts": tune.parts} for tune in tunes]
    save_file({**tensors, "offsets": offsets}, path, metadata={"tunes": json.dumps(described)})


def read_tunes(path: Path) -> list[Tune]:
    """Reads the tunes of a file; raises ValueError where it is none."""
    with safe_open(path, framework="np") as file:
        metadata = file.metadata() or {}
        if "tunes" not in metadata:
            raise ValueError(f"{path.name} holds no tunes: build them with `n2n kits`")
        arrays = {name: file.get_tensor(name) for name in _ARRAYS}
        offsets = file.get_tensor("offsets")
    spans = [slice(int(begin), int(end)) for begin, end in pairwise(offsets)]
    return [
        Tune(entry["name"], entry["beats"], tuple(Part(*part) for part in entry["parts"]), **{n: a[span] for n, a in arrays.items()})
        for entry, span in zip(json.loads(metadata["tunes"]), spans, strict=True)
    ]
