"""What a training run can be told. Plain Python: the command line reads it without loading torch."""

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, Literal

_OF_DIFFUSION: Final = ("loss", "c_max", "c_min", "sigma_median", "sigma_spread", "sigma_max", "sigma_mend")


@dataclass(frozen=True)
class TrainSettings:
    """Trains a model on drum audio that is rendered while it trains.

    The material is what `n2n kits` writes. Clips are performances on kits mixed for the occasion, in rooms and through recording chains,
    with and without a band; a clip's notes are exact by construction. On a CPU, processes of their own render into a rolling pool of files;
    on a GPU, clips are rendered where they are used.

    A run that was stopped goes on where it stood when the same command is given again; its last state and the model, ready to use, lie in
    OUT. Several GPUs: torchrun --nproc-per-node 8 -m n2n.training.main --data data --out OUT

        n2n train --data data --out checkpoints/small
        n2n transcribe loop.wav --model checkpoints/small/model

    Attributes:
        out: folder of the run: state.safetensors to go on from, model/ to use.
        data: what `n2n kits` wrote: bundles/ and performances.safetensors. By default the folder that N2N_MATERIAL names.
        size: small runs many times faster than real time on a CPU; base and paper want a GPU; mini learns enough in minutes to compare
            what it is taught by.
        iterations: training steps; with the pseudo-Huber loss its c falls over all of them, the rate over the last of them.
        batch: clips of 10 s in a step, on each GPU.
        lr: highest learning rate.
        cooldown: last share of the steps, over which the rate falls to zero.
        seed: of the weights, the clips and the noise.
        objective: diffusion learns to denoise; consistency tunes a model that does (name it with --warm-start) to say all in one step;
            discriminative trains a twin that answers in one pass, to compare with.
        loss: of the onsets where audio is heard: squared stays squared, pseudo-huber turns from squared to absolute errors.
        c_max: c of the pseudo-Huber loss at the start of the training.
        c_min: c at its end; equal to c_max, it stays.
        sigma_median: noise level that half the noisy rolls lie below, those from which sampling starts left aside.
        sigma_spread: standard deviation of the logarithm of these levels.
        sigma_max: level from which sampling starts; it and those down to a quarter of it are trained as often as all others.
        sigma_mend: level above which none but the first lies when the model is sampled; by default, all levels are walked.
        source: pool renders into files and reads each clip a few times; live renders every clip anew; auto is live on a GPU.
        processes: that render for the pool; 0 reads a pool as it is.
        pool: its folder, by default OUT/pool; runs that are to be compared may share one.
        reuse: how often a clip of the pool is read on average before it goes.
        shards: files of 32 clips in the pool.
        validation_clips: clips of 10 s from held-out kits and performances, scored as training goes on; 0 for none.
        save_every: steps from one saved state, and one validation, to the next.
        warm_start: folder of a model to start from, of the same size.
        foundation: folder of MERT, which size paper hears beside the log-mel (`python -m n2n.mert` fetches it, not for commercial
            use). By default the one that N2N_MERT names. Clips are then rendered live.
        device: auto takes a GPU where there is one.
    """

    out: Path
    data: Path | None = None
    size: Literal["mini", "small", "base", "paper"] = "small"
    iterations: int = 20000
    batch: int = 8
    lr: float = 1.5e-3
    cooldown: float = 0.4
    seed: int = 0
    objective: Literal["diffusion", "consistency", "discriminative"] = "diffusion"
    loss: Literal["squared", "pseudo-huber"] = "squared"
    c_max: float = 1.0
    c_min: float = 0.4
    sigma_median: float = 1.0
    sigma_spread: float = 1.2
    sigma_max: float = 20.0
    sigma_mend: float | None = None
    source: Literal["auto", "pool", "live"] = "auto"
    processes: int = 1
    pool: Path | None = None
    reuse: float = 6.0
    shards: int = 48
    validation_clips: int = 24
    save_every: int = 500
    warm_start: Path | None = None
    foundation: Path | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"

    def __post_init__(self) -> None:
        least = {"iterations": 1, "batch": 1, "seed": 0, "processes": 0, "shards": 1, "validation_clips": 0, "save_every": 1}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise ValueError(f"{name} must be at least {low}, not {getattr(self, name)}")
        if not 0.0 < self.lr < 1.0 or not 0.0 <= self.cooldown <= 1.0 or self.reuse < 1.0:
            raise ValueError(
                f"lr must lie in (0, 1), cooldown in [0, 1], reuse at 1 or above: not {self.lr}, {self.cooldown}, {self.reuse}"
            )
        if not 0.0 < self.c_min <= self.c_max < math.inf:
            raise ValueError(f"c_min must lie above 0 and not above c_max: not {self.c_min} and {self.c_max}")
        if not (0.0 < self.sigma_median < math.inf and 0.0 < self.sigma_spread < math.inf and 1.0 <= self.sigma_max < math.inf):
            raise ValueError(
                "sigma_median and sigma_spread must lie above 0, sigma_max at 1 or above: "
                f"not {self.sigma_median}, {self.sigma_spread}, {self.sigma_max}"
            )
        if self.objective != "diffusion":
            idle = [f.name for f in fields(self) if f.name in _OF_DIFFUSION and getattr(self, f.name) != f.default]
            if idle:
                raise ValueError(f"a {self.objective} objective has no use for {', '.join(idle)}: leave them out")
        if self.loss == "squared" and (self.c_max, self.c_min) != (TrainSettings.c_max, TrainSettings.c_min):
            raise ValueError("c_max and c_min belong to the pseudo-Huber loss: set loss to pseudo-huber, or leave them out")
        if self.objective == "consistency" and self.warm_start is None:
            raise ValueError("a consistency objective tunes a model that can denoise: name its folder as warm_start")
