"""What the page does: what happens at its clicks, and as it opens. Nothing here knows the layout."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import gradio as gr

from n2n.assets import model_name
from n2n.bars import SAME_TEMPO, Bars, estimate_bars
from n2n.edits import MAX_NOTES, EditedRoll
from n2n.export.recipe import Action
from n2n.inference import Transcriber
from n2n.metre import TEMPO_MAX, TEMPO_MIN, Metre
from n2n.midi import MidiHits
from n2n.note_files import read_notes_and_hits
from n2n.notes import Note, Transcription
from n2n.roll import note_frame, num_roll_frames
from n2n.studio import feeds, markup
from n2n.studio.feeds import Run
from n2n.studio.jobs import EARLY, Job
from n2n.studio.recordings import Recording, no_recording
from n2n.studio.session import Session, come_back, known_files, opened
from n2n.studio.view import MAX_TAKES, SAME, Choices, View, buttons, checked_whole
from n2n.studio.workshop import Workshop

SHORTEST_ROLL_S: Final = 1.0
"""A roll without a recording lasts as long as its notes, but not less."""

MOST_NAMED: Final = 4
"""How many time signatures of a file the status names."""

BRING: Final = " Bring their recording to hear and refine them."


class Handlers:
    """The handlers of one running app, which works with the models, files and jobs of `workshop`."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop, self.recordings, self.jobs = workshop, workshop.recordings, workshop.jobs

    # --- before and after a job ---

    def wait(self) -> tuple[str, View]:
        """At once after the click, while the job may stand in the queue: the ticket and the view."""
        return self.jobs.tickets.draw(), buttons(View(markup.status("Waiting for its turn…", state="running")), ready=False)

    def stop(self, ticket: str | None) -> View:
        """Asks the job to stop. One that runs answers itself, with its last view, perhaps before this does; one that has ended meanwhile
        has done so."""
        tickets = self.jobs.tickets
        if not tickets.stop(ticket):
            return View()
        if not tickets.begun(ticket):
            tickets.end(ticket)
            return self.jobs.idle(markup.status(EARLY))
        return View(stop=gr.update(interactive=False))

    def fail(self, shown: str) -> View:
        """After a job that could not even begin: the queue was full, or an input was refused on its way."""
        if markup.RUNNING not in shown:
            return View()
        text = (
            "That did not work: a number may be out of its range, or the app may be busy with others. "
            "Look at the settings, wait a moment, then try again. Your notes are as they were."
        )
        return self.jobs.idle(markup.status(text, state="failed"))

    def not_arrived(self) -> View:
        """After an arrival that failed."""
        return View(markup.status("The page could not be set up. Reload it to try again.", state="failed"))

    def arrive(self, example: str | None, draft: object, session: Session) -> tuple[str | None, View]:
        """As the page opens: the recording to show, and the view. What the tab last held comes back; else an example is brought in."""
        value = draft.get("value") if isinstance(draft, dict) else None
        if not isinstance(value, dict) or not (value.get("notes") or value.get("masks") or self._held(draft)):
            view = self.bring_recording(example, session)
            brought = isinstance(view.session, Session)
            return example, view._replace(session=replace(view.session, unasked=True)) if brought else view
        try:
            return self._restore(draft, session)
        except ValueError as error:  # an example would take the place of what may yet be saved
            return None, View(markup.status(f"The notes of this tab could not be brought back: {error}.", state="failed"))

    def bring_recording(self, audio: str | None, session: Session, ticket: str | None = None) -> View:
        """Brings another recording into the editor."""
        if audio is None or audio == session.audio:
            return View()
        try:
            recording = self.recordings.hear(Path(audio))
        except ValueError as error:
            return View(markup.status(str(error), state="failed"))
        text = self._ready(recording)
        kept, source = opened(session, recording.to_source())
        view = self.jobs.abandon(ticket)
        return view._replace(status=markup.status(text), roll=gr.update(source=source), session=replace(kept, audio=audio))

    def player_changed(self, audio: str | None, session: Session, ticket: str | None = None) -> tuple[Any, View]:
        """Brings what came into the player; after a refusal the roll's own recording is in it again, if there is one."""
        view = self.bring_recording(audio, session, ticket)
        refused = audio not in (None, session.audio) and not isinstance(view.session, Session)
        return gr.update(value=_kept(session)) if refused else SAME, view

    def stay(self, session: Session) -> None:
        """Called from time to time while a page is open, so that its recording is kept however long the visitor works on it, and so is
        what is remembered of it."""
        self.jobs.sessions.renew(session)
        if session.audio:
            self.recordings.keep(Path(session.audio))

    def returned(self, ticket: str | None, session: Session, event: gr.EventData) -> tuple[str | None, View]:
        """After undo or redo led to another roll: its recording and its recipe return with it."""
        view = self.jobs.abandon(ticket)
        source, roll = str(event._data.get("id")), event._data.get("roll")
        path = self.recordings.find(source, known_files(session))
        text = f"Back at {path.name}." if path else "Back at notes without a recording."
        audio = str(path) if path else None
        return audio, view._replace(status=markup.status(text), session=come_back(session, roll, source, audio))

    def bring_notes(self, file: str | None, roll: dict[str, Any] | None, session: Session, ticket: str | None = None) -> View:
        """Brings the notes of a MIDI, JSON or CSV file into the editor; those past the end of the recording are left out."""
        if file is None:
            return View()
        path = Path(file)
        try:
            given, midi = read_notes_and_hits(path)
            if not given.notes:
                raise ValueError(f"{path} holds no hits of our drums: the notes here stay as they are")
            recording, metre = self._recording(session), midi.metre if midi else None
            loaded, left_out = self._fitting(given, recording, roll, metre)
            if left_out and session.unasked and not (roll and (roll.get("notes") or roll.get("masks"))):  # not that recording's notes
                recording = None
                loaded, left_out = self._fitting(given, None, roll, metre)
        except ValueError as error:
            return View(markup.status(str(error).replace(str(path), path.name), state="failed"))
        view = self.jobs.abandon(ticket)
        text = f"{path.name}: {markup.describe(loaded.notes)}."
        if midi and midi.unknown:
            text += f" Left out: {markup.count(midi.unknown)} that stand for none of our drums."
        text += _notices(midi, loaded.bars) if midi else ""
        if left_out:
            text += f" Left out: {markup.count(left_out)} past the end of the recording."
        if recording:
            text += " Locked lanes stay as they were." if loaded.locks else ""
            return view._replace(status=markup.status(text, state="done"), roll=gr.update(feed=feeds.load(token_hex(6), loaded, text)))
        text += BRING
        feed = feeds.load(token_hex(6), loaded, text)
        kept, source = opened(session, no_recording(path.name, loaded.duration))
        roll_update = gr.update(source={**source, "run": feed["run"]}, feed=feed)
        return view._replace(status=markup.status(text, state="done"), roll=roll_update, session=replace(kept, name=path.name))

    # --- the four verbs ---

    def transcribe(self, ticket: str | None, session: Session, audio: str | None, *choices: Any) -> Iterator[View]:
        """Audio to notes."""

        def prepare() -> Job:
            model, options, action = self._chosen("transcribe", choices)
            heard = audio or session.audio  # the player may be empty, but not what is in the roll
            if heard is None:
                raise ValueError("Choose a recording first: upload a file, record one, or take an example.")
            recording = self.recordings.hear(Path(heard))
            task = model.prepare_transcribe(recording.features, **options)
            run = Run(token_hex(6), "transcribe", task.sampling.num_steps, source=recording.id)
            return Job(run, model, (task,), action, Path(heard), recording.to_source())

        yield from self.jobs.run(ticket, session, prepare, "Listening…")

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
            model, options, action = self._chosen("regenerate", choices, imagining=not listen)
            edited = EditedRoll.from_json(roll)
            count = checked_whole("takes", takes, 1, MAX_TAKES)
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
            source = recording.id if recording else session.source
            run = Run(token_hex(6), "regenerate", tasks[0].sampling.num_steps, count, edited.free_masks, edited.bars, source)
            action = replace(action, given=edited, listen=listen, heard=recording is not None)
            return Job(run, model, tasks, action, recording.path if recording else None)

        yield from self.jobs.run(ticket, session, prepare, "Preparing…")

    def refine(
        self, ticket: str | None, session: Session, roll: dict[str, Any] | None, strength: int | float, *choices: Any
    ) -> Iterator[View]:
        """Corrects the notes in the editor by the audio; locked drums stay as they are."""

        def prepare() -> Job:
            model, options, action = self._chosen("refine", choices)
            edited = EditedRoll.from_json(roll)
            recording = self._recording(session)
            if recording is None:
                raise ValueError("Refine needs the recording that the notes belong to: bring it first.")
            locked = edited.locked(len(recording.features.mel))
            task = model.prepare_refine(recording.features, edited.transcription, strength=strength, locked=locked, **options)
            run = Run(token_hex(6), "refine", task.sampling.num_steps, bars=edited.bars, source=recording.id)
            return Job(run, model, (task,), replace(action, given=edited, strength=strength), recording.path)

        yield from self.jobs.run(ticket, session, prepare, "Preparing…")

    def generate(self, ticket: str | None, session: Session, seconds: int | float | None, *choices: Any) -> Iterator[View]:
        """Drumming from nothing."""

        def prepare() -> Job:
            model, options, action = self._chosen("generate", choices, imagining=True)
            length = self.workshop.check_seconds(seconds)
            task = model.prepare_generate(length, **options)
            source: dict[str, Any] = {**no_recording("Generated", length), "generated": True}
            run = Run(token_hex(6), "generate", task.sampling.num_steps, source=source["id"])
            return Job(run, model, (task,), replace(action, seconds=length), None, source)

        yield from self.jobs.run(ticket, session, prepare, "Preparing…")

    # --- what a job needs ---

    def _chosen(self, verb: str, choices: tuple[Any, ...], *, imagining: bool = False) -> tuple[Transcriber, dict[str, Any], Action]:
        """The model to use, its options, and what a recipe remembers of both."""
        chosen, model = Choices(*choices), self.workshop.need_model()
        fast = self.workshop.fast if chosen.fast else None  # the choice may be remembered from a visit when there was a fast model
        options = chosen._replace(fast=fast is not None).options(imagining=imagining)
        remembered = {name: value for name, value in options.items() if name != "seed"}
        if fast is None:
            return model, options, Action(verb, remembered)
        return fast, options, Action(verb, remembered, model=model_name(self.workshop.settings.fast_model))

    def _recording(self, session: Session) -> Recording | None:
        return self.recordings.hear(Path(session.audio)) if session.audio else None

    def _frames(self, edited: EditedRoll, recording: Recording | None) -> int:
        """Frames of the roll to write on: those of the recording, or, without one, of the notes' own duration."""
        return len(recording.features.mel) if recording else num_roll_frames(self.workshop.check_seconds(edited.duration))

    def _ready(self, recording: Recording) -> str:
        """What is said of a recording that has no notes yet."""
        next_step = "Press Transcribe." if self.workshop.model else "Draw its notes with the pencil."
        mind = f" Mind: {recording.odd}." if recording.odd else ""
        return f"{markup.length(recording.features.duration)} of audio.{mind} {next_step}"

    def _held(self, draft: Any) -> Path | None:
        """The recording that the tab had, if it is still here."""
        place = _place(draft)
        return self.recordings.find(str(place.get("id"))[:64], (str(place.get("name")),))

    def _restore(self, draft: Any, session: Session) -> tuple[str | None, View]:
        """What the tab held when it was left. Raises ValueError where that cannot be read."""
        roll, place, path = EditedRoll.from_json(draft["value"]), _place(draft), self._held(draft)
        known, name, generated = str(place.get("id"))[:64], str(place.get("name", ""))[:200], place.get("generated") is True
        text = f"Your notes are back: {markup.describe(roll.notes)}." if roll.notes else "Your painted regions are back."
        if path:
            recording = self.recordings.hear(path)
            source = recording.to_source()
            text = text if roll.notes or roll.masks else self._ready(recording)
        else:
            source = no_recording(name, self.workshop.check_seconds(roll.duration)) | {"id": known, "generated": generated}
            text += "" if generated else BRING
        if draft["value"].get("pending") is True:
            text += " The takes that waited to be accepted are gone."
        kept, source = opened(session, source)
        audio, before = str(path) if path else None, self.jobs.sessions.find(place.get("roll"))
        if before and before.source == known and (before.audio is None) == (audio is None):
            kept = self.jobs.sessions.keep(replace(before, roll=kept.roll))  # of its own: a tab may have been doubled
        whole = {"candidates": feeds.standing(kept.candidates, roll), "project": True, "restored": True}
        feed = feeds.load(token_hex(6), roll, text) | whole
        return audio, View(markup.status(text, state="done"), gr.update(source=source, feed=feed), replace(kept, audio=audio))

    def _fitting(
        self, given: Transcription, recording: Recording | None, roll: dict[str, Any] | None, metre: Metre | None
    ) -> tuple[EditedRoll, tuple[Note, ...]]:
        """The given notes as a roll with the present locks and bars, and those past the end of the recording."""
        duration = recording.features.duration if recording else max(given.duration, SHORTEST_ROLL_S)
        longest = self.workshop.settings.max_seconds
        if duration > longest:
            lasts, most = markup.length(duration), markup.length(longest)
            raise ValueError(f"these notes last {lasts}, and at most {most} are taken here: cut the file")
        if len(given.notes) > MAX_NOTES:
            raise ValueError(f"there may be at most {MAX_NOTES} notes, not {len(given.notes)}")
        frames = num_roll_frames(duration)

        def fits(note: Note) -> bool:
            return note.onset <= duration and note_frame(note.onset, frames) < frames

        kept, left_out = (tuple(note for note in given.notes if fits(note) is inside) for inside in (True, False))
        present = EditedRoll.from_json(roll) if roll else None
        bars = present.bars if present and present.bars and recording else estimate_bars(kept, given.tempo, metre)
        loaded = EditedRoll(Transcription(kept, duration), locks=present.locks if present else (), bars=bars)
        return loaded, left_out


