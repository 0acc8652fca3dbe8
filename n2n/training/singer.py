"""Voices: a synthetic singer, vowels with vibrato between hisses, which are what hi-hats are taken for; and recorded speakers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from n2n.audio import SAMPLE_RATE
from n2n.training.bank import Bundle, Sample
from n2n.training.chance import happens
from n2n.training.effects import amplitude, rms
from n2n.training.sounds import Placed, pitch_ratio, played

FORMANTS_HZ: Final = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
"""The first three resonances of a, i, u, e and o (Peterson and Barney, 1952)."""


@dataclass(frozen=True)
class VocalsConfig:
    """Who is at the microphone, and how. All are shares, from 0 to 1."""

    spoken: float = 0.7
    """Share of singers who are speakers, where there is speech."""
    pops: float = 0.3
    """Share of speakers whose breath is heard on the microphone."""
    breath: float = 0.4
    """Share of the others whose breath is heard, up to the highest frequencies."""


Speaker = Sequence[Sample]
"""The phrases, words, syllables and letters that somebody has said."""


def speakers(bundles: Iterable[Bundle]) -> list[list[Speaker]]:
    """The speakers of each bundle."""
    return [_speakers(bundle) for bundle in bundles]


def _speakers(bundle: Bundle) -> list[Speaker]:
    said: dict[str, list[Sample]] = defaultdict(list)
    for shot in bundle.shots:
        said[shot.kit].append(Sample(bundle, shot))
    return list(said.values())


def vocals(
    seconds: float, voices: Sequence[Sequence[Speaker]], rng: np.random.Generator, device: torch.device, config: VocalsConfig
) -> list[Placed]:
    """What a singer sings, or one of the speakers says."""
    if voices and happens(config.spoken, rng):
        return speak(seconds, voices, rng, device, pops=config.pops)
    return sing(seconds, rng, device, breath=config.breath)


def speak(
    seconds: float, voices: Sequence[Sequence[Speaker]], rng: np.random.Generator, device: torch.device, *, pops: float = 0.0
) -> list[Placed]:
    """One speaker's words in any order, as fast as rap or with rests, the voice some semitones lower or higher than it is.

    Bundles are drawn before speakers, so that one with many scenes does not drown one with many voices. With the chance of `pops` the
    speaker is close to the microphone.
    """
    among = voices[int(rng.integers(len(voices)))]
    words = among[int(rng.integers(len(among)))]
    placed: list[Placed] = []
    transposed, haste, onset = float(rng.normal(0.0, 2.0)), float(rng.uniform(0.5, 1.0)), float(rng.uniform(0.0, 1.0))
    close = happens(pops, rng)
    while onset < seconds:
        word = words[int(rng.integers(len(words)))]
        sound = played(word, pitch_ratio(transposed + rng.normal(0.0, 1.0)), device)
        placed.append(Placed(round(onset * SAMPLE_RATE), float(rng.uniform(0.5, 1.0)), sound))
        if close and rng.random() < 0.5:
            popped = torch.from_numpy(pop(rng)).to(device)
            at = onset + float(rng.uniform(0.0, 0.3)) * len(sound) / SAMPLE_RATE
            placed.append(Placed(round(at * SAMPLE_RATE), rms(sound) * amplitude(rng.uniform(-6.0, 15.0)), popped))
        onset += haste * len(sound) / SAMPLE_RATE + (float(rng.uniform(0.3, 2.0)) if rng.random() < 0.2 else 0.0)
    return placed


def sing(seconds: float, rng: np.random.Generator, device: torch.device, *, breath: float = 0.0) -> list[Placed]:
    """A voice: syllables of a vowel with vibrato, most of them begun by a hiss as of s, t or k, which is what a hi-hat is taken for.

    With the chance of `breath` the vowels are breathed: noise reaches up to where a recording ends.
    """
    air = amplitude(rng.uniform(-30.0, -6.0)) if happens(breath, rng) else 0.0
    placed: list[Placed] = []
    pitch, onset = float(rng.uniform(100.0, 350.0)), float(rng.uniform(0.0, 1.0))
    while onset < seconds:
        length = float(rng.uniform(0.12, 0.7))
        hiss = consonant(rng) if rng.random() < 0.7 else np.zeros(0, dtype=np.float32)
        sung = vowel(pitch * pitch_ratio(int(rng.integers(-5, 8))), length, rng)
        sound = np.concatenate([hiss, sung + air * breathed(len(sung), rng) if air else sung])
        placed.append(
            Placed(round(onset * SAMPLE_RATE), float(rng.uniform(0.5, 1.0)), torch.from_numpy(sound.astype(np.float32)).to(device))
        )
        onset += len(sound) / SAMPLE_RATE + (float(rng.uniform(0.3, 2.0)) if rng.random() < 0.2 else 0.0)
    return placed


def vowel(hz: float, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """A sawtooth that slides into its pitch, with vibrato, through three resonances; some are bright to 10 kHz. RMS about 0.2."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    slide = rng.normal(0.0, 0.06) * np.exp(-t / rng.uniform(0.03, 0.12)) + rng.normal(0.0, 0.03) * t / seconds
    glide = hz * (1.0 + slide + 0.01 * np.sin(2.0 * np.pi * rng.uniform(4.5, 6.5) * t))
    wave = 2.0 * (np.cumsum(glide) / SAMPLE_RATE % 1.0) - 1.0
    at = np.fft.rfftfreq(len(t), 1.0 / SAMPLE_RATE)
    resonances = np.array(FORMANTS_HZ[rng.integers(len(FORMANTS_HZ))]) * rng.uniform(0.9, 1.2)
    gains = sum(weight / (1.0 + ((at - f) / (0.06 * f + 40.0)) ** 2) for f, weight in zip(resonances, (1.0, 0.5, 0.3), strict=True))
    gains = gains + rng.uniform(0.0, 0.3) * (at > 1000.0) / (1.0 + (at / 8000.0) ** 4)
    voice = np.fft.irfft(np.fft.rfft(wave) * gains, len(t)) * np.minimum(1.0, np.minimum(t, seconds - t) / 0.03)
    return np.asarray(voice * (0.2 / (np.sqrt(np.mean(voice**2)) + 1e-9)), dtype=np.float32)


