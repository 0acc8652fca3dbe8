"""How sure is sure? Candidates beside the truth, measures of confidence, and the map from a note's score to its confidence.

Conventions: scores and confidences lie in [0, 1]; onsets and tolerances are in seconds; a candidate is `right` or it is not. The map itself
is applied where notes are decoded (`n2n.roll.calibrate`); here it is fitted.

What right means. Thresholds may be set anywhere, so whether a candidate is right must not hang on one. Candidates are taken from the
surest down; one is right if it adds a match, by the rule of `n2n.evaluate.match`, to those of the surer ones. So the right candidates above
any threshold are exactly as many as `match` finds there.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from n2n.drums import DRUMS
from n2n.evaluate import merge_onsets
from n2n.notes import Note
from n2n.roll import AS_SCORED, Candidate, calibrate, score_log_odds
from n2n.shapes import Bool, Float, Int

BINS: Final = 10
"""Bins of equal width in a reliability diagram."""
NEWTON_STEPS: Final = 100
"""A fit takes at most this many steps of Newton's method."""
FOLDS: Final = 5
"""Fits of a cross-validation, each without the recordings that it is tried on."""


class Judged(NamedTuple):
    """The candidates of one drum, the surest first, and how many hits of it there were to find."""

    scores: Float[np.ndarray, " candidates"]
    right: Bool[np.ndarray, " candidates"]
    num_reference: int


class Reliability(NamedTuple):
    """Notes by confidence, in bins of equal width from 0 to 1; an empty bin has 0 everywhere."""

    counts: Int[np.ndarray, " bins"]
    confidence: Float[np.ndarray, " bins"]
    """The mean confidence of a bin's notes."""
    right: Float[np.ndarray, " bins"]
    """The share of a bin's notes that are right."""

    @property
    def error(self) -> float:
        """The expected calibration error: the distance between confidence and share right, averaged over notes; 0 without any."""
        return float(np.sum(self.counts * np.abs(self.confidence - self.right)) / max(1, self.counts.sum()))


def judge(reference: Iterable[Note], found: Iterable[Candidate], *, tolerance: float) -> dict[str, Judged]:
    """Tells of each candidate of a recording whether it is right, drum by drum.

    Args:
        reference: the true notes; those of a drum within 15 ms are one hit, as in every evaluation.
        found: candidates, as `n2n.roll.candidates` lists them.
        tolerance: largest distance (s) of a match.
    """
    truth, listed = merge_onsets(reference), list(found)
    judged = {}
    for drum in DRUMS:
        true = np.array([note.onset for note in truth if note.drum == drum], dtype=np.float64)
        mine = sorted((c for c in listed if c.note.drum == drum), key=lambda c: (-c.score, c.note.onset))
        onsets = np.array([c.note.onset for c in mine], dtype=np.float64)
        scores = np.array([c.score for c in mine], dtype=np.float64)
        judged[drum] = Judged(scores, adds_match(true, onsets, tolerance=tolerance), len(true))
    return judged


def join(parts: Sequence[Judged]) -> Judged:
    """The candidates of several recordings as one list, recording after recording."""
    scores, right, num_reference = zip(*parts, strict=True)
    return Judged(np.concatenate(scores), np.concatenate(right), sum(num_reference))


def adds_match(
    reference: Float[np.ndarray, " reference"], onsets: Float[np.ndarray, " candidates"], *, tolerance: float
) -> Bool[np.ndarray, " candidates"]:
    """True at each onset that makes the largest matching larger than it is with the onsets before it in the list.

    Args:
        reference: true onsets (s) of one drum, ascending.
        onsets: candidates' onsets (s), in the order in which they are taken.
        tolerance: largest distance (s) of a match.
    """
    first = np.searchsorted(reference, onsets - tolerance, side="left").tolist()
    end = np.searchsorted(reference, onsets + tolerance, side="right").tolist()
    holder: dict[int, int] = {}
    held: dict[int, int] = {}
    closed: set[int] = set()

    def augment(candidate: int) -> bool:
        """Finds it a free hit, or one whose holder can have another: an augmenting path."""
        asked_by: dict[int, int] = {}
        waiting = [candidate]
        while waiting:
            asking = waiting.pop()
            for hit in range(first[asking], end[asking]):
                if hit in asked_by or hit in closed:
                    continue
                asked_by[hit] = asking
                if hit not in holder:
                    hand_over(hit, asked_by)
                    return True
                waiting.append(holder[hit])
        closed.update(asked_by)  # none of these will ever be free, so no later search need come here
        return False

    def hand_over(hit: int | None, asked_by: Mapping[int, int]) -> None:
        """Each on the path takes the hit that it asked for; the last has none to give up."""
        while hit is not None:
            taker = asked_by[hit]
            given_up = held.get(taker)
            holder[hit], held[taker] = taker, hit
            hit = given_up

    return np.array([augment(candidate) for candidate in range(len(onsets))], dtype=bool)


