"""Recorded guitars without drums: songs for Frets on Fire, a game whose player's guitar is a track of its own.

Debian and Ubuntu have them in the packages `fretsonfire-songs-sectoid` and `fretsonfire-songs-muldjord`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from n2n.kits.shots import SAMPLE_RATE, Take, level_db, pack, read_mono
from n2n.training.bank import Bundle

STRETCH_S: Final = 12.0
"""A track is kept in stretches of this length: longer than a training clip."""

REST_DB: Final = -20.0
"""Stretches softer than the loudest of their track by more than this are rests, and left out."""


class Guitar(NamedTuple):
    """The track of a song's guitar."""

    path: Path
    licence: str


FRETS_ON_FIRE: Final = Path("/usr/share/games/fretsonfire/data/songs")
"""Where Debian's and Ubuntu's packages put songs."""

GUITARS: Final = {
    name: Guitar(FRETS_ON_FIRE / folder / "guitar.ogg", licence)
    for name, folder, licence in (
        ("sectoid_escape", "sectoid/Escape from chaosland", "MIT"),
        ("sectoid_feelings", "sectoid/Feelings", "MIT"),
        ("sectoid_madness", "sectoid/Metal madness", "MIT"),
        ("sectoid_war", "sectoid/War of freedom", "MIT"),
        ("muldjord_armygeddon", "muldjord/armygeddon", "CC-BY-SA-3.0"),
        ("muldjord_chaos", "muldjord/chaos_god", "CC-BY-SA-3.0"),
        ("muldjord_degeneration", "muldjord/internal_degeneration", "CC-BY-SA-3.0"),
        ("muldjord_mime", "muldjord/mutilated_mime", "CC-BY-SA-3.0"),
    )
}


def build_guitar(name: str, guitar: Guitar) -> Bundle:
    """The guitar of a song in stretches of 12 s, rests left out.

    One-shots have no drum, but `guitar` as `articulation` and their number as `piece`.

    Args:
        name: of the bundle.
        guitar: its track.

    Raises:
        ValueError: the track is missing, cannot be read as sound, or is shorter than a stretch.
    """
    return pack(name, guitar.licence, list(_stretches(name, read_mono(guitar.path))))


def _stretches(name: str, track: np.ndarray) -> Iterator[Take]:
    length = round(STRETCH_S * SAMPLE_RATE)
    stretches = track[: len(track) // length * length].reshape(-1, length)
    loudness = np.sqrt(np.mean(stretches**2, axis=1))
    for number, stretch in enumerate(stretches):
        if loudness[number] > loudness.max() * 10.0 ** (REST_DB / 20.0):
            yield Take(name, "", "guitar", str(number), 100, level_db(stretch), 0, stretch)
