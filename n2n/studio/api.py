"""The public endpoints: the four verbs and the renderer, for `gradio_client`, curl and tools. Everything else the app does is private.

Notes travel in the JSON of `n2n.notes`. What a caller does wrong is raised as `gr.Error`, whose text reaches the caller.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from n2n.edits import parse_flag, parse_masks, parse_notes
from n2n.inference import Transcriber
from n2n.render import DEFAULT_KIT, kit_names, render_notes, write_audio
from n2n.roll import check_regions, mask_from_regions, num_roll_frames
from n2n.studio.described import MASKS, NOTES, DescribedJson
from n2n.studio.files import stem
from n2n.studio.recordings import Recording
from n2n.studio.refusals import told
from n2n.studio.turns import LIGHT_JOB, MODEL_JOB, check_work
from n2n.studio.view import MAX_SEED, PAGE_STEPS, checked_whole, quoted
from n2n.studio.workshop import Workshop
from n2n.task import Task
from n2n.values import is_number

Answer = tuple[dict[str, Any], str]
"""Notes in JSON, and the path of a MIDI file."""


class Endpoints:
    """The functions behind the endpoints."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    def transcribe(self, audio: str | None, num_steps: int | float | None = None, seed: int | float = 0, fast: bool = False) -> Answer:
        """Transcribes a drum recording to notes.

        Args:
            audio: the recording: wav, flac, mp3, ogg, m4a and most others.
            num_steps: denoising steps, 1 to 50; more take longer and refine. Without it the model's own number.
            seed: of the noise that is denoised; the same seed gives the same notes.
            fast: True asks the fast model, which answers in one step of its own; leave num_steps out then.

        Returns:
            The notes as JSON, {"version": 1, "duration": seconds, "notes": [{"onset": seconds, "drum": "KD", "velocity": 1 to 127,
            "confidence": 0 to 1}]} with the drums KD kick, SN snare, TT tom, HH hi-hat, CY crash, RD ride, BE bell; and a MIDI file.
        """
        with told():
            (model, options), recording = self._chosen(num_steps, seed, fast), self._hear(audio)
            return self._answer(model, model.prepare_transcribe(recording.features, **options), recording.name)

    def regenerate(
        self,
        audio: str | None = None,
        notes: dict[str, Any] | None = None,
        masks: list[Any] | None = None,
        listen: bool = True,
        num_steps: int | float | None = None,
        seed: int | float = 0,
        fast: bool = False,
    ) -> Answer:
        """Writes new notes inside masks; every note outside them comes back exactly as it was.

        Args:
            audio: the recording that the notes belong to; may be left out when not listening.
            notes: the notes to change, in the JSON that transcribe gives.
            masks: where new notes are wanted, as JSON: [{"start": seconds, "end": seconds, "drums": ["KD", "SN"]}].
            listen: True hears the recording inside the masks too; False withholds it there, so that notes are imagined.
            num_steps: denoising steps, 1 to 50. Without it the model's own number, which is higher when imagining.
            seed: another seed gives another take.
            fast: True asks the fast model, which answers in one step of its own; leave num_steps out then.

        Returns:
            All notes as JSON, in the form in which they were given; and a MIDI file.
        """
        with told():
            given, regions, (model, options) = parse_notes(notes), parse_masks(masks), self._chosen(num_steps, seed, fast)
            recording = None if audio is None else self._hear(audio)
            frames = len(recording.features.mel) if recording else num_roll_frames(self.workshop.check_seconds(given.duration))
            check_regions(regions, frames)
            mask, features = mask_from_regions(regions, frames), recording.features if recording else None
            if not mask.any():
                raise ValueError("masks cover no part of the recording: nothing would be written anew")
            task = model.prepare_regenerate(
                features, given, mask, listen=parse_flag("listen", True if listen is None else listen), **options
            )
            return self._answer(model, task, recording.name if recording else "drums")

    def refine(
        self,
        audio: str | None,
        notes: dict[str, Any] | None,
        strength: int | float | None = 0.5,
        num_steps: int | float | None = None,
        seed: int | float = 0,
        fast: bool = False,
    ) -> Answer:
        """Corrects a rough or foreign transcription by the recording.

        Args:
            audio: the recording that the notes belong to.
            notes: the notes to start from, in the JSON that transcribe gives.
            strength: above 0, at most 1: near 0 little changes, at 1 nothing of the given notes is left.
            num_steps: denoising steps, 1 to 50. Without it the model's own number.
            seed: of the noise; the same seed gives the same notes.
            fast: True asks the fast model, which answers in one step of its own; leave num_steps out then.

        Returns:
            The corrected notes as JSON, in the form in which they were given; and a MIDI file.
        """
        with told():
            given, (model, options), recording = parse_notes(notes), self._chosen(num_steps, seed, fast), self._hear(audio)
            if not is_number(strength):
                raise ValueError(f"strength must be a number above 0, at most 1, not {quoted(strength)}")
            task = model.prepare_refine(recording.features, given, strength=strength, **options)
            return self._answer(model, task, recording.name)

    def generate(
        self, seconds: int | float | None, num_steps: int | float | None = None, seed: int | float = 0, fast: bool = False
    ) -> Answer:
        """Invents drumming, without any recording.

        Args:
            seconds: how long it is to be, above 0.
            num_steps: denoising steps, 1 to 50. Without it the model's own number.
            seed: another seed gives other drumming.
            fast: True asks the fast model, which answers in one step of its own; leave num_steps out then.

        Returns:
            The notes as JSON, {"version": 1, "duration": seconds, "notes": [{"onset": seconds, "drum": "KD", "velocity": 1 to 127,
            "confidence": 0 to 1}]}; and a MIDI file.
        """
        with told():
            model, options = self._chosen(num_steps, seed, fast)
            return self._answer(model, model.prepare_generate(self.workshop.check_seconds(seconds), **options), "drums")

    def render(self, notes: dict[str, Any] | None, kit: str = DEFAULT_KIT) -> str:
        """Plays notes on a drum kit.

        Args:
            notes: what to play, in the JSON that transcribe gives.
            kit: the name of a kit that ships with the app: muldjord, osdk, uzu or virtuosity.

        Returns:
            A WAV file, mono, 44.1 kHz.
        """
        with told():
            given = parse_notes(notes)
            if given.duration > self.workshop.settings.max_seconds:
                self.workshop.check_seconds(given.duration)
            if not isinstance(kit, str):
                raise ValueError(f"kit must be a name: {', '.join(kit_names())}")
            path = self.workshop.shelf.new_folder() / f"{stem(kit)}.wav"
            write_audio(render_notes(given, kit[:40]), path)
            return str(path)

    def _hear(self, audio: str | None) -> Recording:
        if audio is None:
            raise ValueError("audio is missing: give a recording")
        return self.workshop.recordings.hear(Path(audio))

    def _chosen(self, num_steps: int | float | None, seed: int | float | None, fast: bool) -> tuple[Transcriber, dict[str, Any]]:
        """The model to use, and its options, checked (see `n2n.task.Options`)."""
        steps = None if num_steps is None else checked_whole("num_steps", num_steps, 1, PAGE_STEPS)
        options = {"num_steps": steps, "seed": checked_whole("seed", seed, 0, MAX_SEED)}
        model = self.workshop.need_model()
        if not parse_flag("fast", False if fast is None else fast):
            return model, options
        fast_model = self.workshop.need_fast()
        if steps is not None:
            raise ValueError("the fast model answers in one step: leave num_steps out, or fast")
        return fast_model, options

    def _answer(self, model: Transcriber, task: Task, name: str) -> Answer:
        check_work([task])
        *_, last = self.workshop.jobs.streams[model](task)
        assert last.result is not None
        path = self.workshop.shelf.new_folder() / f"{stem(name)}.mid"
        last.result.write(path)
        return last.result.transcription.to_json(), str(path)


