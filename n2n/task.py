"""One piece of work for a model, as plain data: how to sample, what is heard, where the walk starts, what is locked, what came out.

The verbs of `n2n.inference` make a `Task` from what the caller gives and an `Options`; working on it yields a `Progress` after every
denoising step, the last with a `Result`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from torch import Tensor

from n2n.diffusion import SAMPLERS, num_evaluations
from n2n.drums import DRUMS
from n2n.note_files import write_notes
from n2n.notes import Note, Transcription
from n2n.roll import DecodeConfig
from n2n.sampling import SamplingConfig
from n2n.shapes import Bool, Float
from n2n.values import check_number, check_whole, is_number

MAX_STEPS: Final = 1000
MAX_SAMPLES: Final = 64
MAX_SEED: Final = 2**63 - 1


@dataclass(frozen=True)
class Options:
    """How to sample; what is None is the model's own choice.

    Attributes:
        num_steps: noise levels to walk down, 1 or more. Each costs one evaluation of the network (`heun`: two, but one at the last).
        sampler: `renoise` (the paper's refinement), `euler` or `heun`.
        num_samples: walks that are averaged; each costs as much as the first.
        guidance: 1 is the plain conditional estimate; higher leans on the audio, 0 ignores it.
        seed: of all noise; the same seed gives the same notes.
        thresholds: onset score in (0, 1) from which a cell is a note, one a drum or one for all.
    """

    num_steps: int | None = None
    sampler: str | None = None
    num_samples: int | None = None
    guidance: float = 1.0
    seed: int = 0
    thresholds: float | Sequence[float] | None = None

    def __post_init__(self) -> None:
        if self.num_steps is not None:
            object.__setattr__(self, "num_steps", check_whole("num_steps", self.num_steps, 1, MAX_STEPS))
        if self.num_samples is not None:
            object.__setattr__(self, "num_samples", check_whole("num_samples", self.num_samples, 1, MAX_SAMPLES))
        object.__setattr__(self, "seed", check_whole("seed", self.seed, 0, MAX_SEED, none="None"))
        object.__setattr__(self, "guidance", check_number("guidance", self.guidance, 0.0, 10.0, none="None"))
        if self.sampler is not None and self.sampler not in tuple(SAMPLERS):
            raise ValueError(f"unknown sampler {self.sampler!r}: it must be one of {', '.join(SAMPLERS)}")

    def sampling(self, default: SamplingConfig) -> SamplingConfig:
        """The model's sampling with these options in place of its own."""
        given = {name: getattr(self, name) for name in ("num_steps", "sampler", "num_samples") if getattr(self, name) is not None}
        return replace(default, **given)

    def decode(self, default: DecodeConfig) -> DecodeConfig:
        """The model's decoding with these thresholds in place of its own."""
        if self.thresholds is None:
            return default
        given = tuple(self.thresholds) if isinstance(self.thresholds, Iterable) else (self.thresholds,) * len(DRUMS)
        if not all(map(is_number, given)):
            raise ValueError(f"thresholds must be a number, or one for each of {', '.join(DRUMS)}, not {self.thresholds!r}")
        return replace(default, thresholds=tuple(float(t) for t in given))


class TrajectoryStep(NamedTuple):
    """One denoising step: the noisy state that went in and the estimate that came out, both [frames, drums, 2] in roll units.

    The state is that of the first sample, the estimate the mean over all; with the sampler `renoise`, those of the later steps (the model's
    `tail` of them) are means over the later steps so far.
    """

    sigma: float
    noisy: Float[np.ndarray, "frames drums 2"]
    denoised: Float[np.ndarray, "frames drums 2"]


@dataclass(frozen=True)
class Result:
    """What a verb returns.

    Attributes:
        transcription: the notes, with the duration of the audio.
        roll: the last estimate, [frames, drums, (onset, velocity)], as the last `TrajectoryStep` has it: what the notes were read off.
        trajectory: every step, if it was asked for, else empty.
    """

    transcription: Transcription
    roll: Float[np.ndarray, "frames drums 2"]
    trajectory: tuple[TrajectoryStep, ...] = ()

    @property
    def notes(self) -> tuple[Note, ...]:
        return self.transcription.notes

    @property
    def duration(self) -> float:
        """Seconds of audio."""
        return self.transcription.duration

    def write(self, path: str | Path) -> None:
        """Writes the notes as MIDI, JSON or CSV, by the suffix of `path`."""
        write_notes(self.transcription, path)


class Progress(NamedTuple):
    """After one step of a task: `step` of `steps` done. The last one carries the result."""

    step: int
    steps: int
    current: TrajectoryStep
    result: Result | None


class Features(NamedTuple):
    """A recording, ready to be heard: its log-mel in decibels, its length in seconds and, where the model hears more than that, itself."""

    mel: Float[Tensor, "frames mels"]
    duration: float
    audio: Float[np.ndarray, "samples"] | None = None


class Given(NamedTuple):
    """A roll to begin with. Its locked cells keep it throughout; with `begins`, the walk starts at all of it, under noise."""

    roll: Float[np.ndarray, "frames drums 2"]
    locked: Bool[np.ndarray, "frames drums"]
    begins: bool = False


@dataclass(frozen=True)
class Task:
    """One prepared piece of work, plain data: what is heard, where the walk starts, what is locked, how the end becomes notes.

    Attributes:
        features: the recording.
        heard: the frames of it that are heard.
        sampling: how to walk.
        guidance: of the walk: 1 is none.
        seed: of its noise.
        decode: how the last estimate becomes notes.
        given: what is known of the roll, or begun with; None for nothing.
        carried: notes that come back exactly as they were given.
        tempo: of the result, in beats a minute; None where it is not known.
    """

    features: Features
    heard: Bool[np.ndarray, "frames"]
    sampling: SamplingConfig
    guidance: float
    seed: int
    decode: DecodeConfig
    given: Given | None = None
    carried: tuple[Note, ...] = ()
    tempo: float | None = None

    @property
    def writable(self) -> Bool[np.ndarray, "frames drums"]:
        """Cells that notes may be written in."""
        return np.ones((len(self.heard), len(DRUMS)), dtype=bool) if self.given is None else ~self.given.locked


def num_evaluations_of(sampling: SamplingConfig, guidance: float) -> int:
    """How often a walk asks the network; guidance asks it twice, with the audio and without."""
    return num_evaluations(sampling.sampler, sampling.num_steps) * sampling.num_samples * (1 if guidance == 1.0 else 2)
