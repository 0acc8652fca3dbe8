"""Figures: what is drawn stands where the notes are, and equal data give equal pictures."""

import io
import re

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.image import AxesImage
from PIL import Image

from n2n.assets import find_asset
from n2n.drums import DRUM_NAMES, DRUMS, LANE
from n2n.notes import Note
from n2n.plots import DRUM_COLOURS, LANE_FILL, draw_roll, draw_trajectory, figure_png, figure_svg, peak_columns
from n2n.roll import empty_roll, notes_to_roll

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


def test_the_estimate_is_shaded_where_it_is_sure_and_nowhere_else() -> None:
    (axes,) = draw_roll((), 2.0, estimate=notes_to_roll(NOTES, 201)).axes
    (image,) = (artist for artist in axes.get_children() if isinstance(artist, AxesImage))
    opacity = image.get_array()[..., 3]
    assert opacity[LANE["SN"], 50] == opacity.max() > 0.0
    assert not opacity[LANE["TT"]].any() and not opacity[LANE["SN"], 60:].any()
    left, right, *_ = image.get_extent()
    assert (left, right) == pytest.approx((-0.005, 2.005))


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
    clean = notes_to_roll((Note(75.0, "KD", 100),), 8001)
    figure = draw_trajectory([(1.0, clean, clean)], span=(74.0, 76.0))
    figure.draw_without_rendering()
    labels = [label.get_text() for label in figure.axes[-1].get_xticklabels()]
    assert "1:15.0" in labels and len(set(labels)) == len(labels)


def test_equal_data_give_equal_files_and_other_notes_other_ones() -> None:
    first, again, other = draw_roll(NOTES, 2.0), draw_roll(NOTES, 2.0), draw_roll(NOTES[:2], 2.0)
    assert figure_png(first) == figure_png(again) != figure_png(other)
    assert figure_svg(first) == figure_svg(again) != figure_svg(other)
    assert b"<svg" in figure_svg(first)


def test_the_ground_is_transparent_so_that_pages_of_any_colour_can_carry_it() -> None:
    opacity = picture(draw_roll((), 2.0))[..., 3]
    assert (opacity == 0).mean() > 0.8


def test_a_trajectory_has_a_row_for_each_step_with_its_sigma() -> None:
    clean = notes_to_roll(NOTES, 201)
    steps = [(sigma, clean + sigma, clean) for sigma in (20.0, 2.5, 0.3)]
    figure = draw_trajectory(steps)
    assert len(figure.axes) == 2 * len(steps)
    assert [axes.get_ylabel().split()[-1] for axes in figure.axes[::2]] == ["20", "2.5", "0.3"]


def test_a_trajectory_can_be_drawn_of_a_span_alone() -> None:
    clean = notes_to_roll((Note(5.0, "KD", 100),), 1001)
    figure = draw_trajectory([(1.0, clean, clean)], span=(4.0, 6.0))
    (image,) = (artist for artist in figure.axes[1].get_children() if isinstance(artist, AxesImage))
    assert image.get_extent()[:2] == pytest.approx([3.995, 6.005])
    assert image.get_array()[LANE["KD"], 100, 3] == pytest.approx(1.0)


def test_shortening_keeps_every_peak_and_leaves_short_pictures_alone() -> None:
    values = np.zeros((1000, 7), dtype=np.float32)
    values[[3, 501, 999], [0, 3, 6]] = (0.5, 0.7, 0.9)
    short = peak_columns(values, 100)
    assert short.shape == (100, 7)
    assert (short[0, 0], short[50, 3], short[99, 6]) == pytest.approx((0.5, 0.7, 0.9))
    assert np.count_nonzero(short) == 3
    assert peak_columns(values, 1000) is values


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="duration of more than 0"):
        draw_roll(NOTES, 0.0)
    with pytest.raises(ValueError, match="no step to draw"):
        draw_trajectory([])


def test_a_single_frame_can_be_drawn() -> None:
    roll = empty_roll(1)
    assert picture(draw_trajectory([(20.0, roll, roll)])).size > 0
    assert picture(draw_roll((), 0.01, estimate=roll)).size > 0


@pytest.mark.parametrize(("style", "prefix"), [("editor/editor.css", "n2n"), ("learn/learn.css", "learn")])
def test_a_drum_has_the_colour_in_pictures_that_it_has_on_the_pages(style: str, prefix: str) -> None:
    text = find_asset(style).read_text(encoding="utf-8")
    assert {drum: re.findall(rf"--{prefix}-{drum}: (#\w+);", text)[0] for drum in DRUMS} == DRUM_COLOURS
