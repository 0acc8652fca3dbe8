"""What the page does: generators that yield a `View` after every denoising step.

Nothing here knows the layout. What cannot be done is told on the page; the visitor's notes lie in the editor, which only gains by a feed.
A job ends by itself at the step after `stop`; closing its generator, as Gradio does when a tab is closed, ends it too.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any, Final, NamedTuple

import gradio as gr

from n2n.inference import Transcriber
from n2n.notes import Note, Transcription, read_notes
from n2n.roll import note_frame, num_roll_frames, roll_to_notes
from n2n.studio import feeds, markup
from n2n.studio.edits import MAX_NOTES, EditedRoll, Region
from n2n.studio.feeds import Run
from n2n.studio.files import Shelf, address
from n2n.studio.planes import pack_step
from n2n.studio.recordings import Recording, Recordings
from n2n.studio.runs import Tickets, gpu_seconds, on_gpu
from n2n.studio.settings import Settings
from n2n.task import Progress, Result, Task

MAX_STEPS: Final = 50
MAX_SAMPLES: Final = 16
MAX_TAKES: Final = 4
MAX_SEED: Final = 2**53
ALIKE: Final = 0.05
"""Takes of which less than this share of notes differ are called nearly alike."""
SAME: Final = gr.skip()
"""Leaves a component as it is."""

Session = dict[str, Any]
"""What is remembered of a tab: {"recipe": [the calls so far, as in `n2n.export.recipe`], "audio": path of the recording that the roll
belongs to, or None}, and of the last run "steps" (paths of its `N2NS` files), "thresholds" and "candidates" (as in its last feed)."""

LOG = logging.getLogger(__name__)


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


class Choices(NamedTuple):
    """What is set under Transcribe, as the page gives it."""

    num_steps: int | float | None
    imagine_steps: int | float | None
    seed: int | float | None
    sampler: str
    guidance: int | float
    num_samples: int | float | None

    def options(self, *, imagining: bool = False) -> dict[str, Any]:
        """Options of `n2n.task.Options`, checked; to imagine, the model has a sampler of its own."""
        steps, name = (self.imagine_steps, "imagine_steps") if imagining else (self.num_steps, "num_steps")
        options = {
            "num_steps": whole(name, steps, 1, MAX_STEPS),
            "seed": whole("seed", self.seed, 0, MAX_SEED),
            "guidance": float(self.guidance),
            "num_samples": whole("num_samples", self.num_samples, 1, MAX_SAMPLES),
        }
        return options if imagining else {**options, "sampler": self.sampler}


class Job(NamedTuple):
    """A run, its tasks, one a take, and what is remembered of it when it is done."""

    run: Run
    tasks: tuple[Task, ...]
    entry: dict[str, Any]
    audio: Path | None
    source: Any = SAME


def new_session() -> Session:
    """What is remembered of a tab that has done nothing yet."""
    return {"recipe": [], "audio": None}


class Handlers:
    """The handlers of one running app.

    Args:
        model: None where no model could be loaded; then every try to use it says so.
        settings: the limits.
        shelf: where the editor's files lie.
    """

    def __init__(self, model: Transcriber | None, settings: Settings, shelf: Shelf) -> None:
        self.model, self.settings, self.shelf = model, settings, shelf
        self.recordings = Recordings(shelf, settings.max_seconds)
        self.tickets = Tickets()
        self.stream = on_gpu(model.stream, gpu_seconds) if model else None

    # --- before and after a job ---

    def wait(self) -> tuple[Any, ...]:
        """At once after the click, while the job may stand in the queue: the ticket and the view."""
        return self.tickets.draw(), *buttons(View(markup.status("Waiting for its turn…", state="running")), ready=False)

    def stop(self, ticket: str | None) -> View:
        """Asks the job to stop. It answers itself, with its last view."""
        self.tickets.stop(ticket)
        return View(markup.status("Stopping…", state="running"), stop=gr.update(interactive=False))

    def fail(self, shown: str) -> View:
        """After a job that could not even begin: the queue was full, or an input was refused on its way."""
        if markup.RUNNING not in shown:
            return View()
        text = "That did not work: the app may be busy with others. Wait a moment, then try again. Your notes are as they were."
        return self._idle(markup.status(text, state="failed"))

    def arrive(self, example: str | None, draft: object, session: Session) -> tuple[Any, ...]:
        """As the page opens: the recording to show, and the view. What the tab last held comes back; else an example is brought in."""
        try:
            return self._restore(draft, session)
        except ValueError:  # there is no draft, or none that is worth keeping
            return example, *self.listen(example, session)

    def listen(self, audio: str | None, session: Session) -> View:
        """Brings another recording into the editor."""
        if audio is None or audio == session["audio"]:
            return View()
        try:
            recording = self.recordings.hear(Path(audio))
        except ValueError as error:
            return View(markup.status(str(error), state="failed"))
        text = f"{markup.length(recording.features.duration)} of audio. Press Transcribe."
        return View(markup.status(text), gr.update(source=recording.to_source()), {**session, "audio": audio})

    def bring(self, file: str | None, roll: dict[str, Any] | None, session: Session) -> View:
        """Brings the notes of a MIDI, JSON or CSV file into the editor; those past the end of the recording are left out."""
        if file is None:
            return View()
        path = Path(file)
        try:
            given = read_notes(path)
            recording = self.recordings.hear(Path(session["audio"])) if session["audio"] else None
            loaded, left_out = self._fitting(given, recording, roll)
        except ValueError as error:
            return View(markup.status(str(error).replace(str(path), path.name), state="failed"))
        text = f"{path.name}: {markup.describe(loaded.notes)}."
        if left_out:
            text += f" Left out: {markup.count(left_out)} past the end of the recording."
        feed = feeds.load(token_hex(6), loaded, text)
        fresh = no_recording(path.name, loaded.duration)
        return View(markup.status(text, state="done"), gr.update(feed=feed) if recording else gr.update(source=fresh, feed=feed))

    # --- the four verbs ---

    def transcribe(self, ticket: str | None, session: Session, audio: str | None, *choices: Any) -> Iterator[View]:
        """Audio to notes."""

        def prepare() -> Job:
            model, options = self.need_model(), Choices(*choices).options()
            if audio is None:
                raise ValueError("Choose a recording first: upload a file, record one, or take an example.")
            recording = self.recordings.hear(Path(audio))
            task = model.prepare_transcribe(recording.features, **options)
            run = Run(token_hex(6), "transcribe", options["num_steps"])
            entry = {"verb": "transcribe", "options": options}
            return Job(run, (task,), entry, Path(audio), recording.to_source())

        yield from self._run(ticket, session, prepare, "Listening…")

    def regenerate(
        self,
        ticket: str | None,
        session: Session,
        roll: dict[str, Any] | None,
        listen: bool,
        takes: int | float | None,
        *choices: Any,
    ) -> Iterator[View]:
        """New notes in the masks, as many takes as asked for, each by a seed of its own."""

        def prepare() -> Job:
            model, edited = self.need_model(), EditedRoll.from_json(roll)
            options = Choices(*choices).options(imagining=not listen)
            count = whole("takes", takes, 1, MAX_TAKES)
            recording = self._recording(session)
            if listen and recording is None:
                raise ValueError("There is no recording to listen to: choose Imagine, or bring a recording first.")
            mask = edited.writable(self._frames(edited, recording))
            if not mask.any():
                raise ValueError("Nothing is marked: paint over what is to be rewritten, in a lane that is not locked.")
            seeds = [options["seed"] + take for take in range(count)]
            features = recording.features if recording else None
            tasks = tuple(
                model.prepare_regenerate(features, edited.transcription, mask, listen=listen, **{**options, "seed": seed}) for seed in seeds
            )
            run = Run(token_hex(6), "regenerate", options["num_steps"], count, replaced(edited), edited.bars)
            entry = {"verb": "regenerate", "options": options, "listen": listen, **given(edited)}
            return Job(run, tasks, entry, recording.path if recording else None)

        yield from self._run(ticket, session, prepare, "Preparing…")

    def refine(
        self, ticket: str | None, session: Session, roll: dict[str, Any] | None, strength: int | float, *choices: Any
    ) -> Iterator[View]:
        """Corrects the notes in the editor by the audio; locked drums stay as they are."""

        def prepare() -> Job:
            model, edited, options = self.need_model(), EditedRoll.from_json(roll), Choices(*choices).options()
            recording = self._recording(session)
            if recording is None:
                raise ValueError("Refine needs the recording that the notes belong to: bring it first.")
            locked = ~edited.unlocked(len(recording.features.mel))
            task = model.prepare_refine(recording.features, edited.transcription, strength=strength, locked=locked, **options)
            run = Run(token_hex(6), "refine", options["num_steps"], bars=edited.bars)
            entry = {"verb": "refine", "options": options, "strength": strength, **given(edited)}
            return Job(run, (task,), entry, recording.path)

        yield from self._run(ticket, session, prepare, "Preparing…")

    def generate(self, ticket: str | None, session: Session, seconds: int | float | None, *choices: Any) -> Iterator[View]:
        """Drumming from nothing."""

        def prepare() -> Job:
            model, options = self.need_model(), Choices(*choices).options(imagining=True)
            length = self.check_seconds(seconds)
            task = model.prepare_generate(length, **options)
            run = Run(token_hex(6), "generate", options["num_steps"])
            entry = {"verb": "generate", "options": options, "seconds": length}
            return Job(run, (task,), entry, None, no_recording("Generated", length))

        yield from self._run(ticket, session, prepare, "Preparing…")

    # --- one job ---

    def _run(self, ticket: str | None, session: Session, prepare: Callable[[], Job], begins: str) -> Iterator[View]:
        """One job from its turn in the queue to its end, whatever happens in between."""
        if self.tickets.stopped(ticket):
            yield self._idle(markup.status("Stopped before it began."))
            return
        yield View(markup.status(begins, state="running"))
        run: Run | None = None
        try:
            job = prepare()
            run = job.run
            yield from self._work(ticket, session, job)
        except Exception as error:
            text = str(error)
            if not isinstance(error, ValueError):
                LOG.exception("a job of the page failed")
                text = "Something went wrong on the server, which has written down what. Your notes are as they were."
            yield self._idle(markup.status(text, state="failed"), gr.update(feed=run.feed("failed", text)) if run else SAME)

    def _work(self, ticket: str | None, session: Session, job: Job) -> Iterator[View]:
        assert self.stream is not None
        run, folder, clock, results = job.run, self.shelf.new_folder(), Clock(job.run), list[Result]()
        feed = run.feed("running", "The first step is on its way.")
        yield View(roll=gr.update(feed=feed) if job.source is SAME else gr.update(source=job.source, feed=feed))
        for take, task in enumerate(job.tasks):
            for progress in self.stream(task):
                yield self._view(run, task, progress, take, folder, clock)
                results += [progress.result] if progress.result else []
                if self.tickets.stopped(ticket) and len(results) < run.takes:
                    text = f"Stopped at step {progress.step} of {progress.steps}."
                    feed = run.feed("stopped", text, step=progress.step, sigma=progress.current.sigma, take=take)
                    yield self._idle(markup.status(text), gr.update(feed=feed), remember(session, job, results, folder))
                    return
        last = markup.status(finished(job, results), state="done", step=run.steps, steps=run.steps)
        yield self._idle(last, session=remember(session, job, results, folder))

    def _view(self, run: Run, task: Task, progress: Progress, take: int, folder: Path, clock: "Clock") -> View:
        """One step: its planes in a file, and what the editor and the visitor are told."""
        notes = roll_to_notes(progress.current.denoised, task.decode)
        path = step_file(folder, take, progress.step)
        path.write_bytes(pack_step(progress.current, task.decode, notes, run=run.id, step=progress.step, steps=progress.steps))
        text = clock.line(progress, take, notes)
        if progress.result is None:
            feed = run.running(progress, text, url=address(path), take=take)
        else:
            feed = run.done(progress, task, markup.describe(progress.result.notes), url=address(path), take=take)
        status = markup.status(text, state="running", step=take * run.steps + progress.step, steps=run.takes * run.steps)
        return View(status, gr.update(feed=feed))

    # --- what a job needs ---

    def need_model(self) -> Transcriber:
        if self.model is None:
            text = f"there is no model: {self.settings.model!r} could not be loaded when the app started, whose terminal says why"
            raise ValueError(text)
        return self.model

    def _recording(self, session: Session) -> Recording | None:
        return self.recordings.hear(Path(session["audio"])) if session["audio"] else None

    def _frames(self, edited: EditedRoll, recording: Recording | None) -> int:
        """Frames of the roll to write on: those of the recording, or, without one, of the notes' own duration."""
        return len(recording.features.mel) if recording else num_roll_frames(self.check_seconds(edited.duration))

    def check_seconds(self, seconds: int | float | None) -> float:
        if seconds is None or not 0.0 < seconds <= self.settings.max_seconds:
            raise ValueError(f"seconds must lie between 0 and {self.settings.max_seconds:g}, not {seconds}")
        return float(seconds)

    def _restore(self, draft: object, session: Session) -> tuple[Any, ...]:
        """What the tab held when it was left. Raises ValueError where that is nothing."""
        place = draft.get("source") if isinstance(draft, dict) else None
        value = draft.get("value") if isinstance(draft, dict) else None
        roll = EditedRoll.from_json(value)
        if not roll.notes and not roll.masks:
            raise ValueError("there is nothing to restore")
        known, name = (str(place.get("id")), str(place.get("name"))[:200]) if isinstance(place, dict) else ("", "")
        path = self.recordings.find(known)
        text = f"Your notes are back: {markup.describe(roll.notes)}."
        source = self.recordings.hear(path).to_source() if path else no_recording(name, self.check_seconds(roll.duration))
        update = gr.update(source=source, feed=feeds.load(token_hex(6), roll, text))
        audio = str(path) if path else None
        return audio, *View(markup.status(text, state="done"), update, {**session, "audio": audio})

    def _fitting(
        self, given: Transcription, recording: Recording | None, roll: dict[str, Any] | None
    ) -> tuple[EditedRoll, tuple[Note, ...]]:
        """The given notes as a roll with the present locks and bars, and those past the end of the recording."""
        duration = recording.features.duration if recording else self.check_seconds(given.duration)
        if len(given.notes) > MAX_NOTES:
            raise ValueError(f"there may be at most {MAX_NOTES} notes, not {len(given.notes)}")
        frames = num_roll_frames(duration)
        kept = tuple(note for note in given.notes if note.onset <= duration and note_frame(note.onset, frames) < frames)
        present = EditedRoll.from_json(roll) if roll else None
        bars = present.bars if present and present.bars and recording else feeds.estimate_bars(kept)
        loaded = EditedRoll(Transcription(kept, duration), locks=present.locks if present else (), bars=bars)
        return loaded, tuple(note for note in given.notes if note not in kept)

    def _idle(self, status: str, roll: Any = SAME, session: Any = SAME) -> View:
        """A view in which a job can be started and none stopped."""
        return buttons(View(status, roll, session), ready=True, model=self.model is not None)


