"""What the Learn page shows of a clip: a few seconds of a recording, and what the model makes of them at many noise levels.

A `Lesson` makes the parts of the page, each plain values ready for JSON: `clip` (what is played in it), `noising` (noise added, removed),
`hearing` (all, some or none of the audio), `walks` (few and many steps) and `filling` (a bar rewritten). Rolls travel as onset planes,
uint8 [frames][drums], joined, compressed by zlib and written in base64; `planes` names them and says how many there are of each. Knows the
model, never the page.
"""

import base64
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from n2n.audio import AUDIO_SUFFIXES, FRAME_RATE, HOP
from n2n.bars import estimate_bars
from n2n.drums import DRUMS, LANE
from n2n.evaluate import TOLERANCE, match_notes, merge_onsets
from n2n.features import normalise_heard
from n2n.inference import Transcriber
from n2n.model import Condition
from n2n.note_files import read_notes
from n2n.notes import Note
from n2n.planes import to_bytes
from n2n.roll import mask_from_regions, notes_to_roll
from n2n.shapes import Bool, Float, UInt8
from n2n.task import Features

EXCERPT_FRAMES: Final = 500
"""How much of a recording is shown: five seconds."""
SHORTEST_SECONDS: Final = 1.0
"""Recordings must last at least this long."""
SEARCH_FRAMES: Final = 50
"""An excerpt begins at a multiple of this."""
NOISE_SCALE: Final = 32.0
"""Noise travels as bytes: 128 + this times the value. The model sees the noise that the page draws."""
SIGMAS: Final = tuple(float(sigma) for sigma in np.geomspace(0.05, 20.0, 17))
"""Noise levels of `noising`."""
HEARING_SIGMAS: Final = (20.0, 3.0, 1.0)
"""Noise levels of `hearing`."""
WITHHELD_SHARE: Final = 0.3
"""Length of a withheld span in `hearing`, as a share of the clip."""
WITHHELD_PLACES: Final = 6
"""How many such spans there are, evenly spread over the clip."""
WALK_STEPS: Final = (1, 2, 3, 5, 10, 20)
"""Denoising steps of each transcription in `walks`."""
FILL_STEPS: Final = 12
"""Denoising steps of `filling`."""
USUAL_BAR_SECONDS: Final = 2.0
"""Length of the bar where no tempo is found."""
LONGEST_BAR_SHARE: Final = 0.45
"""The bar is no longer than this share of the clip."""
TRUTH_SUFFIXES: Final = (".mid", ".json")
"""The notes of an example lie beside its recording, in one of these."""

Part = dict[str, Any]
"""A part of a lesson, ready for JSON."""


@dataclass(frozen=True)
class Clip:
    """An excerpt of a recording.

    Attributes:
        features: what the model hears of it.
        start: seconds into the recording.
        notes: the truth, onsets counted from `start`; None where it is not known.
    """

    features: Features
    start: float
    notes: tuple[Note, ...] | None = None


def find_examples(folder: Path) -> dict[str, tuple[Path, Path]]:
    """The recordings in a folder that have their true notes beside them under the same name: (recording, notes) by name."""
    found = {}
    for audio in sorted(folder.iterdir()) if folder.is_dir() else []:
        notes = next((path for suffix in TRUTH_SUFFIXES if (path := audio.with_suffix(suffix)).is_file()), None)
        if audio.suffix in AUDIO_SUFFIXES and notes:
            found[audio.stem] = (audio, notes)
    return found


def excerpt(features: Features, notes: Path | None = None) -> Clip:
    """The loudest seconds of a recording; `notes` is a file with its true notes.

    Raises:
        ValueError: the recording is too short to show anything in it.
    """
    if features.duration < SHORTEST_SECONDS:
        raise ValueError(f"this recording lasts {features.duration:.2f} s: give one of at least {SHORTEST_SECONDS:g} s")
    power = (10.0 ** (features.mel.double() / 10.0)).sum(dim=1).numpy()
    first = loudest(power)
    mel = features.mel[first : first + EXCERPT_FRAMES]
    audio = None if features.audio is None else features.audio[first * HOP : (first + len(mel) - 1) * HOP + 1]
    duration = min(features.duration - first / FRAME_RATE, (len(mel) - 1) / FRAME_RATE)
    start = first / FRAME_RATE
    inside = None
    if notes is not None:
        shifted = [(note.onset - start, note) for note in read_notes(notes).notes]
        inside = tuple(Note(onset, note.drum, note.velocity) for onset, note in shifted if 0.0 <= onset <= duration)
    return Clip(Features(mel, duration, audio), start, inside)


def loudest(power: Float[np.ndarray, "frames"]) -> int:
    """The first frame of the stretch of `EXCERPT_FRAMES` with the most power; 0 where there is no choice."""
    total = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, max(1, len(power) - EXCERPT_FRAMES + 1), SEARCH_FRAMES)
    ends = np.minimum(starts + EXCERPT_FRAMES, len(power))
    return int(starts[np.argmax(total[ends] - total[starts])])


