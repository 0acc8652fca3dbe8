"""What went wrong: which notes were missed, which were invented, and what they have in common.

Conventions: times in seconds on the reference's clock, so an estimate's onsets have the evaluation's shift added and may lie below 0. Both
sides are reduced, merged and matched by the very rule of `n2n.evaluate`, so every count here adds up to that of the evaluation. A *missed*
hit is one of the reference without a partner, an *extra* hit one of the estimate. Knows notes, never torch; `n2n.error_plots` draws what is
found, `n2n.error_report` writes it down.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from n2n.calibration import Reliability, brier_score, reliability
from n2n.evaluate import class_names, match_notes, merge_onsets, reduce_classes
from n2n.notes import Note, Transcription
from n2n.scores import Evaluation
from n2n.shapes import Int

CONFUSION_WINDOW: Final = 0.05
"""A missed hit was taken for an extra one that lies within this (s), or within the tolerance where that is larger."""
VELOCITY_EDGES: Final = (1.0, 16.0, 32.0, 48.0, 64.0, 80.0, 96.0, 112.0, 128.0)
"""Bins of MIDI velocities."""
GAP_EDGES: Final = (0.0, 0.03, 0.06, 0.09, 0.12, 0.18, 0.25, 0.5, 1.0, math.inf)
"""Bins of the gap: seconds since the previous hit. The first hit counts as the longest gap."""
NUM_MOMENTS: Final = 10
"""How many of the worst moments are listed."""
MOMENTS_PER_FILE: Final = 3
"""The most that one file gives, unless there are too few files for that."""
MOMENT_SECONDS: Final = 1.0
"""How long a moment lasts."""
MOMENT_LEAD: Final = 0.1
"""A moment begins this long (s) before its first error."""


class JudgedHit(NamedTuple):
    """One hit of either side, as it was matched: its drum is a class of the reduction, its velocity the loudest of what was merged."""

    onset: float
    drum: str
    velocity: int
    confidence: float | None
    matched: bool


@dataclass(frozen=True)
class FileErrors:
    """Both sides of one file in order of time; `shift` (s) has been added to the estimate."""

    name: str
    shift: float
    reference: tuple[JudgedHit, ...]
    estimate: tuple[JudgedHit, ...]

    @property
    def missed(self) -> tuple[JudgedHit, ...]:
        """Hits of the reference without a partner."""
        return tuple(hit for hit in self.reference if not hit.matched)

    @property
    def extra(self) -> tuple[JudgedHit, ...]:
        """Hits of the estimate without a partner."""
        return tuple(hit for hit in self.estimate if not hit.matched)


class Confusion(NamedTuple):
    """For each class (row): hits that found their partner, and errors by what stood in their place (column; the last: nothing)."""

    matched: Int[np.ndarray, " classes"]
    missed: Int[np.ndarray, "classes places"]
    """Missed hits of the row's class, by the class of the nearest extra hit."""
    extra: Int[np.ndarray, "classes places"]
    """Extra hits of the row's class, by the class of the nearest missed hit."""


class Recall(NamedTuple):
    """Hits of the reference in bins from one edge up to, but without, the next: how many there are, how many were found."""

    edges: tuple[float, ...]
    found: Int[np.ndarray, "classes bins"]
    total: Int[np.ndarray, "classes bins"]

    @property
    def labels(self) -> list[str]:
        """A name for each bin: whole numbers as `16-31`; seconds, whose last edge is infinite, as `30-60 ms`, in the end `>= 1000 ms`."""
        if self.edges[-1] == math.inf:
            ms = [f"{1000 * edge:.0f}" for edge in self.edges[:-1]]
            return [f"{low}-{high} ms" for low, high in pairwise(ms)] + [f">= {ms[-1]} ms"]
        return [f"{low:.0f}-{high - 1:.0f}" for low, high in pairwise(self.edges)]


class Moment(NamedTuple):
    """A second in which much went wrong: `file` counts from 0, `weight` is what the errors add up to."""

    file: int
    start: float
    end: float
    weight: float
    missed: int
    extra: int


