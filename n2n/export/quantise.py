"""Notes on a grid of bars, as a MIDI file whose bars are those bars.

`n2n.note_files.write_midi` keeps every time as it was played; this is the other kind of export, in which each note moves to the nearest
grid line and times are whole ticks, `TICKS_PER_BEAT` to a beat, at exactly the grid's tempo. Bar 1 begins at the first bar line of the
recording, and one or more bars earlier if a note was played before it.
"""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from n2n.bars import Bars
from n2n.drums import DRUMS, MIDI_NOTE
from n2n.midi import Event, write_tracks
from n2n.notes import Note, Transcription

TICKS_PER_BEAT: Final = 480
STEPS_PER_BEAT: Final = (1, 2, 3, 4, 6, 8, 12)
"""Grid lines that a beat may have: a quarter note, eighths, eighth triplets, sixteenths, sixteenth triplets, 32nds, 32nd triplets."""


class GridHit(NamedTuple):
    """A note on the grid: ticks from the start of bar 1, drum, velocity 1..127."""

    tick: int
    drum: str
    velocity: int


def quantise(notes: Iterable[Note], bars: Bars, *, steps_per_beat: int = 4) -> list[GridHit]:
    """Moves each note to the nearest grid line.

    Args:
        notes: in any order.
        bars: the grid; its offset may be the time of any bar line.
        steps_per_beat: one of `STEPS_PER_BEAT`.

    Returns:
        The hits in order of time. Of notes of one drum that meet on a line, the loudest.

    Raises:
        ValueError: no such grid.
    """
    if steps_per_beat not in STEPS_PER_BEAT:
        raise ValueError(f"steps_per_beat must be one of {', '.join(map(str, STEPS_PER_BEAT))}, not {steps_per_beat}")
    first_line = bars.metre.first_line(bars.bpm)
    ticks_per_step = TICKS_PER_BEAT // steps_per_beat
    steps_per_second = bars.bpm / 60.0 * steps_per_beat
    loudest: dict[tuple[int, str], int] = {}
    for note in notes:
        tick = ticks_per_step * math.floor((note.onset - first_line) * steps_per_second + 0.5)
        loudest[tick, note.drum] = max(note.velocity, loudest.get((tick, note.drum), 0))
    earliest = min((tick for tick, _ in loudest), default=0)
    lead = max(0, -(earliest // (bars.beats * TICKS_PER_BEAT))) * bars.beats * TICKS_PER_BEAT
    hits = [GridHit(tick + lead, drum, velocity) for (tick, drum), velocity in loudest.items()]
    return sorted(hits, key=lambda hit: (hit.tick, DRUMS.index(hit.drum)))


def write_grid_midi(transcription: Transcription, bars: Bars, path: str | Path, *, steps_per_beat: int = 4) -> None:
    """Writes quantised notes as a MIDI file of two tracks: tempo and time signature, drums. A note lasts one grid step.

    The file ends with a whole bar. Arguments and errors as in `quantise`.
    """
    import mido

    hits = quantise(transcription.notes, bars, steps_per_beat=steps_per_beat)
    step, bar = TICKS_PER_BEAT // steps_per_beat, bars.beats * TICKS_PER_BEAT
    conductor = [
        mido.MetaMessage("time_signature", numerator=bars.beats, denominator=4, time=0),
        mido.MetaMessage("set_tempo", tempo=round(60e6 / bars.bpm), time=0),
    ]
    begin = [Event(hit.tick, hit.velocity, MIDI_NOTE[hit.drum]) for hit in hits]
    events = sorted([*begin, *(event._replace(tick=event.tick + step, velocity=0) for event in begin)])
    last = events[-1].tick if events else 0
    write_tracks(Path(path), conductor, events, end=max(bar, -(-last // bar) * bar), ticks_per_beat=TICKS_PER_BEAT)
