"""The network, with random weights: its sizes, what it hears and does not hear, the formulas of its parts."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from n2n.checkpoint import build_denoiser
from n2n.features import N_MELS
from n2n.model import BASE, PAPER, SMALL, Attention, FiLM, ModelConfig, Network, attend, num_parameters, rotate

ADD = ModelConfig(width=32, feedforward=48, heads=2, encoder_layers=1, decoder_layers=2)
CROSS = replace(ADD, frames_per_token=1, stem="linear", condition="cross", foundation_dim=24)
DEEP = replace(ADD, encoder_layers=3, frames_per_token=3)
EVERY_CONFIG = pytest.mark.parametrize("config", [ADD, CROSS, DEEP], ids=["add", "cross", "deep"])
FRAMES = 23


def random_network(config: ModelConfig, seed: int = 0) -> Network:
    network, generator = Network(config).eval().requires_grad_(False), torch.Generator().manual_seed(seed)
    for parameter in network.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator) * (0.5 if parameter.dim() == 1 else parameter.shape[-1] ** -0.5))
    return network


def random_mel(seed: int, batch: int = 2, frames: int = FRAMES) -> Tensor:
    return torch.randn(batch, frames, N_MELS, generator=torch.Generator().manual_seed(seed))


def random_roll(seed: int, batch: int = 2, frames: int = FRAMES) -> Tensor:
    return torch.randn(batch, frames, 7, 2, generator=torch.Generator().manual_seed(seed))


def all_heard(mel: Tensor) -> Tensor:
    return torch.ones(mel.shape[:2], dtype=torch.bool)


# Sizes


def test_paper_preset_has_the_parameters_of_the_paper() -> None:
    with torch.device("meta"):
        assert 52.0e6 <= num_parameters(Network(PAPER)) <= 52.7e6


def test_small_preset_fits_twelve_megabytes_in_half_precision() -> None:
    with torch.device("meta"):
        parameters = num_parameters(Network(SMALL))
    assert 3e6 <= parameters <= 6e6
    assert 2 * parameters < 12e6


def test_base_preset_has_at_most_thirty_million_parameters() -> None:
    with torch.device("meta"):
        assert num_parameters(Network(BASE)) <= 30e6


@pytest.mark.parametrize(
    "change", [{"heads": 0}, {"width": 0}, {"width": -16}, {"decoder_layers": 0}, {"frames_per_token": 0}, {"dropout": 1.0}]
)
def test_sizes_below_one_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="sizes must be 1 or more"):
        replace(ADD, **change)


@pytest.mark.parametrize("frames", [1, 2, 22, 23, 24])
@EVERY_CONFIG
def test_an_estimate_has_the_shape_of_the_roll(config: ModelConfig, frames: int) -> None:
    network, mel, roll = random_network(config), random_mel(0, frames=frames), random_roll(1, frames=frames)
    estimate = network(roll, torch.tensor([-1.0, 0.5]), network.encode(mel, all_heard(mel)))
    assert estimate.shape == roll.shape
    assert bool(estimate.isfinite().all())


def test_impossible_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple of twice the number of heads"):
        ModelConfig(width=36, heads=4)
    with pytest.raises(ValueError, match="need condition='cross'"):
        ModelConfig(foundation_dim=1024)


# What is heard


@EVERY_CONFIG
def test_unheard_audio_has_no_influence(config: ModelConfig) -> None:
    network, silent = random_network(config), torch.zeros(2, FRAMES, dtype=torch.bool)
    one, other = (network(random_roll(2), torch.zeros(2), network.encode(random_mel(seed), silent)) for seed in (0, 1))
    assert torch.equal(one, other)


@EVERY_CONFIG
def test_heard_audio_has_influence(config: ModelConfig) -> None:
    network = random_network(config)
    one, other = (network(random_roll(2), torch.zeros(2), network.encode(random_mel(seed), all_heard(random_mel(seed)))) for seed in (0, 1))
    assert not torch.allclose(one, other, atol=0.01)


@settings(max_examples=30)
@given(config=st.sampled_from([ADD, CROSS, DEEP]), start=st.integers(0, FRAMES - 1), length=st.integers(1, FRAMES))
def test_audio_of_a_dropped_span_reaches_no_condition_token(config: ModelConfig, start: int, length: int) -> None:
    network, mel = random_network(config), random_mel(0)
    heard = all_heard(mel)
    heard[:, start : start + length] = False
    changed = torch.where(heard[..., None], mel, 100.0 * random_mel(1))
    one, other = network.encode(mel, heard), network.encode(changed, heard)
    assert torch.equal(one.tokens, other.tokens)
    assert torch.equal(one.pooled, other.pooled)


def test_a_dropped_span_is_not_heard_as_silence() -> None:
    network, mel = random_network(ADD), torch.zeros(1, FRAMES, N_MELS)
    assert not torch.allclose(network.encode(mel, all_heard(mel)).tokens, network.encode(mel, ~all_heard(mel)).tokens, atol=0.01)


@EVERY_CONFIG
def test_the_null_embedding_learns_from_dropped_frames_alone(config: ModelConfig) -> None:
    network, mel = random_network(config), random_mel(0)
    null = network.mel_encoder.null.requires_grad_()
    network.encode(mel, all_heard(mel)).tokens.square().mean().backward()
    assert null.grad is not None and not null.grad.any()
    network.encode(mel, ~all_heard(mel)).tokens.square().mean().backward()
    assert bool(null.grad.any())


# Foundation tokens


def test_foundation_tokens_are_read_beside_the_mel() -> None:
    network, mel, roll = random_network(CROSS), random_mel(0), random_roll(1)
    one, other = (torch.randn(2, 17, CROSS.foundation_dim, generator=torch.Generator().manual_seed(seed)) for seed in (2, 3))
    heard = network.encode(mel, all_heard(mel), one)
    assert heard.tokens.shape == (2, FRAMES + 17, CROSS.width)
    assert heard.positions[FRAMES:].tolist() == pytest.approx([k * FRAMES / 17 for k in range(17)])
    estimates = [network(roll, torch.zeros(2), condition) for condition in (heard, network.encode(mel, all_heard(mel), other))]
    assert not torch.allclose(*estimates, atol=0.01)


def test_dropped_foundation_tokens_have_no_influence() -> None:
    network, mel = random_network(CROSS), random_mel(0)
    heard = torch.ones(2, 18, dtype=torch.bool)
    heard[:, 5:11] = False
    foundation = torch.randn(2, 18, CROSS.foundation_dim)
    changed = torch.where(heard[..., None], foundation, 9.0)
    one, other = (network.encode(mel, all_heard(mel), tokens, heard) for tokens in (foundation, changed))
    assert torch.equal(one.tokens, other.tokens) and torch.equal(one.pooled, other.pooled)


def test_missing_foundation_tokens_equal_unheard_ones() -> None:
    network, mel = random_network(CROSS), random_mel(0)
    given_but_unheard = network.encode(mel, all_heard(mel), torch.randn(2, FRAMES, CROSS.foundation_dim), ~all_heard(mel))
    missing = network.encode(mel, all_heard(mel))
    assert torch.equal(missing.tokens, given_but_unheard.tokens) and torch.equal(missing.pooled, given_but_unheard.pooled)


def test_a_network_without_a_foundation_encoder_refuses_foundation_tokens() -> None:
    network, mel = random_network(ADD), random_mel(0)
    with pytest.raises(ValueError, match="without a foundation encoder"):
        network.encode(mel, all_heard(mel), torch.zeros(2, 17, 24))


@pytest.mark.parametrize(("config", "lead"), [(ADD, 1), (DEEP, 1), (DEEP, 2)])
def test_a_lead_is_as_if_silence_at_the_mean_came_first(config: ModelConfig, lead: int) -> None:
    network, mel, roll, c_noise = random_network(config), random_mel(0), random_roll(1), torch.tensor([-1.0, 0.5])
    led = network(roll, c_noise, network.encode(mel, all_heard(mel), lead=lead))
    longer, quiet = F.pad(mel, (0, 0, lead, 0)), F.pad(roll, (0, 0, 0, 0, lead, 0))
    expected = network(quiet, c_noise, network.encode(longer, all_heard(longer)))[:, lead:]
    assert torch.allclose(led, expected, atol=1e-4)
    assert not torch.allclose(led, network(roll, c_noise, network.encode(mel, all_heard(mel))), atol=0.01)


@pytest.mark.parametrize(("config", "lead"), [(ADD, -1), (ADD, 2), (CROSS, 1), (DEEP, 3)])
def test_a_lead_of_a_whole_token_is_refused(config: ModelConfig, lead: int) -> None:
    with pytest.raises(ValueError, match=f"lead must lie in 0..{config.frames_per_token - 1}"):
        random_network(config).encode(random_mel(0), all_heard(random_mel(0)), lead=lead)


# Denoising


@EVERY_CONFIG
def test_the_denoiser_is_the_identity_as_sigma_falls_to_zero(config: ModelConfig) -> None:
    denoiser, mel, x = build_denoiser(config).requires_grad_(False), random_mel(0), random_roll(1)
    denoiser.network.load_state_dict(random_network(config).state_dict())
    condition = denoiser.network.encode(mel, all_heard(mel))
    distances = [float((denoiser(x, torch.full((2,), sigma), condition) - x).abs().max()) for sigma in (1.0, 1e-3, 1e-6)]
    assert distances[0] > 0.1
    assert distances[1] < 0.02
    assert distances[2] < 1e-4


@EVERY_CONFIG
def test_the_noise_level_changes_the_estimate(config: ModelConfig) -> None:
    network, mel, roll = random_network(config), random_mel(0), random_roll(1)
    condition = network.encode(mel, all_heard(mel))
    assert not torch.allclose(
        network(roll, torch.tensor([-1.0, -1.0]), condition), network(roll, torch.tensor([0.6, 0.6]), condition), atol=0.01
    )


@EVERY_CONFIG
def test_clips_of_a_batch_do_not_influence_each_other(config: ModelConfig) -> None:
    network, mel, roll = random_network(config), random_mel(0, batch=3), random_roll(1, batch=3)
    c_noise = torch.tensor([-1.0, 0.0, 1.0])
    together = network(roll, c_noise, network.encode(mel, all_heard(mel)))
    alone = network(roll[1:2], c_noise[1:2], network.encode(mel[1:2], all_heard(mel[1:2])))
    torch.testing.assert_close(together[1:2], alone, atol=1e-4, rtol=1e-4)


@EVERY_CONFIG
def test_an_estimate_under_bfloat16_stays_float32(config: ModelConfig) -> None:
    denoiser, mel, x = build_denoiser(config), random_mel(0), random_roll(1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        estimate = denoiser(x, torch.tensor([0.1, 10.0]), denoiser.network.encode(mel, all_heard(mel)))
    assert estimate.dtype == torch.float32
    assert bool(estimate.isfinite().all())


@EVERY_CONFIG
def test_every_parameter_learns(config: ModelConfig) -> None:
    network, mel, roll = Network(config), random_mel(0), random_roll(1)
    heard = all_heard(mel)
    heard[:, :5] = False
    network(roll, torch.zeros(2), network.encode(mel, heard)).square().sum().backward()
    unused = [name for name, parameter in network.named_parameters() if parameter.grad is None or not parameter.grad.isfinite().all()]
    assert unused == []


# Parts


def test_film_scales_and_shifts_by_a_linear_map_of_mish() -> None:
    film, x, signal = FiLM(6), torch.randn(2, 5, 6), torch.randn(2, 6)
    scale, shift = (F.mish(signal) @ film.generator.weight.T + film.generator.bias).split(6, dim=-1)
    torch.testing.assert_close(film(x, signal), (1.0 + scale[:, None]) * x + shift[:, None])


@given(query_position=st.floats(0, 500), key_position=st.floats(0, 500), shift=st.floats(-500, 500))
def test_rotated_products_depend_on_the_distance_alone(query_position: float, key_position: float, shift: float) -> None:
    query, key = torch.randn(2, 1, 1, 1, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def product(q: float, k: float) -> float:
        return float((rotate(query, torch.tensor([q])) * rotate(key, torch.tensor([k]))).sum())

    assert product(query_position + shift, key_position + shift) == pytest.approx(product(query_position, key_position), abs=2e-3)


def test_rotation_keeps_lengths_and_does_nothing_at_zero() -> None:
    x = torch.randn(2, 3, 5, 16)
    rotated = rotate(x, torch.arange(5.0))
    torch.testing.assert_close(rotated.norm(dim=-1), x.norm(dim=-1))
    torch.testing.assert_close(rotated[:, :, 0], x[:, :, 0])
    assert not torch.allclose(rotated[:, :, 1], x[:, :, 1], atol=0.01)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 6e-2)])
def test_attention_is_a_mean_of_the_values_weighted_by_scaled_products(dtype: torch.dtype, tolerance: float) -> None:
    query, key, value = torch.randn(2, 3, 5, 8), torch.randn(2, 3, 9, 8), torch.randn(2, 3, 9, 8)
    weights = torch.exp(torch.einsum("bhqc,bhkc->bhqk", query, key) / math.sqrt(8))
    expected = torch.einsum("bhqk,bhkc->bhqc", weights / weights.sum(-1, keepdim=True), value)
    heard = attend(query.to(dtype), key.to(dtype), value.to(dtype))
    torch.testing.assert_close(heard.float(), expected, atol=tolerance, rtol=tolerance)


def test_attention_does_not_change_when_time_is_shifted() -> None:
    attention, x, memory = Attention(16, 2, 0.0), torch.randn(1, 6, 16), torch.randn(1, 9, 16)
    positions, memory_positions = torch.arange(6.0), torch.arange(9.0) * 0.7
    shifted = attention(x, memory, positions + 100.0, memory_positions + 100.0)
    torch.testing.assert_close(attention(x, memory, positions, memory_positions), shifted, atol=1e-4, rtol=1e-4)


def test_time_matters_to_attention() -> None:
    attention, memory = Attention(16, 2, 0.0), torch.randn(1, 9, 16)
    near, far = (attention(torch.ones(1, 1, 16), memory, torch.tensor([position]), torch.arange(9.0)) for position in (0.0, 8.0))
    assert not torch.allclose(near, far, atol=1e-4)
