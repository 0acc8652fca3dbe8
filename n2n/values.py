"""Checks of numbers that were given by somebody else, and the values shown in the errors: what is allowed, and what came instead."""

import math
from numbers import Integral, Real
from typing import TypeGuard


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a real number, NumPy's included. Text is not, and neither are true and false."""
    return isinstance(value, Real) and not isinstance(value, bool)


def check_number(
    name: str, value: object, low: float, high: float = math.inf, *, unit: str = "", optional: bool = False, none: str = "null"
) -> float:
    """The value as a float.

    Args:
        name: of the value, for the error.
        value: to be checked.
        low: the least that is allowed.
        high: the most that is allowed; infinity itself never is.
        unit: in the plural, for the error.
        optional: whether the error says that the value may be missing.
        none: what the error calls None.

    Raises:
        ValueError: it is no finite number within the limits.
    """
    try:
        number = float(value) if is_number(value) else math.nan
    except OverflowError:  # a whole number beyond all floats
        number = math.inf
    if not (low <= number <= high and math.isfinite(number)):
        kind = f"a number of {unit}" if unit else "a number"
        limits = f", at least {low:.12g}" if high == math.inf else f" from {low:.12g} to {high:.12g}"
        raise ValueError(f"{name} must be {kind}{limits}{', or missing' if optional else ''}, not {shown(value, none=none)}")
    return number


def check_whole(name: str, value: object, low: int, high: int | None = None, *, none: str = "null") -> int:
    """The value as an int. Raises ValueError unless it is a whole number from `low` to `high`; 2.0 is none. `none` as in `check_number`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < low or (high is not None and int(value) > high):
        limits = f", {low} or more" if high is None else f" from {low} to {high}"
        raise ValueError(f"{name} must be a whole number{limits}, not {shown(value, none=none)}")
    return int(value)


def without_point(value: object) -> object:
    """A float that is a whole number as an int (2.0 becomes 2), for forms in which the two are the same; all else unchanged."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def shown(value: object, *, none: str = "null") -> str:
    """The value for an error: numbers and text cut to 40 characters, of everything else only its kind, as JSON calls it."""
    if not isinstance(value, Real | str):
        kinds: dict[type, str] = {dict: "an object", list: "a list", type(None): none}
        return kinds.get(type(value), type(value).__name__)
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
