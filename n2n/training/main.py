"""Puts a training run together: material, clips, validation, trainer. `n2n train` calls it; so does a bare GPU image, where torch, numpy
and safetensors are all there is:

    python -m n2n.training.main --data data --out checkpoints/base --size base
    torchrun --nproc-per-node 8 -m n2n.training.main --data data --out checkpoints/base --size base
"""

import argparse
import math
import os
import re
import signal
import sys
from collections.abc import Sequence
from dataclasses import MISSING, fields, replace
from functools import partial
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
import torch

from n2n.checkpoint import Checkpoint, load_checkpoint
from n2n.device import computes_bfloat16, worker_device
from n2n.diffusion import Annealing, NoiseDistribution, Schedule
from n2n.files import check_writable
from n2n.foundation import Foundation
from n2n.mert import find_foundation, load_foundation
from n2n.model import PRESETS, num_parameters
from n2n.training.consistency import Consistency
from n2n.training.discriminative import Discriminative
from n2n.training.loop import Source, TrainConfig, Trainer
from n2n.training.objective import Diffusion, Objective
from n2n.training.optimise import OptimiserConfig
from n2n.training.performances import PERFORMANCES_FILE
from n2n.training.pool import LiveClips, Pool, PoolConfig, shard_paths
from n2n.training.render import RenderConfig, Renderer, read_material
from n2n.training.settings import TrainSettings
from n2n.training.validate import Validation

MATERIAL_VARIABLE: Final = "N2N_MATERIAL"
VALIDATION_SEED: Final = 99
"""Fixed, so that runs are compared on the same clips."""


def train(settings: TrainSettings) -> None:
    """Trains to the end of the settings, from wherever the run stands.

    Raises:
        ValueError: the material, the device or the model to start from is not to be had.
        FloatingPointError: the loss is no longer finite.
    """
    check_writable(settings.out, "--out")
    data, device = find_material(settings.data), worker_device(settings.device)
    foundation = read_foundation(settings, device)
    trainer = Trainer(config_of(settings), settings.out, device=device, warm_start=read_warm_start(settings), foundation=foundation)
    validation = make_validation(settings, data, trainer.config, foundation) if trainer.worker == 0 and settings.validation_clips else None
    source = make_source(settings, data, device, worker=trainer.worker, workers=trainer.workers, iteration=trainer.iteration)
    if trainer.worker == 0:
        kind = "live clips" if isinstance(source, LiveClips) else f"{settings.processes} rendering"
        precision = "bfloat16" if computes_bfloat16(device) else "float32"
        parameters = num_parameters(trainer.denoiser) / 1e6
        stands = f"from step {trainer.iteration} of {settings.iterations}"
        workers = f"{trainer.workers} x {device.type} in {precision}"
        print(f"{settings.size}, {parameters:.1f}M parameters, {stands}, {workers}, {kind}", flush=True)
    try:
        trainer.run(source, validation)
    finally:
        source.stop()
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
    if trainer.worker == 0:
        print(f"done: the model is in {settings.out / 'model'}", flush=True)


def find_material(folder: Path | None) -> Path:
    """The folder of training material: the one given, or the one that N2N_MATERIAL names. Raises ValueError where it holds none."""
    named = folder or os.environ.get(MATERIAL_VARIABLE)
    if not named:
        raise ValueError(f"no training material: name a folder that `n2n kits` wrote with --data, or set {MATERIAL_VARIABLE} to it")
    path = Path(named)
    absent = [name for name in (PERFORMANCES_FILE, "bundles/kits") if not (path / name).exists()]
    if absent:
        raise ValueError(f"{path} is no training material: it has no {' and no '.join(absent)}; build it with `n2n kits`")
    return path


def config_of(settings: TrainSettings) -> TrainConfig:
    """The settings as the trainer takes them."""
    return TrainConfig(
        model=PRESETS[settings.size],
        iterations=settings.iterations,
        batch=settings.batch,
        seed=settings.seed,
        objective=objective_of(settings),
        optimiser=OptimiserConfig(lr=settings.lr, cooldown=settings.cooldown),
        save_every=settings.save_every,
        validate_every=settings.save_every,
    )


def objective_of(settings: TrainSettings) -> Objective:
    """What the settings ask of the model. One that hears two things is to do with either, so the log-mel is withheld as in the paper."""
    objective = _objective(settings)
    return replace(objective, drop_all=0.3, drop_span=0.5) if PRESETS[settings.size].foundation_dim else objective