def _notices(midi: MidiHits, bars: Bars | None) -> str:
    """What else is said of a MIDI file: which channels were taken for drums, and which of its tempos and time signatures are left out.

    The editor has one tempo, and bars of one length in quarter notes.
    """
    text = f" Mind: {midi.foreign}." if midi.foreign else ""
    tempos, signatures = midi.conductor
    if len(tempos) > 1:
        text += " Left out: its tempo changes; there is one tempo here, and every note keeps its exact time."
    elif bars and midi.tempo and abs(midi.tempo / bars.bpm - 1.0) > SAME_TEMPO:
        text += f" Left out: its tempo, {midi.tempo:g}; the bars here have {bars.bpm:.4g} beats a minute."
    elif tempos and midi.tempo is None:
        text += f" Left out: its tempo, which is not between {TEMPO_MIN:g} and {TEMPO_MAX:g} beats a minute."
    named, here = list(dict.fromkeys(map(str, signatures))), f"{bars.beats}/4" if bars else "not known"
    if len(named) > 1:
        text += f" Left out: its time signatures {', '.join(named[:MOST_NAMED])}{', …' * (len(named) > MOST_NAMED)}; here it is {here}."
    elif named and not (midi.metre and bars and bars.beats == midi.metre.beats):
        text += f" Left out: its time signature {named[0]}; here it is {here}."
    elif named and named[0] != here:
        text += f" Its time signature {named[0]} is {here} here, whose bars last as long."
    return text


def _kept(session: Session) -> str | None:
    """The path of the roll's recording, if its file is still here."""
    return session.audio if session.audio and Path(session.audio).is_file() else None


def _place(draft: Any) -> dict[str, Any]:
    """What a draft says of the source that its notes belong to."""
    place = draft.get("source")
    return place if isinstance(place, dict) else {}
