"""Fits what a note's score says about its being right, on the rendered validation sets, one line for each drum.

    python runs/calibrate_confidence.py MODEL_FOLDER RENDERED [--num-steps 5] [--every N] [--write]

RENDERED is the output of `runs/rendered_sets.py`; all its `validation-*` folders are used and nothing else, also those that thresholds are
not chosen by: confidence is to hold for every kind of recording. All candidates count, whatever the thresholds. Prints, for each drum, the
Brier score and the expected calibration error of the raw score and, each tried on performances that it was not fitted to, of the line that
is written and of the best staircase (isotonic regression). A drum whose line is no better than its raw score keeps the score.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from n2n.calibration import Judged, brier_score, fit_line, held_out, join, judge, reliability
from n2n.checkpoint import change_config, load_checkpoint
from n2n.datasets import open_dataset
from n2n.drums import DRUMS
from n2n.evaluate import TOLERANCE
from n2n.inference import Transcriber
from n2n.roll import AS_SCORED, candidates


def judge_all(transcriber: Transcriber, rendered: Path, *, every: int, num_steps: int | None) -> dict[str, list[Judged]]:
    """The candidates of each drum, performance by performance: the variants of one are kept together, since they are much alike."""
    parts: dict[str, dict[str, list[Judged]]] = {drum: defaultdict(list) for drum in DRUMS}
    items = [item for folder in sorted(rendered.glob("validation-*")) for item in open_dataset(folder, layout="pairs").items]
    for item in items[::every]:
        assert item.audio is not None
        roll = transcriber.transcribe(item.audio, num_steps=num_steps).roll
        found = candidates(roll, transcriber.checkpoint.decode)
        for drum, judged in judge(item.reference.notes, found, tolerance=TOLERANCE).items():
            parts[drum][item.name].append(judged)
    return {drum: [join(variants) for variants in performances.values()] for drum, performances in parts.items()}


def describe(name: str, confidence: np.ndarray, right: np.ndarray) -> str:
    return f"{name} Brier {brier_score(confidence, right):.4f} ECE {reliability(confidence, right).error:.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("rendered", type=Path)
    parser.add_argument("--num-steps", type=int, default=None, help="the model's own, unless given")
    parser.add_argument("--every", type=int, default=1, help="take every n-th recording only")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write the lines into the model's config.json")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    parts = judge_all(Transcriber(load_checkpoint(options.model)), options.rendered, every=options.every, num_steps=options.num_steps)
    calibration, pooled = [], []
    for drum in DRUMS:
        all_notes, unseen = join(parts[drum]), held_out(parts[drum])
        better = brier_score(unseen.line, all_notes.right) < brier_score(all_notes.scores, all_notes.right)
        calibration.append(fit_line(all_notes.scores, all_notes.right) if better else AS_SCORED)
        pooled.append((all_notes.scores, unseen.line if better else all_notes.scores, unseen.steps, all_notes.right))
        told = ["raw", "line", "staircase"]
        columns = [describe(name, values, all_notes.right) for name, values in zip(told, (all_notes.scores, *unseen), strict=True)]
        slope, offset = calibration[-1]
        print(f"{drum}  slope {slope:.3f} offset {offset:+.3f}  {len(all_notes.right):6d} candidates  {'  '.join(columns)}")
    raw, chosen, steps, right = (np.concatenate(values) for values in zip(*pooled, strict=True))
    named = (("raw", raw), ("chosen", chosen), ("staircase", steps))
    print(f"all  {len(right)} candidates  {'  '.join(describe(name, values, right) for name, values in named)}")
    if options.write:
        change_config(options.model, "decode", calibration=calibration)


if __name__ == "__main__":
    main()
