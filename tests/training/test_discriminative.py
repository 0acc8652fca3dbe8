"""The discriminative twin: what it loses, and that it is the same network."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from n2n.features import N_MELS
from n2n.model import ModelConfig, num_parameters
from n2n.one_pass import PRIOR_LOG_ODDS, OnePass
from n2n.roll import roll_to_notes
from n2n.training.discriminative import Discriminative
from n2n.training.objective import Diffusion, Examples

TINY = ModelConfig(width=16, feedforward=24, heads=2, encoder_layers=1, decoder_layers=1)
OBJECTIVE = Discriminative(velocity_weight=4.0)
FRAMES = 30


class Answering(nn.Module):
    """A network that says the same of any clip, and remembers what it was shown."""

    def __init__(self, log_odds: Tensor, velocity: Tensor) -> None:
        super().__init__()
        self.says = torch.stack([log_odds - PRIOR_LOG_ODDS, velocity], dim=-1)
        self.shown: list[Tensor] = []

    def encode(self, mel: Tensor, heard: Tensor) -> None:
        """Hears nothing."""

    def forward(self, x: Tensor, c_noise: Tensor, condition: object) -> Tensor:
        self.shown += [x, c_noise]
        return self.says


def examples() -> Examples:
    generator = torch.Generator().manual_seed(0)
    hit = torch.rand(3, FRAMES, 7, generator=generator) < 0.1
    velocity = torch.where(hit, 2.0 * torch.rand(hit.shape, generator=generator) - 1.0, -1.0)
    roll = torch.stack([torch.where(hit, 1.0, -1.0), velocity], dim=-1)
    return Examples(roll, torch.zeros(3, FRAMES, N_MELS), torch.ones(3, FRAMES, dtype=torch.bool))


def loss_of(log_odds: Tensor, velocity: Tensor, batch: Examples) -> float:
    twin = OnePass(Answering(log_odds, velocity), data_mean=-1.0)
    return float(OBJECTIVE.loss(twin, batch, 0.5, torch.Generator()))


def test_an_oracle_loses_nothing() -> None:
    batch = examples()
    assert loss_of(50.0 * batch.roll[..., 0], batch.roll[..., 1], batch) == pytest.approx(0.0, abs=1e-6)


def test_knowing_nothing_costs_one_bit_a_cell() -> None:
    batch = examples()
    assert loss_of(torch.zeros_like(batch.roll[..., 0]), batch.roll[..., 1], batch) == pytest.approx(math.log(2.0), rel=1e-5)


def test_velocities_are_asked_for_at_hits_alone() -> None:
    batch = examples()
    sure, hit = 50.0 * batch.roll[..., 0], batch.roll[..., 0] > 0
    elsewhere = torch.where(hit, batch.roll[..., 1], 7.0)
    assert loss_of(sure, elsewhere, batch) == pytest.approx(0.0, abs=1e-6)
    off = batch.roll[..., 1] + 0.25
    assert loss_of(sure, off, batch) == pytest.approx(4.0 * 0.25 * float(hit.float().mean()), rel=1e-4)


def test_neither_roll_nor_level_reach_the_network() -> None:
    batch = examples()
    network = Answering(torch.zeros(3, FRAMES, 7), torch.zeros(3, FRAMES, 7))
    twin = OnePass(network, data_mean=-1.0)
    one = twin(torch.randn(3, FRAMES, 7, 2), torch.full((3,), 20.0), None)
    other = twin(batch.roll, torch.full((3,), 0.3), None)
    assert torch.equal(one, other)
    assert not any(bool(shown.any()) for shown in network.shown)


def test_the_estimate_decodes_to_the_velocities_that_the_network_says() -> None:
    log_odds, velocity = torch.full((1, FRAMES, 7), -9.0), torch.full((1, FRAMES, 7), -1.0)
    places = [(5, 0, 2.0, 100), (10, 1, 0.0, 30), (20, 3, -1.0, 77)]
    for frame, lane, odds, wanted in places:
        log_odds[0, frame, lane], velocity[0, frame, lane] = odds, 2.0 * wanted / 127.0 - 1.0
    estimate = OnePass(Answering(log_odds, velocity), data_mean=-1.0)(torch.zeros(1, FRAMES, 7, 2), torch.ones(1), None)
    notes = roll_to_notes(estimate[0].numpy(), replace(OBJECTIVE.decode, thresholds=(0.2,) * 7))
    assert [(round(note.onset * 100), note.velocity) for note in notes] == [(frame, wanted) for frame, _, _, wanted in places]
    assert [note.confidence for note in notes] == pytest.approx([1.0 / (1.0 + math.exp(-odds)) for _, _, odds, _ in places], abs=1e-3)


def test_the_twin_is_the_same_network() -> None:
    twin, denoiser = OBJECTIVE.build(TINY), Diffusion().build(TINY)
    assert isinstance(twin, OnePass)
    assert num_parameters(twin) == num_parameters(denoiser)
    denoiser.load_state_dict(twin.state_dict())
    x, sigma = torch.full((1, FRAMES, 7, 2), denoiser.data_mean), torch.ones(1)
    condition = twin.network.encode(torch.randn(1, FRAMES, N_MELS), torch.ones(1, FRAMES, dtype=torch.bool))
    raw = (denoiser(x, sigma, condition) - denoiser.data_mean) * 1.25**0.5 / 0.5  # undoes c_out at level 1
    torch.testing.assert_close(torch.stack(twin.answers(x, condition), dim=-1) - torch.tensor([PRIOR_LOG_ODDS, 0.0]), raw)