class Clock:
    """Says how far a run is, and how long the rest will take."""

    def __init__(self, run: Run) -> None:
        self.run, self.start = run, time.monotonic()

    def line(self, progress: Progress, take: int, notes: Sequence[Note]) -> str:
        """The status after a step of a take."""
        done = take * self.run.steps + progress.step
        left = (time.monotonic() - self.start) / done * (self.run.takes * self.run.steps - done)
        parts = [f"Take {take + 1} of {self.run.takes}"] if self.run.takes > 1 else []
        parts += [f"Step {progress.step} of {progress.steps}", f"sigma {progress.current.sigma:.3g}", f"{markup.count(notes)} so far"]
        if left >= 1.0:
            parts.append(f"about {markup.length(round(left))} left")
        return " · ".join(parts)


def buttons(view: View, *, ready: bool, model: bool = True) -> View:
    """The view with all that starts a job switched on (`ready`) and Stop off, or the other way round."""
    start, stop = gr.update(interactive=ready and model), gr.update(interactive=not ready)
    return view._replace(transcribe=start, stop=stop, regenerate=start, refine=start, generate=start)


def finished(job: Job, results: Sequence[Result]) -> str:
    """What is said when all is done."""
    notes, length, run = results[-1].notes, markup.length(results[-1].duration), job.run
    if run.kind == "regenerate":
        ready = "The new notes are" if run.takes == 1 else f"{run.takes} takes are"
        text = f"{ready} ready: play, then keep what you like."
        if run.takes > 1 and nearly_alike([written(result, task) for result, task in zip(results, job.tasks, strict=True)]):
            why = "the audio leaves little to choose" if job.entry["listen"] else "mark more to be rewritten"
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


