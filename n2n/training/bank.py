"""Sample bundles: the one-shots of one source (a kit, a SoundFont, a Hydrogen kit) in one safetensors file.

A bundle holds one tensor, `audio` (int16, mono, 44.1 kHz, all one-shots end to end), and in its metadata a JSON list of `OneShot`.
Imports numpy and safetensors alone, so that a bare GPU image can read it; `n2n.kits` builds bundles.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

from n2n.files import atomic_write, safetensors_of


@dataclass(frozen=True)
class OneShot:
    """One recorded or rendered hit.

    `piece` names the physical drum (two crashes are two pieces), `articulation` how it was struck (`hh_closed`, `snare`, `ride_bell`, ...).
    `velocity` (1..127) is the middle of its layer; `gain_db` is the level to render with, the file itself peaks at -1 dBFS.
    """

    kit: str
    drum: str
    articulation: str
    piece: str
    velocity: int
    onset: int
    gain_db: float
    start: int
    length: int
    electronic: bool = False
    mix: str = ""


@dataclass(frozen=True)
class Bundle:
    """The one-shots of one source and their samples (int16, mono, 44.1 kHz)."""

    name: str
    licence: str
    shots: tuple[OneShot, ...]
    audio: np.ndarray

    def samples(self, shot: OneShot) -> np.ndarray:
        """The one-shot as float32 in [-1, 1], beginning at its onset."""
        begin = shot.start + shot.onset
        return self.audio[begin : shot.start + shot.length].astype(np.float32) / 32768.0


class Sample(NamedTuple):
    """A one-shot and the bundle that holds its wave."""

    bundle: Bundle
    shot: OneShot


def write_bundle(bundle: Bundle, path: Path) -> None:
    """Writes the bundle to `path`, creating its folder."""
    index = {"name": bundle.name, "licence": bundle.licence, "shots": [asdict(shot) for shot in bundle.shots]}
    with atomic_write(path) as partial:
        save_file({"audio": bundle.audio.astype(np.int16)}, partial, metadata={"bundle": json.dumps(index)})


def read_bundle(path: Path) -> Bundle:
    """Reads one bundle; raises ValueError where the file is damaged or no bundle."""
    with safetensors_of(path), safe_open(path, framework="np") as file:
        metadata = file.metadata() or {}
        if "bundle" not in metadata:
            raise ValueError(f"{path.name} is not a sample bundle: build bundles with `n2n kits`")
        audio = file.get_tensor("audio")
    index = json.loads(metadata["bundle"])
    return Bundle(index["name"], index["licence"], tuple(OneShot(**shot) for shot in index["shots"]), audio)


def read_bundles(folder: Path, wanted: Callable[[str], bool] = lambda name: True) -> list[Bundle]:
    """Reads the bundles of a folder whose names are wanted, in order of name; hidden files, such as half-written ones, apart.

    Raises ValueError where the folder has none at all.
    """
    paths = sorted(path for path in folder.glob("*.safetensors") if not path.name.startswith("."))
    if not paths:
        raise ValueError(f"no sample bundles in {folder}: build some with `n2n kits`")
    return [read_bundle(path) for path in paths if wanted(path.stem)]
