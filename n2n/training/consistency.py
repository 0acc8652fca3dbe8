"""Consistency tuning, after ECT (Geng et al., 2024): a trained denoiser learns to say in one step what it used to say in many.

Where the audio is heard, one step is asked for the truth, as before: a mean roll is what thresholds want. Where it is withheld, many rolls
are possible and their mean is none of them. There the estimate at one level is to be what the network itself says at a lower level of the
same noise, where more is decided, and at the lowest the roll that was played: so a whole walk folds into its first step. The two levels
lie far apart at first, and ever nearer as the tuning goes on.
"""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from n2n.diffusion import Denoiser, NoiseDistribution, Schedule
from n2n.sampling import SamplingConfig
from n2n.shapes import Float
from n2n.training.objective import Examples, Objective, roll_cost


@dataclass(frozen=True)
class Consistency(Objective):
    """In one step, the truth where the audio is heard, and one of the rolls that may be where it is not."""

    drop_all: float = 0.3
    drop_span: float = 0.5
    noise: NoiseDistribution = field(default_factory=lambda: NoiseDistribution(0.0, 1.2, start_share=0.6, start=(5.0, 20.0)))
    """The higher levels."""
    heard_start_share: float = 0.9
    """Of clips that are heard whole nearly all are asked where the one step begins: no other level will be."""
    stages: int = 2
    """At the beginning of each the levels move nearer: in the first, the lower is half the higher, in the next three quarters."""

    @property
    def sampling(self) -> SamplingConfig:
        return SamplingConfig(num_steps=1, schedule=Schedule(sigma_max=self.noise.start[1]), imagine_steps=1, imagine_sampler="renoise")

    def describe(self, progress: float) -> str:
        return f"stage {self.stage(progress) + 1} of {self.stages}"

    def stage(self, progress: float) -> int:
        """Counted from 0, at a `progress` in [0, 1] of the tuning."""
        return min(int(progress * self.stages), self.stages - 1)

    def lower(self, sigma: Float[Tensor, " batch"], progress: float) -> Float[Tensor, " batch"]:
        """The level whose estimate a level is taught by (ECT's mapping, with q = 2, k = 8, b = 1).

        It is 0, the roll itself, below the level where walks end, which leaves nothing to decide; without this footing, estimates that
        learn from each other alone drift away.
        """
        gap = (1.0 + 8.0 * torch.sigmoid(-sigma)) / 2.0 ** (self.stage(progress) + 1)
        lower = sigma * (1.0 - gap)
        return torch.where(lower < self.sampling.schedule.sigma_min, 0.0, lower)

    def loss(self, denoiser: Denoiser, examples: Examples, progress: float, generator: torch.Generator) -> Float[Tensor, ""]:
        roll, heard = examples.roll, examples.heard[..., None, None]
        condition = denoiser.network.encode(*examples.streams)
        noise = torch.randn(roll.shape, generator=generator).to(roll.device)
        heard_noise = replace(self.noise, start_share=self.heard_start_share)
        hearing, imagining = (levels.draw(len(roll), generator).to(roll.device) for levels in (heard_noise, self.noise))
        sigma = torch.where(examples.heard.all(dim=1), hearing, imagining)
        lower = self.lower(sigma, progress)

        def denoise(level: Tensor) -> Tensor:
            return denoiser(roll + _by_clip(level) * noise, level, condition)

        with torch.no_grad():
            nearer = denoise(lower.clamp(min=1e-3))
        target = torch.where(heard | (_by_clip(lower) == 0.0), roll, nearer)
        estimate = denoise(sigma)
        weight = torch.where(heard, 1.0, _by_clip(sigma / (sigma - lower)))
        return (weight * roll_cost(estimate, target, examples.heard, velocity_weight=self.velocity_weight)).mean()


def _by_clip(value: Float[Tensor, " batch"]) -> Float[Tensor, "batch 1 1 1"]:
    return value[:, None, None, None]
