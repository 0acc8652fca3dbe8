"""What a groove would go on with: exact where it repeats exactly, nothing where it does not, and known cells as they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from n2n.drums import DRUMS, LANE
from n2n.groove import find_period, repeat_groove
from n2n.notes import Note
from n2n.roll import mask_from_regions, notes_to_roll

BAR = {"KD": (0.0, 0.31, 0.55), "SN": (0.25, 0.8), "TT": (0.9,), "HH": (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875)}
"""Hits as shares of a bar; nothing shorter than a bar repeats all of them."""


def loop(period: int, periods: int, seed: int = 0) -> np.ndarray:
    """A bar of so many frames played over and over, its velocities drawn at random: a roll."""
    rng = np.random.default_rng(seed)
    bar = [(int(share * period), drum, int(rng.integers(1, 128))) for drum, shares in BAR.items() for share in shares]
    notes = [Note((k * period + frame) / 100, drum, velocity) for k in range(periods) for frame, drum, velocity in bar]
    return notes_to_roll(notes, period * periods)


def without(roll: np.ndarray, unknown: np.ndarray) -> np.ndarray:
    return np.where(unknown[..., None], np.float32(-1.0), roll)


@given(
    seed=st.integers(0, 10**6),
    period=st.integers(120, 400),
    start=st.floats(0.0, 0.9),
    length=st.floats(0.01, 0.4),
    drums=st.sets(st.sampled_from(DRUMS), min_size=1),
)
def test_a_loop_goes_on_as_it_is(seed: int, period: int, start: float, length: float, drums: set[str]) -> None:
    roll = loop(period, 6, seed)
    seconds = len(roll) / 100
    unknown = mask_from_regions([(start * seconds, min(seconds, (start + length) * seconds), sorted(drums))], len(roll))
    filled = repeat_groove(without(roll, unknown), unknown)
    assert filled is not None
    assert np.array_equal(filled, roll)


def test_the_nearer_side_of_a_gap_is_repeated() -> None:
    notes = [Note(0.5 * beat, ("KD", "SN")[beat % 2], 50 if beat < 8 else 120) for beat in range(16)]
    roll = notes_to_roll(notes, 800)
    unknown = mask_from_regions([(1.98, 5.98, DRUMS)], 800)
    filled = repeat_groove(without(roll, unknown), unknown)
    assert filled is not None
    assert np.array_equal(filled, roll)  # the soft half of the gap from before it, the loud half from after it


def test_what_begins_or_ends_unknown_is_had_from_the_other_side() -> None:
    roll = loop(200, 5)
    for region in ((0.0, 4.0), (6.0, 10.0)):
        unknown = mask_from_regions([(*region, DRUMS)], len(roll))
        assert np.array_equal(repeat_groove(without(roll, unknown), unknown), roll)


def test_a_period_is_found_though_hits_stray_by_a_frame() -> None:
    rng = np.random.default_rng(1)
    roll, known = loop(200, 8), np.ones((1600, 7), dtype=bool)
    strayed = np.zeros((1600, 7), dtype=bool)
    for frame, lane in np.argwhere(roll[..., 0] > 0):
        strayed[np.clip(frame + rng.integers(-1, 2), 0, 1599), lane] = True
    assert find_period(strayed, known) == pytest.approx(200, abs=1)


def test_where_nothing_repeats_there_is_no_groove() -> None:
    rng = np.random.default_rng(0)
    roll = notes_to_roll([Note(float(time), DRUMS[rng.integers(7)], 90) for time in np.sort(rng.uniform(0, 20, 60))], 2001)
    unknown = mask_from_regions([(8.0, 10.0, DRUMS)], 2001)
    assert repeat_groove(without(roll, unknown), unknown) is None
    everything = np.ones((2001, 7), dtype=bool)
    assert repeat_groove(without(roll, everything), everything) is None
    once = notes_to_roll([Note(1.0, "KD", 90)], 2001)
    assert repeat_groove(once, unknown) is None


@pytest.mark.parametrize("frames", [1, 20, 60])
def test_what_is_too_short_to_repeat_is_no_groove(frames: int) -> None:
    roll = notes_to_roll([Note(0.0, "SN", 90)], frames)
    unknown = np.zeros((frames, len(DRUMS)), dtype=bool)
    unknown[:, LANE["HH"]] = True
    assert repeat_groove(roll, unknown) is None
