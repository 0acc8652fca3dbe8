"""Kits of the Hydrogen drum machine: a folder with sound files and a `drumkit.xml` that says which file sounds at which velocity.

Layers are read directly (no synthesiser): their files are mixed to mono, resampled together with the layer's pitch, and placed at
the velocity in the middle of their range. As in Hydrogen, level is proportional to velocity times the gains of layer and instrument.
"""

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from n2n.kits.hydrogen_kits import HYDROGEN_KITS, HydrogenKit
from n2n.kits.shots import Sounds, Take, cut, level_db, pack_sounds, read_mono
from n2n.shapes import Float

SINGLE_LAYER_VELOCITY: Final = 100
"""Of an instrument with one layer, recorded at an unknown, usual strength."""
MAX_PITCH: Final = 48.0
"""Semitones that a layer may be played higher or lower: four octaves."""


class Layer(NamedTuple):
    """One sound file of an instrument, for velocities from `low` to `high` (0 to 1); `pitch` in semitones, `gain` linear."""

    file: str
    low: float
    high: float
    gain: float
    pitch: float


class Instrument(NamedTuple):
    """An instrument of a kit, its layers from soft to hard; `gain` is linear."""

    id: int
    gain: float
    layers: tuple[Layer, ...]


def build_hydrogen(folder: Path, *, known: Mapping[str, HydrogenKit] = HYDROGEN_KITS) -> Sounds:
    """The sounds of one Hydrogen kit.

    Args:
        folder: the kit's folder, which holds its drumkit.xml.
        known: what the instruments of each kit are, by the kit's name in that file.

    Raises:
        ValueError: there is no drumkit.xml, the kit is in no table, or a file is missing or lies outside the folder.
    """
    name, instruments = read_drumkit(folder)
    if name not in known:
        raise ValueError(f"nothing is known of the Hydrogen kit {name!r}: known are {', '.join(sorted(known))}")
    kit = known[name]
    takes = []
    for instrument in instruments:
        if instrument.id in kit.voices:
            kept = [layer for layer in instrument.layers if layer.file not in kit.dropped]
            takes += [take for layer in kept if (take := _take(layer, instrument, kit, folder)) is not None]
    return pack_sounds(kit.name, kit.licence, takes)


def read_drumkit(folder: Path) -> tuple[str, list[Instrument]]:
    """The name of a kit and its instruments that have sounds. Raises ValueError where the folder is no kit."""
    path = folder / "drumkit.xml"
    if not path.is_file():
        raise ValueError(f"no drumkit.xml in {folder}: name the folder of one Hydrogen kit")
    try:
        root = ElementTree.fromstring(path.read_bytes())
    except ElementTree.ParseError as error:
        raise ValueError(f"{path} is not well-formed XML ({error})") from error
    namespace = root.tag[: root.tag.index("}") + 1] if "}" in root.tag else ""
    try:
        instruments = [_instrument(element, namespace) for element in root.iter(f"{namespace}instrument")]
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return root.findtext(f"{namespace}name") or folder.name, [instrument for instrument in instruments if instrument.layers]


def _instrument(element: ElementTree.Element, namespace: str) -> Instrument:
    def number(parent: ElementTree.Element, tag: str, default: float, least: float = 0.0, most: float = 1000.0) -> float:
        text = parent.findtext(namespace + tag) or str(default)
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise ValueError(f"<{tag}> must be a number from {least:g} to {most:g}, not {text!r}")
        return value

    def layer(parent: ElementTree.Element) -> Layer:
        low, high, gain = (number(parent, tag, default) for tag, default in (("min", 0.0), ("max", 1.0), ("gain", 1.0)))
        pitch = number(parent, "pitch", 0.0, -MAX_PITCH, MAX_PITCH)
        return Layer(parent.findtext(f"{namespace}filename") or "", low, high, gain, pitch)

    layers = [layer(child) for child in element.iter(f"{namespace}layer")]
    if not layers and element.findtext(f"{namespace}filename"):
        layers = [layer(element)._replace(low=0.0, high=1.0, gain=1.0)]  # kits of before Hydrogen 0.9 have one file per instrument
    gain = number(element, "gain", 1.0) * number(element, "volume", 1.0)
    return Instrument(int(number(element, "id", -1.0, -1.0)), gain, _without_overlap(layers))


def _without_overlap(layers: list[Layer]) -> tuple[Layer, ...]:
    """Layers from soft to hard, each beginning no lower than where the one before it ends."""
    ordered: list[Layer] = []
    for layer in sorted(layers, key=lambda layer: (layer.high, layer.low)):
        below = ordered[-1].high if ordered else 0.0
        ordered.append(layer._replace(low=min(max(layer.low, below), layer.high)))
    return tuple(ordered)


def _take(layer: Layer, instrument: Instrument, kit: HydrogenKit, folder: Path) -> Take | None:
    wave = _read_layer(layer, folder)
    if not wave.any():
        return None  # kits fill unused places with silence
    single = len(instrument.layers) == 1
    velocity = SINGLE_LAYER_VELOCITY if single else min(127, max(1, round(127 * (layer.low + layer.high) / 2)))
    voice = kit.voices[instrument.id]
    level = level_db(wave) + 20 * math.log10(max(1e-3, layer.gain * instrument.gain * velocity / 127))
    sound, onset = cut(wave, voice.articulation)
    return Take(kit.name, voice.drum, voice.articulation, voice.piece, velocity, level, onset, sound, kit.electronic)


def _read_layer(layer: Layer, folder: Path) -> Float[np.ndarray, " samples"]:
    path = folder / layer.file
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        raise ValueError(f"{folder.name}: its drumkit.xml names {layer.file!r}, which is not in the folder")
    return read_mono(path, semitones=layer.pitch)
