"""Confidence: what is right, how it is measured, and that a fitted map tells the probabilities that the data were drawn with."""

import json
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from n2n.calibration import Judged, adds_match, brier_score, fit_line, fit_steps, held_out, join, judge, reliability
from n2n.checkpoint import Checkpoint, build_denoiser, load_checkpoint, save_checkpoint
from n2n.drums import DRUMS, LANE
from n2n.evaluate import match
from n2n.inference import Transcriber
from n2n.model import ModelConfig
from n2n.note_files import write_midi
from n2n.notes import Note, Transcription
from n2n.roll import AS_SCORED, Candidate, DecodeConfig, calibrate, candidates, empty_roll, roll_to_notes
from n2n.sampling import SamplingConfig

ROOT = Path(__file__).parents[1]
TINY = ModelConfig(width=16, feedforward=16, heads=2, encoder_layers=1, decoder_layers=1)
LINES = tuple((0.5 + 0.1 * lane, 1.0 - 0.3 * lane) for lane in range(len(DRUMS)))

grid_onsets = st.lists(st.integers(0, 40).map(lambda frame: frame * 0.01), max_size=25)


def confidence(scores: np.ndarray, line: tuple[float, float]) -> np.ndarray:
    return calibrate(scores, np.zeros(len(scores), dtype=np.int64), [line])


def drawn(line: tuple[float, float], size: int, *, seed: int = 0) -> Judged:
    """Scores of every kind, and whether each is right, with just the probability that the line says."""
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0.02, 1.0, size)
    return Judged(scores, rng.random(size) < confidence(scores, line), size)


def noisy_roll(seed: int = 0) -> np.ndarray:
    roll = empty_roll(100)
    roll[...] = np.random.default_rng(seed).uniform(-1.0, 1.0, roll.shape)
    return roll


# Score and confidence


def test_without_calibration_confidence_is_the_score() -> None:
    found = candidates(noisy_roll())
    assert len(found) > 100
    assert all(candidate.note.confidence == candidate.score for candidate in found)


def test_the_line_joins_the_logarithms_of_the_odds() -> None:
    scores = np.array([0.1, 0.5, 0.9])
    log_odds = [np.log(p / (1.0 - p)) for p in (scores, confidence(scores, (0.7, 1.5)))]
    assert log_odds[1] == pytest.approx(0.7 * log_odds[0] + 1.5)


def test_calibration_changes_no_note_but_its_confidence_and_thresholds_act_on_scores() -> None:
    roll, thresholds = noisy_roll(), tuple(0.2 + 0.1 * lane for lane in range(len(DRUMS)))
    plain = DecodeConfig(thresholds=thresholds)
    before, after = roll_to_notes(roll, plain), roll_to_notes(roll, replace(plain, calibration=LINES))
    assert [replace(note, confidence=None) for note in before] == [replace(note, confidence=None) for note in after]
    for raw, calibrated in zip(before, after, strict=True):
        (expected,) = confidence(np.array([raw.confidence]), LINES[LANE[raw.drum]])
        assert calibrated.confidence == pytest.approx(expected)


@settings(max_examples=30)
@given(thresholds=st.tuples(*[st.floats(0.01, 0.99)] * len(DRUMS)), seed=st.integers(0, 9))
def test_notes_are_the_candidates_whose_scores_exceed_their_thresholds(thresholds: tuple[float, ...], seed: int) -> None:
    roll, config = noisy_roll(seed), DecodeConfig(thresholds=thresholds, calibration=LINES)
    chosen = tuple(c.note for c in candidates(roll, config) if c.score > thresholds[LANE[c.note.drum]])
    assert roll_to_notes(roll, config) == chosen


@given(scores=st.lists(st.floats(0.0, 1.0), min_size=2, max_size=30), line=st.tuples(st.floats(0.01, 50.0), st.floats(-50.0, 50.0)))
def test_confidence_is_a_probability_and_never_falls_as_the_score_rises(scores: list[float], line: tuple[float, float]) -> None:
    found = confidence(np.array(sorted(scores)), line)
    assert ((found >= 0.0) & (found <= 1.0)).all()
    assert (np.diff(found) >= 0.0).all()


@pytest.mark.parametrize("line", [(0.0, 0.0), (-1.0, 0.0), (float("nan"), 0.0), (1.0, float("inf"))])
def test_impossible_lines_are_refused(line: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="calibration must be 7 pairs of a slope above 0 and an offset"):
        DecodeConfig(calibration=(AS_SCORED,) * 6 + (line,))
    with pytest.raises(ValueError, match="calibration must be 7 pairs"):
        DecodeConfig(calibration=(AS_SCORED,) * 6)


# What is right


@given(reference=grid_onsets, onsets=grid_onsets, tolerance=st.sampled_from([0.02, 0.05]))
def test_above_every_threshold_as_many_are_right_as_match_finds(reference: list[float], onsets: list[float], tolerance: float) -> None:
    true, found = np.array(sorted(reference), dtype=np.float64), np.array(onsets, dtype=np.float64)
    right = adds_match(true, found, tolerance=tolerance)
    for count in range(len(found) + 1):
        assert right[:count].sum() == len(match(true, found[:count], tolerance=tolerance))


