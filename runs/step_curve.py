"""Accuracy and time by number of steps, over several seeds.

    python runs/step_curve.py FOLDER [--mix full_mix] [--model small] [--num-steps 1 5 10] [--seeds 5] [--num-classes 7] [--every N]
        [--json FILE]

FOLDER is any folder that `n2n evaluate` reads. Prints, for each number of steps, the pooled onset F1 (mean and deviation over seeds), the
pooled F1 of onset and velocity together where the notes have velocities, and the processor seconds for a second of audio on one thread,
features left out. `runs/step_picture.py` draws what --json writes.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from n2n.datasets import open_dataset
from n2n.evaluate import evaluate
from n2n.inference import load


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
    seconds = sum(f.duration for f in features.values())
    curve = []
    for steps in options.num_steps:
        scores, velocity, cost = [], [], 0.0
        for seed in range(options.seeds):
            sampling = {"num_steps": steps, "sampler": options.sampler, "num_samples": options.num_samples, "seed": seed}
            started = time.process_time()
            estimates = {name: model.transcribe(f, **sampling).transcription for name, f in features.items()}
            cost += (time.process_time() - started) / (options.seeds * seconds)
            rule = {"num_classes": options.num_classes, "velocity": dataset.has_velocity, "num_resamples": 1}
            scored = evaluate(references, estimates, **rule).total
            scores.append(scored.onset.pooled.f1)
            velocity += [scored.velocity.pooled.f1] if scored.velocity else []
        point = {"num_steps": steps, "f1": float(np.mean(scores)), "deviation": float(np.std(scores)), "seconds_per_second": cost}
        curve.append(point | ({"velocity_f1": float(np.mean(velocity))} if velocity else {}))
        told = f", with velocity {np.mean(velocity):.4f}" if velocity else ""
        deviation = f"+- {np.std(scores):.4f} over {options.seeds} seeds"
        print(f"{steps:3d} steps  F1 {np.mean(scores):.4f} {deviation}{told}  {cost:.4f} s of work a second", flush=True)
    if options.json:
        options.json.write_text(json.dumps(curve, indent=2) + "\n")


if __name__ == "__main__":
    main()
