"""The rule of `n2n.evaluate`, pinned: matching, merging, shifting, pooling, velocity, and how results are written down."""

import json
import subprocess
import sys
import tracemalloc

import mir_eval
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from n2n.drums import DRUMS
from n2n.evaluate import (
    Hits,
    best_shift,
    class_names,
    evaluate,
    hits_by_class,
    match,
    match_notes,
    merge_onsets,
    reduce_classes,
    score_file,
    velocity_scores,
)
from n2n.notes import Note, Transcription
from n2n.report import format_table, to_json
from n2n.scores import Counts, Evaluation, bootstrap_interval


def transcription(*notes: tuple[float, str] | tuple[float, str, int]) -> Transcription:
    ordered = sorted(Note(onset, drum, *(velocity or (100,))) for onset, drum, *velocity in notes)
    return Transcription(tuple(ordered), duration=max((note.onset for note in ordered), default=0.0) + 1.0)


def groove(*, seed: int = 0, bars: int = 8, drums: tuple[str, ...] = DRUMS) -> Transcription:
    """Notes of many classes, at least 60 ms apart within a class, with velocities of every kind."""
    rng = np.random.default_rng(seed)
    return transcription(
        *(
            (1.0 + 0.25 * step + float(rng.uniform(0, 0.19)), drum, int(rng.integers(1, 128)))
            for drum in drums
            for step in range(16 * bars)
            if rng.random() < 0.4
        )
    )


def moved(notes: Transcription, seconds: float) -> Transcription:
    return transcription(*((note.onset + seconds, note.drum, note.velocity) for note in notes.notes))


def total(reference: Transcription, estimate: Transcription, **options: object) -> Counts:
    return evaluate({"a": reference}, {"a": estimate}, **options).total.onset.pooled


onsets = st.lists(st.floats(0.0, 1.0), max_size=40)
grid_onsets = st.lists(st.integers(0, 60).map(lambda frame: frame * 0.01), max_size=40)
note_lists = st.lists(st.builds(Note, st.floats(0.0, 0.5), st.sampled_from(DRUMS), st.integers(1, 127)), max_size=60)


# Matching


@given(
    reference=st.one_of(onsets, grid_onsets), estimate=st.one_of(onsets, grid_onsets), tolerance=st.sampled_from([0.02, 0.03, 0.05, 0.5])
)
def test_match_finds_as_many_pairs_as_mir_eval(reference: list[float], estimate: list[float], tolerance: float) -> None:
    ours = match(np.array(reference, dtype=np.float64), np.array(estimate, dtype=np.float64), tolerance=tolerance)
    theirs = mir_eval.util.match_events(np.array(reference), np.array(estimate), tolerance) if reference and estimate else []
    assert len(ours) == len(theirs)


@given(reference=st.one_of(onsets, grid_onsets), estimate=st.one_of(onsets, grid_onsets))
def test_match_pairs_each_onset_once_and_within_the_tolerance(reference: list[float], estimate: list[float]) -> None:
    pairs = match(np.array(reference, dtype=np.float64), np.array(estimate, dtype=np.float64), tolerance=0.05)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(estimate[j] - 0.05 <= reference[i] <= estimate[j] + 0.05 for i, j in pairs)


@given(frame=st.integers(0, 3000), tolerance=st.sampled_from([0.02, 0.03, 0.05]), late=st.booleans())
def test_exactly_at_the_tolerance_mir_eval_match_events_decides(frame: int, tolerance: float, late: bool) -> None:
    reference = np.array([frame * 0.01 + 1.0])
    estimate = reference + tolerance if late else reference - tolerance
    expected = len(mir_eval.util.match_events(reference, estimate, tolerance))
    assert len(match(reference, estimate, tolerance=tolerance)) == expected


def test_match_prefers_two_pairs_to_the_nearest_pair() -> None:
    assert match(np.array([0.00, 0.04]), np.array([0.04, 0.08]), tolerance=0.05) == [(0, 0), (1, 1)]


@pytest.mark.parametrize("tolerance", [0.02, 0.03, 0.05])
def test_a_shift_just_over_the_tolerance_scores_zero_and_just_under_it_one(tolerance: float) -> None:
    reference = transcription(*((1.0 + step, drum) for step, drum in enumerate(DRUMS)))
    for sign in (-1, 1):
        assert total(reference, moved(reference, sign * (tolerance + 1e-4)), tolerance=tolerance).f1 == 0.0
        assert total(reference, moved(reference, sign * (tolerance - 1e-4)), tolerance=tolerance).f1 == 1.0


