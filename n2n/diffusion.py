"""Diffusion in the EDM form (Karras et al., 2022): preconditioning, schedules, the annealed pseudo-Huber loss, samplers, locked cells.

Knows tensors and callables, never drums. A `denoise` is any callable `(x, sigma) -> estimate of the clean x`, so tests pass closed forms.
A sampler walks down the levels of a schedule and yields a `Step` at each; the sample is the `denoised` of the last one, because the step
from the lowest level to zero lands on the estimate itself.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import cycle
from typing import Any, ClassVar, Final, NamedTuple, Protocol

import torch
from torch import Tensor, nn

Denoise = Callable[[Tensor, float], Tensor]
Noise = Callable[[int], Tensor]
"""The standard normal noise of a step: 0 starts the walk, i > 0 is added on the way to level i."""


@dataclass(frozen=True)
class Schedule:
    """Noise levels to walk down: `sigma_max` to `sigma_min`, bent by `rho` (EDM eq. 5, N2N eq. 3).

    With `sigma_mend`, no level after the first lies above it: the first estimate is mended, where more noise would have it made anew.
    """

    sigma_max: float = 20.0
    sigma_min: float = 0.3
    rho: float = 3.0
    sigma_mend: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.sigma_min <= self.sigma_max < math.inf or self.rho <= 0.0:
            raise ValueError(f"a schedule needs 0 < sigma_min <= sigma_max and rho > 0, not {self}")
        if self.sigma_mend is not None and not self.sigma_min <= self.sigma_mend:
            raise ValueError(f"sigma_mend must be sigma_min at least, or None, not {self.sigma_mend}: sigma_min is {self.sigma_min:g}")

    def sigmas(self, num_steps: int) -> list[float]:
        """The `num_steps` levels, highest first. One step is `sigma_max` alone."""
        if num_steps < 1:
            raise ValueError(f"num_steps is {num_steps}: at least one step is needed")
        if num_steps == 1:
            return [self.sigma_max]
        high, low = self.sigma_max ** (1.0 / self.rho), self.sigma_min ** (1.0 / self.rho)
        first, *later = [(high + i / (num_steps - 1) * (low - high)) ** self.rho for i in range(num_steps)]
        return [first, *(sigma if self.sigma_mend is None else min(sigma, self.sigma_mend) for sigma in later)]

    def below(self, sigma: float) -> "Schedule":
        """The part of the schedule that starts at `sigma`; all of it where that lies above."""
        return replace(self, sigma_max=min(self.sigma_max, sigma), sigma_min=min(self.sigma_min, sigma))


class Denoiser(nn.Module):
    """EDM preconditioning around a network F: D(x; sigma) = c_skip x + c_out F(c_in x; c_noise, condition).

    The network offers `encode(...)` and `forward(x, c_noise, condition)`. Data are taken to have mean `data_mean` and deviation
    `sigma_data`.
    """

    kind: ClassVar[str] = "diffusion"
    """What the network was trained for, as a model's config says it."""
    network: Any  # a module with an `encode` of its own, which the type of modules does not know

    def __init__(self, network: nn.Module, *, sigma_data: float = 0.5, data_mean: float = 0.0) -> None:
        super().__init__()
        self.network = network
        self.sigma_data = sigma_data
        self.data_mean = data_mean

    def forward(self, x: Tensor, sigma: Tensor, condition: object) -> Tensor:
        """Estimates the clean x; `sigma` is one level for each item of the batch."""
        level = sigma.reshape(-1, *[1] * (x.dim() - 1))
        d = self.sigma_data
        c_skip = d**2 / (level**2 + d**2)
        c_out = level * d / (level**2 + d**2).sqrt()
        c_in = 1.0 / (level**2 + d**2).sqrt()
        c_noise = sigma.log() / 4.0
        centred = x - self.data_mean
        return self.data_mean + c_skip * centred + c_out * self.network(c_in * centred, c_noise, condition).to(x.dtype)


def pseudo_huber(error: Tensor, c: Tensor | float) -> Tensor:
    """Elementwise sqrt(e^2 + c^2) - c: e^2 / 2c where |e| << c, |e| where |e| >> c (N2N eq. 2)."""
    return (error.square() + c**2).sqrt() - c


@dataclass(frozen=True)
class Annealing:
    """c of the pseudo-Huber loss: linear over training, from `c_max` (squared error) to `c_min` (absolute error)."""

    c_max: float = 1.0
    c_min: float = 1e-4

    def c(self, progress: float) -> float:
        """c at a `progress` in [0, 1] of the training."""
        alpha = min(max(progress, 0.0), 1.0)
        return (1.0 - alpha) * self.c_max + alpha * self.c_min


def log_uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """`count` levels from `low` to `high`, each ratio as likely as any other."""
    return low * (high / low) ** torch.rand(count, generator=generator)


