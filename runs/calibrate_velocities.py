"""Fits how to read the velocities of what a model invents: such that they are spread as the training performances' are.

    python runs/calibrate_velocities.py MODEL_FOLDER DATA [--minutes 10] [--write]

DATA is what `n2n kits` wrote. An estimate is between what could be played, so it varies less than what is played. The curve that is written
(`imagine_velocities` in the model's config.json) gives each velocity the place among the performances' that it has among the invented
ones. Prints the curve, and how far apart the two histograms are (16 bins, total variation distance: 0 equal, 1 apart) as they are and
through the curve, each half of the clips through that of the other half.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch

from generation_statistics import CLIP_S, read_played, total_variation, velocity_shares
from n2n.checkpoint import load_checkpoint
from n2n.inference import Transcriber
from n2n.notes import Note
from n2n.roll import MAX_VELOCITY

KNOTS: Final = 17
FIRST_SEED: Final = 10_000
"""Clips that nothing else looks at."""


def matching_curve(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The velocities as which to read `KNOTS` even ones, so that found ones are spread as wanted ones are: equal ranks."""
    ranks = [(np.mean(found < level) + np.mean(found <= level)) / 2.0 for level in np.linspace(0.0, MAX_VELOCITY, KNOTS)]
    return np.quantile(wanted, ranks)


def through(curve: np.ndarray, notes: list[Note]) -> list[Note]:
    """The notes with their velocities read through a curve."""
    read = np.interp([note.velocity for note in notes], np.linspace(0.0, MAX_VELOCITY, KNOTS), curve)
    return [replace(note, velocity=int(velocity)) for note, velocity in zip(notes, np.clip(np.round(read), 1, MAX_VELOCITY), strict=True)]


def velocities(notes: list[Note]) -> np.ndarray:
    return np.array([note.velocity for note in notes])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write the curve into the model's config.json")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    checkpoint = load_checkpoint(options.model)
    plain = Transcriber(replace(checkpoint, sampling=replace(checkpoint.sampling, imagine_velocities=())))
    played = [note for performance in read_played(options.data, "train") for note in performance.notes]
    clips = [list(plain.generate(CLIP_S, seed=FIRST_SEED + clip).notes) for clip in range(round(options.minutes * 60.0 / CLIP_S))]
    even, odd = ([note for clip in clips[first::2] for note in clip] for first in (0, 1))
    by_odd, by_even = (matching_curve(velocities(half), velocities(played)) for half in (odd, even))
    apart = [
        total_variation(velocity_shares(notes), velocity_shares(played))
        for notes in (even + odd, [*through(by_odd, even), *through(by_even, odd)])
    ]
    curve = [float(velocity) for velocity in np.round(matching_curve(velocities(even + odd), velocities(played)))]
    print(" ".join(f"{velocity:g}" for velocity in curve))
    print(f"velocities of {len(even + odd)} invented notes {apart[0]:.3f} apart from those played, {apart[1]:.3f} through the curve")
    if options.write:
        path = options.model / "config.json"
        config = json.loads(path.read_text(encoding="utf-8"))
        config["sampling"]["imagine_velocities"] = curve
        path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
