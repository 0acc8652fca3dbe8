"""How many jobs run at a time, the tickets by which they are stopped, and the GPU that the network runs on."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final, TypeVar

import gradio as gr

from n2n.studio import markup
from n2n.task import Task, num_evaluations_of

Given = TypeVar("Given")
Made = TypeVar("Made")

MODEL_JOB: Final[dict[str, Any]] = {"concurrency_limit": 1, "concurrency_id": "model"}
"""Jobs that need the model: one runs at a time, the others wait in the queue."""
LIGHT_JOB: Final[dict[str, Any]] = {"concurrency_limit": 2, "concurrency_id": "light"}
"""Jobs that do not need the model: two run at a time."""
PRIVATE: Final[dict[str, Any]] = {"api_visibility": "private", "show_progress": "hidden"}

MAX_WORK_S: Final = 160_000.0
"""Seconds of audio that one job may have the network go over, each time counted: 10 minutes of work for four cores and the small model,
while all others wait."""
MAX_TICKETS: Final = 10_000
"""How many tickets are remembered."""


@dataclass
class Ticket:
    """How far the job of one click has come.

    Attributes:
        begun: its turn in the queue has come.
        ended: it has nothing more to say.
        stopped: it was asked to stop, while it ran or while it waited.
        abandoned: it was asked to stop because the visitor went on to another roll.
    """

    begun: bool = False
    ended: bool = False
    stopped: bool = False
    abandoned: bool = False


class Tickets:
    """One for every click that starts a job, known by its id. Whoever has the id may ask that the job stop; the job looks after every step.

    A job is abandoned where the visitor goes on to another roll: it stops, too, and has no more say in what the page shows and remembers.
    """

    def __init__(self) -> None:
        self._tickets: dict[str | None, Ticket] = {}
        self._lock = threading.Lock()

    def draw(self) -> str:
        """The id of a new ticket."""
        return token_hex(8)

    def stop(self, ticket: str | None, *, abandoned: bool = False) -> bool:
        """Asks that the job with this ticket stop, whether it runs or waits; false where there is none, or it has ended."""
        if ticket is None:
            return False
        with self._lock:
            job = self._find_or_make(ticket)
            job.stopped, job.abandoned = True, job.abandoned or abandoned
            return not job.ended

    def begin(self, ticket: str | None) -> bool:
        """Tells that the turn of the job with this ticket has come; false where it was stopped while it waited."""
        if ticket is None:
            return True
        with self._lock:
            job = self._find_or_make(ticket)
            if job.stopped:
                return False
            job.begun = True
            return True

    def end(self, ticket: str | None) -> None:
        """Tells that the job with this ticket has nothing more to say."""
        if ticket is not None:
            with self._lock:
                self._find_or_make(ticket).ended = True

    def begun(self, ticket: str | None) -> bool:
        """Whether the turn of the job with this ticket has come."""
        return self._find(ticket).begun

    def ended(self, ticket: str | None) -> bool:
        """Whether the job with this ticket has nothing more to say."""
        return self._find(ticket).ended

    def stopped(self, ticket: str | None) -> bool:
        """Whether the job with this ticket was asked to stop."""
        return self._find(ticket).stopped

    def abandoned(self, ticket: str | None) -> bool:
        """Whether the visitor has gone on to another roll."""
        return self._find(ticket).abandoned

    def _find(self, ticket: str | None) -> Ticket:
        """The ticket of that id; where it is not known, one of which nothing has happened yet."""
        return self._tickets.get(ticket, Ticket())

    def _find_or_make(self, ticket: str) -> Ticket:
        """The ticket of that id, made if it is not known; where there are too many, the oldest is forgotten. Call it with the lock held."""
        job = self._tickets.setdefault(ticket, Ticket())
        if len(self._tickets) > MAX_TICKETS:
            del self._tickets[next(iter(self._tickets))]
        return job


def check_work(tasks: Sequence[Task]) -> None:
    """Raises ValueError where the tasks of one job, a take each, would keep all others waiting for too long."""
    times, seconds = sum(num_evaluations_of(task.sampling, task.guidance) for task in tasks), tasks[0].features.duration
    if times * seconds > MAX_WORK_S:
        raise ValueError(
            f"This would have the network go over {markup.length(seconds)} {times} times, where {int(MAX_WORK_S / seconds)} times are "
            "allowed: take fewer steps, samples or takes, set guidance to 1, or cut the recording. The command line has no such limit."
        )


def gpu_seconds(task: Task) -> int:
    """Seconds for which a GPU is asked for, 8 to 120: the fewer, the better the place in the host's queue."""
    evaluations = num_evaluations_of(task.sampling, task.guidance)
    return min(120, 8 + round(0.1 * evaluations * max(1.0, task.features.duration / 60.0)))


def on_gpu(work: Callable[[Given], Iterator[Made]], duration: int | Callable[[Given], int]) -> Callable[[Given], Iterator[Made]]:
    """On a Space with shared GPUs: the same work in a process that holds one for `duration` seconds at most. Elsewhere `work` itself.

    Where the host gives no GPU, its reason is raised as a ValueError, like everything that the visitor is to read.
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
