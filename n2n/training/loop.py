"""The training loop: batches from a source, the objective, two optimisers, a moving average, live validation, checkpoints to resume from.

Runs on a CPU (bfloat16 autocast where the processor computes in it), on a GPU, and on several under `torchrun`. A run folder holds
`state.safetensors` (everything needed to go on) and `model/` (the averaged weights, ready to load).
"""

import json
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from n2n.audio import FRAME_RATE
from n2n.checkpoint import Checkpoint, save_checkpoint
from n2n.device import computes_bfloat16
from n2n.diffusion import Denoiser
from n2n.files import atomic_write, safetensors_of
from n2n.foundation import Foundation
from n2n.model import SMALL, ModelConfig, num_parameters
from n2n.shapes import Bool, Float
from n2n.training.objective import Diffusion, Examples, Objective, draw_examples
from n2n.training.optimise import (
    OptimiserConfig,
    build_optimisers,
    load_optimiser_tensors,
    optimiser_tensors,
    rate,
    set_rate,
    update_average,
)
from n2n.training.render import Packed, PackedAndAudio
from n2n.training.validate import Validation

REPORT_EVERY: Final = 50


@runtime_checkable
class Source(Protocol):
    """Serves batches of packed clips; knows how long the trainer has waited for it."""

    wait_seconds: float

    def batch(self, size: int, frames: int, rng: np.random.Generator) -> Packed: ...

    def stop(self) -> None: ...


@runtime_checkable
class SoundingSource(Source, Protocol):
    """A source that has the audio at hand, which a foundation model is to hear."""

    def sounding(self, size: int, frames: int, rng: np.random.Generator) -> PackedAndAudio: ...


@dataclass(frozen=True)
class TrainConfig:
    """One training run. `iterations` may be changed on resuming: progress is a share of it."""

    model: ModelConfig = SMALL
    iterations: int = 10000
    batch: int = 8
    """Clips in a worker's batch."""
    frames: int = 1000
    seed: int = 0
    objective: Objective = field(default_factory=Diffusion)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    save_every: int = 500
    validate_every: int = 500


class TrainingStep(nn.Module):
    """The objective as a module, so that distributed wrappers see one forward pass."""

    def __init__(self, denoiser: Denoiser, objective: Objective) -> None:
        super().__init__()
        self.denoiser = denoiser
        self.objective = objective

    def forward(self, examples: Examples, progress: float, generator: torch.Generator) -> Tensor:
        return self.objective.loss(self.denoiser, examples, progress, generator)