@dataclass(frozen=True)
class Analysis:
    """All that `analyse` found.

    Attributes:
        classes: of the reduction, in the order of every row and column.
        files: both sides of each file, in the order of the evaluation.
        confusion: what was taken for what.
        velocity: recall by the velocity of the reference, None where velocities were not evaluated.
        gap_same: recall by the time since the previous hit of the same class.
        gap_any: recall by the time since the previous hit of any class, 0 s for each of several hits at one time.
        reliability: share right by confidence, None where no note of the estimates has a confidence.
        brier: the Brier score of the confidence, None where `reliability` is.
        moments: the worst ones, the worst first.
    """

    classes: tuple[str, ...]
    files: tuple[FileErrors, ...]
    confusion: Confusion
    velocity: Recall | None
    gap_same: Recall
    gap_any: Recall
    reliability: Reliability | None
    brier: float | None
    moments: tuple[Moment, ...]


def analyse(evaluation: Evaluation, references: Mapping[str, Transcription], estimates: Mapping[str, Transcription]) -> Analysis:
    """Looks at what an evaluation counted as wrong.

    Args:
        evaluation: what `n2n.evaluate.evaluate` made of the same notes; its classes, tolerance and shifts hold here too.
        references: the truth, by name of file.
        estimates: what was scored; a file without an estimate is silent.
    """
    classes = class_names(evaluation.num_classes)
    files = tuple(
        compare(
            file.name,
            references[file.name],
            estimates.get(file.name, Transcription((), 0.0)),
            num_classes=evaluation.num_classes,
            tolerance=evaluation.tolerance,
            shift=file.shift,
        )
        for file in evaluation.files
    )
    sure = [(hit.confidence, hit.matched) for file in files for hit in file.estimate if hit.confidence is not None]
    confidence, right = np.array([c for c, _ in sure], dtype=np.float64), np.array([r for _, r in sure], dtype=bool)
    return Analysis(
        classes,
        files,
        confuse(files, classes, window=max(CONFUSION_WINDOW, evaluation.tolerance)),
        recall_by_velocity(files, classes) if evaluation.total.velocity is not None else None,
        recall_by_gap(files, classes, same_class=True),
        recall_by_gap(files, classes, same_class=False),
        reliability(confidence, right) if sure else None,
        brier_score(confidence, right) if sure else None,
        worst_moments(files),
    )


def compare(
    name: str, reference: Transcription, estimate: Transcription, *, num_classes: int, tolerance: float, shift: float = 0.0
) -> FileErrors:
    """Matches both sides of a file, class by class, after `shift` seconds were added to the estimate."""
    true = merge_onsets(reduce_classes(reference.notes, num_classes=num_classes))
    heard = merge_onsets(reduce_classes(estimate.notes, num_classes=num_classes))
    found, right = np.zeros(len(true), dtype=bool), np.zeros(len(heard), dtype=bool)
    for i, j in match_notes(true, heard, tolerance=tolerance, shift=shift):
        found[i] = right[j] = True
    return FileErrors(name, shift, _hits(true, found.tolist()), _hits(heard, right.tolist(), shift=shift))


def confuse(files: Iterable[FileErrors], classes: Sequence[str], *, window: float = CONFUSION_WINDOW) -> Confusion:
    """Asks of each missed hit which extra one is nearest within `window` seconds, and of each extra hit which missed one.

    Both may be of one class where they lie too far apart to match: the right drum at the wrong time.
    """
    matched = np.zeros(len(classes), dtype=np.int64)
    missed, extra = (np.zeros((len(classes), len(classes) + 1), dtype=np.int64) for _ in range(2))
    for file in files:
        for hit in file.reference:
            matched[classes.index(hit.drum)] += hit.matched
        for table, errors, others in ((missed, file.missed, file.extra), (extra, file.extra, file.missed)):
            for error, other in zip(errors, _nearest(errors, others, window=window), strict=True):
                table[classes.index(error.drum), len(classes) if other is None else classes.index(other.drum)] += 1
    return Confusion(matched, missed, extra)


def recall_by_velocity(files: Iterable[FileErrors], classes: Sequence[str]) -> Recall:
    """How many hits of the reference were found, by how hard they were struck."""
    hits = [hit for file in files for hit in file.reference]
    return _recall(hits, [float(hit.velocity) for hit in hits], classes, VELOCITY_EDGES)


