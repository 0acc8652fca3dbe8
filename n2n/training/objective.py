"""What a training step asks: estimate the clean roll from a noisy one, with all, some or none of the audio.

Each clip is encoded once and denoised twice: first from where sampling starts, where all must come from the audio, then at a level of the
usual distribution. Where all audio is heard, most second draws stand on the first estimate in place of the true roll, as they do when a
sampler re-noises its own estimate; the network so learns to mend its own mistakes, which a denoiser trained on true rolls alone never
sees. Where audio is withheld the true roll is what matters: there the model is to complete what is known, or invent.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from n2n.diffusion import Annealing, Denoiser, NoiseDistribution, pseudo_huber
from n2n.features import level_db, normalise
from n2n.shapes import Bool, Float
from n2n.training.augment import AugmentConfig, augment
from n2n.training.render import Features, unpack_mel


@dataclass(frozen=True)
class Objective:
    """The loss and everything random about a training example except the clip itself."""

    annealing: Annealing = field(default_factory=lambda: Annealing(1.0, 0.4))
    """c where the audio is heard. Where it is not, the error is squared: only a squared error makes the estimate a mean, any other falls
    silent, because no single cell is likely to hold a hit."""
    start: tuple[float, float] = (5.0, 20.0)
    """Log-uniform levels of the first draw."""
    noise: NoiseDistribution = field(default_factory=lambda: NoiseDistribution(0.0, 1.2))
    """Levels of the second draw."""
    on_policy: float = 0.9
    """Share of second draws that stand on the model's first estimate where the audio is heard; what is unheard stands on the true roll."""
    velocity_weight: float = 8.0
    """Say of the velocity where a hit is heard against all else, which has a say of 1: a hundredth of the cells hold a hit, and only
    there the velocity says more than the onset does. Decoding undoes the pull of it (`DecodeConfig.velocity_weight`)."""
    drop_all: float = 0.08
    drop_span: float = 0.2
    span: tuple[float, float] = (0.1, 0.8)
    augment: AugmentConfig = field(default_factory=AugmentConfig)


class Examples(NamedTuple):
    """Clean rolls, what the network hears of their audio, and where it hears it."""

    roll: Float[Tensor, "batch frames drums 2"]
    mel: Float[Tensor, "batch frames mels"]
    heard: Bool[Tensor, "batch frames"]


class Losses(NamedTuple):
    """Mean loss to minimise, and plain mean absolute errors to watch: at the first draw, at the second."""

    total: Tensor
    start_error: Tensor
    later_error: Tensor


def velocities_to_roll(velocities: Tensor) -> Float[Tensor, "batch frames drums 2"]:
    """Rolls from velocity bytes, 0 where there is no hit."""
    onset = torch.where(velocities > 0, 1.0, -1.0)
    return torch.stack([onset, 2.0 * velocities.float() / 127.0 - 1.0], dim=-1)


def draw_heard(batch: int, frames: int, objective: Objective, generator: torch.Generator) -> Bool[Tensor, "batch frames"]:
    """Complete and partial dropout: all frames, or one contiguous span, are not heard."""
    length = objective.span[0] + (objective.span[1] - objective.span[0]) * torch.rand(batch, generator=generator)
    start = torch.rand(batch, generator=generator) * (1.0 - length)
    place = (torch.arange(frames) + 0.5) / frames
    inside = (place >= start[:, None]) & (place < (start + length)[:, None])
    dropped = inside & (torch.rand(batch, generator=generator) < objective.drop_span)[:, None]
    return ~(dropped | (torch.rand(batch, generator=generator) < objective.drop_all)[:, None])


def draw_examples(features: Features, objective: Objective, generator: torch.Generator) -> Examples:
    """Augments packed features and chooses what is heard."""
    mel = unpack_mel(features.mel)
    mel = augment(mel, generator, objective.augment)
    level = level_db(mel) + objective.augment.gain_db * torch.randn(len(mel), generator=generator)
    heard = draw_heard(mel.shape[0], mel.shape[1], objective, generator)
    return Examples(velocities_to_roll(features.velocities), normalise(mel, level), heard)


def losses(denoiser: Denoiser, examples: Examples, objective: Objective, progress: float, generator: torch.Generator) -> Losses:
    """The annealed pseudo-Huber losses of both draws; `progress` in [0, 1] sets c."""
    device = examples.mel.device
    roll, batch = examples.roll, len(examples.roll)
    c, heard = objective.annealing.c(progress), examples.heard[..., None, None]
    condition = denoiser.network.encode(examples.mel, examples.heard)

    def denoise(base: Tensor, sigma: Tensor) -> Tensor:
        noise = torch.randn(roll.shape, generator=generator).to(device)
        return denoiser(base + sigma[:, None, None, None] * noise, sigma, condition)

    start = NoiseDistribution(start_share=1.0, start=objective.start).draw(batch, generator).to(device)
    first = denoise(roll, start)
    own = (torch.rand(batch, generator=generator) < objective.on_policy).to(device)[:, None] & examples.heard
    base = torch.where(own[..., None, None], first.detach(), roll)
    second = denoise(base, objective.noise.draw(batch, generator).to(device))

    def cost(error: Tensor) -> Tensor:
        return torch.where(heard, pseudo_huber(error, c), error.square() / 2.0)

    hit = heard[..., 0] & (roll[..., 0] > 0.0)
    weight = torch.stack([torch.ones_like(roll[..., 0]), torch.where(hit, objective.velocity_weight, 1.0)], dim=-1)
    total = (weight * (cost(first - roll) + cost(second - roll))).mean()
    return Losses(total, (first - roll).detach().abs().mean(), (second - roll).detach().abs().mean())
