"""Sound from files: mono float32 at 44.1 kHz, whatever the file holds.

The mono mix is the mean of the channels; time 0 is the first sample of the (first) audio track. What a file holds is decided by its
content, not by its suffix (`decoders.py`). A file that promises more sound than it holds is refused, not read in part.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from n2n.decoders import AudioError, Recording, open_recording
from n2n.shapes import Float

SAMPLE_RATE: Final = 44100
"""Hz."""
HOP: Final = 441
"""Samples from one frame to the next."""
FRAME_RATE: Final = SAMPLE_RATE // HOP
"""Frames a second: exactly 100."""

AUDIO_SUFFIXES: Final = (
    *(".wav", ".wave", ".w64", ".rf64", ".flac", ".aif", ".aiff", ".aifc", ".au", ".caf", ".ape", ".wv", ".tta"),
    *(".mp3", ".ogg", ".oga", ".opus", ".m4a", ".m4b", ".aac", ".wma", ".ac3", ".amr", ".mka"),
    *(".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".flv", ".3gp", ".ts"),
)
"""What a search through a folder takes for audio, those without loss first. Of video files the sound is read."""

EMPTY_BYTES: Final = 16_384
"""A file without samples that is longer holds more than a header."""
MAX_LEVEL: Final = 2.0**31
"""Full scale is 1. Float files that hold integers of up to 32 bits unscaled still pass."""
CANCELLED: Final = 1e-4
"""A mono mix with less than this share of its channels' power is not what anyone would hear."""


def load_audio(path: str | Path) -> Float[np.ndarray, "samples"]:
    """Reads a whole file: mono float32 at 44.1 kHz, at least one sample, full scale 1.

    Raises:
        AudioError: the file cannot be read, is no audio, is cut short or damaged, or holds no or impossible samples.
    """
    return np.concatenate(list(stream_audio(path)))


def stream_audio(
    path: str | Path, block_seconds: float = 30.0, *, warn: Callable[[str], object] = warnings.warn
) -> Iterator[Float[np.ndarray, "samples"]]:
    """Reads a file block by block, in memory that does not grow with its length; joined, the blocks equal `load_audio`.

    Args:
        path: any audio or video file.
        block_seconds: length of every block but the last.
        warn: is told of channels that cancel each other.

    Raises:
        AudioError: as `load_audio`, at the block where the trouble shows.
    """
    if not 1 / SAMPLE_RATE <= block_seconds < math.inf:
        raise ValueError(f"block_seconds must be finite and at least one sample (1 / {SAMPLE_RATE} s), not {block_seconds}")
    size = round(block_seconds * SAMPLE_RATE)
    path = Path(path)
    with open_recording(path) as recording:
        yield from _in_blocks(_resampled(_mixed(recording, path, warn), recording.rate), size)


def _mixed(recording: Recording, path: Path, warn: Callable[[str], object]) -> Iterator[Float[np.ndarray, "frames"]]:
    """The mean of the channels, checked."""
    frames, heard, kept = 0, 0.0, 0.0
    for block in recording.blocks:
        if not np.abs(block).max() <= MAX_LEVEL:  # false for NaN too
            first = int(np.argmax(~(np.abs(block) <= MAX_LEVEL).all(axis=1)))
            second = (frames + first) / recording.rate
            raise AudioError(f"{path} holds a sample that is no possible level ({block[first]}) at {second:.3f} s: export it again")
        frames += len(block)
        mono = block.mean(axis=1, dtype=np.float64).astype(np.float32)
        heard += float(np.square(block, dtype=np.float64).mean(axis=1).sum())
        kept += float(np.square(mono, dtype=np.float64).sum())
        yield mono
    if frames == 0:
        size = path.stat().st_size
        if size > EMPTY_BYTES:
            raise AudioError(
                f"{path} holds no samples by its header, though it is {size} bytes long, as when a recorder lost power: "
                "repair the header, for example by importing the file into an audio editor as raw data"
            )
        raise AudioError(f"{path} holds no samples: record or export it again")
    if kept < CANCELLED * heard:
        warn(f"{path}: the channels cancel each other in the mono mix; one of them is inverted: invert it back, or keep one channel only")


def _resampled(blocks: Iterator[Float[np.ndarray, "_"]], rate: int) -> Iterator[Float[np.ndarray, "_"]]:
    """At 44.1 kHz; at least one sample, silent where the sound is shorter than one."""
    if rate == SAMPLE_RATE:
        yield from blocks
        return
    import soxr

    stream = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")
    samples = 0
    for block in blocks:
        resampled = stream.resample_chunk(block)
        samples += len(resampled)
        yield resampled
    rest = stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True)
    yield rest if samples + len(rest) > 0 else np.zeros(1, dtype=np.float32)


def _in_blocks(pieces: Iterator[Float[np.ndarray, "_"]], size: int) -> Iterator[Float[np.ndarray, "_"]]:
    """The same samples in arrays of `size`; the last may be shorter."""
    held: list[np.ndarray] = []
    samples = 0
    for piece in pieces:
        held.append(piece)
        samples += len(piece)
        if samples >= size:
            joined = np.concatenate(held)
            whole = samples - samples % size
            yield from (joined[start : start + size] for start in range(0, whole, size))
            held, samples = [joined[whole:]], samples - whole
    if samples:
        yield np.concatenate(held)
