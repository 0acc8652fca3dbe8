"""Live validation: onset F1 on rendered clips of the held-out validation sources, at one step and at the usual number."""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Final

import numpy as np
import torch
from torch import Tensor

from n2n.audio import FRAME_RATE
from n2n.diffusion import Denoise, Denoiser, take_turns, walk
from n2n.drums import DRUMS
from n2n.evaluate import TOLERANCE, match
from n2n.features import level_db, normalise
from n2n.foundation import Foundation
from n2n.roll import DecodeConfig, find_onsets
from n2n.sampling import SamplingConfig
from n2n.scores import Counts
from n2n.shapes import Float
from n2n.training.objective import velocities_to_roll
from n2n.training.render import Packed, Renderer, pack, unpack_mel

AT_ONCE: Final = 32
"""Windows that are denoised together."""


class Validation:
    """A fixed set of clips, cut into windows of the training length."""

    def __init__(
        self,
        features: Sequence[Packed],
        frames: int,
        *,
        sampling: SamplingConfig | None = None,
        foundation: Sequence[Float[Tensor, "frames channels"]] = (),
    ) -> None:
        def cut(clips: Iterable[Tensor]) -> Tensor:
            return torch.cat([torch.stack(list(clip.split(frames)[: len(clip) // frames])) for clip in clips])

        mel, velocities = cut(f.mel for f in features), cut(f.velocities for f in features)
        self.foundation = cut(foundation) if foundation else None
        decibels = unpack_mel(mel)
        self.mel = normalise(decibels, level_db(decibels))
        self.reference = velocities_to_roll(velocities).numpy()
        self.sampling = sampling or SamplingConfig()

    @classmethod
    def render(
        cls,
        renderer: Renderer,
        clips: int,
        frames: int,
        *,
        sampling: SamplingConfig | None = None,
        foundation: Foundation | None = None,
    ) -> "Validation":
        """The first clips of a renderer, which a model that hears through a foundation model is to hear through that too."""
        features, tokens = list[Packed](), list[Tensor]()
        for index in range(clips):
            clip = renderer.clip(index)
            features.append(pack(clip))
            if foundation is not None:
                tokens.append(foundation.listen(clip.audio.cpu().numpy(), np.ones(len(clip.velocities), dtype=bool)).cpu())
        return cls(features, frames, sampling=sampling, foundation=tokens)

    @torch.no_grad()
    def score(self, denoiser: Denoiser) -> dict[str, float]:
        """Pooled F1 at each number of steps, and for each drum at the last of them."""
        device = next(denoiser.parameters()).device
        denoiser.eval()
        walks = {steps: self._count(self._estimate(denoiser, steps, device)) for steps in sorted({1, self.sampling.num_steps})}
        denoiser.train()
        pooled = {f"F1@{steps}": sum(counts.values(), Counts()).f1 for steps, counts in walks.items()}
        return pooled | {drum: counts.f1 for drum, counts in walks[self.sampling.num_steps].items()}

    def _estimate(self, denoiser: Denoiser, num_steps: int, device: torch.device) -> np.ndarray:
        tokens = repeat(None) if self.foundation is None else self.foundation.split(AT_ONCE)
        estimates = []
        for mel, foundation in zip(self.mel.split(AT_ONCE), tokens, strict=False):
            heard = torch.ones(mel.shape[:2], dtype=torch.bool)
            streams = (mel, heard) if foundation is None else (mel, heard, foundation, heard)
            estimates.append(estimate(denoiser, [stream.to(device) for stream in streams], self.sampling, num_steps).cpu().float())
        return torch.cat(estimates).numpy()

    def _count(self, estimates: np.ndarray) -> dict[str, Counts]:
        counts = dict.fromkeys(DRUMS, Counts())
        for reference, estimate in zip(self.reference, estimates, strict=True):
            true, found = reference[..., 0] > 0, find_onsets(estimate, DecodeConfig())
            for lane, drum in enumerate(DRUMS):
                a, b = np.flatnonzero(true[:, lane]) / FRAME_RATE, np.flatnonzero(found[:, lane]) / FRAME_RATE
                right = len(match(a, b, tolerance=TOLERANCE))
                counts[drum] += Counts(right, len(b) - right, len(a) - right)
        return counts


def estimate(
    denoiser: Denoiser, streams: Sequence[Tensor], sampling: SamplingConfig, num_steps: int
) -> Float[Tensor, "batch frames drums 2"]:
    """The last estimate of a walk, as `Transcriber` samples, on what `Network.encode` is given; always with the same noise."""
    mel, generator = streams[0], torch.Generator().manual_seed(0)

    def paired(lead: int) -> Denoise:
        condition = denoiser.network.encode(*streams, lead=lead)
        return lambda x, sigma: denoiser(x, torch.full((len(x),), sigma, device=x.device), condition)

    def noise(_: int) -> Tensor:
        return torch.randn(*mel.shape[:2], len(DRUMS), 2, generator=generator).to(mel.device)

    base = torch.full((*mel.shape[:2], len(DRUMS), 2), denoiser.data_mean, device=mel.device)
    denoise = take_turns(paired, denoiser.network.config.frames_per_token)
    *_, last = walk(denoise, base, sampling.schedule.sigmas(num_steps), sampler=sampling.sampler, noise=noise, tail=sampling.tail)
    return last.denoised
