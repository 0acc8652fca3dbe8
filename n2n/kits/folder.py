"""Kits in a folder: FLAC or WAV one-shots beside a `kits.csv` that says what each of them is.

Columns that are read: kit, mix, file, class, articulation, piece, velocity, onset_sample, attack_sample, gain_db, kind, licence.
Files are mono at 44.1 kHz, their paths relative to the folder.
"""

import csv
from collections import defaultdict
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float

from n2n.drums import check_drum
from n2n.kits.shots import SAMPLE_RATE, SLOW_ARTICULATIONS, Take, pack, read_sound, trimmed
from n2n.training.bank import Bundle

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
        ValueError: there is no kits.csv, a column or a file is missing, or a file is not mono at 44.1 kHz.
    """
    table = folder / "kits.csv"
    if not table.is_file():
        raise ValueError(f"no kits.csv in {folder}: a folder of kits holds one row per one-shot in that file")
    takes: dict[str, list[Take]] = defaultdict(list)
    licences: dict[str, str] = {}
    with table.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        missing = sorted(set(COLUMNS) - set(rows.fieldnames or ()))
        if missing:
            raise ValueError(f"{table} lacks the columns {', '.join(missing)}")
        for row in rows:
            takes[row["kit"]].append(_take(row, folder))
            licences[row["kit"]] = row["licence"]
    return [pack(kit, licences[kit], takes[kit]) for kit in sorted(takes)]


def _take(row: dict[str, str], folder: Path) -> Take:
    slow = row["articulation"] in SLOW_ARTICULATIONS
    wave = trimmed(_read_mono(folder / row["file"]))
    onset = int(row["attack_sample" if slow else "onset_sample"])
    if not 0 <= onset < len(wave):
        raise ValueError(f"{row['file']}: its onset, sample {onset}, lies outside its {len(wave)} samples")
    velocity = int(row["velocity"])
    if not 1 <= velocity <= 127:
        raise ValueError(f"{row['file']}: velocity {velocity} must lie in 1..127")
    return Take(
        kit=row["kit"],
        drum=check_drum(row["class"]),
        articulation=row["articulation"],
        piece=row["piece"],
        velocity=velocity,
        level_db=float(row["gain_db"]),
        onset=onset,
        wave=wave,
        electronic=row["kind"] == "electronic",
        mix=row["mix"],
    )


def _read_mono(path: Path) -> Float[np.ndarray, " samples"]:
    wave, sample_rate = read_sound(path)
    if wave.shape[1] != 1 or sample_rate != SAMPLE_RATE:
        raise ValueError(
            f"{path} has {wave.shape[1]} channels at {sample_rate} Hz: one-shots of a kits folder are mono at {SAMPLE_RATE} Hz"
        )
    return wave[:, 0]
