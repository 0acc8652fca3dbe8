"""Kits in a folder: FLAC or WAV one-shots beside a `kits.csv` that says what each of them is.

Columns that are read: kit, mix, file, class, articulation, piece, velocity, onset_sample, attack_sample, gain_db, kind, licence.
Files are mono at 44.1 kHz, their paths relative to the folder.
"""

import math
from collections import defaultdict
from pathlib import Path, PureWindowsPath
from typing import Any, Final

import numpy as np

from n2n.drums import check_drum
from n2n.files import read_table
from n2n.kits.shots import SAMPLE_RATE, SLOW_ARTICULATIONS, Take, pack, read_sound, trimmed
from n2n.shapes import Float
from n2n.training.bank import Bundle

TABLE: Final = "kits.csv"
COLUMNS: Final = (
    "kit",
    "mix",
    "file",
    "class",
    "articulation",
    "piece",
    "velocity",
    "onset_sample",
    "attack_sample",
    "gain_db",
    "kind",
    "licence",
)


def build_folder(folder: Path) -> list[Bundle]:
    """One bundle per kit of a folder, in order of name.

    Raises:
        ValueError: there is no kits.csv, it is no table in UTF-8, a column or a file is missing, a row lacks a field or holds what it may
            not, or a file is not mono at 44.1 kHz.
    """
    table = folder / TABLE
    if not table.is_file():
        raise ValueError(f"no {TABLE} in {folder}: a folder of kits holds one row per one-shot in that file")
    takes: dict[str, list[Take]] = defaultdict(list)
    licences: dict[str, str] = {}
    columns, rows = read_table(table)
    missing = sorted(set(COLUMNS) - set(columns))
    if missing:
        raise ValueError(f"{table} lacks the columns {', '.join(missing)}")
    for number, row in enumerate(rows, start=1):
        try:
            _check_full(row)
            _check_name(row["kit"])
            takes[row["kit"]].append(_take(row, folder))
        except ValueError as error:
            raise ValueError(f"{table}, row {number} below its header: {error}") from error
        licences[row["kit"]] = row["licence"]
    return [pack(kit, licences[kit], takes[kit]) for kit in sorted(takes)]


def _check_full(row: dict[Any, Any]) -> None:
    if None in row or None in row.values():
        raise ValueError("it has not as many fields as the header: each column needs one, in quotation marks where a comma is part of it")


def _check_name(kit: str) -> None:
    if PureWindowsPath(kit).name != kit or kit in ("", ".."):
        raise ValueError(f"kit {kit!r} names a file: it must have a name without a folder in it")


def _take(row: dict[str, str], folder: Path) -> Take:
    slow = row["articulation"] in SLOW_ARTICULATIONS
    wave = trimmed(_read_mono(folder / row["file"]))
    if not wave.any():
        raise ValueError(f"{row['file']} is silent: a one-shot needs a sound in it")
    onset = _whole(row, "attack_sample" if slow else "onset_sample")
    if not 0 <= onset < len(wave):
        raise ValueError(f"{row['file']}: its onset, sample {onset}, lies outside its {len(wave)} samples")
    velocity = _whole(row, "velocity")
    if not 1 <= velocity <= 127:
        raise ValueError(f"{row['file']}: velocity {velocity} must lie in 1..127")
    return Take(
        kit=row["kit"],
        drum=check_drum(row["class"]),
        articulation=row["articulation"],
        piece=row["piece"],
        velocity=velocity,
        level_db=_decibels(row, "gain_db"),
        onset=onset,
        wave=wave,
        electronic=row["kind"] == "electronic",
        mix=row["mix"],
    )


def _whole(row: dict[str, str], column: str) -> int:
    try:
        return int(row[column])
    except ValueError:
        raise ValueError(f"{column} {row[column]!r} must be a whole number, such as 64") from None


def _decibels(row: dict[str, str], column: str) -> float:
    try:
        level = float(row[column])
    except ValueError:
        level = math.nan
    if not math.isfinite(level):
        raise ValueError(f"{column} {row[column]!r} must be a number of decibels, such as -1.5")
    return level


def _read_mono(path: Path) -> Float[np.ndarray, " samples"]:
    wave, sample_rate = read_sound(path)
    if wave.shape[1] != 1 or sample_rate != SAMPLE_RATE:
        raise ValueError(
            f"{path} has {wave.shape[1]} channels at {sample_rate} Hz: one-shots of a kits folder are mono at {SAMPLE_RATE} Hz"
        )
    return wave[:, 0]