def test_a_faint_candidate_does_not_take_the_hit_of_a_sure_one() -> None:
    early_and_faint, sure = Candidate(Note(0.97, "SN", 50), 0.1), Candidate(Note(1.0, "SN", 90), 0.9)
    judged = judge([Note(1.0, "SN", 90)], [early_and_faint, sure], tolerance=0.05)["SN"]
    assert judged.scores.tolist() == [0.9, 0.1]
    assert judged.right.tolist() == [True, False]
    assert judged.num_reference == 1


def test_drums_are_judged_apart_and_double_hits_of_the_reference_are_one() -> None:
    reference = [Note(1.0, "KD", 90), Note(1.01, "KD", 90), Note(2.0, "HH", 60)]
    judged = judge(reference, [Candidate(Note(1.0, "KD", 90), 0.9), Candidate(Note(2.0, "RD", 60), 0.8)], tolerance=0.05)
    assert [judged[drum].num_reference for drum in ("KD", "HH", "RD")] == [1, 1, 0]
    assert judged["KD"].right.tolist() == [True] and judged["RD"].right.tolist() == [False]
    assert len(judged["HH"].scores) == 0


def test_a_long_dense_roll_is_judged_at_once() -> None:
    """Twice as many candidates as hits, all in one tangle: every search that fails would go through all of it."""
    reference = np.arange(20_000) * 0.06
    onsets = np.concatenate([reference + 0.02, reference + 0.03])
    assert adds_match(reference, onsets, tolerance=0.05).sum() == 20_000


# Measures


def test_brier_score_of_the_truth_of_its_opposite_and_of_a_half() -> None:
    right = np.array([True, False, True])
    assert brier_score(right.astype(float), right) == 0.0
    assert brier_score(1.0 - right, right) == 1.0
    assert brier_score(np.full(3, 0.5), right) == 0.25
    assert brier_score(np.zeros(0), np.zeros(0, dtype=bool)) == 0.0


def test_the_calibration_error_weighs_bins_by_their_notes() -> None:
    confidences = np.array([0.25] * 4 + [0.95, 1.0])
    right = np.array([True, False, False, False, False, True])
    found = reliability(confidences, right)
    assert found.counts.tolist() == [0, 0, 4, 0, 0, 0, 0, 0, 0, 2]
    assert (found.confidence[9], found.right[9]) == pytest.approx((0.975, 0.5))
    assert found.error == pytest.approx(2 / 6 * 0.475)


def test_nothing_has_no_calibration_error() -> None:
    assert reliability(np.zeros(0), np.zeros(0, dtype=bool)).error == 0.0


# Fitting


@pytest.mark.parametrize("line", [(1.0, 0.0), (0.6, 1.2), (2.0, -1.0)])
def test_the_fitted_line_tells_the_probabilities_that_the_data_were_drawn_with(line: tuple[float, float]) -> None:
    _, right, _ = known = drawn(line, 40_000)
    found = confidence(known.scores, fit_line(known.scores, right))
    assert np.abs(found - confidence(known.scores, line)).max() < 0.02
    assert reliability(found, right).error < 0.01


def test_a_fit_mends_the_brier_score_and_the_calibration_error_of_a_doubtful_model() -> None:
    known, fresh = drawn((0.7, 2.0), 5_000), drawn((0.7, 2.0), 5_000, seed=1)
    found = confidence(fresh.scores, fit_line(known.scores, known.right))
    assert brier_score(found, fresh.right) < brier_score(fresh.scores, fresh.right) - 0.02
    assert reliability(found, fresh.right).error < 0.03 < 0.15 < reliability(fresh.scores, fresh.right).error


def test_without_notes_the_line_is_that_of_the_raw_score() -> None:
    assert fit_line(np.zeros(0), np.zeros(0, dtype=bool)) == pytest.approx(AS_SCORED)


@pytest.mark.parametrize("outcome", [True, False])
def test_notes_that_are_all_right_or_all_wrong_give_a_finite_line(outcome: bool) -> None:
    scores = np.linspace(0.02, 1.0, 5_000)
    slope, offset = fit_line(scores, np.full(len(scores), outcome))
    assert slope > 0.0 and np.isfinite(offset)
    assert (confidence(scores, (slope, offset)).mean() > 0.9) == outcome


def test_where_sure_notes_are_wrong_more_often_the_map_still_does_not_fall() -> None:
    scores = np.linspace(0.02, 1.0, 1_000)
    assert fit_line(scores, scores < 0.5)[0] > 0.0


def test_scores_that_split_right_from_wrong_give_a_steep_finite_line() -> None:
    scores = np.concatenate([np.full(2_000, 0.3), np.full(2_000, 0.7)])
    slope, offset = fit_line(scores, scores > 0.5)
    assert np.isfinite([slope, offset]).all()
    assert confidence(np.array([0.3, 0.7]), (slope, offset)) == pytest.approx([0.0, 1.0], abs=0.01)


