"""The sound of a one-shot: where it begins, how long it may last, how loud it is, and how takes are packed into a bundle.

Waves are mono float32 at 44.1 kHz. Levels are peak levels in dB relative to full scale.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import soundfile
import soxr

from n2n.audio import SAMPLE_RATE
from n2n.kits.patch import PATCH_SUFFIX, read_patch
from n2n.shapes import Float, Int16
from n2n.training.bank import Bundle, OneShot

MAX_SAMPLES: Final = 4 * SAMPLE_RATE
FADE_SAMPLES: Final = 4 * SAMPLE_RATE // 10
LEAD_SAMPLES: Final = 44
"""Kept before the onset, so that a filter or a resampler has something to ring into."""

PEAK: Final = 10 ** (-1 / 20)
"""Stored waves peak at -1 dBFS; what was loud or soft is said by `OneShot.gain_db`."""

ONSET_DB: Final = -40.0
ATTACK_DB: Final = -12.0
SLOW_ARTICULATIONS: Final = ("hh_pedal", "snare_brush")
"""The hit is heard at the attack, not where the foot or the brush begins to move."""

USUAL_LEVEL: Final = {"KD": 0.0, "SN": 0.0, "TT": -2.0, "CY": -4.0, "HH": -8.0, "RD": -9.0, "BE": -9.0, "": -8.0}
"""Peak level, in dB, of the loudest hit of each drum in a kit."""

SAME_RECORDING: Final = 0.9995
"""Two waves whose normalised correlation is above this are one recording at two levels."""


class Sounds(NamedTuple):
    """What one source gives: its drums, and its sounds that are no drum of ours (either may be missing)."""

    kit: Bundle | None
    distractors: Bundle | None


@dataclass(frozen=True)
class Take:
    """One hit on its way into a bundle: its wave (any level), and what is known about it.

    `level_db` is the level it was recorded or rendered at; `onset` the sample at which it begins.
    """

    kit: str
    drum: str
    articulation: str
    piece: str
    velocity: int
    level_db: float
    onset: int
    wave: Float[np.ndarray, " samples"] = field(repr=False)
    electronic: bool = False
    mix: str = ""


def read_sound(path: Path) -> tuple[Float[np.ndarray, "samples channels"], int]:
    """The samples of a sound file and its sample rate. Raises ValueError where it is missing, cannot be decoded or holds no numbers."""
    if not path.is_file():
        raise ValueError(f"no sound file {path}")
    if path.suffix.lower() == PATCH_SUFFIX:
        return read_patch(path)
    try:
        wave, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"{path} cannot be read as sound: {error.error_string}") from error
    if not np.isfinite(wave).all():
        raise ValueError(f"{path} holds samples that are no numbers (NaN or infinite): write it anew")
    return wave, sample_rate


def read_mono(path: Path, *, semitones: float = 0.0) -> Float[np.ndarray, " samples"]:
    """A sound file mixed to mono at 44.1 kHz, played higher (and so faster) by some semitones. Raises ValueError as `read_sound` does."""
    wave, sample_rate = read_sound(path)
    mono, played_at = wave.mean(axis=1), sample_rate * 2 ** (semitones / 12)
    return mono if played_at == SAMPLE_RATE else soxr.resample(mono, played_at, SAMPLE_RATE)


def trimmed(wave: Float[np.ndarray, " samples"]) -> Float[np.ndarray, " shorter"]:
    """At most 4 s of the wave; a longer one fades out over its last 0.4 s."""
    if len(wave) <= MAX_SAMPLES:
        return wave
    kept = wave[:MAX_SAMPLES].copy()
    kept[-FADE_SAMPLES:] *= np.linspace(1.0, 0.0, FADE_SAMPLES, dtype=kept.dtype) ** 2
    return kept


def first_above(wave: Float[np.ndarray, " samples"], decibels: float) -> int:
    """The first sample above `decibels` relative to the wave's peak. Raises ValueError for silence."""
    size = np.abs(wave)
    peak = float(size.max(initial=0.0))
    if peak == 0.0:
        raise ValueError("the wave is silent: a one-shot needs a sound in it")
    return int(np.argmax(size >= peak * 10 ** (decibels / 20)))


