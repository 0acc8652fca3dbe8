"""Builds training material: sample bundles from kits in folders, SoundFonts and Hydrogen kits, human performances, tunes for a band,
speech and recorded guitars.

`build_all` does everything at once; the modules beside it hold one kind of source each. FluidSynth is loaded only for a SoundFont.
"""

import importlib.util
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from n2n.kits.download import GROOVE, fetch_kit
from n2n.kits.folder import TABLE, build_folder
from n2n.kits.guitars import GUITARS, Guitar, build_guitar
from n2n.kits.hydrogen import build_hydrogen, read_drumkit
from n2n.kits.hydrogen_kits import HYDROGEN_KITS
from n2n.kits.installed import INSTALLED_KITS, InstalledKit, build_installed
from n2n.kits.performances import build_performances
from n2n.kits.public import build_public
from n2n.kits.shots import Sounds
from n2n.kits.soundfont import KNOWN_SOUNDFONTS, build_instruments, build_soundfont, has_instruments
from n2n.kits.speech import GAMES, Game, build_speech
from n2n.kits.tunes import MMA_LIBRARY, build_tunes
from n2n.training.bank import Bundle, write_bundle
from n2n.training.performances import PERFORMANCES_FILE, write_performances
from n2n.training.synth import procedural_bundle
from n2n.training.tunes import TUNES_FILE, write_tunes

DATA_VARIABLE: Final = "N2N_DATA"
SOUNDFONT_FOLDERS: Final = (Path("/usr/share/sounds/sf2"), Path("/usr/share/minuet/soundfonts"))
HYDROGEN_FOLDER: Final = Path("/usr/share/hydrogen/data/drumkits")
"""Where Debian's and Ubuntu's packages put SoundFonts and Hydrogen kits."""


def data_folder(folder: Path | None = None) -> Path:
    """The folder of data: the one given, or the one that the variable N2N_DATA names. Raises ValueError where neither is a folder."""
    named = folder or os.environ.get(DATA_VARIABLE)
    if not named:
        raise ValueError(f"no data folder: name one, or set the environment variable {DATA_VARIABLE}")
    if not Path(named).is_dir():
        raise ValueError(f"no data folder at {named}: name one that exists, or set {DATA_VARIABLE} to it")
    return Path(named)


class DataFolder(NamedTuple):
    """What a data folder holds: a folder of kits with its table, and the Groove MIDI Dataset's zip. One of the two may be missing."""

    kits: Path | None
    groove: Path | None


def read_data_folder(folder: Path) -> DataFolder:
    """What there is to build from in a data folder; ValueError where there is nothing, which is then a wrong folder."""
    kits, groove = folder / "kits", folder / GROOVE.file
    found = DataFolder(kits if (kits / TABLE).is_file() else None, groove if groove.is_file() else None)
    if found == (None, None):
        raise ValueError(
            f"{folder} holds neither kits/{TABLE} nor {GROOVE.file}: name a data folder that holds one of them, "
            f"or none (--data left out, {DATA_VARIABLE} not set)"
        )
    return found


def find_soundfonts(folders: Iterable[Path] = SOUNDFONT_FOLDERS) -> list[Path]:
    """The SoundFonts of some folders that we know the notes of, by name."""
    return [path for folder in folders for path in sorted(folder.glob("*.sf2")) if path.stem in KNOWN_SOUNDFONTS]


def find_hydrogen_kits(folder: Path = HYDROGEN_FOLDER) -> list[Path]:
    """The Hydrogen kits of a folder that we know the instruments of, by name."""
    folders = sorted(path.parent for path in folder.glob("*/drumkit.xml"))
    return [path for path in folders if read_drumkit(path)[0] in HYDROGEN_KITS]


def find_mma() -> Path | None:
    """The program MMA, None where it, its library or pretty_midi, which reads what it writes, is not installed."""
    program = shutil.which("mma")
    return Path(program) if program and MMA_LIBRARY.is_dir() and importlib.util.find_spec("pretty_midi") else None


def find_installed_kits() -> dict[str, InstalledKit]:
    """The kits of other programs that are installed, by the name of the bundle to make of each."""
    return {name: kit for name, kit in INSTALLED_KITS.items() if kit.folder.is_dir()}


def find_speech() -> dict[str, Game]:
    """The games with speech that are installed, by the name of the bundle to make of each."""
    return {name: game for name, game in GAMES.items() if any(game.folder.glob(f"*/{game.files}"))}