def publish(endpoints: Endpoints) -> None:
    """Adds the endpoints to the page that is being built, with components that nobody sees."""

    def hidden(component: Callable[..., Any], label: str, **options: Any) -> Any:
        return component(label=label, visible=False, **options)

    def audio() -> Any:
        return hidden(gr.Audio, "audio", type="filepath", format=None)

    def notes() -> Any:
        return hidden(DescribedJson, "notes", schema=NOTES)

    def numbers(**defaults: float | None) -> list[Any]:
        return [hidden(gr.Number, name, value=value) for name, value in defaults.items()]

    def answer() -> list[Any]:
        return [notes(), hidden(gr.File, "MIDI file")]

    def sampling() -> list[Any]:
        return [*numbers(num_steps=None, seed=0), hidden(gr.Checkbox, "fast", value=False)]

    masks, listen = hidden(DescribedJson, "masks", schema=MASKS), hidden(gr.Checkbox, "listen", value=True)
    inputs: dict[str, list[Any]] = {
        "transcribe": [audio(), *sampling()],
        "regenerate": [audio(), notes(), masks, listen, *sampling()],
        "refine": [audio(), notes(), *numbers(strength=0.5), *sampling()],
        "generate": [*numbers(seconds=None), *sampling()],
    }
    for verb, given in inputs.items():
        gr.on([], getattr(endpoints, verb), given, answer(), api_name=verb, **MODEL_JOB)
    kit = hidden(gr.Textbox, "kit", value=DEFAULT_KIT)
    gr.on([], endpoints.render, [notes(), kit], [hidden(gr.Audio, "audio file")], api_name="render", **LIGHT_JOB)
