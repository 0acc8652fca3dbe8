"""Diffusion against closed forms (Gaussian data) and oracles (a denoiser that knows the answer)."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from n2n.diffusion import (
    SAMPLERS,
    Annealing,
    Denoise,
    Denoiser,
    NoiseDistribution,
    Schedule,
    Step,
    average_tail,
    guide,
    lock,
    num_evaluations,
    pseudo_huber,
    take_turns,
)

MEAN, DEVIATION = -0.7, 0.4
EVERY_SAMPLER = pytest.mark.parametrize("sampler", SAMPLERS)
samplers, step_counts = st.sampled_from(sorted(SAMPLERS)), st.integers(1, 12)

EDM_SCHEDULE = Schedule(sigma_max=80.0, sigma_min=0.002, rho=7.0)


def posterior_mean(x: Tensor, sigma: float) -> Tensor:
    """The best denoiser of data distributed N(MEAN, DEVIATION^2)."""
    return MEAN + DEVIATION**2 / (DEVIATION**2 + sigma**2) * (x - MEAN)


def ode_end(x: Tensor, sigma: float) -> Tensor:
    """Where the probability-flow ODE of the same data ends, from x at sigma: a consistency function."""
    return MEAN + DEVIATION / math.hypot(DEVIATION, sigma) * (x - MEAN)


def standard_noise(seed: int, count: int = 20000) -> Tensor:
    """Normal draws, shifted and scaled to a mean of 0 and a deviation of 1 to rounding."""
    z = torch.randn(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (z - z.mean()) / z.std(correction=0)


def sample(sampler: str, denoise: Denoise, x: Tensor, sigmas: list[float]) -> Tensor:
    """The end of a walk whose noise at step i has seed i."""
    noise = torch.Generator()
    *_, last = SAMPLERS[sampler].walk(
        denoise, x, sigmas, noise=lambda i: torch.randn(x.shape, generator=noise.manual_seed(i), dtype=torch.float64).to(x.dtype)
    )
    return last.denoised


def gaussian_sample(sampler: str, num_steps: int, denoise: Denoise = posterior_mean) -> Tensor:
    sigmas = EDM_SCHEDULE.sigmas(num_steps)
    *_, last = SAMPLERS[sampler].walk(denoise, MEAN + sigmas[0] * standard_noise(0), sigmas, noise=standard_noise)
    return last.denoised


# Schedules


def test_edm_levels_are_those_of_the_paper() -> None:
    assert EDM_SCHEDULE.sigmas(5) == pytest.approx([80, 17.5, 2.52, 0.17, 0.002], rel=0.015)
    assert EDM_SCHEDULE.sigmas(10) == pytest.approx([80, 42.4, 21.1, 9.7, 4.07, 1.50, 0.47, 0.117, 0.0204, 0.002], rel=0.01)


@given(low=st.floats(1e-3, 10.0), ratio=st.floats(1.0, 1e4), rho=st.floats(1.0, 10.0), num_steps=st.integers(2, 40))
def test_schedule_falls_from_sigma_max_to_sigma_min(low: float, ratio: float, rho: float, num_steps: int) -> None:
    sigmas = Schedule(low * ratio, low, rho).sigmas(num_steps)
    assert len(sigmas) == num_steps
    assert sigmas[0] == pytest.approx(low * ratio, rel=1e-9)
    assert sigmas[-1] == pytest.approx(low, rel=1e-9)
    assert all(higher >= lower * (1 - 1e-12) for higher, lower in pairwise(sigmas))


def test_one_step_is_sigma_max_alone() -> None:
    assert EDM_SCHEDULE.sigmas(1) == [80.0]


@pytest.mark.parametrize("sigma", [7.0, 0.3, 0.1])
def test_schedule_below_a_level_starts_there_and_never_rises(sigma: float) -> None:
    sigmas = Schedule(20.0, 0.3, 3.0).below(sigma).sigmas(4)
    assert sigmas[0] == pytest.approx(sigma)
    assert sigmas[-1] == pytest.approx(min(sigma, 0.3))


def test_a_walk_that_mends_goes_to_its_level_at_once_and_never_rises() -> None:
    bent, mending = (Schedule(20.0, 0.3, 3.0, mend) for mend in (None, 0.5))
    for num_steps in (2, 5, 30):
        expected = [20.0, *(min(sigma, 0.5) for sigma in bent.sigmas(num_steps)[1:])]
        assert mending.sigmas(num_steps) == pytest.approx(expected)
    assert mending.sigmas(1) == [20.0]
    assert mending.below(3.0).sigmas(4)[:2] == pytest.approx([3.0, 0.5]) and mending.below(0.4).sigmas(4)[0] == pytest.approx(0.4)


def test_impossible_schedules_are_refused() -> None:
    with pytest.raises(ValueError, match="sigma_mend must be sigma_min at least, or None"):
        Schedule(20.0, 0.3, 3.0, 0.2)
    for sigma_max, sigma_min, rho in [(1.0, 2.0, 7.0), (1.0, 0.0, 7.0), (math.inf, 0.1, 7.0), (math.nan, 0.1, 7.0), (1.0, 0.1, 0.0)]:
        with pytest.raises(ValueError, match="0 < sigma_min <= sigma_max"):
            Schedule(sigma_max, sigma_min, rho)
    with pytest.raises(ValueError, match="at least one step"):
        EDM_SCHEDULE.sigmas(0)


# Preconditioning


class Recorder(nn.Module):
    """A network that returns a constant and remembers its inputs."""

    def __init__(self, output: float = 0.0) -> None:
        super().__init__()
        self.output = output

    def forward(self, x: Tensor, c_noise: Tensor, condition: object) -> Tensor:
        self.inputs = x, c_noise, condition
        return torch.full_like(x, self.output)


def test_a_silent_network_is_the_denoiser_of_gaussian_data() -> None:
    denoiser = Denoiser(Recorder(), sigma_data=DEVIATION, data_mean=MEAN)
    x = torch.randn(3, 5, 7, 2)
    for sigma in (0.01, 0.5, 20.0):
        torch.testing.assert_close(denoiser(x, torch.full((3,), sigma), None), posterior_mean(x, sigma))


def test_the_network_adds_c_out_times_its_output() -> None:
    x, sigma, d = torch.randn(3, 4, 7, 2), torch.tensor([0.05, 1.0, 30.0]), 0.5
    silent, loud = (Denoiser(Recorder(output), sigma_data=d)(x, sigma, None) for output in (0.0, 3.0))
    c_out = sigma * d / (sigma**2 + d**2).sqrt()
    torch.testing.assert_close(loud - silent, (3.0 * c_out)[:, None, None, None].expand_as(x))


def test_the_network_sees_data_of_unit_variance_and_a_quarter_of_log_sigma() -> None:
    network, d = Recorder(), 0.5
    data, sigma = -1.0 + d * standard_noise(0).reshape(2, -1, 1, 2), torch.tensor([0.3, 8.0], dtype=torch.float64)
    Denoiser(network, sigma_data=d, data_mean=-1.0)(
        data + sigma[:, None, None, None] * standard_noise(1).reshape(data.shape), sigma, "heard"
    )
    x, c_noise, condition = network.inputs
    assert x.std(dim=(1, 2, 3)).tolist() == pytest.approx([1.0, 1.0], abs=0.02)
    assert c_noise.tolist() == pytest.approx([math.log(0.3) / 4, math.log(8.0) / 4])
    assert condition == "heard"


def test_weight_of_the_target_is_the_inverse_square_of_c_out() -> None:
    """With D = y, F must be (y - c_skip x) / c_out: the preconditioning is invertible at every level."""
    x, y, d = torch.randn(2, 4, 7, 2), torch.randn(2, 4, 7, 2), 0.5
    for sigma in (0.002, 1.0, 80.0):
        c_skip, c_out = d**2 / (sigma**2 + d**2), sigma * d / math.hypot(sigma, d)

        class Exact(nn.Module):
            def forward(self, _: Tensor, c_noise: Tensor, condition: object, target: Tensor = (y - c_skip * x) / c_out) -> Tensor:
                return target

        torch.testing.assert_close(Denoiser(Exact(), sigma_data=d)(x, torch.full((2,), sigma), None), y, atol=1e-4, rtol=1e-4)


# The loss


def test_pseudo_huber_is_squared_error_for_large_c_and_absolute_error_for_small() -> None:
    error = torch.linspace(-2.0, 2.0, 401, dtype=torch.float64)
    torch.testing.assert_close(pseudo_huber(error, 1e3), error**2 / 2e3, rtol=1e-5, atol=1e-12)
    torch.testing.assert_close(pseudo_huber(error, 1e-6), error.abs(), rtol=0.0, atol=1e-6)


@given(error=st.floats(-10, 10), c=st.floats(1e-4, 100.0))
def test_pseudo_huber_lies_below_both_of_its_limits(error: float, c: float) -> None:
    value = float(pseudo_huber(torch.tensor(error, dtype=torch.float64), c))
    assert -1e-12 <= value <= min(abs(error), error**2 / (2 * c)) + 1e-12


def test_pseudo_huber_takes_a_c_for_each_cell() -> None:
    error, c = torch.tensor([0.5, 0.5]), torch.tensor([1.0, 0.01])
    assert pseudo_huber(error, c).tolist() == pytest.approx([math.sqrt(1.25) - 1.0, math.sqrt(0.2501) - 0.01], rel=1e-5)


def test_pseudo_huber_has_a_gradient_at_zero() -> None:
    error = torch.zeros(3, requires_grad=True)
    pseudo_huber(error, 1e-4).sum().backward()
    assert error.grad is not None and error.grad.tolist() == [0.0, 0.0, 0.0]


def test_annealing_is_linear_between_its_end_points_and_constant_outside() -> None:
    annealing = Annealing(1.0, 1e-4)
    assert [annealing.c(p) for p in (0.0, 1.0, -0.5, 1.5)] == [1.0, 1e-4, 1.0, 1e-4]
    assert annealing.c(0.25) == pytest.approx(0.75 + 0.25e-4)


# Training levels


def test_log_sigma_is_normal() -> None:
    log_sigma = NoiseDistribution(-1.2, 1.2).draw(40000, torch.Generator().manual_seed(0)).log()
    assert float(log_sigma.mean()) == pytest.approx(-1.2, abs=0.03)
    assert float(log_sigma.std()) == pytest.approx(1.2, abs=0.03)
    assert float((log_sigma < -1.2 - 1.2).float().mean()) == pytest.approx(0.1587, abs=0.01)


def test_start_share_is_log_uniform_over_its_range() -> None:
    sigma = NoiseDistribution(start_share=1.0, start=(5.0, 80.0)).draw(40000, torch.Generator().manual_seed(0))
    assert float(sigma.min()) >= 5.0 * (1 - 1e-6) and float(sigma.max()) <= 80.0 * (1 + 1e-6)
    place = (sigma / 5.0).log() / math.log(16.0)
    assert float(place.mean()) == pytest.approx(0.5, abs=0.01)
    assert float(place.var()) == pytest.approx(1 / 12, abs=0.003)


def test_start_share_is_the_share_of_draws() -> None:
    sigma = NoiseDistribution(-5.0, 0.1, start_share=0.25, start=(5.0, 80.0)).draw(40000, torch.Generator().manual_seed(0))
    assert float((sigma > 1.0).float().mean()) == pytest.approx(0.25, abs=0.01)


def test_levels_are_deterministic_by_generator() -> None:
    first, again = (NoiseDistribution(start_share=0.5).draw(100, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, again)


# Samplers on Gaussian data


@pytest.mark.parametrize(("sampler", "num_steps", "tolerance"), [("euler", 400, 0.02), ("heun", 100, 0.003)])
def test_ode_samplers_reach_mean_and_variance_of_gaussian_data(sampler: str, num_steps: int, tolerance: float) -> None:
    found = gaussian_sample(sampler, num_steps)
    assert float(found.mean()) == pytest.approx(MEAN, abs=1e-9)
    assert float(found.std(correction=0)) == pytest.approx(DEVIATION, rel=tolerance)


def test_euler_is_of_first_and_heun_of_second_order() -> None:
    x, exact = MEAN + 80.0 * standard_noise(0, 16), ode_end(MEAN + 80.0 * standard_noise(0, 16), 80.0)

    def error(sampler: str, num_steps: int) -> float:
        return float((sample(sampler, posterior_mean, x, EDM_SCHEDULE.sigmas(num_steps)) - exact).abs().max())

    assert error("euler", 80) / error("euler", 160) == pytest.approx(2.0, abs=0.3)
    assert error("heun", 40) / error("heun", 80) == pytest.approx(4.0, abs=0.8)
    assert error("heun", 40) < error("euler", 79) / 3  # 79 evaluations each


def test_renoise_reaches_mean_and_variance_where_the_denoiser_is_a_consistency_function() -> None:
    for num_steps in (1, 2, 10):
        found = gaussian_sample("renoise", num_steps, ode_end)
        assert float(found.mean()) == pytest.approx(MEAN, abs=1e-9)
        assert float(found.std(correction=0)) == pytest.approx(DEVIATION, rel=0.03)


def test_renoise_of_posterior_means_keeps_the_mean_and_at_most_the_variance() -> None:
    """Each denoising shrinks the spread and no noise restores it: v' = k^2 (v + sigma^2), in the end half the data's variance at most."""
    for num_steps in (1, 5, 300):
        variance = 0.0
        for sigma in EDM_SCHEDULE.sigmas(num_steps):
            variance = (DEVIATION**2 / (DEVIATION**2 + sigma**2)) ** 2 * (variance + sigma**2)
        found = gaussian_sample("renoise", num_steps)
        assert float(found.mean()) == pytest.approx(MEAN, abs=1e-9)
        assert float(found.var(correction=0)) == pytest.approx(variance, rel=0.1)
        assert variance < 0.51 * DEVIATION**2


# Samplers with an oracle


@given(sampler=samplers, num_steps=step_counts, seed=st.integers(0, 1000))
def test_every_sampler_returns_what_an_oracle_knows(sampler: str, num_steps: int, seed: int) -> None:
    y = torch.randn(4, 7, 2, generator=torch.Generator().manual_seed(seed))
    assert torch.equal(sample(sampler, lambda x, sigma: y, torch.randn_like(y) * 20.0, Schedule().sigmas(num_steps)), y)


@EVERY_SAMPLER
def test_one_step_is_the_estimate_at_sigma_max(sampler: str) -> None:
    x = 80.0 * torch.randn(6, 7, 2)
    found = sample(sampler, lambda x, sigma: (x / sigma).tanh(), x, EDM_SCHEDULE.sigmas(1))
    assert torch.equal(found, (x / 80.0).tanh())
    assert bool(found.isfinite().all())


@given(sampler=samplers, num_steps=step_counts)
def test_samplers_call_the_network_as_often_as_stated(sampler: str, num_steps: int) -> None:
    calls = []
    sample(sampler, lambda x, sigma: calls.append(sigma) or x * 0.0, torch.ones(3), Schedule().sigmas(num_steps))
    assert len(calls) == num_evaluations(sampler, num_steps)


@given(sampler=samplers, num_steps=step_counts)
def test_walks_yield_one_step_a_level_in_order(sampler: str, num_steps: int) -> None:
    sigmas, y = Schedule().sigmas(num_steps), torch.zeros(3)
    steps = list(SAMPLERS[sampler].walk(lambda x, sigma: y, torch.ones(3) * 20.0, sigmas, noise=lambda i: torch.full((3,), float(i))))
    assert [(step.number, step.sigma) for step in steps] == list(enumerate(sigmas))
    assert torch.equal(steps[0].noisy, torch.ones(3) * 20.0)
    if sampler == "renoise":
        assert all(step.noisy.tolist() == pytest.approx([step.sigma * step.number] * 3) for step in steps[1:])


@given(values=st.lists(st.integers(-50, 50), min_size=1, max_size=12), first=st.integers(0, 12))
def test_the_tail_of_a_walk_is_the_mean_of_its_estimates(values: list[int], first: int) -> None:
    walk = [Step(number, 1.0, torch.zeros(1), torch.tensor([float(value)])) for number, value in enumerate(values)]
    estimates = [float(step.denoised) for step in average_tail(walk, first)]
    assert estimates[: first + 1] == values[: first + 1]
    assert estimates == pytest.approx([np.mean(values[min(first, n) : n + 1]) for n in range(len(values))], abs=1e-4)


@given(count=st.integers(1, 5), calls=st.integers(0, 12))
def test_denoisers_take_turns_and_each_is_made_once_when_its_turn_comes(count: int, calls: int) -> None:
    made: list[int] = []

    def make(index: int) -> Denoise:
        made.append(index)
        return lambda x, sigma: x * sigma + index

    denoise = take_turns(make, count)
    assert made == []
    answers = [float(denoise(torch.tensor(2.0), 3.0)) for _ in range(calls)]
    assert answers == [6.0 + call % count for call in range(calls)]
    assert made == list(range(min(count, calls)))


@given(value=st.floats(-1.0, 1.0, width=32), count=st.integers(1, 12))
def test_the_mean_of_equal_estimates_is_that_estimate_to_the_bit(value: float, count: int) -> None:
    walk = [Step(number, 1.0, torch.zeros(1), torch.tensor([value])) for number in range(count)]
    assert all(torch.equal(step.denoised, walk[0].denoised) for step in average_tail(walk, 0))


# Locked cells and guidance


@given(sampler=samplers, num_steps=step_counts, seed=st.integers(0, 1000))
def test_locked_cells_come_back_bit_equal_at_every_step(sampler: str, num_steps: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    known, locked = torch.randn(9, 7, 2, generator=generator), torch.rand(9, 7, 2, generator=generator) < 0.5
    start = torch.where(locked, known, 0.0) + 20.0 * torch.randn(9, 7, 2, generator=generator)
    denoise = lock(lambda x, sigma: (x * 1.7).sin(), known, locked)
    steps = list(
        SAMPLERS[sampler].walk(denoise, start, Schedule().sigmas(num_steps), noise=lambda i: torch.randn(9, 7, 2, generator=generator))
    )
    assert all(torch.equal(step.denoised[locked], known[locked]) for step in steps)
    assert not torch.equal(steps[-1].denoised[~locked], known[~locked]) or bool(locked.all())


@EVERY_SAMPLER
def test_locking_nothing_changes_nothing(sampler: str) -> None:
    x, free = 20.0 * standard_noise(0, 30), torch.zeros(30, dtype=torch.bool)
    locked = lock(posterior_mean, torch.ones(30, dtype=torch.float64), free)
    sigmas = Schedule().sigmas(4)
    assert torch.equal(sample(sampler, locked, x, sigmas), sample(sampler, posterior_mean, x, sigmas))


def test_guidance_is_linear_between_unheard_and_heard() -> None:
    x = torch.randn(5)
    heard, unheard = (lambda x, sigma: x + 1.0), (lambda x, sigma: x - 1.0)
    assert torch.equal(guide(heard, unheard, 1.0)(x, 1.0), heard(x, 1.0))
    assert torch.equal(guide(heard, unheard, 0.0)(x, 1.0), unheard(x, 1.0))
    torch.testing.assert_close(guide(heard, unheard, 2.0)(x, 1.0), x + 3.0)


def test_guidance_of_one_never_asks_the_unheard() -> None:
    def never(x: Tensor, sigma: float) -> Tensor:
        raise AssertionError("evaluated in vain")

    guide(posterior_mean, never, 1.0)(torch.zeros(2), 1.0)