@given(notes=note_lists.filter(bool), num_classes=st.sampled_from([7, 5, 3]))
def test_a_perfect_estimate_scores_one(notes: list[Note], num_classes: int) -> None:
    reference = Transcription(tuple(sorted(notes)), duration=1.0)
    scores = evaluate({"a": reference}, {"a": reference}, num_classes=num_classes)
    assert scores.total.onset.pooled.f1 == scores.total.onset.mean.f1 == 1.0
    assert scores.total.velocity is not None
    assert scores.total.velocity.pooled.f1 == 1.0


# Classes


def test_a_match_needs_the_same_class() -> None:
    assert total(transcription((1.0, "KD")), transcription((1.0, "SN"))) == Counts(0, 1, 1)


@pytest.mark.parametrize(
    ("num_classes", "names", "crash_for_ride", "snare_for_tom", "hat_for_bell"),
    [(7, DRUMS, 0, 0, 0), (5, ("KD", "SN", "TT", "HH", "CY"), 1, 0, 0), (3, ("KD", "SN", "HH"), 1, 1, 1)],
)
def test_classes_that_a_reduction_joins_are_not_told_apart(
    num_classes: int, names: tuple[str, ...], crash_for_ride: int, snare_for_tom: int, hat_for_bell: int
) -> None:
    assert class_names(num_classes) == names
    swaps = {("RD", "CY"): crash_for_ride, ("TT", "SN"): snare_for_tom, ("BE", "HH"): hat_for_bell}
    for (played, heard), expected in swaps.items():
        assert total(transcription((1.0, played)), transcription((1.0, heard)), num_classes=num_classes).true_positives == expected


def test_reducing_happens_before_merging() -> None:
    crash_and_ride = transcription((1.0, "CY", 40), (1.01, "RD", 90))
    assert hits_by_class(crash_and_ride.notes, num_classes=5)["CY"].velocities.tolist() == [90]
    assert total(crash_and_ride, crash_and_ride, num_classes=7).num_reference == 2
    assert total(crash_and_ride, crash_and_ride, num_classes=5).num_reference == 1


def test_reducing_to_seven_classes_changes_nothing() -> None:
    notes = groove().notes
    assert reduce_classes(notes, num_classes=7) == notes


# Merging


def test_double_hits_are_one_with_the_first_onset_and_the_loudest_velocity() -> None:
    assert merge_onsets([Note(1.0, "SN", 30), Note(1.012, "SN", 90)]) == (Note(1.0, "SN", 90),)
    assert merge_onsets([Note(1.0, "SN", 90), Note(1.012, "SN", 30)]) == (Note(1.0, "SN", 90),)


def test_a_merged_hit_is_as_sure_as_the_note_whose_onset_stays() -> None:
    first, louder = Note(1.0, "SN", 30, 0.4), Note(1.012, "SN", 90, 0.9)
    assert merge_onsets([first, louder]) == merge_onsets([louder, first]) == (Note(1.0, "SN", 90, 0.4),)


@pytest.mark.parametrize("start", [0.0, 0.1, 0.3, 1.0, 2.0, 777.7])
def test_notes_exactly_a_window_apart_are_one_wherever_they_lie(start: float) -> None:
    assert len(merge_onsets([Note(start, "SN", 90), Note(start + 0.015, "SN", 30)])) == 1
    assert len(merge_onsets([Note(start, "SN", 90), Note(start + 0.0151, "SN", 30)])) == 2


def test_hits_further_apart_or_of_other_drums_are_not_merged() -> None:
    apart = [Note(1.0, "SN", 30), Note(1.016, "SN", 90)]
    others = [Note(1.0, "SN", 30), Note(1.001, "KD", 90)]
    assert merge_onsets(apart) == tuple(apart)
    assert merge_onsets(others) == tuple(others)


def test_the_window_counts_from_the_onset_that_stays_so_a_chain_does_not_collapse() -> None:
    chain = [Note(1.0 + 0.01 * step, "SN", 10 + step) for step in range(6)]
    assert [(round(note.onset, 6), note.velocity) for note in merge_onsets(chain)] == [(1.0, 11), (1.02, 13), (1.04, 15)]


