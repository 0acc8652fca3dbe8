"""What happens to drums between the stick and the file: room, equaliser, compression, saturation, noise and hum.

Audio is float32 mono at 44.1 kHz; filters act in one FFT over the whole clip; randomness is a numpy Generator.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from n2n.audio import SAMPLE_RATE
from n2n.shapes import Float
from n2n.training.chance import log_uniform

EQUALISER_HZ: Final = (30.0, 90.0, 250.0, 700.0, 2000.0, 5500.0, 16000.0)
FALL_DB: Final = (3.0, 8.0)
BALANCE_DB: Final = 18.0
"""How much the power of a balanced mix falls an octave, and how far its equaliser goes at most."""
FILTER_REACH: Final = 4096
"""Samples of silence after a sound, for a filter's ring."""


@dataclass(frozen=True)
class EffectsConfig:
    """The share of clips that each effect touches."""

    room: float = 0.7
    equaliser: float = 0.5
    compress: float = 0.4
    saturate: float = 0.25
    noise: float = 0.6
    hum: float = 0.1


def rms(audio: Tensor) -> float:
    return float(audio.square().mean().sqrt())


def unit_rms(audio: Float[Tensor, "samples"]) -> Float[Tensor, "samples"]:
    """A sound at an RMS of 1; silence stays silent."""
    return audio / (rms(audio) + 1e-9)


def amplitude(db: float) -> float:
    """The factor that makes a sound so many decibels louder."""
    return float(10.0 ** (db / 20.0))


def fft_size(samples: int) -> int:
    """The next length that is quick to transform."""
    return min(size for size in (m * 2**k for m in (1, 3, 5, 9, 15) for k in range(8, 30)) if size >= samples)


def room_response(rng: np.random.Generator, device: torch.device) -> Float[Tensor, "samples"]:
    """A synthetic room: early reflections and a tail of noise that loses its highs first; energy 1."""
    time = log_uniform(rng, (0.12, 1.4))
    count = int(min(time, 1.0) * SAMPLE_RATE)
    t = np.arange(count) / SAMPLE_RATE
    tail = rng.standard_normal(count).astype(np.float32) * np.exp(-6.91 * t / time)
    dark = rng.standard_normal(count).astype(np.float32) * np.exp(-6.91 * t / (time * 0.35))
    smooth = np.cumsum(tail)
    width = int(rng.integers(4, 40))
    tail = (smooth[width:] - smooth[:-width]) / np.sqrt(width)
    response = np.pad(tail, (0, width)) + rng.uniform(0.1, 1.0) * dark
    response[: int(rng.uniform(0.001, 0.02) * SAMPLE_RATE)] = 0.0
    for delay in rng.uniform(0.002, 0.04, rng.integers(2, 8)):
        response[int(delay * SAMPLE_RATE)] += rng.normal(0.0, 2.0)
    response /= np.sqrt(np.sum(response**2)) + 1e-9
    return torch.from_numpy(response.astype(np.float32)).to(device)


def random_equaliser(rng: np.random.Generator, spread_db: float) -> Float[np.ndarray, "points"]:
    """Gains in dB at each of `EQUALISER_HZ`."""
    return rng.normal(0.0, spread_db, len(EQUALISER_HZ))


def smooth_gains(hz: np.ndarray, equaliser: np.ndarray) -> np.ndarray:
    """Amplitudes at `hz` of a smooth equaliser, linear in log-frequency between its points."""
    return 10.0 ** (np.interp(np.log(np.maximum(hz, 20.0)), np.log(EQUALISER_HZ), equaliser) / 20.0)


