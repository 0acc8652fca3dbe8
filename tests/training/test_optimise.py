"""Rates, the division of parameters between two optimisers, the moving average, optimiser state."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from n2n.checkpoint import build_denoiser
from n2n.model import ModelConfig
from n2n.training.optimise import (
    OptimiserConfig,
    build_optimisers,
    load_optimiser_tensors,
    optimiser_tensors,
    rate,
    set_rate,
    split_parameters,
    update_average,
)

CONFIG = OptimiserConfig(lr=0.01, warmup=10, cooldown=0.4)
TINY = ModelConfig(width=16, feedforward=16, heads=2, encoder_layers=1, decoder_layers=1)


def test_the_rate_rises_over_the_warm_up_stays_and_falls_to_zero() -> None:
    rates = [rate(step, 100, CONFIG) for step in range(101)]
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert rates[10:61] == [1.0] * 51
    assert rates[60:] == pytest.approx([(100 - step) / 40 for step in range(60, 101)])


@given(step=st.integers(0, 10**5), iterations=st.integers(1, 10**5), cooldown=st.floats(0.0, 1.0), warmup=st.integers(0, 1000))
def test_the_rate_is_a_share(step: int, iterations: int, cooldown: float, warmup: int) -> None:
    assert 0.0 <= rate(step, iterations, replace(CONFIG, cooldown=cooldown, warmup=warmup)) <= 1.0


def test_the_rate_is_set_in_every_group() -> None:
    optimisers = build_optimisers(build_denoiser(TINY), CONFIG)
    set_rate(optimisers, 0.123)
    assert {group["lr"] for optimiser in optimisers for group in optimiser.param_groups} == {0.123}


def test_every_parameter_has_one_optimiser_and_maps_of_features_are_not_hidden() -> None:
    model = build_denoiser(TINY)
    hidden, rest = split_parameters(model)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    assert sorted(names[id(p)] for p in hidden + rest) == sorted(names.values())
    assert all(p.dim() == 2 for p in hidden)
    assert {"network.layers.0.self_attention.query.weight", "network.mel_encoder.layers.0.feed_forward.0.weight"} <= {
        names[id(p)] for p in hidden
    }
    assert {"network.roll_in.project.weight", "network.roll_out.weight", "network.mel_encoder.stem.convolve.weight"} <= {
        names[id(p)] for p in rest
    }


def test_the_average_of_a_constant_model_approaches_it() -> None:
    average, model = nn.Linear(2, 2), nn.Linear(2, 2)
    for step in range(60):
        update_average(average, model, step, 0.9)
    torch.testing.assert_close(average.weight, model.weight, atol=0.01, rtol=0.0)


def test_the_average_moves_by_its_decay_and_faster_at_first() -> None:
    for step, share in ((0, 0.9), (90, 9 / 100), (10**6, 1e-3)):
        average, model = nn.Linear(1, 1), nn.Linear(1, 1)
        nn.init.zeros_(average.weight)
        nn.init.ones_(model.weight)
        update_average(average, model, step, 0.999)
        assert float(average.weight.detach()) == pytest.approx(share, rel=1e-3)


def step_once(model: nn.Module, optimisers: list[torch.optim.Optimizer], seed: int) -> None:
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed))
    for optimiser in optimisers:
        optimiser.step()


def test_optimisers_go_on_from_their_tensors_bit_for_bit() -> None:
    model = build_denoiser(TINY)
    optimisers = build_optimisers(model, CONFIG)
    for seed in range(3):
        step_once(model, optimisers, seed)
    twin = build_denoiser(TINY)
    twin.load_state_dict(model.state_dict())
    restored = build_optimisers(twin, CONFIG)
    for optimiser, source in zip(restored, optimisers, strict=True):
        load_optimiser_tensors(optimiser, {name: tensor.clone() for name, tensor in optimiser_tensors(source).items()})
    for m, o in ((model, optimisers), (twin, restored)):
        step_once(m, o, 9)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), twin.parameters(), strict=True))
