"""What a training step asks. An `Objective` says what is heard of a clip, what the model loses, and how a model so trained is to be used.

`Diffusion`, the usual one, asks for the clean roll behind a noisy one, with all, some or none of the audio. Each clip is encoded once and
denoised twice: first from where sampling starts, where all must come from the audio, then at a level of the usual distribution or, mostly,
where all audio is heard, at one at which a sampler mends its first estimate. Where audio is heard, most second draws stand on the first
estimate in place of the true roll, as they do when a sampler re-noises its own estimate; the network so learns to mend its own mistakes,
which a denoiser trained on true rolls alone never sees. Where audio is withheld the true roll is what matters: there the model is to
complete what is known, or invent.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import torch
from torch import Tensor

from n2n.checkpoint import build_denoiser
from n2n.diffusion import Annealing, Denoiser, NoiseDistribution, Schedule, log_uniform, pseudo_huber
from n2n.features import level_db, normalise
from n2n.model import ModelConfig
from n2n.roll import DecodeConfig
from n2n.sampling import SamplingConfig
from n2n.shapes import Bool, Float
from n2n.training.augment import AugmentConfig, augment
from n2n.training.render import Packed, unpack_mel

SILENCE_WEIGHT: Final = 0.25
"""Weight of the velocity error where audio is heard and nothing is hit: low, so that silence is learnt without pulling at hits."""
HIT_WEIGHT: Final = 24.0
"""`DecodeConfig.velocity_weight` of an estimate whose velocity is nearly the hit's own: found by trying, with little between 8 and 1000."""

Listen = Callable[[Bool[Tensor, "batch frames"]], Float[Tensor, "batch frames channels"]]
"""What a foundation model makes of a batch's audio where only these frames sound."""


class Examples(NamedTuple):
    """Clean rolls, what the network hears of their audio, and where it hears it: as log-mel and, where it can, as foundation tokens."""

    roll: Float[Tensor, "batch frames drums 2"]
    mel: Float[Tensor, "batch frames mels"]
    mel_heard: Bool[Tensor, "batch frames"]
    foundation: Float[Tensor, "batch frames channels"] | None = None
    foundation_heard: Bool[Tensor, "batch frames"] | None = None

    @property
    def heard(self) -> Bool[Tensor, "batch frames"]:
        """Where the network hears the audio in either form."""
        return self.mel_heard if self.foundation_heard is None else self.mel_heard | self.foundation_heard

    @property
    def streams(self) -> tuple[Tensor, ...]:
        """What `Network.encode` is given."""
        return tuple(stream for stream in self[1:] if stream is not None)

    def to(self, device: torch.device) -> "Examples":
        """The same on another device."""
        return Examples(*(part.to(device) for part in (self.roll, *self.streams)))


@dataclass(frozen=True)
class Objective(ABC):
    """Everything random about a training example except the clip itself, and what each family of objectives answers in its own way."""

    velocity_weight: float = 4.0
    """Weight of the velocity error of a hit; that of the onset has 1."""
    drop_all: float = 0.08
    """Share of clips whose log-mel is not heard."""
    drop_span: float = 0.2
    """Share of clips of which one span is not heard, in any form."""
    span: tuple[float, float] = (0.1, 0.8)
    drop_foundation: float = 0.15
    """Share of clips whose foundation tokens are not heard, whether the log-mel is or not."""
    silenced: float = 0.5
    """Share of unheard spans that are silent to the foundation model too. The tokens around the others know what is in them."""
    augment: AugmentConfig = field(default_factory=AugmentConfig)

    def build(self, model: ModelConfig) -> Denoiser:
        """A model with fresh weights."""
        return build_denoiser(model)

    @abstractmethod
    def loss(self, denoiser: Denoiser, examples: Examples, progress: float, generator: torch.Generator) -> Float[Tensor, ""]:
        """What the model loses on these examples, at a `progress` in [0, 1] of the training."""

    @property
    @abstractmethod
    def sampling(self) -> SamplingConfig:
        """How a model so trained is meant to be sampled."""

    @property
    def decode(self) -> DecodeConfig:
        """How its estimates become notes, before thresholds are chosen."""
        return DecodeConfig(velocity_weight=HIT_WEIGHT)

    def describe(self, progress: float) -> str:
        """What changes in the course of the training, for its reports."""
        return ""


