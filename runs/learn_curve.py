"""Measures the curve of the Learn page: accuracy and time by number of steps, on the bundled examples.

    python runs/learn_curve.py [--model small] [--seeds 3] [--output assets/learn/curve.json]

The examples were played by people the model never heard, on kits that may ship, with every hit known (`runs/make_examples.py`). F1 is that
of onsets, pooled over seven drums and all examples, within 50 ms: its mean and deviation over seeds. The time is the network's on one
thread, features left out: the median over seeds, for a second of audio. Takes about a minute.
"""

import argparse
import json
from pathlib import Path
from typing import Final

import numpy as np
import torch

from n2n.assets import find_asset
from n2n.evaluate import evaluate
from n2n.inference import Transcriber, load
from n2n.note_files import read_notes
from n2n.notes import Transcription
from n2n.studio.lesson import WALK_STEPS, find_examples
from n2n.task import Features
from step_curve import transcribe_all

OUTPUT: Final = Path(__file__).parents[1] / "assets" / "learn" / "curve.json"

Point = dict[str, float]


def measure(model: Transcriber, heard: dict[str, Features], references: dict[str, Transcription], *, num_steps: int, seeds: int) -> Point:
    """One point of the curve."""
    found, cost = transcribe_all(model, heard, seeds=seeds, num_steps=num_steps)
    scored = [evaluate(references, estimates, num_classes=7, velocity=False, num_resamples=1) for estimates in found]
    scores = [evaluation.total.onset.pooled.f1 for evaluation in scored]
    return {
        "num_steps": num_steps,
        "f1": round(float(np.mean(scores)), 4),
        "deviation": round(float(np.std(scores)), 4),
        "seconds_per_second": round(cost, 5),
    }


def main() -> None:
    """Measures every number of steps and writes the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="small")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load(options.model, device="cpu")
    examples = find_examples(find_asset("examples"))
    heard = {name: model.listen(audio) for name, (audio, _) in examples.items()}
    references = {name: read_notes(notes) for name, (_, notes) in examples.items()}
    points = []
    for num_steps in WALK_STEPS:
        points.append(measure(model, heard, references, num_steps=num_steps, seeds=options.seeds))
        score, cost = (points[-1][key] for key in ("f1", "seconds_per_second"))
        print(f"{num_steps:3d} steps  F1 {score:.4f} +- {points[-1]['deviation']:.4f}  {cost:.4f} s for a second of audio", flush=True)
    count = sum(len(reference.notes) for reference in references.values())
    curve = {"recordings": len(examples), "notes": count, "seeds": options.seeds, "points": points}
    options.output.write_text(json.dumps(curve, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
