"""What handlers say to the page, and what the page says to them: a `View` of what may change, and the `Choices` that are set."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, NamedTuple

import gradio as gr

from n2n.values import check_whole, shown, without_point

PAGE_STEPS: Final = 50
PAGE_SAMPLES: Final = 16
MAX_TAKES: Final = 4
MAX_SEED: Final = 2**53
SAME: Final = gr.skip()
"""Leaves a component as it is."""
EMPTY: Final = "empty"
"""What errors call None, which is what an empty field of the page gives."""


class View(NamedTuple):
    """What a handler says of each component that it may change."""

    status: Any = SAME
    roll: Any = SAME
    session: Any = SAME
    transcribe: Any = SAME
    stop: Any = SAME
    regenerate: Any = SAME
    refine: Any = SAME
    generate: Any = SAME


def flat(handler: Callable[..., tuple[Any, View]]) -> Callable[..., tuple[Any, ...]]:
    """The same handler of something and a view as Gradio takes it: with all outputs in a row, the view's components last."""

    @wraps(handler)
    def answer(*given: Any) -> tuple[Any, ...]:
        first, view = handler(*given)
        return first, *view

    return answer


class Choices(NamedTuple):
    """What is set under Transcribe, as the page gives it. With `fast` the fast model works, whose steps and samplers are its own."""

    fast: bool
    num_steps: int | float | None
    imagine_steps: int | float | None
    seed: int | float | None
    sampler: str
    guidance: int | float
    num_samples: int | float | None

    def options(self, *, imagining: bool = False) -> dict[str, Any]:
        """Options of `n2n.task.Options`, checked; to imagine, the model has a sampler of its own."""
        options: dict[str, Any] = {
            "seed": checked_whole("Seed", self.seed, 0, MAX_SEED),
            "guidance": float(self.guidance),
            "num_samples": checked_whole("num_samples", self.num_samples, 1, PAGE_SAMPLES),
        }
        if self.fast:
            return options
        if imagining:
            return {**options, "num_steps": checked_whole("imagine_steps", self.imagine_steps, 1, PAGE_STEPS)}
        return {**options, "num_steps": checked_whole("num_steps", self.num_steps, 1, PAGE_STEPS), "sampler": self.sampler}


def buttons(view: View, *, ready: bool, model: bool = True) -> View:
    """The view with all that starts a job switched on (`ready`) and Stop off, or the other way round."""
    start, stop = gr.update(interactive=ready and model), gr.update(interactive=not ready)
    return view._replace(transcribe=start, stop=stop, regenerate=start, refine=start, generate=start)


def checked_whole(name: str, value: object, low: int, high: int) -> int:
    """`check_whole` for the page, which also gives whole numbers as floats, and None for an empty field."""
    return check_whole(name, without_point(value), low, high, none=EMPTY)


def quoted(value: object) -> str:
    """The value for an error on the page."""
    return shown(value, none=EMPTY)
