"""The log-mel spectrogram against signals whose spectrum is known."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from n2n.audio import FRAME_RATE, HOP, SAMPLE_RATE
from n2n.features import (
    FLOOR_DB,
    LEVEL_FLOOR_DB,
    LOUD_SHARE,
    MEL_MAX_HZ,
    MEL_MIN_HZ,
    N_FFT,
    N_MELS,
    SMEAR_FRAMES,
    hz_to_mel,
    level_db,
    log_mel,
    mel_filters,
    normalise,
    num_frames,
)


def mel_edges() -> Tensor:
    """Hz: the feet and peaks of the triangles."""
    low, high = hz_to_mel(torch.tensor([MEL_MIN_HZ, MEL_MAX_HZ], dtype=torch.float64)).tolist()
    return 700.0 * (10.0 ** (torch.linspace(low, high, N_MELS + 2, dtype=torch.float64) / 2595.0) - 1.0)


def impulse(sample: int, length: int = SAMPLE_RATE) -> Tensor:
    audio = torch.zeros(length)
    audio[sample] = 1.0
    return audio


# The scale


@pytest.mark.parametrize("mel", [3, 10, 30, 60, 90, 110, 126])
def test_a_full_scale_sine_is_zero_decibels_in_its_own_bin(mel: int) -> None:
    hz = float(mel_edges()[mel + 1])
    audio = torch.sin(2 * math.pi * hz * torch.arange(SAMPLE_RATE, dtype=torch.float64) / SAMPLE_RATE).float()
    spectrum = log_mel(audio)[50]
    assert int(spectrum.argmax()) == mel
    assert float(spectrum[mel]) == pytest.approx(0.0, abs=2.0)


@given(db=st.floats(-30.0, 12.0))
def test_a_gain_in_decibels_adds_to_every_bin(db: float) -> None:
    audio = torch.randn(HOP * 20, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(log_mel(audio * 10 ** (db / 20)), log_mel(audio) + db, atol=0.02, rtol=0.0)


def test_silence_is_the_floor() -> None:
    torch.testing.assert_close(log_mel(torch.zeros(HOP * 10)), torch.full((11, N_MELS), FLOOR_DB))


# The grid


@pytest.mark.parametrize("samples", [1, HOP - 1, HOP, HOP + 1, 44099, 44100, 44101])
def test_there_is_a_frame_at_each_multiple_of_the_hop(samples: int) -> None:
    assert len(log_mel(torch.zeros(samples))) == num_frames(samples) == samples // HOP + 1


@pytest.mark.parametrize("frame", [0, 1, 37, 99, 100])
def test_an_impulse_on_the_grid_peaks_at_its_frame(frame: int) -> None:
    power = 10 ** (log_mel(impulse(frame * HOP, SAMPLE_RATE + 1)) / 10)
    assert int(power.sum(dim=1).argmax()) == frame


def test_frames_are_symmetric_about_their_sample() -> None:
    spectrum = log_mel(impulse(50 * HOP))
    for distance in (1, 2):
        torch.testing.assert_close(spectrum[50 - distance], spectrum[50 + distance], atol=0.01, rtol=0.0)


def test_a_frame_hears_no_further_than_its_window() -> None:
    heard = log_mel(impulse(50 * HOP)).amax(dim=1) > FLOOR_DB + 0.01
    assert int(heard[50:].sum()) - 1 <= SMEAR_FRAMES and int(heard[:50].sum()) <= SMEAR_FRAMES
    assert SMEAR_FRAMES * HOP >= N_FFT // 2
    assert SMEAR_FRAMES / FRAME_RATE < 0.04


def test_a_batch_equals_its_clips() -> None:
    audio = torch.randn(3, 5000)
    torch.testing.assert_close(log_mel(audio), torch.stack([log_mel(clip) for clip in audio]))


# The filters


def test_filters_equal_torchaudio_where_they_are_wider_than_a_bin() -> None:
    functional = pytest.importorskip("torchaudio.functional")
    theirs = functional.melscale_fbanks(N_FFT // 2 + 1, MEL_MIN_HZ, MEL_MAX_HZ, N_MELS, SAMPLE_RATE, norm=None, mel_scale="htk")
    wide = (mel_edges().diff()[:-1] >= SAMPLE_RATE / N_FFT) & (mel_edges().diff()[1:] >= SAMPLE_RATE / N_FFT)
    assert int(wide.sum()) > 100
    torch.testing.assert_close(mel_filters()[:, wide], theirs[:, wide], atol=2e-4, rtol=0.0)


def test_no_filter_is_empty() -> None:
    filters = mel_filters()
    assert bool((filters >= 0.0).all()) and bool((filters <= 1.0).all())
    assert float(filters.sum(dim=0).min()) >= 0.5


# The level


@given(db=st.floats(-30.0, 30.0))
def test_normalised_features_do_not_depend_on_the_gain(db: float) -> None:
    mel = -20.0 + 20.0 * torch.randn(300, N_MELS, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(normalise(mel + db, level_db(mel + db)), normalise(mel, level_db(mel)), atol=1e-4, rtol=0.0)


def test_the_level_is_exceeded_by_its_share_of_the_frames() -> None:
    mel = torch.full((1000, N_MELS), -90.0)
    mel[:, 7] = torch.randperm(1000, generator=torch.Generator().manual_seed(0)) * 0.05 - 50.0
    level = float(level_db(mel))
    assert int((mel.amax(dim=1) >= level).sum()) == round(LOUD_SHARE * 1000)


def test_the_level_of_a_clip_is_its_own() -> None:
    mel = -30.0 + 5.0 * torch.randn(4, 300, N_MELS)
    torch.testing.assert_close(level_db(mel), torch.stack([level_db(clip) for clip in mel]))


@pytest.mark.parametrize("frames", [1, 10])
def test_the_level_of_a_few_frames_is_their_loudest(frames: int) -> None:
    mel = -30.0 + 5.0 * torch.randn(frames, N_MELS)
    assert float(level_db(mel)) == float(mel.max())


def test_noise_alone_is_not_blown_up() -> None:
    assert float(level_db(torch.full((100, N_MELS), -95.0))) == LEVEL_FLOOR_DB
    assert float(normalise(torch.full((100, N_MELS), -95.0), torch.tensor(LEVEL_FLOOR_DB)).max()) < 1.0


def test_normalise_maps_the_level_to_two_and_forty_below_it_to_zero() -> None:
    mel = torch.tensor([[-10.0, -30.0, -50.0, -90.0, -100.0]]).repeat(3, 1)
    assert normalise(mel, torch.tensor(-10.0))[0].tolist() == pytest.approx([2.0, 1.0, 0.0, -2.0, -2.0])
