"""Rough transcriptions: each kind of mistake by itself, and how much of it."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from n2n.drums import DRUMS, LANE
from n2n.training.objective import velocities_to_roll
from n2n.training.rough import TAKEN_FOR, RoughConfig, rough

CLIPS, FRAMES = 400, 200
FAULTLESS = RoughConfig(left_out=0.0, strewn=0.0, confused=0.0, late=0.0, unsteady=0.0, levels=0.0, flat=0.0)


def drawn(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def truth() -> Tensor:
    """Every 20 frames a hit on each drum, none within 5 frames of the ends."""
    velocities = torch.zeros(CLIPS, FRAMES, len(DRUMS), dtype=torch.long)
    for lane in range(len(DRUMS)):
        velocities[:, 5 + lane : FRAMES - 5 : 20, lane] = torch.randint(1, 128, (CLIPS, 1), generator=drawn(lane))
    return velocities_to_roll(velocities)


def hits(roll: Tensor) -> Tensor:
    return roll[..., 0] > 0.0


def test_without_mistakes_it_is_the_truth(truth: Tensor) -> None:
    torch.testing.assert_close(rough(truth, FAULTLESS, drawn()), truth)


def test_the_same_seed_makes_the_same_mistakes(truth: Tensor) -> None:
    first, again, other = (rough(truth, RoughConfig(), drawn(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_onsets_are_written_or_not_and_silence_has_no_velocity(truth: Tensor) -> None:
    found = rough(truth, RoughConfig(), drawn())
    assert found.shape == truth.shape
    assert set(found[..., 0].unique().tolist()) == {-1.0, 1.0}
    assert bool((found[..., 1][~hits(found)] == -1.0).all())
    assert float(found[..., 1].min()) >= -1.0 and float(found[..., 1].max()) <= 1.0


def test_a_clip_without_hits_stays_empty() -> None:
    empty = velocities_to_roll(torch.zeros(3, FRAMES, len(DRUMS)))
    torch.testing.assert_close(rough(empty, RoughConfig(), drawn()), empty)


@pytest.mark.parametrize("most", [0.2, 0.6])
def test_hits_are_left_out_of_half_of_the_clips_up_to_a_share(truth: Tensor, most: float) -> None:
    found = rough(truth, replace(FAULTLESS, left_out=most), drawn())
    assert bool((hits(truth) | ~hits(found)).all())
    share = 1.0 - hits(found).sum(dim=(1, 2)) / hits(truth).sum(dim=(1, 2))
    assert float((share == 0.0).float().mean()) == pytest.approx(0.5, abs=0.1)
    assert float(share.mean()) == pytest.approx(most / 4.0, abs=0.04)
    assert float(share.max()) < most + 0.15


def test_false_hits_are_strewn_in_up_to_a_share(truth: Tensor) -> None:
    found = rough(truth, replace(FAULTLESS, strewn=0.5), drawn())
    assert bool((hits(found) | ~hits(truth)).all())
    share = hits(found).sum(dim=(1, 2)) / hits(truth).sum(dim=(1, 2)) - 1.0
    assert float((share == 0.0).float().mean()) == pytest.approx(0.5, abs=0.1)
    assert float(share.mean()) == pytest.approx(0.125, abs=0.03)


def test_confused_drums_are_written_as_one_that_they_are_taken_for(truth: Tensor) -> None:
    for drum, lane in LANE.items():
        alone = torch.full_like(truth, -1.0)
        alone[:, :, lane] = truth[:, :, lane]
        found = hits(rough(alone, replace(FAULTLESS, confused=0.5), drawn(lane)))
        assert torch.equal(found.any(dim=-1), hits(alone)[..., lane])  # every hit stays, in its frame
        others = found.any(dim=1).float()
        moved = {DRUMS[other] for other in range(len(DRUMS)) if other != lane and bool(others[:, other].any())}
        assert moved == set(TAKEN_FOR[drum])
        others[:, lane] = 0.0
        assert float(others.sum(dim=1).max()) == 1.0
        assert float((others.sum(dim=1) > 0.0).float().mean()) == pytest.approx(0.5, abs=0.1)


def test_all_hits_of_a_clip_are_late_or_early_together(truth: Tensor) -> None:
    found = hits(rough(truth, replace(FAULTLESS, late=3.0), drawn()))
    shifts = []
    for before, after in zip(hits(truth), found, strict=True):
        fits = [shift for shift in range(-3, 4) if torch.equal(before.roll(shift, dims=0), after)]
        assert len(fits) == 1
        shifts += fits
    assert set(shifts) == set(range(-3, 4))
    assert float(torch.tensor(shifts, dtype=torch.float).mean()) == pytest.approx(0.0, abs=0.3)


def test_unsteady_hits_are_off_each_by_itself(truth: Tensor) -> None:
    alone = torch.full_like(truth, -1.0)
    alone[:, 5 : FRAMES - 5 : 20, 0] = truth[:, 5 : FRAMES - 5 : 20, 0]
    found = hits(rough(alone, replace(FAULTLESS, unsteady=2.0), drawn()))[..., 0]
    assert torch.equal(found.sum(dim=1), hits(alone)[..., 0].sum(dim=1))
    off = torch.stack([clip.nonzero()[:, 0] for clip in found]) - torch.arange(5, FRAMES - 5, 20)
    steady = (off == 0).all(dim=1)
    assert 0.5 < float(steady.float().mean()) < 0.75  # half of the clips, and those with too little of it to show
    assert bool((off[~steady].float().std(dim=1) > 0.0).all())


def test_velocities_are_shifted_by_clip_or_all_the_same(truth: Tensor) -> None:
    shifted = rough(truth, replace(FAULTLESS, levels=0.5), drawn())
    assert torch.equal(hits(shifted), hits(truth))
    inside = hits(truth) & (truth[..., 1].abs() < 0.5)
    error = torch.where(inside, shifted[..., 1] - truth[..., 1], 0.0)
    assert float(error.abs().max()) <= 0.5 + 1e-6
    spread = [clip[mask].std() for clip, mask in zip(error, inside, strict=True) if mask.sum() > 1]
    assert float(torch.stack(spread).max()) < 1e-5

    flat = rough(truth, replace(FAULTLESS, flat=1.0), drawn())
    for clip, mask in zip(flat[..., 1], hits(truth), strict=True):
        assert len(clip[mask].unique()) == 1
    some = rough(truth, replace(FAULTLESS, flat=0.3), drawn())
    share = [len(clip[mask].unique()) == 1 for clip, mask in zip(some[..., 1], hits(truth), strict=True)]
    assert sum(share) / CLIPS == pytest.approx(0.3, abs=0.08)
