"""The singer: vowels with their harmonics, hisses where hi-hats hiss, breath above."""

import numpy as np
import pytest
import torch

from n2n.audio import SAMPLE_RATE
from n2n.training.mix import mix
from n2n.training.singer import breathed, consonant, sing, vowel

CPU = torch.device("cpu")


@pytest.mark.parametrize("hz", [100.0, 220.0, 440.0])
@pytest.mark.parametrize("seed", range(5))
def test_a_vowel_sounds_at_its_harmonics(seed: int, hz: float) -> None:
    power = np.abs(np.fft.rfft(vowel(hz, 0.5, np.random.default_rng(seed)), SAMPLE_RATE)) ** 2
    near = sum(power[int((k - 0.25) * hz) : int((k + 0.25) * hz)].sum() for k in (1, 2))
    between = sum(power[int((k + 0.4) * hz) : int((k + 0.6) * hz)].sum() for k in (0, 1, 2))
    assert near > 20.0 * between


@pytest.mark.parametrize("seed", range(20))
def test_a_consonant_hisses_where_hi_hats_do(seed: int) -> None:
    power = np.abs(np.fft.rfft(consonant(np.random.default_rng(seed)), SAMPLE_RATE)) ** 2
    assert 1500.0 < (power * np.arange(len(power))).sum() / power.sum() < 14000.0


def test_a_singer_fills_the_clip_and_never_begins_before_it() -> None:
    placed = sing(20.0, np.random.default_rng(0), CPU)
    starts = [p.start / SAMPLE_RATE for p in placed]
    assert starts == sorted(starts) and 0.0 <= starts[0] < 1.0 and max(starts) > 15.0
    assert all(torch.isfinite(p.sound).all() for p in placed)


@pytest.mark.parametrize("seed", range(5))
def test_breath_is_high_and_reaches_the_highest(seed: int) -> None:
    breath = breathed(SAMPLE_RATE, np.random.default_rng(seed))
    power = np.abs(np.fft.rfft(breath)) ** 2
    assert power[:1000].sum() < 0.05 * power.sum() < power[10_000:].sum()
    assert abs(breath[0]) < 0.02 and abs(breath[-1]) < 0.02


def test_a_singer_is_heard_to_breathe() -> None:
    plain, breathing = (mix(sing(10.0, np.random.default_rng(0), CPU, breath=share), 10 * SAMPLE_RATE, CPU) for share in (0.0, 1.0))
    highest = [float(torch.fft.rfft(sound)[160_000:].abs().square().mean()) for sound in (plain, breathing)]
    assert highest[1] > 3.0 * highest[0]
