"""The twin that does not denoise: the same network on the same examples, asked once which cells are hits, and how hard.

Half the work of a diffusion step, since there is one draw and not two: equal budgets are equal in what is heard, not in time.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from n2n.checkpoint import build_denoiser
from n2n.diffusion import Denoiser
from n2n.model import ModelConfig
from n2n.one_pass import OnePass
from n2n.roll import DecodeConfig
from n2n.sampling import SamplingConfig
from n2n.shapes import Float
from n2n.training.objective import Examples, Objective


@dataclass(frozen=True)
class Discriminative(Objective):
    """Cross-entropy of the onsets in every cell, and the absolute error of the velocity where there is a hit."""

    velocity_weight: float = 8.0

    def build(self, model: ModelConfig) -> Denoiser:
        return build_denoiser(model, kind="discriminative")

    @property
    def sampling(self) -> SamplingConfig:
        return SamplingConfig(num_steps=1, imagine_steps=1, imagine_sampler="renoise")

    @property
    def decode(self) -> DecodeConfig:
        """The estimate is a plain mean, whatever the weights were."""
        return DecodeConfig(velocity_weight=1.0)

    def loss(self, denoiser: Denoiser, examples: Examples, progress: float, generator: torch.Generator) -> Float[Tensor, ""]:
        assert isinstance(denoiser, OnePass)
        roll = examples.roll
        hit = (roll[..., 0] > 0.0).to(roll.dtype)
        answers = denoiser.answers(roll, denoiser.network.encode(*examples.streams))
        onset = F.binary_cross_entropy_with_logits(answers.log_odds, hit, reduction="none")
        off = hit * (answers.velocity - roll[..., 1]).abs()
        return (onset + self.velocity_weight * off).mean()
