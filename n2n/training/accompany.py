"""Sounds that are not drums: a bass, chords and a lead around the drummer's hits, a singer, and hand percussion that is no drum of ours.

Played on the melodic and percussion bundles of `n2n kits`, at the drums' own onsets or on a grid of their own; the singer is synthetic.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import torch

from n2n.audio import SAMPLE_RATE
from n2n.training.bank import Bundle, OneShot
from n2n.training.compose import Hit
from n2n.training.mix import Placed, choked, repitched

SCALES: Final = ((0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 5, 7, 9, 11), (0, 3, 5, 7, 10), (0, 2, 3, 5, 7, 9, 10))
UNLABELLED: Final = ("cowbell",)
"""A cowbell is the bell lane's sound: it is never played without a label."""


class Band:
    """Instruments by role (`bass`, `chord`, `lead`, `pad`) and percussion by kind."""

    def __init__(self, instruments: Sequence[Bundle], percussion: Sequence[Bundle]) -> None:
        self.roles: dict[str, dict[tuple[str, str], list[tuple[Bundle, OneShot]]]] = defaultdict(lambda: defaultdict(list))
        for bundle in instruments:
            for shot in bundle.shots:
                self.roles[shot.piece][bundle.name, shot.kit].append((bundle, shot))
        self.percussion: dict[str, list[tuple[Bundle, OneShot]]] = defaultdict(list)
        for bundle in percussion:
            for shot in bundle.shots:
                if shot.articulation not in UNLABELLED:
                    self.percussion[shot.articulation].append((bundle, shot))

    def play(
        self, hits: Sequence[Hit], seconds: float, rng: np.random.Generator, device: torch.device, *, chops: float = 0.0
    ) -> list[Placed]:
        """A few parts in one key, a share `chops` of the chords struck short; returns their sounds at an arbitrary common level."""
        root, scale = int(rng.integers(0, 12)), SCALES[rng.integers(len(SCALES))]
        roles = [role for role in ("bass", "chord", "lead", "pad") if self.roles.get(role)]
        chosen = [role for role in roles if rng.random() < 0.6] or roles[:1]
        beat = rng.uniform(0.3, 0.9)
        placed: list[Placed] = []
        for role in chosen:
            programs = sorted(self.roles[role])
            shots = self.roles[role][programs[rng.integers(len(programs))]]
            chopped = bool(chops) and role == "chord" and rng.random() < chops
            onsets = part_onsets("lead" if chopped else role, hits, seconds, beat, rng)
            level = float(10.0 ** (rng.uniform(-9.0, 3.0) / 20.0))
            for onset, until in pairwise([*onsets, seconds]):
                notes = [pitched(shots, pitch, device) for pitch in part_pitches(role, root, scale, rng)]
                placed += chop(onset, level, notes, rng) if chopped else hold(onset, until, level, notes, rng)
        return placed

    def shake(self, seconds: float, rng: np.random.Generator, device: torch.device) -> list[Placed]:
        """One percussion instrument on a grid of eighths or sixteenths, unlabelled."""
        if not self.percussion:
            return []
        kind = sorted(self.percussion)[rng.integers(len(self.percussion))]
        bundle, shot = self.percussion[kind][rng.integers(len(self.percussion[kind]))]
        sound = repitched(torch.from_numpy(bundle.samples(shot)).to(device), float(2.0 ** (rng.normal(0, 2) / 12)))
        step, density = rng.uniform(0.12, 0.5), rng.uniform(0.3, 1.0)
        onsets = [onset for onset in np.arange(rng.uniform(0, step), seconds, step) if rng.random() < density]
        return [Placed(round((o + rng.normal(0, 0.005)) * SAMPLE_RATE), float(rng.uniform(0.3, 1.0)), sound) for o in onsets]


def hold(onset: float, until: float, level: float, notes: Sequence[torch.Tensor], rng: np.random.Generator) -> list[Placed]:
    """A chord or a note, held for about as long as there is until the next, two seconds at most."""
    placed = []
    for note in notes:
        sound = choked(note, min(until - onset, 2.0) * rng.uniform(0.5, 1.1))
        placed.append(Placed(round(onset * SAMPLE_RATE), level * float(rng.uniform(0.5, 1.0)), sound))
    return placed


