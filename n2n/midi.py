"""Standard MIDI files as hits: when, which note number, how hard. `notes.py` says which drum a number is.

A MIDI file counts time in ticks of a beat. We choose the ticks fine enough for times to survive (0.1 ms; coarser, up to 1 ms, only in files
so long that common readers would refuse the count). A file always has a tempo, which DAWs show as a bar grid. Where it is a guess, or one
beat is one second because there was nothing to guess by, a text event says so, and `read_hits` then reports no tempo.
"""

import io
import math
import struct
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

from n2n.drums import MIDI_CHANNEL, MIDI_TO_DRUM

MIDI_SUFFIXES: Final = (".mid", ".midi")

TEMPO_MIN: Final = 4.0
TEMPO_MAX: Final = 1000.0
"""Beats a minute that a tempo may have; a MIDI file can hold no slower one."""

MAX_BEATS: Final = 32
"""Beats that a bar may have."""

NOTE_SECONDS: Final = 0.1
"""How long a written note lasts, if the same note does not begin again before."""

TICK_US: Final = 100
LONGEST_TICK_US: Final = 1000
READABLE_TICKS: Final = 9_900_000
"""pretty_midi refuses files with more than 10 million ticks."""
MAX_TICKS_PER_BEAT: Final = 32767
MAX_DELTA: Final = 2**28 - 1

DEFAULT_TEMPO_US: Final = 500_000
CLOCK_TEMPO: Final = 60.0
"""Where no tempo is known: one beat is one second."""
TEMPO_NOTICE: Final = "n2n: tempo "
ESTIMATED: Final = TEMPO_NOTICE + "estimated from the onsets"
UNKNOWN: Final = TEMPO_NOTICE + "unknown, one beat is one second"


class Hit(NamedTuple):
    """A struck note: seconds, MIDI note number 0..127, velocity 1..127."""

    onset: float
    number: int
    velocity: int


class Metre(NamedTuple):
    """Bars of equal length: the time of one bar line in seconds, quarter notes in a bar."""

    offset: float
    beats: int

    def first_line(self, tempo: float) -> float:
        """The first bar line from 0 s on, in seconds, at a tempo in beats a minute; an offset of whole bars, but for rounding, is none."""
        bar = self.beats * 60.0 / tempo
        return max(0.0, self.offset - bar * math.floor(self.offset / bar + 1e-9))


class MidiHits(NamedTuple):
    """What a MIDI file holds for us.

    `hits` are in order of time. `duration` (seconds) is the end of its longest track. `tempo` (beats a minute) is None where the file
    states none, several, or one that we wrote for want of a known one. `metre` is None where it states no time signature, several, or one
    whose bars are no whole quarter notes.
    """

    hits: tuple[Hit, ...]
    duration: float
    tempo: float | None
    metre: Metre | None = None

    @property
    def unknown(self) -> list[Hit]:
        """The hits whose number stands for no drum of ours."""
        return [hit for hit in self.hits if hit.number not in MIDI_TO_DRUM]


def read_hits(path: Path) -> MidiHits:
    """Reads the hits of the drum channel, or of all channels where that channel is silent.

    Raises:
        ValueError: the file cannot be read, is no MIDI file, is cut short, or has no common time line.
    """
    import mido

    file = _parse(path)
    hits: list[tuple[int, Hit]] = []
    tempos: list[tuple[int, int]] = []
    signatures: list[tuple[float, Fraction]] = []
    stated = True
    tick = start_tick = 0
    now = start = 0.0
    tempo_us = DEFAULT_TEMPO_US
    for message in mido.merge_tracks(file.tracks):
        if message.time > MAX_DELTA or (message.type == "set_tempo" and message.tempo == 0):
            raise ValueError(f"{path} is a broken MIDI file: its times are out of range")
        tick += message.time
        now = start + _ticks_to_seconds(tick - start_tick, file.ticks_per_beat, tempo_us)
        if message.type == "note_on" and message.velocity > 0:
            hits.append((message.channel + 1, Hit(now, message.note, message.velocity)))
        elif message.type == "set_tempo":
            tempo_us, start_tick, start = message.tempo, tick, now
            tempos.append((tick, tempo_us))
        elif message.type == "time_signature":
            signatures.append((now, Fraction(4 * message.numerator, message.denominator)))
        elif message.type == "text" and message.text.startswith(TEMPO_NOTICE):
            stated = False
    drums = tuple(hit for channel, hit in hits if channel == MIDI_CHANNEL)
    return MidiHits(drums or tuple(hit for _, hit in hits), now, _single_tempo(tempos) if stated else None, _single_metre(signatures))


