"""Tempos, time signatures and bars, without any file."""

import pytest

from n2n.metre import TEMPO_MAX, TEMPO_MIN, Conductor, Metre, Signature, Tempo


@pytest.mark.parametrize(("offset", "first"), [(0.3, 0.3), (2.3, 0.3), (-1.7, 0.3), (-0.3, 1.7), (4.0, 0.0), (2.0 - 1e-12, 0.0)])
def test_the_first_bar_line_lies_within_the_first_bar(offset: float, first: float) -> None:
    assert Metre(offset, 4).first_line(120.0) == pytest.approx(first, abs=1e-9)


def test_a_steady_conductor_has_one_tempo_and_the_bars_of_its_metre() -> None:
    plain = Conductor.steady(93.5)
    assert plain == Conductor((Tempo(0.0, 641_711),)) and plain.tempo == 93.5 and plain.metre is None
    barred = Conductor.steady(120.0, Metre(3.5, 3))
    assert barred.signatures == (Signature(0.5, 3, 4),) and barred.tempo == 120.0 and barred.metre == Metre(0.5, 3)


@pytest.mark.parametrize("tempo", [TEMPO_MIN, TEMPO_MAX])
def test_the_limits_themselves_are_tempos_that_we_write(tempo: float) -> None:
    assert Conductor.steady(tempo).tempo == tempo
    assert Conductor((Tempo(0.0, round(60e6 / tempo * (0.99 if tempo == TEMPO_MAX else 1.01))),)).tempo is None


def test_several_tempos_are_no_single_one_nor_is_none() -> None:
    assert Conductor((Tempo(0.0, 500_000), Tempo(1.0, 600_000))).tempo is None and Conductor().tempo is None


@pytest.mark.parametrize(
    ("signatures", "beats"),
    [([(4, 4)], 4), ([(6, 8)], 3), ([(4, 4), (2, 2)], 4), ([(4, 4), (3, 4)], None), ([(7, 8)], None), ([(1, 8)], None), ([], None)],
)
def test_bars_of_one_length_in_whole_quarters_are_a_metre(signatures: list[tuple[int, int]], beats: int | None) -> None:
    conductor = Conductor(signatures=tuple(Signature(0.25 + place, *signature) for place, signature in enumerate(signatures)))
    assert conductor.metre == (beats and Metre(0.25, beats))