def recall_by_gap(files: Iterable[FileErrors], classes: Sequence[str], *, same_class: bool) -> Recall:
    """How many hits of the reference were found, by the time since the previous one, of the same class or of any."""
    hits: list[JudgedHit] = []
    gaps: list[float] = []
    for file in files:
        for group in [[hit for hit in file.reference if hit.drum == drum] for drum in classes] if same_class else [file.reference]:
            onsets = np.array([hit.onset for hit in group], dtype=np.float64)
            since = np.diff(onsets, prepend=-math.inf)
            together = np.diff(onsets, append=math.inf) == 0.0
            hits += group
            gaps += np.where(together, 0.0, since).tolist()
    return _recall(hits, gaps, classes, GAP_EDGES)


def worst_moments(files: Sequence[FileErrors], *, seconds: float = MOMENT_SECONDS) -> tuple[Moment, ...]:
    """The spans with the most and the surest errors, the worst first; those of one file do not overlap.

    An extra hit weighs its confidence, or 1 where it has none, a missed one 1. No file gives more than `MOMENTS_PER_FILE`, unless there are
    too few files for that.
    """
    each = max(MOMENTS_PER_FILE, -(-NUM_MOMENTS // max(1, len(files))))
    found = [moment for index, file in enumerate(files) for moment in _file_moments(index, file, count=each, seconds=seconds)]
    return tuple(sorted(found, key=lambda moment: (-moment.weight, moment.file, moment.start))[:NUM_MOMENTS])


def _file_moments(index: int, file: FileErrors, *, count: int, seconds: float) -> list[Moment]:
    errors = sorted([(hit.onset, 1.0, 1, 0) for hit in file.missed] + [(hit.onset, _weight(hit), 0, 1) for hit in file.extra])
    table = np.array(errors, dtype=np.float64).reshape(-1, 4)
    moments: list[Moment] = []
    while len(table) and len(moments) < count:
        starts = table[:, 0] - MOMENT_LEAD
        ends = np.searchsorted(table[:, 0], starts + seconds, side="left")
        sums = np.concatenate([[0.0], np.cumsum(table[:, 1])])
        weights = sums[ends] - sums[: len(table)]
        first = int(np.argmax(weights))
        inside = table[first : ends[first]]
        start = float(starts[first])
        moments.append(Moment(index, start, start + seconds, float(weights[first]), *map(int, inside[:, 2:].sum(axis=0))))
        table = table[(table[:, 0] < start - seconds + MOMENT_LEAD) | (table[:, 0] >= start + seconds + MOMENT_LEAD)]
    return moments


def _weight(extra: JudgedHit) -> float:
    return 1.0 if extra.confidence is None else extra.confidence


def _hits(notes: Sequence[Note], matched: Sequence[bool], *, shift: float = 0.0) -> tuple[JudgedHit, ...]:
    return tuple(
        JudgedHit(note.onset + shift, note.drum, note.velocity, note.confidence, ok) for note, ok in zip(notes, matched, strict=True)
    )


def _nearest(errors: Sequence[JudgedHit], others: Sequence[JudgedHit], *, window: float) -> list[JudgedHit | None]:
    """For each error the nearest other within `window` seconds (of two as near the earlier one), or None."""
    onsets = np.array([hit.onset for hit in others], dtype=np.float64)
    chosen: list[JudgedHit | None] = []
    for error in errors:
        distance = np.abs(onsets - error.onset)
        place = int(np.argmin(distance)) if len(others) else None
        chosen.append(others[place] if place is not None and distance[place] <= window + 1e-9 else None)
    return chosen


def _recall(hits: Sequence[JudgedHit], values: Sequence[float], classes: Sequence[str], edges: Sequence[float]) -> Recall:
    bins = len(edges) - 1
    place = np.clip(np.searchsorted(np.array(edges), np.array(values), side="right") - 1, 0, bins - 1)
    found, total = (np.zeros((len(classes), bins), dtype=np.int64) for _ in range(2))
    for hit, column in zip(hits, place.tolist(), strict=True):
        row = classes.index(hit.drum)
        total[row, column] += 1
        found[row, column] += hit.matched
    return Recall(tuple(edges), found, total)
