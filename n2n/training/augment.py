"""Augmentation of log-mel features, drawn afresh each time a clip is read: what recordings, transfers and codecs do to a spectrum.

Mel is [batch, frames, mels] in dB. Every change is per clip and constant in time, so labels stay true.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from n2n.features import FLOOR_DB, MEL_MAX_HZ, MEL_MIN_HZ, N_MELS, hz_to_mel
from n2n.shapes import Float


@dataclass(frozen=True)
class AugmentConfig:
    """Shares of clips, and how far each change goes."""

    equaliser: float = 0.5
    equaliser_db: float = 2.5
    low_pass: float = 0.45
    low_pass_hz: tuple[float, float] = (3000.0, 17000.0)
    high_pass: float = 0.1
    noise_floor: float = 0.4
    contrast: float = 0.2
    gain_db: float = 1.0
    """Deviation of the level that the network is told to take for the clip's own."""


def chance(share: float, batch: int, generator: torch.Generator) -> Tensor:
    """True for a share of the batch; [batch, 1, 1]."""
    return (torch.rand(batch, generator=generator) < share)[:, None, None]


def mel_bin(hz: Tensor) -> Tensor:
    """The place of a frequency on the axis of mel bins, a fraction."""
    low, high = hz_to_mel(torch.tensor([MEL_MIN_HZ, MEL_MAX_HZ])).tolist()
    return (hz_to_mel(hz) - low) / (high - low) * (N_MELS + 1) - 1.0


def random_curve(batch: int, points: int, generator: torch.Generator) -> Float[Tensor, "batch 1 mels"]:
    """Smooth random curves over the mel bins, standard normal at each of `points` knots."""
    knots = torch.randn(batch, 1, points, generator=generator)
    return torch.nn.functional.interpolate(knots, size=N_MELS, mode="linear", align_corners=True)


def low_pass(batch: int, config: AugmentConfig, generator: torch.Generator) -> Float[Tensor, "batch 1 mels"]:
    """Attenuation in dB above a random cutoff: from a gentle slope to a codec's cliff."""
    low, high = (math.log(hz) for hz in config.low_pass_hz)
    cutoff = mel_bin(torch.exp(low + (high - low) * torch.rand(batch, generator=generator)))
    slope = torch.exp(torch.rand(batch, generator=generator) * 4.0 - 0.5)  # dB a bin, 0.6 to 33
    above = torch.clamp(torch.arange(N_MELS) - cutoff[:, None], min=0.0)
    return -(above * slope[:, None])[:, None]


def high_pass(batch: int, generator: torch.Generator) -> Float[Tensor, "batch 1 mels"]:
    """Attenuation in dB below a random cutoff of up to 150 Hz or so."""
    cutoff = mel_bin(40.0 + 160.0 * torch.rand(batch, generator=generator))
    slope = 1.0 + 7.0 * torch.rand(batch, generator=generator)
    below = torch.clamp(cutoff[:, None] - torch.arange(N_MELS), min=0.0)
    return -(below * slope[:, None])[:, None]


def augment(
    mel: Float[Tensor, "batch frames mels"], generator: torch.Generator, config: AugmentConfig
) -> Float[Tensor, "batch frames mels"]:
    """Applies each change to its share of the clips."""
    batch = len(mel)
    peak = mel.amax(dim=(1, 2), keepdim=True)
    contrast = torch.where(chance(config.contrast, batch, generator), 0.85 + 0.3 * torch.rand(batch, 1, 1, generator=generator), 1.0)
    mel = peak + (mel - peak) * contrast
    gains = chance(config.equaliser, batch, generator) * config.equaliser_db * random_curve(batch, 7, generator)
    gains = gains + chance(config.low_pass, batch, generator) * low_pass(batch, config, generator)
    gains = gains + chance(config.high_pass, batch, generator) * high_pass(batch, generator)
    mel = mel + gains
    floor = peak - 35.0 - 60.0 * torch.rand(batch, 1, 1, generator=generator) + 6.0 * random_curve(batch, 5, generator)
    hiss = floor + torch.randn(batch, 1, N_MELS, generator=generator)
    mel = torch.where(chance(config.noise_floor, batch, generator), torch.maximum(mel, hiss), mel)
    return mel.clamp(min=FLOOR_DB)
