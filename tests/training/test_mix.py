"""Hits on a kit: where a sound begins, how loud it is, what ends it, and how a clip's kit departs from its samples."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from n2n.audio import SAMPLE_RATE
from n2n.drums import DRUMS
from n2n.training.bank import Bundle
from n2n.training.compose import ARTICULATIONS
from n2n.training.library import Library
from n2n.training.mix import NEUTRAL, USUAL_LEVEL_DB, MixConfig, Voices, place_hits
from n2n.training.performances import Hit
from n2n.training.sounds import CHOKE_FADE_S, Placed, attack_db

CPU = torch.device("cpu")
FADE = int(CHOKE_FADE_S * SAMPLE_RATE)


def voices(kit: Bundle, seed: int = 0, config: MixConfig = NEUTRAL) -> Voices:
    rng = np.random.default_rng(seed)
    return Voices(Library([kit]).draw_kit(rng), rng, config, CPU)


def struck(kit: Bundle, drum: str, articulation: str, velocity: int, onset: float = 0.0) -> Placed:
    return voices(kit).place(Hit(onset, drum, articulation, 1, velocity))


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


# Shaping


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


@given(seed=st.integers(0, 10**6))
def test_a_drums_tone_changes_its_spectrum_and_not_its_level(kit: Bundle, seed: int) -> None:
    plain, toned = (voices(kit, seed, replace(NEUTRAL, tone_db=tone)).place(Hit(0.0, "CY", "crash", 1, 115)) for tone in (0.0, 6.0))
    levels = [20 * np.log10(hit.gain) + attack_db(hit.sound) for hit in (plain, toned)]
    assert levels[1] == pytest.approx(levels[0], abs=1e-2)
    assert len(toned.sound) == len(plain.sound) and not torch.allclose(toned.sound, plain.sound, rtol=0.05)


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
