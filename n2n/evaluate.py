"""Scores: how many notes of a reference an estimate found, and how well it heard their velocities.

Conventions: onsets, tolerances and shifts in seconds; a shift is added to the estimate. What is found travels as the frozen
dataclasses of `n2n.scores`; `n2n.report` writes them as a table or as JSON. Knows notes, never torch.

The rule, the same for both sides and for every figure:

1. `reduce_classes` maps the seven drums to 7, 5 or 3 classes.
2. `merge_onsets` makes one hit of same-class onsets within 15 ms: the earliest onset stays, with the loudest velocity. The 15 ms count from
   the onset that stays, so a roll of hits 10 ms apart becomes hits 20 ms apart and never collapses into one.
3. `best_shift`, if asked for, finds one constant for the whole set or for each file.
4. `match` pairs the hits of one class, each at most once and as many as possible, where `mir_eval.util.match_events` allows it: in float64,
   `estimate - tolerance <= reference <= estimate + tolerance`. (`mir_eval.transcription` rounds distances to 0.1 ms instead. The two differ
   at exactly the tolerance.)
5. True positives, false positives and false negatives are pooled over files and classes ("sum"); beside them stands the mean over files.

Empty counts as 0: the precision of no notes, the recall of no reference, and the F1 of a file that is silent on both sides.

Velocity is scored as by `mir_eval.transcription_velocity` on the same hits of a whole file, offsets ignored: a matched hit counts where its
velocity, after the best linear map per file, lies within a tenth of the reference's range. Hits are matched by the rounded rule. (mir_eval
compares each hit with every other, which takes gigabytes for an hour; `velocity_scores` finds the same pairs among neighbours.)
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from n2n.drums import DRUMS, REDUCTIONS
from n2n.notes import Note, Transcription
from n2n.scores import SHIFT_MODES, Counts, Evaluation, FileScores, summarise
from n2n.shapes import Bool, Float, Int

TOLERANCE: Final = 0.05
"""The usual largest distance (s) of a match, as in MIREX."""
MERGE_WINDOW: Final = 0.015
"""Same-class onsets this close (s) are one hit."""
ROUNDING: Final = 1e-9
"""Onsets exactly a window apart are no further apart late in a file than at its start."""

ROUNDED_REACH: Final = 1e-4
"""How much further apart (s) than the tolerance hits are looked at: more than rounding a distance to 0.1 ms can forgive."""
VELOCITY_TOLERANCE: Final = 0.1
"""The largest error of a velocity, as a share of the reference's range, not included."""

SHIFTS: Final = tuple(index * 0.001 for index in sorted(range(-100, 101), key=abs))
"""What `best_shift` tries (s): -100 ms to +100 ms by 1 ms, the smallest first."""


class Hits(NamedTuple):
    """The merged hits of one class in one file, in order of onset (s), with velocities (1 to 127)."""

    onsets: Float[np.ndarray, " hits"]
    velocities: Float[np.ndarray, " hits"]


ClassHits = Mapping[str, Hits]
"""The hits of every class of a reduction, empty ones included, in the order of `class_names`."""


def evaluate(
    references: Mapping[str, Transcription],
    estimates: Mapping[str, Transcription],
    *,
    num_classes: int = 5,
    tolerance: float = TOLERANCE,
    shift: str | None = None,
    velocity: bool = True,
    allow_missing: bool = False,
    num_resamples: int = 2000,
) -> Evaluation:
    """Scores a set of files, by the rule at the top of this module.

    Args:
        references: the truth, by name of file.
        estimates: what is scored, under the same names. Names without a reference are not scored but listed in `Evaluation.unused`.
        num_classes: 7, 5 or 3.
        tolerance: largest distance (s) of a match, above 0.
        shift: "set" or "file" to add the best constant to the estimates' onsets first, None to take them as they are.
        velocity: whether to score velocity too; False where the references hold none.
        allow_missing: whether a reference without an estimate is scored against silence (and listed in `Evaluation.missing`).
        num_resamples: bootstrap draws over files behind each interval.

    Raises:
        ValueError: no references, a reference without an estimate, or an option outside its range.
    """
    _check_options(num_classes=num_classes, tolerance=tolerance, shift=shift)
    missing = _missing_names(references, estimates, allow_missing=allow_missing)
    heard = {name: estimates[name].notes if name in estimates else () for name in references}
    pairs = {
        name: (hits_by_class(reference.notes, num_classes=num_classes), hits_by_class(heard[name], num_classes=num_classes))
        for name, reference in references.items()
    }
    shifts = _shifts(pairs, tolerance=tolerance, shift=shift)
    files = tuple(score_file(name, *pair, tolerance=tolerance, shift=shifts[name], velocity=velocity) for name, pair in pairs.items())
    total, classes = summarise(files, num_resamples=num_resamples)
    unused = tuple(name for name in estimates if name not in references)
    return Evaluation(num_classes, tolerance, shift, total, classes, files, missing, unused)