@dataclass(frozen=True)
class Diffusion(Objective):
    """Denoise, from the level where sampling starts and again from a lower one."""

    annealing: Annealing | None = None
    """c of the pseudo-Huber loss of the onsets where the audio is heard; None for the squared error."""
    schedule: Schedule = field(default_factory=Schedule)
    """Levels to sample the model at. The first draw's are log-uniform, from a quarter of the highest up to it."""
    noise: NoiseDistribution = field(default_factory=lambda: NoiseDistribution(0.0, 1.2))
    """Levels of the second draw."""
    mending: float = 0.7
    """Share of clips, of those heard throughout, whose second draw lies where the schedule mends the first estimate, if it does."""
    on_policy: float = 0.9
    """Share of second draws that stand on the model's first estimate where the audio is heard; what is unheard stands on the true roll."""
    later_weight: float = 2.0
    """Weight of the second draw; the first has 1. Sampling ends with refined estimates, so these count more."""

    @property
    def sampling(self) -> SamplingConfig:
        return SamplingConfig(schedule=self.schedule)

    def describe(self, progress: float) -> str:
        return "squared" if self.annealing is None else f"c {self.annealing.c(progress):.3f}"

    def loss(self, denoiser: Denoiser, examples: Examples, progress: float, generator: torch.Generator) -> Float[Tensor, ""]:
        """The weighted sum of the losses of both draws."""
        device = examples.mel.device
        roll, batch = examples.roll, len(examples.roll)
        condition = denoiser.network.encode(*examples.streams)

        def denoise(base: Tensor, sigma: Tensor) -> Tensor:
            noise = torch.randn(roll.shape, generator=generator).to(device)
            return denoiser(base + sigma[:, None, None, None] * noise, sigma, condition)

        highest = self.schedule.sigma_max
        start = log_uniform(batch, highest / 4.0, highest, generator).to(device)
        first = denoise(roll, start)
        own = (torch.rand(batch, generator=generator) < self.on_policy).to(device)[:, None] & examples.heard
        base = torch.where(own[..., None, None], first.detach(), roll)
        second = denoise(base, self.later_levels(examples.heard.all(dim=1), generator))

        c = None if self.annealing is None else self.annealing.c(progress)
        first_cost, second_cost = (
            roll_cost(estimate, roll, examples.heard, velocity_weight=self.velocity_weight, c=c).mean() for estimate in (first, second)
        )
        return first_cost + self.later_weight * second_cost

    def later_levels(self, heard: Bool[Tensor, "batch"], generator: torch.Generator) -> Float[Tensor, "batch"]:
        """Levels of the second draw, for clips of which all is heard or not."""
        levels = self.noise.draw(len(heard), generator).to(heard.device)
        if self.schedule.sigma_mend is None:
            return levels
        mends = log_uniform(len(heard), self.schedule.sigma_min, self.schedule.sigma_mend, generator).to(heard.device)
        mending = heard & (torch.rand(len(heard), generator=generator) < self.mending).to(heard.device)
        return torch.where(mending, mends, levels)


def roll_cost(
    estimate: Float[Tensor, "batch frames drums 2"],
    target: Float[Tensor, "batch frames drums 2"],
    heard: Bool[Tensor, "batch frames"],
    *,
    velocity_weight: float,
    c: float | None = None,
) -> Float[Tensor, "batch frames drums 2"]:
    """What each cell costs.

    Where nothing is heard, half the squared error: only that makes the estimate a mean, any other falls silent, because no single cell is
    likely to hold a hit. Where audio is heard, the onset costs the same, or with a `c` the pseudo-Huber of its error; the velocity of a hit
    costs its absolute error, and that of silence counts little. So the estimate, where a hit is likelier than one in eight or so, is the
    hit's own velocity and no mean with silence.
    """
    error = estimate - target
    onset, velocity = (error.square() / 2.0).unbind(dim=-1)
    heard = heard[..., None]
    if c is not None:
        onset = torch.where(heard, pseudo_huber(error[..., 0], c), onset)
    struck = torch.where(target[..., 0] > 0.0, velocity_weight * error[..., 1].abs(), SILENCE_WEIGHT * velocity)
    return torch.stack([onset, torch.where(heard, struck, velocity)], dim=-1)


def velocities_to_roll(velocities: Tensor) -> Float[Tensor, "batch frames drums 2"]:
    """Rolls from velocity bytes, 0 where there is no hit."""
    onset = torch.where(velocities > 0, 1.0, -1.0)
    return torch.stack([onset, 2.0 * velocities.float() / 127.0 - 1.0], dim=-1)


def draw_spans(batch: int, frames: int, objective: Objective, generator: torch.Generator) -> Bool[Tensor, "batch frames"]:
    """Partial dropout: True in the one contiguous span of a clip that is not heard, if there is one."""
    length = objective.span[0] + (objective.span[1] - objective.span[0]) * torch.rand(batch, generator=generator)
    start = torch.rand(batch, generator=generator) * (1.0 - length)
    place = (torch.arange(frames) + 0.5) / frames
    inside = (place >= start[:, None]) & (place < (start + length)[:, None])
    return inside & (torch.rand(batch, generator=generator) < objective.drop_span)[:, None]


def draw_heard(spans: Bool[Tensor, "batch frames"], drop_all: float, generator: torch.Generator) -> Bool[Tensor, "batch frames"]:
    """Complete dropout: True where a clip is heard, which is outside its span, and in a share of clips nowhere."""
    return ~(spans | (torch.rand(len(spans), generator=generator) < drop_all)[:, None])


def draw_examples(features: Packed, objective: Objective, generator: torch.Generator, listen: Listen | None = None) -> Examples:
    """Augments packed features and chooses what is heard. Where nothing is, the roll is one as played.

    With `listen`, foundation tokens are heard too; of the audio as it was rendered, since augmentation is a matter of the log-mel.
    """
    mel = unpack_mel(features.mel)
    mel = augment(mel, generator, objective.augment)
    level = level_db(mel) + objective.augment.gain_db * torch.randn(len(mel), generator=generator)
    spans = draw_spans(mel.shape[0], mel.shape[1], objective, generator)
    heard = [draw_heard(spans, objective.drop_all, generator)]
    tokens = []
    if listen is not None:
        heard.append(draw_heard(spans, objective.drop_foundation, generator))
        silent = spans & (torch.rand(len(spans), generator=generator) < objective.silenced)[:, None]
        tokens = [listen(~silent), heard[1]]
    any_heard = torch.stack(heard).any(dim=0).any(dim=1)[:, None, None]
    velocities = torch.where(any_heard, features.velocities, features.as_played)
    return Examples(velocities_to_roll(velocities), normalise(mel, level), heard[0], *tokens)
