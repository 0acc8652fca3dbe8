"""Small material for the training tests, made by hand: a kit of decaying tones, a performance, a band."""

from itertools import accumulate

import numpy as np
import pytest
import torch

from n2n.training.bank import Bundle, OneShot
from n2n.training.performances import Performance
from n2n.training.render import Material

torch.set_num_threads(1)

SOUNDS = {
    ("KD", "kick", "1"): (60.0, 0.3),
    ("SN", "snare", "1"): (200.0, 0.2),
    ("SN", "cross_stick", "1"): (900.0, 0.08),
    ("TT", "tom", "1"): (160.0, 0.3),
    ("TT", "tom", "2"): (120.0, 0.3),
    ("TT", "tom", "3"): (90.0, 0.3),
    ("HH", "hh_closed", "1"): (9000.0, 0.06),
    ("HH", "hh_open", "1"): (8000.0, 0.6),
    ("HH", "hh_pedal", "1"): (7000.0, 0.05),
    ("CY", "crash", "1"): (5000.0, 0.8),
    ("CY", "crash", "2"): (4000.0, 0.8),
    ("RD", "ride", "1"): (3500.0, 0.5),
    ("BE", "ride_bell", "1"): (2500.0, 0.4),
}
"""Frequency (Hz) and length (s) by drum, articulation and piece."""

BEAT = (
    (0.0, 36, 100),
    (0.25, 42, 60),
    (0.5, 38, 110),
    (0.75, 46, 70),
    (1.0, 36, 90),
    (1.0, 51, 80),
    (1.25, 44, 50),
    (1.5, 40, 120),
    (1.75, 26, 65),
)
FILL = (
    (2.0, 48, 70),
    (2.125, 45, 80),
    (2.25, 43, 90),
    (2.5, 49, 115),
    (2.5, 36, 105),
    (2.75, 53, 75),
    (3.0, 37, 55),
    (3.25, 57, 100),
    (3.5, 59, 85),
)
"""Seconds, Roland note, velocity."""


def tone(hz: float, seconds: float) -> np.ndarray:
    """A decaying tone that starts at its peak, -1 dBFS, and falls by 60 dB."""
    t = np.arange(int(seconds * 44100)) / 44100
    return np.round(29000 * np.cos(2 * np.pi * hz * t) * np.exp(-6.91 * t / seconds)).astype(np.int16)


@pytest.fixture(scope="session")
def kit() -> Bundle:
    """Every drum at velocities 35, 75 and 115: the softer, the lower in pitch and gain."""
    entries = [
        (*name, velocity, tone(hz * (1 + velocity / 2000), seconds)) for name, (hz, seconds) in SOUNDS.items() for velocity in (35, 75, 115)
    ]
    starts = accumulate((len(wave) for *_, wave in entries), initial=0)
    shots = tuple(
        OneShot("tones", drum, articulation, piece, velocity, 0, 20.0 * np.log10(velocity / 115), start, len(wave))
        for (drum, articulation, piece, velocity, wave), start in zip(entries, starts, strict=False)
    )
    return Bundle("tones", "MIT", shots, np.concatenate([wave for *_, wave in entries]))


@pytest.fixture(scope="session")
def groove() -> Performance:
    """18 hits in 3.75 s, every drum among them; short enough to be played from its start."""
    onset, note, velocity = (np.array(column) for column in zip(*BEAT, *FILL, strict=True))
    pedal = np.zeros(len(onset), np.uint8)
    return Performance("groove", "train", "rock", 120.0, onset, note.astype(np.uint8), velocity.astype(np.uint8), 3.75, pedal)


@pytest.fixture(scope="session")
def band() -> tuple[Bundle, ...]:
    """One instrument for each role of a band, at MIDI pitch 48."""
    wave = tone(130.8, 1.0)
    shots = tuple(
        OneShot(f"program{i}", "", "48", role, 100, 0, 0.0, 0, len(wave)) for i, role in enumerate(("bass", "chord", "lead", "pad"))
    )
    return (Bundle("instruments", "MIT", shots, wave),)


@pytest.fixture(scope="session")
def percussion() -> tuple[Bundle, ...]:
    """A shaker, and a cowbell, which must not sound without a label."""
    shaker, cowbell = tone(6000.0, 0.1), tone(800.0, 0.3)
    shots = (
        OneShot("hands", "", "shaker", "1", 100, 0, 0.0, 0, len(shaker)),
        OneShot("hands", "", "cowbell", "1", 100, 0, 0.0, len(shaker), len(cowbell)),
    )
    return (Bundle("percussion", "MIT", shots, np.concatenate([shaker, cowbell])),)


@pytest.fixture(scope="session")
def material(groove: Performance, kit: Bundle) -> Material:
    """The performance and the kit; no band."""
    return Material([groove], [kit], (), ())
