"""Notes to roll and back: the only place that quantises.

A roll is float32 [frames, drums, 2]: (onset, velocity), both in [-1, 1], silence -1; frame f is at f / FRAME_RATE seconds.

Two numbers say how likely a cell is to be a note. Its score is read off the estimate, and thresholds act on it. Its confidence is the
probability that the note is right, as a map fitted to known recordings (`n2n.calibration`) tells it from the score.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from n2n.audio import FRAME_RATE
from n2n.drums import DRUMS, LANE, check_drum
from n2n.notes import Note
from n2n.shapes import Bool, Float, Int
from n2n.values import check_whole

SILENCE: Final = -1.0
MAX_VELOCITY: Final = 127
TIE: Final = 1e-4
"""Between two onsets that are equally sure, such as a flam's, the louder is the note: a full velocity is worth this much probability."""

AS_SCORED: Final = (1.0, 0.0)
"""Slope and offset of a drum whose confidence is its score."""
SCORE_LIMIT: Final = 0.005
"""Scores nearer to 0 or 1 than this are as sure as it: the logarithm of their odds would be mostly noise."""


def num_roll_frames(duration: float) -> int:
    """Frames of a roll that covers `duration` seconds."""
    return int(np.floor(duration * FRAME_RATE + 1e-6)) + 1


def note_frame(onset: float, frames: int | None = None) -> int:
    """The frame nearest to an onset in seconds. In a roll of `frames` frames, an onset up to one frame after the last falls into it."""
    frame = int(np.floor(onset * FRAME_RATE + 0.5))
    return frame - 1 if frames is not None and frame == frames and onset * FRAME_RATE < frames else frame


def empty_roll(frames: int) -> Float[np.ndarray, "frames drums 2"]:
    return np.full((frames, len(DRUMS), 2), SILENCE, dtype=np.float32)


def notes_to_roll(notes: Iterable[Note], frames: int) -> Float[np.ndarray, "frames drums 2"]:
    """Writes each note at its nearest frame; of several hits of a drum in one frame the loudest stays. Notes past the end are an error."""
    roll = empty_roll(frames)
    for note in notes:
        frame, lane = note_frame(note.onset, frames), LANE[note.drum]
        if not 0 <= frame < frames:
            raise ValueError(f"a note at {note.onset:.3f} s lies outside a roll of {frames} frames ({(frames - 1) / FRAME_RATE:.2f} s)")
        velocity = 2.0 * note.velocity / MAX_VELOCITY - 1.0
        roll[frame, lane] = 1.0, max(velocity, roll[frame, lane, 1])
    return roll


@dataclass(frozen=True)
class DecodeConfig:
    """How an estimated roll becomes notes.

    A frame's score is its onset probability summed with those of its two neighbours, since an onset near the edge of a frame is shared
    between two. A note is a local maximum whose score passes the drum's threshold (0..1), `min_gap` frames or more after a louder one.

    A drum's `calibration` is the (slope, offset) of a line from the logarithm of a score's odds to that of its confidence's; the slope is
    above 0, so that of two notes of a drum the one with the higher score is never the less sure.
    """

    thresholds: tuple[float, ...] = field(default=(0.5,) * len(DRUMS))
    min_gap: int = 3
    floor: float = 0.02
    velocity_weight: float = 1.0
    """How much more the velocity at hits counted in training than elsewhere, where audio was heard; unheard, all counts the same."""
    calibration: tuple[tuple[float, float], ...] = field(default=(AS_SCORED,) * len(DRUMS))
    velocity_curve: tuple[float, ...] = ()
    """What to read the velocities 0 to 127, at even distances, as; straight lines lie between. Empty: as they are."""

    def __post_init__(self) -> None:
        if len(self.thresholds) != len(DRUMS) or not all(0.0 < t < 1.0 for t in self.thresholds):
            raise ValueError(
                f"thresholds must be {len(DRUMS)} numbers between 0 and 1, neither included, one a drum, not {self.thresholds}"
            )
        object.__setattr__(self, "min_gap", check_whole("min_gap", self.min_gap, 1))
        if not 0.0 <= self.floor < 1.0:
            raise ValueError(f"floor must be a probability from 0 to below 1, not {self.floor}")
        if not 0.0 < self.velocity_weight < float("inf"):
            raise ValueError(f"velocity_weight must be above 0, not {self.velocity_weight}")
        if len(self.calibration) != len(DRUMS) or not all(map(_is_line, self.calibration)):
            raise ValueError(f"calibration must be {len(DRUMS)} pairs of a slope above 0 and an offset, not {self.calibration}")
        check_curve("velocity_curve", self.velocity_curve)


