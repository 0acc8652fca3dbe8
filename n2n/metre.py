"""Tempos, time signatures and bars, as MIDI files state them.

Conventions: times in seconds from the recording's first sample, tempos in beats a minute; a beat is a quarter note. `midi.py` reads a
`Conductor` from a file and writes one; `bars.py` estimates bars from the notes.
"""

import math
from fractions import Fraction
from typing import Final, NamedTuple

TEMPO_MIN: Final = 4.0
TEMPO_MAX: Final = 1000.0
"""The slowest and the fastest tempo, in beats a minute; a MIDI file can hold no tempo much slower."""

MAX_BEATS: Final = 32
"""The most beats that a bar may have."""
EARLY_S: Final = 0.03
"""A bar line this little before the recording, in seconds, counts as its start."""


class Metre(NamedTuple):
    """Bars of equal length: the time of one bar line in seconds, and beats in a bar."""

    offset: float
    beats: int

    def first_line(self, tempo: float) -> float:
        """The first bar line, in seconds, at a tempo in beats a minute: at -`EARLY_S` or later."""
        bar = self.beats * 60.0 / tempo
        return self.offset - bar * math.floor((self.offset + EARLY_S) / bar)


class Tempo(NamedTuple):
    """A tempo change: from `onset` seconds on, a quarter note lasts `beat_us` microseconds."""

    onset: float
    beat_us: int

    @property
    def bpm(self) -> float:
        """Beats a minute, to three decimals, which hides that a file holds whole microseconds (93.5 is not 93.50003)."""
        return round(60e6 / self.beat_us, 3)

    @property
    def playable(self) -> bool:
        """Whether it lies within the limits of the tempos that we write."""
        return TEMPO_MIN <= self.bpm <= TEMPO_MAX


class Signature(NamedTuple):
    """A time signature from `onset` seconds on, where a bar begins; `clocks` is MIDI's metronome field, in 24ths of a quarter."""

    onset: float
    numerator: int
    denominator: int
    clocks: int = 24

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"

    @property
    def beats(self) -> Fraction:
        """Quarter notes in a bar."""
        return Fraction(4 * self.numerator, self.denominator)


class Conductor(NamedTuple):
    """The tempos and time signatures of a MIDI file, both in order of time. Unless there are no tempos, the first holds from 0 s on."""

    tempos: tuple[Tempo, ...] = ()
    signatures: tuple[Signature, ...] = ()

    @classmethod
    def steady(cls, tempo: float, metre: Metre | None = None) -> "Conductor":
        """One tempo (beats a minute) throughout.

        The time signature of the metre, if there is one, stands at its first bar line, where a reader begins to count bars.
        """
        signatures = (Signature(max(0.0, metre.first_line(tempo)), metre.beats, 4),) if metre else ()
        return cls((Tempo(0.0, round(60e6 / tempo)),), signatures)

    @property
    def tempo(self) -> float | None:
        """Beats a minute if one tempo, within our limits, holds throughout."""
        return self.tempos[0].bpm if len(self.tempos) == 1 and self.tempos[0].playable else None

    @property
    def metre(self) -> Metre | None:
        """The bars, if all have the same length and that is a whole number of quarter notes, at most `MAX_BEATS`."""
        lengths = {signature.beats for signature in self.signatures}
        if len(lengths) != 1 or (beats := lengths.pop()).denominator != 1 or not 1 <= beats <= MAX_BEATS:
            return None
        return Metre(self.signatures[0].onset, int(beats))