def chop(onset: float, level: float, notes: Sequence[torch.Tensor], rng: np.random.Generator) -> list[Placed]:
    """A chord struck and stopped at once, as guitars play between the beats: strings one after the other, under the scratch of a pick."""
    length, apart = float(rng.uniform(0.01, 0.15)), float(rng.uniform(0.0, 0.008))
    scratch = torch.from_numpy(consonant(rng)).to(notes[0].device)
    struck = [(onset + k * apart, choked(note, length)) for k, note in enumerate(notes)]
    return [Placed(round(at * SAMPLE_RATE), level * float(rng.uniform(0.3, 1.0)), sound) for at, sound in [*struck, (onset, scratch)]]


FORMANTS_HZ: Final = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
"""The first three resonances of a, i, u, e and o (Peterson and Barney, 1952)."""


def sing(seconds: float, rng: np.random.Generator, device: torch.device) -> list[Placed]:
    """A voice: syllables of a vowel with vibrato, most of them begun by a hiss as of s, t or k, which is what a hi-hat is taken for."""
    placed: list[Placed] = []
    pitch, onset = float(rng.uniform(100.0, 350.0)), float(rng.uniform(0.0, 1.0))
    while onset < seconds:
        length = float(rng.uniform(0.12, 0.7))
        hiss = consonant(rng) if rng.random() < 0.7 else np.zeros(0, dtype=np.float32)
        sound = np.concatenate([hiss, vowel(pitch * 2.0 ** (int(rng.integers(-5, 8)) / 12.0), length, rng)])
        placed.append(Placed(round(onset * SAMPLE_RATE), float(rng.uniform(0.5, 1.0)), torch.from_numpy(sound).to(device)))
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


def consonant(rng: np.random.Generator) -> np.ndarray:
    """A burst of noise around 2 to 9 kHz, sudden or swelling, 15 to 120 ms long."""
    count = int(rng.uniform(0.015, 0.12) * SAMPLE_RATE)
    at = np.fft.rfftfreq(count, 1.0 / SAMPLE_RATE)
    gains = np.exp(-0.5 * (np.log(np.maximum(at, 50.0) / rng.uniform(2000.0, 9000.0)) / rng.uniform(0.15, 0.5)) ** 2)
    burst = np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) * gains, count)
    t = np.linspace(0.0, 1.0, count)
    swell = t ** rng.uniform(0.0, 1.0) * (1.0 - t) ** rng.uniform(0.3, 2.0)
    return np.asarray(burst / (np.abs(burst).max() + 1e-9) * swell * rng.uniform(0.05, 0.4), dtype=np.float32)


def part_onsets(role: str, hits: Sequence[Hit], seconds: float, beat: float, rng: np.random.Generator) -> list[float]:
    """When a part plays: bass with the kick, chords and leads with some of the hits, or all on their own grid."""
    drums = {"bass": ("KD",), "chord": ("KD", "SN"), "lead": ("KD", "SN", "HH", "RD"), "pad": ("KD",)}[role]
    keep = {"bass": 0.85, "chord": 0.3, "lead": 0.35, "pad": 0.1}[role]
    anchors = [hit.onset + rng.normal(0.0, 0.006) for hit in hits if hit.drum in drums and rng.random() < keep]
    if len(anchors) < 4 or rng.random() < 0.3:
        step = beat / rng.choice([1, 2, 4]) * {"bass": 1, "chord": 2, "lead": 1, "pad": 4}[role]
        anchors = [float(onset) for onset in np.arange(rng.uniform(0, step), seconds, step) if rng.random() < 0.8]
    return sorted(max(0.0, onset) for onset in anchors)


def part_pitches(role: str, root: int, scale: Sequence[int], rng: np.random.Generator) -> list[int]:
    """The MIDI pitches of one event: a chord of stacked thirds, or one note of the scale."""
    degree = int(rng.integers(len(scale)))
    if role in ("chord", "pad"):
        base = 48 + root + 12 * int(rng.integers(0, 2))
        return [base + scale[(degree + 2 * k) % len(scale)] for k in range(int(rng.integers(2, 5)))]
    octave = 28 if role == "bass" else 60
    return [octave + root % 12 + scale[degree] + 12 * int(rng.integers(0, 2))]


def pitched(shots: Sequence[tuple[Bundle, OneShot]], pitch: int, device: torch.device) -> torch.Tensor:
    """The nearest recorded pitch, re-pitched."""
    bundle, shot = min(shots, key=lambda entry: abs(int(entry[1].articulation) - pitch))
    ratio = 2.0 ** ((pitch - int(shot.articulation)) / 12.0)
    return repitched(torch.from_numpy(bundle.samples(shot)).to(device), float(np.clip(ratio, 0.5, 2.0)))
