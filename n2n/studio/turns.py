"""Who works, who was stopped, and where the network runs."""

import threading
from collections.abc import Callable, Iterator
from secrets import token_hex
from typing import Any, Final, TypeVar

import gradio as gr

from n2n.task import Task, num_evaluations_of

Given = TypeVar("Given")
Made = TypeVar("Made")

MODEL_JOB: Final[dict[str, Any]] = {"concurrency_limit": 1, "concurrency_id": "model"}
"""Of all jobs that need the model one runs at a time; the others wait in the queue."""
LIGHT_JOB: Final[dict[str, Any]] = {"concurrency_limit": 2, "concurrency_id": "light"}
PRIVATE: Final[dict[str, Any]] = {"api_visibility": "private", "show_progress": "hidden"}

MAX_TICKETS: Final = 10_000


class Tickets:
    """One for every click that starts a job. Whoever holds it may ask that the job be stopped; the job looks after every step.

    A job is left where the visitor goes on to another roll: it stops, too, and has no more say in what the page shows and remembers.
    """

    def __init__(self) -> None:
        self._stopped: dict[str, bool] = {}
        self._begun: dict[str, bool] = {}
        self._ended: dict[str, bool] = {}
        self._lock = threading.Lock()

    def draw(self) -> str:
        """A new ticket."""
        return token_hex(8)

    def stop(self, ticket: str | None, *, left: bool = False) -> bool:
        """Asks that the job with this ticket be stopped, whether it runs or waits; false where there is none, or it has ended."""
        if ticket is None:
            return False
        with self._lock:
            _note(self._stopped, ticket, left or self.left(ticket))
            return ticket not in self._ended

    def begin(self, ticket: str | None) -> bool:
        """Tells that the turn of the job with this ticket has come; false where it was stopped while it waited."""
        if ticket is None:
            return True
        with self._lock:
            if self.stopped(ticket):
                return False
            _note(self._begun, ticket, True)
            return True

    def begun(self, ticket: str | None) -> bool:
        """Whether the turn of the job with this ticket has come."""
        return ticket in self._begun

    def end(self, ticket: str | None) -> None:
        """Tells that the job with this ticket has nothing more to say."""
        if ticket is not None:
            with self._lock:
                _note(self._ended, ticket, True)

    def ended(self, ticket: str | None) -> bool:
        """Whether the job with this ticket has nothing more to say."""
        return ticket in self._ended

    def stopped(self, ticket: str | None) -> bool:
        """Whether that was asked for."""
        return ticket in self._stopped

    def left(self, ticket: str | None) -> bool:
        """Whether the visitor has gone on to another roll."""
        return ticket is not None and self._stopped.get(ticket, False)


def _note(tickets: dict[str, bool], ticket: str, value: bool) -> None:
    """Sets a ticket's value; where there are too many, the oldest is forgotten."""
    tickets[ticket] = value
    if len(tickets) > MAX_TICKETS:
        del tickets[next(iter(tickets))]


def gpu_seconds(task: Task) -> int:
    """For how long a GPU is asked for: the shorter, the better the place in the queue."""
    evaluations = num_evaluations_of(task.sampling, task.guidance)
    return min(120, 8 + round(0.1 * evaluations * max(1.0, task.features.duration / 60.0)))


def on_gpu(work: Callable[[Given], Iterator[Made]], duration: int | Callable[[Given], int]) -> Callable[[Given], Iterator[Made]]:
    """On a Space with shared GPUs: the same work in a process that holds one for `duration` seconds at most. Elsewhere `work` itself.

    Where the host gives no GPU, what it says of that is raised as ValueError, as everything is that a visitor is to read.
    """
    try:
        import spaces
    except ImportError:
        return work

    def held(given: Given) -> Iterator[Made]:  # a plain generator function, which is what is understood there
        yield from work(given)

    wrapped = spaces.GPU(duration=duration)(held)

    def told(given: Given) -> Iterator[Made]:
        try:
            yield from wrapped(given)
        except gr.Error as error:  # whose own `str` is a repr; as `str` a message with a link is plain
            raise ValueError(str(error.message)) from error

    return told
