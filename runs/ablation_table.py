"""Scores runs that are to be compared and prints them as two Markdown tables, each figure the mean over seeds.

    python runs/ablation_table.py RENDERED MDB RUN... [--every 4]

RENDERED is the output of `runs/rendered_sets.py`, MDB a folder laid out like MDB Drums, a RUN what `n2n train` left in a folder called
NAME-SEED. One rule for all: of every n-th recording of the rendered validation sets, one half chooses a run's thresholds, for 1 and 5 steps
together (`runs/choose_thresholds.py`); the other half is scored in 7 classes, MDB Drums in 5. A discriminative model has 1 step alone.
The scores of a run are kept in RUN/ablation.json and are read from there until it is trained further or asked of otherwise.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from choose_thresholds import GRID, best_thresholds, measure, validation_items
from n2n.checkpoint import load_checkpoint
from n2n.datasets import Item, open_dataset
from n2n.drums import DRUMS
from n2n.evaluate import evaluate
from n2n.inference import Transcriber
from n2n.one_pass import OnePass
from n2n.scores import Counts, Evaluation

STEPS: Final = (1, 5)
VARIANTS: Final = ("clean", "processed", "accompanied")

Scores = dict[str, Any]
"""Figures of one run: its `thresholds`, and by number of steps F1s under `onset`, `velocity`, `mdb`, each drum and each variant."""


def score(run: Path, rendered: Path, mdb: Path, *, every: int) -> Scores:
    """Chooses the run's thresholds, and scores it."""
    checkpoint = load_checkpoint(run / "model")
    steps = STEPS[:1] if isinstance(checkpoint.denoiser, OnePass) else STEPS
    items = validation_items(rendered)
    counts = measure(Transcriber(checkpoint), items[:: 2 * every], steps)
    thresholds = tuple(float(GRID[index]) for index in best_thresholds(counts))
    model = Transcriber(replace(checkpoint, decode=replace(checkpoint.decode, thresholds=thresholds)))
    scores: Scores = {"thresholds": thresholds}
    for num_steps in steps:
        found = evaluated(model, items[every :: 2 * every], num_steps, num_classes=7)
        assert found.total.velocity is not None
        real = evaluated(model, open_dataset(mdb).items, num_steps, num_classes=5)
        scores[str(num_steps)] = {
            "onset": found.total.onset.pooled.f1,
            "velocity": found.total.velocity.pooled.f1,
            "mdb": real.total.onset.pooled.f1,
            **{drum: found.classes[drum].onset.pooled.f1 for drum in DRUMS},
            **{variant: sum((f.onset for f in found.files if variant in f.name), Counts()).f1 for variant in VARIANTS},
        }
    return scores


def evaluated(model: Transcriber, items: Iterable[Item], num_steps: int, *, num_classes: int) -> Evaluation:
    """The model's notes of these recordings against the truth."""
    references, estimates = {}, {}
    for item in items:
        assert item.audio is not None
        name = f"{item.audio.parent.name}/{item.name}"  # a performance has one name in all variants
        references[name] = item.reference
        estimates[name] = model.transcribe(item.audio, num_steps=num_steps).transcription
    return evaluate(references, estimates, num_classes=num_classes, num_resamples=1)


def known(run: Path, rendered: Path, mdb: Path, *, every: int) -> Scores:
    """The scores of a run, from its folder if they still hold."""
    if not (run / "model" / "config.json").is_file():
        raise SystemExit(f"ablation_table.py: no run in {run}: `n2n train --out {run}` leaves one")
    iterations = json.loads((run / "model" / "config.json").read_text())["training"]["iterations"]
    asked = {"iterations": iterations, "rendered": str(rendered.resolve()), "mdb": str(mdb.resolve()), "every": every}
    path = run / "ablation.json"
    if path.is_file() and (kept := json.loads(path.read_text()))["asked"] == asked:
        return kept["scores"]
    scores = score(run, rendered, mdb, every=every)
    path.write_text(json.dumps({"asked": asked, "scores": scores}, indent=2) + "\n")
    return scores


def cell(values: Sequence[float]) -> str:
    """The mean, and half the distance between the highest and the lowest."""
    return f"{np.mean(values):.3f} ± {np.ptp(values) / 2.0:.3f}" if values else ""


def table(head: Sequence[str], runs: dict[str, list[Scores]], row: Callable[[list[Scores]], list[str]]) -> str:
    lines = [["run", *head], ["---"] * (len(head) + 1), *([name, *row(scores)] for name, scores in runs.items())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def at(scores: list[Scores], steps: int, figure: str) -> str:
    return cell([each[str(steps)][figure] for each in scores if str(steps) in each])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rendered", type=Path)
    parser.add_argument("mdb", type=Path)
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--every", type=int, default=4, help="take every n-th validation recording only")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    runs: dict[str, list[Scores]] = defaultdict(list)
    for run in options.runs:
        runs[run.name.rpartition("-")[0]].append(known(run, options.rendered, options.mdb, every=options.every))

    def summary(scores: list[Scores]) -> list[str]:
        return [f"{len(scores)}", *(at(scores, steps, f) for f in ("onset", "velocity", "mdb") for steps in STEPS)]

    def places(scores: list[Scores]) -> list[str]:
        most = max(steps for steps in STEPS if str(steps) in scores[0])
        return [str(most), *(at(scores, most, figure) for figure in (*DRUMS, *VARIANTS))]

    heads = [f"{what}, {steps} step{'s' * (steps > 1)}" for what in ("onset F1", "velocity F1", "MDB onset F1") for steps in STEPS]
    print(table(["seeds", *heads], runs, summary), "\n\nWhere, at the most steps (onset F1):\n", sep="\n")
    print(table(["steps", *DRUMS, *VARIANTS], runs, places))


if __name__ == "__main__":
    main()
