"""Does the model fall silent where it hears nothing? Compares the density of generated and imagined notes with human performances.

    python runs/generation_density.py DATA RENDERED [--model small] [--num-steps 20] [--sampler euler]

DATA is what `n2n kits` wrote, RENDERED the output of `runs/rendered_sets.py`. Prints hits a second of the training performances, of clips
generated from nothing, and of the middle third of rendered validation clips, imagined with their audio withheld, beside what was really
played there.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import torch

from n2n.datasets import open_dataset
from n2n.drums import DRUMS
from n2n.inference import Transcriber, load
from n2n.roll import mask_from_regions
from n2n.training.performances import read_performances

CLIP_S = 15.0


def shares(counts: Counter[str]) -> str:
    total = max(sum(counts.values()), 1)
    return "  ".join(f"{drum} {100 * counts[drum] / total:.0f} %" for drum in DRUMS)


def generated(model: Transcriber, clips: int, **options: Any) -> tuple[float, Counter[str]]:
    notes = [note for seed in range(clips) for note in model.generate(CLIP_S, seed=seed, **options).notes]
    return len(notes) / (clips * CLIP_S), Counter(note.drum for note in notes)


def imagined(model: Transcriber, rendered: Path, clips: int, **options: Any) -> tuple[float, float]:
    """Hits a second in the masked third of each clip: imagined, and really played."""
    found = true = seconds = 0.0
    for item in open_dataset(rendered / "validation-clean", layout="pairs").items[:clips]:
        duration = min(item.reference.duration, 30.0)
        start, end = duration / 3, 2 * duration / 3
        assert item.audio is not None
        features = model.listen(item.audio)
        mask = mask_from_regions([(start, end, DRUMS)], len(features.mel))
        result = model.regenerate(features, item.reference, mask, listen=False, **options)
        found += sum(start <= note.onset < end for note in result.notes)
        true += sum(start <= note.onset < end for note in item.reference.notes)
        seconds += end - start
    return found / seconds, true / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("rendered", type=Path)
    parser.add_argument("--model", default="small")
    parser.add_argument("--num-steps", type=int, default=None)
    parser.add_argument("--sampler", default=None)
    parser.add_argument("--clips", type=int, default=12)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load(options.model, device="cpu")
    sampling = {"num_steps": options.num_steps, "sampler": options.sampler}
    performances = [p for p in read_performances(options.data / "performances.safetensors") if p.split == "train"]
    human = sum(len(p.onset) for p in performances) / sum(p.duration for p in performances)
    density, counts = generated(model, options.clips, **sampling)
    filled, played = imagined(model, options.rendered, options.clips, **sampling)
    print(f"training performances {human:.2f} hits a second")
    print(f"generated             {density:.2f} hits a second, {density / human:.2f} of the performances; {shares(counts)}")
    print(f"imagined              {filled:.2f} hits a second where {played:.2f} were played, ratio {filled / max(played, 1e-9):.2f}")


if __name__ == "__main__":
    main()
