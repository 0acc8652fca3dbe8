"""Notes to rolls and back: what survives, what merges, what is refused."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from n2n.audio import FRAME_RATE
from n2n.drums import DRUMS, LANE
from n2n.notes import Note
from n2n.roll import (
    DecodeConfig,
    empty_roll,
    find_onsets,
    mask_from_regions,
    note_frame,
    notes_to_roll,
    num_roll_frames,
    onset_scores,
    roll_to_notes,
    roll_velocity,
)

FRAMES = 200
MIN_GAP = DecodeConfig().min_gap

on_grid = st.builds(
    lambda frame, drum, velocity: Note(frame / FRAME_RATE, drum, velocity),
    st.integers(0, FRAMES - 1),
    st.sampled_from(DRUMS),
    st.integers(1, 127),
)
anywhere = st.builds(Note, st.floats(0, (FRAMES - 1) / FRAME_RATE), st.sampled_from(DRUMS), st.integers(1, 127))


def thinned(notes: list[Note], gap: int) -> list[Note]:
    """Drops hits of a drum that follow the one before them by less than `gap` frames."""
    kept: list[Note] = []
    for note in sorted(notes):
        if all(other.drum != note.drum or note_frame(note.onset) - note_frame(other.onset) >= gap for other in kept):
            kept.append(note)
    return kept


def roll_with(*cells: tuple[int, str, float, float]) -> np.ndarray:
    """A silent roll but for (frame, drum, onset probability, velocity share)."""
    roll = empty_roll(40)
    for frame, drum, onset, velocity in cells:
        roll[frame, LANE[drum]] = 2 * onset - 1, 2 * velocity - 1
    return roll


# Round trips


@given(st.lists(on_grid, max_size=40))
def test_notes_on_the_grid_come_back_exactly(notes: list[Note]) -> None:
    notes = thinned(notes, MIN_GAP)
    found = roll_to_notes(notes_to_roll(notes, FRAMES))
    assert [(n.onset, n.drum, n.velocity) for n in sorted(found)] == [(n.onset, n.drum, n.velocity) for n in sorted(notes)]


@given(st.lists(anywhere, max_size=40))
def test_notes_anywhere_come_back_within_half_a_frame(notes: list[Note]) -> None:
    notes = sorted(thinned(notes, MIN_GAP))
    found = sorted(roll_to_notes(notes_to_roll(notes, FRAMES)), key=lambda n: (LANE[n.drum], n.onset))
    notes.sort(key=lambda n: (LANE[n.drum], n.onset))
    assert [(n.drum, n.velocity) for n in found] == [(n.drum, n.velocity) for n in notes]
    assert all(abs(a.onset - b.onset) <= 0.5 / FRAME_RATE + 1e-9 for a, b in zip(found, notes, strict=True))


@given(st.lists(on_grid, max_size=40))
def test_a_roll_of_notes_comes_back_bit_equal(notes: list[Note]) -> None:
    roll = notes_to_roll(thinned(notes, MIN_GAP), FRAMES)
    assert np.array_equal(notes_to_roll(roll_to_notes(roll), FRAMES), roll)


@pytest.mark.parametrize("velocity", range(1, 128))
def test_every_velocity_is_recovered(velocity: int) -> None:
    (note,) = roll_to_notes(notes_to_roll([Note(0.5, "SN", velocity)], 60))
    assert (note.velocity, note.confidence) == (velocity, 1.0)


@given(velocities=st.lists(st.integers(1, 127), min_size=1, max_size=5))
def test_the_loudest_hit_of_a_frame_stays(velocities: list[int]) -> None:
    (note,) = roll_to_notes(notes_to_roll([Note(0.1, "TT", velocity) for velocity in velocities], 20))
    assert note.velocity == max(velocities)


def test_hits_of_different_drums_in_a_frame_all_stay() -> None:
    notes = [Note(0.1, drum, 10 + lane) for lane, drum in enumerate(DRUMS)]
    assert [(n.drum, n.velocity) for n in roll_to_notes(notes_to_roll(notes, 20))] == [(n.drum, n.velocity) for n in notes]


@pytest.mark.parametrize("gap", range(1, MIN_GAP))
def test_of_equal_hits_closer_than_the_gap_the_first_stays(gap: int) -> None:
    found = roll_to_notes(notes_to_roll([Note(0.1, "SN", 50), Note(0.1 + gap / FRAME_RATE, "SN", 50)], 40))
    assert [(n.onset, n.velocity) for n in found] == [(0.1, 50)]


def test_silence_holds_no_notes() -> None:
    roll = notes_to_roll([], FRAMES)
    assert roll.shape == (FRAMES, len(DRUMS), 2) and roll.dtype == np.float32
    assert (roll == -1.0).all()
    assert roll_to_notes(roll) == ()
    assert roll_to_notes(notes_to_roll([], 0)) == ()


# The grid


@given(st.floats(0, 3600))
def test_a_frame_lies_within_half_a_frame_of_its_onset(onset: float) -> None:
    assert abs(note_frame(onset) / FRAME_RATE - onset) <= 0.5 / FRAME_RATE + 1e-9


@given(st.integers(0, 360000))
def test_times_on_the_grid_have_their_own_frame(frame: int) -> None:
    assert note_frame(frame / FRAME_RATE) == frame
    assert num_roll_frames(frame / FRAME_RATE) == frame + 1


def test_notes_outside_a_roll_are_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.400 s lies outside a roll of 40 frames \(0\.39 s\)"):
        notes_to_roll([Note(0.4, "KD", 90)], 40)


# Decoding


def test_an_onset_shared_by_two_frames_is_one_note() -> None:
    (note,) = roll_to_notes(roll_with((10, "HH", 0.4, 0.2), (11, "HH", 0.45, 0.3)))
    assert note.onset == 0.11
    assert note.confidence == pytest.approx(0.85)


def test_a_score_is_the_sum_over_the_neighbours_up_to_one() -> None:
    roll = roll_with((10, "KD", 0.2, 0.0), (11, "KD", 0.3, 0.0), (12, "KD", 0.4, 0.0), (20, "KD", 0.9, 0.0), (21, "KD", 0.8, 0.0))
    scores = onset_scores(roll, floor=0.02)[:, LANE["KD"]]
    assert scores[[9, 10, 11, 12, 13]] == pytest.approx([0.2, 0.5, 0.9, 0.7, 0.4])
    assert scores[[20, 21]] == pytest.approx([1.0, 1.0])
    assert not onset_scores(roll, floor=0.02)[:, LANE["SN"]].any()


def test_scores_ignore_what_lies_below_the_floor() -> None:
    roll = roll_with(*((frame, "KD", 0.015, 0.0) for frame in range(40)))
    assert not onset_scores(roll, floor=0.02).any()
    assert onset_scores(roll, floor=0.01)[5, LANE["KD"]] == pytest.approx(0.045)


def test_scores_at_the_ends_have_one_neighbour() -> None:
    scores = onset_scores(roll_with((0, "KD", 0.3, 0.0), (1, "KD", 0.2, 0.0), (39, "KD", 0.4, 0.0)), floor=0.02)[:, LANE["KD"]]
    assert scores[[0, 39]] == pytest.approx([0.5, 0.4])


@given(threshold=st.floats(0.05, 0.95), score=st.floats(0.05, 1.0))
def test_a_note_is_found_where_its_score_passes_the_threshold(threshold: float, score: float) -> None:
    assume(abs(threshold - score) > 1e-4)
    config = DecodeConfig(thresholds=(threshold,) * len(DRUMS))
    assert bool(find_onsets(roll_with((10, "RD", score, 0.5)), config)[10, LANE["RD"]]) == (score > threshold)


def test_each_drum_has_its_own_threshold() -> None:
    thresholds = tuple(0.3 if drum == "CY" else 0.7 for drum in DRUMS)
    found = roll_to_notes(roll_with(*((10, drum, 0.5, 0.5) for drum in DRUMS)), DecodeConfig(thresholds=thresholds))
    assert [note.drum for note in found] == ["CY"]


@given(st.lists(st.tuples(st.integers(0, 39), st.floats(0.0, 1.0)), max_size=20), st.integers(1, 6))
def test_notes_of_a_drum_are_the_gap_apart_and_no_louder_frame_is_nearer(cells: list[tuple[int, float]], gap: int) -> None:
    roll = roll_with(*((frame, "SN", onset, 0.5) for frame, onset in cells))
    frames = np.flatnonzero(find_onsets(roll, DecodeConfig(min_gap=gap))[:, LANE["SN"]])
    assert (np.diff(frames) >= gap).all()
    p = roll[:, LANE["SN"], 0]
    assert all(p[frame] == p[max(0, frame - gap + 1) : frame + gap].max() for frame in frames)


@pytest.mark.parametrize("weight", [1.0, 8.0])
@pytest.mark.parametrize("p", [0.1, 0.5, 1.0])
def test_the_velocity_of_a_weighted_mean_is_that_of_its_hits(p: float, weight: float) -> None:
    """The best estimate of a cell that holds a hit with probability p, where hits count `weight` times, is this mean."""
    mean = weight * p * 0.8 / (weight * p + 1.0 - p)
    assert roll_velocity(roll_with((10, "SN", p, mean)), DecodeConfig(velocity_weight=weight))[10, LANE["SN"]] == round(0.8 * 127)


def test_a_velocity_curve_is_read_by_straight_lines_between_even_velocities() -> None:
    roll = roll_with((10, "SN", 1.0, 0.25), (20, "SN", 1.0, 0.5), (30, "SN", 1.0, 0.75))
    notes = roll_to_notes(roll, DecodeConfig(velocity_curve=(1.0, 41.0, 127.0)))
    assert [note.velocity for note in notes] == [21, 41, 84]


@pytest.mark.parametrize("curve", [(64.0,), (1.0, 128.0), (-1.0, 100.0), (50.0, 40.0, 127.0), (1.0, float("nan"))])
def test_a_curve_that_makes_harder_hits_softer_is_refused(curve: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="velocity_curve must be empty, or two velocities from 0 to 127 or more that never fall"):
        DecodeConfig(velocity_curve=curve)


@pytest.mark.parametrize("grace_first", [True, False])
def test_of_two_onsets_too_close_and_equally_sure_the_louder_is_the_note(grace_first: bool) -> None:
    frames = (20, 22) if grace_first else (22, 20)
    (note,) = roll_to_notes(roll_with((frames[0], "SN", 1.0, 0.3), (frames[1], "SN", 1.0, 0.9)))
    assert (note.onset, note.velocity) == (frames[1] / FRAME_RATE, round(0.9 * 127))


def test_an_unsure_onset_keeps_its_velocity() -> None:
    """A denoiser that gives an onset one chance in two halves the velocity with it; decoding undoes that."""
    sure, unsure = roll_with((10, "SN", 1.0, 0.8)), roll_with((10, "SN", 0.5, 0.4))
    assert roll_velocity(sure)[10, LANE["SN"]] == roll_velocity(unsure)[10, LANE["SN"]] == round(0.8 * 127)


def test_estimates_outside_the_range_decode_to_velocities_inside_it() -> None:
    (note,) = roll_to_notes(roll_with((10, "SN", 1.7, 1.9)))
    assert note.velocity == 127
    (note,) = roll_to_notes(roll_with((10, "SN", 1.0, -0.5)))
    assert note.velocity == 1


@pytest.mark.parametrize("thresholds", [(0.5,) * 6, (0.5,) * 6 + (1.0,), (0.5,) * 6 + (0.0,), (0.5,) * 6 + (float("nan"),)])
def test_impossible_thresholds_are_refused(thresholds: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="thresholds must be 7 numbers between 0 and 1"):
        DecodeConfig(thresholds=thresholds)


@pytest.mark.parametrize("min_gap", [0, -1, True])
def test_impossible_gaps_are_refused(min_gap: int) -> None:
    with pytest.raises(ValueError, match=f"min_gap must be a whole number, 1 or more, not {min_gap}"):
        DecodeConfig(min_gap=min_gap)


@pytest.mark.parametrize("floor", [-0.1, 1.0])
def test_impossible_floors_are_refused(floor: float) -> None:
    with pytest.raises(ValueError, match=f"floor must be a probability from 0 to below 1, not {floor}"):
        DecodeConfig(floor=floor)


# Masks


def test_a_region_of_an_unknown_drum_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown drum 'XX'"):
        mask_from_regions([(0.1, 0.2, ["XX"])], 40)


def test_a_region_masks_its_drums_from_start_to_end() -> None:
    mask = mask_from_regions([(0.1, 0.2, ["KD", "BE"])], 40)
    assert mask.dtype == bool
    assert np.flatnonzero(mask[:, LANE["KD"]]).tolist() == list(range(10, 20))
    assert mask.any(axis=0).tolist() == [drum in ("KD", "BE") for drum in DRUMS]


@given(start=st.floats(-1, 1), end=st.floats(-1, 1))
def test_a_region_masks_the_frames_with_start_before_time_before_end(start: float, end: float) -> None:
    mask = mask_from_regions([(start, end, ["SN"])], 40)[:, LANE["SN"]]
    times = np.arange(40) / FRAME_RATE
    clear = (np.abs(times - start) > 1e-6) & (np.abs(times - end) > 1e-6)
    assert (mask[clear] == ((times >= start) & (times < end))[clear]).all()


def test_regions_add_up_and_end_with_the_roll() -> None:
    mask = mask_from_regions([(0.0, 0.05, ["KD"]), (0.35, 9.0, ["KD", "SN"]), (0.1, 0.1, ["TT"]), (0.2, 0.3, [])], 40)
    assert np.flatnonzero(mask[:, LANE["KD"]]).tolist() == [0, 1, 2, 3, 4, 35, 36, 37, 38, 39]
    assert mask.sum() == 10 + 5
    assert not mask_from_regions([], 40).any()
