"""Consistency tuning: which level teaches which, what known denoisers lose, and that a walk folds into one step."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from n2n.diffusion import Denoiser, NoiseDistribution
from n2n.features import N_MELS
from n2n.training.consistency import Consistency
from n2n.training.objective import Diffusion, Examples, Objective, roll_cost
from tests.training.scripted import Scripted

HIGH = Consistency(noise=NoiseDistribution(2.0, 0.1))
"""Levels so high that none is taught by the roll itself."""
FRAMES = 20


def examples(heard: bool, batch: int = 4) -> Examples:
    generator = torch.Generator().manual_seed(0)
    hit = torch.rand(batch, FRAMES, 7, generator=generator) < 0.1
    velocity = torch.where(hit, 2.0 * torch.rand(hit.shape, generator=generator) - 1.0, -1.0)
    roll = torch.stack([torch.where(hit, 1.0, -1.0), velocity], dim=-1)
    return Examples(roll, torch.zeros(batch, FRAMES, N_MELS), torch.full((batch, FRAMES), heard))


def lost(objective: Consistency, denoiser: Denoiser, batch: Examples, progress: float = 0.0) -> Tensor:
    return objective.loss(denoiser, batch, progress, torch.Generator().manual_seed(1))


def test_the_lower_level_is_half_the_higher_at_first_and_nearer_at_each_stage() -> None:
    high = torch.tensor([40.0])
    lower = [float(Consistency(stages=3).lower(high, progress)) for progress in (0.0, 0.3, 0.4, 0.7, 1.0)]
    assert lower == pytest.approx([20.0, 20.0, 30.0, 35.0, 35.0])


def test_low_levels_are_taught_by_the_roll_itself() -> None:
    assert Consistency().lower(torch.tensor([1e-3, 0.3, 1.5]), 0.0).tolist() == [0.0, 0.0, 0.0]
    assert float(Consistency().lower(torch.tensor([1.5]), 1.0)) > 0.3


def test_an_oracle_loses_nothing() -> None:
    for heard in (True, False):
        batch = examples(heard)
        found = Consistency().loss(Scripted(batch.roll, batch.roll), batch, 0.5, torch.Generator())
        assert float(found) == 0.0


def test_what_is_consistent_loses_nothing_where_nothing_is_heard_and_is_wrong_where_audio_is() -> None:
    silence = torch.full_like(examples(True).roll, -1.0)
    assert float(lost(HIGH, Scripted(silence, silence), examples(False))) == 0.0
    heard = examples(True)
    cost = roll_cost(silence, heard.roll, heard.heard, velocity_weight=HIGH.velocity_weight)
    assert float(lost(HIGH, Scripted(silence, silence), heard)) == pytest.approx(float(cost.mean()))


def test_what_is_heard_whole_is_asked_where_the_one_step_begins() -> None:
    for heard, least, most in ((True, 0.85, 1.0), (False, 0.55, 0.8)):
        batch = examples(heard, batch=200)
        denoiser = Scripted(batch.roll, batch.roll)
        lost(Consistency(), denoiser, batch)
        (_, _), (_, sigma) = denoiser.asked
        assert least < float((sigma >= 5.0).float().mean()) < most


def test_where_the_lower_level_is_none_the_roll_teaches() -> None:
    low = replace(HIGH, noise=NoiseDistribution(-3.0, 0.1))
    batch = examples(False)
    silence = torch.full_like(batch.roll, -1.0)
    assert float(lost(low, Scripted(silence, silence), batch)) == pytest.approx(float((silence - batch.roll).square().mean() / 2.0))


def test_both_levels_have_the_same_noise() -> None:
    batch = examples(False)
    denoiser = Scripted(batch.roll, batch.roll)
    lost(HIGH, denoiser, batch)
    below, above = ((x - batch.roll) / sigma[:, None, None, None] for x, sigma in denoiser.asked)
    torch.testing.assert_close(below, above, atol=1e-5, rtol=1e-4)
    (_, lower), (_, sigma) = denoiser.asked
    torch.testing.assert_close(lower, HIGH.lower(sigma, 0.0))


def test_no_gradient_flows_into_the_teaching_level() -> None:
    batch = examples(False)
    taught_by, said = (torch.full_like(batch.roll, value, requires_grad=True) for value in (1.0, 0.0))

    class Computing(Scripted):
        """Its answers are computed, as a network's are."""

        def forward(self, x: Tensor, sigma: Tensor, condition: object) -> Tensor:
            return 1.0 * super().forward(x, sigma, condition)

    lost(HIGH, Computing(taught_by, said), batch).backward()
    assert taught_by.grad is None
    assert said.grad is not None and bool((said.grad < 0.0).all())


class Toy(nn.Module):
    """A network that hears nothing."""

    def __init__(self, cells: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(cells + 1, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, cells))

    def encode(self, mel: Tensor, heard: Tensor) -> None:
        """Hears nothing."""

    def forward(self, x: Tensor, c_noise: Tensor, condition: object) -> Tensor:
        given = torch.cat([x.flatten(start_dim=1), c_noise[:, None]], dim=1)
        return self.layers(given).view_as(x)


def test_of_two_rolls_that_may_be_one_step_says_one_and_no_longer_their_mean() -> None:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    rolls = torch.full((2, 2, 7, 2), -1.0)
    rolls[0, 0], rolls[1, 1] = 1.0, 1.0
    denoiser = Denoiser(Toy(rolls[0].numel()), data_mean=-1.0)

    def train(objective: Objective, rate: float) -> None:
        optimiser = torch.optim.Adam(denoiser.parameters(), lr=rate)
        for step in range(300):
            clips = rolls[torch.randint(2, (64,), generator=generator)]
            batch = Examples(clips, torch.zeros(64, 2, N_MELS), torch.zeros(64, 2, dtype=torch.bool))
            optimiser.zero_grad()
            objective.loss(denoiser, batch, step / 300, generator).backward()
            optimiser.step()

    @torch.no_grad()
    def distances() -> Tensor:
        noisy = -1.0 + 20.0 * torch.randn(1000, *rolls.shape[1:], generator=generator)
        said = denoiser(noisy, torch.full((1000,), 20.0), None)
        return (said[:, None] - rolls).abs().mean(dim=(2, 3, 4))

    train(Diffusion(), 5e-3)
    before = float(distances().amin(dim=1).mean())
    train(Consistency(), 2e-3)
    after = distances()
    assert float(after.amin(dim=1).mean()) < 0.7 * before
    assert 0.35 < float((after[:, 0] < after[:, 1]).float().mean()) < 0.65
