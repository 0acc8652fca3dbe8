"""An electric guitarist: riffs of plucked strings, palm-muted or ringing, through an overdriven amplifier.

Loud guitars that strike where hi-hats do are what hides them in rock songs, and their pick is what a ride is taken for. Recorded ones are
scarce and keep a time of their own; these play in the drummer's. Randomness is a numpy Generator.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import torch

from n2n.audio import SAMPLE_RATE
from n2n.shapes import Float
from n2n.training.chance import happens, log_uniform
from n2n.training.compose import TIMEKEEPERS
from n2n.training.effects import amplifier, amplitude, unit_rms
from n2n.training.performances import Hit
from n2n.training.sounds import Placed, choked, mix, pitch_ratio

LOWEST_HZ: Final = (73.4, 110.0)
"""Of the lowest string that a riff is played on: from a string tuned down to D, to the open A string."""
SCALE: Final = (0, 0, 0, 3, 5, 7, 8, 10)
"""Semitones above it of a riff's roots, that string itself most of all."""
SHAPES: Final = ((0,), (0, 7), (0, 7, 12), (0, 7, 12, 16, 19), (0, 7, 12, 15, 19), (12, 19), (12,))
"""Strings struck at once, as semitones above the root: single notes, power chords, whole chords, octaves higher."""
RING_S: Final = 2.0
PLUCKED: Final = 3
"""How many times each chord of a guitar is plucked, for strokes that are not all alike."""
DRIVE_DB: Final = (0.0, 40.0)
CABINET_HZ: Final = (3000.0, 9000.0)
"""Where a loudspeaker's highs end: most reach 5 kHz, a recording with a bright microphone further."""


class Stroke(NamedTuple):
    """A stroke of a riff: when (s), the frequency of the lowest string struck, and whether the palm mutes it."""

    onset: float
    hz: float
    muted: bool


class Strings(NamedTuple):
    """How a guitar sounds: how bright its pick is, where it strikes (a share of the string) and how fast strings die away.

    Rates are of exponential decay, per second: `fading` of all of a string, `dulling` more for each kHz. `pick` is the RMS of its noise at
    the stroke, where the string has 1.
    """

    bright_hz: float
    place: float
    fading: float
    dulling: float
    pick: float


def draw_strings(rng: np.random.Generator, *, muted: bool) -> Strings:
    """A guitar at random; the palm that mutes it takes its highs first."""
    fading, dulling = ((8.0, 40.0), (5.0, 60.0)) if muted else ((0.4, 3.0), (0.3, 4.0))
    return Strings(
        log_uniform(rng, (800.0, 6000.0)),
        rng.uniform(0.05, 0.3),
        log_uniform(rng, fading),
        log_uniform(rng, dulling),
        log_uniform(rng, (0.03, 3.0)),
    )


