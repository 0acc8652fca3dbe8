"""Augmentation of log-mel: constant in time, in its share of the clips, on the right bins."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from n2n.features import FLOOR_DB, N_MELS, mel_filters
from n2n.training.augment import AugmentConfig, augment, chance, high_pass, low_pass, mel_bin, random_curve

NOTHING = AugmentConfig(equaliser=0.0, low_pass=0.0, high_pass=0.0, noise_floor=0.0, contrast=0.0)
few = settings(max_examples=20)
seeds = st.integers(0, 10**6)


def drawn(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def loud_mel(batch: int = 8, frames: int = 20) -> Tensor:
    """Far above the floor, so that nothing is clipped."""
    return 300.0 + 20.0 * torch.randn(batch, frames, N_MELS, generator=drawn(0))


def test_shares_of_zero_change_nothing() -> None:
    torch.testing.assert_close(augment(loud_mel(), drawn(0), NOTHING), loud_mel())


@few
@given(seed=seeds, effect=st.sampled_from(["equaliser", "low_pass", "high_pass"]))
def test_filters_add_the_same_curve_to_every_frame(seed: int, effect: str) -> None:
    mel = loud_mel() + 5000.0
    change = augment(mel, drawn(seed), replace(NOTHING, **{effect: 1.0})) - mel
    torch.testing.assert_close(change, change[:, :1].expand_as(change), atol=0.01, rtol=0.0)
    assert bool((change.abs().amax(dim=(1, 2)) > 0.01).any())


@few
@given(seeds)
def test_a_low_pass_falls_above_its_cutoff_and_nowhere_else(seed: int) -> None:
    config = AugmentConfig(low_pass_hz=(3000.0, 17000.0))
    curve = low_pass(16, config, drawn(seed))[:, 0]
    lowest = int(mel_bin(torch.tensor(3000.0)))
    assert bool((curve[:, :lowest] == 0.0).all())
    assert bool((curve.diff(dim=1) <= 0.0).all())
    assert bool((curve[:, -1] < -3.0).all())


@few
@given(seeds)
def test_a_high_pass_falls_below_its_cutoff_and_nowhere_else(seed: int) -> None:
    curve = high_pass(16, drawn(seed))[:, 0]
    highest = math.ceil(float(mel_bin(torch.tensor(200.0))))
    assert bool((curve[:, highest:] == 0.0).all())
    assert bool((curve.diff(dim=1) >= 0.0).all()) and bool((curve <= 0.0).all())


@few
@given(seeds)
def test_a_noise_floor_only_fills_in(seed: int) -> None:
    mel = loud_mel() - 300.0 - 60.0
    found = augment(mel, drawn(seed), replace(NOTHING, noise_floor=1.0))
    assert bool((found >= mel.clamp(min=FLOOR_DB)).all())
    filled = torch.where(found > mel, found, torch.nan)
    spread = filled.nan_to_num(-1e9).amax(dim=1) - filled.nan_to_num(1e9).amin(dim=1)
    assert bool((spread <= 1e-4).all())  # a constant floor for each bin


@few
@given(seeds)
def test_contrast_stretches_about_the_peak(seed: int) -> None:
    mel = loud_mel()
    found = augment(mel, drawn(seed), replace(NOTHING, contrast=1.0))
    peak = mel.amax(dim=(1, 2), keepdim=True)
    ratio = ((found - peak) / (mel - peak)).nanmedian(dim=2).values.nanmedian(dim=1).values
    assert bool((ratio >= 0.8 - 1e-3).all()) and bool((ratio <= 1.2 + 1e-3).all())
    torch.testing.assert_close(found.amax(dim=(1, 2)), mel.amax(dim=(1, 2)))
    torch.testing.assert_close(found - peak, (mel - peak) * ratio[:, None, None], atol=0.05, rtol=0.01)


@few
@given(seeds)
def test_nothing_falls_below_the_floor(seed: int) -> None:
    mel = -60.0 + 20.0 * torch.randn(16, 10, N_MELS, generator=drawn(seed))
    found = augment(mel, drawn(seed), AugmentConfig())
    assert found.shape == mel.shape
    assert float(found.min()) >= FLOOR_DB and bool(found.isfinite().all())


def test_each_change_touches_its_share_of_the_clips() -> None:
    for effect, share in (("equaliser", 0.7), ("low_pass", 0.45), ("high_pass", 0.1), ("contrast", 0.3)):
        mel = loud_mel(batch=1000, frames=2)
        changed = (augment(mel, drawn(1), replace(NOTHING, **{effect: share})) - mel).abs().amax(dim=(1, 2)) > 1e-3
        assert float(changed.float().mean()) == pytest.approx(share, abs=0.06), effect
    assert float(chance(0.25, 10000, drawn(0)).float().mean()) == pytest.approx(0.25, abs=0.02)


def test_augmentation_is_deterministic_by_generator() -> None:
    assert torch.equal(augment(loud_mel(), drawn(3), AugmentConfig()), augment(loud_mel(), drawn(3), AugmentConfig()))
    assert not torch.equal(augment(loud_mel(), drawn(3), AugmentConfig()), augment(loud_mel(), drawn(4), AugmentConfig()))


def test_mel_bins_are_those_of_the_filters() -> None:
    filters = mel_filters(n_fft=16384)
    for mel in (20, 60, 100, 127):
        peak = filters[:, mel].argmax() * (44100 / 16384)
        assert float(mel_bin(peak)) == pytest.approx(mel, abs=0.1)


def test_random_curves_are_standard_normal_at_their_knots_and_straight_between() -> None:
    curves = random_curve(4000, 5, drawn(0))[:, 0]
    assert float(curves[:, 0].std()) == pytest.approx(1.0, abs=0.05)
    bends = curves.diff(dim=1).diff(dim=1).abs() > 1e-4
    assert int(bends.any(dim=0).sum()) <= 2 * 3