def test_both_sides_are_merged() -> None:
    single, double = transcription((1.0, "SN")), transcription((1.0, "SN"), (1.01, "SN"))
    assert total(single, double) == total(double, single) == total(double, double) == Counts(1, 0, 0)


@given(notes=note_lists)
def test_merging_twice_is_merging_once(notes: list[Note]) -> None:
    once = merge_onsets(notes)
    assert merge_onsets(once) == once
    assert [note.onset for note in once] == sorted(note.onset for note in once)


# Counts and empty sides


@given(counts=st.builds(Counts, *[st.integers(0, 1000)] * 3))
def test_f1_is_the_harmonic_mean_of_precision_and_recall(counts: Counts) -> None:
    both = counts.precision + counts.recall
    assert counts.f1 == pytest.approx(2 * counts.precision * counts.recall / both if both else 0.0)


def test_empty_counts_as_zero() -> None:
    some, none = transcription((1.0, "KD")), transcription()
    for counts in (total(some, none), total(none, some), total(none, none)):
        assert (counts.precision, counts.recall, counts.f1) == (0.0, 0.0, 0.0)
    assert total(some, none) == Counts(0, 0, 1)
    assert total(none, some) == Counts(0, 1, 0)


def test_empty_counts_as_zero_for_velocity_too() -> None:
    some, none = hits_by_class(transcription((1.0, "KD")).notes, num_classes=3), hits_by_class((), num_classes=3)
    assert velocity_scores(some, none, tolerance=0.05)["KD"] == Counts(0, 0, 1)
    assert velocity_scores(none, some, tolerance=0.05)["KD"] == Counts(0, 1, 0)


# Pooling


def test_pooled_counts_add_up_over_files_and_classes_while_the_mean_weighs_files_alike() -> None:
    large = groove(seed=1)
    references = {"large": large, "small": transcription((1.0, "KD"))}
    scores = evaluate(references, {"large": large, "small": transcription((2.0, "KD"))}, num_classes=7)
    assert scores.total.onset.pooled == sum((file.onset for file in scores.files), Counts())
    assert scores.total.onset.pooled == sum((row.onset.pooled for row in scores.classes.values()), Counts())
    assert scores.total.onset.pooled.f1 > 0.9
    assert scores.total.onset.mean.f1 == 0.5


def test_mean_and_interval_of_a_class_are_over_the_files_that_have_it() -> None:
    references = {"with": transcription((1.0, "KD"), (1.0, "CY")), "without": transcription((1.0, "KD"))}
    scores = evaluate(references, references)
    assert scores.classes["KD"].onset.interval == (1.0, 1.0)
    assert scores.classes["CY"].onset.interval is None
    assert scores.classes["CY"].onset.mean.f1 == 1.0
    assert scores.classes["TT"].onset.mean.f1 == 0.0


def test_bootstrap_interval_is_deterministic_and_brackets_the_pooled_f1() -> None:
    rng = np.random.default_rng(3)
    counts = [Counts(*(int(number) for number in rng.integers(1, 50, size=3))) for _ in range(20)]
    interval = bootstrap_interval(counts, seed=7)
    assert interval is not None
    assert interval == bootstrap_interval(counts, seed=7)
    assert interval != bootstrap_interval(counts, seed=8)
    assert interval.low < sum(counts, Counts()).f1 < interval.high


def test_bootstrap_interval_of_equal_files_is_a_point() -> None:
    interval = bootstrap_interval([Counts(3, 1, 2)] * 5)
    assert interval is not None
    assert interval.low == pytest.approx(Counts(3, 1, 2).f1)
    assert interval.high == pytest.approx(Counts(3, 1, 2).f1)


def test_bootstrap_interval_agrees_with_the_binomial_spread_of_many_files() -> None:
    rng = np.random.default_rng(0)
    found = rng.random(400) < 0.8
    interval = bootstrap_interval([Counts(int(hit), int(not hit), int(not hit)) for hit in found], num_resamples=5000)
    assert interval is not None
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * np.sqrt(found.mean() * (1 - found.mean()) / 400), rel=0.1)


def test_one_file_has_no_interval() -> None:
    assert bootstrap_interval([Counts(1, 1, 1)]) is None


