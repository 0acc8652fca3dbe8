"""Voices: vowels with their harmonics, hisses where hi-hats hiss, breath above; speakers say their own words."""

import numpy as np
import pytest
import torch

from n2n.audio import SAMPLE_RATE
from n2n.training.bank import Bundle, OneShot
from n2n.training.singer import breathed, consonant, pop, sing, speak, speakers, vowel
from n2n.training.sounds import mix

CPU = torch.device("cpu")


@pytest.mark.parametrize("hz", [100.0, 220.0, 440.0])
@pytest.mark.parametrize("seed", range(5))
def test_a_vowel_sounds_at_its_harmonics(seed: int, hz: float) -> None:
    power = np.abs(np.fft.rfft(vowel(hz, 0.5, np.random.default_rng(seed)), SAMPLE_RATE)) ** 2
    near = sum(power[int((k - 0.25) * hz) : int((k + 0.25) * hz)].sum() for k in (1, 2))
    between = sum(power[int((k + 0.4) * hz) : int((k + 0.6) * hz)].sum() for k in (0, 1, 2))
    assert near > 20.0 * between


@pytest.mark.parametrize("seed", range(20))
def test_a_consonant_hisses_where_hi_hats_do(seed: int) -> None:
    power = np.abs(np.fft.rfft(consonant(np.random.default_rng(seed)), SAMPLE_RATE)) ** 2
    assert 1500.0 < (power * np.arange(len(power))).sum() / power.sum() < 14000.0


def test_a_singer_fills_the_clip_and_never_begins_before_it() -> None:
    placed = sing(20.0, np.random.default_rng(0), CPU)
    starts = [p.start / SAMPLE_RATE for p in placed]
    assert starts == sorted(starts) and 0.0 <= starts[0] < 1.0 and max(starts) > 15.0
    assert all(torch.isfinite(p.sound).all() for p in placed)


@pytest.mark.parametrize("seed", range(5))
def test_breath_is_high_and_reaches_the_highest(seed: int) -> None:
    breath = breathed(SAMPLE_RATE, np.random.default_rng(seed))
    power = np.abs(np.fft.rfft(breath)) ** 2
    assert power[:1000].sum() < 0.05 * power.sum() < power[10_000:].sum()
    assert abs(breath[0]) < 0.02 and abs(breath[-1]) < 0.02


def test_a_singer_is_heard_to_breathe() -> None:
    plain, breathing = (mix(sing(10.0, np.random.default_rng(0), CPU, breath=share), 10 * SAMPLE_RATE, CPU) for share in (0.0, 1.0))
    highest = [float(torch.fft.rfft(sound)[160_000:].abs().square().mean()) for sound in (plain, breathing)]
    assert highest[1] > 3.0 * highest[0]


def said(**pitches: float) -> Bundle:
    """A word of half a second for each speaker, a tone."""
    time = np.arange(SAMPLE_RATE // 2) / SAMPLE_RATE
    waves = [np.round(20_000 * np.sin(2 * np.pi * hz * time)).astype(np.int16) for hz in pitches.values()]
    shots = [OneShot(name, "", "speech", "a", 115, 0, 0.0, len(time) * k, len(time)) for k, name in enumerate(pitches)]
    return Bundle("game", "MIT", tuple(shots), np.concatenate(waves))


@pytest.mark.parametrize("seed", range(10))
def test_a_speaker_says_nothing_but_his_own_words(seed: int) -> None:
    ((low, high),) = speakers([said(low=200.0, high=2000.0)])
    for words, hz in ((low, 200.0), (high, 2000.0)):
        placed = speak(10.0, [[words]], np.random.default_rng(seed), CPU)
        starts = [p.start / SAMPLE_RATE for p in placed]
        assert starts == sorted(starts) and 0.0 <= starts[0] < 1.0 and 6.0 < starts[-1] < 10.0
        loudest = [float(torch.fft.rfft(p.sound).abs().argmax()) * SAMPLE_RATE / len(p.sound) / hz for p in placed]
        assert max(loudest) / min(loudest) < 1.6 and 0.5 < min(loudest) < 2.0


def test_many_scenes_do_not_drown_one_voice() -> None:
    scenes = said(**{f"scene{number}": 200.0 for number in range(9)})
    voices = speakers([scenes, said(voice=2000.0)])
    spoken = [speak(1.0, voices, np.random.default_rng(seed), CPU)[0].sound for seed in range(200)]
    high = sum(int(torch.fft.rfft(sound).abs().argmax()) * SAMPLE_RATE / len(sound) > 1000.0 for sound in spoken)
    assert 70 < high < 130


@pytest.mark.parametrize("seed", range(20))
def test_a_pop_sounds_where_kicks_do_and_is_soon_over(seed: int) -> None:
    puff = pop(np.random.default_rng(seed))
    power = np.abs(np.fft.rfft(puff, SAMPLE_RATE)) ** 2
    assert power[:300].sum() > 0.7 * power.sum()
    assert 0.04 <= len(puff) / SAMPLE_RATE <= 0.2 and abs(puff[-1]) < 0.1 * np.abs(puff).max()


def test_who_speaks_close_to_the_microphone_pops_at_some_words() -> None:
    (words,) = speakers([said(voice=2000.0)])
    for share, least, most in ((0.0, 0.0, 0.0), (1.0, 0.2, 0.45)):
        placed = speak(60.0, [words], np.random.default_rng(1), CPU, pops=share)
        loudest = [int(torch.fft.rfft(p.sound).abs().argmax()) * SAMPLE_RATE / len(p.sound) for p in placed]
        assert least <= sum(hz < 500.0 for hz in loudest) / len(placed) <= most
