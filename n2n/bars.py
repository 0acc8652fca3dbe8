"""Bars: a steady grid over a performance, as a file states it or as it is estimated from the hits.

Conventions: times in seconds, tempos in beats a minute; a beat is a quarter note.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from n2n.metre import Metre
from n2n.notes import Note
from n2n.tempo import estimate_tempo

BEATS: Final = 4
"""Beats in a bar, where nothing else is stated."""
BEAT_PARTS: Final = (2, 3, 4)
"""Subdivisions of a beat to try: hits on the lines of one of them tell where the beats may lie."""
ON_BEAT: Final = {"KD": 2.0, "SN": 2.0}
"""Weight of a hit of this drum as evidence of a beat, by which its velocity is multiplied; 1 for all others."""
LEANING: Final = {"KD": 3.0, "CY": 6.0, "SN": -3.0}
"""Weight of a hit of this drum as evidence of a first beat, on the same scale; 0 for all others."""
FAINT: Final = 0.35
"""Below this resultant length (0: hits spread evenly over the beat, 1: all at one phase) the beat's phase is taken as unknown."""
NEAR_BEAT: Final = 0.15
"""A hit or line this close to a beat, in beats, counts as on it."""
SAME_TEMPO: Final = 0.02
"""Tempos that differ by less than this share are the same."""
READINGS: Final = (0.5, 2.0 / 3.0, 1.0, 1.5, 2.0)
"""Ratios between tempos at which one performance may be counted: half, double, and a shuffle as if it were straight."""


class Bars(NamedTuple):
    """A grid of bars: beats a minute, the time of one bar line in seconds, beats in a bar."""

    bpm: float
    offset: float
    beats: int

    def to_json(self) -> dict[str, Any]:
        return {"bpm": self.bpm, "offset": self.offset, "beats": self.beats}

    @property
    def metre(self) -> Metre:
        """Its bar lines, as MIDI files state them."""
        return Metre(self.offset, self.beats)


def estimate_bars(notes: Sequence[Note], stated: float | None = None, metre: Metre | None = None) -> Bars | None:
    """Estimates the tempo of a steady performance, and where a bar begins.

    Args:
        notes: in any order.
        stated: the tempo that the file states. It is taken unless the hits contradict it: many files state one that nobody played to.
        metre: the bars that the file states. Their length is taken; without a metre a bar has four beats. So are the metre's bar lines, if
            the stated tempo is taken and they fall on the beats that the hits show, or the hits show none clearly.

    Returns:
        None where the hits are too few or too irregular to tell.
    """
    tempo, beats = estimate_tempo(notes), metre.beats if metre else BEATS
    trusted = stated is not None and (tempo is None or any(abs(stated / tempo / reading - 1.0) < SAME_TEMPO for reading in READINGS))
    if trusted:
        tempo = stated
    if tempo is None:
        return None
    beat = 60.0 / tempo
    line, clear = _bar_line(notes, beat, beats)
    if metre and trusted:
        off = (metre.offset - line) / beat
        if not clear or abs(off - round(off)) < NEAR_BEAT:
            return Bars(tempo, metre.offset, beats)
    return Bars(tempo, line % (beats * beat), beats)


def _bar_line(notes: Sequence[Note], beat: float, beats: int) -> tuple[float, bool]:
    """Estimates from the hits alone where a bar begins, and whether they show the beat's phase clearly.

    The lines that may begin a bar lie half, a third or a quarter of a beat apart, whichever fits the hits best. Each is scored: velocity on
    its beats counts for it, velocity between them against it, that of kicks and snares more (`ON_BEAT`); near its first beats kicks and
    crashes count for it and snares against it (`LEANING`).

    Args:
        notes: in any order.
        beat: the length of a beat, in seconds.
        beats: of a bar.

    Returns:
        The time of a bar line in seconds; whether the resultant length exceeds `FAINT`.
    """
    start = min((note.onset for note in notes), default=0.0)
    places = np.array([note.onset - start for note in notes]) / beat
    weights = np.array([note.velocity * ON_BEAT.get(note.drum, 1.0) for note in notes])
    leanings = np.array([note.velocity * LEANING.get(note.drum, 0.0) for note in notes])
    pulls = {parts: np.exp(2j * np.pi * parts * places) @ weights for parts in (1, *BEAT_PARTS)}
    parts = max(BEAT_PARTS, key=lambda parts: abs(pulls[parts]))
    lines = (np.angle(pulls[parts]) / (2.0 * np.pi) + np.arange(parts * beats)) / parts
    on_beats = (pulls[1] * np.exp(-2j * np.pi * lines)).real
    from_line = (places - lines[:, None] + beats / 2) % beats - beats / 2  # [lines, hits]: in beats, from the nearest such line of a bar
    on_firsts = (np.abs(from_line) < NEAR_BEAT) @ leanings
    first = np.argmax((on_beats + on_firsts).round())  # in whole velocities, so that of equal lines it is the first
    return float(start + beat * lines[first]), bool(abs(pulls[1]) > FAINT * np.sum(weights))
