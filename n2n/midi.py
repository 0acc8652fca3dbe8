"""Standard MIDI files as hits: when, which note number, how hard. `notes.py` says which drum a number is.

A MIDI file counts time in ticks of a beat. We choose the ticks fine enough for times to survive (0.1 ms; coarser, up to 1 ms, only in files
so long that common readers would refuse the count). A file always has a tempo, which DAWs show as a bar grid. Where it is a guess, or one
beat is one second because there was nothing to guess by, a text event says so, and `read_hits` then reports no tempo. What a foreign file
says of its tempos and time signatures, a `Conductor` carries over into the file that is written of its notes.
"""

import io
import math
import struct
from bisect import bisect_right
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
WHOLE_TICKS: Final = 8
"""Ticks of a beat are a multiple of this, where the bars of another file are to begin on ticks."""
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
    """Bars of equal length: the time of one bar line in seconds, quarter notes in a bar. A file states them as so many quarters."""

    offset: float
    beats: int

    def first_line(self, tempo: float) -> float:
        """The first bar line from 0 s on, in seconds, at a tempo in beats a minute; an offset of whole bars, but for rounding, is none."""
        bar = self.beats * 60.0 / tempo
        return max(0.0, self.offset - bar * math.floor(self.offset / bar + 1e-9))


class Tempo(NamedTuple):
    """From when on, in seconds, a quarter note lasts how many microseconds."""

    onset: float
    beat_us: int

    @property
    def playable(self) -> bool:
        """Whether it is a tempo that we write."""
        return TEMPO_MIN <= round(60e6 / self.beat_us, 3) <= TEMPO_MAX


class Signature(NamedTuple):
    """From when on, in seconds, which time signature holds: a bar begins there. A metronome clicks every `clocks` 24ths of a quarter."""

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
    """How a MIDI file counts time, in order of time: its tempos, the first from 0 s on, or none; its time signatures."""

    tempos: tuple[Tempo, ...] = ()
    signatures: tuple[Signature, ...] = ()

    @property
    def metre(self) -> Metre | None:
        """Its bars, where all have one length, of whole quarter notes."""
        lengths = {signature.beats for signature in self.signatures}
        if len(lengths) != 1 or (beats := lengths.pop()).denominator != 1 or not 1 <= beats <= MAX_BEATS:
            return None
        return Metre(self.signatures[0].onset, int(beats))


class MidiHits(NamedTuple):
    """What a MIDI file holds for us.

    `hits` are in order of time. `duration` (seconds) is the end of its longest track. `tempo` (beats a minute) is None where the file
    states none, several, or one that we wrote for want of a known one. `metre` is None where it states no time signature, several, or one
    whose bars are no whole quarter notes. `conductor` is all that it states of both. `channels` are those that were read in place of the
    drum channel, none where that was read.
    """

    hits: tuple[Hit, ...]
    duration: float
    tempo: float | None
    metre: Metre | None = None
    conductor: Conductor = Conductor()
    channels: tuple[int, ...] = ()

    @property
    def foreign(self) -> str:
        """What is to be said of the channels, if they were read in place of the drum channel."""
        if not self.channels:
            return ""
        listed = f"channel {self.channels[0]}" if len(self.channels) == 1 else f"channels {', '.join(map(str, self.channels))}"
        return f"no drum of ours is on channel {MIDI_CHANNEL}, so the notes of {listed} are read as drums"

    @property
    def unknown(self) -> list[Hit]:
        """The hits whose number stands for no drum of ours."""
        return [hit for hit in self.hits if hit.number not in MIDI_TO_DRUM]


def read_hits(path: Path) -> MidiHits:
    """Reads the hits of the drum channel, or of all channels where that one holds none of our drums and another has notes.

    Raises:
        ValueError: the file cannot be read, is no MIDI file, is cut short, or has no common time line.
    """
    import mido

    file = _parse(path)
    hits: list[tuple[int, Hit]] = []
    tempos: list[Tempo] = []
    signatures: list[Signature] = []
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
            tempos.append(Tempo(now, tempo_us))
        elif message.type == "time_signature":
            signatures.append(Signature(now, message.numerator, message.denominator, message.clocks_per_click))
        elif message.type == "text" and message.text.startswith(TEMPO_NOTICE):
            stated = False
    conductor = Conductor(_tempo_map(tempos) if stated else (), tuple(signatures))
    struck, channels = _drum_hits(hits)
    return MidiHits(struck, now, _single_tempo(conductor.tempos), conductor.metre, conductor, channels)