def find_guitars() -> dict[str, Guitar]:
    """The recorded guitars that are installed, by the name of the bundle to make of each."""
    return {name: guitar for name, guitar in GUITARS.items() if guitar.path.is_file()}


@dataclass(frozen=True)
class Sources:
    """What to build from.

    Attributes:
        procedural: how many kits to synthesise.
        kits_folder: a folder with a kits.csv.
        soundfonts: SoundFont files (these need libfluidsynth).
        hydrogen: folders of one Hydrogen kit each.
        installed: kits of other programs, by the name of their bundle.
        public: names of public kits, fetched where they are not yet.
        groove: the Groove MIDI Dataset's zip.
        mma: the program MMA, to write tunes with.
        speech: games with speech, by the name of their bundle.
        guitars: recorded guitars, by the name of their bundle.
    """

    procedural: int = 0
    kits_folder: Path | None = None
    soundfonts: tuple[Path, ...] = ()
    hydrogen: tuple[Path, ...] = ()
    installed: Mapping[str, InstalledKit] = field(default_factory=dict)
    public: tuple[str, ...] = ()
    groove: Path | None = None
    mma: Path | None = None
    speech: Mapping[str, Game] = field(default_factory=dict)
    guitars: Mapping[str, Guitar] = field(default_factory=dict)


def installed_sources() -> Sources:
    """All that the system's packages bring."""
    return Sources(
        soundfonts=tuple(find_soundfonts()),
        hydrogen=tuple(find_hydrogen_kits()),
        installed=find_installed_kits(),
        mma=find_mma(),
        speech=find_speech(),
        guitars=find_guitars(),
    )


def build_all(output: Path, sources: Sources) -> list[Path]:
    """Builds every bundle that the sources give, the performances and the tunes.

    Args:
        output: gets `bundles/kits/`, `bundles/distractors/`, `bundles/instruments/`, `bundles/speech/`, `bundles/guitars/`,
            `performances.safetensors` and `tunes.safetensors`.
        sources: at least one.

    Returns:
        The files written, in order of writing.

    Raises:
        ValueError: there is no source, one of them cannot be read or fetched, or two give a bundle of one name.
    """
    written: list[Path] = []
    if sources.procedural:
        written += _write([procedural_bundle(seed=0, kits=sources.procedural)], output, "kits")
    if sources.kits_folder is not None:
        written += _write(build_folder(sources.kits_folder), output, "kits")
    for path in sources.soundfonts:
        written += _write_soundfont(path, output)
    for path in sources.hydrogen:
        written += _write_sounds(build_hydrogen(path), output)
    for name, found in sources.installed.items():
        written += _write_sounds(build_installed(name, found), output)
    for name in sources.public:
        written += _write_sounds(build_public(name, fetch_kit(name, output / "downloads")), output)
    if sources.groove is not None:
        written.append(output / PERFORMANCES_FILE)
        write_performances(build_performances(sources.groove), written[-1])
    if sources.mma is not None:
        written.append(output / TUNES_FILE)
        write_tunes(build_tunes(sources.mma, MMA_LIBRARY), written[-1])
    for name, game in sources.speech.items():
        written += _write([build_speech(name, game)], output, "speech")
    for name, guitar in sources.guitars.items():
        written += _write([build_guitar(name, guitar)], output, "guitars")
    twice = sorted({str(path.relative_to(output)) for path in written if written.count(path) > 1})
    if twice:
        raise ValueError(f"two sources gave {', '.join(twice)}, and the later one overwrote the earlier: leave one of them out")
    if not written:
        raise ValueError("nothing to build: name at least one source")
    return written


def _write(bundles: Iterable[Bundle | None], output: Path, kind: str) -> list[Path]:
    paths = []
    for bundle in bundles:
        if bundle is not None:
            paths.append(output / "bundles" / kind / f"{bundle.name}.safetensors")
            write_bundle(bundle, paths[-1])
    return paths


def _write_sounds(sounds: Sounds, output: Path) -> list[Path]:
    return _write([sounds.kit], output, "kits") + _write([sounds.distractors], output, "distractors")


def _write_soundfont(path: Path, output: Path) -> list[Path]:
    instruments = build_instruments(path) if has_instruments(path) else None
    return _write_sounds(build_soundfont(path), output) + _write([instruments], output, "instruments")