def brier_score(confidence: Float[np.ndarray, " notes"], right: Bool[np.ndarray, " notes"]) -> float:
    """The mean squared difference between confidence and truth (0 or 1): 0 is best, a constant 0.5 has 0.25; 0 without any notes."""
    return float(np.mean(np.square(confidence - right))) if len(right) else 0.0


def reliability(confidence: Float[np.ndarray, " notes"], right: Bool[np.ndarray, " notes"]) -> Reliability:
    """Sorts notes into bins by their confidence and asks how many of each bin are right."""
    place = np.minimum((np.asarray(confidence) * BINS).astype(np.int64), BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    sums = (np.bincount(place, weights=values, minlength=BINS) for values in (confidence, right))
    means = (values / np.maximum(counts, 1) for values in sums)
    return Reliability(counts, *means)


def fit_line(scores: Float[np.ndarray, " notes"], right: Bool[np.ndarray, " notes"]) -> tuple[float, float]:
    """The most likely (slope, offset), given which notes are right: logistic regression on the log-odds of the scores (Platt scaling).

    A normal prior of standard deviation 1 around `AS_SCORED` matters where notes are few, and decides alone where there are none. The slope
    is at least 0.01: where notes of high score are right no more often than others, all get almost the same confidence.

    Source: Platt, Probabilistic outputs for support vector machines (1999), with the score's log-odds as input.
    """
    x = np.stack([score_log_odds(scores), np.ones(len(scores))], axis=1)
    sign = np.where(right, 1.0, -1.0)

    def loss(line: np.ndarray) -> float:
        return float(np.logaddexp(0.0, -sign * (x @ line)).sum() + 0.5 * np.square(line - AS_SCORED).sum())

    line = np.array(AS_SCORED)
    for _ in range(NEWTON_STEPS):
        p = 1.0 / (1.0 + np.exp(-x @ line))
        gradient = x.T @ (p - right) + (line - AS_SCORED)
        step = np.linalg.solve(x.T @ (x * (p * (1.0 - p))[:, None]) + np.eye(2), gradient)
        if float(gradient @ step) < 1e-12:
            break
        while loss(line - step) > loss(line) - 0.25 * float(gradient @ step):  # too far: the loss is convex, so half the way will do
            step = step / 2.0
        line = line - step
    slope, offset = line.tolist()
    return max(slope, 0.01), offset


def fit_steps(scores: Float[np.ndarray, " notes"], right: Bool[np.ndarray, " notes"]) -> tuple[np.ndarray, np.ndarray]:
    """The best of all non-decreasing maps, by isotonic regression: a staircase with many free parameters, to compare `fit_line` with.

    Returns:
        The scores at which a stair begins, ascending, and the confidence of each stair.
    """
    stairs: list[tuple[float, float, int]] = []  # where it begins, the sum of what is right on it, how many notes
    starts, stair_of = np.unique(scores, return_inverse=True)  # equal scores share a stair
    sums, counts = np.bincount(stair_of, weights=right), np.bincount(stair_of)
    for stair in zip(starts.tolist(), sums.tolist(), counts.tolist(), strict=True):
        while stairs and stairs[-1][1] * stair[2] >= stair[1] * stairs[-1][2]:
            start, total, count = stairs.pop()
            stair = (start, total + stair[1], count + stair[2])
        stairs.append(stair)
    return np.array([start for start, _, _ in stairs]), np.array([total / count for _, total, count in stairs])


class HeldOut(NamedTuple):
    """Confidences of notes by maps that were fitted without their recordings."""

    line: Float[np.ndarray, " notes"]
    steps: Float[np.ndarray, " notes"]


def held_out(parts: Sequence[Judged]) -> HeldOut:
    """Cross-validated confidences by each kind of map, recording after recording as in `join`.

    Args:
        parts: the candidates of each recording.

    Raises:
        ValueError: fewer than two recordings.
    """
    folds = min(FOLDS, len(parts))
    if folds < 2:
        raise ValueError("a map cannot be tried on notes that it has not seen: at least 2 recordings are needed")
    line, steps = ([np.zeros(len(part.scores)) for part in parts] for _ in range(2))
    for fold in range(folds):
        known = join([part for index, part in enumerate(parts) if index % folds != fold])
        fitted, (starts, stairs) = fit_line(known.scores, known.right), fit_steps(known.scores, known.right)
        for index in range(fold, len(parts), folds):
            scores = parts[index].scores
            line[index] = calibrate(scores, np.zeros(len(scores), dtype=np.int64), [fitted])
            if len(stairs):
                steps[index] = stairs[np.maximum(np.searchsorted(starts, scores, side="right") - 1, 0)]
    return HeldOut(np.concatenate(line), np.concatenate(steps))
