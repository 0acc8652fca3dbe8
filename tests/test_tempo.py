import numpy as np
import pytest

from n2n.notes import Note
from n2n.tempo import estimate_tempo


def strokes(drum, onsets, velocity=100):
    return [Note(float(onset), drum, velocity) for onset in onsets]


def groove(tempo, *, beats, start=0.37, hats=2, backbeat=2):
    """A kick on each beat, `hats` hi-hats a beat, and a snare on every `backbeat`-th beat."""
    beat = start + 60 / tempo * np.arange(beats)
    hat = start + 60 / tempo * np.arange(beats * hats) / hats
    return strokes("KD", beat) + strokes("HH", hat, 70) + strokes("SN", beat[1::backbeat])


@pytest.mark.parametrize("tempo", [83.3, 97.0, 110.5, 128.0, 140.0, 170.0])
def test_a_steady_beat_gives_its_tempo(tempo):
    assert estimate_tempo(groove(tempo, beats=64)) == pytest.approx(tempo, rel=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_a_human_beat_gives_its_tempo(seed):
    rng = np.random.default_rng(seed)
    played = [Note(note.onset + rng.normal(0.0, 0.008), note.drum, note.velocity) for note in groove(104.0, beats=64)]
    assert estimate_tempo(played) == pytest.approx(104.0, rel=2e-3)


@pytest.mark.parametrize("parts", [2, 3, 4])
def test_eighths_triplets_and_sixteenths_of_one_tempo_have_that_tempo(parts):
    assert estimate_tempo(groove(84.0, beats=48, hats=parts)) == pytest.approx(84.0, rel=1e-3)


def test_the_snare_tells_a_slow_beat_of_sixteenths_from_a_fast_one_of_eighths():
    hats = strokes("HH", 0.2 + np.arange(160) * 60 / 80 / 4, 70)
    kicks = strokes("KD", 0.2 + np.arange(20) * 2 * 60 / 80)
    slow, fast = (strokes("SN", 0.2 + (np.arange(n) + 0.5) * 40 * 60 / 80 / n) for n in (20, 40))
    assert estimate_tempo(hats + kicks + slow) == pytest.approx(80.0, rel=1e-3)
    assert estimate_tempo(hats + kicks + fast) == pytest.approx(160.0, rel=1e-3)


def test_the_tempo_does_not_depend_on_when_the_beat_begins_or_on_order():
    notes = groove(97.0, beats=32)
    later = [Note(note.onset + 100, note.drum, note.velocity) for note in reversed(notes)]
    assert estimate_tempo(later) == pytest.approx(estimate_tempo(notes), rel=1e-4)


def test_an_hour_of_hits_is_estimated_from_its_first_minutes():
    assert estimate_tempo(groove(120.0, beats=7200)) == pytest.approx(120.0, rel=1e-4)


def test_too_few_hits_have_no_tempo():
    assert estimate_tempo([]) is None
    assert estimate_tempo(strokes("KD", [0.0, 0.5, 1.0, 1.5])) is None


def test_hits_all_at_once_have_no_tempo():
    assert estimate_tempo(strokes("SN", [2.0] * 50)) is None


def test_random_hits_have_no_tempo():
    drawn = [np.random.default_rng(seed).uniform(0, 60, 400) for seed in range(8)]
    assert all(estimate_tempo(strokes("SN", onsets) + strokes("HH", onsets[::2] + 0.1)) is None for onsets in drawn)