def equaliser_bins(size: int, equaliser: np.ndarray, device: torch.device) -> Float[Tensor, "bins"]:
    """An equaliser's amplitudes for a transform of `size` samples."""
    coarse = np.linspace(0, SAMPLE_RATE / 2, 512)
    gains = np.interp(np.linspace(0, SAMPLE_RATE / 2, size // 2 + 1), coarse, smooth_gains(coarse, equaliser))
    return torch.from_numpy(gains.astype(np.float32)).to(device)


def filtered(sound: Float[Tensor, "samples"], response: Callable[[int], Tensor]) -> Float[Tensor, "samples"]:
    """A sound through a filter without delay; `response` gives the amplitudes for a transform of so many samples."""
    size = fft_size(len(sound) + FILTER_REACH)
    return torch.fft.irfft(torch.fft.rfft(sound, size) * response(size), size)[: len(sound)]


def equalised(sound: Float[Tensor, "samples"], equaliser: np.ndarray) -> Float[Tensor, "samples"]:
    """A sound through an equaliser."""
    return filtered(sound, lambda size: equaliser_bins(size, equaliser, sound.device))


def balanced(sound: Float[Tensor, "samples"], rng: np.random.Generator) -> Float[Tensor, "samples"]:
    """A sound equalised as mixes are: its power falls by some 5 dB an octave, as in popular recordings (Pestana et al., AES 135, 2013)."""
    size = fft_size(len(sound) + FILTER_REACH)
    power = torch.fft.rfft(sound, size).abs().square().cpu().numpy()
    ends = np.sqrt(np.multiply(EQUALISER_HZ[:-1], EQUALISER_HZ[1:]))
    bins = np.searchsorted(ends, np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE))
    have = 10.0 * np.log10(np.bincount(bins, power) / np.bincount(bins) + 1e-12)
    wanted = -rng.uniform(*FALL_DB) * np.log2(EQUALISER_HZ) + rng.normal(0.0, 2.5, len(EQUALISER_HZ))
    gains = wanted - have
    return equalised(sound, np.clip(gains - np.median(gains), -BALANCE_DB, BALANCE_DB))


def highs(sound: Float[Tensor, "samples"], hz: float) -> Float[Tensor, "samples"]:
    """What lies above `hz`; below it falls by 24 dB an octave."""

    def response(size: int) -> Tensor:
        ratio = torch.linspace(0.0, SAMPLE_RATE / 2 / hz, size // 2 + 1, device=sound.device) ** 4
        return ratio / (1.0 + ratio)

    return filtered(sound, response)


def lows(sound: Float[Tensor, "samples"], hz: float, order: float) -> Float[Tensor, "samples"]:
    """What lies below `hz`; above it falls by 6 dB an octave for each order: 4 is a gentle slope, 64 the wall of a codec."""

    def response(size: int) -> Tensor:
        return 1.0 / (1.0 + torch.linspace(0.0, SAMPLE_RATE / 2 / hz, size // 2 + 1, device=sound.device) ** order)

    return filtered(sound, response)


def filter_and_room(dry: Tensor, send: Tensor, rng: np.random.Generator, config: EffectsConfig) -> Float[Tensor, "samples"]:
    """Adds the room to what was sent to it and equalises the sum."""
    size = fft_size(len(dry) + SAMPLE_RATE)
    spectrum = torch.fft.rfft(dry, size)
    if rng.random() < config.room:
        level = amplitude(rng.uniform(-26.0, 0.0))
        spectrum = spectrum + level * torch.fft.rfft(send, size) * torch.fft.rfft(room_response(rng, dry.device), size)
    if rng.random() < config.equaliser:
        spectrum = spectrum * equaliser_bins(size, random_equaliser(rng, rng.uniform(0.5, 3.5)), dry.device)
    return torch.fft.irfft(spectrum, size)[: len(dry)]


def amplifier(
    sound: Float[Tensor, "samples"],
    *,
    thin_hz: float,
    hiss: Tensor | float = 0.0,
    drive_db: float,
    cabinet_hz: float,
    order: float,
) -> Float[Tensor, "samples"]:
    """A guitar through an amplifier and its loudspeaker: thinned below `thin_hz`, clipped, without what lies above `cabinet_hz`.

    Its peak, with the `hiss` of the amplifier beside it, is clipped the harder the higher the drive is; at 0 dB softly.
    """
    thin, drive = highs(sound, thin_hz), amplitude(drive_db)
    return lows(torch.tanh(thin * (drive / (float(thin.abs().max()) + 1e-9)) + hiss * drive), cabinet_hz, order)


def compress(audio: Tensor, rng: np.random.Generator) -> Float[Tensor, "samples"]:
    """A feed-forward compressor: peak envelope in 1 ms blocks, released over 30 to 300 ms."""
    block = SAMPLE_RATE // 1000
    peaks = F.max_pool1d(audio.abs()[None, None], block, block, ceil_mode=True)
    release = rng.uniform(0.03, 0.3)
    kernel = torch.exp(-torch.arange(int(3 * release * 1000), device=audio.device) / (release * 1000.0)).flip(0)
    reach = len(kernel) - 1
    envelope = F.conv1d(F.pad(peaks, (reach, 0)), (kernel / kernel.sum())[None, None])[0, 0] * 3.0
    threshold = float(peaks.max()) * amplitude(rng.uniform(-30.0, -8.0)) + 1e-6
    share = 1.0 - 1.0 / rng.uniform(1.5, 8.0)
    gain = torch.clamp(threshold / (envelope + 1e-9), max=1.0) ** share
    smooth = F.interpolate(gain[None, None], size=len(gain) * block, mode="linear")[0, 0, : len(audio)]
    return audio * smooth


def saturate(audio: Tensor, rng: np.random.Generator) -> Float[Tensor, "samples"]:
    """Soft clipping, from tape to fuzz."""
    drive = amplitude(rng.uniform(-6.0, 18.0)) / (float(audio.abs().max()) + 1e-9)
    return torch.tanh(audio * drive) / drive


def noise(count: int, rng: np.random.Generator, device: torch.device) -> Float[Tensor, "samples"]:
    """Noise with a random smooth spectrum that mostly falls with frequency; RMS 1."""
    size = fft_size(count)
    hz = np.linspace(0, SAMPLE_RATE / 2, size // 2 + 1)
    coarse = np.linspace(0, SAMPLE_RATE / 2, 512)
    tilt = (np.maximum(coarse, 60.0) / 1000.0) ** -rng.uniform(0.0, 1.0)
    shape = np.interp(hz, coarse, smooth_gains(coarse, random_equaliser(rng, 4.0)) * tilt).astype(np.float32)
    generator = torch.Generator(device=device).manual_seed(int(rng.integers(2**31)))
    spectrum = torch.randn(size // 2 + 1, 2, device=device, generator=generator)
    hiss = torch.fft.irfft(torch.view_as_complex(spectrum) * torch.from_numpy(shape).to(device), size)[:count]
    return unit_rms(hiss)


def hum(count: int, rng: np.random.Generator, device: torch.device) -> Float[Tensor, "samples"]:
    """Mains hum at 50 or 60 Hz with its harmonics; RMS about 1."""
    t = torch.arange(count, device=device) / SAMPLE_RATE
    base = float(rng.choice([50.0, 60.0]))
    tones = [float(rng.exponential(1.0 / k)) * torch.sin(2 * np.pi * base * k * t + float(rng.uniform(0, 6))) for k in range(1, 8)]
    total = torch.stack(tones).sum(0)
    return unit_rms(total)


def process(dry: Tensor, send: Tensor, rng: np.random.Generator, config: EffectsConfig) -> Float[Tensor, "samples"]:
    """All effects in the order of a signal chain; `send` is what goes to the room."""
    audio = filter_and_room(dry, send, rng, config)
    if rng.random() < config.compress:
        audio = compress(audio, rng)
    if rng.random() < config.saturate:
        audio = saturate(audio, rng)
    level = float(audio.abs().max()) + 1e-4
    if rng.random() < config.noise:
        audio = audio + noise(len(audio), rng, audio.device) * level * amplitude(rng.uniform(-75.0, -28.0))
    if rng.random() < config.hum:
        audio = audio + hum(len(audio), rng, audio.device) * level * amplitude(rng.uniform(-70.0, -35.0))
    return audio