def pluck(hz: float, seconds: float, strings: Strings, rng: np.random.Generator) -> Float[np.ndarray, "samples"]:
    """One string, RMS about 1 at first: harmonics that each fall by themselves, under the noise of the pick.

    Equal to a plucked string of digital delay (Karplus and Strong, 1983) whose loop is a filter without delay: from one period to the next
    each harmonic keeps a share.
    """
    period = max(2, round(SAMPLE_RATE / hz))
    at = np.fft.rfftfreq(period, 1.0 / SAMPLE_RATE)
    level = 2.0 * np.abs(np.sin(np.pi * np.arange(len(at)) * strings.place)) / (1.0 + (at / strings.bright_hz) ** 2)
    spectrum = level * np.exp(1j * rng.uniform(0.0, 2.0 * np.pi, len(at)))
    rates = strings.fading + strings.dulling * at / 1000.0
    times = np.arange(int(seconds * SAMPLE_RATE) // period + 1) * (period / SAMPLE_RATE)
    wave = np.fft.irfft(spectrum * np.exp(-rates * times[:, None]), period).ravel()
    wave /= np.sqrt(np.mean(wave[:period] ** 2)) + 1e-9
    scratch = rng.standard_normal(len(wave)) * np.exp(-np.arange(len(wave)) / (log_uniform(rng, (0.001, 0.01)) * SAMPLE_RATE))
    return np.asarray(wave + strings.pick * scratch, dtype=np.float32)


def riff_onsets(hits: Sequence[Hit], seconds: float, rng: np.random.Generator) -> list[float]:
    """When a guitar strikes: with what keeps time, with kick and snare, or in eighths and sixteenths of its own."""
    drums = [TIMEKEEPERS, ("KD", "SN"), ("KD",), ()][rng.integers(4)]
    keep = rng.uniform(0.5, 1.0)
    onsets = [hit.onset for hit in hits if hit.drum in drums]
    if len(onsets) < 4:
        step = rng.uniform(0.3, 0.9) / rng.choice([1, 2, 2, 4])
        onsets = np.arange(rng.uniform(0.0, step), seconds, step).tolist()
    return sorted(max(0.0, onset + rng.normal(0.0, 0.008)) for onset in onsets if rng.random() < keep)


def riff(hits: Sequence[Hit], seconds: float, rng: np.random.Generator, device: torch.device) -> Float[torch.Tensor, "samples"]:
    """A guitar for a clip, RMS about 1: one to four roots in turn, a few seconds each.

    Half of the riffs are played twice, on two guitars through two amplifiers, as records have them left and right.
    """
    lowest, shape = log_uniform(rng, LOWEST_HZ), SHAPES[rng.integers(len(SHAPES))]
    palm = float(rng.choice([0.0, 0.5, 0.9]))
    roots = rng.choice(SCALE, int(rng.integers(1, 5)))
    stay = rng.uniform(0.5, 3.0)
    onsets = riff_onsets(hits, seconds, rng)
    strokes = [Stroke(onset, lowest * pitch_ratio(int(roots[int(onset / stay) % len(roots)])), happens(palm, rng)) for onset in onsets]
    takes = [take(strokes, shape, seconds, rng, device) for _ in range(int(rng.integers(1, 3)))]
    return mix([Placed(0, 1.0, unit_rms(sound)) for sound in takes], round(seconds * SAMPLE_RATE), device)


def take(
    strokes: Sequence[Stroke], shape: Sequence[int], seconds: float, rng: np.random.Generator, device: torch.device
) -> Float[torch.Tensor, "samples"]:
    """A riff on one guitar through one amplifier: no stroke in quite its place, every chord one of `PLUCKED`."""
    guitars = [draw_strings(rng, muted=muted) for muted in (False, True)]
    late = rng.normal(0.0, 0.006)
    chords: dict[tuple[float, bool, int], torch.Tensor] = {}
    placed: list[Placed] = []
    for stroke, until in pairwise([*strokes, Stroke(seconds, 0.0, muted=False)]):
        chord = stroke.hz, stroke.muted, int(rng.integers(PLUCKED))
        if chord not in chords:
            chords[chord] = strummed(stroke.hz, shape, guitars[stroke.muted], rng, device)
        sound = choked(chords[chord], until.onset - stroke.onset)
        at = max(0.0, stroke.onset + late + rng.normal(0.0, 0.004))
        placed.append(Placed(round(at * SAMPLE_RATE), float(rng.uniform(0.5, 1.0)), sound))
    return amplified(mix(placed, round(seconds * SAMPLE_RATE), device), rng)


def strummed(hz: float, shape: Sequence[int], strings: Strings, rng: np.random.Generator, device: torch.device) -> torch.Tensor:
    """The strings of a chord, one after the other within 20 ms or so."""
    apart = float(rng.uniform(0.0, 0.005))
    plucked = [pluck(hz * pitch_ratio(above), RING_S, strings, rng) for above in shape]
    placed = [Placed(round(k * apart * SAMPLE_RATE), 1.0, torch.from_numpy(sound).to(device)) for k, sound in enumerate(plucked)]
    return mix(placed, round(RING_S * SAMPLE_RATE), device)


def amplified(sound: Float[torch.Tensor, "samples"], rng: np.random.Generator) -> Float[torch.Tensor, "samples"]:
    """A guitar through some amplifier, from clean to fuzz, and the hiss of it."""
    return amplifier(
        sound,
        thin_hz=log_uniform(rng, (40.0, 400.0)),
        hiss=torch.from_numpy(rng.standard_normal(len(sound)).astype(np.float32)).to(sound.device) * amplitude(rng.uniform(-90.0, -50.0)),
        drive_db=float(rng.uniform(*DRIVE_DB)),
        cabinet_hz=log_uniform(rng, CABINET_HZ),
        order=float(rng.uniform(3.0, 12.0)),
    )
