"""The procedural kit as a sample bundle, and the signals that it is made of."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from n2n.audio import SAMPLE_RATE
from n2n.drums import DRUMS
from n2n.training.bank import Bundle, read_bundle, write_bundle
from n2n.training.library import STAND_INS, Library
from n2n.training.synth import LAYERS, band_noise, decay, draw_voice, modes, procedural_bundle, seconds_axis, swept_sine


@pytest.fixture(scope="module")
def kit() -> Bundle:
    return procedural_bundle(0, 1)


def peak_hz(samples: np.ndarray) -> float:
    return float(np.abs(np.fft.rfft(samples, SAMPLE_RATE)).argmax())


def centroid_hz(samples: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(samples.astype(float), SAMPLE_RATE)) ** 2
    return float((power * np.arange(len(power))).sum() / power.sum())


def test_a_kit_covers_every_drum_at_three_velocities(kit: Bundle) -> None:
    assert {shot.drum for shot in kit.shots} == set(DRUMS)
    assert {shot.articulation for shot in kit.shots} <= set(STAND_INS)
    layers = {(shot.drum, shot.articulation, shot.piece): [] for shot in kit.shots}
    for shot in kit.shots:
        layers[shot.drum, shot.articulation, shot.piece].append(shot)
    for shots in layers.values():
        assert [shot.velocity for shot in shots] == [velocity for velocity, _ in LAYERS]
        assert all(softer.gain_db < louder.gain_db for softer, louder in pairwise(shots))
    Library([kit])  # complete


def test_every_sound_starts_at_once_peaks_alike_and_ends_in_silence(kit: Bundle) -> None:
    for shot in kit.shots:
        samples = kit.samples(shot)
        assert np.abs(samples).max() == pytest.approx(29000 / 32768, abs=0.001), shot
        assert abs(samples[-1]) == 0.0, shot
        assert np.abs(samples[: SAMPLE_RATE // 100]).max() > 0.03, shot


def test_sounds_lie_end_to_end(kit: Bundle) -> None:
    ends = np.cumsum([shot.length for shot in kit.shots])
    assert [shot.start for shot in kit.shots] == [0, *ends[:-1]]
    assert len(kit.audio) == ends[-1]
    assert 20 < len(kit.audio) / SAMPLE_RATE < 80


def test_metal_is_brighter_than_toms_and_toms_than_kicks(kit: Bundle) -> None:
    centroid = {drum: np.mean([centroid_hz(kit.samples(shot)) for shot in kit.shots if shot.drum == drum]) for drum in DRUMS}
    assert centroid["KD"] < centroid["TT"] < centroid["SN"] < centroid["HH"]
    assert min(centroid[drum] for drum in ("CY", "RD", "BE")) > centroid["TT"]


def test_an_open_hat_rings_longer_than_a_closed_one(kit: Bundle) -> None:
    length = {shot.articulation: shot.length for shot in kit.shots if shot.drum == "HH"}
    assert length["hh_closed"] < length["hh_semi"] < length["hh_open"]


def test_a_kit_is_deterministic_by_seed(kit: Bundle) -> None:
    again = procedural_bundle(0, 1)
    assert again.shots == kit.shots
    assert np.array_equal(again.audio, kit.audio)


def test_kits_differ_in_every_constant() -> None:
    one, other = (draw_voice(np.random.default_rng([0, index])) for index in (0, 1))
    assert all(one[drum][name] != other[drum][name] for drum in one for name in one[drum])


def test_a_bundle_survives_its_file(kit: Bundle, tmp_path: Path) -> None:
    write_bundle(kit, tmp_path / "kits" / "procedural.safetensors")
    found = read_bundle(tmp_path / "kits" / "procedural.safetensors")
    assert (found.name, found.licence, found.shots) == (kit.name, kit.licence, kit.shots)
    assert np.array_equal(found.audio, kit.audio)


# Signals


def test_decay_falls_by_sixty_decibels_in_its_time() -> None:
    assert 20 * np.log10(decay(np.array([0.0, 0.7]), 0.7)) == pytest.approx([0.0, -60.0], abs=0.05)


def test_a_swept_sine_glides_from_start_to_end() -> None:
    t = seconds_axis(2.0)
    sweep = swept_sine(t, 400.0, 50.0, 0.05, np.random.default_rng(0))
    assert peak_hz(sweep[SAMPLE_RATE:]) == pytest.approx(50.0, abs=2.0)
    instant = np.diff(np.unwrap(np.arcsin(np.clip(sweep[:20], -1, 1)))) * SAMPLE_RATE / (2 * np.pi)
    assert abs(instant[0]) == pytest.approx(400.0, rel=0.05)


def test_band_noise_has_unit_level_inside_its_band() -> None:
    noise = band_noise(SAMPLE_RATE, 2000.0, 5000.0, np.random.default_rng(0))
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(1.0, abs=1e-6)
    power = np.abs(np.fft.rfft(noise)) ** 2
    assert power[2000:5000].sum() / power.sum() > 0.65


def test_modes_lie_in_their_band_and_peak_at_one() -> None:
    plate = modes(seconds_axis(1.0), 1000.0, 4000.0, 30, 5.0, 0.0, np.random.default_rng(0))
    assert np.abs(plate).max() == pytest.approx(1.0)
    power = np.abs(np.fft.rfft(plate)) ** 2
    assert power[950:4050].sum() / power.sum() > 0.99