def breathed(samples: int, rng: np.random.Generator) -> np.ndarray:
    """Noise above 2 to 8 kHz that swells and fades; RMS about 0.1."""
    at = np.fft.rfftfreq(samples, 1.0 / SAMPLE_RATE)
    ratio = (at / rng.uniform(2000.0, 8000.0)) ** 4
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(samples)) * ratio / (1.0 + ratio), samples)
    return 0.1 * noise * np.sin(np.linspace(0.0, np.pi, samples)) ** rng.uniform(0.3, 2.0)


def pop(rng: np.random.Generator) -> np.ndarray:
    """Breath of a p or b on a microphone, which is what a kick is taken for: noise below 50 to 250 Hz, 40 to 200 ms long; RMS 1."""
    count = int(rng.uniform(0.04, 0.2) * SAMPLE_RATE)
    at = np.fft.rfftfreq(count, 1.0 / SAMPLE_RATE)
    gains = (at > 15.0) / (1.0 + (at / rng.uniform(50.0, 250.0)) ** rng.uniform(2.0, 6.0))
    t = np.linspace(0.0, 1.0, count)
    swell = np.minimum(1.0, t * 20.0) * (1.0 - t) ** rng.uniform(1.0, 4.0)
    puff = np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) * gains, count) * swell
    return np.asarray(puff / (np.sqrt(np.mean(puff**2)) + 1e-9), dtype=np.float32)


def consonant(rng: np.random.Generator) -> np.ndarray:
    """A burst of noise around 2 to 9 kHz, sudden or swelling, 15 to 120 ms long."""
    count = int(rng.uniform(0.015, 0.12) * SAMPLE_RATE)
    at = np.fft.rfftfreq(count, 1.0 / SAMPLE_RATE)
    gains = np.exp(-0.5 * (np.log(np.maximum(at, 50.0) / rng.uniform(2000.0, 9000.0)) / rng.uniform(0.15, 0.5)) ** 2)
    burst = np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) * gains, count)
    t = np.linspace(0.0, 1.0, count)
    swell = t ** rng.uniform(0.0, 1.0) * (1.0 - t) ** rng.uniform(0.3, 2.0)
    return np.asarray(burst / (np.abs(burst).max() + 1e-9) * swell * rng.uniform(0.05, 0.4), dtype=np.float32)
