"""The scripts that choose: thresholds against single changes of them, counts in the proportions that drummers play, averaged weights. And
the one that draws what steps bring."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from n2n.checkpoint import build_denoiser
from n2n.drums import DRUMS
from runs.average_models import averaged
from runs.choose_thresholds import GRID, PLAYED, QUIET, as_played, best_thresholds, quiet_threshold
from runs.step_picture import draw_curves
from tests.tiny_model import tiny_checkpoint

few = settings(max_examples=30, deadline=None)


def counts(seed: int) -> np.ndarray:
    """[1, 1, drums, thresholds, (matched, reference, estimate)] as they come about: the higher the threshold, the fewer of everything."""
    rng = np.random.default_rng(seed)
    right = -np.sort(-rng.integers(60, 200, (len(DRUMS), len(GRID))), axis=1)
    false = -np.sort(-rng.integers(0, 60, (len(DRUMS), len(GRID))), axis=1)
    false[:, -1] = 0  # so that no drum is one that silence would serve as well
    reference = np.broadcast_to(right[:, :1] + rng.integers(1, 100, (len(DRUMS), 1)), right.shape)
    return np.stack([right, reference, right + false], axis=-1)[None, None].astype(float)


def pooled_f1(totals: np.ndarray, chosen: np.ndarray) -> float:
    matched, reference, estimate = totals[0, 0, np.arange(len(DRUMS)), chosen].sum(axis=0)
    return float(2.0 * matched / (reference + estimate))


@few
@given(seed=st.integers(0, 10**6))
def test_no_other_threshold_of_one_drum_is_better(seed: int) -> None:
    totals = counts(seed)
    best = best_thresholds(totals)
    score = pooled_f1(as_played(totals), best)
    for lane in range(len(DRUMS)):
        for other in range(len(GRID)):
            changed = best.copy()
            changed[lane] = other
            assert pooled_f1(as_played(totals), changed) <= score + 1e-12


@few
@given(seed=st.integers(0, 10**6), copies=st.integers(2, 5))
def test_what_all_recordings_say_is_done(seed: int, copies: int) -> None:
    one = counts(seed)
    assert np.array_equal(best_thresholds(np.repeat(one, copies, axis=0)), best_thresholds(one))


@few
@given(seed=st.integers(0, 10**6), lane=st.integers(0, len(DRUMS) - 1))
def test_what_one_recording_of_many_says_is_left_undecided(seed: int, lane: int) -> None:
    rest = np.repeat(counts(seed), 12, axis=0)
    rest[:, :, lane] = [100.0, 100.0, 110.0]  # the same at every threshold
    odd = rest[:1].copy()
    odd[:, :, lane, 0, 0] += 10.0  # ten more are found at the lowest
    odd[:, :, lane, :, 1:] += 10.0
    assert best_thresholds(odd)[lane] == 0
    assert GRID[best_thresholds(np.concatenate([rest, odd]))[lane]] == 0.5


@few
@given(seed=st.integers(0, 10**6))
def test_counts_as_played_have_the_players_proportions_and_the_false_notes_they_had(seed: int) -> None:
    before = counts(seed)
    after = as_played(before)
    assert after[0, 0, :, 0, 1] / after[0, 0, :, 0, 1].sum() == pytest.approx(PLAYED / PLAYED.sum())
    assert after[..., 2] - after[..., 0] == pytest.approx(before[..., 2] - before[..., 0])
    recall = before[..., 0] / before[..., 1]
    assert after[..., 0] / after[..., 1] == pytest.approx(recall)
    assert as_played(after) == pytest.approx(after)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_averaged_weights_lie_on_the_line_between_two_models(share: float) -> None:
    first = tiny_checkpoint()
    torch.manual_seed(1)
    second = replace(first, denoiser=build_denoiser(first.model))
    ends = [{name: weight.clone() for name, weight in end.denoiser.state_dict().items()} for end in (first, second)]
    mixed = averaged(first, second, share)
    for name, weight in mixed.denoiser.state_dict().items():
        assert torch.allclose(weight, (1.0 - share) * ends[0][name] + share * ends[1][name], atol=1e-6)
    assert mixed.training["averaged_with_origin"] == share


@given(seed=st.integers(0, 10**6), others=st.integers(0, 12), least=st.sampled_from(GRID.tolist()))
def test_the_quiet_threshold_is_the_lowest_that_keeps_silence(seed: int, others: int, least: float) -> None:
    scores, minutes = np.random.default_rng(seed).uniform(0.0, 0.9, 40), 5.0

    def heard(threshold: float) -> int:
        return int((scores > threshold).sum()) + others

    if heard(GRID[-1]) >= QUIET * minutes:
        with pytest.raises(ValueError, match="other drums are heard"):
            quiet_threshold(scores, others, minutes, least)
        return
    found = quiet_threshold(scores, others, minutes, least)
    assert found >= least and heard(found) < QUIET * minutes
    assert all(heard(lower) >= QUIET * minutes for lower in GRID if least <= lower < found)


def test_models_of_two_sizes_are_not_averaged() -> None:
    first = tiny_checkpoint()
    wider = replace(first.model, width=2 * first.model.width)
    with pytest.raises(ValueError, match="different sizes"):
        averaged(first, replace(first, denoiser=build_denoiser(wider)), 0.5)


def test_the_picture_of_steps_shows_every_point() -> None:
    rendered = [{"num_steps": n, "f1": 0.9 + n / 100, "deviation": 0.01, "seconds_per_second": n / 50, "velocity_f1": 0.7} for n in (1, 5)]
    real = [{"num_steps": n, "f1": 0.8, "deviation": 0.0, "seconds_per_second": n / 40} for n in (1, 5, 10)]
    accuracy, cost = draw_curves({"rendered": rendered, "real": real}).axes
    assert accuracy.get_legend_handles_labels()[1] == ["rendered, with velocity", "rendered", "real"]
    assert [line.get_ydata().tolist() for line in cost.lines] == [[0.02, 0.1], [0.025, 0.125, 0.25]]
    assert [tick.get_text() for tick in cost.get_xticklabels()] == ["1", "5", "10"]
