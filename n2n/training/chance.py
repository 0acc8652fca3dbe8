"""What a seed decides of a training clip: whether something happens, and how far it goes; and configs in which nothing does."""

from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np

Config = TypeVar("Config")


def happens(share: float, rng: np.random.Generator) -> bool:
    """True in a share of cases. A share of 0 draws nothing from `rng`, so that all else stays as it was."""
    return bool(share) and rng.random() < share


def log_uniform(rng: np.random.Generator, limits: tuple[float, float]) -> float:
    """A number between two limits, each ratio as likely as any other."""
    return float(np.exp(rng.uniform(*np.log(limits))))


def bare(kind: type[Config], **kept: Any) -> Config:
    """A config in which nothing happens, but for what is kept.

    Configs are dataclasses of shares, deviations, ranges and further configs: each number is 0, each range as usual, each config bare.
    """
    usual = kind()
    values = {field.name: getattr(usual, field.name) for field in fields(usual)}  # type: ignore[arg-type]
    numbers = {name: 0.0 for name, value in values.items() if isinstance(value, float)}
    within = {name: bare(type(value)) for name, value in values.items() if is_dataclass(value)}
    return kind(**(numbers | within | kept))
