"""What passes as a number, and what an error says of all else."""

import math
from fractions import Fraction

import numpy as np
import pytest

from n2n.values import check_number, check_whole, is_number, shown, without_point


@pytest.mark.parametrize("value", [0, -1.5, math.nan, np.float32(0.5), np.int64(3), Fraction(1, 2)])
def test_numbers_are_numbers(value: object) -> None:
    assert is_number(value)


@pytest.mark.parametrize("value", [True, False, "1", None, [1], 1j, np.bool_(True)])
def test_all_else_is_none(value: object) -> None:
    assert not is_number(value)


@pytest.mark.parametrize("value", [0, 1, 0.5, np.float32(0.5), np.int64(1)])
def test_a_number_within_its_limits_becomes_a_float(value: object) -> None:
    checked = check_number("share", value, 0.0, 1.0)
    assert type(checked) is float and checked == value


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, -math.inf, 10**400, np.float32(2.0), True, "0.5", None, [0.5]])
def test_a_number_outside_its_limits_and_what_is_none_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"^share must be a number from 0 to 1, not "):
        check_number("share", value, 0.0, 1.0)


@pytest.mark.parametrize("value", [-1e-9, math.nan, math.inf, 10**400])
def test_a_number_without_an_upper_limit_is_finite(value: float) -> None:
    with pytest.raises(ValueError, match=r"^onset must be a number of seconds, at least 0, not "):
        check_number("onset", value, 0.0, unit="seconds")
    assert check_number("onset", 1e300, 0.0) == 1e300


def test_an_error_says_that_a_value_may_be_missing_and_writes_its_limits_out() -> None:
    with pytest.raises(ValueError, match=r"^x must be a number of hertz from -1000000 to 0\.999999999, or missing, not 1\.0$"):
        check_number("x", 1.0, -1e6, 1.0 - 1e-9, unit="hertz", optional=True)


@pytest.mark.parametrize("value", [1, 7, np.int64(3)])
def test_a_whole_number_within_its_limits_becomes_an_int(value: int) -> None:
    checked = check_whole("takes", value, 1, 7)
    assert type(checked) is int and checked == value


@pytest.mark.parametrize("value", [0, 8, 10**400, 3.0, 2.5, math.nan, True, "3", None])
def test_all_but_whole_numbers_within_the_limits_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"^takes must be a whole number from 1 to 7, not "):
        check_whole("takes", value, 1, 7)


@pytest.mark.parametrize("value", [0, -1, 1.5, 3.0, "3", None, False, True])
def test_a_whole_number_without_an_upper_limit_is_at_least_the_lower(value: object) -> None:
    assert check_whole("takes", 10**400, 1) == 10**400
    with pytest.raises(ValueError, match=rf"^takes must be a whole number, 1 or more, not {shown(value)}$"):
        check_whole("takes", value, 1)


def test_floats_that_are_whole_lose_their_point_and_nothing_else_changes() -> None:
    assert type(without_point(2.0)) is int and without_point(2.0) == 2
    assert [without_point(value) for value in (2.5, math.inf, 3, "2.0", None)] == [2.5, math.inf, 3, "2.0", None]
    assert math.isnan(without_point(math.nan))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (0.5, "0.5"),
        (True, "True"),
        ("a", "'a'"),
        ("x" * 99, "'" + "x" * 36 + "..."),
        ({}, "an object"),
        ([], "a list"),
        (None, "null"),
    ],
)
def test_an_error_shows_short_values_and_of_others_their_kind(value: object, text: str) -> None:
    assert shown(value) == text
    assert shown(None, none="empty") == "empty" and shown(object()) == "object"
