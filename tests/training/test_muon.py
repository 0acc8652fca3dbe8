"""Muon: singular values near 1, torch's own as the oracle, a state that can be written."""

import pytest
import torch
from torch import nn

from n2n.training.muon import Muon, orthogonalised
from n2n.training.optimise import load_optimiser_tensors, optimiser_tensors

SHAPES = ((24, 24), (24, 24), (48, 24), (16, 40))


def matrices(seed: int = 0) -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(seed)
    return [nn.Parameter(torch.randn(*shape, generator=generator)) for shape in SHAPES]


def give_gradients(parameters: list[nn.Parameter], seed: int) -> None:
    for parameter, other in zip(parameters, matrices(seed), strict=True):
        parameter.grad = other.detach()


def muon(parameters: list[nn.Parameter]) -> Muon:
    return Muon(parameters, lr=0.01, weight_decay=0.02, precision=torch.float32)


@pytest.mark.parametrize("shape", [(3, 20, 20), (1, 8, 50), (2, 50, 8)])
def test_singular_values_come_near_1_and_singular_vectors_stay(shape: tuple[int, int, int]) -> None:
    x = torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    u, s, v = torch.linalg.svd(x, full_matrices=False)
    inside = u.mT @ orthogonalised(x) @ v.mT
    values = inside.diagonal(dim1=1, dim2=2)
    well_conditioned = s > 0.05 * s.amax()
    assert ((values > 0.65) & (values < 1.25))[well_conditioned].all()
    assert torch.allclose(inside, torch.diag_embed(values), atol=1e-9)


def test_its_steps_are_those_of_torch_up_to_the_rounding_of_bfloat16() -> None:
    ours, theirs = matrices(), matrices()
    optimisers = muon(ours), torch.optim.Muon(theirs, lr=0.01, weight_decay=0.02, adjust_lr_fn="match_rms_adamw")
    for seed in (1, 2, 3):
        for parameters, optimiser in zip((ours, theirs), optimisers, strict=True):
            give_gradients(parameters, seed)
            optimiser.step()
    for start, one, other in zip(matrices(), ours, theirs, strict=True):
        assert (one - other).norm() < 0.02 * (one - start).norm()


def test_a_matrix_without_a_gradient_stays() -> None:
    parameters = matrices()
    give_gradients(parameters, 1)
    parameters[2].grad = None
    muon(parameters).step()
    assert [torch.equal(a, b) for a, b in zip(parameters, matrices(), strict=True)] == [False, False, True, False]


def test_going_on_from_a_written_state_is_going_on() -> None:
    straight, broken = matrices(), matrices()
    optimisers = [muon(straight), muon(broken)]
    for parameters, optimiser in zip((straight, broken), optimisers, strict=True):
        give_gradients(parameters, 1)
        optimiser.step()
    resumed = muon(broken)
    load_optimiser_tensors(resumed, optimiser_tensors(optimisers[1]))
    for parameters, optimiser in ((straight, optimisers[0]), (broken, resumed)):
        give_gradients(parameters, 2)
        optimiser.step()
    assert all(torch.equal(a, b) for a, b in zip(straight, broken, strict=True))
