"""Speakers out of two games for children, KLettres and Potato Guy (KDE), that say letters, syllables and words in many languages.

Debian and Ubuntu have them in the packages `klettres-data` and `ktuberling-data`. A language of a game is a speaker.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from n2n.kits.shots import SAMPLE_RATE, Take, cut, level_db, pack, read_mono
from n2n.training.bank import Bundle

LICENCE: Final = "GPL-2.0-or-later"
LONGEST_S: Final = 60.0
"""What is taken of a speaker: some say hundreds of syllables."""


def build_speech(name: str, folder: Path) -> Bundle:
    """What is spoken in one game, the silence around it dropped.

    One-shots have no drum, but the speaker as `kit` and `speech` as `articulation`.

    Args:
        name: of the bundle.
        folder: holds a folder of sound files for each language, by its code.

    Raises:
        ValueError: there is nothing to take, or a file cannot be read as sound.
    """
    speakers = sorted(path for path in folder.iterdir() if path.is_dir())
    return pack(name, LICENCE, [take for speaker in speakers for take in _spoken(f"{name}_{speaker.name}", speaker)])


def _spoken(speaker: str, folder: Path) -> Iterator[Take]:
    seconds = 0.0
    for path in sorted([*folder.rglob("*.ogg"), *folder.rglob("*.wav")]):
        if seconds > LONGEST_S:
            return
        recorded = read_mono(path)
        if not recorded.any():
            continue
        wave, onset = cut(recorded, "speech")
        seconds += len(wave) / SAMPLE_RATE
        yield Take(speaker, "", "speech", path.stem, 115, level_db(wave), onset, wave)