def test_notes_match_with_those_of_their_own_drum_after_the_shift() -> None:
    reference = [Note(1.0, "KD", 90), Note(1.0, "SN", 80), Note(2.0, "KD", 70)]
    estimate = [Note(1.0, "HH", 90), Note(1.9, "KD", 90), Note(0.9, "KD", 60), Note(0.92, "SN", 60)]
    assert match_notes(reference, estimate, tolerance=0.05, shift=0.1) == [(0, 2), (1, 3), (2, 1)]
    assert match_notes(reference, estimate, tolerance=0.05) == []
    assert match_notes(reference, estimate, tolerance=0.09) == [(1, 3)]


# Shift


@pytest.mark.parametrize("late", [-0.074, -0.03, 0.012, 0.09])
def test_best_shift_recovers_a_known_shift(late: float) -> None:
    reference = groove(seed=2)
    pair = (hits_by_class(reference.notes, num_classes=7), hits_by_class(moved(reference, late).notes, num_classes=7))
    assert best_shift([pair], tolerance=0.03) == pytest.approx(-late, abs=1e-9)


def test_no_shift_where_none_is_needed_or_nothing_matches() -> None:
    reference = hits_by_class(groove(seed=2).notes, num_classes=7)
    assert best_shift([(reference, reference)], tolerance=0.05) == 0.0
    assert best_shift([(reference, hits_by_class((), num_classes=7))], tolerance=0.05) == 0.0


def test_one_shift_for_each_file_mends_what_one_for_the_set_cannot() -> None:
    reference = groove(seed=3)
    references = {"early": reference, "late": reference}
    estimates = {"early": moved(reference, -0.07), "late": moved(reference, 0.07)}
    f1 = {mode: evaluate(references, estimates, shift=mode).total.onset.pooled.f1 for mode in (None, "set", "file")}
    assert f1[None] < f1["set"] < f1["file"] == 1.0
    shifts = [file.shift for file in evaluate(references, estimates, shift="file").files]
    assert shifts == pytest.approx([0.07, -0.07])


def test_one_shift_for_the_set_is_the_same_in_every_file() -> None:
    references = {name: groove(seed=seed) for seed, name in enumerate("abc")}
    scores = evaluate(references, {name: moved(notes, 0.065) for name, notes in references.items()}, shift="set")
    assert [file.shift for file in scores.files] == pytest.approx([-0.065] * 3)
    assert scores.total.onset.pooled.f1 == 1.0


def test_a_shift_may_move_onsets_before_the_beginning() -> None:
    reference, estimate = transcription((0.0, "KD", 90)), transcription((0.01, "KD", 90))
    hits = [hits_by_class(notes.notes, num_classes=7) for notes in (reference, estimate)]
    scores = score_file("a", *hits, tolerance=0.05, shift=-0.03)
    assert (scores.onset, scores.velocity) == (Counts(1, 0, 0), Counts(1, 0, 0))


# Velocity


def mir_eval_notes(notes: Transcription) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    begin = np.array([note.onset for note in notes.notes])
    pitch = np.array([100.0 * (1 + DRUMS.index(note.drum)) for note in notes.notes])
    return np.stack([begin, begin + 0.1], axis=1), pitch, np.array([float(note.velocity) for note in notes.notes])


def tied_hits(rng: np.random.Generator) -> dict[str, Hits]:
    """Hits on a coarse grid, so that many lie exactly at the tolerance, or between two that they may be paired with."""
    step = rng.choice([0.0001, 0.005, 0.01, 0.025])
    counts = {drum: int(rng.integers(0, 40)) for drum in DRUMS}
    return {
        drum: Hits(np.sort(np.round(rng.uniform(0.0, 2.0, count) / step) * step), rng.integers(1, 128, count).astype(np.float64))
        for drum, count in counts.items()
    }


