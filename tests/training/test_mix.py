"""Hits to audio: where a sound begins, how loud it is, what ends it; labels; the two ways to add."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from n2n.audio import FRAME_RATE, SAMPLE_RATE
from n2n.drums import DRUMS
from n2n.notes import Note
from n2n.roll import notes_to_roll
from n2n.training.bank import Bundle
from n2n.training.compose import ARTICULATIONS, Hit
from n2n.training.library import Library
from n2n.training.mix import (
    BUZZ_HZ,
    BUZZ_S,
    CHOKE_FADE_S,
    NEUTRAL,
    USUAL_LEVEL_DB,
    MixConfig,
    Placed,
    Voices,
    _mix_scatter,
    attack_db,
    buzz,
    choked,
    damped,
    hits_to_velocities,
    layered,
    mix,
    muffled,
    place_hits,
    repitched,
    stressed,
)
from n2n.training.objective import velocities_to_roll

CPU = torch.device("cpu")
FADE = int(CHOKE_FADE_S * SAMPLE_RATE)


def voices(kit: Bundle, seed: int = 0, config: MixConfig = NEUTRAL) -> Voices:
    rng = np.random.default_rng(seed)
    return Voices(Library([kit]).draw_kit(rng), rng, config, CPU)


def struck(kit: Bundle, drum: str, articulation: str, velocity: int, onset: float = 0.0) -> Placed:
    return voices(kit).place(Hit(onset, drum, articulation, 1, velocity))


def peak_hz(sound: Tensor) -> float:
    return float(torch.fft.rfft(sound, SAMPLE_RATE).abs().argmax())


def sine(hz: float, seconds: float = 1.0) -> Tensor:
    return torch.sin(2 * torch.pi * hz * torch.arange(int(seconds * SAMPLE_RATE), dtype=torch.float64) / SAMPLE_RATE).float()


# One hit


@given(onset=st.floats(0.0, 60.0))
def test_a_sound_begins_at_the_sample_nearest_to_its_onset(kit: Bundle, onset: float) -> None:
    assert abs(struck(kit, "KD", "kick", 100, onset).start / SAMPLE_RATE - onset) <= 0.5 / SAMPLE_RATE + 1e-9


@pytest.mark.parametrize("drum", DRUMS)
def test_the_harder_the_louder(kit: Bundle, drum: str) -> None:
    levels = [20 * np.log10(hit.gain) + attack_db(hit.sound) for hit in (struck(kit, drum, "any", v) for v in range(1, 128))]
    assert (np.diff(levels) > 0).all()


def test_the_neutral_curve_is_the_velocity_to_the_power_1_6(kit: Bundle) -> None:
    heard = [struck(kit, "SN", "snare", velocity) for velocity in (10, 64, 115, 127)]
    levels = [20 * np.log10(hit.gain) + attack_db(hit.sound) for hit in heard]
    usual = USUAL_LEVEL_DB["SN"]
    assert levels == pytest.approx([usual + 1.6 * 20 * np.log10(velocity / 115) for velocity in (10, 64, 115, 127)])


def test_kits_recorded_at_any_level_sound_alike(kit: Bundle) -> None:
    quiet = replace(kit, audio=(kit.audio // 4).astype(np.int16))
    for drum in DRUMS:
        here, there = (struck(bundle, drum, "any", 100) for bundle in (kit, quiet))
        assert 20 * np.log10(there.gain / here.gain) == pytest.approx(20 * np.log10(4), abs=0.1)


def test_attack_level_is_that_of_the_first_60_ms() -> None:
    assert attack_db(torch.full((44100,), 0.5)) == pytest.approx(20 * np.log10(0.5), abs=1e-3)
    assert attack_db(torch.full((1323,), 0.5)) == pytest.approx(20 * np.log10(0.5) - 10 * np.log10(2), abs=1e-3)


def test_the_layer_nearest_in_velocity_sounds_as_it_was_recorded(kit: Bundle) -> None:
    for velocity in (35, 75, 115):
        shot = next(shot for shot in kit.shots if shot.articulation == "crash" and shot.velocity == velocity)
        assert np.array_equal(struck(kit, "CY", "crash", velocity).sound.numpy(), kit.samples(shot))


def test_a_kit_without_a_pedal_sound_plays_it_softly_on_another(kit: Bundle) -> None:
    without = replace(kit, shots=tuple(shot for shot in kit.shots if shot.articulation != "hh_pedal"))
    pedal, closed = (struck(without, "HH", articulation, 80).gain for articulation in ("hh_pedal", "hh_closed"))
    assert 20 * np.log10(pedal / closed) == pytest.approx(-7.0)
    assert struck(kit, "HH", "hh_pedal", 80).gain == pytest.approx(struck(kit, "HH", "hh_closed", 80).gain)


def test_a_clip_departs_from_its_samples_by_seed(kit: Bundle) -> None:
    hit = Hit(0.0, "SN", "snare", 1, 100)
    one, again, other = (voices(kit, seed, MixConfig()).place(hit) for seed in (1, 1, 2))
    assert one.gain == again.gain and torch.equal(one.sound, again.sound)
    assert one.gain != other.gain and len(one.sound) != len(other.sound)


def test_hits_of_a_clip_share_one_sound(kit: Bundle) -> None:
    clip = voices(kit, 0, MixConfig(damp=1.0))
    first, second = (clip.place(Hit(onset, "KD", "kick", 1, 115)) for onset in (0.0, 1.0))
    assert first.sound is second.sound


def test_a_layered_drum_sounds_on_two_parts_at_once(kit: Bundle) -> None:
    library, hit = Library([kit]), Hit(0.0, "CY", "crash", 1, 115)
    rng = np.random.default_rng(0)
    parts = library.draw_kit(rng)
    layers = {"CY": parts["RD"]}
    alone, both = (Voices(parts, rng, NEUTRAL, CPU, second).place(hit) for second in ({}, layers))
    ride = torch.from_numpy(kit.samples(next(shot for shot in kit.shots if shot.articulation == "ride" and shot.velocity == 115)))
    added = both.sound.clone()
    added[: len(alone.sound)] -= alone.sound
    gain = float(added[: len(ride)] @ ride / ride.square().sum())
    assert torch.allclose(added[: len(ride)], gain * ride, atol=1e-4)
    assert -12.0 <= attack_db(added) - attack_db(alone.sound) <= 0.0
    loudness = [20 * np.log10(played.gain) + attack_db(played.sound) for played in (alone, both)]
    assert loudness[0] == pytest.approx(loudness[1], abs=1e-3)


@given(level=st.floats(-30.0, 6.0), first=st.integers(4000, 9000), second=st.integers(4000, 9000))
def test_a_layer_lies_at_its_level_and_the_longer_sound_rings_on(level: float, first: int, second: int) -> None:
    low, high = sine(200.0)[:first], 0.01 * sine(3000.0)[:second]
    both = layered(low, high, level)
    assert len(both) == max(first, second)
    below = both.clone()
    below[:first] -= low
    assert attack_db(below) - attack_db(low) == pytest.approx(level, abs=0.05)


# Shaping


@pytest.mark.parametrize("ratio", [0.5, 0.75, 1.0, 1.5, 2.0])
def test_repitching_multiplies_frequency_and_divides_length(ratio: float) -> None:
    sound = repitched(sine(440.0), ratio)
    assert len(sound) == pytest.approx(SAMPLE_RATE / ratio, abs=2)
    assert peak_hz(sound) == pytest.approx(440.0 * ratio, abs=1.0)


def test_damping_multiplies_by_a_decay_and_cuts_what_cannot_be_heard() -> None:
    sound = damped(torch.ones(2 * SAMPLE_RATE), 9.2)
    assert len(sound) == SAMPLE_RATE
    assert sound[[0, SAMPLE_RATE // 2, -1]].tolist() == pytest.approx([1.0, np.exp(-4.6), np.exp(-9.2)], rel=1e-3)
    assert 20 * np.log10(float(sound[-1])) == pytest.approx(-80.0, abs=0.2)
    assert torch.equal(damped(torch.ones(100), 0.0), torch.ones(100))


def test_a_lengthened_decay_grows_by_20_db_at_most_and_keeps_its_length() -> None:
    sound = damped(torch.ones(3 * SAMPLE_RATE), -1.0)
    assert len(sound) == 3 * SAMPLE_RATE
    assert sound[[0, SAMPLE_RATE, -1]].tolist() == pytest.approx([1.0, np.e, 10.0], rel=1e-3)


def test_muffling_lets_highs_die_and_leaves_lows() -> None:
    low, high = sine(100.0), sine(10_000.0)
    sound = muffled(low + high, 1000.0, 20.0)
    middle = slice(SAMPLE_RATE // 10, SAMPLE_RATE // 2)  # far from the ends, at which a cut-off sine has all frequencies
    decay = torch.exp(-20.0 * torch.arange(SAMPLE_RATE) / SAMPLE_RATE)
    torch.testing.assert_close(sound[middle], (low + high * decay)[middle], atol=2e-3, rtol=0.0)


@given(db=st.floats(-12.0, 6.0), seconds=st.floats(0.005, 0.04))
def test_a_stressed_sound_begins_so_much_louder_and_ends_as_it_was(db: float, seconds: float) -> None:
    gain = stressed(torch.ones(SAMPLE_RATE), db, seconds)
    assert 20 * np.log10(float(gain[0])) == pytest.approx(db, abs=1e-3)
    assert float(gain[-1]) == pytest.approx(1.0, abs=1e-3)
    assert float(gain[round(seconds * SAMPLE_RATE)] - 1.0) == pytest.approx(float(gain[0] - 1.0) / np.e, abs=1e-3)


VARIED = replace(NEUTRAL, varied=1.0, cymbal_semitones=2.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [(("CY", "crash", 1), ("CY", "crash", 3)), (("HH", "hh_closed", 1), ("HH", "hh_open", 1)), (("RD", "ride", 1), ("BE", "ride_bell", 1))],
)
def test_every_cymbal_of_a_clip_may_be_another(kit: Bundle, one: tuple[str, str, int], other: tuple[str, str, int]) -> None:
    clip = voices(kit, 5, VARIED)
    for drum, articulation, piece in (one, other, one):
        clip.place(Hit(0.0, drum, articulation, piece, 100))
    assert len(clip.cymbals) == 2 and len(set(clip.cymbals.values())) == 2


def test_two_crashes_from_one_recording_sound_different_and_each_always_the_same(kit: Bundle) -> None:
    one_crash = replace(kit, shots=tuple(shot for shot in kit.shots if (shot.drum, shot.piece) != ("CY", "2")))
    clip = voices(one_crash, 5, VARIED)
    first, again, second = (clip.place(Hit(0.0, "CY", "crash", piece, 100)).sound for piece in (1, 1, 2))
    assert first is again and not (len(first) == len(second) and torch.equal(first, second))


@pytest.mark.parametrize(("drum", "articulation"), [("KD", "kick"), ("SN", "snare"), ("TT", "tom")])
def test_drums_are_no_cymbals_and_stay_as_they_are(kit: Bundle, drum: str, articulation: str) -> None:
    plain, varied = (voices(kit, 0, config).place(Hit(0.0, drum, articulation, 1, 100)).sound for config in (NEUTRAL, VARIED))
    assert torch.equal(plain, varied)


def test_drums_are_muffled_and_cymbals_are_not(kit: Bundle) -> None:
    for drum, articulation in (("SN", "snare"), ("HH", "hh_closed")):
        plain, muted = (voices(kit, 0, replace(NEUTRAL, muffle=share)).place(Hit(0.0, drum, articulation, 1, 100)) for share in (0.0, 1.0))
        assert torch.equal(plain.sound, muted.sound) == (drum == "HH")


@pytest.mark.parametrize("drum", ["KD", "TT", "HH"])
def test_wires_buzz_under_drums_and_not_under_cymbals(kit: Bundle, drum: str) -> None:
    hit = Hit(0.0, drum, ARTICULATIONS[drum][0], 1, 100)
    dry, buzzing = (voices(kit, 0, replace(NEUTRAL, buzz=share)).place(hit).sound for share in (0.0, 1.0))
    hiss = [float(torch.fft.rfft(sound[2000:], SAMPLE_RATE)[3000:8000].abs().square().mean()) for sound in (dry, buzzing)]
    assert (hiss[1] > 10.0 * hiss[0]) == (drum != "HH")


@given(seed=st.integers(0, 10**6), hz=st.floats(*BUZZ_HZ), seconds=st.floats(*BUZZ_S))
def test_a_buzz_rises_at_once_and_dies_away(seed: int, hz: float, seconds: float) -> None:
    sound = buzz(hz, seconds, np.random.default_rng(seed), CPU)
    tau = int(seconds * SAMPLE_RATE)
    first, last = (float(part.square().mean()) for part in (sound[:tau], sound[-tau:]))
    assert float(sound.abs().max()) == pytest.approx(1.0) and first > 200.0 * last
    power = torch.fft.rfft(sound, SAMPLE_RATE).abs().square()
    assert 0.5 * hz < float((power * torch.arange(len(power))).sum() / power.sum()) < 2.5 * hz


@given(seed=st.integers(0, 10**6))
def test_a_drums_tone_changes_its_spectrum_and_not_its_level(kit: Bundle, seed: int) -> None:
    plain, toned = (voices(kit, seed, replace(NEUTRAL, tone_db=tone)).place(Hit(0.0, "CY", "crash", 1, 115)) for tone in (0.0, 6.0))
    levels = [20 * np.log10(hit.gain) + attack_db(hit.sound) for hit in (plain, toned)]
    assert levels[1] == pytest.approx(levels[0], abs=1e-2)
    assert len(toned.sound) == len(plain.sound) and not torch.allclose(toned.sound, plain.sound, rtol=0.05)


@given(length=st.integers(1, 3000), seconds=st.floats(-0.1, 0.1))
def test_choking_keeps_the_beginning_and_ends_within_the_fade(length: int, seconds: float) -> None:
    sound, kept = torch.ones(length), max(int(seconds * SAMPLE_RATE), 0)
    ended = choked(sound, seconds)
    assert len(ended) == min(length, kept + FADE)
    assert bool((ended[:kept] == 1.0).all())
    assert bool((ended.diff() <= 0.0).all())
    assert length <= kept + FADE or float(ended[-1]) == 0.0
    assert bool((sound == 1.0).all())  # the clip's other hits share it


# Many hits


def test_a_hi_hat_ends_the_ring_of_the_one_before_and_of_nothing_else(kit: Bundle) -> None:
    hits = [
        Hit(0.0, "HH", "hh_open", 1, 100),
        Hit(0.0, "CY", "crash", 1, 100),
        Hit(0.1, "HH", "hh_pedal", 1, 60),
        Hit(0.2, "CY", "crash", 1, 100),
    ]
    placed = place_hits(hits, voices(kit))
    opened, pedal = placed["HH"]
    whole = struck(kit, "HH", "hh_open", 100).sound
    end = int(0.1 * SAMPLE_RATE)
    assert len(opened.sound) == end + FADE < len(whole)
    assert torch.equal(opened.sound[:end], whole[:end])
    assert len(pedal.sound) == len(struck(kit, "HH", "hh_pedal", 60).sound)
    assert len({len(p.sound) for p in placed["CY"]}) == 1
    assert [len(placed[drum]) for drum in DRUMS] == [0, 0, 0, 2, 2, 0, 0]


def test_hi_hats_at_the_same_time_do_not_choke_each_other(kit: Bundle) -> None:
    placed = place_hits([Hit(0.0, "HH", "hh_open", 1, 100), Hit(0.0, "HH", "hh_open", 1, 90)], voices(kit))
    assert all(len(p.sound) > SAMPLE_RATE // 2 for p in placed["HH"])


sounds = st.lists(
    st.builds(
        lambda start, gain, length: Placed(start, gain, torch.linspace(1.0, 2.0, length)),
        st.integers(-50, 400),
        st.floats(0, 2),
        st.integers(1, 300),
    ),
    max_size=12,
)


@given(sounds)
def test_a_mix_is_the_sum_of_its_sounds_where_they_begin(placed: list[Placed]) -> None:
    expected = np.zeros(1000)
    for start, gain, sound in placed:
        if start >= 0:
            expected[start : start + len(sound)] += gain * sound.numpy().astype(float)
    assert mix(placed, 300, CPU).numpy() == pytest.approx(expected[:300], abs=1e-5)


@settings(max_examples=50)
@given(sounds.filter(lambda placed: any(0 <= p.start < 300 for p in placed)))
def test_scattering_equals_slicing(placed: list[Placed]) -> None:
    inside = [p for p in placed if 0 <= p.start < 300]
    torch.testing.assert_close(_mix_scatter(inside, 300, CPU), mix(placed, 300, CPU), atol=1e-5, rtol=1e-5)


def test_nothing_placed_is_silence() -> None:
    assert torch.equal(mix([], 100, CPU), torch.zeros(100))


# Labels

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
