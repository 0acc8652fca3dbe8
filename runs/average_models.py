"""Averages the weights of two models, one of which was trained on from the other (Wortsman et al., 2022): often better than both.

    python runs/average_models.py FIRST SECOND OUT [--share 0.5]

`share` is the second model's. Sampling, decoding and the training record are the second's; choose thresholds anew afterwards.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from n2n.checkpoint import Checkpoint, load_checkpoint, save_checkpoint


@torch.no_grad()
def averaged(first: Checkpoint, second: Checkpoint, share: float) -> Checkpoint:
    """The second checkpoint with weights `share` of the way from the first's to its own. Raises ValueError where sizes differ."""
    if first.model != second.model:
        raise ValueError(f"models of different sizes cannot be averaged: {first.model} and {second.model}")
    weights = first.denoiser.state_dict()
    mixed = {name: weights[name].lerp(weight, share) for name, weight in second.denoiser.state_dict().items()}
    second.denoiser.load_state_dict(mixed)
    return replace(second, training={**second.training, "averaged_with_origin": share})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--share", type=float, default=0.5)
    options = parser.parse_args()
    save_checkpoint(averaged(load_checkpoint(options.first), load_checkpoint(options.second), options.share), options.out)


if __name__ == "__main__":
    main()
