"""What does `refine` make of rough notes? Scores them before and after, beside a transcription of the same audio afresh.

    python runs/refine_gain.py FOLDER [--model small] [--strength 0.5] [--seconds 20] [--every N]

FOLDER is any folder of pairs that `n2n evaluate` reads. The true notes of the first seconds of each recording are made rough in one way at
a time, always with the same mistakes, and refined. Prints onset F1 within 50 ms, pooled over recordings and drums.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch

from n2n.audio import SAMPLE_RATE, load_audio
from n2n.datasets import open_dataset
from n2n.drums import DRUMS
from n2n.evaluate import evaluate
from n2n.inference import load
from n2n.notes import Note, Transcription

Notes = Sequence[Note]

TAKEN_FOR: Final = {
    "KD": ("TT",),
    "SN": ("TT", "HH"),
    "TT": ("KD", "SN"),
    "HH": ("SN", "CY", "RD"),
    "CY": ("HH", "RD"),
    "RD": ("HH", "CY", "BE"),
    "BE": ("HH", "RD"),
}
"""What a drum is written as by mistake."""


def incomplete(notes: Notes, seconds: float, rng: np.random.Generator) -> list[Note]:
    """Three notes in ten are left out, and false ones strewn in, one for every five true ones."""
    strewn = rng.uniform(0.0, seconds, len(notes) // 5)
    false = [Note(float(onset), DRUMS[rng.integers(len(DRUMS))], int(rng.integers(30, 110))) for onset in strewn]
    return [note for note in notes if rng.random() > 0.3] + false


def confused(notes: Notes, seconds: float, rng: np.random.Generator) -> list[Note]:
    """One note in four is written as another drum."""
    return [replace(note, drum=str(rng.choice(TAKEN_FOR[note.drum]))) if rng.random() < 0.25 else note for note in notes]


def late(notes: Notes, seconds: float, rng: np.random.Generator) -> list[Note]:
    """All are 25 ms late."""
    return [replace(note, onset=note.onset + 0.025) for note in notes]


def unsteady(notes: Notes, seconds: float, rng: np.random.Generator) -> list[Note]:
    """Each is off by itself, with a deviation of 15 ms."""
    return [replace(note, onset=max(0.0, note.onset + float(rng.normal(0.0, 0.015)))) for note in notes]


def hasty(notes: Notes, seconds: float, rng: np.random.Generator) -> list[Note]:
    """All of this at once."""
    for mistake in (incomplete, confused, late, unsteady):
        notes = mistake(notes, seconds, rng)
    return list(notes)


MISTAKES: Final[dict[str, Callable[[Notes, float, np.random.Generator], list[Note]]]] = {
    "none": lambda notes, seconds, rng: list(notes),
    "incomplete": incomplete,
    "confused": confused,
    "late": late,
    "unsteady": unsteady,
    "hasty": hasty,
}


def written(notes: Notes, seconds: float) -> Transcription:
    """The notes within the clip."""
    return Transcription(tuple(replace(note, onset=min(note.onset, seconds)) for note in notes), seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="small")
    parser.add_argument("--strength", type=float, nargs="*", default=[0.5])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--every", type=int, default=1, help="take every n-th recording only")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load(options.model, device="cpu")
    truth, heard = dict[str, Transcription](), {}
    for item in open_dataset(options.folder, layout="pairs").items[:: options.every]:
        assert item.audio is not None
        features = model.listen(load_audio(item.audio)[: round(options.seconds * SAMPLE_RATE)])
        notes = [note for note in item.reference.notes if note.onset < features.duration - 0.1]
        if notes:
            truth[item.name], heard[item.name] = written(notes, features.duration), features

    def f1(estimates: dict[str, Transcription]) -> float:
        return evaluate(truth, estimates, num_classes=len(DRUMS), velocity=False, num_resamples=1).total.onset.pooled.f1

    afresh = f1({name: model.transcribe(features).transcription for name, features in heard.items()})
    print(f"{len(truth)} recordings, transcribed afresh {afresh:.4f}", flush=True)
    for name, mistake in MISTAKES.items():
        rough = {
            of: written(mistake(true.notes, true.duration, np.random.default_rng(index)), true.duration)
            for index, (of, true) in enumerate(truth.items())
        }
        line = f"{name:<10}  given {f1(rough):.4f}"
        for strength in options.strength:
            refined = {of: model.refine(heard[of], notes, strength=strength).transcription for of, notes in rough.items()}
            line += f"  refined at {strength:g} {f1(refined):.4f}"
        print(line, flush=True)


if __name__ == "__main__":
    main()
