"""The public API: load a model, then transcribe, regenerate, refine, generate.

Each verb has a contract of its own. `transcribe` hears all audio but the spans listed as missing. `regenerate` writes new notes inside a
mask and carries every other note over as it was; to imagine is to vary the groove around the mask, if there is one. `refine` starts from
a given transcription. `generate` starts from nothing. A verb can also be had step by step: its `prepare_...` twin makes a `Task`, and
`Transcriber.stream` yields a `Progress` after every denoising step.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from n2n.assets import bundled_models
from n2n.audio import FRAME_RATE, SAMPLE_RATE
from n2n.checkpoint import Checkpoint, load_checkpoint
from n2n.device import choose_device
from n2n.diffusion import SAMPLERS, Denoise, guide, lock, take_turns, walk
from n2n.drums import DRUMS
from n2n.features import FLOOR_DB, N_MELS, normalise_heard, stream_log_mel
from n2n.foundation import Foundation
from n2n.groove import repeat_groove
from n2n.inputs import audio_blocks, check_mask, heard_outside, heard_without, notes_within
from n2n.mert import find_foundation, load_foundation
from n2n.notes import Note, Transcription
from n2n.one_pass import OnePass
from n2n.roll import covers, empty_roll, notes_to_roll, num_roll_frames, roll_to_notes
from n2n.shapes import Bool, Float
from n2n.task import Features, Given, Options, Progress, Result, Task, TrajectoryStep
from n2n.values import is_number
from n2n.windows import Grid, Windows, frame_noise

MAX_GENERATED_SECONDS: Final = 3600.0
SILENT_DB: Final = -75.0
"""A file whose level lies below holds nothing that could be heard."""

REFINE_SIGMA: Final = (0.05, 5.0)
"""Noise levels that refinement starts from, at strengths near 0 and near 1: at the first the given notes stay, at the last none is left."""

AudioInput = str | Path | np.ndarray | Features
"""A file, mono samples at 44.1 kHz in [-1, 1], or what `Transcriber.listen` made of either."""


def load(name_or_path: str | Path = "small", *, device: str = "auto", foundation: str | Path | None = None) -> "Transcriber":
    """Loads a model.

    Args:
        name_or_path: a bundled model's name (`small`; `small-1step`, which says all in one step), whatever lies in the working directory,
            or a folder with `config.json` and `model.safetensors` (`./small`).
        device: `auto` (a GPU where there is one), `cpu` or `cuda`.
        foundation: folder of the foundation model (MERT) of a model that hears one; by default the one that N2N_MERT names. No bundled
            model does.

    Raises:
        ValueError: no such model, a damaged one, no such device, or a foundation model that is missing or has no use.
    """
    folder = Path(name_or_path)
    if str(name_or_path) == folder.name:
        folder = bundled_models().get(folder.name, folder)
    if not folder.is_dir():
        names = ", ".join(bundled_models()) or "none"
        raise ValueError(f"no model {str(name_or_path)!r}: give a folder, or one of the bundled models ({names})")
    checkpoint = load_checkpoint(folder, device=choose_device(device))
    if foundation is None and not checkpoint.model.foundation_dim:
        return Transcriber(checkpoint)
    return Transcriber(checkpoint, foundation=load_foundation(find_foundation(foundation), device=choose_device(device)))


class Transcriber:
    """A loaded model and its four verbs."""

    def __init__(self, checkpoint: Checkpoint, *, window_batch: int = 16, foundation: Foundation | None = None) -> None:
        checkpoint.model.check_foundation(None if foundation is None else foundation.dim)
        self.checkpoint = checkpoint
        self.foundation = foundation
        self.denoiser = checkpoint.denoiser
        self.device = next(self.denoiser.parameters()).device
        self.window_batch = window_batch

    def transcribe(
        self, audio: AudioInput, *, missing: Sequence[tuple[float, float]] = (), trajectory: bool = False, **options: Any
    ) -> Result:
        """Audio to notes.

        Args:
            audio: a file, mono samples at 44.1 kHz in [-1, 1], or what `listen` made of either.
            missing: spans (start s, end s) whose audio is not to be heard; the model fills them from what is around. Where nothing is
                left, it invents as `generate` does.
            trajectory: keep every step in the result.
            **options: see `Options`.

        Returns:
            The notes, their onsets on frames of 10 ms, and the roll [frames, 7, 2] that they were read from.

        Raises:
            AudioError: the recording cannot be read.
            ValueError: a span outside the audio, or an option out of range.
        """
        return self._run(self.prepare_transcribe(audio, missing=missing, **options), trajectory)

    def regenerate(
        self,
        audio: AudioInput | None,
        notes: Transcription | Iterable[Note],
        mask: Bool[np.ndarray, "frames drums"],
        *,
        listen: bool,
        trajectory: bool = False,
        **options: Any,
    ) -> Result:
        """New notes inside a mask; every note outside it comes back as it was.

        Args:
            audio: the recording; may be None when imagining a transcription that has none.
            notes: the transcription to change.
            mask: True where notes are to be written anew; frames of 10 ms by drums.
            listen: hear the audio inside the mask too; otherwise the audio of all masked time is withheld and the notes are imagined:
                begun as the groove around the mask would go on, if it repeats, and from noise alone if it does not.
            trajectory: keep every step in the result.
            **options: see `Options`.

        Returns:
            As `transcribe`; notes outside the mask keep their exact onsets and velocities.

        Raises:
            AudioError: the recording cannot be read.
            ValueError: listening without audio, a mask of another shape, a note past the end, or an option out of range.
        """
        return self._run(self.prepare_regenerate(audio, notes, mask, listen=listen, **options), trajectory)

    def refine(
        self,
        audio: AudioInput,
        notes: Transcription | Iterable[Note],
        *,
        strength: float = 0.5,
        locked: Bool[np.ndarray, "frames drums"] | None = None,
        trajectory: bool = False,
        **options: Any,
    ) -> Result:
        """Corrects a rough or foreign transcription by the audio.

        Args:
            audio: the recording.
            notes: the transcription to start from.
            strength: in (0, 1]; how far to go back up into noise: near 0 little changes, at 1 nothing of the given notes is left.
            locked: True where notes stay as they are; frames of 10 ms by drums.
            trajectory: keep every step in the result.
            **options: see `Options`.

        Returns:
            As `transcribe`; locked notes keep their exact onsets and velocities.

        Raises:
            AudioError: the recording cannot be read.
            ValueError: a strength outside (0, 1], a mask of another shape, a note past the end, or an option out of range.
        """
        return self._run(self.prepare_refine(audio, notes, strength=strength, locked=locked, **options), trajectory)

    def generate(self, seconds: float, *, trajectory: bool = False, **options: Any) -> Result:
        """Invents drumming, without any audio.

        Args:
            seconds: how long, in (0, 3600].
            trajectory: keep every step in the result.
            **options: see `Options`.

        Returns:
            As `transcribe`.

        Raises:
            ValueError: a length or an option out of range, or a model that imagines nothing.
        """
        return self._run(self.prepare_generate(seconds, **options), trajectory)

    def listen(self, audio: AudioInput) -> Features:
        """Reads a recording as the model hears it; tasks on the same audio may share it (pass it in place of the audio)."""
        if isinstance(audio, Features):
            return audio
        blocks = audio_blocks(audio)
        samples, kept = 0, list[np.ndarray]()

        def counted() -> Iterator[np.ndarray]:
            nonlocal samples
            for block in blocks:
                samples += len(block)
                if self.foundation is not None:
                    kept.append(block)
                yield block

        mel = stream_log_mel(counted())
        return Features(mel, samples / SAMPLE_RATE, np.concatenate(kept) if kept else None)

    def prepare_transcribe(self, audio: AudioInput, *, missing: Sequence[tuple[float, float]] = (), **options: Any) -> Task:
        """The task behind `transcribe`."""
        features = self.listen(audio)
        heard = heard_without(missing, len(features.mel), features.duration)
        task = self._task(features, heard, Options(**options))
        if silent_db(task) is None:
            return task
        return replace(task, given=Given(empty_roll(len(heard)), locked=np.ones((len(heard), len(DRUMS)), dtype=bool)))

    def prepare_regenerate(
        self,
        audio: AudioInput | None,
        notes: Transcription | Iterable[Note],
        mask: Bool[np.ndarray, "frames drums"],
        *,
        listen: bool,
        **options: Any,
    ) -> Task:
        """The task behind `regenerate`."""
        if audio is None:
            if listen:
                raise ValueError("listening needs audio: give a recording, or set listen=False to imagine the masked notes")
            features, owner = _unrecorded(notes, len(check_mask("mask", mask))), "transcription"
        else:
            features, owner = self.listen(audio), "audio"
        mask = check_mask("mask", mask, len(features.mel), of=owner)
        carried = tuple(note for note in notes_within(notes, len(mask)) if not covers(mask, note))
        heard = np.full(len(mask), audio is not None)
        if not listen:
            heard &= heard_outside(mask)
        task = self._task(features, heard, Options(**options), fills_gap=not listen)
        given = Given(notes_to_roll(carried, len(mask)), locked=~mask)
        task = replace(task, given=given, carried=carried, tempo=_tempo_of(notes))
        groove = None if listen else repeat_groove(given.roll, mask)
        return task if groove is None else _beginning(task, given._replace(roll=groove), task.sampling.imagine_from)

    def prepare_refine(
        self,
        audio: AudioInput,
        notes: Transcription | Iterable[Note],
        *,
        strength: float = 0.5,
        locked: Bool[np.ndarray, "frames drums"] | None = None,
        **options: Any,
    ) -> Task:
        """The task behind `refine`."""
        if not (is_number(strength) and 0.0 < strength <= 1.0):
            raise ValueError(f"strength must lie in (0, 1], not {strength!r}: near 0 little changes, 1 starts afresh")
        self._check_denoises("start from given notes")
        features = self.listen(audio)
        frames = len(features.mel)
        within = notes_within(notes, frames)
        locked = np.zeros((frames, len(DRUMS)), dtype=bool) if locked is None else check_mask("locked", locked, frames)
        carried = tuple(note for note in within if covers(locked, note))
        given, (low, high) = Given(notes_to_roll(within, frames), locked), REFINE_SIGMA
        task = self._task(features, np.ones(frames, dtype=bool), Options(**options))
        task = replace(task, given=given, carried=carried, tempo=_tempo_of(notes))
        return task if strength == 1.0 else _beginning(task, given, low ** (1.0 - strength) * high**strength)

    def prepare_generate(self, seconds: float, **options: Any) -> Task:
        """The task behind `generate`."""
        if not (is_number(seconds) and 0.0 < seconds <= MAX_GENERATED_SECONDS):
            raise ValueError(f"seconds must lie in (0, {MAX_GENERATED_SECONDS:g}], not {seconds!r}")
        features = _no_audio(seconds)
        return self._task(features, np.zeros(len(features.mel), dtype=bool), Options(**options))

    @torch.inference_mode()  # entered for each step anew, so what runs between two steps, or in another thread, is left alone
    def stream(self, task: Task) -> Iterator[Progress]:
        """Works on a task, one `Progress` a step. Closing the iterator ends the work."""
        frames, sampling = len(task.features.mel), task.sampling
        sigmas = sampling.schedule.sigmas(sampling.num_steps)
        padded = Grid(frames, sampling.window_frames, sampling.hop_frames).padded
        denoise = self._denoise(task)
        base = torch.full((padded, len(DRUMS), 2), self.denoiser.data_mean, device=self.device)
        if task.given is not None:
            known = base.clone()
            known[:frames] = torch.from_numpy(task.given.roll)
            locked = F.pad(torch.from_numpy(task.given.locked), (0, 0, 0, padded - frames))[..., None].to(self.device)
            base = known if task.given.begins else torch.where(locked, known, base)
            denoise = lock(denoise, known, locked)

        def noise(step: int) -> Tensor:
            drawn = [frame_noise(padded, seed=task.seed, sample=k, step=step) for k in range(sampling.num_samples)]
            return torch.stack(drawn).to(self.device)

        for step in walk(denoise, base, sigmas, sampler=sampling.sampler, noise=noise, tail=sampling.tail):
            noisy, denoised = step.noisy[0, :frames], step.denoised[:, :frames].mean(dim=0)
            current = TrajectoryStep(step.sigma, _to_numpy(noisy), _to_numpy(denoised))
            result = self._result(task, current) if step.number + 1 == len(sigmas) else None
            yield Progress(step.number + 1, len(sigmas), current, result)

    def _task(
        self,
        features: Features,
        heard: Bool[np.ndarray, "frames"],
        options: Options,
        *,
        fills_gap: bool = False,
    ) -> Task:
        """The task without what is given: notes are heard; imagined in a gap, around which notes stand; or invented, of nothing at all."""
        own, own_decode = self.checkpoint.sampling, self.checkpoint.decode
        invents = not (fills_gap or heard.any())
        if fills_gap or invents:
            self._check_denoises("imagine what it does not hear")
            own_decode = replace(own_decode, velocity_weight=1.0, velocity_curve=own.imagine_velocities if invents else ())
            own = own.imagining()
        sampling = options.sampling(own)
        if sampling.num_steps * sampling.num_samples > 1:
            self._check_denoises(f"take {sampling.num_steps} steps and average {sampling.num_samples} samples: set both to 1")
        return Task(features, heard, sampling, options.guidance, options.seed, options.decode(own_decode))

    def _check_denoises(self, wanted: str) -> None:
        if isinstance(self.denoiser, OnePass):
            raise ValueError(f"this model is discriminative: it answers in one pass by what it hears, so it cannot {wanted}")

    def _denoise(self, task: Task) -> Denoise:
        """The estimate behind a walk.

        Where the sampler re-noises, and so estimates anew at every step, no two steps in a row see the same frames share a token: they
        err in other ways, and their mean errs less. A path needs one and the same field.
        """
        sampling = task.sampling
        mel = normalise_heard(task.features.mel, task.heard)

        def windows(heard: np.ndarray, lead: int = 0) -> Windows:
            return Windows(
                self.denoiser,
                mel,
                torch.from_numpy(heard),
                self._foundation_tokens(task.features, heard),
                size=sampling.window_frames,
                hop=sampling.hop_frames,
                batch=self.window_batch,
                lead=lead,
            )

        pairings = self.checkpoint.model.frames_per_token if SAMPLERS[sampling.sampler].redraws else 1
        heard = take_turns(lambda lead: windows(task.heard, lead).denoise, pairings)
        if task.guidance == 1.0:
            return heard
        return guide(heard, windows(np.zeros_like(task.heard)).denoise, task.guidance)

    def _foundation_tokens(self, features: Features, heard: Bool[np.ndarray, "frames"]) -> Float[Tensor, "frames channels"] | None:
        """What the foundation model hears of a recording in which all else is silent; None where the log-mel is all there is to hear."""
        if self.foundation is None or not heard.any():
            return None
        if features.audio is None:
            raise ValueError("this model hears more than the log-mel: give it the recording, or what its own `listen` made of it")
        return self.foundation.listen(features.audio, heard)

    def _result(self, task: Task, last: TrajectoryStep) -> Result:
        latest, writable = task.features.duration, task.writable
        written = (note for note in roll_to_notes(last.denoised, task.decode) if covers(writable, note))
        notes = tuple(replace(note, onset=min(note.onset, latest)) for note in written)
        duration = max([latest, *(note.onset for note in task.carried)])
        return Result(Transcription((*task.carried, *notes), duration, task.tempo), last.denoised)

    def _run(self, task: Task, trajectory: bool) -> Result:
        steps = []
        for progress in self.stream(task):
            if trajectory:
                steps.append(progress.current)
        assert progress.result is not None
        return replace(progress.result, trajectory=tuple(steps))


def silent_db(task: Task) -> float | None:
    """The level of the loudest frequency (dB of full scale) where all that a task hears is taken for silence; None where it is not."""
    if not task.heard.any():
        return None
    loudest = float(task.features.mel[torch.from_numpy(task.heard)].max())
    return loudest if loudest < SILENT_DB else None


def check_imagined(seconds: float) -> None:
    """Raises ValueError where notes without a recording are too long to be worked on."""
    if seconds >= MAX_GENERATED_SECONDS + 1.0 / FRAME_RATE:  # a MIDI file is not that exact about what lasts just as long
        raise ValueError(
            f"the notes last {seconds:g} s, but without a recording at most {MAX_GENERATED_SECONDS:g} s can be imagined: "
            "give their recording, or a part of them"
        )


def _to_numpy(roll: Tensor) -> Float[np.ndarray, "frames drums 2"]:
    return roll.float().cpu().numpy()


def _no_audio(seconds: float) -> Features:
    """The features of what has none: digital silence that nobody will hear."""
    return Features(torch.full((num_roll_frames(seconds), N_MELS), FLOOR_DB), seconds)


def _unrecorded(notes: Transcription | Iterable[Note], frames: int) -> Features:
    """The features of notes without a recording, which last as long as they say or else `frames` frames."""
    seconds = notes.duration if isinstance(notes, Transcription) else (frames - 1) / FRAME_RATE
    check_imagined(seconds)
    return _no_audio(seconds)


def _beginning(task: Task, given: Given, sigma: float) -> Task:
    """The task with a walk that begins at all that is given, under noise of at most `sigma`."""
    sampling = replace(task.sampling, schedule=task.sampling.schedule.below(sigma))
    return replace(task, sampling=sampling, given=given._replace(begins=True))


def _tempo_of(notes: Transcription | Iterable[Note]) -> float | None:
    return notes.tempo if isinstance(notes, Transcription) else None
