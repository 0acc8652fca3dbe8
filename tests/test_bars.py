"""Bars told from hits: their tempo, where they begin, and when a stated one is taken."""

import pytest

from n2n.bars import Bars, estimate_bars
from n2n.midi import Metre
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