def write_hits(
    path: Path,
    hits: Iterable[Hit],
    *,
    duration: float,
    tempo: float | None,
    estimated: bool = False,
    metre: Metre | None = None,
    conductor: Conductor | None = None,
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
        conductor: its tempos, if it has any, are written in place of `tempo`, its time signatures in place of the metre's.

    Raises:
        ValueError: the duration is more than a MIDI file can hold, or a tempo of the conductor lies outside 4 to 1000.
    """
    tempo, notice = (CLOCK_TEMPO, UNKNOWN) if tempo is None else (tempo, ESTIMATED if estimated else None)
    tempos, signatures = [Tempo(0.0, round(60e6 / tempo))], [Signature(metre.first_line(tempo), metre.beats, 4)] if metre else []
    if conductor is not None:
        signatures = list(conductor.signatures)
        if conductor.tempos:
            tempos, notice = [tempo for tempo in conductor.tempos if tempo.onset <= duration], None
    if unplayable := [60e6 / tempo.beat_us for tempo in tempos if not tempo.playable]:
        raise ValueError(f"a tempo must lie between {TEMPO_MIN:g} and {TEMPO_MAX:g} beats a minute, not {unplayable[0]:g}")
    clock = Clock(tempos, duration, whole=conductor is not None)
    end = clock.tick(duration)
    if end > MAX_DELTA:
        longest = duration * MAX_DELTA / end
        raise ValueError(f"{duration:.0f} s is longer than a MIDI file can hold ({longest:.0f} s): write JSON or CSV instead")
    track = _conductor_track(clock, signatures, notice, end)
    write_tracks(path, track, _events(sorted(hits), clock, end), end=end, ticks_per_beat=clock.ticks_per_beat)


class Clock:
    """Seconds to ticks of a file that is written. A change of tempo stands on a tick, and what follows is counted from there.

    Args:
        tempos: the first from 0 s on.
        duration: seconds; where the file ends.
        whole: whether eighths and sixteenths, on which bars may end, are to be whole ticks.
    """

    def __init__(self, tempos: Sequence[Tempo], duration: float, *, whole: bool = False) -> None:
        ends = [*(tempo.onset for tempo in tempos[1:]), duration]
        beats = sum((end - tempo.onset) * 1e6 / tempo.beat_us for tempo, end in zip(tempos, ends, strict=True))
        division = _ticks_per_beat(max(tempo.beat_us for tempo in tempos), beats)
        self.ticks_per_beat = division - division % WHOLE_TICKS if whole else division
        self.changes: list[tuple[float, int, int, float]] = []
        """Seconds, tick, microseconds of a beat and ticks of a second from there on."""
        for onset, beat_us in tempos:
            second, tick = onset, 0
            if self.changes:
                before, tick_before, _, rate = self.changes[-1]
                tick = self.tick(onset)
                second = before + (tick - tick_before) / rate
            self.changes.append((second, tick, beat_us, 1e6 * self.ticks_per_beat / beat_us))

    def tick(self, seconds: float) -> int:
        """The nearest tick."""
        later = bisect_right(self.changes, seconds, key=lambda change: change[0])
        second, tick, _, rate = self.changes[max(0, later - 1)]
        return tick + _nearest((seconds - second) * rate)


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


def _drum_hits(hits: Sequence[tuple[int, Hit]]) -> tuple[tuple[Hit, ...], tuple[int, ...]]:
    """Of (channel, hit) those that are drums, and the channels that had to stand in for the drum channel."""
    drums = tuple(hit for channel, hit in hits if channel == MIDI_CHANNEL)
    others = {channel for channel, _ in hits if channel != MIDI_CHANNEL}
    if not others or any(hit.number in MIDI_TO_DRUM for hit in drums):
        return drums, ()
    return tuple(hit for _, hit in hits), tuple(sorted(others))


def _tempo_map(tempos: Sequence[Tempo]) -> tuple[Tempo, ...]:
    """The tempos that are heard: from the start on, where a file that begins without one has MIDI's own, and each as long as it lasts."""
    heard: list[Tempo] = []
    if tempos and tempos[0].onset > 0:
        heard.append(Tempo(0.0, DEFAULT_TEMPO_US))
    for tempo in tempos:
        if heard and heard[-1].onset == tempo.onset:
            heard.pop()
        if not heard or heard[-1].beat_us != tempo.beat_us:
            heard.append(tempo)
    return tuple(heard)


def _single_tempo(tempos: Sequence[Tempo]) -> float | None:
    """The tempo of a file that has one from its start to its end, in beats a minute."""
    return round(60e6 / tempos[0].beat_us, 3) if len(tempos) == 1 and tempos[0].playable else None


def _ticks_per_beat(beat_us: int, beats: float) -> int:
    """For the slowest beat, and so many in all."""
    tick_us = min(max(TICK_US, beat_us * beats / READABLE_TICKS), LONGEST_TICK_US)
    return min(MAX_TICKS_PER_BEAT, int(beat_us / tick_us))


def _conductor_track(clock: Clock, signatures: Iterable[Signature], notice: str | None, end: int) -> list[Any]:
    """The messages of the first track, up to the end: past it, the file would last longer than its notes."""
    import mido

    events = [(0, mido.MetaMessage("text", text=notice))] if notice is not None else []
    events += [(tick, mido.MetaMessage("set_tempo", tempo=beat_us)) for _, tick, beat_us, _ in clock.changes]
    for onset, numerator, denominator, clocks in signatures:
        message = mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator, clocks_per_click=clocks)
        events.append((clock.tick(onset), message))
    events = sorted((event for event in events if event[0] <= end), key=lambda event: event[0])
    return [message.copy(time=tick - before) for (tick, message), before in zip(events, [0, *(tick for tick, _ in events)], strict=False)]


def _nearest(value: float) -> int:
    """Rounds halves up, so that equal distances stay equal."""
    return int(value + 0.5)


def _events(hits: Sequence[Hit], clock: Clock, end: int) -> list[tuple[int, int, int]]:
    """(tick, velocity, number) of each note's beginning and, with velocity 0, its end; at one tick ends come first."""
    struck: dict[int, dict[int, tuple[int, int]]] = {}
    for hit in hits:
        ticks = struck.setdefault(hit.number, {})
        tick = clock.tick(hit.onset)
        ticks[tick] = max((hit.velocity, clock.tick(hit.onset + NOTE_SECONDS)), ticks.get(tick, (0, 0)))
    events = []
    for number, ticks in struck.items():
        for (tick, (velocity, over)), following in zip(ticks.items(), [*list(ticks)[1:], end], strict=True):
            events.append((tick, velocity, number))
            events.append((max(tick + 1, min(over, following)), 0, number))
    return sorted(events)