class Lesson:
    """A clip as the model sees it. Where its notes are not known, the model's own transcription stands for them."""

    def __init__(self, model: Transcriber, clip: Clip) -> None:
        self.model, self.clip = model, clip
        self.features = clip.features
        self.duration, self.frames = clip.features.duration, len(clip.features.mel)
        self.notes = model.transcribe(self.features).notes if clip.notes is None else clip.notes
        self.roll = notes_to_roll(self.notes, self.frames)
        drawn = np.random.default_rng(0).standard_normal(self.roll.shape)
        self.noise_bytes: UInt8[np.ndarray, "frames drums 2"] = np.clip(np.round(128.0 + NOISE_SCALE * drawn), 0, 255).astype(np.uint8)

    def parts(self) -> Iterator[tuple[str, Part]]:
        """All parts by name, in the order of `PARTS`, each as soon as it is made."""
        for name, make in PARTS.items():
            yield name, make(self)

    def noising(self) -> Part:
        """The estimate from the true roll under the same noise, ever stronger: with the audio heard, and without."""
        everything = np.ones((1, self.frames), dtype=bool)
        heard = self._estimates(everything, SIGMAS)
        unheard = self._estimates(~everything, SIGMAS)
        planes = {"noise": [self.noise_bytes[..., 0]], "heard": heard[0], "unheard": unheard[0]}
        return {"scale": NOISE_SCALE, **pack(planes)}

    def hearing(self) -> Part:
        """The estimate from one noisy roll with all, some and none of the audio: planes by level, in each all, none, then by span."""
        length = WITHHELD_SHARE * self.duration
        starts = np.linspace(0.0, self.duration - length, WITHHELD_PLACES)
        spans = [(float(start), float(start + length)) for start in starts]
        heard = [self.model.prepare_transcribe(self.features, missing=missing).heard for missing in ((), *([span] for span in spans))]
        masks = np.stack([heard[0], np.zeros_like(heard[0]), *heard[1:]])
        estimates = self._estimates(masks, HEARING_SIGMAS)
        planes = {f"level{index}": [plane[index] for plane in estimates] for index in range(len(HEARING_SIGMAS))}
        return {"spans": spans, **pack(planes)}

    def walks(self) -> Part:
        """Transcriptions of the clip with few and with many steps, each note marked as hit, extra or missed by the clip's notes."""
        results = [self.model.transcribe(self.features, num_steps=steps) for steps in WALK_STEPS]
        return {"notes": [mark_notes(self.notes, result.notes, self.duration) for result in results]}

    def filling(self) -> Part:
        """A bar in the middle rewritten step by step, its audio withheld, all else locked."""
        span = middle_bar(self.notes, self.duration)
        mask = mask_from_regions([(*span, DRUMS)], self.frames)
        result = self.model.regenerate(self.features, self.notes, mask, listen=False, num_steps=FILL_STEPS, trajectory=True)
        steps = result.trajectory
        planes = {"noisy": [noisy_plane(step.noisy, step.sigma) for step in steps], "estimate": [onset_plane(s.denoised) for s in steps]}
        notes = [note_row(note) for note in result.notes]
        return {"span": span, "sigmas": [step.sigma for step in steps], "notes": notes, **pack(planes)}

    @torch.inference_mode()
    def _estimates(
        self, heard: Bool[np.ndarray, "hearings frames"], sigmas: Sequence[float]
    ) -> UInt8[np.ndarray, "hearings levels frames drums"]:
        """The onset planes of the estimates from the true roll under noise, for each way of hearing at each level."""
        denoiser, device = self.model.denoiser, self.model.device
        mel = torch.stack([normalise_heard(self.features.mel, row) for row in heard]).to(device)
        condition = denoiser.network.encode(mel, torch.from_numpy(heard).to(device))
        noise = torch.from_numpy((self.noise_bytes.astype(np.float32) - 128.0) / np.float32(NOISE_SCALE)).to(device)
        clean = torch.from_numpy(self.roll).to(device)
        levels = torch.tensor(sigmas, dtype=torch.float32, device=device)
        noisy = clean + levels[:, None, None, None] * noise
        made = [denoiser(noisy, levels, repeated(condition, index, len(sigmas))) for index in range(len(heard))]
        return np.stack([onset_plane(estimates.float().cpu().numpy()) for estimates in made])


PARTS: Final[Mapping[str, Callable[[Lesson], Part]]] = {
    "clip": lambda lesson: describe(lesson.clip, lesson.notes),
    "noising": Lesson.noising,
    "hearing": Lesson.hearing,
    "walks": Lesson.walks,
    "filling": Lesson.filling,
}
"""The parts of a lesson by their names on the page, and what makes each."""


