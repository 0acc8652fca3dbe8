"""Long recordings: windows on a fixed absolute grid, encoded once, denoised together and averaged where they overlap.

The last window alone leaves the grid: it ends where the recording does, so that nothing is heard past its end. Only a recording that is
shorter than a window is made longer. The state of a walk is one roll for the whole of it, [samples, padded frames, drums, 2]; a `Windows`
makes its estimate from the estimates of its windows. What a state holds past the end is noise like the rest, as in training, and of no
further interest. Noise is seeded by absolute frame, so neither the length of a recording nor the number of windows run at once changes the
noise that a second of it is heard in.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from n2n.diffusion import Denoiser
from n2n.drums import DRUMS
from n2n.model import Condition
from n2n.shapes import Bool, Float

NOISE_BLOCK = 100
"""Frames that share a seed."""


@dataclass(frozen=True)
class Grid:
    """Windows of `size` frames every `hop` frames, and a last one at the end, that cover `frames` frames."""

    frames: int
    size: int
    hop: int

    @property
    def starts(self) -> list[int]:
        last = max(0, self.frames - self.size)
        return [*range(0, last, self.hop), last]

    @property
    def padded(self) -> int:
        """Frames up to the end of the last window: all, or a window's."""
        return max(self.frames, self.size)

    def weights(self) -> Float[Tensor, "size"]:
        """Weight of each frame's estimate by its place in the window: 1 in the middle, less towards the edges."""
        ramp = max(1, self.size - self.hop)
        place = torch.arange(self.size, dtype=torch.float32) + 0.5
        return torch.clamp(torch.minimum(place, self.size - place) / ramp, max=1.0)


class Windows:
    """The condition of a whole recording, window by window, and the joint estimate of its roll."""

    def __init__(
        self,
        denoiser: Denoiser,
        mel: Float[Tensor, "frames mels"],
        heard: Bool[Tensor, "frames"],
        foundation: Float[Tensor, "frames channels"] | None = None,
        *,
        size: int,
        hop: int,
        batch: int = 16,
        lead: int = 0,
    ) -> None:
        """Encodes all windows of a normalised log-mel, whose first tokens lack `lead` frames.

        What a lone window holds past the end is as quiet as the quietest that is heard, and is heard if the end is. Foundation tokens, if
        there are any, are heard where the log-mel is, and end where the recording does.
        """
        self.denoiser, self.batch, self.lead = denoiser, batch, lead
        self.grid = Grid(len(mel), size, hop)
        self.device = next(denoiser.parameters()).device
        rest = self.grid.padded - len(mel)
        quiet = float(mel[heard].min()) if bool(heard.any()) else 0.0
        mel = F.pad(mel, (0, 0, 0, rest), value=quiet)
        streams = [mel, F.pad(heard, (0, rest), value=bool(heard[-1]))]
        if foundation is not None:
            streams += [F.pad(foundation, (0, 0, 0, rest)), F.pad(heard, (0, rest))]
        self.conditions = [self._encode(streams, starts) for starts in self._batches()]

    def denoise(self, x: Float[Tensor, "samples padded drums 2"], sigma: float) -> Float[Tensor, "samples padded drums 2"]:
        """The estimate of the clean roll: the weighted mean of the estimates of all windows."""
        grid = self.grid
        total, weight = torch.zeros_like(x), torch.zeros(grid.padded, 1, 1, device=x.device)
        shape = grid.weights().to(x.device)[:, None, None]
        for starts, condition in zip(self._batches(), self.conditions, strict=True):
            windows = torch.stack([x[:, s : s + grid.size] for s in starts], dim=1)  # [samples, windows, size, drums, 2]
            for sample, estimate in enumerate(self._estimates(windows, sigma, condition)):
                for start, window in zip(starts, estimate, strict=True):
                    total[sample, start : start + grid.size] += shape * window
            for start in starts:
                weight[start : start + grid.size] += shape
        return total / weight

    def _estimates(self, windows: Tensor, sigma: float, condition: Condition) -> list[Tensor]:
        level = torch.full((windows.shape[1],), sigma, device=windows.device)
        return [self.denoiser(sample, level, condition) for sample in windows]

    def _encode(self, streams: list[Tensor], starts: list[int]) -> Condition:
        size = self.grid.size
        windows = (torch.stack([stream[s : s + size] for s in starts]).to(self.device) for stream in streams)
        return self.denoiser.network.encode(*windows, lead=self.lead)

    def _batches(self) -> list[list[int]]:
        starts = self.grid.starts
        return [starts[i : i + self.batch] for i in range(0, len(starts), self.batch)]


def frame_noise(frames: int, *, seed: int, sample: int, step: int) -> Float[Tensor, "frames drums 2"]:
    """Standard normal noise of one step of one sample; each block of `NOISE_BLOCK` absolute frames has its own seed."""
    blocks = -(-frames // NOISE_BLOCK)
    shape = (NOISE_BLOCK, len(DRUMS), 2)
    drawn = [np.random.default_rng([seed, sample, step, block]).standard_normal(shape, dtype=np.float32) for block in range(blocks)]
    return torch.from_numpy(np.concatenate(drawn)[:frames])
