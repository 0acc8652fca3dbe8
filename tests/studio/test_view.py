"""What is set on the page, checked."""

from pathlib import Path

import pytest

from n2n.studio.handlers import Handlers
from n2n.studio.view import checked_whole
from tests.studio.visitor import transcribe


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"num_steps": 51}, "num_steps must be a whole number from 1 to 50, not 51"),
        ({"seed": -1}, "Seed must be a whole number"),
        ({"guidance": 11}, "guidance must be a number from 0 to 10, not 11"),
        ({"sampler": "<b>"}, "unknown sampler &#x27;&lt;b&gt;"),
    ],
)
def test_an_impossible_choice_is_told(handlers: Handlers, folder: Path, change: dict, said: str) -> None:
    last = transcribe(handlers, folder / "loop.wav", **change)[-1]
    assert said in last.status and last.transcribe["interactive"]


@pytest.mark.parametrize("value", [None, 0, 51, 2.5, float("nan"), float("inf")])
def test_only_whole_numbers_within_the_limits_pass(value: float | None) -> None:
    with pytest.raises(ValueError, match="num_steps must be a whole number from 1 to 50"):
        checked_whole("num_steps", value, 1, 50)