def replaced(edited: EditedRoll) -> tuple[Region, ...]:
    """The masks without what is locked in them."""
    free = (mask._replace(drums=tuple(drum for drum in mask.drums if drum not in edited.locks)) for mask in edited.masks)
    return tuple(mask for mask in free if mask.drums)


def given(edited: EditedRoll) -> dict[str, Any]:
    """What a recipe remembers of the roll that a job was given."""
    value = edited.to_json()
    notes = {name: value[name] for name in ("version", "duration", "notes")}
    return {"notes": notes, "masks": value["masks"], "locks": value["locks"]}


def remember(session: Session, job: Job, results: Sequence[Result], folder: Path) -> Session:
    """The session after a job that ended with these results, one a take; a job that made a new roll begins a new recipe."""
    kept = {**session, "audio": str(job.audio) if job.audio else None}
    if not results:
        return kept
    tasks = job.tasks[: len(results)]
    entry = {**job.entry, "seeds": [task.seed for task in tasks], "results": [result.transcription.to_json() for result in results]}
    kept["recipe"] = [*([] if job.run.kind in ("transcribe", "generate") else session["recipe"]), entry]
    kept["steps"] = [str(step_file(folder, len(results) - 1, step)) for step in range(1, job.run.steps + 1)]
    if job.run.replaces is None:
        kept["thresholds"] = list(tasks[-1].decode.thresholds)
        kept["candidates"] = feeds.candidates(results[-1].roll, tasks[-1])
    return kept


def step_file(folder: Path, take: int, step: int) -> Path:
    """Where the planes of a step lie."""
    return folder / f"{take}-{step}.n2ns"


def no_recording(name: str, duration: float) -> dict[str, Any]:
    """The editor's property `source` for notes that belong to no recording."""
    return {"id": token_hex(8), "name": name, "duration": duration, "audio": None, "mel": None}


def whole(name: str, value: int | float | None, low: int, high: int) -> int:
    """The value as a whole number within its limits; raises ValueError where it is none."""
    if value is None or not low <= value <= high or value != int(value):
        raise ValueError(f"{name} must be a whole number between {low} and {high}, not {value}")
    return int(value)