def check_curve(name: str, curve: Sequence[float]) -> None:
    """Raises ValueError unless a velocity curve keeps harder hits harder: empty, or two velocities or more that never fall."""
    if curve and (len(curve) < 2 or not all(0.0 <= v <= MAX_VELOCITY for v in curve) or list(curve) != sorted(curve)):
        raise ValueError(f"{name} must be empty, or two velocities from 0 to {MAX_VELOCITY} or more that never fall, not {tuple(curve)}")


def _is_line(pair: tuple[float, ...]) -> bool:
    """Whether a pair is a slope and an offset that keep sure notes surer."""
    return len(pair) == 2 and bool(np.isfinite(pair).all()) and pair[0] > 0.0


class Candidate(NamedTuple):
    """A local maximum of an estimate: the note that it would be, and the score that thresholds act on."""

    note: Note
    score: float


def onset_scores(roll: Float[np.ndarray, "frames drums 2"], *, floor: float) -> Float[np.ndarray, "frames drums"]:
    """Score of each cell in [0, 1]: the onset probabilities of the frame and its neighbours, those below `floor` counting as none."""
    p = np.clip((roll[..., 0] + 1.0) / 2.0, 0.0, 1.0)
    p = np.where(p < floor, 0.0, p)
    padded = np.pad(p, ((1, 1), (0, 0)))
    return np.minimum(padded[:-2] + padded[1:-1] + padded[2:], 1.0)


def find_peaks(roll: Float[np.ndarray, "frames drums 2"], config: DecodeConfig) -> Bool[np.ndarray, "frames drums"]:
    """True at the local maxima above the floor, whatever their scores: each becomes a note where its drum's threshold is low enough."""
    p, velocity = np.moveaxis(np.clip((roll + 1.0) / 2.0, 0.0, 1.0), -1, 0)
    rank = p + TIE * velocity
    reach = config.min_gap - 1
    padded = np.pad(rank, ((reach, reach), (0, 0)), constant_values=-1.0)
    frames = len(p)
    earlier = [padded[reach - k : reach - k + frames] for k in range(1, reach + 1)]
    later = [padded[reach + k : reach + k + frames] for k in range(1, reach + 1)]
    is_peak = np.all([rank > other for other in earlier], axis=0) & np.all([rank >= other for other in later], axis=0)
    return is_peak & (p > config.floor)


def find_onsets(roll: Float[np.ndarray, "frames drums 2"], config: DecodeConfig) -> Bool[np.ndarray, "frames drums"]:
    """True at the cells that become notes: the peaks whose scores pass."""
    return find_peaks(roll, config) & (onset_scores(roll, floor=config.floor) > np.asarray(config.thresholds))


def calibrate(
    scores: Float[np.ndarray, " notes"], lanes: Int[np.ndarray, " notes"], calibration: Sequence[tuple[float, float]]
) -> Float[np.ndarray, " notes"]:
    """The probability that each note is right.

    Args:
        scores: of the notes, from 0 to 1.
        lanes: their drums' places in `DRUMS`.
        calibration: (slope, offset) of each drum, as in `DecodeConfig`.
    """
    slope, offset = np.asarray(calibration, dtype=np.float64)[lanes].T
    as_scored = (slope == AS_SCORED[0]) & (offset == AS_SCORED[1])
    log_odds = np.clip(slope * score_log_odds(scores) + offset, -700.0, 700.0)  # where exp stays finite
    return np.where(as_scored, scores, 1.0 / (1.0 + np.exp(-log_odds)))


def score_log_odds(scores: Float[np.ndarray, " notes"]) -> Float[np.ndarray, " notes"]:
    """The logarithm of the odds that a score would be, were it a probability; finite, since scores are kept off 0 and 1."""
    kept = np.clip(np.asarray(scores, dtype=np.float64), SCORE_LIMIT, 1.0 - SCORE_LIMIT)
    return np.log(kept) - np.log1p(-kept)


