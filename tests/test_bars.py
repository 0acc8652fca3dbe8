"""Bars told from hits: their tempo, where they begin, and when a stated one is taken."""

from collections.abc import Iterable

import numpy as np
import pytest

from n2n.bars import Bars, estimate_bars
from n2n.metre import Metre
from n2n.notes import Note


def test_bars_have_the_metre_of_their_lines() -> None:
    assert Bars(120.0, 0.37, 3).metre == Metre(0.37, 3)


@pytest.mark.parametrize(("tempo", "offset"), [(96.0, 0.37), (121.5, 1.2), (140.0, 0.0)])
def test_bars_begin_where_the_kick_falls(tempo: float, offset: float) -> None:
    beat = 60.0 / tempo
    notes = [Note(offset + beat * place / 2, "HH", 70) for place in range(64)]
    notes += [Note(offset + beat * place, "SN" if place % 2 else "KD", 100) for place in range(32) if place % 4 != 2]
    bars = estimate_bars(sorted(notes))
    assert abs(bars.bpm / tempo - 1.0) < 0.01 and bars.beats == 4
    assert abs((bars.offset - offset + 2 * beat) % (4 * beat) - 2 * beat) < 0.02
    assert estimate_bars(notes[:3]) is None


@pytest.mark.parametrize(("stated", "taken"), [(60.0, 60.0), (120.5, 120.5), (240.0, 240.0), (97.0, 120.0), (None, 120.0)])
def test_the_tempo_that_a_file_states_is_taken_unless_its_hits_speak_against_it(stated: float | None, taken: float) -> None:
    notes = sorted(
        Note(0.25 * place, drum, 90) for place in range(64) for drum in (("HH",), ("HH", "KD"), ("HH",), ("HH", "SN"))[place % 4]
    )
    assert estimate_bars(notes).bpm == pytest.approx(120.0, rel=0.01)
    assert estimate_bars(notes, stated).bpm == pytest.approx(taken, rel=0.01 if taken == 120.0 else 1e-9)
    few = estimate_bars(notes[:3], stated)
    assert (few and few.bpm) == stated


EIGHTHS = np.arange(0.0, 4.0, 0.5)
OFF_BEATS = EIGHTHS[1::2]


def played(bar: dict[str, Iterable[float]], seed: int, *, hats: int = 100) -> list[Note]:
    """Eight bars of drums on these beats, at 124 a minute from 0.2 s on: about 4 ms off, and by up to 4 of their velocity."""
    chance = np.random.default_rng(seed)
    return sorted(
        Note(
            0.2 + (4 * k + place) * 60.0 / 124.0 + float(chance.normal(0.0, 0.004)),
            drum,
            (hats if drum == "HH" else 100) + int(chance.integers(-4, 5)),
        )
        for k in range(8)
        for drum, places in bar.items()
        for place in places
    )


def farthest_from_lines(notes: Iterable[Note], bars: Bars, *, parts: int = 1) -> float:
    """How far from the nearest line of such a part of a beat that hit lies that is the farthest, in beats."""
    places = np.array([note.onset - bars.offset for note in notes]) * bars.bpm / 60.0
    return float(np.max(np.abs(places - np.round(places * parts) / parts)))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("bar", "hats", "parts"),
    [
        pytest.param({"KD": range(4), "HH": OFF_BEATS}, 100, 1, id="house"),
        pytest.param({"KD": range(4), "HH": OFF_BEATS}, 108, 1, id="house with hats louder than its kicks"),
        pytest.param({"KD": (0, 2), "SN": (1, 3), "HH": OFF_BEATS}, 100, 1, id="disco"),
        pytest.param({"KD": (0, 2), "SN": (1, 3), "HH": EIGHTHS}, 80, 1, id="rock"),
        pytest.param({"KD": (0, 2), "SN": (1, 3), "HH": sorted([*range(4), *np.arange(4) + 2 / 3])}, 80, 1, id="shuffle"),
        pytest.param({"KD": EIGHTHS + 0.25, "SN": EIGHTHS}, 100, 2, id="blast beat, of two kicks to a beat"),
    ],
)
def test_kicks_lie_on_beats_whatever_lies_between_them(bar: dict[str, Iterable[float]], hats: int, parts: int, seed: int) -> None:
    notes = played(bar, seed, hats=hats)
    assert farthest_from_lines([note for note in notes if note.drum == "KD"], estimate_bars(notes), parts=parts) < 0.05


@pytest.mark.parametrize("seed", range(3))
def test_equal_hats_lie_on_sixteenths_though_none_of_them_says_that_it_is_on_a_beat(seed: int) -> None:
    notes = played({"HH": np.arange(0.0, 4.0, 0.25)}, seed)
    assert farthest_from_lines(notes, estimate_bars(notes), parts=4) < 0.05


def test_of_lines_that_may_equally_begin_a_bar_the_first_hit_does() -> None:
    hats = [Note(0.7 + 0.125 * place, "HH", 90) for place in range(64)]
    assert estimate_bars(hats, 120.0) == Bars(120.0, pytest.approx(0.7), 4)


def test_stated_bar_lines_between_clear_beats_are_not_taken() -> None:
    clear = played({"KD": (0,), "SN": (1, 3), "HH": EIGHTHS}, 0)
    balanced = played({"KD": range(4), "HH": OFF_BEATS}, 0)
    near, between = Metre(0.22, 4), Metre(0.2 + 30.0 / 124.0, 4)
    assert [estimate_bars(balanced, 124.0, metre).offset for metre in (near, between)] == [near.offset, between.offset]
    assert [estimate_bars(clear, 124.0, metre).offset for metre in (near, between)] == [near.offset, pytest.approx(0.2, abs=0.01)]
