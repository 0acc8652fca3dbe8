"""What a training step asks: what is heard, what the losses of known denoisers are, where the second draw stands."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from n2n.diffusion import Annealing, NoiseDistribution, Schedule, pseudo_huber
from n2n.features import N_MELS, level_db, normalise
from n2n.training.augment import AugmentConfig
from n2n.training.objective import (
    SILENCE_WEIGHT,
    Diffusion,
    Examples,
    Objective,
    draw_examples,
    draw_heard,
    draw_spans,
    roll_cost,
    velocities_to_roll,
)
from n2n.training.render import Packed, unpack_mel
from tests.training.scripted import Scripted

PLAIN = Diffusion(
    annealing=Annealing(1.0, 0.1),
    drop_all=0.0,
    drop_span=0.0,
    augment=AugmentConfig(equaliser=0.0, low_pass=0.0, high_pass=0.0, noise_floor=0.0, contrast=0.0, gain_db=0.0),
)
FRAMES = 40


def drawn(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def features(batch: int = 6) -> Packed:
    mel = torch.randint(0, 256, (batch, FRAMES, N_MELS), generator=drawn(2), dtype=torch.uint8)
    return Packed(mel, *(hits(batch, seed) for seed in (0, 3)))


def hits(batch: int, seed: int) -> Tensor:
    """Velocities, most of them 0."""
    struck = torch.rand(batch, FRAMES, 7, generator=drawn(seed)) < 0.1
    return torch.where(struck, torch.randint(1, 128, struck.shape, generator=drawn(seed + 1)), 0).to(torch.uint8)


def examples(batch: int = 6, objective: Objective = PLAIN) -> Examples:
    return draw_examples(features(batch), objective, drawn(3))


def loss_of(estimate: Tensor, roll: Tensor, c: float | None, objective: Objective = PLAIN) -> Tensor:
    """The loss of one draw that hears all, drum by drum and frame by frame."""
    onset, velocity = (estimate - roll).unbind(dim=-1)
    on_onset = onset.square() / 2.0 if c is None else pseudo_huber(onset, c)
    hit = roll[..., 0] > 0
    on_velocity = objective.velocity_weight * velocity[hit].abs().sum() + SILENCE_WEIGHT * velocity[~hit].square().sum() / 2.0
    return (on_onset.sum() + on_velocity) / roll.numel()


# What is heard


def heard_of(batch: int, frames: int, objective: Objective, seed: int = 0) -> Tensor:
    generator = drawn(seed)
    return draw_heard(draw_spans(batch, frames, objective, generator), objective.drop_all, generator)


@given(batch=st.integers(1, 8), frames=st.integers(1, 600), seed=st.integers(0, 10**6))
def test_a_dropped_span_is_contiguous_and_of_its_length(batch: int, frames: int, seed: int) -> None:
    objective = replace(PLAIN, drop_span=1.0, span=(0.1, 0.8))
    heard = heard_of(batch, frames, objective, seed)
    assert heard.shape == (batch, frames)
    for row in (~heard).int():
        edges = torch.nn.functional.pad(row, (1, 1)).diff().abs().sum()
        assert int(edges) in (0, 2)
        assert 0.1 * frames - 1 <= int(row.sum()) <= 0.8 * frames + 1


def test_complete_and_partial_dropout_take_their_shares() -> None:
    heard = heard_of(20000, 50, replace(PLAIN, drop_all=0.06, drop_span=0.2))
    silent, whole = ~heard.any(dim=1), heard.all(dim=1)
    assert float(silent.float().mean()) == pytest.approx(0.06, abs=0.01)
    assert float((~silent & ~whole).float().mean()) == pytest.approx(0.94 * 0.2, abs=0.01)
    lengths = (~heard[~silent & ~whole]).float().mean(dim=1)
    assert float(lengths.mean()) == pytest.approx(0.45, abs=0.02)


def test_spans_fall_anywhere() -> None:
    heard = heard_of(20000, 50, replace(PLAIN, drop_span=1.0, span=(0.1, 0.1)))
    assert float(heard[:, 10:40].float().mean(dim=0).std()) < 0.01
    assert not bool(heard[:, 0].all()) and not bool(heard[:, -1].all())


def test_no_dropout_hears_everything() -> None:
    assert bool(heard_of(100, 50, PLAIN).all())


# Examples


def test_plain_examples_are_the_clip_itself() -> None:
    found, packed = examples(), features()
    decibels = unpack_mel(packed.mel)
    torch.testing.assert_close(found.mel, normalise(decibels, level_db(decibels)))
    assert torch.equal(found.roll[..., 0] > 0, packed.velocities > 0)
    torch.testing.assert_close(found.roll[..., 1], 2.0 * packed.velocities.float() / 127.0 - 1.0)
    assert bool(found.heard.all())


def test_what_is_not_heard_at_all_is_as_played() -> None:
    packed = features(40)
    found = draw_examples(packed, replace(PLAIN, drop_all=0.5, drop_span=0.5), drawn())
    silent = ~found.heard.any(dim=1)
    assert 0 < int(silent.sum()) < 40
    expected = torch.where(silent[:, None, None], packed.as_played, packed.velocities)
    assert torch.equal(found.roll[..., 0] > 0, expected > 0)
    torch.testing.assert_close(found.roll[..., 1], 2.0 * expected.float() / 127.0 - 1.0)


def test_examples_are_deterministic_by_generator() -> None:
    one, again = (draw_examples(features(), Diffusion(), drawn(5)) for _ in range(2))
    assert torch.equal(one.roll, again.roll)
    assert all(torch.equal(a, b) for a, b in zip(one.streams, again.streams, strict=True))


def test_rolls_hold_silence_as_minus_one_and_full_velocity_as_one() -> None:
    roll = velocities_to_roll(torch.tensor([[[0, 1, 64, 127]]], dtype=torch.uint8))
    assert roll[0, 0].tolist() == [pytest.approx(cell) for cell in ([-1, -1], [1, 2 / 127 - 1], [1, 128 / 127 - 1], [1, 1])]


# Losses


def test_an_oracle_loses_nothing() -> None:
    batch = examples()
    found = PLAIN.loss(Scripted(batch.roll, batch.roll), batch, 0.5, drawn())
    assert float(found) == 0.0


@settings(max_examples=20)
@given(progress=st.floats(0.0, 1.0), annealed=st.booleans())
def test_silence_loses_what_its_errors_cost(progress: float, annealed: bool) -> None:
    objective = PLAIN if annealed else replace(PLAIN, annealing=None)
    batch, silence = examples(), torch.full_like(examples().roll, -1.0)
    found = objective.loss(Scripted(silence, silence), batch, progress, drawn())
    c = objective.annealing.c(progress) if objective.annealing else None
    draws = 1.0 + objective.later_weight
    assert float(found) == pytest.approx(draws * float(loss_of(silence, batch.roll, c)), rel=1e-4)


def test_where_the_audio_is_not_heard_the_loss_is_the_squared_error() -> None:
    batch = examples()
    unheard, silence = batch._replace(mel_heard=torch.zeros_like(batch.heard)), torch.full_like(batch.roll, -1.0)
    at_end = PLAIN.loss(Scripted(silence, silence), unheard, 1.0, drawn())
    squared = (silence - batch.roll).square() / 2.0
    assert float(at_end) == pytest.approx((1.0 + PLAIN.later_weight) * float(squared.mean()), rel=1e-4)


@pytest.mark.parametrize(("likely", "velocity"), [(0.05, None), (0.2, 0.6), (0.9, 0.6)])
def test_the_best_estimate_of_an_uncertain_hit_is_how_likely_it_is_and_how_hard_it_would_be(likely: float, velocity: float | None) -> None:
    hits, struck = round(likely * 100), 0.6
    target = torch.full((100, 1, 1, 2), -1.0)
    target[:hits] = torch.tensor([1.0, struck])
    heard = torch.ones(100, 1, dtype=torch.bool)
    grid = torch.linspace(-1.0, 1.0, 201)
    costs = torch.stack([roll_cost(x.expand_as(target), target, heard, velocity_weight=4.0).mean(dim=(0, 1, 2)) for x in grid])
    onset, found = (float(grid[index]) for index in costs.argmin(dim=0))
    assert onset == pytest.approx(2.0 * likely - 1.0, abs=0.011)
    if velocity is None:  # too unlikely for the velocity to matter: it is drawn to silence
        assert found < struck - 0.2
    else:
        assert found == pytest.approx(velocity, abs=0.011)


def test_sampling_starts_at_the_highest_level_of_the_first_draw() -> None:
    assert replace(PLAIN, schedule=Schedule(sigma_max=80.0)).sampling.schedule.sigmas(1) == [80.0]


def test_the_first_draw_starts_where_sampling_starts_and_the_second_has_the_usual_levels() -> None:
    objective = replace(PLAIN, noise=NoiseDistribution(-3.0, 0.01), on_policy=0.0)
    batch = examples(64)
    denoiser = Scripted(batch.roll, batch.roll)
    objective.loss(denoiser, batch, 0.0, drawn())
    (first, start), (second, later) = denoiser.asked
    assert float(start.min()) >= 5.0 - 1e-4 and float(start.max()) <= 20.0 + 1e-4
    assert later.tolist() == pytest.approx([math.exp(-3.0)] * 64, rel=0.1)
    for x, sigma in ((first, start), (second, later)):
        noise = (x - batch.roll) / sigma[:, None, None, None]
        assert float(noise.mean()) == pytest.approx(0.0, abs=0.02)
        assert float(noise.std()) == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("heard", [True, False])
def test_most_second_draws_lie_where_the_schedule_mends_if_all_is_heard(heard: bool) -> None:
    objective = replace(PLAIN, noise=NoiseDistribution(3.0, 0.01), schedule=Schedule(sigma_min=0.3, sigma_mend=0.5), mending=0.6)
    batch = examples(400)
    batch = batch._replace(mel_heard=batch.mel_heard & (heard | (torch.arange(FRAMES) < FRAMES - 1)))
    denoiser = Scripted(batch.roll, batch.roll)
    objective.loss(denoiser, batch, 0.0, drawn())
    _, (_, later) = denoiser.asked
    usual = later > 10.0
    assert bool((usual | ((later > 0.3 - 1e-4) & (later < 0.5 + 1e-4))).all())
    assert float(usual.float().mean()) == pytest.approx(0.4 if heard else 1.0, abs=0.08)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_share_of_the_second_draws_stands_on_the_first_estimate(share: float) -> None:
    objective = replace(PLAIN, noise=NoiseDistribution(-9.0, 0.01), on_policy=share)
    batch = examples(400)
    own = torch.full_like(batch.roll, 5.0)
    denoiser = Scripted(own, batch.roll)
    objective.loss(denoiser, batch, 0.0, drawn())
    (_, _), (second, _) = denoiser.asked
    on_own = ((second - 5.0).abs().amax(dim=(1, 2, 3)) < 0.1).float()
    on_true = ((second - batch.roll).abs().amax(dim=(1, 2, 3)) < 0.1).float()
    assert bool((on_own + on_true == 1.0).all())
    assert float(on_own.mean()) == pytest.approx(share, abs=0.08)


def test_what_is_not_heard_stands_on_the_true_roll() -> None:
    objective = replace(PLAIN, noise=NoiseDistribution(-9.0, 0.01), on_policy=1.0)
    batch = examples()
    batch = batch._replace(mel_heard=(torch.arange(FRAMES) < 15).expand_as(batch.heard))
    denoiser = Scripted(torch.full_like(batch.roll, 5.0), batch.roll)
    objective.loss(denoiser, batch, 0.0, drawn())
    second, _ = denoiser.asked[1]
    torch.testing.assert_close(second[:, :15], torch.full_like(second[:, :15], 5.0), atol=0.01, rtol=0.0)
    torch.testing.assert_close(second[:, 15:], batch.roll[:, 15:], atol=0.01, rtol=0.0)


@pytest.mark.parametrize("heard", [True, False])
def test_velocities_cost_by_what_is_heard_and_hit(heard: bool) -> None:
    batch = examples()
    batch = batch._replace(mel_heard=torch.full_like(batch.heard, heard))
    hits = batch.roll[..., 0] > 0
    for cells, cost in ((hits, 3.0 if heard else 0.5), (~hits, 0.5 * SILENCE_WEIGHT if heard else 0.5)):
        off = batch.roll.clone()
        off[..., 1] += cells.float()
        found = replace(PLAIN, velocity_weight=3.0).loss(Scripted(off, batch.roll), batch, 0.0, drawn())
        assert float(found) == pytest.approx(cost * float(cells.float().mean()) / 2, rel=1e-4)


def test_no_gradient_flows_through_the_first_estimate_into_the_second() -> None:
    batch = examples()
    first = torch.zeros_like(batch.roll, requires_grad=True)

    class Echo(Scripted):
        def forward(self, x: Tensor, sigma: Tensor, condition: object) -> Tensor:
            super().forward(x, sigma, condition)
            return first if len(self.asked) == 1 else x

    found = replace(PLAIN, on_policy=1.0).loss(Echo(first, first), batch, 0.0, drawn())
    found.backward()
    expected = torch.autograd.grad(loss_of(first, batch.roll, 1.0), first)[0]
    torch.testing.assert_close(first.grad, expected)


# A foundation model beside the log-mel


def both(batch: int, objective: Objective, seed: int = 0) -> tuple[Examples, Tensor]:
    """Examples with tokens, and where the audio sounded as these were made."""
    sounded = []

    def listen(heard: Tensor) -> Tensor:
        sounded.append(heard)
        return torch.where(heard[..., None], 1.0, 0.0).expand(-1, -1, 3)

    drawn_examples = draw_examples(features(batch), objective, drawn(seed), listen)
    return drawn_examples, sounded[0]


def test_the_two_streams_are_dropped_independently_and_lose_the_same_span() -> None:
    examples, _ = both(3000, replace(PLAIN, drop_all=0.3, drop_foundation=0.15, drop_span=0.5))
    mel, tokens = examples.mel_heard, examples.foundation_heard
    no_mel, no_tokens = ~mel.any(dim=1), ~tokens.any(dim=1)
    assert float(no_mel.float().mean()) == pytest.approx(0.3, abs=0.03)
    assert float(no_tokens.float().mean()) == pytest.approx(0.15, abs=0.03)
    assert float((no_mel & no_tokens).float().mean()) == pytest.approx(0.045, abs=0.015)
    two = ~no_mel & ~no_tokens
    assert torch.equal(mel[two], tokens[two])
    assert float((~mel[two].all(dim=1)).float().mean()) == pytest.approx(0.5, abs=0.05)
    assert torch.equal(examples.heard, mel | tokens)


def test_half_of_the_spans_are_silenced_before_the_foundation_model_hears_the_clip() -> None:
    examples, sounded = both(3000, replace(PLAIN, drop_span=0.5, drop_foundation=0.0))
    spans = ~examples.foundation_heard
    silenced = (~sounded).any(dim=1)
    assert torch.equal(~sounded[silenced], spans[silenced])
    assert float(silenced.float().mean()) == pytest.approx(0.25, abs=0.03)
    assert torch.equal(examples.foundation[..., 0] == 1.0, sounded)


def test_only_where_neither_stream_is_heard_the_roll_is_one_as_played() -> None:
    packed = features(200)
    examples, _ = both(200, replace(PLAIN, drop_all=0.5, drop_foundation=0.5))
    unheard = ~examples.heard.any(dim=1)
    assert 0 < int(unheard.sum()) < 100
    expected = torch.where(unheard[:, None, None], packed.as_played, packed.velocities)
    assert torch.equal(examples.roll, velocities_to_roll(expected))


def test_without_a_foundation_model_nothing_more_is_drawn() -> None:
    objective, alone_generator, generator = replace(PLAIN, drop_all=0.3, drop_span=0.5), drawn(7), drawn(7)
    alone = draw_examples(features(), objective, alone_generator)
    beside = draw_examples(features(), objective, generator, lambda heard: torch.zeros(*heard.shape, 3))
    assert torch.equal(alone.mel, beside.mel) and torch.equal(alone.mel_heard, beside.mel_heard)
    assert len(alone.streams) == 2 and alone.heard is alone.mel_heard
    torch.rand(6, generator=alone_generator), torch.rand(6, generator=alone_generator)  # the two that tokens take
    assert torch.equal(alone_generator.get_state(), generator.get_state())
