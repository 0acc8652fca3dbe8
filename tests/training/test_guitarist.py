"""The electric guitarist: strings in tune that die away, strokes in the drummer's time, an amplifier that clips and a loudspeaker."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from n2n.audio import SAMPLE_RATE
from n2n.training.effects import rms
from n2n.training.guitarist import CABINET_HZ, SHAPES, Strings, Stroke, amplified, pluck, riff, riff_onsets, strummed, take
from n2n.training.performances import Hit

CPU = torch.device("cpu")
OPEN = Strings(bright_hz=3000.0, place=0.13, fading=2.0, dulling=1.0, pick=0.0)


def drawn(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("hz", [73.4, 110.0, 330.0])
def test_a_string_sounds_at_its_harmonics(hz: float) -> None:
    power = np.abs(np.fft.rfft(pluck(hz, 1.0, OPEN._replace(bright_hz=2.0 * hz), drawn(0)), 4 * SAMPLE_RATE)) ** 2
    near = sum(power[int(4 * (k - 0.1) * hz) : int(4 * (k + 0.1) * hz)].sum() for k in range(1, 9))
    assert near > 0.9 * power.sum()


def test_a_string_has_no_harmonic_with_a_node_where_it_is_struck() -> None:
    period = pluck(SAMPLE_RATE / 300, 1.0, OPEN._replace(place=0.25), drawn(0))[:300]
    level = np.abs(np.fft.rfft(period))
    assert max(level[4], level[8]) < 1e-3 * level[2]


def test_a_string_falls_at_its_rate_and_its_highs_faster() -> None:
    """The loop of a digital delay line keeps a share of each harmonic: exp(-(fading + dulling kHz) t)."""
    sound = pluck(SAMPLE_RATE / 400, 1.5, OPEN, drawn(0))
    early, late = (np.abs(np.fft.rfft(sound[400 * k : 400 * (k + 1)])) for k in (0, 110))
    for harmonic in (1, 5, 20):
        khz = harmonic * SAMPLE_RATE / 400 / 1000
        assert late[harmonic] / early[harmonic] == pytest.approx(np.exp(-(2.0 + khz) * 110 * 400 / SAMPLE_RATE), rel=1e-3)


def test_a_pick_is_heard_at_the_stroke_alone() -> None:
    plain, picked = (pluck(110.0, 0.5, OPEN._replace(pick=pick), drawn(1)) for pick in (0.0, 0.3))
    scratch = np.abs(picked - plain)
    assert scratch[:100].max() > 0.5 > 0.01 > scratch[int(0.2 * SAMPLE_RATE) :].max()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_chord_has_all_its_strings(shape: tuple[int, ...]) -> None:
    power = torch.fft.rfft(strummed(100.0, shape, OPEN, drawn(2), CPU), 10 * SAMPLE_RATE).abs() ** 2
    for above in shape:
        hz = 100.0 * 2 ** (above / 12)
        around = power[int(10 * hz * 0.9) : int(10 * hz * 1.1)]
        assert float(around.max()) > 100.0 * float(around.median())


@given(seed=st.integers(0, 10**6), seconds=st.floats(0.3, 12.0))
def test_strokes_are_in_order_and_within_the_clip(seed: int, seconds: float) -> None:
    hits = [Hit(k / 4, drum, "any", 1, 100) for k in range(int(4 * seconds)) for drum in ("KD", "SN", "HH")]
    onsets = riff_onsets(hits, seconds, drawn(seed))
    assert onsets == sorted(onsets) and all(0.0 <= onset < seconds + 0.05 for onset in onsets)


def test_most_guitarists_play_in_the_drummers_time() -> None:
    """With his hits, every one within 40 ms; the others in a time of their own."""
    hits = [Hit(0.1 + k * 0.21 + 0.03 * (k % 3), drum, "any", 1, 100) for k in range(40) for drum in ("KD", "SN", "HH")]
    struck = np.array([hit.onset for hit in hits])
    strokes = [np.array(riff_onsets(hits, 8.0, drawn(seed)))[:, None] for seed in range(100)]
    together = [np.abs(onsets - struck).min(1).max() < 0.04 for onsets in strokes]
    assert 0.6 < np.mean(together) < 0.9


@given(seed=st.integers(0, 200))
def test_a_riff_lasts_as_long_as_the_clip_at_a_level_of_about_one(seed: int) -> None:
    hits = [Hit(k / 4, "HH", "hh_closed", 1, 100) for k in range(8)]
    for played in (hits, []):
        sound = riff(played, 2.0, drawn(seed), CPU)
        assert sound.shape == (2 * SAMPLE_RATE,) and 0.5 < rms(sound) < 2.0


def test_the_same_seed_plays_the_same_riff() -> None:
    assert torch.equal(riff([], 2.0, drawn(3), CPU), riff([], 2.0, drawn(3), CPU))


@pytest.mark.parametrize("seed", range(8))
def test_a_loudspeaker_has_no_highs(seed: int) -> None:
    struck = torch.from_numpy(pluck(110.0, 1.0, OPEN._replace(pick=3.0), drawn(seed)))
    power = torch.fft.rfft(amplified(struck, drawn(seed))).abs() ** 2
    at = torch.fft.rfftfreq(len(struck), 1.0 / SAMPLE_RATE)
    assert float(power[at > 1.8 * CABINET_HZ[1]].sum()) < 0.01 * float(power.sum())


def test_strokes_of_a_riff_are_not_all_alike() -> None:
    """Eight strokes of one chord a second apart, without a palm: some differ from the first by more than their level."""
    strokes = [Stroke(float(k), 100.0, muted=False) for k in range(8)]
    sound = take(strokes, (0, 7), 8.0, drawn(5), CPU)
    spectra = [np.abs(np.fft.rfft(sound[k * SAMPLE_RATE + 4410 :][:8820].numpy())) for k in range(8)]
    alike = [float(spectrum @ spectra[0] / np.linalg.norm(spectrum) / np.linalg.norm(spectra[0])) for spectrum in spectra]
    assert min(alike) < 0.99 and alike[0] == pytest.approx(1.0)