def to_mir_eval(classes: dict[str, Hits]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    onsets, velocities = (np.concatenate(parts) for parts in zip(*classes.values(), strict=True))
    pitch = np.repeat([100.0 * (1 + DRUMS.index(drum)) for drum in classes], [len(hits.onsets) for hits in classes.values()])
    return np.stack([onsets, onsets + 0.1], axis=1), pitch, velocities


def test_velocity_counts_are_mir_evals_whatever_hits_are_tied() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        reference, estimate = tied_hits(rng), tied_hits(rng)
        tolerance = float(rng.choice([0.02, 0.03, 0.05]))
        expected = mir_eval.transcription_velocity.match_notes(
            *to_mir_eval(reference), *to_mir_eval(estimate), onset_tolerance=tolerance, offset_ratio=None
        )
        ends = np.cumsum([len(hits.onsets) for hits in reference.values()])
        right = np.histogram([index for index, _ in expected], [0, *ends])[0] if expected else [0] * len(ends)
        found = velocity_scores(reference, estimate, tolerance=tolerance)
        assert [counts.true_positives for counts in found.values()] == list(right)


def test_velocity_scores_of_long_files_need_little_memory() -> None:
    rng = np.random.default_rng(0)
    hits = {"HH": Hits(np.sort(rng.uniform(0.0, 3600.0, 20_000)), rng.integers(1, 128, 20_000).astype(np.float64))}
    velocity_scores(tied_hits(rng), tied_hits(rng), tolerance=0.05)  # loads mir_eval
    tracemalloc.start()
    try:
        assert velocity_scores(hits, hits, tolerance=0.05)["HH"].true_positives > 0
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("seed", range(5))
def test_velocity_f1_is_mir_evals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    reference = groove(seed=seed)
    estimate = transcription(
        *(
            (note.onset + float(rng.normal(0, 0.02)), note.drum, int(np.clip(note.velocity + rng.normal(0, 12), 1, 127)))
            for note in reference.notes
            if rng.random() < 0.8
        )
    )
    estimate = Transcription(merge_onsets(estimate.notes), duration=estimate.duration)
    expected = mir_eval.transcription_velocity.precision_recall_f1_overlap(
        *mir_eval_notes(reference), *mir_eval_notes(estimate), offset_ratio=None
    )
    scores = evaluate({"a": reference}, {"a": estimate}, num_classes=7).total.velocity
    assert scores is not None
    assert (scores.pooled.precision, scores.pooled.recall, scores.pooled.f1) == pytest.approx(expected[:3])
    assert 0.2 < scores.pooled.f1 < 0.95


@pytest.mark.parametrize(("slope", "intercept"), [(2, 3), (1, 60), (-1, 64), (1, 0)])
def test_velocity_scores_do_not_change_under_a_linear_map_of_the_estimate(slope: int, intercept: int) -> None:
    rng = np.random.default_rng(5)
    reference = groove(seed=5)
    heard = [int(np.clip(note.velocity // 3 + rng.integers(-5, 6), 1, 62)) for note in reference.notes]
    plain, mapped = (
        transcription(*((note.onset, note.drum, a * velocity + b) for note, velocity in zip(reference.notes, heard, strict=True)))
        for a, b in ((1, 0), (slope, intercept))
    )
    counts = [evaluate({"a": reference}, {"a": estimate}, num_classes=7).total.velocity.pooled for estimate in (plain, mapped)]
    assert counts[0] == counts[1]
    assert 0.3 < counts[0].f1 < 1.0


def test_a_wrong_velocity_costs_a_hit_of_its_own_class() -> None:
    reference = transcription(
        *((1.0 + step, drum, velocity) for step, (drum, velocity) in enumerate([("KD", 1), ("KD", 127), ("SN", 1), ("SN", 127)] * 5))
    )
    estimate = [(note.onset, note.drum, note.velocity) for note in reference.notes]
    estimate[3] = (*estimate[3][:2], 1)
    classes = evaluate({"a": reference}, {"a": transcription(*estimate)}).classes
    assert classes["KD"].velocity.pooled == Counts(10, 0, 0)
    assert classes["SN"].velocity.pooled == Counts(9, 1, 1)
    assert classes["SN"].onset.pooled == Counts(10, 0, 0)


@pytest.mark.parametrize(("tolerance", "f1"), [(0.03, 0.0), (0.05, 1.0)])
def test_velocity_needs_an_onset_within_the_same_tolerance(tolerance: float, f1: float) -> None:
    reference = groove()
    scores = evaluate({"a": reference}, {"a": moved(reference, 0.04)}, num_classes=7, tolerance=tolerance).total.velocity
    assert scores is not None
    assert scores.pooled.f1 == f1


def test_references_without_velocity_get_no_velocity_scores() -> None:
    scores = evaluate({"a": groove()}, {"a": groove()}, velocity=False)
    assert scores.total.velocity is None
    assert all(row.velocity is None for row in scores.classes.values())
    assert "velocity" not in format_table(scores)


# Names and options


def test_a_missing_estimate_is_an_error_that_names_it_or_counts_as_empty() -> None:
    references = {"here": groove(seed=1), "not here": groove(seed=2)}
    with pytest.raises(ValueError, match="1 of 2 references: not here"):
        evaluate(references, {"here": references["here"]})
    scores = evaluate(references, {"here": references["here"]}, allow_missing=True)
    assert scores.missing == ("not here",)
    assert scores.files[1].onset.true_positives == scores.files[1].onset.num_estimate == 0
    assert scores.files[1].onset.num_reference > 0
    assert "not here" in format_table(scores)


def test_estimates_without_a_reference_are_named_not_scored() -> None:
    scores = evaluate({"a": groove()}, {"a": groove(), "b": groove()})
    assert scores.unused == ("b",)
    assert [file.name for file in scores.files] == ["a"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_classes": 6}, "no reduction to 6 classes: choose one of 7, 5, 3"),
        ({"tolerance": 0.0}, "matches nothing"),
        ({"tolerance": float("nan")}, "matches nothing"),
        ({"shift": "best"}, "unknown shift 'best'"),
        ({"num_resamples": 0}, "at least 1"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evaluate({"a": groove()}, {"a": groove()}, **options)


def test_no_references_are_refused() -> None:
    with pytest.raises(ValueError, match="no references"):
        evaluate({}, {})


# Reports


def noisy_evaluation(**options: object) -> Evaluation:
    references = {name: groove(seed=seed) for seed, name in enumerate(["first", "second", "third"])}
    estimates = {
        name: transcription(*((note.onset + 0.012, note.drum, note.velocity) for note in notes.notes if note.drum != "BE"))
        for name, notes in references.items()
    }
    return evaluate(references, estimates, num_classes=7, **options)


def test_json_holds_every_figure_and_survives_a_round_trip() -> None:
    scores = noisy_evaluation(shift="set")
    written = json.loads(json.dumps(to_json(scores), allow_nan=False))
    assert written == to_json(scores)
    assert written["total"]["onset"]["f1"] == scores.total.onset.pooled.f1
    assert written["total"]["onset"]["f1_interval_95"] == list(scores.total.onset.interval)
    assert written["total"]["velocity"]["mean_over_files"]["f1"] == scores.total.velocity.mean.f1
    assert list(written["classes"]) == list(DRUMS)
    assert written["classes"]["BE"]["onset"]["true_positives"] == 0
    assert [file["name"] for file in written["files"]] == ["first", "second", "third"]
    assert written["files"][0]["shift"] == pytest.approx(-0.012)
    assert written["files"][0]["classes"]["KD"]["velocity"]["recall"] == 1.0
    assert (written["shift"], written["tolerance"], written["merge_window"]) == ("set", 0.05, 0.015)


def test_table_shows_the_rule_the_classes_and_the_files() -> None:
    scores = noisy_evaluation(shift="file")
    table = format_table(scores)
    pooled = scores.total.onset.pooled
    row = next(line for line in table.splitlines() if line.startswith("all"))
    assert row.split()[1:4] == [str(pooled.true_positives), "0", str(pooled.false_negatives)]
    assert row.split()[6] == f"{pooled.f1:.3f}"
    for words in ("7 classes", "tolerance 50 ms", "within 15 ms merged", "BE bell", "second", "-12 ms", "95 % over files"):
        assert words in table


def test_table_columns_line_up() -> None:
    blocks = format_table(noisy_evaluation()).strip().split("\n\n")[1:]
    for block in blocks:
        assert len({len(line) for line in block.splitlines()[1:]}) == 1


def test_the_same_inputs_give_the_same_evaluation() -> None:
    assert noisy_evaluation(shift="set") == noisy_evaluation(shift="set")


def test_scoring_onsets_needs_neither_torch_nor_mir_eval() -> None:
    program = (
        "import sys; from n2n.evaluate import evaluate; from n2n.notes import Note, Transcription; import n2n.datasets, n2n.report;"
        "t = Transcription((Note(1.0, 'KD', 90),), duration=2.0); evaluate({'a': t}, {'a': t}, velocity=False);"
        "assert not {'torch', 'mir_eval'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
