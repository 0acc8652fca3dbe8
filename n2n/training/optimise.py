"""Optimisers and the learning-rate schedule: Muon for the hidden matrices, AdamW for everything else, a moving average of the weights."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from n2n.device import computes_bfloat16
from n2n.training.muon import Muon


@dataclass(frozen=True)
class OptimiserConfig:
    """Rates of both optimisers; Muon's update is scaled to AdamW's usual size, so one rate serves both."""

    lr: float = 1.5e-3
    weight_decay: float = 0.02
    warmup: int = 200
    cooldown: float = 0.4
    """The last share of the training, over which the rate falls linearly to zero."""
    clip_norm: float = 1.0
    ema: float = 0.999


def split_parameters(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Hidden matrices, and the rest: vectors, and the maps from and to features."""
    edges = ("roll_in", "roll_out", "stem")
    hidden: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        is_hidden = parameter.dim() == 2 and not any(edge in name for edge in edges)
        (hidden if is_hidden else rest).append(parameter)
    return hidden, rest


def build_optimisers(model: nn.Module, config: OptimiserConfig) -> list[torch.optim.Optimizer]:
    hidden, rest = split_parameters(model)
    precision = torch.bfloat16 if hidden and computes_bfloat16(hidden[0].device) else torch.float32
    muon = Muon(hidden, lr=config.lr, weight_decay=config.weight_decay, precision=precision)
    return [muon, torch.optim.AdamW(rest, lr=config.lr, betas=(0.9, 0.98), weight_decay=0.0)]


def rate(step: int, iterations: int, config: OptimiserConfig) -> float:
    """The share of the full rate at `step`: up over the warm-up, flat, linearly down over the cooldown."""
    rising = (step + 1) / max(1, config.warmup)
    falling = (iterations - step) / max(1.0, config.cooldown * iterations)
    return max(0.0, min(1.0, rising, falling))


def set_rate(optimisers: Iterable[torch.optim.Optimizer], lr: float) -> None:
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = lr


@torch.no_grad()
def update_average(average: nn.Module, model: nn.Module, step: int, decay: float) -> None:
    """Moves the average towards the model; faster at first, so that it forgets the initial weights."""
    share = 1.0 - min(decay, (1.0 + step) / (10.0 + step))
    torch._foreach_lerp_(tuple(average.parameters()), tuple(model.parameters()), share)


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """An optimiser's state as flat named tensors."""
    state = optimiser.state_dict()["state"]
    return {f"{index}.{name}": torch.as_tensor(value) for index, entry in state.items() for name, value in entry.items()}


def load_optimiser_tensors(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Inverse of `optimiser_tensors`; the groups stay as built."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        state.setdefault(int(index), {})[name] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
