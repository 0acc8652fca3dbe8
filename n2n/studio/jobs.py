"""Jobs of the model, from their turn in the queue to their end: generators that yield a `View` after every denoising step.

A job ends by itself at the step after it was asked to stop; closing its generator, as Gradio does when a tab is closed, ends it too.
What cannot be done is told on the page; the visitor's notes lie in the editor, which only gains by a feed.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import gradio as gr

from n2n.export.recipe import Action
from n2n.inference import Transcriber
from n2n.notes import Note
from n2n.planes import pack_step
from n2n.roll import note_frame, roll_to_notes
from n2n.studio import feeds, markup
from n2n.studio.feeds import Run
from n2n.studio.files import Shelf, address
from n2n.studio.session import Session, Sessions, opened
from n2n.studio.turns import Tickets, check_work, gpu_seconds, on_gpu
from n2n.studio.view import SAME, View, buttons
from n2n.task import Progress, Result, Task

ALIKE: Final = 0.05
"""Takes that differ in at most this share of their notes are called nearly alike."""

EARLY: Final = "Stopped before it began."
"""Told of a job that was stopped before its first step."""

LOG = logging.getLogger(__name__)


class Job(NamedTuple):
    """A run, the model that works on it, its tasks, one a take, and the action that is remembered when it is done."""

    run: Run
    model: Transcriber
    tasks: tuple[Task, ...]
    action: Action
    audio: Path | None
    source: Any = SAME


class Jobs:
    """Runs the jobs of one app.

    Args:
        models: all that jobs may use; without any, no job can be prepared.
        shelf: where the steps' files lie.
    """

    def __init__(self, models: Sequence[Transcriber], shelf: Shelf) -> None:
        self.shelf, self.tickets, self.sessions = shelf, Tickets(), Sessions(shelf)
        self.streams = {model: on_gpu(model.stream, gpu_seconds) for model in models}

    def run(self, ticket: str | None, session: Session, prepare: Callable[[], Job], begins: str) -> Iterator[View]:
        """One job from its turn in the queue to its end, whatever happens in between."""
        if not self.tickets.begin(ticket):
            yield View() if self.tickets.ended(ticket) else self._end(ticket, markup.status(EARLY))
            return
        yield View(markup.status(begins, state="running"))
        run: Run | None = None
        try:
            job = prepare()
            check_work(job.tasks)
            if self.tickets.stopped(ticket):
                yield self._end(ticket, markup.status(EARLY))
                return
            run = job.run
            yield from self._work(ticket, session, job)
        except Exception as error:
            text = str(error)
            if not isinstance(error, ValueError):
                LOG.exception("a job of the page failed")
                text = "Something went wrong on the server, which has written down what. Your notes are as they were."
            yield self._end(ticket, markup.status(text, state="failed"), gr.update(feed=run.feed("failed", text)) if run else SAME)

    def abandon(self, ticket: str | None) -> View:
        """Ends a job whose roll is being replaced by another. The view gives the buttons back where the job still waited for its turn; one
        that runs does so itself."""
        if not self.tickets.stop(ticket, abandoned=True) or self.tickets.begun(ticket):
            return View()
        self.tickets.end(ticket)
        return self.idle()

    def _work(self, ticket: str | None, session: Session, job: Job) -> Iterator[View]:
        run, folder, timer, results = job.run, self.shelf.new_folder(), RunTimer(job.run), list[Result]()
        feed, own = run.feed("running", "The first step is on its way."), session
        if job.source is SAME:
            yield View(roll=gr.update(feed=feed))
        else:
            own, source = opened(session, job.source)
            if session.roll in (None, own.roll):  # then it stays in the editor whatever becomes of the run
                session = own = replace(own, audio=str(job.audio) if job.audio else None)
            yield View(roll=gr.update(source={**source, "run": run.id}, feed=feed), session=session)
        for take, task in enumerate(job.tasks):
            for progress in self.streams[job.model](task):
                view = self._view(run, task, progress, take, folder, timer)
                if self.tickets.abandoned(ticket):
                    yield self._end(ticket, SAME)
                    return
                yield view
                results += [progress.result] if progress.result else []
                if self.tickets.stopped(ticket) and len(results) < run.takes:
                    text = f"Stopped at step {progress.step} of {progress.steps}."
                    feed = run.feed("stopped", text, step=progress.step, sigma=progress.current.sigma, take=take)
                    kept = self.sessions.keep(remember(own, job, results, folder)) if results else session
                    yield self._end(ticket, markup.status(text), gr.update(feed=feed), kept)
                    return
        last = markup.status(finished(job, results), state="done", step=run.steps, steps=run.steps)
        yield self._end(ticket, last, session=self.sessions.keep(remember(own, job, results, folder)))

    def _view(self, run: Run, task: Task, progress: Progress, take: int, folder: Path, timer: "RunTimer") -> View:
        """One step: its planes in a file, and what the editor and the visitor are told."""
        notes = roll_to_notes(progress.current.denoised, task.decode)
        path = step_file(folder, take, progress.step)
        path.write_bytes(pack_step(progress.current, task.decode, notes, run=run.id, step=progress.step, steps=progress.steps))
        text = timer.line(progress, take, notes)
        if progress.result is None:
            feed = run.running(progress, text, url=address(path), take=take)
        else:
            feed = run.done(progress, task, markup.describe(progress.result.notes), url=address(path), take=take)
        status = markup.status(text, state="running", step=take * run.steps + progress.step, steps=run.takes * run.steps)
        return View(status, gr.update(feed=feed))

    def _end(self, ticket: str | None, status: str, roll: Any = SAME, session: Any = SAME) -> View:
        """The last view of a job. Of one that was abandoned only the buttons are given back: the rest belongs to another roll by now."""
        self.tickets.end(ticket)
        return self.idle() if self.tickets.abandoned(ticket) else self.idle(status, roll, session)

    def idle(self, status: Any = SAME, roll: Any = SAME, session: Any = SAME) -> View:
        """A view in which a job can be started and none stopped."""
        return buttons(View(status, roll, session), ready=True, model=bool(self.streams))


class RunTimer:
    """Says how far a run is, and how long the rest will take."""

    def __init__(self, run: Run) -> None:
        self.run, self.start = run, time.monotonic()

    def line(self, progress: Progress, take: int, notes: Sequence[Note]) -> str:
        """The status after a step of a take."""
        done = take * self.run.steps + progress.step
        remaining = (time.monotonic() - self.start) / done * (self.run.takes * self.run.steps - done)
        parts = [f"Take {take + 1} of {self.run.takes}"] if self.run.takes > 1 else []
        parts += [f"Step {progress.step} of {progress.steps}", f"sigma {progress.current.sigma:.3g}", f"{markup.count(notes)} so far"]
        if remaining >= 1.0:
            parts.append(f"about {markup.length(round(remaining))} left")
        return " · ".join(parts)


def finished(job: Job, results: Sequence[Result]) -> str:
    """What is said when all is done."""
    notes, length, run = results[-1].notes, markup.length(results[-1].duration), job.run
    if run.kind == "regenerate":
        ready = "The new notes are" if run.takes == 1 else f"{run.takes} takes are"
        text = f"{ready} ready: play, then accept what you like."
        if run.takes > 1 and nearly_alike([written(result, task) for result, task in zip(results, job.tasks, strict=True)]):
            why = "the audio leaves little to choose" if job.action.listen else "mark more to be rewritten"
            text += f" They are nearly alike: {why}."
        return text
    if notes:
        return f"{markup.describe(notes).capitalize()}, in {length}."
    if run.kind == "generate":
        return f"Nothing came of it in {length}: try another seed."
    return (
        f"No drum hits were found in {length} of audio. Is it silent, or without drums? "
        "If you hear drums in it, try another seed or a higher guidance under More."
    )


def written(result: Result, task: Task) -> tuple[Note, ...]:
    """The notes that a task itself wrote."""
    carried = set(task.carried)
    return tuple(note for note in result.notes if note not in carried)


def nearly_alike(takes: Sequence[Sequence[Note]]) -> bool:
    """Whether the takes have nearly all notes in common, by frame and drum."""
    cells = [{(note_frame(note.onset), note.drum) for note in take} for take in takes]
    union, common = set.union(*cells), set.intersection(*cells)
    return len(union) - len(common) <= ALIKE * len(union)


def remember(session: Session, job: Job, results: Sequence[Result], folder: Path) -> Session:
    """The session after a job that ended with these results, one a take; a job that wrote all notes begins a new recipe."""
    tasks = job.tasks[: len(results)]
    transcriptions = tuple(result.transcription for result in results)
    action = replace(job.action, seeds=tuple(task.seed for task in tasks), results=transcriptions)
    return replace(
        session,
        audio=str(job.audio) if job.audio else None,
        recipe=[*([] if job.run.kind in ("transcribe", "generate") else session.recipe), action.to_json()],
        steps=[str(step_file(folder, len(results) - 1, step)) for step in range(1, job.run.steps + 1)],
        candidates=feeds.candidate_rows(results[-1].roll, tasks[-1]) if job.run.replaces is None else session.candidates,
    )


def step_file(folder: Path, take: int, step: int) -> Path:
    """Where the planes of a step lie."""
    return folder / f"{take}-{step}.n2ns"