def class_names(num_classes: int) -> tuple[str, ...]:
    """The classes of a reduction, in the order of `DRUMS`."""
    if num_classes not in REDUCTIONS:
        raise ValueError(f"no reduction to {num_classes} classes: choose one of {', '.join(map(str, REDUCTIONS))}")
    names = set(REDUCTIONS[num_classes].values())
    return tuple(drum for drum in DRUMS if drum in names)


def reduce_classes(notes: Iterable[Note], *, num_classes: int) -> tuple[Note, ...]:
    """The same notes with each drum named by its class."""
    class_names(num_classes)
    to_class = REDUCTIONS[num_classes]
    return tuple(replace(note, drum=to_class[note.drum]) for note in notes)


def merge_onsets(notes: Iterable[Note]) -> tuple[Note, ...]:
    """One hit for same-drum notes up to `MERGE_WINDOW` after the first of them: its onset and confidence, the loudest velocity of all.

    A note later than that starts a hit of its own, even if it is close to the last note that was merged.
    """
    hits: list[Note] = []
    latest: dict[str, int] = {}
    for note in sorted(notes, key=lambda note: note.onset):
        place = latest.get(note.drum)
        if place is not None and note.onset - hits[place].onset <= MERGE_WINDOW + ROUNDING:
            hits[place] = replace(hits[place], velocity=max(hits[place].velocity, note.velocity))
        else:
            latest[note.drum] = len(hits)
            hits.append(note)
    return tuple(hits)


def hits_by_class(notes: Iterable[Note], *, num_classes: int) -> ClassHits:
    """Steps 1 and 2 of the rule: reduced, then merged, as arrays by class."""
    by_class: dict[str, list[Note]] = {name: [] for name in class_names(num_classes)}
    for note in merge_onsets(reduce_classes(notes, num_classes=num_classes)):
        by_class[note.drum].append(note)
    return {
        name: Hits(np.array([note.onset for note in hits], dtype=np.float64), np.array([note.velocity for note in hits], dtype=np.float64))
        for name, hits in by_class.items()
    }


def match(
    reference: Float[np.ndarray, " reference"], estimate: Float[np.ndarray, " estimate"], *, tolerance: float
) -> list[tuple[int, int]]:
    """A largest one-to-one matching of onsets (s) of one class, as pairs (index in reference, index in estimate).

    It has exactly as many pairs as `mir_eval.util.match_events` finds. Because every window has the same width, pairing the earliest
    onsets that fit each other is already best, so one pass does.
    """
    reference_order, estimate_order = np.argsort(reference, kind="stable"), np.argsort(estimate, kind="stable")
    pairs = _match_sorted(reference[reference_order].tolist(), estimate[estimate_order], tolerance)
    return sorted((int(reference_order[i]), int(estimate_order[j])) for i, j in pairs)