def write_hits(
    path: Path, hits: Iterable[Hit], *, duration: float, tempo: float | None, estimated: bool = False, metre: Metre | None = None
) -> None:
    """Writes hits to the drum channel of a MIDI file of two tracks: tempo and, where it is known, time signature; drums.

    Of several hits on one note in one tick the loudest is written, since MIDI cannot hold both.

    Args:
        path: where to; the file is replaced.
        hits: in any order.
        duration: seconds; where the tracks end.
        tempo: beats a minute; None where a beat is to be a second.
        estimated: whether the tempo is a guess, which the file then says.
        metre: its time signature stands at the first bar line, where a reader begins to count bars.

    Raises:
        ValueError: the duration is more than a MIDI file can hold.
    """
    import mido

    tempo, notice = (CLOCK_TEMPO, UNKNOWN) if tempo is None else (tempo, ESTIMATED if estimated else None)
    tempo_us = round(60e6 / tempo)
    ticks_per_beat = _ticks_per_beat(tempo_us, duration)
    ticks_per_second = 1e6 * ticks_per_beat / tempo_us
    end = _nearest(duration * ticks_per_second)
    if end > MAX_DELTA:
        longest = MAX_DELTA / ticks_per_second
        raise ValueError(f"{duration:.0f} s is longer than a MIDI file can hold ({longest:.0f} s): write JSON or CSV instead")

    conductor = [mido.MetaMessage("set_tempo", tempo=tempo_us, time=0)]
    if notice is not None:
        conductor.insert(0, mido.MetaMessage("text", text=notice, time=0))
    if metre is not None:
        first_line = _nearest(metre.first_line(tempo) * ticks_per_second)
        if first_line <= end:  # past it, the file would last longer than its notes
            conductor.append(mido.MetaMessage("time_signature", numerator=metre.beats, denominator=4, time=first_line))
    write_tracks(path, conductor, _events(sorted(hits), ticks_per_second, end), end=end, ticks_per_beat=ticks_per_beat)


def write_tracks(path: Path, conductor: Iterable[Any], events: Iterable[tuple[int, int, int]], *, end: int, ticks_per_beat: int) -> None:
    """Writes a MIDI file of two tracks: what says how time runs, and the drums.

    Args:
        path: where to; the file is replaced.
        conductor: the messages of the first track.
        events: (tick, velocity, number) of each note's beginning and, with velocity 0, its end, in order.
        end: the tick at which the second track ends, if its events do not end later.
        ticks_per_beat: to a quarter note.
    """
    import mido

    drums = mido.MidiTrack([mido.MetaMessage("track_name", name="Drums", time=0)])
    now = 0
    for tick, velocity, number in events:
        kind = "note_on" if velocity else "note_off"
        drums.append(mido.Message(kind, channel=MIDI_CHANNEL - 1, note=number, velocity=velocity, time=tick - now))
        now = tick
    drums.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))

    content = io.BytesIO()
    mido.MidiFile(type=1, ticks_per_beat=ticks_per_beat, tracks=[mido.MidiTrack(conductor), drums]).save(file=content)
    path.write_bytes(content.getvalue())


def _parse(path: Path) -> Any:
    """The `mido.MidiFile`, if it has one time line."""
    import mido

    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        file = mido.MidiFile(file=io.BytesIO(content))
    except (EOFError, LookupError, OSError, TypeError, ValueError, struct.error, mido.KeySignatureError) as error:
        reason = "it ends too early" if isinstance(error, EOFError) else str(error)
        raise ValueError(f"{path} is not a MIDI file that can be read ({reason}): export it again as a standard MIDI file") from error
    if file.type not in (0, 1):
        raise ValueError(f"{path} is a MIDI file of type {file.type}, whose tracks share no time line: export it as type 0 or 1")
    if file.ticks_per_beat == 0:
        raise ValueError(f"{path} is a broken MIDI file: it has 0 ticks in a beat")
    return file


def _ticks_to_seconds(ticks: int, division: int, tempo_us: int) -> float:
    """A span in seconds. A negative division counts video frames (high byte) and parts of them (low byte), whatever the tempo."""
    if division > 0:
        return ticks * tempo_us / (division * 1_000_000)
    frames, parts = -(division >> 8), division & 0xFF
    return ticks * (1.001 / 30 if frames == 29 else 1 / frames) / max(parts, 1)


def _single_tempo(tempos: list[tuple[int, int]]) -> float | None:
    """The tempo of a file that has one from its start to its end."""
    if not tempos or tempos[0][0] > 0 or len({tempo_us for _, tempo_us in tempos}) > 1:
        return None
    tempo = round(60e6 / tempos[0][1], 3)
    return tempo if TEMPO_MIN <= tempo <= TEMPO_MAX else None


def _single_metre(signatures: list[tuple[float, Fraction]]) -> Metre | None:
    """The bars of a file that counts them in one way."""
    lengths = {beats for _, beats in signatures}
    if len(lengths) != 1 or (beats := lengths.pop()).denominator != 1 or not 1 <= beats <= MAX_BEATS:
        return None
    return Metre(signatures[0][0], int(beats))


def _ticks_per_beat(tempo_us: int, duration: float) -> int:
    tick_us = min(max(TICK_US, 1e6 * duration / READABLE_TICKS), LONGEST_TICK_US)
    return min(MAX_TICKS_PER_BEAT, int(tempo_us / tick_us))


def _nearest(value: float) -> int:
    """Rounds halves up, so that equal distances stay equal."""
    return int(value + 0.5)


def _events(hits: Sequence[Hit], ticks_per_second: float, end: int) -> list[tuple[int, int, int]]:
    """(tick, velocity, number) of each note's beginning and, with velocity 0, its end; at one tick ends come first."""
    struck: dict[int, dict[int, int]] = {}
    for hit in hits:
        ticks = struck.setdefault(hit.number, {})
        tick = _nearest(hit.onset * ticks_per_second)
        ticks[tick] = max(hit.velocity, ticks.get(tick, 0))
    length = _nearest(NOTE_SECONDS * ticks_per_second)
    events = []
    for number, ticks in struck.items():
        for tick, following in zip(ticks, [*list(ticks)[1:], end], strict=True):
            events.append((tick, ticks[tick], number))
            events.append((max(tick + 1, min(tick + length, following)), 0, number))
    return sorted(events)
