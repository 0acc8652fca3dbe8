"""The band: what it improvises and the tunes that it plays are in key, in time and in order."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from n2n.audio import SAMPLE_RATE
from n2n.training.accompany import (
    DRIVING,
    PLACES,
    RHYTHMS,
    SCALES,
    Band,
    Rhythm,
    chop,
    follow,
    overdriven,
    part_onsets,
    part_pitches,
    pitched,
    sounding,
)
from n2n.training.bank import Bundle, Sample
from n2n.training.compose import TOGETHER_S
from n2n.training.performances import Hit
from n2n.training.sounds import CHOKE_FADE_S, mix
from n2n.training.tunes import Part, Tune

CPU = torch.device("cpu")
ROLES = ("bass", "chord", "lead", "pad")


def tune_of(*notes: tuple[float, float, int, int, int], beats: float = 4.0) -> Tune:
    """A tune for a bass and a chord, a note being onset, length, pitch, velocity and part."""
    onset, length, pitch, velocity, part = (np.array(column) for column in zip(*notes, strict=True))
    return Tune("tune", beats, (Part("program0", "bass"), Part("program1", "chord")), onset, length, pitch, velocity, part)


def drawn(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


# What it improvises


@given(seed=st.integers(0, 10**6))
def test_a_chopped_chord_stops_at_once(seed: int) -> None:
    placed = chop(1.0, 0.5, [torch.ones(SAMPLE_RATE)] * 3, np.random.default_rng(seed))
    assert len(placed) == 4  # three strings and the pick
    assert all(SAMPLE_RATE <= begin <= 1.016 * SAMPLE_RATE + 1 and gain <= 0.5 for begin, gain, _ in placed)
    assert all(len(sound) <= (0.15 + CHOKE_FADE_S) * SAMPLE_RATE for _, _, sound in placed)


def players(band: tuple[Bundle, ...], role: str) -> Band:
    """Those of a band who take one role."""
    return Band([replace(bundle, shots=tuple(shot for shot in bundle.shots if shot.piece == role)) for bundle in band], ())


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_bass_that_runs_does_not_mind_the_kick(band: tuple[Bundle, ...], share: float) -> None:
    bass, scores = players(band, "bass"), [[Hit(k / rate, "KD", "kick", 1, 100) for k in range(10)] for rate in (2.0, 3.0)]
    one, other = ([[p.start for p in bass.improvise(hits, 10.0, drawn(seed), running=share)] for seed in range(8)] for hits in scores)
    assert all(len(onsets) > 3 for onsets in one) and (one == other) == (share == 1.0)


@pytest.mark.parametrize(("share", "drum"), [(0.0, "KD"), (1.0, "HH")])
def test_a_bass_that_drives_plays_with_what_keeps_time(band: tuple[Bundle, ...], share: float, drum: str) -> None:
    kicks = [Hit(0.6 * k + 0.3, "KD", "kick", 1, 100) for k in range(16)]
    score = sorted([*kicks, *(Hit(0.6 * k, "HH", "hh_closed", 1, 100) for k in range(17))])
    apart = {"KD": 0.3, "HH": 0.0}[drum]
    parts = [players(band, "bass").improvise(score, 10.0, drawn(seed), driving=share) for seed in range(20)]
    late = [[(p.start / SAMPLE_RATE - apart + 0.05) % 0.6 for p in placed] for placed in parts]
    assert sum(all(at < 0.1 for at in part) for part in late) >= 10  # three in ten parts have a time of their own


def test_a_bass_that_drives_stays_on_its_notes(band: tuple[Bundle, ...]) -> None:
    score = [Hit(0.2 * k, "HH", "hh_closed", 1, 100) for k in range(50)]

    def changes(share: float) -> float:
        placed = [p for seed in range(8) for p in players(band, "bass").improvise(score, 10.0, drawn(seed), driving=share)]
        pitches = [int(np.abs(np.fft.rfft(p.sound[:4000].numpy(), 2**16)).argmax()) for p in placed]
        return float(np.mean(np.diff(pitches) != 0))

    assert changes(1.0) < 0.4 < 0.6 < changes(0.0)


def test_a_band_may_chop_its_chords(band: tuple[Bundle, ...]) -> None:
    chords = players(band, "chord")
    hits = [Hit(k / 2, "SN", "snare", 1, 100) for k in range(20)]
    held, chopped = (chords.improvise(hits, 10.0, np.random.default_rng(0), chops=share) for share in (0.0, 1.0))
    longest_held, longest_chopped = (max(len(sound) for _, _, sound in placed) / SAMPLE_RATE for placed in (held, chopped))
    assert longest_held > 0.2 > longest_chopped


def test_an_unlabelled_cowbell_never_sounds(percussion: tuple[Bundle, ...]) -> None:
    group = Band((), percussion)
    assert list(group.percussion) == ["shaker"]
    lengths = {len(placed.sound) for seed in range(20) for placed in group.shake(5.0, np.random.default_rng(seed))}
    assert lengths and max(lengths) < 0.2 * SAMPLE_RATE


def test_a_band_without_percussion_is_silent() -> None:
    assert Band((), ()).shake(5.0, np.random.default_rng(0)) == []
    assert Band((), ()).improvise([], 5.0, np.random.default_rng(0)) == []


@given(seed=st.integers(0, 10**6), seconds=st.floats(0.1, 1.0))
def test_a_band_may_have_nothing_to_play(band: tuple[Bundle, ...], seed: int, seconds: float) -> None:
    placed = Band(band, ()).improvise([], seconds, np.random.default_rng(seed))
    assert all(0 <= p.start <= seconds * SAMPLE_RATE for p in placed)


@given(seed=st.integers(0, 10**6), rhythm=st.sampled_from([*RHYTHMS.values(), DRIVING]), seconds=st.floats(0.5, 12.0))
def test_parts_play_in_order_and_never_before_the_start(seed: int, rhythm: Rhythm, seconds: float) -> None:
    hits = [Hit(k / 4, drum, "any", 1, 100) for k in range(int(4 * seconds)) for drum in ("KD", "SN", "HH")]
    onsets = part_onsets(rhythm, hits, seconds, 0.5, np.random.default_rng(seed))
    assert onsets == sorted(onsets)
    assert all(0.0 <= onset < seconds + 0.05 for onset in onsets)


@given(seed=st.integers(0, 10**6), role=st.sampled_from(ROLES), root=st.integers(0, 11), scale=st.sampled_from(SCALES))
def test_parts_stay_in_key_and_register(seed: int, role: str, root: int, scale: tuple[int, ...]) -> None:
    pitches = part_pitches(role, root, scale, np.random.default_rng(seed))
    assert {(pitch - root) % 12 for pitch in pitches} <= set(scale) | {(degree + shift) % 12 for degree in scale for shift in (4, 0)}
    assert all(24 <= pitch <= 96 for pitch in pitches)
    assert len(pitches) == 1 if role in ("bass", "lead") else 2 <= len(pitches) <= 4


@pytest.mark.parametrize(("pitch", "hz"), [(48, 130.8), (60, 261.6), (36, 65.4), (90, 261.6)])
def test_an_instrument_is_repitched_by_an_octave_at_most(band: tuple[Bundle, ...], pitch: int, hz: float) -> None:
    sound = pitched([Sample(band[0], band[0].shots[0])], pitch, CPU)
    assert float(torch.fft.rfft(sound, 4 * SAMPLE_RATE).abs().argmax()) / 4 == pytest.approx(hz, abs=1.0)


# Tunes


LATEST = 1.0 - 0.5 / PLACES
"""Where in its beat a tune may begin to be found there: of the places that are tried the last one is the nearest."""


@given(seed=st.integers(0, 10**6), beat=st.floats(0.32, 0.85), share=st.floats(0.0, LATEST), seconds=st.sampled_from([5.0, 10.0, 60.0]))
def test_a_tune_follows_the_drummer(seed: int, beat: float, share: float, seconds: float) -> None:
    """Three sixteenths, one, four: the hits fall where the tune, repeated, has its notes."""
    tune = tune_of(*((k / 4, 0.2, 48, 100, 0) for k in range(64) if k % 8 in (0, 3, 4, 6)), beats=16.0)
    late = share * beat
    struck = [late + (onset + 16 * repeat) * beat for repeat in range(12) for onset in tune.onset.tolist()]
    hits = [Hit(onset, "KD", "kick", 1, 100) for onset in struck if onset < seconds]
    found, start = follow(tune, hits, seconds, drawn(seed))
    assert 0.29 < found < 0.91 and -0.1 < start < found
    onsets = np.array([note.onset for note in sounding(tune, 0, found, start, seconds)])
    nearest = np.abs(onsets[:, None] - np.array([hit.onset for hit in hits])).min(1)
    assert (nearest[onsets > late] < 1.5 * TOGETHER_S).mean() > 0.9


@given(seed=st.integers(0, 10**6), onset=st.floats(0.0, 9.0))
def test_a_single_hit_is_followed(seed: int, onset: float) -> None:
    beat, start = follow(tune_of((0.0, 1.0, 48, 100, 0)), [Hit(onset, "SN", "snare", 1, 80)], 10.0, drawn(seed))
    assert 0.29 < beat < 0.91 and -0.1 < start < beat


@given(beat=st.floats(0.3, 0.9), start=st.floats(-30.0, 0.5), seconds=st.floats(1.0, 12.0))
def test_a_part_is_repeated_until_the_end(beat: float, start: float, seconds: float) -> None:
    tune = tune_of((0.0, 0.5, 40, 90, 0), (1.0, 2.0, 60, 70, 1), (2.5, 1.0, 43, 80, 0))
    notes = sounding(tune, 0, beat, start, seconds)
    truth = sorted(start + (onset + 4 * repeat) * beat for repeat in range(200) for onset in (0.0, 2.5))
    assert [note.onset for note in notes] == pytest.approx([onset for onset in truth if 0.0 <= onset < seconds])
    assert {(note.length, note.pitch, note.velocity) for note in notes} <= {(0.5 * beat, 40, 90), (beat, 43, 80)}


def test_the_notes_of_a_tune_sound_at_their_pitches(band: tuple[Bundle, ...]) -> None:
    """Whatever the key: a bass and a chord a fifth above it."""
    tune = tune_of((0.0, 3.9, 48, 100, 0), (0.0, 3.9, 55, 100, 1))
    seen = set()
    for seed in range(30):
        sound = mix(Band(band, (), tunes=[tune]).play_tune([], 4.0, drawn(seed)), 4 * SAMPLE_RATE, CPU)
        spectrum = torch.fft.rfft(sound).abs()
        for part, pitch in (("bass", 48), ("chord", 55)):
            hz = [440.0 * 2.0 ** ((pitch + key - 69) / 12.0) for key in range(-5, 7)]
            heard = [float(spectrum[int(4 * f) - 3 : int(4 * f) + 4].max()) for f in hz]
            if max(heard) > 0.2 * float(spectrum.max()):
                seen.add((part, int(np.argmax(heard)) - 5))
    assert {part for part, _ in seen} == {"bass", "chord"}
    assert len({key for _, key in seen}) > 5


def test_a_tune_waits_for_nobody_and_leaves_no_part_empty(band: tuple[Bundle, ...]) -> None:
    tune = tune_of((0.0, 1.0, 48, 100, 0), beats=64.0)
    for seed in range(20):
        placed = Band(band, (), tunes=[tune]).play_tune([], 1.0, drawn(seed))
        assert len(placed) <= 1
        assert all(p.start == 0 and len(p.sound) == SAMPLE_RATE and bool(p.sound.any()) for p in placed)


def test_a_part_without_an_instrument_is_left_out(band: tuple[Bundle, ...]) -> None:
    leads = [replace(bundle, shots=tuple(shot for shot in bundle.shots if shot.piece == "lead")) for bundle in band]
    assert Band(leads, (), tunes=[tune_of((0.0, 1.0, 48, 100, 0))]).play_tune([], 2.0, drawn(0)) == []


@given(seed=st.integers(0, 10**6))
def test_an_amplifier_adds_overtones_and_its_loudspeaker_takes_the_highest(seed: int) -> None:
    sine = torch.sin(2.0 * torch.pi * 440.0 * torch.arange(SAMPLE_RATE) / SAMPLE_RATE)
    clean, driven = (torch.fft.rfft(sound).abs() for sound in (sine, overdriven(sine, drawn(seed))))
    third = slice(1315, 1326)
    assert float(driven[third].max() / driven.max()) > 10.0 * float(clean[third].max() / clean.max())
    assert float(driven[15_000:].max() / driven.max()) < 0.01


def test_only_guitars_are_overdriven(band: tuple[Bundle, ...]) -> None:
    tune = tune_of((0.0, 3.9, 55, 100, 1))
    guitar = [replace(b, shots=tuple(replace(shot, kit=f"{shot.kit}_guitar") for shot in b.shots)) for b in band]
    for players, differ in ((band, False), (guitar, True)):
        clean, amplified = (
            [Band(players, (), tunes=[tune]).play_tune([], 4.0, drawn(seed), amplified=share) for seed in range(8)] for share in (0.0, 1.0)
        )
        sounds = [[p.sound for clip in clips for p in clip] for clips in (clean, amplified)]
        assert all(sounds)
        assert any(not torch.equal(one, other) for one, other in zip(*sounds, strict=False)) == differ
