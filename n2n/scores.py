"""What an evaluation finds: counts, the ratios that follow from them, and how they are pooled over files.

Conventions: ratios lie in [0, 1] and are 0 where nothing is divided by nothing; tolerances and shifts are in seconds. `n2n.evaluate` fills
these in, `n2n.report` writes them down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

SHIFT_MODES: Final = ("set", "file")
"""One best constant shift over the whole set, or one for each file."""


@dataclass(frozen=True)
class Counts:
    """True positives, false positives and false negatives, and the ratios that follow from them (0 where nothing is divided by nothing)."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Pools two counts."""
        return Counts(
            self.true_positives + other.true_positives,
            self.false_positives + other.false_positives,
            self.false_negatives + other.false_negatives,
        )

    @property
    def num_reference(self) -> int:
        """Hits in the reference."""
        return self.true_positives + self.false_negatives

    @property
    def num_estimate(self) -> int:
        """Hits in the estimate."""
        return self.true_positives + self.false_positives

    @property
    def precision(self) -> float:
        """The share of the estimate's hits that are right."""
        return _ratio(self.true_positives, self.num_estimate)

    @property
    def recall(self) -> float:
        """The share of the reference's hits that were found."""
        return _ratio(self.true_positives, self.num_reference)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return _ratio(2 * self.true_positives, self.num_reference + self.num_estimate)


class Interval(NamedTuple):
    """Both ends of a bootstrap interval of a pooled F1."""

    low: float
    high: float


class Means(NamedTuple):
    """Precision, recall and F1, each averaged over files."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Score:
    """Counts pooled over files, the 95 % interval of their F1 over files (None below two files), and the mean over files."""

    pooled: Counts
    interval: Interval | None
    mean: Means


@dataclass(frozen=True)
class ClassScores:
    """The scores of one class, or of all together: onsets, and onsets with velocity (None where no velocity was scored)."""

    onset: Score
    velocity: Score | None


@dataclass(frozen=True)
class FileScores:
    """One file: the shift (s) that was added to its estimate, and the counts of each class."""

    name: str
    shift: float
    onset_classes: Mapping[str, Counts]
    velocity_classes: Mapping[str, Counts] | None

    @property
    def onset(self) -> Counts:
        """Onset counts over all classes."""
        return sum(self.onset_classes.values(), Counts())

    @property
    def velocity(self) -> Counts | None:
        """Velocity counts over all classes, None where no velocity was scored."""
        return None if self.velocity_classes is None else sum(self.velocity_classes.values(), Counts())


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found, with the choices that it was made under.

    `missing` names references that were scored against silence, `unused` names estimates that no reference asked for.
    """

    num_classes: int
    tolerance: float
    shift: str | None
    total: ClassScores
    classes: Mapping[str, ClassScores]
    files: tuple[FileScores, ...]
    missing: tuple[str, ...]
    unused: tuple[str, ...]


def summarise(files: Sequence[FileScores], *, num_resamples: int) -> tuple[ClassScores, dict[str, ClassScores]]:
    """Pools files: the scores of all classes together, and of each.

    All classes together are averaged and resampled over every file; one class over the files in which either side has a hit of it.
    """

    def score(counts: Sequence[Counts]) -> Score:
        return Score(sum(counts, Counts()), bootstrap_interval(counts, num_resamples=num_resamples), _means(counts))

    def class_score(counts: Sequence[Counts]) -> Score:
        return score([count for count in counts if count.num_reference or count.num_estimate])

    velocities = [file.velocity for file in files if file.velocity is not None]
    total = ClassScores(score([file.onset for file in files]), score(velocities) if velocities else None)
    classes = {}
    for name in files[0].onset_classes:
        onset = class_score([file.onset_classes[name] for file in files])
        with_velocity = [file.velocity_classes[name] for file in files if file.velocity_classes is not None]
        classes[name] = ClassScores(onset, class_score(with_velocity) if with_velocity else None)
    return total, classes


def bootstrap_interval(counts: Sequence[Counts], *, num_resamples: int = 2000, seed: int = 0) -> Interval | None:
    """Where the pooled F1 lies in 95 % of cases when files are drawn again with replacement; None below two files."""
    if num_resamples < 1:
        raise ValueError(f"cannot draw {num_resamples} resamples: at least 1 is needed, 2000 are usual")
    if len(counts) < 2:
        return None
    found = np.array([count.true_positives for count in counts])
    size = np.array([count.num_reference + count.num_estimate for count in counts])
    draws = np.random.default_rng(seed).integers(len(counts), size=(num_resamples, len(counts)))
    sizes = size[draws].sum(axis=1)
    f1 = 2 * found[draws].sum(axis=1) / np.maximum(sizes, 1)
    low, high = np.quantile(f1, [0.025, 0.975])
    return Interval(float(low), float(high))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _means(counts: Sequence[Counts]) -> Means:
    """The mean over files, 0 without any."""
    if not counts:
        return Means(0.0, 0.0, 0.0)
    return Means(*(float(np.mean([getattr(count, name) for count in counts])) for name in Means._fields))
