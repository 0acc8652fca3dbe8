"""Fits how to read the velocities of what a model invents: such that they are spread as the training performances' are.

    python runs/calibrate_velocities.py MODEL_FOLDER DATA [--minutes 10] [--write]

DATA is what `n2n kits` wrote. An estimate is between what could be played, so it varies less than what is played. The curve that is written
(`imagine_velocities` in the model's config.json) gives each velocity the place among the performances' that it has among the invented
ones. Prints the curve, and how far apart the two histograms are (16 bins, total variation distance: 0 equal, 1 apart) as they are and
through the curve, each half of the clips through that of the other half.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch

from generation_statistics import CLIP_S, read_played, total_variation, velocities_of, velocity_histogram
from n2n.checkpoint import change_config, load_checkpoint
from n2n.inference import Transcriber
from n2n.roll import MAX_VELOCITY, read_velocities

KNOTS: Final = 17
FIRST_SEED: Final = 10_000
"""Clips that nothing else looks at."""


def matching_curve(found: np.ndarray, wanted: np.ndarray) -> list[float]:
    """The velocities as which to read `KNOTS` even ones, so that found ones are spread as wanted ones are: equal ranks."""
    ranks = [(np.mean(found < level) + np.mean(found <= level)) / 2.0 for level in np.linspace(0.0, MAX_VELOCITY, KNOTS)]
    return np.quantile(wanted, ranks).tolist()


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
    played = velocities_of(note for performance in read_played(options.data, "train") for note in performance.notes)
    seeds = range(FIRST_SEED, FIRST_SEED + round(options.minutes * 60.0 / CLIP_S))
    clips = [velocities_of(plain.generate(CLIP_S, seed=seed).notes) for seed in seeds]
    even, odd = np.concatenate(clips[::2]), np.concatenate(clips[1::2])
    found = np.concatenate([even, odd])
    read = np.concatenate([read_velocities(one, matching_curve(other, played)) for one, other in ((even, odd), (odd, even))])
    before, after = (total_variation(velocity_histogram(velocities), velocity_histogram(played)) for velocities in (found, read))
    curve = np.round(matching_curve(found, played)).tolist()
    print(" ".join(f"{velocity:g}" for velocity in curve))
    print(f"velocities of {len(found)} invented notes {before:.3f} apart from those played, {after:.3f} through the curve")
    if options.write:
        change_config(options.model, "sampling", imagine_velocities=curve)


if __name__ == "__main__":
    main()