def match_notes(reference: Sequence[Note], estimate: Sequence[Note], *, tolerance: float, shift: float = 0.0) -> list[tuple[int, int]]:
    """`match` for notes of any drums, each with those of its own, after `shift` seconds were added to the estimate."""
    pairs = []
    for drum in DRUMS:
        rows, columns = ([index for index, note in enumerate(notes) if note.drum == drum] for notes in (reference, estimate))
        true = np.array([reference[row].onset for row in rows], dtype=np.float64)
        heard = np.array([estimate[column].onset for column in columns], dtype=np.float64)
        pairs += [(rows[i], columns[j]) for i, j in match(true, heard + shift, tolerance=tolerance)]
    return sorted(pairs)


def best_shift(pairs: Sequence[tuple[ClassHits, ClassHits]], *, tolerance: float) -> float:
    """The one constant (s) that, added to the estimates, gives most matches over all pairs of (reference, estimate).

    Among equals it is the one that brings matched onsets closest together, then the smallest; where nothing ever matches, 0.

    Args:
        pairs: the hits of the files that share the shift.
        tolerance: largest distance (s) of a match.
    """
    onsets = [
        (reference[name].onsets.tolist(), estimate[name].onsets)
        for reference, estimate in pairs
        for name in reference
        if len(reference[name].onsets) and len(estimate[name].onsets)
    ]
    return max(SHIFTS, key=lambda shift: _agreement(onsets, shift, tolerance))


def score_file(
    name: str, reference: ClassHits, estimate: ClassHits, *, tolerance: float, shift: float = 0.0, velocity: bool = True
) -> FileScores:
    """Counts of one file from its hits, after `shift` seconds were added to the estimate."""
    shifted = {drum: Hits(hits.onsets + shift, hits.velocities) for drum, hits in estimate.items()}
    onset_classes = {drum: _count_matches(hits, shifted[drum], tolerance) for drum, hits in reference.items()}
    velocity_classes = velocity_scores(reference, shifted, tolerance=tolerance) if velocity else None
    return FileScores(name, shift, onset_classes, velocity_classes)


def velocity_scores(reference: ClassHits, estimate: ClassHits, *, tolerance: float) -> dict[str, Counts]:
    """Counts by class of hits that match in onset, class and velocity, as `mir_eval.transcription_velocity` has them of the whole file.

    The reference's range is that of all its hits, and one linear map fits all estimated velocities to it, whatever the class.
    """
    pairs = {name: _match_rounded(hits.onsets, estimate[name].onsets, tolerance) for name, hits in reference.items()}
    true = np.concatenate([hits.velocities[pairs[name][:, 0]] for name, hits in reference.items()])
    heard = np.concatenate([estimate[name].velocities[found[:, 1]] for name, found in pairs.items()])
    right = _same_velocity(true, heard, np.concatenate([hits.velocities for hits in reference.values()]))
    ends = np.cumsum([len(found) for found in pairs.values()])
    matched = [int(part.sum()) for part in np.split(right, ends[:-1])]
    return {name: _counts(hits, estimate[name], count) for (name, hits), count in zip(reference.items(), matched, strict=True)}


def _check_options(*, num_classes: int, tolerance: float, shift: str | None) -> None:
    class_names(num_classes)
    if not (math.isfinite(tolerance) and tolerance > 0):
        raise ValueError(f"a tolerance of {tolerance} s matches nothing: give seconds above 0, such as {TOLERANCE}")
    if shift is not None and shift not in SHIFT_MODES:
        raise ValueError(f'unknown shift {shift!r}: it must be "set" (one for all files), "file" (one each) or None')


def _missing_names(references: Mapping[str, object], estimates: Mapping[str, object], *, allow_missing: bool) -> tuple[str, ...]:
    """The names of references without an estimate, an error unless they are allowed."""
    if not references:
        raise ValueError("no references to score against")
    missing = tuple(name for name in references if name not in estimates)
    if missing and not allow_missing:
        shown = ", ".join(missing[:10]) + (f" and {len(missing) - 10} more" if len(missing) > 10 else "")
        absent = f"no estimate for {len(missing)} of {len(references)} references: {shown}"
        raise ValueError(f"{absent}. Add them, or allow missing estimates, which then count as empty")
    return missing