def repeated(condition: Condition, index: int, count: int) -> Condition:
    """One item of a batch of conditions, `count` times."""
    tokens, pooled = (tensor[index : index + 1].expand(count, *tensor.shape[1:]) for tensor in (condition.tokens, condition.pooled))
    return condition._replace(tokens=tokens, pooled=pooled)


def describe(clip: Clip, notes: Sequence[Note]) -> Part:
    """What the page draws of the clip itself."""
    return {
        "start": clip.start,
        "duration": clip.features.duration,
        "frames": len(clip.features.mel),
        "known": clip.notes is not None,
        "notes": [note_row(note) for note in notes],
    }


def middle_bar(notes: Sequence[Note], duration: float) -> tuple[float, float]:
    """A span about the middle of a clip, in seconds: a bar, from line to line, where bars are found and one fits."""
    bars = estimate_bars(notes)
    length = bars.beats * 60.0 / bars.bpm if bars else USUAL_BAR_SECONDS
    if bars and length <= LONGEST_BAR_SHARE * duration:
        middle = (duration - length) / 2.0
        start = bars.offset + length * round((middle - bars.offset) / length)
    else:
        length = min(length, LONGEST_BAR_SHARE * duration)
        start = (duration - length) / 2.0
    return start, start + length


def mark_notes(reference: Iterable[Note], estimate: Iterable[Note], duration: float) -> list[list[Any]]:
    """Rows [onset, lane, velocity, kind] of all notes: kind 0 is a hit, 1 an extra note, 2 a missed one.

    A note near an end of the clip that no true note matches is left out: the hit that it stands for may lie beyond.
    """
    truth, found = merge_onsets(reference), merge_onsets(estimate)
    pairs = match_notes(truth, found, tolerance=TOLERANCE)
    hits, matched = {j for _, j in pairs}, {i for i, _ in pairs}
    extra = [note for index, note in enumerate(found) if index not in hits and TOLERANCE <= note.onset <= duration - TOLERANCE]
    missed = [note for index, note in enumerate(truth) if index not in matched]
    judged = [(found[j], 0) for _, j in pairs] + [(note, 1) for note in extra] + [(note, 2) for note in missed]
    return [[*note_row(note), kind] for note, kind in judged]


def note_row(note: Note) -> list[Any]:
    """Onset (s), lane, velocity."""
    return [round(note.onset, 4), LANE[note.drum], note.velocity]


def onset_plane(roll: Float[np.ndarray, "*batch frames drums 2"]) -> UInt8[np.ndarray, "*batch frames drums"]:
    """The onset probabilities of a roll, 0 to 255."""
    return to_bytes((roll[..., 0] + 1.0) / 2.0)


def noisy_plane(roll: Float[np.ndarray, "frames drums 2"], sigma: float) -> UInt8[np.ndarray, "frames drums"]:
    """The onsets of a noisy roll as the page draws them: silence 0, a hit 255 where the noise is weak, and in scale with strong noise."""
    return to_bytes((roll[..., 0] + 1.0) / (2.0 * max(1.0, sigma)))


def pack(planes: Mapping[str, Sequence[UInt8[np.ndarray, "frames drums"]] | UInt8[np.ndarray, "count frames drums"]]) -> Part:
    """Planes as text: `planes` holds how many there are of each name, `data` all of them in that order."""
    joined = b"".join(plane.tobytes() for named in planes.values() for plane in named)
    return {
        "planes": {name: len(named) for name, named in planes.items()},
        "data": base64.b64encode(zlib.compress(joined, 6)).decode("ascii"),
    }


def control_ranges() -> Part:
    """What the controls of the page range over, the same for every clip and in the order of a part's planes, notes and spans."""
    return {
        "noising_sigmas": SIGMAS,
        "hearing_sigmas": HEARING_SIGMAS,
        "withheld_places": WITHHELD_PLACES,
        "walk_steps": WALK_STEPS,
        "fill_steps": FILL_STEPS,
    }


def model_facts(model: Transcriber) -> Part:
    """What the figures say of the model: its preconditioning, schedule and loss."""
    sampling = model.checkpoint.sampling
    levels = sampling.schedule
    return {
        "sigma_data": model.denoiser.sigma_data,
        "schedule": [levels.sigma_max, levels.sigma_min, levels.rho, levels.sigma_mend],
        "num_steps": sampling.num_steps,
        "c": final_c(model.checkpoint.training),
    }


def final_c(training: Mapping[str, Any]) -> float | str | None:
    """The c of the pseudo-Huber loss at the end of training, from the checkpoint's record; `squared` where the loss was the squared error
    throughout, None where the record does not say."""
    record: Any = training
    for key in ("config", "objective", "annealing"):
        if not isinstance(record, Mapping) or key not in record:
            return None
        record = record[key]
    if record is None:
        return "squared"
    c = record.get("c_min") if isinstance(record, Mapping) else None
    return float(c) if isinstance(c, int | float) else None
