"""Figures: what is drawn stands where the notes are, and equal data give equal pictures."""

import io
import re

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from PIL import Image

from n2n.assets import find_asset
from n2n.drums import DRUM_NAMES, DRUMS, LANE
from n2n.notes import Note
from n2n.plots import DRUM_COLOURS, LANE_FILL, draw_roll, figure_png, figure_svg, set_time

NOTES = (Note(0.0, "KD", 127), Note(0.5, "SN", 64), Note(1.25, "BE", 1))


def bars(axes) -> set[tuple[float, float, float]]:
    """Onset, foot and top of each bar that stands for a note."""
    segments = [segment for lines in axes.collections if isinstance(lines, LineCollection) for segment in lines.get_segments()]
    return {(float(s[0, 0]), float(s[0, 1]), float(s[1, 1])) for s in segments if s[0, 0] == s[1, 0]}


def picture(figure) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(figure_png(figure))))


def test_a_note_is_a_bar_at_its_onset_in_its_lane_as_high_as_its_velocity() -> None:
    (axes,) = draw_roll(NOTES, 2.0).axes
    assert bars(axes) == {(note.onset, LANE[note.drum], LANE[note.drum] + LANE_FILL * note.velocity / 127) for note in NOTES}


def test_the_lanes_are_named_with_the_kick_at_the_bottom() -> None:
    (axes,) = draw_roll(NOTES, 2.0).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [DRUM_NAMES[drum] for drum in DRUMS]
    assert axes.get_yticks()[0] < axes.get_yticks()[-1]


def test_every_drum_has_a_colour_of_its_own() -> None:
    assert set(DRUM_COLOURS) == set(DRUMS) and len(set(DRUM_COLOURS.values())) == len(DRUMS)


@pytest.mark.parametrize("duration", [0.01, 3.0, 59.9, 600.0, 7200.0])
def test_recordings_of_any_length_get_between_two_and_twenty_times_written_under_them(duration: float) -> None:
    figure = draw_roll((), duration)
    figure.draw_without_rendering()
    shown = [tick for tick in figure.axes[0].get_xticks() if 0.0 <= tick <= duration]
    assert 2 <= len(shown) <= 20


def test_times_from_a_minute_up_are_written_as_on_a_clock() -> None:
    figure = draw_roll((), 125.0)
    figure.draw_without_rendering()
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert "1:00" in labels and "2:00" in labels


def test_times_less_than_a_second_apart_have_decimals() -> None:
    figure = Figure()
    axes = figure.add_subplot()
    set_time(axes, (74.0, 76.0), inches=5.5)
    figure.draw_without_rendering()
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert "1:15.0" in labels and len(set(labels)) == len(labels)


def test_equal_data_give_equal_files_and_other_notes_other_ones() -> None:
    first, again, other = draw_roll(NOTES, 2.0), draw_roll(NOTES, 2.0), draw_roll(NOTES[:2], 2.0)
    assert figure_png(first) == figure_png(again) != figure_png(other)
    assert figure_svg(first) == figure_svg(again) != figure_svg(other)
    assert b"<svg" in figure_svg(first)


def test_the_ground_is_transparent_so_that_pages_of_any_colour_can_carry_it() -> None:
    opacity = picture(draw_roll((), 2.0))[..., 3]
    assert (opacity == 0).mean() > 0.8


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="duration of more than 0"):
        draw_roll(NOTES, 0.0)


@pytest.mark.parametrize(("style", "prefix"), [("editor/editor.css", "n2n"), ("learn/learn.css", "learn")])
def test_a_drum_has_the_colour_in_pictures_that_it_has_on_the_pages(style: str, prefix: str) -> None:
    text = find_asset(style).read_text(encoding="utf-8")
    assert {drum: re.findall(rf"--{prefix}-{drum}: (#\w+);", text)[0] for drum in DRUMS} == DRUM_COLOURS
