"""What the synthetic drummer plays: what always holds, and what each departure from the performance does."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from n2n.audio import FRAME_RATE
from n2n.drums import DRUMS
from n2n.notes import Note
from n2n.roll import notes_to_roll
from n2n.training.compose import (
    AS_PLAYED,
    PADS,
    RIDE_LED,
    SCATTERED,
    TOGETHER_S,
    ComposeConfig,
    by_hand,
    compose,
    crashed,
    drum_roll,
    flams,
    ghost_notes,
    hits_to_velocities,
    linear,
    merge_retriggers,
    move,
    opened_hats,
    pause,
    solo,
    unisons,
    weights_by_scarcity,
    with_fewer_rides,
)
from n2n.training.library import STAND_INS
from n2n.training.objective import velocities_to_roll
from n2n.training.performances import ROLAND_PADS, Hit, Performance

seeds = st.integers(0, 10**6)
few = settings(max_examples=30)
hit_lists = st.lists(st.builds(Hit, st.floats(0, 2), st.sampled_from(DRUMS), st.just("any"), st.just(1), st.integers(1, 127)), max_size=40)


def composed(groove: Performance, seed: int, config: ComposeConfig | None = None, seconds: float = 6.0) -> list[Hit]:
    return compose([groove], np.ones(1), seconds, np.random.default_rng(seed), config or ComposeConfig())


def always(**shares: float) -> ComposeConfig:
    """The performance as played, but for what is named."""
    return replace(AS_PLAYED, **shares)


def of_notes(*notes: int, duration: float) -> Performance:
    """A performance of Roland notes, two a second."""
    count = len(notes)
    velocity = np.full(count, 100, np.uint8)
    return Performance(
        "notes", "train", "rock", 120.0, np.arange(count) / 2, np.array(notes, np.uint8), velocity, duration, np.zeros(count, np.uint8)
    )


def gaps(hits: list[Hit]) -> list[float]:
    """Seconds between neighbouring hits of a drum."""
    onsets = {drum: sorted(hit.onset for hit in hits if hit.drum == drum) for drum in DRUMS}
    return [later - earlier for lane in onsets.values() for earlier, later in pairwise(lane)]


# What always holds


@few
@given(seed=seeds, seconds=st.floats(0.5, 12.0))
def test_hits_are_sorted_playable_and_inside_the_clip(groove: Performance, seed: int, seconds: float) -> None:
    hits = composed(groove, seed, seconds=seconds)
    assert hits == sorted(hits)
    assert all(0.0 <= hit.onset < seconds for hit in hits)
    assert all(hit.drum in DRUMS and hit.articulation in STAND_INS and 1 <= hit.piece <= 2 * PADS for hit in hits)
    assert all(isinstance(hit.velocity, int) and 1 <= hit.velocity <= 127 for hit in hits)
    assert all(gap >= 0.012 for gap in gaps(hits))


def test_a_clip_is_the_same_for_the_same_seed_and_another_for_another(groove: Performance) -> None:
    assert composed(groove, 1) == composed(groove, 1)
    assert composed(groove, 1) != composed(groove, 2)


@few
@given(seed=seeds)
def test_as_played_is_the_performance_and_nothing_else(groove: Performance, seed: int) -> None:
    hits = composed(groove, seed, AS_PLAYED, seconds=3.75)
    expected = [
        Hit(float(onset), *ROLAND_PADS[int(note)], int(velocity))
        for onset, note, velocity in zip(groove.onset, groove.note, groove.velocity, strict=True)
    ]
    assert hits == sorted(expected)


def test_performances_follow_each_other_to_the_end_of_the_clip(groove: Performance) -> None:
    hits = composed(groove, 0, AS_PLAYED, seconds=60.0)
    assert len(hits) > 8 * len(groove.onset)
    assert max(later.onset - earlier.onset for earlier, later in pairwise(hits)) < 5.0


def test_stretching_divides_times_by_the_rate(groove: Performance) -> None:
    played, fast = composed(groove, 0, AS_PLAYED, 3.75), composed(groove, 0, always(stretch=(2.0, 2.0)), 1.875)
    assert [hit.onset for hit in fast] == pytest.approx([hit.onset / 2 for hit in played])
    assert [hit[1:] for hit in fast] == [hit[1:] for hit in played]


# Weights


def test_weights_are_probabilities_and_favour_the_long_and_the_scarce() -> None:
    kicks = [of_notes(36, 36, duration=duration) for duration in (4.0, 16.0, 1000.0, 30.0)]
    weights = weights_by_scarcity([*kicks, of_notes(51, 53, duration=4.0), of_notes(36, 48, duration=4.0)])
    assert weights.sum() == pytest.approx(1.0)
    assert weights / weights[0] == pytest.approx([1.0, 2.0, np.sqrt(7.5), np.sqrt(7.5), 2.0, 1.5])


def test_who_keeps_time_on_the_ride_is_drawn_seldom() -> None:
    hats, rides, bells, none, footed = (
        of_notes(*notes, duration=4.0) for notes in ((42, 51, 42), (51, 42, 59), (53, 51, 42), (36, 38), (51, 44, 44, 42, 51))
    )
    weights = with_fewer_rides(np.full(5, 0.2), [hats, rides, bells, none, footed])
    assert weights.sum() == pytest.approx(1.0)
    assert weights / weights[0] == pytest.approx([1.0, RIDE_LED, RIDE_LED, 1.0, RIDE_LED])


# Departures


def test_scattered_clips_hold_every_drum_in_its_share(groove: Performance) -> None:
    counts = Counter(hit.drum for seed in range(300) for hit in composed(groove, seed, always(scattered=1.0)))
    assert set(counts) == set(DRUMS)
    for drum, share in SCATTERED.items():
        assert counts[drum] / counts["KD"] == pytest.approx(share / SCATTERED["KD"], rel=0.25)


def test_a_hat_part_moves_to_a_scarce_cymbal_and_the_foot_stays(groove: Performance) -> None:
    targets = set()
    for seed in range(120):
        hits = composed(groove, seed, always(hat_to_cymbal=1.0), 3.75)
        assert len(hits) == len(groove.onset)
        assert [hit for hit in hits if hit.articulation == "hh_pedal"] == [Hit(1.25, "HH", "hh_pedal", 1, 50)]
        targets |= {hit.drum for hit in hits if hit.onset == 0.75}
    assert targets == {"HH", "RD", "BE", "CY"}


@few
@given(seed=seeds)
def test_moving_a_part_changes_no_time_and_no_velocity(groove: Performance, seed: int) -> None:
    hits = composed(groove, 0, AS_PLAYED, 3.75)
    moved = move(hits, "SN", "TT", np.random.default_rng(seed), 3.75)
    assert [(hit.onset, hit.velocity) for hit in moved] == [(hit.onset, hit.velocity) for hit in hits]
    changed = [(before, after) for before, after in zip(hits, moved, strict=True) if before != after]
    assert all((before.drum, after.drum) == ("SN", "TT") for before, after in changed)
    begin = min((before.onset for before, _ in changed), default=np.inf)
    assert all(after.drum != "SN" for after in moved if after.onset >= begin)


@pytest.mark.parametrize(
    ("share", "source", "target"), [("ride_to_bell", "RD", "BE"), ("ride_to_crash", "RD", "CY"), ("snare_to_tom", "SN", "TT")]
)
def test_parts_move_where_their_share_says(groove: Performance, share: str, source: str, target: str) -> None:
    found = Counter(hit.drum for seed in range(20) for hit in composed(groove, seed, always(**{share: 1.0}), 3.75))
    played = Counter(hit.drum for _ in range(20) for hit in composed(groove, 0, AS_PLAYED, 3.75))
    assert found[source] < played[source] and found[target] > played[target]
    assert found[source] + found[target] == played[source] + played[target]


def test_crashes_fall_on_loud_kicks_and_snares_and_mostly_replace_what_the_hand_strikes(groove: Performance) -> None:
    hits = composed(groove, 0, AS_PLAYED, 3.75)
    anchors = [hit.onset for hit in hits if hit.drum in ("KD", "SN") and hit.velocity > 60]
    alone = 0
    for seed in range(40):
        after = crashed(hits, np.random.default_rng(seed))
        crashes = [hit for hit in after if hit not in hits]
        assert 1 <= len(crashes) <= 6
        assert all(crash.drum == "CY" and min(abs(crash.onset - anchor) for anchor in anchors) < 0.03 for crash in crashes)
        near = {hit for hit in hits if by_hand(hit) and min(abs(hit.onset - crash.onset) for crash in crashes) < TOGETHER_S}
        assert set(hits) - set(after) in (set(), near)
        alone += bool(near) and not near & set(after)
    assert 10 < alone < 40
    assert crashed([], np.random.default_rng(0)) == []


def test_opened_hats_are_closed_ones_at_the_same_times_and_velocities(groove: Performance) -> None:
    hits = composed(groove, 0, AS_PLAYED, 3.75)
    closed = sum(hit.articulation == "hh_closed" for hit in hits)
    shares = []
    for seed in range(30):
        opened = opened_hats(hits, np.random.default_rng(seed))
        assert [hit._replace(articulation="") for hit in opened] == [hit._replace(articulation="") for hit in hits]
        changed = [(a.articulation, b.articulation) for a, b in zip(hits, opened, strict=True) if a != b]
        assert {before for before, _ in changed} <= {"hh_closed"} and len({after for _, after in changed} | {"hh_open", "hh_semi"}) == 2
        shares.append(len(changed) / closed)
    assert max(shares) == 1.0 and 0.2 < np.mean(shares) < 0.9


def test_hats_may_be_opened_on_kicks_alone() -> None:
    hits = [Hit(k / 4, "HH", "hh_closed", 1, 80) for k in range(12)] + [Hit(k / 2 + 0.01, "KD", "kick", 1, 90) for k in range(6)]
    opened = [
        frozenset(
            hit.onset for hit in opened_hats(hits, np.random.default_rng(seed)) if hit.drum == "HH" and hit.articulation != "hh_closed"
        )
        for seed in range(40)
    ]
    assert 4 < sum(onsets == {k / 2 for k in range(6)} for onsets in opened) < 25


def test_ghost_notes_are_soft_snares() -> None:
    ghosts = ghost_notes(30.0, np.random.default_rng(0))
    assert len(ghosts) > 30
    assert all(hit.drum == "SN" and hit.velocity < 40 for hit in ghosts)


def test_a_flam_is_a_softer_stroke_just_before(groove: Performance) -> None:
    hits = composed(groove, 0, AS_PLAYED, 3.75)
    graces = [grace for seed in range(20) for grace in flams(hits, np.random.default_rng(seed))]
    assert graces
    for grace in graces:
        assert any(hit.drum == grace.drum and 0.02 <= hit.onset - grace.onset <= 0.045 and grace.velocity < hit.velocity for hit in hits)


def test_a_drum_roll_has_12_to_25_strokes_a_second() -> None:
    for seed in range(20):
        strokes = drum_roll(10.0, np.random.default_rng(seed))
        rate = (len(strokes) - 1) / (strokes[-1].onset - strokes[0].onset)
        assert 11.0 < rate < 27.0
        assert len({stroke.drum for stroke in strokes}) == 1


def test_unisons_fall_on_loud_snares(groove: Performance) -> None:
    hits = composed(groove, 0, AS_PLAYED, 3.75)
    snares = [hit.onset for hit in hits if hit.drum == "SN" and hit.velocity > 50]
    doubles = [double for seed in range(20) for double in unisons(hits, 3.75, np.random.default_rng(seed))]
    assert {double.drum for double in doubles} == {"TT", "KD"}
    assert all(min(abs(double.onset - snare) for snare in snares) < 0.03 for double in doubles)


def test_in_linear_playing_cymbals_leave_out_snares_and_kicks_all_of_them_or_some() -> None:
    hats = [Hit(k / 4, "HH", "hh_closed", 1, 80) for k in range(16)]
    strokes = [Hit(k / 2 + 0.01, drum, "any", 1, 100) for k, drum in enumerate(["KD", "SN", "TT", "SN"] * 2)]
    left_out = set()
    for seed in range(100):
        kept = linear(hats + strokes, np.random.default_rng(seed))
        assert [hit for hit in kept if hit.drum != "HH"] == strokes
        left_out.add(frozenset(hat.onset for hat in hats if hat not in kept))
    on_snares = frozenset((0.5, 1.5, 2.5, 3.5))
    on_both = on_snares | {0.0, 2.0}
    assert {on_snares, on_both} < left_out
    assert all(silent <= on_both for silent in left_out)


def test_low_toms_are_those_below_the_pads(groove: Performance) -> None:
    played = [hit for hit in composed(groove, 0, AS_PLAYED, 3.75) if hit.drum == "TT"]
    lower = [hit for hit in composed(groove, 0, always(low_toms=1.0), 3.75) if hit.drum == "TT"]
    assert played
    assert lower == [hit._replace(piece=hit.piece + PADS) for hit in played]


def test_a_dropped_part_is_gone_from_the_whole_clip(groove: Performance) -> None:
    counts = [len({hit.drum for hit in composed(groove, seed, always(drop_part=1.0), 3.75)}) for seed in range(30)]
    assert set(counts) == {4, 5, 6}


def test_a_solo_leaves_one_drum_or_two_as_they_were(groove: Performance) -> None:
    played = composed(groove, 0, AS_PLAYED, 3.75)
    chosen = []
    for seed in range(300):
        alone = solo(played, np.random.default_rng(seed))
        chosen.append(frozenset(hit.drum for hit in alone))
        assert alone == [hit for hit in played if hit.drum in chosen[-1]]
    sizes, drums = Counter(map(len, chosen)), Counter(drum for drums in chosen for drum in drums)
    assert set(sizes) == {1, 2} and 0.25 < sizes[2] / 300 < 0.42
    assert set(drums) == {hit.drum for hit in played} and min(drums.values()) > 0.6 * max(drums.values())
    assert solo([], np.random.default_rng(0)) == []


def test_clips_of_random_hits_may_be_solos_too(groove: Performance) -> None:
    counts = {len({hit.drum for hit in composed(groove, seed, always(scattered=1.0, solo=1.0))}) for seed in range(20)}
    assert counts == {1, 2}


def test_softening_keeps_the_order_of_velocities(groove: Performance) -> None:
    played, soft = composed(groove, 0, AS_PLAYED, 3.75), composed(groove, 0, always(soften=1.0), 3.75)
    assert all(3 <= after.velocity < before.velocity for before, after in zip(played, soft, strict=True))
    order = np.argsort([hit.velocity for hit in played], kind="stable")
    assert (np.diff(np.array([hit.velocity for hit in soft])[order]) >= 0).all()


@given(seed=seeds)
def test_a_pause_is_one_span_or_the_whole_clip(seed: int) -> None:
    hits = [Hit(k / 10, "SN", "snare", 1, 100) for k in range(100)]
    kept = pause(hits, 10.0, np.random.default_rng(seed))
    silent = [index for index, hit in enumerate(hits) if hit not in kept]
    assert silent == list(range(silent[0], silent[-1] + 1))
    assert len(silent) == 100 or 19 <= len(silent) <= 81


# Retriggers


@few
@given(hit_lists)
def test_merging_keeps_the_loudest_and_a_gap(hits: list[Hit]) -> None:
    merged = merge_retriggers(hits)
    assert set(merged) <= set(hits)
    assert all(gap >= 0.012 for gap in gaps(merged))
    for drum in DRUMS:
        assert max((h.velocity for h in merged if h.drum == drum), default=0) == max(
            (h.velocity for h in hits if h.drum == drum), default=0
        )


@few
@given(hit_lists)
def test_merging_twice_is_merging_once(hits: list[Hit]) -> None:
    assert merge_retriggers(merge_retriggers(hits)) == merge_retriggers(hits)


def test_hits_of_different_drums_never_merge() -> None:
    assert len(merge_retriggers([Hit(0.0, drum, "any", 1, 90) for drum in DRUMS])) == len(DRUMS)


labelled = st.lists(
    st.builds(Hit, st.floats(0.0, 1.99), st.sampled_from(DRUMS), st.just("any"), st.just(1), st.integers(1, 127)), max_size=30
)


@given(labelled)
def test_the_label_of_hits_is_the_roll_of_their_notes(hits: list[Hit]) -> None:
    label = hits_to_velocities(hits, 200)
    roll = notes_to_roll([Note(hit.onset, hit.drum, hit.velocity) for hit in hits], 200)
    assert velocities_to_roll(torch.from_numpy(label)[None])[0].numpy() == pytest.approx(roll, abs=1e-6)


def test_hits_outside_the_clip_have_no_label() -> None:
    hits = [Hit(onset, "KD", "kick", 1, 100) for onset in (-0.1, 0.9949, 0.9951, 3.0)]
    label = hits_to_velocities(hits, FRAME_RATE)
    assert label.dtype == np.uint8
    assert np.argwhere(label).tolist() == [[99, 0]]
