"""Bars: a steady grid over a performance, which files state and hits tell."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from n2n.midi import Metre
from n2n.notes import Note
from n2n.tempo import estimate_tempo

BEATS: Final = 4
FAINT: Final = 0.3
"""Hits that pull less to their beats, 0 not at all to 1 all to the same place in each, do not say where these lie."""
LEANING: Final = {"KD": 1.0, "CY": 2.0, "SN": -1.0}
"""How strongly a drum says that a bar begins with it."""
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

    Beats lie where most of the velocity falls; of the beats in a bar, four unless the `metre` says otherwise, the first is the one with the
    most kick and crash on it, and the least snare. A `stated` tempo is taken where the hits do not speak against it: many a file states one
    that nobody played to. The bar lines of the metre are, where that holds for them, too.
    """
    tempo, beats = estimate_tempo(notes), metre.beats if metre else BEATS
    trusted = stated is not None and (tempo is None or any(abs(stated / tempo / reading - 1.0) < SAME_TEMPO for reading in READINGS))
    if trusted:
        tempo = stated
    if tempo is None:
        return None
    beat = 60.0 / tempo
    onsets = np.array([note.onset for note in notes])
    weights = np.array([float(note.velocity) for note in notes])
    pull = complex(np.sum(weights * np.exp(2j * np.pi * onsets / beat)) / max(1.0, np.sum(weights)))
    phase = float(np.angle(pull)) / (2.0 * np.pi) * beat
    if metre and trusted:
        off = (metre.offset - phase) / beat
        if abs(pull) < FAINT or abs(off - round(off)) < NEAR_BEAT:
            return Bars(tempo, metre.offset, beats)
    strength = np.zeros(beats)
    for note in notes:
        place = (note.onset - phase) / beat
        if abs(place - round(place)) < NEAR_BEAT:
            strength[round(place) % beats] += LEANING.get(note.drum, 0.0) * note.velocity
    offset = (phase + int(np.argmax(strength)) * beat) % (beats * beat)
    return Bars(tempo, float(offset), beats)
