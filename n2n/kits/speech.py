"""Speakers out of games: KLettres and Potato Guy (KDE) say letters, syllables and words in many languages, the heroes of Hedgewars shout,
and the characters of Fish Fillets hold conversations.

Debian and Ubuntu have them in the packages `klettres-data`, `ktuberling-data`, `hedgewars-data`, `fillets-ng-data-cs` and
`fillets-ng-data-nl`.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from n2n.kits.shots import SAMPLE_RATE, Take, cut, level_db, pack, read_mono
from n2n.training.bank import Bundle

LONGEST_S: Final = 60.0
"""What is taken of a speaker: some say hundreds of syllables."""

LONGEST_GAME_S: Final = 1500.0
"""What is taken of a game, shared by its speakers."""


class Game(NamedTuple):
    """The sounds of a game: a folder for each speaker (a language, a voice, a scene), and which files below it, as a glob."""

    folder: Path
    licence: str
    files: str = "**/*"


GAMES: Final = {
    "klettres": Game(Path("/usr/share/klettres"), "GPL-2.0-or-later"),
    "ktuberling": Game(Path("/usr/share/ktuberling/sounds"), "GPL-2.0-or-later"),
    "hedgewars": Game(Path("/usr/share/games/hedgewars/Data/Sounds/voices"), "GFDL-1.3"),
    "fillets_cs": Game(Path("/usr/share/games/fillets-ng/sound"), "GPL-2.0", "cs/*"),
    "fillets_nl": Game(Path("/usr/share/games/fillets-ng/sound"), "GPL-2.0", "nl/*"),
}
"""Where Debian's and Ubuntu's packages put them."""


def build_speech(name: str, game: Game) -> Bundle:
    """What is spoken in one game, the silence around it dropped.

    One-shots have no drum, but the speaker as `kit` and `speech` as `articulation`.

    Args:
        name: of the bundle.
        game: its sounds.

    Raises:
        ValueError: there is nothing to take, or a file cannot be read as sound.
    """
    speakers = {path.name: _recordings(path, game.files) for path in sorted(game.folder.iterdir()) if path.is_dir()}
    spoken = {speaker: paths for speaker, paths in speakers.items() if paths}
    longest = min(LONGEST_S, LONGEST_GAME_S / max(1, len(spoken)))
    return pack(name, game.licence, [take for speaker, paths in spoken.items() for take in _spoken(f"{name}_{speaker}", paths, longest)])


def _recordings(folder: Path, files: str) -> list[Path]:
    return sorted(path for path in folder.glob(files) if path.suffix in (".ogg", ".wav") and not path.name.startswith("."))


def _spoken(speaker: str, paths: Iterable[Path], longest: float) -> Iterator[Take]:
    seconds = 0.0
    for path in paths:
        if seconds > longest:
            return
        recorded = read_mono(path)
        if not recorded.any():
            continue
        wave, onset = cut(recorded, "speech")
        seconds += len(wave) / SAMPLE_RATE
        yield Take(speaker, "", "speech", path.stem, 115, level_db(wave), onset, wave)
