"""Tunes out of MMA (Musical MIDI Accompaniment, mellowood.ca/mma), which knows how bands of hundreds of styles play a row of chords.

MMA is a program of its own, in Debian and Ubuntu the package `mma`. It writes MIDI, of which all but the drums is taken.
"""

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import numpy as np

from n2n.kits.instruments import INSTRUMENTS
from n2n.training.tunes import Part, Tune

MMA_LIBRARY: Final = Path("/usr/share/mma/lib")
"""Where Debian's and Ubuntu's packages put MMA's styles."""

BARS: Final = 8
CHORDS: Final = (
    ("C", "Am", "F", "G"),
    ("Am", "F", "C", "G"),
    ("C", "C", "F", "G7"),
    ("Dm7", "G7", "CM7", "A7"),
    ("C7", "F7", "C7", "C7", "F7", "F7", "C7", "G7"),
    ("Em", "C", "D", "Em"),
    ("Am", "G", "F", "E7"),
    ("C", "Bb", "F", "C"),
    ("Cm7", "Cm7", "Fm7", "Bb7"),
    ("C", "G", "Am", "Em", "F", "C", "F", "G"),
)
"""Rows of chords, a bar each; the styles take turns with them."""

STYLES_PER_FILE: Final = 2
_NOT_PLAYED: Final = re.compile(r"intro|end|fill|sus|count|metronome|none", re.IGNORECASE)
_DEFINED: Final = re.compile(r"^\s*DefGroove\s+(\S+)", re.IGNORECASE | re.MULTILINE)


def find_styles(library: Path) -> list[str]:
    """The first two styles that each file of a library defines, openings, endings and fills left aside; each name once."""
    found: dict[str, str] = {}
    for path in sorted(library.glob("*/*.mma")):
        names = [name for name in _DEFINED.findall(path.read_text("utf-8", errors="replace")) if not _NOT_PLAYED.search(name)]
        for name in names[:STYLES_PER_FILE]:
            found.setdefault(name.lower(), name)
    return list(found.values())


def build_tunes(program: Path, library: Path) -> list[Tune]:
    """Eight bars of every style in a library; styles in which MMA has nothing but drums to play are left out.

    Raises:
        ValueError: the library has no styles, or MMA cannot play one of them.
    """
    styles = find_styles(library)
    if not styles:
        raise ValueError(f"no styles of MMA in {library}: install the package mma again")
    return [tune for index, style in enumerate(styles) if (tune := _play(program, style, CHORDS[index % len(CHORDS)])) is not None]


def _play(program: Path, style: str, chords: tuple[str, ...]) -> Tune | None:
    with tempfile.TemporaryDirectory() as folder:
        score, midi = Path(folder, "tune.mma"), Path(folder, "tune.mid")
        bars = [f"{bar + 1} {chords[bar % len(chords)]}" for bar in range(BARS)]
        score.write_text("\n".join(["RndSeed 1", "Tempo 60", f"Groove {style}", *bars, ""]))
        run = subprocess.run([program, "-w", "-f", midi, score], capture_output=True, text=True, cwd=folder, check=False)
        if run.returncode or not midi.is_file():
            raise ValueError(f"MMA cannot play its style {style}: {(run.stdout + run.stderr).strip()}")
        return read_tune(midi, style)


def read_tune(path: Path, name: str) -> Tune | None:
    """The tune of a MIDI file of 60 beats a minute, None where no instrument that we have plays in it."""
    import pretty_midi

    midi = pretty_midi.PrettyMIDI(str(path))
    parts, rows = [], []
    for instrument in midi.instruments:
        played = None if instrument.is_drum else instrument_of(int(instrument.program))
        if played is not None and instrument.notes:
            rows += [(note.start, note.end - note.start, note.pitch, note.velocity, len(parts)) for note in instrument.notes]
            parts.append(played)
    if not parts:
        return None
    onset, length, pitch, velocity, part = (np.array(column) for column in zip(*sorted(rows), strict=True))
    signature = midi.time_signature_changes[0] if midi.time_signature_changes else pretty_midi.TimeSignature(4, 4, 0.0)
    bar = signature.numerator * 4.0 / signature.denominator
    beats = bar * max(1.0, np.ceil((onset[-1] + 1e-6) / bar))
    return Tune(name, float(beats), tuple(parts), onset, length, pitch, velocity, part)


def instrument_of(program: int) -> Part | None:
    """The instrument of ours that is nearest to a General MIDI programme (from 0) in its family of eight, None where we have none."""
    family = [ours for ours in INSTRUMENTS if ours // 8 == program // 8]
    nearest = min(family, key=lambda ours: abs(ours - program), default=None)
    return None if nearest is None else Part(*INSTRUMENTS[nearest])
