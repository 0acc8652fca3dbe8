"""What a caller gives a verb of `n2n.inference`, checked: samples, notes, masks of cells, spans of time."""

import math
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from n2n.audio import FRAME_RATE, MAX_LEVEL, SAMPLE_RATE, stream_audio
from n2n.drums import DRUMS
from n2n.features import SMEAR_FRAMES
from n2n.notes import Note, Transcription, check_notes
from n2n.roll import note_frame
from n2n.shapes import Bool, Float
from n2n.values import is_number, shown

SAMPLES_AT_ONCE: Final = 30 * SAMPLE_RATE
LONGER_S: Final = 2.0
"""By how much notes may outlast their recording, as where a program ends a file with a bar."""


def audio_blocks(audio: str | Path | np.ndarray) -> Iterator[Float[np.ndarray, " block"]]:
    """A recording in blocks of half a minute. Raises ValueError where it is neither a file nor samples, or its samples are impossible."""
    if isinstance(audio, str | os.PathLike):  # type: ignore[type-arg]
        return stream_audio(audio)
    if not isinstance(audio, np.ndarray):
        ways = "a file, samples (a NumPy array), or what `listen` made of either"
        raise ValueError(f"audio must be {ways}, not {shown(audio, none='None')}")
    if audio.ndim != 1 or not np.issubdtype(audio.dtype, np.floating):
        raise ValueError(
            f"samples must be a one-dimensional float array at {SAMPLE_RATE} Hz, not {audio.dtype} of shape {list(audio.shape)}"
        )
    if not len(audio):
        raise ValueError("there are no samples: at least one is needed")
    if not (float(audio.min()) >= -MAX_LEVEL and float(audio.max()) <= MAX_LEVEL):  # as floats: the limit is beyond half precision
        raise ValueError("the samples hold NaN, infinite or impossible values: full scale is 1; check how they were made")
    return (audio[start : start + SAMPLES_AT_ONCE].astype(np.float32) for start in range(0, len(audio), SAMPLES_AT_ONCE))


def notes_within(notes: Transcription | Iterable[Note], frames: int) -> tuple[Note, ...]:
    """The notes, all of which must lie within the audio. Warns where they are said to last longer, as those of another recording do."""
    given = notes.notes if isinstance(notes, Transcription) else check_notes(notes)
    last = max((note.onset for note in given), default=0.0)
    if note_frame(last, frames) >= frames:
        raise ValueError(
            f"a note at {last:.3f} s lies past the end of the audio, at {(frames - 1) / FRAME_RATE:.2f} s: "
            "give the recording that the notes belong to, or leave these notes out"
        )
    duration = notes.duration if isinstance(notes, Transcription) else 0.0
    if (excess := duration - (frames - 1) / FRAME_RATE) > LONGER_S:
        warnings.warn(f"the notes last {excess:.1f} s longer than the audio, and end with it now: are they its own?", stacklevel=4)
    return given


def check_mask(name: str, mask: np.ndarray, frames: int | None = None, *, of: str = "audio") -> Bool[np.ndarray, "frames drums"]:
    """A copy of a mask, of so many frames if these are known. Raises ValueError, in which it has its `name`, where it is none."""
    if not isinstance(mask, np.ndarray) or mask.dtype != bool or mask.ndim != 2 or mask.shape[1] != len(DRUMS):
        found = f"{mask.dtype} of shape {list(mask.shape)}" if isinstance(mask, np.ndarray) else shown(mask, none="None")
        raise ValueError(f"{name} must be booleans of shape [frames, {len(DRUMS)}], not {found}")
    if frames is not None and len(mask) != frames:
        raise ValueError(f"{name} has {len(mask)} frames, but the {of} has {frames} (100 a second, the end included)")
    return mask.copy()  # the caller's may be read-only or a view backwards, neither of which torch takes, or change before the work begins


def heard_without(missing: Sequence[tuple[float, float]], frames: int, duration: float) -> Bool[np.ndarray, "frames"]:
    """The frames of a recording of `duration` seconds that know nothing of its missing spans (start s, end s).

    Raises:
        ValueError: a span that is none, or that begins past the end.
    """
    if not isinstance(missing, Iterable):
        raise ValueError(f"missing must be a list of spans (start, end) in seconds, not {shown(missing, none='None')}")
    heard = np.ones(frames, dtype=bool)
    for span in missing:
        try:
            start, end = span
        except (TypeError, ValueError):
            start = end = math.nan
        if not (is_number(start) and is_number(end) and 0.0 <= start < end):
            raise ValueError(f"a missing span must be (start, end) in seconds with 0 <= start < end, not {span!r}")
        if start > duration:
            raise ValueError(f"the missing span from {start} s lies past the end of the audio, which lasts {duration:.2f} s")
        last = int(np.ceil(min(end, duration) * FRAME_RATE))
        heard[max(0, int(start * FRAME_RATE) - SMEAR_FRAMES) : last + SMEAR_FRAMES] = False
    return heard


def heard_outside(mask: Bool[np.ndarray, "frames drums"]) -> Bool[np.ndarray, "frames"]:
    """The frames that know nothing of the masked time."""
    around = np.pad(mask.any(axis=1), SMEAR_FRAMES)
    return ~np.asarray(np.lib.stride_tricks.sliding_window_view(around, 2 * SMEAR_FRAMES + 1).any(axis=1))
