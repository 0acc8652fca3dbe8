"""Pieces of music in one file: what is known of each, and columns of numbers over its notes, all pieces end to end.

Tensors are the columns and `offsets` (int64, pieces + 1); the metadata holds a JSON list with one entry per piece. Imports numpy and
safetensors alone, so that a bare GPU image can read it.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from n2n.files import atomic_write, safetensors_of


def write_pieces(path: Path, kind: str, entries: Sequence[Mapping[str, Any]], columns: Mapping[str, Sequence[np.ndarray]]) -> None:
    """Writes pieces of a kind (`tunes`), each column being an array for each of them, creating the folder. ValueError: there are none."""
    if not entries:
        raise ValueError(f"no {kind} to write")
    tensors = {name: np.concatenate(arrays) for name, arrays in columns.items()}
    lengths = [len(array) for array in next(iter(columns.values()))]
    tensors["offsets"] = np.cumsum([0, *lengths], dtype=np.int64)
    with atomic_write(path) as partial:
        save_file(tensors, partial, metadata={kind: json.dumps(entries)})


def read_pieces(path: Path, kind: str) -> list[dict[str, Any]]:
    """What is known of each piece, and its columns, by name; raises ValueError where the file is damaged or holds none of the kind."""
    with safetensors_of(path), safe_open(path, framework="np") as file:
        metadata = file.metadata() or {}
        if kind not in metadata:
            raise ValueError(f"{path.name} holds no {kind}: build them with `n2n kits`")
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, it is no dict
    spans = [slice(int(begin), int(end)) for begin, end in pairwise(tensors.pop("offsets"))]
    entries = json.loads(metadata[kind])
    return [entry | {name: tensor[span] for name, tensor in tensors.items()} for entry, span in zip(entries, spans, strict=True)]
