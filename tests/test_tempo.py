import numpy as np
import pytest

from n2n.tempo import estimate_tempo


def grid(tempo, *, beats, start=0.37):
    """A kick on each beat, a hi-hat on each eighth, a snare on every other beat."""
    beat = np.arange(beats)
    return start + 60 / tempo * np.concatenate([beat, np.arange(2 * beats) / 2, beat[1::2]])


@pytest.mark.parametrize("tempo", [83.3, 97.0, 110.5, 128.0, 140.0])
def test_a_steady_beat_gives_its_tempo(tempo):
    assert estimate_tempo(grid(tempo, beats=64).tolist()) == pytest.approx(tempo, rel=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_a_human_beat_gives_its_tempo(seed):
    onsets = grid(104.0, beats=64)
    onsets += np.random.default_rng(seed).normal(0.0, 0.008, len(onsets))
    assert estimate_tempo(onsets.tolist()) == pytest.approx(104.0, rel=2e-3)


def test_the_tempo_does_not_depend_on_when_the_beat_begins_or_on_order():
    onsets = grid(97.0, beats=32)
    assert estimate_tempo((onsets + 100)[::-1].tolist()) == pytest.approx(estimate_tempo(onsets.tolist()), rel=1e-4)


def test_an_hour_of_hits_is_estimated_from_its_first_minutes():
    assert estimate_tempo(grid(120.0, beats=7200).tolist()) == pytest.approx(120.0, rel=1e-4)


def test_too_few_hits_have_no_tempo():
    assert estimate_tempo([]) is None
    assert estimate_tempo([0.0, 0.5, 1.0, 1.5]) is None


def test_hits_all_at_once_have_no_tempo():
    assert estimate_tempo([2.0] * 50) is None


def test_random_hits_have_no_tempo():
    draws = [np.random.default_rng(seed).uniform(0, 60, 400).tolist() for seed in range(8)]
    assert all(estimate_tempo(onsets) is None for onsets in draws)
