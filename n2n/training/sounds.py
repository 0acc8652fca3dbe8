"""What is done to single sounds, and how they are added up: pitch, decay, stroke, layers, and samples placed in time.

Sounds are float32, mono, at 44.1 kHz, on the device of the caller. On a CPU each sound is one slice addition; on a GPU all go in one
scatter-add.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from n2n.audio import FRAME_RATE, HOP, SAMPLE_RATE
from n2n.shapes import Float
from n2n.training.bank import Sample
from n2n.training.effects import amplitude, highs, unit_rms

CHOKE_FADE_S: Final = 0.02
ATTACK_SAMPLES: Final = 60 * SAMPLE_RATE // 1000
RING_LIMIT: Final = math.log(10.0)
"""A decay is lengthened until it is 20 dB louder than recorded: beyond, one would hear the recording's noise."""


class Placed(NamedTuple):
    """A sound to add at a sample, with its gain."""

    start: int
    gain: float
    sound: Tensor


def clip_samples(seconds: float) -> int:
    """The samples of a clip: whole frames of the roll."""
    return round(seconds * FRAME_RATE) * HOP


def attack_db(sound: Float[Tensor, "samples"]) -> float:
    """RMS level of the first 60 ms, in dB of full scale."""
    return 10.0 * math.log10(float(sound[:ATTACK_SAMPLES].square().sum()) / ATTACK_SAMPLES + 1e-12)


def layered(sound: Float[Tensor, "samples"], second: Float[Tensor, "others"], level_db: float) -> Float[Tensor, "longer"]:
    """Adds a second sound, its attack at a level against the first one's."""
    gain = amplitude(level_db + attack_db(sound) - attack_db(second))
    return mix([Placed(0, 1.0, sound), Placed(0, gain, second)], max(len(sound), len(second)), sound.device)


def pitch_ratio(semitones: float | int) -> float:
    """How many times as fast a sound is played that is to be so much higher."""
    return float(2.0 ** (semitones / 12.0))


def repitched(sound: Float[Tensor, "samples"], ratio: float) -> Float[Tensor, "shorter"]:
    """Plays a sound `ratio` times as fast, by linear interpolation."""
    if ratio == 1.0 or len(sound) < 2:
        return sound
    position = torch.arange(int((len(sound) - 1) / ratio), device=sound.device, dtype=torch.float64) * ratio
    below = position.long()
    share = (position - below).float()
    return sound[below] * (1.0 - share) + sound[below + 1] * share


def played(sample: Sample, ratio: float, device: torch.device) -> Float[Tensor, "samples"]:
    """A one-shot, `ratio` times as fast as recorded."""
    return repitched(torch.from_numpy(sample.bundle.samples(sample.shot)).to(device), ratio)


def damped(sound: Float[Tensor, "samples"], rate: float) -> Float[Tensor, "shorter"]:
    """Shortens the decay by a factor exp(-rate t); what falls 80 dB below the peak is cut off. A negative rate lengthens it."""
    if rate == 0.0:
        return sound
    length = min(len(sound), int(9.2 / rate * SAMPLE_RATE)) if rate > 0.0 else len(sound)
    exponent = torch.arange(length, device=sound.device) * (-rate / SAMPLE_RATE)
    return sound[:length] * torch.exp(exponent.clamp(max=RING_LIMIT))


def stressed(sound: Float[Tensor, "samples"], db: float, seconds: float) -> Float[Tensor, "samples"]:
    """Begins so many decibels louder or softer; of the difference 1/e is left after `seconds`."""
    fading = torch.exp(torch.arange(len(sound), device=sound.device) * (-1.0 / (seconds * SAMPLE_RATE)))
    return sound * (1.0 + (amplitude(db) - 1.0) * fading)


def muffled(sound: Float[Tensor, "samples"], hz: float, rate: float) -> Float[Tensor, "samples"]:
    """Shortens the decay of what lies above `hz` by a factor exp(-rate t)."""
    lost = -torch.expm1(torch.arange(len(sound), device=sound.device) * (-rate / SAMPLE_RATE))
    return sound - highs(sound, hz) * lost


def buzz(hz: float, seconds: float, rng: np.random.Generator, device: torch.device) -> Float[Tensor, "samples"]:
    """Noise around `hz` that rises within a few milliseconds and falls by 9 dB in `seconds`."""
    count = int(6.0 * seconds * SAMPLE_RATE)
    at = np.maximum(np.fft.rfftfreq(count, 1.0 / SAMPLE_RATE), 50.0)
    gains = np.exp(-0.5 * (np.log(at / hz) / rng.uniform(0.3, 0.7)) ** 2)
    t = np.arange(count) / SAMPLE_RATE
    swell = (1.0 - np.exp(-t / rng.uniform(0.0005, 0.006))) * np.exp(-t / seconds)
    wave = np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) * gains, count) * swell
    return torch.from_numpy((wave / np.abs(wave).max()).astype(np.float32)).to(device)


def choked(sound: Float[Tensor, "samples"], seconds: float) -> Float[Tensor, "shorter"]:
    """Ends a sound after `seconds`, with a short fade."""
    fade = int(CHOKE_FADE_S * SAMPLE_RATE)
    length = max(int(seconds * SAMPLE_RATE), 0) + fade
    if length >= len(sound):
        return sound
    sound = sound[:length].clone()
    sound[-fade:] *= torch.linspace(1.0, 0.0, fade, device=sound.device)[-len(sound) :]
    return sound


def mix(placed: Sequence[Placed], length: int, device: torch.device) -> Float[Tensor, "samples"]:
    """Adds all sounds into `length` samples; what lies outside is cut off."""
    placed = [p for p in placed if 0 <= p.start < length]
    if device.type == "cuda" and placed:
        return _mix_scatter(placed, length, device)
    out = torch.zeros(length, device=device)
    for start, gain, sound in placed:
        end = min(length, start + len(sound))
        out[start:end].add_(sound[: end - start], alpha=gain)
    return out


def together(one: Float[Tensor, "samples"], other: Float[Tensor, "samples"], rng: np.random.Generator) -> Float[Tensor, "samples"]:
    """Two sounds at once, the other 10 dB softer to 6 dB louder."""
    return unit_rms(one) + unit_rms(other) * float(rng.uniform(0.3, 2.0))


def _mix_scatter(placed: Sequence[Placed], length: int, device: torch.device) -> Float[Tensor, "samples"]:
    lengths = torch.tensor([len(p.sound) for p in placed], device=device)
    gains = torch.tensor([p.gain for p in placed], device=device).repeat_interleave(lengths)
    offsets = torch.tensor([p.start for p in placed], device=device) - (lengths.cumsum(0) - lengths)
    positions = torch.arange(int(lengths.sum()), device=device) + offsets.repeat_interleave(lengths)
    inside = positions < length
    samples = torch.cat([p.sound for p in placed]) * gains
    return torch.zeros(length, device=device).index_add_(0, positions[inside], samples[inside])