def _objective(settings: TrainSettings) -> Objective:
    if settings.objective == "discriminative":
        return Discriminative()
    if settings.objective == "consistency":
        return Consistency()
    return Diffusion(
        annealing=None if settings.loss == "squared" else Annealing(settings.c_max, settings.c_min),
        schedule=Schedule(sigma_max=settings.sigma_max, sigma_mend=settings.sigma_mend),
        noise=NoiseDistribution(math.log(settings.sigma_median), settings.sigma_spread),
    )


def read_warm_start(settings: TrainSettings) -> Checkpoint | None:
    """The model to start from, if any. Raises ValueError where it has another size."""
    if settings.warm_start is None:
        return None
    checkpoint = load_checkpoint(settings.warm_start)
    if checkpoint.model != PRESETS[settings.size]:
        raise ValueError(f"the model in {settings.warm_start} is not of size {settings.size}: {checkpoint.model}")
    return checkpoint


def read_foundation(settings: TrainSettings, device: torch.device) -> Foundation | None:
    """The foundation model that the size hears through, if any. Raises ValueError where it is not to be had, or not from a pool."""
    if settings.foundation is None and not PRESETS[settings.size].foundation_dim:
        return None
    if settings.source == "pool":
        raise ValueError(f"size {settings.size} hears a foundation model's tokens, which a pool does not hold: set source to live")
    return load_foundation(find_foundation(settings.foundation), device=device)


def make_source(settings: TrainSettings, data: Path, device: torch.device, *, worker: int, workers: int, iteration: int) -> Source:
    """Where batches come from. With several workers, the first one's renderers fill the pool for all."""
    only_live = bool(PRESETS[settings.size].foundation_dim)
    live = settings.source == "live" or (settings.source == "auto" and (device.type == "cuda" or only_live))
    if live:
        seed = int(np.random.SeedSequence([settings.seed, worker, iteration]).generate_state(1)[0])
        return LiveClips(make_renderer(data, "train", seed, device))
    processes = 0 if worker else settings.processes
    folder = settings.pool or settings.out / "pool"
    if not settings.processes and not shard_paths(folder):
        raise ValueError(f"the pool {folder} is empty and nobody renders: set processes to 1 or more, or fill it with runs/fill_pool.py")
    config = PoolConfig(folder, shards=settings.shards, reuse=settings.reuse / workers, processes=processes)
    return Pool(partial(start_renderer, data, "train", settings.seed), config)


def make_validation(settings: TrainSettings, data: Path, config: TrainConfig, foundation: Foundation | None = None) -> Validation:
    """Clips on held-out kits. Raises ValueError where these do not cover every drum, as those that can be downloaded do not."""
    try:
        renderer = make_renderer(data, "validation", VALIDATION_SEED)
    except ValueError as error:
        raise ValueError(f"cannot render validation clips: {error}; or train without them (--validation-clips 0)") from error
    sampling = config.objective.sampling
    return Validation.render(renderer, settings.validation_clips, config.frames, sampling=sampling, foundation=foundation)


def make_renderer(data: Path, split: str, seed: int, device: torch.device | None = None) -> Renderer:
    """A renderer of one split of the material."""
    return Renderer(read_material(data, split), RenderConfig(), seed=seed, device=device)


def start_renderer(data: Path, split: str, seed: int) -> Renderer:
    """A renderer in a process of its own, which the trainer ends: Ctrl-C is for the trainer alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return make_renderer(data, split, seed)


def build_parser() -> argparse.ArgumentParser:
    """A parser with one option for each field of the settings, explained by their docstring."""
    text, _, attributes = cleandoc(TrainSettings.__doc__ or "").partition("\nAttributes:\n")
    found = re.findall(r"^ {4}(\w+): (.+(?:\n {8}.+)*)$", attributes, re.MULTILINE)
    explained = {name: " ".join(lines.split()) for name, lines in found}
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    for field in fields(TrainSettings):
        required = field.default is MISSING
        kind: Any = field.type if isinstance(field.type, type) else next(k for k in get_args(field.type) if k is not type(None))
        choices = None if isinstance(kind, type) else get_args(field.type)
        default = "" if required or field.default is None else f" (default: {field.default})"
        parser.add_argument(
            "--" + field.name.replace("_", "-"),
            type=str if choices else kind,
            choices=choices,
            required=required,
            default=None if required else field.default,
            help=explained[field.name] + default,
        )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """The command line of a bare image; the exit status, as of `n2n`."""
    given = vars(build_parser().parse_args(argv))
    try:
        train(TrainSettings(**given))
    except KeyboardInterrupt:
        print("n2n: stopped; the same command goes on from the last saved state", file=sys.stderr)
        return 130
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"n2n: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
