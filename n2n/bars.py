"""Bars: a steady grid over a performance, which files state and hits tell."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from n2n.midi import Metre
from n2n.notes import Note
from n2n.tempo import estimate_tempo

BEATS: Final = 4
BEAT_PARTS: Final = (2, 3, 4)
"""Into how many parts a beat is divided: one of their lines is the beat."""
ON_BEAT: Final = {"KD": 2.0, "SN": 2.0}
"""How strongly a drum says that a beat is where it is hit; all others 1."""
LEANING: Final = {"KD": 3.0, "CY": 6.0, "SN": -3.0}
"""How strongly a drum says that a bar begins with it, by the same measure."""
FAINT: Final = 0.35
"""Hits that pull less to their beats, 0 not at all to 1 all to the same place in each, do not say where these lie."""
NEAR_BEAT: Final = 0.15
"""How far from a beat, in beats, still counts as on it."""
SAME_TEMPO: Final = 0.02
"""By what share two tempos may differ and be the same."""
READINGS: Final = (0.5, 2.0 / 3.0, 1.0, 1.5, 2.0)
"""How one performance may be counted: at half or double the tempo, and a shuffle as if it were straight."""


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
    """The tempo of a steady performance, and where a bar begins; None where the hits are too few or too irregular to tell.

    A bar has four beats unless the `metre` says otherwise. A `stated` tempo is taken where the hits do not speak against it: many a file
    states one that nobody played to. The bar lines of the metre are, where that holds for them, too.
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
    """Where a bar begins by the hits alone, in seconds as the length of a `beat`, and whether they say clearly where beats lie.

    Hits of a steady performance lie on lines half, a third or a quarter of a beat apart, whichever fit them best. A bar begins at that line
    from which on the most velocity falls on beats rather than between them, above all that of kicks and snares, and on first beats the most
    kick and crash, and the least snare.
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
