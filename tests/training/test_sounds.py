"""What is done to single sounds, and how they are added up, on a CPU and on a GPU."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from n2n.audio import SAMPLE_RATE
from n2n.training.mix import BUZZ_HZ, BUZZ_S
from n2n.training.sounds import (
    CHOKE_FADE_S,
    Placed,
    _mix_scatter,
    attack_db,
    buzz,
    choked,
    damped,
    layered,
    mix,
    muffled,
    repitched,
    stressed,
)

CPU = torch.device("cpu")
FADE = int(CHOKE_FADE_S * SAMPLE_RATE)


def peak_hz(sound: Tensor) -> float:
    return float(torch.fft.rfft(sound, SAMPLE_RATE).abs().argmax())


def sine(hz: float, seconds: float = 1.0) -> Tensor:
    return torch.sin(2 * torch.pi * hz * torch.arange(int(seconds * SAMPLE_RATE), dtype=torch.float64) / SAMPLE_RATE).float()


def test_attack_level_is_that_of_the_first_60_ms() -> None:
    assert attack_db(torch.full((44100,), 0.5)) == pytest.approx(20 * np.log10(0.5), abs=1e-3)
    assert attack_db(torch.full((1323,), 0.5)) == pytest.approx(20 * np.log10(0.5) - 10 * np.log10(2), abs=1e-3)


@given(level=st.floats(-30.0, 6.0), first=st.integers(4000, 9000), second=st.integers(4000, 9000))
def test_a_layer_lies_at_its_level_and_the_longer_sound_rings_on(level: float, first: int, second: int) -> None:
    low, high = sine(200.0)[:first], 0.01 * sine(3000.0)[:second]
    both = layered(low, high, level)
    assert len(both) == max(first, second)
    below = both.clone()
    below[:first] -= low
    assert attack_db(below) - attack_db(low) == pytest.approx(level, abs=0.05)


@pytest.mark.parametrize("ratio", [0.5, 0.75, 1.0, 1.5, 2.0])
def test_repitching_multiplies_frequency_and_divides_length(ratio: float) -> None:
    sound = repitched(sine(440.0), ratio)
    assert len(sound) == pytest.approx(SAMPLE_RATE / ratio, abs=2)
    assert peak_hz(sound) == pytest.approx(440.0 * ratio, abs=1.0)


def test_damping_multiplies_by_a_decay_and_cuts_what_cannot_be_heard() -> None:
    sound = damped(torch.ones(2 * SAMPLE_RATE), 9.2)
    assert len(sound) == SAMPLE_RATE
    assert sound[[0, SAMPLE_RATE // 2, -1]].tolist() == pytest.approx([1.0, np.exp(-4.6), np.exp(-9.2)], rel=1e-3)
    assert 20 * np.log10(float(sound[-1])) == pytest.approx(-80.0, abs=0.2)
    assert torch.equal(damped(torch.ones(100), 0.0), torch.ones(100))


def test_a_lengthened_decay_grows_by_20_db_at_most_and_keeps_its_length() -> None:
    sound = damped(torch.ones(3 * SAMPLE_RATE), -1.0)
    assert len(sound) == 3 * SAMPLE_RATE
    assert sound[[0, SAMPLE_RATE, -1]].tolist() == pytest.approx([1.0, np.e, 10.0], rel=1e-3)


def test_muffling_lets_highs_die_and_leaves_lows() -> None:
    low, high = sine(100.0), sine(10_000.0)
    sound = muffled(low + high, 1000.0, 20.0)
    middle = slice(SAMPLE_RATE // 10, SAMPLE_RATE // 2)  # far from the ends, at which a cut-off sine has all frequencies
    decay = torch.exp(-20.0 * torch.arange(SAMPLE_RATE) / SAMPLE_RATE)
    torch.testing.assert_close(sound[middle], (low + high * decay)[middle], atol=2e-3, rtol=0.0)


@given(db=st.floats(-12.0, 6.0), seconds=st.floats(0.005, 0.04))
def test_a_stressed_sound_begins_so_much_louder_and_ends_as_it_was(db: float, seconds: float) -> None:
    gain = stressed(torch.ones(SAMPLE_RATE), db, seconds)
    assert 20 * np.log10(float(gain[0])) == pytest.approx(db, abs=1e-3)
    assert float(gain[-1]) == pytest.approx(1.0, abs=1e-3)
    assert float(gain[round(seconds * SAMPLE_RATE)] - 1.0) == pytest.approx(float(gain[0] - 1.0) / np.e, abs=1e-3)


@given(seed=st.integers(0, 10**6), hz=st.floats(*BUZZ_HZ), seconds=st.floats(*BUZZ_S))
def test_a_buzz_rises_at_once_and_dies_away(seed: int, hz: float, seconds: float) -> None:
    sound = buzz(hz, seconds, np.random.default_rng(seed), CPU)
    tau = int(seconds * SAMPLE_RATE)
    first, last = (float(part.square().mean()) for part in (sound[:tau], sound[-tau:]))
    assert float(sound.abs().max()) == pytest.approx(1.0) and first > 200.0 * last
    power = torch.fft.rfft(sound, SAMPLE_RATE).abs().square()
    assert 0.5 * hz < float((power * torch.arange(len(power))).sum() / power.sum()) < 2.5 * hz


@given(length=st.integers(1, 3000), seconds=st.floats(-0.1, 0.1))
def test_choking_keeps_the_beginning_and_ends_within_the_fade(length: int, seconds: float) -> None:
    sound, kept = torch.ones(length), max(int(seconds * SAMPLE_RATE), 0)
    ended = choked(sound, seconds)
    assert len(ended) == min(length, kept + FADE)
    assert bool((ended[:kept] == 1.0).all())
    assert bool((ended.diff() <= 0.0).all())
    assert length <= kept + FADE or float(ended[-1]) == 0.0
    assert bool((sound == 1.0).all())  # the clip's other hits share it


sounds = st.lists(
    st.builds(
        lambda start, gain, length: Placed(start, gain, torch.linspace(1.0, 2.0, length)),
        st.integers(-50, 400),
        st.floats(0, 2),
        st.integers(1, 300),
    ),
    max_size=12,
)


@given(sounds)
def test_a_mix_is_the_sum_of_its_sounds_where_they_begin(placed: list[Placed]) -> None:
    expected = np.zeros(1000)
    for start, gain, sound in placed:
        if start >= 0:
            expected[start : start + len(sound)] += gain * sound.numpy().astype(float)
    assert mix(placed, 300, CPU).numpy() == pytest.approx(expected[:300], abs=1e-5)


@settings(max_examples=50)
@given(sounds.filter(lambda placed: any(0 <= p.start < 300 for p in placed)))
def test_scattering_equals_slicing(placed: list[Placed]) -> None:
    inside = [p for p in placed if 0 <= p.start < 300]
    torch.testing.assert_close(_mix_scatter(inside, 300, CPU), mix(placed, 300, CPU), atol=1e-5, rtol=1e-5)


def test_nothing_placed_is_silence() -> None:
    assert torch.equal(mix([], 100, CPU), torch.zeros(100))