def level_db(wave: Float[np.ndarray, " samples"]) -> float:
    """The peak level of a wave that is not silent, in dB."""
    return 20 * float(np.log10(np.abs(wave).max()))


def cut(wave: Float[np.ndarray, " samples"], articulation: str) -> tuple[Float[np.ndarray, " shorter"], int]:
    """Drops the silence around a hit.

    Returns:
        The wave from 44 samples before its onset (or its own beginning) to where it dies away or 4 s are over, and the onset in it.
    """
    start = first_above(wave, ONSET_DB)
    onset = first_above(wave, ATTACK_DB) if articulation in SLOW_ARTICULATIONS else start
    begin = max(0, start - LEAD_SAMPLES)
    end = len(wave) - first_above(wave[::-1], -66.0)
    return trimmed(wave[begin:end]), onset - begin


def same_recording(wave: Float[np.ndarray, " samples"], other: Float[np.ndarray, " others"]) -> bool:
    """Whether two waves, aligned at their beginning, differ in level alone."""
    length = max(len(wave), len(other))
    if min(len(wave), len(other)) < 0.5 * length:
        return False
    a, b = np.pad(wave, (0, length - len(wave))), np.pad(other, (0, length - len(other)))
    energy = float(np.dot(a, a)) * float(np.dot(b, b))
    return float(np.dot(a, b)) > SAME_RECORDING * energy**0.5


def at_usual_levels(takes: Iterable[Take]) -> list[Take]:
    """Shifts every drum of every kit so that its loudest hit is at the usual level; relations within a drum are kept.

    Sounds that are no drum are shifted one by one articulation.
    """
    takes = list(takes)
    loudest: dict[tuple[str, str], float] = defaultdict(lambda: -np.inf)
    for take in takes:
        group = take.kit, take.drum or take.articulation
        loudest[group] = max(loudest[group], take.level_db)
    return [replace(t, level_db=t.level_db - loudest[t.kit, t.drum or t.articulation] + USUAL_LEVEL[t.drum]) for t in takes]


def quantised(wave: Float[np.ndarray, " samples"]) -> Int16[np.ndarray, " samples"]:
    """The wave with its peak at -1 dBFS, as 16-bit integers."""
    return np.round(wave * (PEAK / np.abs(wave).max()) * 32767).astype(np.int16)


def pack_sounds(name: str, licence: str, takes: Iterable[Take]) -> Sounds:
    """Puts takes at their usual levels into two bundles: drums, and sounds without a drum. Raises ValueError where there are no takes."""
    levelled = at_usual_levels(takes)
    drums, others = [take for take in levelled if take.drum], [take for take in levelled if not take.drum]
    if not levelled:
        raise ValueError(f"{name} holds no sound that we know: check that its folder or file is the one you meant")
    return Sounds(pack(name, licence, drums) if drums else None, pack(name, licence, others) if others else None)


def pack(name: str, licence: str, takes: Sequence[Take]) -> Bundle:
    """Puts takes end to end into a bundle. Takes that hold the very same array share one stored wave.

    Raises:
        ValueError: there is no take, or one of them is silent.
    """
    if not takes:
        raise ValueError(f"{name} holds no sound that we know: check that its folder or file is the one you meant")
    place: dict[int, tuple[int, int]] = {}
    waves: list[np.ndarray] = []
    shots: list[OneShot] = []
    end = 0
    for take in takes:
        if not take.wave.any():
            raise ValueError(f"{name}: a take of {take.drum or 'no drum'}, {take.articulation}, is silent: leave it out")
        if id(take.wave) not in place:
            waves.append(quantised(take.wave))
            place[id(take.wave)] = (end, len(take.wave))
            end += len(take.wave)
        start, length = place[id(take.wave)]
        described = {
            name: getattr(take, name) for name in ("kit", "drum", "articulation", "piece", "velocity", "onset", "electronic", "mix")
        }
        shots.append(OneShot(**described, gain_db=round(take.level_db, 2), start=start, length=length))
    return Bundle(name, licence, tuple(shots), np.concatenate(waves))
