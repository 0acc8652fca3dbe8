"""Procedural drums: kicks, snares, toms and above all metal, made by additive and noise synthesis, as one more sample bundle.

Recordings of hi-hats and cymbals are the scarcest samples, so most of the variety here goes into them. Deterministic by seed.
"""

from typing import Final

import numpy as np

from n2n.audio import SAMPLE_RATE
from n2n.training.bank import Bundle, OneShot

LAYERS: Final = ((35, 0.35), (75, 0.65), (115, 1.0))
"""Velocity of each layer and its brightness."""

BASE_DB: Final = {"KD": 0.0, "SN": 0.0, "TT": -2.0, "HH": -10.0, "CY": -4.0, "RD": -12.0, "BE": -10.0}


def seconds_axis(seconds: float) -> np.ndarray:
    return np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def band_noise(count: int, low: float, high: float, rng: np.random.Generator) -> np.ndarray:
    """White noise between two frequencies with soft edges, RMS 1."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hz = np.fft.rfftfreq(count, 1.0 / SAMPLE_RATE)
    shape = 1.0 / np.sqrt(1.0 + (low / np.maximum(hz, 1.0)) ** 6) / np.sqrt(1.0 + (hz / high) ** 6)
    noise = np.fft.irfft(spectrum * shape, count)
    return noise / (np.sqrt(np.mean(noise**2)) + 1e-9)


def decay(t: np.ndarray, time: float) -> np.ndarray:
    """Exponential decay by 60 dB in `time` seconds."""
    return np.exp(-6.91 * t / time)


def swept_sine(t: np.ndarray, start: float, end: float, glide: float, rng: np.random.Generator) -> np.ndarray:
    """A sine whose frequency falls from `start` to `end` with time constant `glide`."""
    phase = 2 * np.pi * (end * t + (start - end) * glide * (1.0 - np.exp(-t / glide)))
    return np.sin(phase + rng.uniform(0, 0.5))


def modes(t: np.ndarray, low: float, high: float, count: int, time: float, tilt: float, rng: np.random.Generator) -> np.ndarray:
    """A struck plate: many inharmonic partials, log-spaced at random, the higher ones decaying faster."""
    hz = np.exp(rng.uniform(np.log(low), np.log(high), count))
    level = (hz / low) ** tilt * rng.exponential(1.0, count)
    times = time * (hz / low) ** -rng.uniform(0.2, 0.6) * rng.uniform(0.6, 1.4, count)
    phases = rng.uniform(0, 2 * np.pi, count)
    out = np.zeros_like(t)
    for f, a, life, phase in zip(hz, level, times, phases, strict=True):
        out += a * np.sin(2 * np.pi * f * t + phase) * decay(t, life)
    return out / (np.abs(out).max() + 1e-9)


def kick(bright: float, rng: np.random.Generator, voice: dict[str, float]) -> np.ndarray:
    t = seconds_axis(min(voice["time"] * 1.2, 1.2))
    body = swept_sine(t, voice["start"], voice["end"], voice["glide"], rng) * decay(t, voice["time"])
    click = band_noise(len(t), 1500.0, 6000.0, rng) * decay(t, 0.02) * voice["click"] * bright
    return body + click


def snare(bright: float, rng: np.random.Generator, voice: dict[str, float]) -> np.ndarray:
    t = seconds_axis(min(voice["time"] * 1.3, 1.0))
    body = swept_sine(t, voice["tone"] * 1.3, voice["tone"], 0.02, rng) * decay(t, voice["time"] * 0.6)
    body += 0.5 * np.sin(2 * np.pi * voice["tone"] * 1.6 * t) * decay(t, voice["time"] * 0.4)
    wires = band_noise(len(t), voice["low"], 4000.0 + 8000.0 * bright, rng) * decay(t, voice["time"])
    return voice["body"] * body + (0.25 + 0.35 * bright) * wires


def cross_stick(bright: float, rng: np.random.Generator, voice: dict[str, float]) -> np.ndarray:
    t = seconds_axis(0.25)
    wood = modes(t, voice["wood"], voice["wood"] * 5, 7, 0.09, -0.3, rng)
    return wood + 0.3 * bright * band_noise(len(t), 2000.0, 8000.0, rng) * decay(t, 0.03)


def tom(bright: float, rng: np.random.Generator, voice: dict[str, float]) -> np.ndarray:
    t = seconds_axis(min(voice["time"] * 1.1, 1.6))
    body = swept_sine(t, voice["tone"] * (1.0 + 0.5 * bright), voice["tone"], 0.05, rng) * decay(t, voice["time"])
    body += 0.3 * np.sin(2 * np.pi * voice["tone"] * 1.58 * t) * decay(t, voice["time"] * 0.5)
    return body + 0.15 * bright * band_noise(len(t), 800.0, 5000.0, rng) * decay(t, 0.03)


def hat(bright: float, rng: np.random.Generator, voice: dict[str, float], time: float) -> np.ndarray:
    t = seconds_axis(min(time * 1.2 + 0.05, 1.6))
    metal = modes(t, voice["low"], 16000.0, 60, time, 0.3 * bright, rng)
    noise = band_noise(len(t), voice["low"], 9000.0 + 8000.0 * bright, rng) * decay(t, time * 0.8)
    strike = band_noise(len(t), 4000.0, 14000.0, rng) * decay(t, 0.02) * bright
    return voice["metal"] * metal + (1.0 - voice["metal"]) * 0.4 * noise + 0.2 * strike


def crash(bright: float, rng: np.random.Generator, voice: dict[str, float]) -> np.ndarray:
    t = seconds_axis(min(voice["time"], 3.0))
    wash = band_noise(len(t), voice["low"], 5000.0 + 9000.0 * bright, rng) * decay(t, voice["time"])
    swell = 1.0 - np.exp(-t / voice["bloom"])
    return modes(t, voice["low"], 14000.0, 90, voice["time"], 0.1, rng) * 0.7 + 0.35 * wash * (0.4 + 0.6 * swell)


def ride(bright: float, rng: np.random.Generator, voice: dict[str, float]) -> np.ndarray:
    t = seconds_axis(min(voice["time"], 2.5))
    ping = modes(t, voice["ping"], 12000.0, 40, voice["time"] * 0.4, -0.1, rng)
    wash = band_noise(len(t), 2500.0, 12000.0, rng) * decay(t, voice["time"]) * 0.12 * (0.5 + bright)
    stick = band_noise(len(t), 3000.0, 15000.0, rng) * decay(t, 0.015) * 0.5 * bright
    return ping + wash + stick


def bell(bright: float, rng: np.random.Generator, voice: dict[str, float]) -> np.ndarray:
    t = seconds_axis(min(voice["time"], 2.5))
    tones = sum(
        a * np.sin(2 * np.pi * voice["bell"] * ratio * t + rng.uniform(0, 6)) * decay(t, voice["time"] / ratio**0.5)
        for ratio, a in ((1.0, 1.0), (1.51, 0.8), (2.13, 0.6), (2.79, 0.5), (3.6, 0.4), (4.7, 0.3))
    )
    return np.asarray(tones) * 0.4 + 0.35 * ride(bright, rng, voice)


def draw_voice(rng: np.random.Generator) -> dict[str, dict[str, float]]:
    """The physical constants of one procedural kit."""
    end = rng.uniform(38, 75)
    return {
        "KD": {
            "end": end,
            "start": end * rng.uniform(1.5, 5),
            "glide": rng.uniform(0.008, 0.05),
            "time": rng.uniform(0.15, 0.9),
            "click": rng.uniform(0, 0.4),
        },
        "SN": {
            "tone": rng.uniform(140, 320),
            "time": rng.uniform(0.12, 0.5),
            "low": rng.uniform(500, 2500),
            "body": rng.uniform(0.2, 1.0),
            "wood": rng.uniform(400, 1100),
        },
        "TT": {"tone": rng.uniform(65, 210), "time": rng.uniform(0.25, 1.2)},
        "HH": {"low": rng.uniform(2500, 7000), "metal": rng.uniform(0.1, 0.9), "time": rng.uniform(0.04, 0.14)},
        "CY": {"low": rng.uniform(250, 1500), "time": rng.uniform(0.9, 3.0), "bloom": rng.uniform(0.002, 0.06)},
        "RD": {"ping": rng.uniform(400, 2500), "time": rng.uniform(0.8, 2.5), "bell": rng.uniform(500, 1200)},
    }


def kit_hits(rng: np.random.Generator) -> list[tuple[str, str, str, int, np.ndarray]]:
    """All hits of one procedural kit: drum, articulation, piece, velocity, samples."""
    voice = draw_voice(rng)
    hits = []
    for velocity, bright in LAYERS:
        hats = voice["HH"]
        sounds = [
            ("KD", "kick", "1", kick(bright, rng, voice["KD"])),
            ("SN", "snare", "1", snare(bright, rng, voice["SN"])),
            ("SN", "cross_stick", "1", cross_stick(bright, rng, voice["SN"])),
            ("HH", "hh_closed", "1", hat(bright, rng, hats, hats["time"])),
            ("HH", "hh_semi", "1", hat(bright, rng, hats, hats["time"] * 4)),
            ("HH", "hh_open", "1", hat(bright, rng, hats, hats["time"] * 10)),
            ("HH", "hh_pedal", "1", hat(bright * 0.4, rng, hats, hats["time"] * 0.7)),
            ("RD", "ride", "1", ride(bright, rng, voice["RD"])),
            ("BE", "ride_bell", "1", bell(bright, rng, voice["RD"])),
        ]
        sounds += [
            ("TT", "tom", str(i + 1), tom(bright, rng, {**voice["TT"], "tone": voice["TT"]["tone"] * r}))
            for i, r in enumerate((1.5, 1.2, 0.9))
        ]
        sounds += [("CY", "crash", str(i), crash(bright, rng, {**voice["CY"], "low": voice["CY"]["low"] * i})) for i in (1, 2)]
        hits += [(drum, articulation, piece, velocity, samples) for drum, articulation, piece, samples in sounds]
    return hits


def procedural_bundle(seed: int, kits: int) -> Bundle:
    """`kits` procedural kits of seven drums at three velocities each; about 40 s of samples a kit."""
    shots, waves, start = [], [], 0
    for index in range(kits):
        for drum, articulation, piece, velocity, samples in kit_hits(np.random.default_rng([seed, index])):
            peak = np.abs(samples).max()
            fade = np.minimum(1.0, np.arange(len(samples))[::-1] / 400.0)
            waves.append(np.round(samples / peak * fade * 29000).astype(np.int16))
            gain = BASE_DB[drum] + 25.0 * np.log10(velocity / 115)
            shots.append(
                OneShot(f"procedural{index}", drum, articulation, piece, velocity, 0, round(float(gain), 2), start, len(samples), True)
            )
            start += len(samples)
    return Bundle("procedural", "MIT", tuple(shots), np.concatenate(waves))