def test_the_staircase_is_the_best_one_that_never_falls() -> None:
    starts, stairs = fit_steps(np.array([0.1, 0.2, 0.3, 0.4, 0.5]), np.array([False, True, False, True, True]))
    assert starts.tolist() == [0.1, 0.2, 0.4]
    assert stairs.tolist() == [0.0, 0.5, 1.0]


def test_equal_scores_share_a_stair() -> None:
    starts, stairs = fit_steps(np.array([1.0] * 6 + [0.5]), np.array([False, False, False, True, True, True, False]))
    assert starts.tolist() == [0.5, 1.0]
    assert stairs.tolist() == [0.0, 0.5]


def test_held_out_maps_have_not_seen_what_they_are_tried_on() -> None:
    """A recording in which all is the other way round is judged by the others."""
    parts = [drawn((1.0, 4.0), 500, seed=seed) for seed in range(4)]
    upside_down = Judged(parts[0].scores, ~parts[0].right, 500)
    found = held_out([*parts[1:], upside_down])
    assert len(found.line) == len(found.steps) == len(join(parts).scores)
    assert found.line[-500:].mean() > 0.8 and found.steps[-500:].mean() > 0.8
    with pytest.raises(ValueError, match="at least 2 recordings"):
        held_out(parts[:1])


def test_a_drum_that_never_sounds_can_be_tried_too() -> None:
    nothing = Judged(np.zeros(0), np.zeros(0, dtype=bool), 0)
    assert len(held_out([nothing, nothing]).line) == 0


# On disk


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    denoiser = build_denoiser(TINY)
    with torch.no_grad():
        denoiser.network.roll_out.weight.mul_(2.0)
    sampling = SamplingConfig(num_steps=1, window_frames=100, hop_frames=80)
    save_checkpoint(Checkpoint(denoiser, sampling, DecodeConfig(calibration=LINES)), tmp_path / "model")
    return tmp_path / "model"


def edited(folder: Path, **decode: object) -> Path:
    config = json.loads((folder / "config.json").read_text())
    config["decode"] |= decode
    (folder / "config.json").write_text(json.dumps({**config, "decode": {k: v for k, v in config["decode"].items() if v is not None}}))
    return folder


def test_a_calibration_comes_back_from_disk(folder: Path) -> None:
    assert load_checkpoint(folder).decode == DecodeConfig(calibration=LINES)


def test_a_model_from_before_calibration_says_its_scores(folder: Path) -> None:
    assert load_checkpoint(edited(folder, calibration=None)).decode == DecodeConfig()


def test_whole_numbers_will_do(folder: Path) -> None:
    assert load_checkpoint(edited(folder, calibration=[[1, 0]] * len(DRUMS))).decode == DecodeConfig()


def test_a_calibration_of_too_few_drums_or_that_falls_is_refused(folder: Path) -> None:
    for calibration in ([[1.0, 0.0]], [[-1.0, 0.0]] * len(DRUMS)):
        with pytest.raises(ValueError, match="calibration must be 7 pairs"):
            load_checkpoint(edited(folder, calibration=calibration))


def test_the_scripts_write_thresholds_and_calibration_into_the_config(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The model's own notes are the truth of half of its candidates: thresholds and lines follow, and nothing else changes."""
    monkeypatch.setattr(torch, "set_num_threads", lambda threads: None)
    rendered = tmp_path / "rendered"
    model = Transcriber(load_checkpoint(folder))
    for variant in ("validation-clean", "validation-processed"):
        (rendered / variant).mkdir(parents=True)
        for seed in range(2):
            audio = 0.2 * np.random.default_rng(seed).standard_normal(44100)
            soundfile.write(rendered / variant / f"{seed}.wav", audio, 44100)
            roll = model.transcribe(rendered / variant / f"{seed}.wav").roll
            surest = sorted(candidates(roll, model.checkpoint.decode), key=lambda c: -c.score)
            notes = tuple(c.note for c in surest[: len(surest) // 2])
            write_midi(Transcription(notes, 1.0), rendered / variant / f"{seed}.mid")
    before = json.loads((folder / "config.json").read_text())
    for script in ("choose_thresholds.py", "calibrate_confidence.py"):
        monkeypatch.setattr(sys, "argv", [script, str(folder), str(rendered), "--write", "--num-steps", "1"])
        runpy.run_path(str(ROOT / "runs" / script), run_name="__main__")
        said = "\n" + capsys.readouterr().out
        assert all(f"\n{drum}  " in said for drum in DRUMS)
    after = json.loads((folder / "config.json").read_text())
    assert {**after, "decode": None} == {**before, "decode": None}
    assert after["decode"]["thresholds"] != before["decode"]["thresholds"]
    decode = load_checkpoint(folder).decode
    assert decode.calibration != LINES and decode.floor == before["decode"]["floor"]
    assert all(0.03 <= threshold <= 0.94 for threshold in decode.thresholds)
