"""Log-mel spectrogram on the roll's frame grid: frame f is centred on sample f * HOP, 100 frames a second.

Values are decibels of mel power, relative to full scale. `normalise` brings them to the range the network reads; the level that it
subtracts is the file's own, so that a quiet recording and a loud one look alike.
"""

from collections.abc import Iterable
from functools import cache
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from n2n.audio import HOP, SAMPLE_RATE
from n2n.shapes import Bool, Float

N_FFT: Final = 2048
N_MELS: Final = 128
MEL_MIN_HZ: Final = 30.0
MEL_MAX_HZ: Final = 20000.0
SMEAR_FRAMES: Final = -(-N_FFT // 2 // HOP)
"""A frame hears this many frames to either side: half a window, rounded up."""

FLOOR_DB: Final = -100.0
LOUD_SHARE: Final = 0.02
"""The level of a file is the one that this share of its frames exceeds."""
LEVEL_FLOOR_DB: Final = -60.0
"""No file is taken to be quieter than this, so that noise alone is not blown up into drums."""


def num_frames(num_samples: int) -> int:
    """Frames that cover `num_samples` samples at 44.1 kHz: one at each multiple of the hop, 0 included."""
    return num_samples // HOP + 1


def hz_to_mel(hz: Tensor) -> Tensor:
    """The HTK mel scale."""
    return 2595.0 * torch.log10(1.0 + hz / 700.0)


def mel_filters(
    *, n_fft: int = N_FFT, n_mels: int = N_MELS, low: float = MEL_MIN_HZ, high: float = MEL_MAX_HZ
) -> Float[Tensor, "bins mels"]:
    """Triangular filters, evenly spaced on the HTK mel scale, each with its peak at 1.

    At the low end a triangle can be narrower than a bin; it is widened to one bin on either side, so that no filter is empty.
    """
    bins = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * (SAMPLE_RATE / n_fft)
    low_mel, high_mel = hz_to_mel(torch.tensor([low, high], dtype=torch.float64)).tolist()
    edges_mel = torch.linspace(low_mel, high_mel, n_mels + 2, dtype=torch.float64)
    edges = 700.0 * (10.0 ** (edges_mel / 2595.0) - 1.0)
    width = SAMPLE_RATE / n_fft
    left = torch.clamp(edges[1:-1] - edges[:-2], min=width)
    right = torch.clamp(edges[2:] - edges[1:-1], min=width)
    rise = 1.0 - (edges[1:-1] - bins[:, None]) / left
    fall = 1.0 - (bins[:, None] - edges[1:-1]) / right
    return torch.clamp(torch.minimum(rise, fall), min=0.0).float()


@cache
def _filters_and_window(device: torch.device) -> tuple[Tensor, Tensor]:
    return mel_filters().to(device), torch.hann_window(N_FFT, device=device)


def log_mel(audio: Float[Tensor, "*batch samples"]) -> Float[Tensor, "*batch frames mels"]:
    """Log-mel power in dB, at least `FLOOR_DB`, of mono audio at 44.1 kHz; `num_frames(samples)` frames."""
    return _frames_of(F.pad(audio, (N_FFT // 2, N_FFT // 2)))


def stream_log_mel(blocks: Iterable[Float[np.ndarray, "samples"]]) -> Float[Tensor, "frames mels"]:
    """The same as `log_mel` of all blocks joined, without ever holding all samples."""
    frames: list[Tensor] = []
    waiting = torch.zeros(N_FFT // 2)
    for block in blocks:
        waiting = torch.cat([waiting, torch.from_numpy(block)])
        if len(waiting) >= N_FFT:
            frames.append(_frames_of(waiting))
            waiting = waiting[len(frames[-1]) * HOP :]
    frames.append(_frames_of(F.pad(waiting, (0, N_FFT // 2))))
    return torch.cat(frames)


def _frames_of(audio: Float[Tensor, "*batch samples"]) -> Float[Tensor, "*batch frames mels"]:
    """Log-mel of every whole window in `audio`, the first starting at its first sample."""
    filters, window = _filters_and_window(audio.device)
    spectrum = torch.stft(audio, N_FFT, HOP, window=window, center=False, return_complex=True)
    power = spectrum.real.square() + spectrum.imag.square()
    mel = power.transpose(-1, -2) @ filters * (4.0 / N_FFT) ** 2
    return 10.0 * torch.log10(mel + 10.0 ** (FLOOR_DB / 10.0))


def level_db(mel: Float[Tensor, "*batch frames mels"]) -> Float[Tensor, "*batch"]:
    """The level of a recording: the loudest bin of a frame, exceeded by 2 % of the frames, and at least `LEVEL_FLOOR_DB`."""
    peaks = mel.amax(dim=-1)
    rank = max(1, round(LOUD_SHARE * peaks.shape[-1]))
    return torch.topk(peaks, rank, dim=-1).values[..., -1].clamp(min=LEVEL_FLOOR_DB)


def normalise(mel: Float[Tensor, "*batch frames mels"], level: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch frames mels"]:
    """From decibels to the network's input: 0 at 40 dB below the level, 1 at 20 dB below it; -2 is the floor."""
    return ((mel - level[..., None, None] + 40.0) / 20.0).clamp(min=-2.0)


def normalise_heard(mel: Float[Tensor, "frames mels"], heard: Bool[np.ndarray, "frames"]) -> Float[Tensor, "frames mels"]:
    """`normalise` by the level of the heard frames alone, so that what is not heard leaves no trace."""
    audible = mel[torch.from_numpy(heard)] if heard.any() else mel
    return normalise(mel, level_db(audible))
