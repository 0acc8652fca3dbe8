"""What a seed decides of a training clip: whether something happens, and how far it goes; and configs in which nothing does."""

from dataclasses import fields
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
    """A config (a dataclass of shares, deviations and ranges) in which nothing happens: each number is 0, but for what is kept."""
    numbers = [field.name for field in fields(kind) if isinstance(field.default, float)]  # type: ignore[arg-type]
    return kind(**(dict.fromkeys(numbers, 0.0) | kept))