def _shifts(pairs: Mapping[str, tuple[ClassHits, ClassHits]], *, tolerance: float, shift: str | None) -> dict[str, float]:
    if shift is None:
        return dict.fromkeys(pairs, 0.0)
    if shift == "set":
        return dict.fromkeys(pairs, best_shift(list(pairs.values()), tolerance=tolerance))
    return {name: best_shift([pair], tolerance=tolerance) for name, pair in pairs.items()}


def _match_sorted(reference: list[float], estimate: Float[np.ndarray, " estimate"], tolerance: float) -> list[tuple[int, int]]:
    """`match` for onsets in order. The window's ends are rounded as mir_eval rounds them: estimate - tolerance, estimate + tolerance."""
    earliest, latest = (estimate - tolerance).tolist(), (estimate + tolerance).tolist()
    pairs = []
    i = j = 0
    while i < len(reference) and j < len(earliest):
        if reference[i] < earliest[j]:
            i += 1
        elif reference[i] > latest[j]:
            j += 1
        else:
            pairs.append((i, j))
            i, j = i + 1, j + 1
    return pairs


def _match_rounded(
    reference: Float[np.ndarray, " reference"], estimate: Float[np.ndarray, " estimate"], tolerance: float
) -> Int[np.ndarray, "pairs 2"]:
    """The pairs (index in reference, index in estimate) of `mir_eval.transcription.match_notes`, for ordered onsets of one class.

    Of several largest matchings it has to be mir_eval's own, since the linear map depends on which hits are pairs. Its algorithm works on
    each cluster of hits as if there were no others, so that one class at a time gives the same as all together.
    """
    first = np.searchsorted(estimate, reference - (tolerance + ROUNDED_REACH))
    last = np.searchsorted(estimate, reference + (tolerance + ROUNDED_REACH), side="right")
    candidates: dict[int, list[int]] = {}
    for index in np.flatnonzero(first < last).tolist():
        distances = np.around(np.abs(reference[index] - estimate[first[index] : last[index]]), decimals=4)
        for place in np.flatnonzero(distances <= tolerance).tolist():
            candidates.setdefault(int(first[index]) + place, []).append(index)
    if not candidates:
        return np.empty((0, 2), dtype=np.int64)
    # Costly to import (it loads most of SciPy), and of no use to those who score onsets alone.
    from mir_eval.util import _bipartite_match

    return np.array(sorted(_bipartite_match(candidates).items()), dtype=np.int64)


def _same_velocity(
    true: Float[np.ndarray, " pairs"], heard: Float[np.ndarray, " pairs"], reference: Float[np.ndarray, " hits"]
) -> Bool[np.ndarray, " pairs"]:
    """Whether the velocities of each pair agree, once the best linear map has brought what was heard to the range of the reference."""
    if not len(true):
        return np.zeros(0, dtype=bool)
    lowest = reference.min()
    true = (true - lowest) / max(1.0, reference.max() - lowest)
    slope, offset = np.linalg.lstsq(np.stack([heard, np.ones(len(heard))], axis=1), true, rcond=None)[0]
    return np.abs(slope * heard + offset - true) < VELOCITY_TOLERANCE


def _agreement(onsets: Sequence[tuple[list[float], np.ndarray]], shift: float, tolerance: float) -> tuple[int, float]:
    """Matches after a shift, and their summed distance (s, negative; to a microsecond, so that rounding decides nothing)."""
    matches, distance = 0, 0.0
    for reference, estimate in onsets:
        shifted = estimate + shift
        pairs = _match_sorted(reference, shifted, tolerance)
        times = shifted.tolist()
        matches += len(pairs)
        distance += sum(abs(reference[i] - times[j]) for i, j in pairs)
    return matches, -round(distance, 6)


def _count_matches(reference: Hits, estimate: Hits, tolerance: float) -> Counts:
    return _counts(reference, estimate, len(match(reference.onsets, estimate.onsets, tolerance=tolerance)))


def _counts(reference: Hits, estimate: Hits, matched: int) -> Counts:
    return Counts(matched, len(estimate.onsets) - matched, len(reference.onsets) - matched)
