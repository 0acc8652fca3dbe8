"""The two binary files that the editor draws from: the planes of one denoising step, and what a recording looks like.

Both are little endian: 4 bytes of magic, the length of a JSON header (uint32), the header (UTF-8, padded with blanks so that the data begin
at a multiple of 4), the data.

`N2NS`, one step. Header: run, step, steps, sigma, frames, planes (names), notes [[frame, lane, velocity, confidence], ...] as decoded at
the model's thresholds. Data: each plane as uint8 [frames][7]. `noisy` is the onset channel of the noisy state divided by
sqrt(sigma^2 + 1), from [-3, 3] to 0..255; `onset` the estimated probability, 0..255; `velocity` that of each cell, were it a note, 1..127.

`N2NM`, one recording. Header: frames, bins, seconds_per_frame, peaks, samples_per_peak. Data: the mel spectrogram as uint8 [frames][bins],
from 80 dB below the recording's level up to it as 0..255; then the waveform as int8 [peaks][2], lowest and highest sample, -127..127.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from n2n.audio import FRAME_RATE
from n2n.drums import DRUMS, LANE
from n2n.features import FLOOR_DB, level_db
from n2n.notes import Note
from n2n.roll import DecodeConfig, note_frame, roll_velocity
from n2n.shapes import Float, UInt8
from n2n.task import Features, TrajectoryStep

STEP_MAGIC: Final = b"N2NS"
MEL_MAGIC: Final = b"N2NM"

ALL_PLANES_SECONDS: Final = 120.0
"""Of longer recordings only the plane `onset` is packed."""
NOISY_RANGE: Final = 3.0
MEL_RANGE_DB: Final = 80.0
MEL_BINS: Final = 64
MEL_FRAME_RATE: Final = 50
SAMPLES_PER_PEAK: Final = 220


def pack_step(current: TrajectoryStep, decode: DecodeConfig, notes: Sequence[Note], *, run: str, step: int, steps: int) -> bytes:
    """One denoising step as `N2NS`.

    Args:
        current: the noisy state and the estimate.
        decode: how the estimate becomes velocities.
        notes: those decoded from the estimate.
        run: names the run that the step belongs to.
        step: its number, from 1 to `steps`.
        steps: of the whole run.
    """
    frames = len(current.denoised)
    planes = {"onset": to_bytes((current.denoised[..., 0] + 1.0) / 2.0)}
    if frames <= ALL_PLANES_SECONDS * FRAME_RATE + 1:
        spread = np.sqrt(current.sigma**2 + 1.0)
        noisy = to_bytes((current.noisy[..., 0] / spread + NOISY_RANGE) / (2.0 * NOISY_RANGE))
        velocity = roll_velocity(current.denoised, decode).astype(np.uint8)
        planes = {"noisy": noisy, **planes, "velocity": velocity}
    rows = [[note_frame(note.onset, frames), LANE[note.drum], note.velocity, note.confidence] for note in notes]
    header = {"run": run, "step": step, "steps": steps, "sigma": current.sigma, "frames": frames, "planes": list(planes), "notes": rows}
    return pack(STEP_MAGIC, header, *(plane.tobytes() for plane in planes.values()))


@dataclass(frozen=True)
class StepPicture:
    """One denoising step, as it is drawn.

    Attributes:
        step: from 1 to `steps`.
        steps: of the whole run.
        sigma: the noise level.
        noisy: uint8, the onset channel of the noisy state at the network's scale, -3..3 as 0..255; None where it was not kept.
        onset: uint8, the estimated probability of an onset, 0..1 as 0..255.
        notes: rows of frame, lane, velocity.
    """

    step: int
    steps: int
    sigma: float
    noisy: UInt8[np.ndarray, "frames drums"] | None
    onset: UInt8[np.ndarray, "frames drums"]
    notes: tuple[tuple[int, int, int], ...]


def read_step(content: bytes) -> StepPicture:
    """Reads one `N2NS` file. Raises ValueError where it is none."""
    if content[:4] != STEP_MAGIC or len(content) < 8:
        raise ValueError("this is no file of a denoising step: it does not begin with N2NS")
    try:
        (length,) = struct.unpack_from("<I", content, 4)
        header = json.loads(content[8 : 8 + length])
        names, frames = header["planes"], int(header["frames"])
        data = np.frombuffer(content, np.uint8, offset=8 + length).reshape(len(names), frames, len(DRUMS))
        planes = dict(zip(names, data, strict=True))
        notes = tuple((int(frame), int(lane), int(velocity)) for frame, lane, velocity, _ in header["notes"])
        return StepPicture(header["step"], header["steps"], float(header["sigma"]), planes.get("noisy"), planes["onset"], notes)
    except (KeyError, TypeError, ValueError, struct.error) as error:
        raise ValueError(f"this file of a denoising step is damaged: {error}") from error


def pack_mel(features: Features, samples: Float[np.ndarray, "samples"]) -> bytes:
    """A recording as `N2NM`: its log-mel at half the resolution in both directions, and its waveform's peaks."""
    mel, peaks = small_mel(features), waveform_peaks(samples)
    header = {
        "frames": len(mel),
        "bins": MEL_BINS,
        "seconds_per_frame": 1.0 / MEL_FRAME_RATE,
        "peaks": len(peaks),
        "samples_per_peak": SAMPLES_PER_PEAK,
    }
    return pack(MEL_MAGIC, header, mel.tobytes(), peaks.tobytes())


def small_mel(features: Features) -> UInt8[np.ndarray, "frames bins"]:
    """The mean power of each two frames and each two bins, in decibels below the recording's level."""
    power = 10.0 ** (features.mel.numpy() / 10.0)
    if len(power) % 2:
        power = np.concatenate([power, power[-1:]])
    pooled = power.reshape(len(power) // 2, 2, MEL_BINS, -1).mean(axis=(1, 3))
    decibels = 10.0 * np.log10(np.maximum(pooled, 10.0 ** (FLOOR_DB / 10.0)))
    return to_bytes((decibels - float(level_db(features.mel)) + MEL_RANGE_DB) / MEL_RANGE_DB)


def waveform_peaks(samples: Float[np.ndarray, "samples"]) -> np.ndarray:
    """The lowest and the highest of every `SAMPLES_PER_PEAK` samples, as int8 [peaks, 2]."""
    parts = np.pad(samples, (0, -len(samples) % SAMPLES_PER_PEAK), mode="edge").reshape(-1, SAMPLES_PER_PEAK)
    extremes = np.stack([parts.min(axis=1), parts.max(axis=1)], axis=1)
    return np.round(np.clip(extremes, -1.0, 1.0) * 127.0).astype(np.int8)


def to_bytes(shares: Float[np.ndarray, "*any"]) -> UInt8[np.ndarray, "*any"]:
    """From [0, 1] to 0..255; what lies outside is clipped."""
    return np.round(np.clip(shares, 0.0, 1.0) * 255.0).astype(np.uint8)


def pack(magic: bytes, header: Mapping[str, Any], *data: bytes) -> bytes:
    """Magic, header and data as one file."""
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return b"".join([magic, struct.pack("<I", len(text)), text, *data])
