"""Tokens of a music foundation model on the roll's frames: what a network may hear beside the log-mel.

The model is MERT (Li et al., 2023), a HuBERT that was trained on music at 24 kHz; `n2n.mert` reads it from its files.

What came out of a block is not normalised, so each token is, by itself. Both the norm of the first convolution and attention see all that
the model is given: the same instant sounds different in a longer recording. So a recording is heard in windows of 5 s on a grid of its
own, the context that MERT was trained with; where two overlap, each speaks for its own half. For the same reason, what is not to be heard
must be silenced in the waveform: tokens outside a span know what was in it.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from n2n.audio import FRAME_RATE, HOP, SAMPLE_RATE
from n2n.features import num_frames
from n2n.shapes import Bool, Float
from n2n.windows import Grid

if TYPE_CHECKING:
    from transformers import HubertModel

WINDOW_SECONDS: Final = 5
HOP_SECONDS: Final = 4
WINDOWS_AT_ONCE: Final = 4


class Foundation:
    """A foundation model, cut off above the block whose tokens are wanted."""

    def __init__(self, model: "HubertModel", *, sample_rate: int, standardise: bool) -> None:
        """Takes a model that gives the wanted tokens as its last hidden state.

        Args:
            model: of plain HuBERT form.
            sample_rate: Hz, of what the model hears.
            standardise: whether it was trained on windows of mean 0 and variance 1.

        Raises:
            ValueError: its frames do not fall on samples at 44.1 kHz.
        """
        config = model.config
        self.model, self.sample_rate, self.standardise = model, sample_rate, standardise
        self.dim: int = config.hidden_size
        self.stride, self.field = 1, 1
        for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
            self.field += (kernel - 1) * self.stride
            self.stride *= stride
        self.hop, rest = divmod(self.stride * SAMPLE_RATE, sample_rate)
        """Samples at 44.1 kHz from one token to the next: 588 for MERT, 75 tokens a second."""
        if rest:
            raise ValueError(f"{self.stride} samples at {sample_rate} Hz are no whole number of samples at {SAMPLE_RATE} Hz")
        self.device = next(model.parameters()).device

    def listen(
        self, audio: Float[np.ndarray, "samples"], heard: Bool[np.ndarray, "frames"] | None = None
    ) -> Float[Tensor, "frames channels"]:
        """One token for each frame of the roll, each of mean 0 and variance 1 before neighbours are blended.

        Args:
            audio: mono at 44.1 kHz, at least one sample.
            heard: where the audio may be heard; what is not is silence to the model. By default, all may, and all its frames are wanted.
        """
        frames = num_frames(len(audio)) if heard is None else len(heard)
        if heard is not None:
            audio = silence(audio, ~heard)
        tokens = torch.cat(list(self._tokens(audio)))
        # token k is centred on half a field after its first sample, k strides from the beginning
        place = torch.arange(frames, dtype=torch.float64) * (self.sample_rate / FRAME_RATE)
        place = ((place - self.field / 2) / self.stride).clamp(0, len(tokens) - 1)
        before = place.long()
        after = (before + 1).clamp(max=len(tokens) - 1)
        share = (place - before).float()[:, None].to(self.device)
        return torch.lerp(tokens[before.to(self.device)], tokens[after.to(self.device)], share)

    def _tokens(self, audio: Float[np.ndarray, "samples"]) -> Iterator[Float[Tensor, "tokens channels"]]:
        """The tokens of a recording in pieces: of each window those that are nearer to its middle than to another's."""
        size, hop = (seconds * SAMPLE_RATE // self.hop for seconds in (WINDOW_SECONDS, HOP_SECONDS))
        starts = Grid(len(audio) // self.hop, size, hop).starts
        seams = [(one + other + size) // 2 for one, other in pairwise(starts)]
        for i in range(0, len(starts), WINDOWS_AT_ONCE):
            batch = slice(i, i + WINDOWS_AT_ONCE)
            heard = self._hear([audio[s * self.hop : (s + size) * self.hop] for s in starts[batch]])
            for start, first, last, window in zip(starts[batch], [0, *seams][batch], [*seams, None][batch], heard, strict=True):
                yield window[first - start : None if last is None else last - start]

    @torch.no_grad()
    def _hear(self, windows: list[np.ndarray]) -> Float[Tensor, "windows tokens channels"]:
        """The tokens of windows of one length."""
        import soxr

        resampled = [soxr.resample(window.astype(np.float32, copy=False), SAMPLE_RATE, self.sample_rate) for window in windows]
        waves = torch.from_numpy(np.stack(resampled)).to(self.device)
        waves = F.pad(waves, (0, max(0, self.field - waves.shape[1])))
        if self.standardise:
            waves = (waves - waves.mean(dim=1, keepdim=True)) / (waves.var(dim=1, keepdim=True, correction=0) + 1e-7).sqrt()
        return F.layer_norm(self.model(waves).last_hidden_state.float(), (self.dim,))


def silence(audio: Float[np.ndarray, "samples"], frames: Bool[np.ndarray, "frames"]) -> Float[np.ndarray, "samples"]:
    """The audio without the samples that are nearest to these frames."""
    nearest = (np.arange(len(audio)) + HOP // 2) // HOP
    return np.where(frames[np.minimum(nearest, len(frames) - 1)], np.float32(0.0), audio)