class Pace:
    """How training goes: the running mean of the loss, and of the steps since the last report how many there were, and in what time."""

    def __init__(self, source: Source) -> None:
        self.source, self.loss = source, math.nan
        self.begin()

    def begin(self) -> None:
        self.steps, self._began, self._had_waited = 0, time.monotonic(), self.source.wait_seconds

    def count(self, loss: float) -> None:
        """One more step."""
        self.loss = loss if math.isnan(self.loss) else 0.98 * self.loss + 0.02 * loss
        self.steps += 1

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Time that does not count."""
        began = time.monotonic()
        yield
        self._began += time.monotonic() - began

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    @property
    def waited(self) -> float:
        """Seconds of it in which the source had nothing to give."""
        return self.source.wait_seconds - self._had_waited


class Trainer:
    """State of one run; `run` goes on from wherever the run folder stands."""

    def __init__(
        self,
        config: TrainConfig,
        folder: Path,
        *,
        device: torch.device,
        warm_start: Checkpoint | None = None,
        foundation: Foundation | None = None,
    ) -> None:
        config.model.check_foundation(None if foundation is None else foundation.dim)
        self.config, self.folder, self.device, self.foundation = config, folder, device, foundation
        self.worker, self.workers = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        torch.manual_seed(config.seed)
        self.denoiser = config.objective.build(config.model).to(device)
        if warm_start is not None:
            self.denoiser.network.load_state_dict(warm_start.denoiser.network.state_dict())
        self.origin = {key: warm_start.training.get(key) for key in ("iterations", "hours_of_audio")} if warm_start else None
        self.average = config.objective.build(config.model).to(device).requires_grad_(False)
        self.average.load_state_dict(self.denoiser.state_dict())
        self.optimisers = build_optimisers(self.denoiser, config.optimiser)
        self.rng = np.random.default_rng([config.seed, self.worker])
        self.generator = torch.Generator().manual_seed(config.seed + self.worker)
        self.iteration, self.seconds, self.history = 0, 0.0, list[dict[str, Any]]()
        if (folder / "state.safetensors").is_file():
            self._load()

    def run(self, source: Source, validation: Validation | None = None) -> None:
        """Trains to the end of the config; saves and validates on the way. Raises FloatingPointError where the loss is not finite."""
        config = self.config
        step = self._distributed(TrainingStep(self.denoiser, config.objective))
        pace = Pace(source)
        if self.iteration >= config.iterations:  # its model may have been lost since
            self.save()
        while self.iteration < config.iterations:
            pace.count(self._step(step, source))
            self.iteration += 1
            if self.iteration % REPORT_EVERY == 0 and self.worker == 0:
                self._report(pace)
            if self.iteration % config.validate_every == 0 and validation is not None and self.worker == 0:
                with pace.paused():
                    self._validate(validation)
            if self.iteration % config.save_every == 0 or self.iteration == config.iterations:
                self.save()

    def _report(self, pace: "Pace") -> None:
        """Prints how the steps since the last report went, and begins to count anew."""
        config, elapsed = self.config, pace.seconds
        audio = pace.steps * config.batch * config.frames / FRAME_RATE * self.workers
        self.seconds += elapsed
        print(
            f"{self.iteration:6d}/{config.iterations}  loss {pace.loss:.5f}  {config.objective.describe(self.progress)}  "
            f"{audio / elapsed:4.0f} x real time  waited for data {100 * pace.waited / elapsed:.0f} %",
            flush=True,
        )
        pace.begin()

    def _validate(self, validation: Validation) -> None:
        scores = validation.score(self.average)
        self.history.append({"iteration": self.iteration, **scores})
        print("        " + "  ".join(f"{name} {score:.3f}" for name, score in scores.items()), flush=True)

    @property
    def progress(self) -> float:
        return self.iteration / self.config.iterations

    def _step(self, step: nn.Module, source: Source) -> float:
        config = self.config
        examples = self._examples(source).to(self.device)
        set_rate(self.optimisers, config.optimiser.lr * rate(self.iteration, config.iterations, config.optimiser))
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=computes_bfloat16(self.device)):
            loss: Tensor = step(examples, self.progress, self.generator)
        self._check_finite("loss", float(loss.detach()))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.denoiser.parameters(), config.optimiser.clip_norm)
        self._check_finite("gradient", float(norm))
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        update_average(self.average, self.denoiser, self.iteration, config.optimiser.ema)
        return float(loss.detach())

    def _check_finite(self, what: str, value: float) -> None:
        if not math.isfinite(value):
            raise FloatingPointError(
                f"the {what} is {value} at iteration {self.iteration}: "
                f"resume from the last checkpoint with a lower learning rate (now {self.config.optimiser.lr})"
            )

    def _examples(self, source: Source) -> Examples:
        config, foundation = self.config, self.foundation
        asked = (config.batch, config.frames, self.rng)
        if foundation is None:
            return draw_examples(_on_cpu(source.batch(*asked)), config.objective, self.generator)
        if not isinstance(source, SoundingSource):
            raise ValueError("a foundation model must hear the clips themselves, and a pool holds none: set source to live")
        features, audio = source.sounding(*asked)
        return draw_examples(_on_cpu(features), config.objective, self.generator, partial(_listen, foundation, audio))

    def _distributed(self, step: nn.Module) -> nn.Module:
        if self.workers == 1:
            return step
        if not torch.distributed.is_initialized():
            torch.distributed.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        return nn.parallel.DistributedDataParallel(step)

    def save(self) -> None:
        """Writes the state to resume from and the averaged model."""
        if self.worker:
            return
        tensors = {f"model.{k}": v for k, v in self.denoiser.state_dict().items()}
        tensors |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        for index, optimiser in enumerate(self.optimisers):
            tensors |= {f"optimiser{index}.{k}": v for k, v in optimiser_tensors(optimiser).items()}
        tensors["generator"] = self.generator.get_state()
        tensors["dropout"] = torch.get_rng_state()
        state = {"iteration": self.iteration, "seconds": self.seconds, "rng": self.rng.bit_generator.state, "history": self.history}
        state["trains"] = self._trains()
        record: dict[str, Any] = {
            "iterations": self.iteration,
            "hours_of_audio": round(self.iteration * self.config.batch * self.config.frames / FRAME_RATE / 3600.0 * self.workers, 2),
            "training_hours": round(self.seconds / 3600.0, 3),
            "parameters": num_parameters(self.denoiser),
            "config": asdict(self.config),
            "history": self.history,
        }
        if self.origin:
            record["warm_start"] = self.origin
        objective, frames = self.config.objective, self.config.frames
        sampling = replace(objective.sampling, window_frames=frames, hop_frames=frames * 4 // 5)
        save_checkpoint(Checkpoint(self.average, sampling, objective.decode, record), self.folder / "model")
        with atomic_write(self.folder / "state.safetensors") as unfinished:  # last: a state that is there has its model
            save_file({k: v.cpu().contiguous() for k, v in tensors.items()}, unfinished, metadata={"state": json.dumps(state)})

    def _trains(self) -> dict[str, Any]:
        """What cannot be changed on resuming."""
        return {"model": asdict(self.config.model), "objective": type(self.config.objective).__name__}

    def _load(self) -> None:
        path = self.folder / "state.safetensors"
        with safetensors_of(path), safe_open(path, framework="pt", device=str(self.device)) as file:
            written = (file.metadata() or {}).get("state")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
        if written is None:
            raise ValueError(f"{path} is no state of a training run that can be gone on with: move it away, or name another folder")
        state = json.loads(written)
        if state.get("trains", self._trains()) != self._trains():
            raise ValueError(f"{path} belongs to a run of another size or objective: name another folder for this one")

        def part(prefix: str) -> dict[str, torch.Tensor]:
            return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

        self.denoiser.load_state_dict(part("model."))
        self.average.load_state_dict(part("average."))
        for index, optimiser in enumerate(self.optimisers):
            load_optimiser_tensors(optimiser, part(f"optimiser{index}."))
        self.iteration, self.seconds, self.history = state["iteration"], state["seconds"], state["history"]
        if self.worker == 0:
            self.generator.set_state(tensors["generator"].cpu())
            if "dropout" in tensors:
                torch.set_rng_state(tensors["dropout"].cpu())
            self.rng.bit_generator.state = state["rng"]
        else:  # only the first worker's state is kept; the others draw anew
            self.generator.manual_seed(self.config.seed + self.worker + 1000003 * self.iteration)
            self.rng = np.random.default_rng([self.config.seed, self.worker, self.iteration])


def _on_cpu(features: Packed) -> Packed:
    return Packed(*(part.cpu() for part in features))


def _listen(
    foundation: Foundation, audio: Float[Tensor, "batch samples"], heard: Bool[Tensor, "batch frames"]
) -> Float[Tensor, "batch frames channels"]:
    return torch.stack([foundation.listen(*clip) for clip in zip(audio.cpu().numpy(), heard.numpy(), strict=True)])