@dataclass(frozen=True)
class NoiseDistribution:
    """Training levels: ln sigma ~ N(mean, std^2), but for a share drawn log-uniformly from `start`, where sampling begins."""

    mean: float = -1.2
    std: float = 1.2
    start_share: float = 0.0
    start: tuple[float, float] = (5.0, 80.0)

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """`count` levels."""
        usual = torch.exp(self.mean + self.std * torch.randn(count, generator=generator))
        high_end = log_uniform(count, *self.start, generator)
        return torch.where(torch.rand(count, generator=generator) < self.start_share, high_end, usual)


class Step(NamedTuple):
    """One level of a walk, counted from 0: the noisy state that went in and the estimate that came out."""

    number: int
    sigma: float
    noisy: Tensor
    denoised: Tensor


class Walk(Protocol):
    """Goes down the levels from x, which is at the first of them."""

    def __call__(self, denoise: Denoise, x: Tensor, sigmas: Sequence[float], *, noise: Noise) -> Iterator[Step]: ...


def sample_euler(denoise: Denoise, x: Tensor, sigmas: Sequence[float], *, noise: Noise) -> Iterator[Step]:
    """Euler's method on the probability-flow ODE; one evaluation a level."""
    for index, sigma in enumerate(sigmas):
        denoised = denoise(x, sigma)
        yield Step(index, sigma, x, denoised)
        if index + 1 < len(sigmas):
            x = x + (sigmas[index + 1] - sigma) * (x - denoised) / sigma


def sample_heun(denoise: Denoise, x: Tensor, sigmas: Sequence[float], *, noise: Noise) -> Iterator[Step]:
    """Heun's second-order method; two evaluations a level, one at the last."""
    for index, sigma in enumerate(sigmas):
        denoised = denoise(x, sigma)
        yield Step(index, sigma, x, denoised)
        if index + 1 < len(sigmas):
            following = sigmas[index + 1]
            slope = (x - denoised) / sigma
            ahead = x + (following - sigma) * slope
            slope_ahead = (ahead - denoise(ahead, following)) / following
            x = x + (following - sigma) * (slope + slope_ahead) / 2.0


def sample_renoise(denoise: Denoise, x: Tensor, sigmas: Sequence[float], *, noise: Noise) -> Iterator[Step]:
    """The paper's refinement: denoise fully, add fresh noise of the next lower level, denoise again; one evaluation a level."""
    for index, sigma in enumerate(sigmas):
        denoised = denoise(x, sigma)
        yield Step(index, sigma, x, denoised)
        if index + 1 < len(sigmas):
            x = denoised + sigmas[index + 1] * noise(index + 1)


def average_tail(steps: Iterable[Step], first: int) -> Iterator[Step]:
    """A walk whose estimates, from step `first` on, are the mean of all since then. Where every step draws fresh noise, they err less."""
    mean: Tensor | float = 0.0
    for step in steps:
        mean = step.denoised if step.number <= first else mean + (step.denoised - mean) / (step.number - first + 1)
        yield step._replace(denoised=mean)


def take_turns(make: Callable[[int], Denoise], count: int) -> Denoise:
    """A denoiser that answers every call with the next of `count`, round and round; each is made when its turn first comes."""
    denoisers, turns = cache(make), cycle(range(count))
    return lambda x, sigma: denoisers(next(turns))(x, sigma)


class Sampler(NamedTuple):
    """A way to walk: whether it draws fresh noise at every step, so that each estimates anew; whether it corrects each step but the last
    by a second estimate."""

    walk: Walk
    redraws: bool = False
    corrects: bool = False


SAMPLERS: Final[dict[str, Sampler]] = {
    "euler": Sampler(sample_euler),
    "heun": Sampler(sample_heun, corrects=True),
    "renoise": Sampler(sample_renoise, redraws=True),
}


def walk(
    denoise: Denoise, base: Tensor, sigmas: Sequence[float], *, sampler: str = "renoise", noise: Noise, tail: float = 0.0
) -> Iterator[Step]:
    """One run of a sampler, from `base` under noise of the first level down to the last; its steps are the trajectory.

    Where the sampler redraws, the estimates of the last `tail` of the steps (a share, 0 to 1) are averaged.
    """
    way = SAMPLERS[sampler]
    steps = way.walk(denoise, base + sigmas[0] * noise(0), sigmas, noise=noise)
    return average_tail(steps, first=math.floor(len(sigmas) * (1.0 - tail))) if way.redraws else steps


def num_evaluations(sampler: str, num_steps: int) -> int:
    """How often a sampler calls the network."""
    return 2 * num_steps - 1 if SAMPLERS[sampler].corrects else num_steps


def lock(denoise: Denoise, known: Tensor, locked: Tensor) -> Denoise:
    """Holds the `locked` cells of every estimate at their `known` values; start the walk at `known` plus noise there."""
    return lambda x, sigma: torch.where(locked, known, denoise(x, sigma))


def guide(denoise: Denoise, denoise_unheard: Denoise, guidance: float) -> Denoise:
    """Classifier-free guidance: 1 is the conditional estimate, 0 the unconditional one, beyond 1 exaggerates what the audio says."""

    def guided(x: Tensor, sigma: float) -> Tensor:
        unheard = denoise_unheard(x, sigma)
        return unheard + guidance * (denoise(x, sigma) - unheard)

    return denoise if guidance == 1.0 else guided