def read_velocities(raw: Float[np.ndarray, "*any"], curve: Sequence[float] = ()) -> Float[np.ndarray, "*any"]:
    """Whole velocities 1..127 from raw ones, through a curve as in `DecodeConfig`."""
    if curve:
        raw = np.interp(raw, np.linspace(0.0, MAX_VELOCITY, len(curve)), curve)
    return np.clip(np.round(raw), 1, MAX_VELOCITY)


def roll_velocity(roll: Float[np.ndarray, "frames drums 2"], config: DecodeConfig | None = None) -> Float[np.ndarray, "frames drums"]:
    """Velocity 1..127 of each cell, were it a note.

    An estimate that is unsure of the onset pulls its velocity towards silence; dividing by the share of hits in what it averages undoes
    that. With the onset's probability p and hits counted `velocity_weight` times in training, it is weight p / (weight p + 1 - p).
    """
    config = config or DecodeConfig()
    weight = config.velocity_weight
    p = np.clip((roll[..., 0] + 1.0) / 2.0, 0.05, 1.0)
    share = weight * p / (weight * p + 1.0 - p)
    velocity = np.clip((roll[..., 1] + 1.0) / 2.0, 0.0, 1.0) / share
    return read_velocities(velocity * MAX_VELOCITY, config.velocity_curve)


def roll_to_notes(roll: Float[np.ndarray, "frames drums 2"], config: DecodeConfig | None = None) -> tuple[Note, ...]:
    """Decodes an estimated roll: the candidates whose scores pass their drums' thresholds."""
    config = config or DecodeConfig()
    return tuple(candidate.note for candidate in _decode(roll, find_onsets(roll, config), config))


def candidates(roll: Float[np.ndarray, "frames drums 2"], config: DecodeConfig | None = None) -> tuple[Candidate, ...]:
    """All that could be a note of an estimated roll, whatever the thresholds; `roll_to_notes` keeps those with `score > threshold`."""
    config = config or DecodeConfig()
    return _decode(roll, find_peaks(roll, config), config)


def _decode(
    roll: Float[np.ndarray, "frames drums 2"], chosen: Bool[np.ndarray, "frames drums"], config: DecodeConfig
) -> tuple[Candidate, ...]:
    """The chosen cells as notes, in order of time."""
    frames, lanes = np.nonzero(chosen)
    scores = onset_scores(roll, floor=config.floor)[frames, lanes]
    velocity = roll_velocity(roll, config)[frames, lanes]
    confidence = calibrate(scores, lanes, config.calibration)
    return tuple(
        Candidate(Note(float(frame / FRAME_RATE), DRUMS[lane], int(v), float(c)), float(score))
        for frame, lane, v, c, score in zip(frames, lanes, velocity, confidence, scores, strict=True)
    )


def mask_from_regions(regions: Sequence[tuple[float, float, Sequence[str]]], frames: int) -> Bool[np.ndarray, "frames drums"]:
    """A mask that is True in rectangles (start s, end s, drums): frames with start <= time < end. A note belongs to the nearest frame."""
    mask = np.zeros((frames, len(DRUMS)), dtype=bool)
    for start, end, drums in regions:
        first, last = (int(np.ceil(np.clip(edge * FRAME_RATE - 1e-6, 0, frames))) for edge in (start, end))
        mask[first:last, [LANE[check_drum(drum)] for drum in drums]] = True
    return mask


def covers(mask: Bool[np.ndarray, "frames drums"], note: Note) -> bool:
    """Whether a mask is True at a note's cell."""
    return bool(mask[note_frame(note.onset, len(mask)), LANE[note.drum]])


def check_regions(regions: Iterable[tuple[float, float, Sequence[str]]], frames: int) -> None:
    """Raises ValueError where a region begins past the end of a roll: it would change, or keep, nothing."""
    for start, end, _ in regions:
        if start * FRAME_RATE > frames - 1:
            raise ValueError(f"the region {start:g}:{end:g} lies past the end, at {(frames - 1) / FRAME_RATE:.2f} s")
