"""Accuracy and time by number of steps, over several seeds.

    python runs/step_curve.py FOLDER [--mix full_mix] [--model small] [--num-steps 1 5 10] [--seeds 5] [--num-classes 7] [--every N]
        [--json FILE]

FOLDER is any folder that `n2n evaluate` reads. Prints, for each number of steps, the pooled onset F1 (mean and deviation over seeds), the
pooled F1 of onset and velocity together where the notes have velocities, and the processor seconds for a second of audio on one thread
(the median over seeds), features left out. `runs/step_picture.py` draws what --json writes.
"""

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from n2n.datasets import open_dataset
from n2n.evaluate import evaluate
from n2n.inference import Transcriber, load
from n2n.notes import Transcription
from n2n.task import Features


class Transcribed(NamedTuple):
    """The notes of all recordings, once for each seed, and the processor seconds that a second of audio took: the median over seeds."""

    seeds: list[dict[str, Transcription]]
    seconds_per_second: float


def transcribe_all(model: Transcriber, heard: Mapping[str, Features], *, seeds: int, **sampling: Any) -> Transcribed:
    """Transcribes all recordings, named and listened to already, by every seed."""
    seconds, found, times = sum(features.duration for features in heard.values()), [], []
    for seed in range(seeds):
        started = time.process_time()
        found.append({name: model.transcribe(features, seed=seed, **sampling).transcription for name, features in heard.items()})
        times.append((time.process_time() - started) / seconds)
    return Transcribed(found, float(np.median(times)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mix", choices=("drum_only", "full_mix"), help="of MDB Drums; drum_only by default")
    parser.add_argument("--model", default="small")
    parser.add_argument("--num-steps", type=int, nargs="*", default=[1, 5, 10])
    parser.add_argument("--sampler", default=None)
    parser.add_argument("--num-samples", type=int, default=None)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--num-classes", type=int, default=7)
    parser.add_argument("--every", type=int, default=1, help="take every n-th recording only")
    parser.add_argument("--json", type=Path, help="write the curve to this file too")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load(options.model, device="cpu")
    dataset = open_dataset(options.folder, mix=options.mix)
    items = dataset.items[:: options.every]
    features = {item.name: model.listen(item.audio) for item in items if item.audio is not None}
    references = {item.name: item.reference for item in items}
    rule = {"num_classes": options.num_classes, "velocity": dataset.has_velocity, "num_resamples": 1}
    curve = []
    for steps in options.num_steps:
        sampling = {"num_steps": steps, "sampler": options.sampler, "num_samples": options.num_samples}
        found, cost = transcribe_all(model, features, seeds=options.seeds, **sampling)
        totals = [evaluate(references, estimates, **rule).total for estimates in found]
        scores = [total.onset.pooled.f1 for total in totals]
        velocity = [total.velocity.pooled.f1 for total in totals if total.velocity]
        point = {"num_steps": steps, "f1": float(np.mean(scores)), "deviation": float(np.std(scores)), "seconds_per_second": cost}
        curve.append(point | ({"velocity_f1": float(np.mean(velocity))} if velocity else {}))
        told = f", with velocity {np.mean(velocity):.4f}" if velocity else ""
        deviation = f"+- {np.std(scores):.4f} over {options.seeds} seeds"
        print(f"{steps:3d} steps  F1 {np.mean(scores):.4f} {deviation}{told}  {cost:.4f} s of work a second", flush=True)
    if options.json:
        options.json.write_text(json.dumps(curve, indent=2) + "\n")


if __name__ == "__main__":
    main()
