"""Rooms, filters, dynamics, noise: levels and shapes that must hold whatever is drawn."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from n2n.audio import SAMPLE_RATE
from n2n.training.chance import bare
from n2n.training.effects import (
    EQUALISER_HZ,
    FALL_DB,
    EffectsConfig,
    balanced,
    compress,
    equalised,
    fft_size,
    filter_and_room,
    hum,
    lows,
    noise,
    process,
    random_equaliser,
    rms,
    room_response,
    saturate,
    smooth_gains,
)

CPU = torch.device("cpu")
DRY = bare(EffectsConfig)
ALL = EffectsConfig(1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
seeds = st.integers(0, 10**6)
few = settings(max_examples=10)


def beats(seconds: float = 1.0) -> Tensor:
    """Decaying bursts, four a second."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    burst = np.random.default_rng(0).standard_normal(len(t)) * np.exp(-30.0 * (t % 0.25)) * 0.2
    return torch.from_numpy(burst.astype(np.float32))


def drawn(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(st.integers(1, 10**7))
def test_an_fft_size_holds_the_samples_and_is_less_than_half_empty(samples: int) -> None:
    size = fft_size(samples)
    assert samples <= size and (size < 2 * samples or size == 256)
    assert max(p for p in (2, 3, 5, 7, 11, 13) if size % p == 0) <= 5


@few
@given(seeds)
def test_a_room_has_unit_energy_and_darkens(seed: int) -> None:
    response = room_response(drawn(seed), CPU)
    assert float(response.square().sum()) == pytest.approx(1.0, abs=1e-4)
    assert 0.1 * SAMPLE_RATE < len(response) <= SAMPLE_RATE
    half = len(response) // 2
    assert float(response[:half].square().sum()) > float(response[half:].square().sum())


@few
@given(seeds)
def test_an_equaliser_is_smooth_and_positive(seed: int) -> None:
    gains = 20 * np.log10(smooth_gains(np.geomspace(20, 22050, 1000), random_equaliser(drawn(seed), 5.0)))
    assert np.isfinite(gains).all()
    assert np.abs(np.diff(gains)).max() < 0.5


@few
@given(seeds)
def test_an_equaliser_gives_a_sine_the_gain_at_its_frequency(seed: int) -> None:
    equaliser = random_equaliser(drawn(seed), 5.0)
    t = torch.arange(SAMPLE_RATE) / SAMPLE_RATE
    for hz, gain_db in zip(EQUALISER_HZ[3:6], equaliser[3:6], strict=True):
        sine = torch.sin(2 * torch.pi * hz * t)
        heard = equalised(sine, equaliser)[SAMPLE_RATE // 4 : -SAMPLE_RATE // 4]
        assert 20 * np.log10(rms(heard) * np.sqrt(2)) == pytest.approx(gain_db, abs=0.6)


@pytest.mark.parametrize("order", [4.0, 64.0])
@pytest.mark.parametrize(("hz", "gain"), [(2000.0, 1.0), (4000.0, 0.5), (8000.0, 0.0)])
def test_lows_pass_and_highs_do_not(hz: float, gain: float, order: float) -> None:
    heard = lows(torch.sin(2 * torch.pi * hz * torch.arange(SAMPLE_RATE) / SAMPLE_RATE), 4000.0, order)
    assert rms(heard[SAMPLE_RATE // 4 : -SAMPLE_RATE // 4]) * np.sqrt(2) == pytest.approx(gain, abs=0.07)


@pytest.mark.parametrize("colour", [0.5, 1.0, 2.0])
def test_a_balanced_sound_falls_as_mixes_do_whatever_it_was(colour: float) -> None:
    """Brighter than pink, pink or brown before: from 100 Hz to 5 kHz its power then falls by 3 to 8 dB an octave on average."""
    bins = np.maximum(np.fft.rfftfreq(2 * SAMPLE_RATE, 1.0 / SAMPLE_RATE), 30.0)
    white = np.random.default_rng(0).standard_normal((len(bins), 2)) @ [1.0, 1.0j]
    sound = torch.from_numpy(np.fft.irfft(white * bins ** (-colour / 2.0)).astype(np.float32))
    inside = (bins > 100.0) & (bins < 5000.0)
    slopes = []
    for seed in range(40):
        level = 10.0 * np.log10(np.abs(np.fft.rfft(balanced(sound, drawn(seed)).numpy()))[inside] ** 2)
        slopes.append(np.polyfit(np.log2(bins[inside]), level, 1)[0])
    assert np.mean(slopes) == pytest.approx(-np.mean(FALL_DB), abs=0.7)
    assert all(-FALL_DB[1] - 2.0 < slope < -FALL_DB[0] + 2.0 for slope in slopes)


def test_a_chain_of_nothing_changes_nothing() -> None:
    audio = beats()
    torch.testing.assert_close(process(audio, audio, drawn(0), DRY), audio, atol=1e-5, rtol=0.0)


@few
@given(seeds)
def test_every_effect_together_keeps_length_and_stays_finite(seed: int) -> None:
    audio = beats()
    found = process(audio, audio, drawn(seed), ALL)
    assert found.shape == audio.shape and found.dtype == torch.float32
    assert bool(found.isfinite().all())
    assert rms(found) > 1e-4


@pytest.mark.parametrize("samples", [1, 40, 441, 44100])
def test_silence_passes_every_effect(samples: int) -> None:
    found = process(torch.zeros(samples), torch.zeros(samples), drawn(0), ALL)
    assert found.shape == (samples,)
    assert bool(found.isfinite().all()) and float(found.abs().max()) < 1e-3


def test_effects_are_deterministic_by_seed() -> None:
    audio = beats()
    one, again, other = (process(audio, audio, drawn(seed), ALL) for seed in (3, 3, 4))
    assert torch.equal(one, again)
    assert not torch.allclose(one, other, atol=1e-3)


def test_a_room_sounds_after_the_hit_and_never_before() -> None:
    hit = torch.zeros(SAMPLE_RATE)
    hit[10000] = 1.0
    wet = filter_and_room(hit, hit, drawn(1), EffectsConfig(room=1.0, equaliser=0.0))
    assert float(wet[:9990].abs().max()) < 1e-4
    assert rms(wet[10050:]) > 1e-4


@few
@given(seeds)
def test_compression_only_turns_down_and_evens_out(seed: int) -> None:
    audio = beats() * torch.linspace(0.05, 1.0, SAMPLE_RATE)
    found = compress(audio, drawn(seed))
    assert bool((found.abs() <= audio.abs() + 1e-6).all())
    quarter = SAMPLE_RATE // 4
    assert rms(found[-quarter:]) / rms(found[:quarter]) <= rms(audio[-quarter:]) / rms(audio[:quarter]) + 1e-6


def test_compression_is_heard_in_most_draws() -> None:
    audio = beats()
    assert sum(rms(compress(audio, drawn(seed))) < 0.95 * rms(audio) for seed in range(20)) > 10


@few
@given(seeds)
def test_saturation_is_odd_rising_and_never_louder(seed: int) -> None:
    ramp = torch.linspace(-0.9, 0.9, 1001)
    found = saturate(ramp, drawn(seed))
    torch.testing.assert_close(found, -found.flip(0), atol=1e-6, rtol=0.0)
    assert bool((found.diff() >= 0.0).all()) and bool((found.abs() <= ramp.abs() + 1e-6).all())
    torch.testing.assert_close(found[500:511], ramp[500:511], atol=0.02, rtol=0.0)


@few
@given(seed=seeds, samples=st.integers(2, 50000))
def test_noise_has_unit_level(seed: int, samples: int) -> None:
    assert rms(noise(samples, drawn(seed), CPU)) == pytest.approx(1.0, abs=1e-3)


@few
@given(seeds)
def test_hum_is_mains_and_its_harmonics(seed: int) -> None:
    tone = hum(SAMPLE_RATE, drawn(seed), CPU)
    assert rms(tone) == pytest.approx(1.0, abs=1e-3)
    power = torch.fft.rfft(tone).abs().square()
    loud = {int(hz) for hz in torch.nonzero(power > power.max() * 1e-3)[:, 0]}
    assert all(hz % 50 == 0 for hz in loud) or all(hz % 60 == 0 for hz in loud)


def test_noise_and_hum_lie_below_the_drums() -> None:
    audio = beats()
    for seed in range(10):
        added = process(audio, audio, drawn(seed), EffectsConfig(0.0, 0.0, 0.0, 0.0, 1.0, 1.0)) - audio
        assert -80.0 < 20 * np.log10(rms(added) / float(audio.abs().max())) < -25.0
