"""Chooses a model's decoding thresholds on the rendered validation sets, one for each drum, and writes them into its config.json.

    python runs/choose_thresholds.py MODEL_FOLDER RENDERED [--num-steps 5] [--sampler renoise] [--every N] [--write]

RENDERED is the output of `runs/rendered_sets.py`; its `validation-*` folders but those of the loudest songs, of known kits and of drums
alone are used, nothing else.
Thresholds act on the raw score of a candidate, not on its confidence. Chosen are those that together give the highest F1 pooled over all
drums, each drum being as frequent as in the training performances: by itself, a drum that the model hardly knows would be given a threshold
at which most of its notes are wrong. What a few recordings decide is left undecided: of the thresholds that are worse by no more than one
standard error over recordings, the one nearest to 0.5 is taken. Prints, for each drum, the threshold, the F1 there, and the F1 at 0.5; then
the F1 over all drums, in all sets and in each.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from n2n.calibration import Judged, judge
from n2n.checkpoint import change_config, load_checkpoint
from n2n.datasets import Item, open_dataset
from n2n.drums import DRUMS
from n2n.evaluate import TOLERANCE
from n2n.inference import Transcriber
from n2n.roll import candidates

GRID = np.round(np.concatenate([[0.03, 0.04, 0.05], np.arange(0.06, 0.95, 0.02)]), 2)
AT_HALF = int(np.argmin(np.abs(GRID - 0.5)))
REPORTED = ("validation-loud", "validation-known", "validation-known-song", "validation-solo")
"""The loudest songs, in which most hits are hidden, the sets on kits that training has, and drums alone."""
QUIET = 2.0
"""Notes a minute that must not be reached where there are no drums."""
PLAYED = np.array([47_360, 75_394, 13_219, 78_974, 2_735, 16_350, 1_907])
"""Hits of each drum in the training split of the Groove MIDI Dataset, those of performances that the ride leads counted a quarter, which is
how often training draws them (`compose.RIDE_LED`)."""


def measure(transcriber: Transcriber, items: Sequence[Item], num_steps: Sequence[int], **sampling: Any) -> np.ndarray:
    """[recordings, steps, drums, thresholds, (matched, reference, estimate)]."""
    counts = np.zeros((len(items), len(num_steps), len(DRUMS), len(GRID), 3))
    for recording, item in enumerate(items):
        assert item.audio is not None
        features = transcriber.listen(item.audio)
        for row, steps in enumerate(num_steps):
            result = transcriber.transcribe(features, num_steps=steps, **sampling)
            found = candidates(result.roll, transcriber.checkpoint.decode)
            counts[recording, row] = counts_by_threshold(judge(item.reference.notes, found, tolerance=TOLERANCE))
    return counts


def validation_items(rendered: Path) -> list[Item]:
    """The recordings of the validation sets that are there to choose by, without those that are only `REPORTED`."""
    folders = sorted(folder for folder in rendered.glob("validation-*") if folder.name not in REPORTED)
    return [item for folder in folders for item in open_dataset(folder, layout="pairs").items]


def counts_by_threshold(judged: dict[str, Judged]) -> np.ndarray:
    """[drums, thresholds, (matched, reference, estimate)] of one file."""
    table = np.zeros((len(DRUMS), len(GRID), 3))
    for lane, drum in enumerate(DRUMS):
        scores, right, num_reference = judged[drum]
        kept = scores[:, None] > GRID
        table[lane] = np.stack([(kept & right[:, None]).sum(axis=0), np.full(len(GRID), num_reference), kept.sum(axis=0)], axis=1)
    return table


def as_played(counts: np.ndarray) -> np.ndarray:
    """The counts as they would be if drums were as frequent as drummers play them: right notes in proportion, false ones as they are.

    The validation players hit the crash twice as often as all players do; a threshold that pays there is too low elsewhere.
    """
    matched, reference, estimate = np.moveaxis(counts, -1, 0)
    hits = reference[:, 0, :, 0].sum(axis=0)
    weight = np.where(hits > 0, PLAYED / PLAYED.sum() * hits.sum() / np.maximum(hits, 1), 1.0)[:, None]
    return np.stack([weight * matched, weight * reference, weight * matched + estimate - matched], axis=-1)


def best_thresholds(counts: np.ndarray) -> np.ndarray:
    """The place in the grid of each drum's threshold, from [recordings, steps, drums, thresholds, (matched, reference, estimate)].

    Pooled F1 is a ratio of two sums over drums, so each drum is chosen by itself once the F1 to beat is known (Dinkelbach's method). Of
    the thresholds that cannot be told from the best (Breiman's rule of one standard error) the nearest to 0.5 is taken. A drum that the
    model does not find in the validation sets at any threshold keeps 0.5.
    """
    matched, reference, estimate = np.moveaxis(as_played(counts).sum(axis=1), -1, 0)
    f1, drums = 0.0, np.arange(len(DRUMS))
    for _ in range(20):
        gains = 2.0 * matched - f1 * (reference + estimate)
        best = gains.sum(axis=0).argmax(axis=1)
        f1 = 2.0 * matched[:, drums, best].sum() / max(1.0, (reference + estimate)[:, drums, best].sum())
    unknown = (2.0 * matched - f1 * estimate)[:, drums, best].sum(axis=0) <= 0.0  # silence would do as well: nothing here to choose by
    lost = gains[:, drums, best][..., None] - gains
    error = np.sqrt(len(lost)) * lost.std(axis=0, ddof=1) if len(lost) > 1 else 0.0
    alike = lost.sum(axis=0) <= error + 1e-9
    nearest = np.where(alike, np.abs(np.arange(len(GRID)) - AT_HALF), np.inf).argmin(axis=1)
    return np.where(unknown, AT_HALF, nearest)


def quiet_threshold(scores: np.ndarray, others: int, minutes: float, least: float) -> float:
    """The lowest threshold, `least` or above, that lets pass so few scores of a drum that there are fewer than `QUIET` notes a minute.

    Raises:
        ValueError: there are too many `others` for that.
    """
    enough = [threshold for threshold in GRID if threshold >= least and (scores > threshold).sum() + others < QUIET * minutes]
    if not enough:
        raise ValueError("no threshold of this drum alone keeps silence: other drums are heard, too")
    return float(enough[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("rendered", type=Path)
    parser.add_argument("--num-steps", type=int, nargs="*", default=[1, 5, 10])
    parser.add_argument("--sampler", default=None)
    parser.add_argument("--num-samples", type=int, default=None)
    parser.add_argument("--every", type=int, default=1, help="take every n-th recording only")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write the thresholds into the model's config.json")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    transcriber = Transcriber(load_checkpoint(options.model))
    items, sampling = validation_items(options.rendered)[:: options.every], {"sampler": options.sampler, "num_samples": options.num_samples}
    counts = measure(transcriber, items, options.num_steps, **sampling)
    totals = counts.sum(axis=0)
    matched, reference, estimate = np.moveaxis(totals, -1, 0)
    f1 = 2 * matched / np.maximum(reference + estimate, 1)
    best = best_thresholds(counts)
    for lane, drum in enumerate(DRUMS):
        scores = "  ".join(
            f"{s} steps {f1[r, lane, best[lane]]:.4f} (at 0.5 {f1[r, lane, AT_HALF]:.4f})" for r, s in enumerate(options.num_steps)
        )
        print(f"{drum}  threshold {GRID[best[lane]]:.2f}  notes {int(reference[0, lane, 0]):5d}  {scores}")
    for row, steps in enumerate(options.num_steps):
        chosen = totals[row, np.arange(len(DRUMS)), best].sum(axis=0)
        print(f"all drums, {steps} steps: {2 * chosen[0] / (chosen[1] + chosen[2]):.4f}")
    sets = [item.audio.parent.name for item in items if item.audio]
    for name in sorted(set(sets)):
        chosen = counts[[of == name for of in sets]].sum(axis=0)[-1, np.arange(len(DRUMS)), best].sum(axis=0)
        print(f"{name}, {options.num_steps[-1]} steps: {2 * chosen[0] / (chosen[1] + chosen[2]):.4f}")
    if options.write:
        change_config(options.model, "decode", thresholds=[float(GRID[index]) for index in best])


if __name__ == "__main__":
    main()
