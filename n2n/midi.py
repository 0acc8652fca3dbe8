"""Standard MIDI files as hits: onset, note number, velocity. `note_files.py` says which drum a number is.

A MIDI file counts time in ticks, of which a beat (a quarter note) has a fixed number. Ours last 0.1 ms, short enough to keep the times; up
to 1 ms only in files so long that common readers would refuse the number of ticks. Every file has a tempo, which DAWs show as a grid of
bars. If nobody stated it, a text event, the notice, says that it was estimated, or that it is unknown and one beat is one second;
`read_hits` then reports no tempo. A `Conductor` (`metre.py`) carries the tempos and time signatures of one file over to another.
"""

import io
import struct
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from n2n.drums import MIDI_CHANNEL, MIDI_TO_DRUM
from n2n.metre import TEMPO_MAX, TEMPO_MIN, Conductor, Metre, Signature, Tempo

MIDI_SUFFIXES: Final = (".mid", ".midi")

NOTE_SECONDS: Final = 0.1
"""How long a written note lasts, unless the same note begins again before that."""

TICK_US: Final = 100
LONGEST_TICK_US: Final = 1000
"""The usual and the greatest length of a tick, in microseconds."""
READABLE_TICKS: Final = 9_900_000
"""pretty_midi refuses files with more than 10 million ticks."""
MAX_TICKS_PER_BEAT: Final = 32767
DIVISIBLE_BY: Final = 8
"""To make eighths of a beat (thirty-second notes) whole ticks, the ticks of a beat are a multiple of this."""
MAX_DELTA: Final = 2**28 - 1
"""The longest span that a MIDI file can hold, in ticks."""

DEFAULT_TEMPO_US: Final = 500_000
"""Microseconds of a beat in a MIDI file that states no tempo."""
CLOCK_TEMPO: Final = 60.0
"""Beats a minute to write where the tempo is unknown: one beat is one second."""
TEMPO_NOTICE: Final = "n2n: tempo "
ESTIMATED: Final = TEMPO_NOTICE + "estimated from the onsets"
UNKNOWN: Final = TEMPO_NOTICE + "unknown, one beat is one second"


class Hit(NamedTuple):
    """A struck note: seconds, MIDI note number 0..127, velocity 1..127."""

    onset: float
    number: int
    velocity: int


class Event(NamedTuple):
    """A note-on or, with velocity 0, a note-off. Events sort by tick, and at one tick the note-offs come first."""

    tick: int
    velocity: int
    number: int


class Change(NamedTuple):
    """Where a tempo begins, in seconds and in ticks; the microseconds of its beat; its ticks a second."""

    second: float
    tick: int
    beat_us: int
    rate: float


class MidiHits(NamedTuple):
    """What we read of a MIDI file.

    Attributes:
        hits: in order of time.
        duration: seconds; the end of the longest track.
        conductor: its tempos and time signatures; no tempo that was written with a notice.
        channels: 1 to 16, those that were read in place of the drum channel; empty where the drum channel was read.
    """

    hits: tuple[Hit, ...]
    duration: float
    conductor: Conductor = Conductor()
    channels: tuple[int, ...] = ()

    @property
    def tempo(self) -> float | None:
        """Beats a minute; None where the file states none, several, or one outside our limits."""
        return self.conductor.tempo

    @property
    def metre(self) -> Metre | None:
        """The bars; None where the file states no time signature, bars of several lengths, or bars that are no whole quarter notes."""
        return self.conductor.metre

    @property
    def foreign(self) -> str:
        """A warning, if channels were read in place of the drum channel; else empty."""
        if not self.channels:
            return ""
        listed = f"channel {self.channels[0]}" if len(self.channels) == 1 else f"channels {', '.join(map(str, self.channels))}"
        return f"no drum of ours is on channel {MIDI_CHANNEL}, so the notes of {listed} are read as drums"

    @property
    def unknown(self) -> list[Hit]:
        """The hits whose number is none of our drums."""
        return [hit for hit in self.hits if hit.number not in MIDI_TO_DRUM]


def read_hits(path: Path) -> MidiHits:
    """Reads the hits of the drum channel, or of all channels if that one holds none of our drums and another has notes.

    Raises:
        ValueError: the file cannot be read, is no MIDI file, is cut short, or its tracks share no time line.
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
    return MidiHits(struck, now, conductor, channels)


def write_hits(
    path: Path, hits: Iterable[Hit], *, duration: float, conductor: Conductor, notice: str | None = None, divisible: bool = False
) -> None:
    """Writes hits to the drum channel of a MIDI file of two tracks: tempos and time signatures; drums.

    Of several hits on one note in one tick the loudest is written, since MIDI cannot hold both.

    Args:
        path: where to; the file is replaced.
        hits: in any order.
        duration: seconds; where the tracks end.
        conductor: with at least one tempo.
        notice: that its tempo was not stated: `ESTIMATED` or `UNKNOWN`; None where it was.
        divisible: whether eighths of a beat are to be whole ticks, so that bars and tempo changes on them stay there.

    Raises:
        ValueError: the duration is more than a MIDI file can hold, or a tempo lies outside 4 to 1000 beats a minute.
    """
    tempos = [tempo for tempo in conductor.tempos if tempo.onset <= duration]
    if not tempos:
        raise ValueError("a MIDI file needs a tempo from 0 s on, and the conductor has none")
    if unplayable := [tempo for tempo in tempos if not tempo.playable]:
        raise ValueError(f"a tempo must lie between {TEMPO_MIN:g} and {TEMPO_MAX:g} beats a minute, not {unplayable[0].bpm:g}")
    clock = Clock(tempos, duration, divisible=divisible)
    end = clock.tick(duration)
    if end > MAX_DELTA:
        longest = duration * MAX_DELTA / end
        raise ValueError(f"{duration:g} s is longer than a MIDI file can hold ({longest:.0f} s): write JSON or CSV instead")
    track = _conductor_track(clock, conductor.signatures, notice, end)
    write_tracks(path, track, _events(sorted(hits), clock, end), end=end, ticks_per_beat=clock.ticks_per_beat)


class Clock:
    """Converts seconds to ticks of a file to be written. Each tempo change moves to the nearest tick, from which time is counted on.

    Args:
        tempos: in order of time, the first from 0 s on.
        duration: seconds; where the file ends.
        divisible: whether eighths of a beat are to be whole ticks.
    """

    def __init__(self, tempos: Sequence[Tempo], duration: float, *, divisible: bool) -> None:
        ends = [*(tempo.onset for tempo in tempos[1:]), duration]
        beats = sum((end - tempo.onset) * 1e6 / tempo.beat_us for tempo, end in zip(tempos, ends, strict=True))
        division = _ticks_per_beat(max(tempo.beat_us for tempo in tempos), beats)
        self.ticks_per_beat = division - division % DIVISIBLE_BY if divisible else division
        self.changes: list[Change] = []
        for onset, beat_us in tempos:
            second, tick = onset, 0
            if self.changes:
                before = self.changes[-1]
                tick = self.tick(onset)
                second = before.second + (tick - before.tick) / before.rate
            self.changes.append(Change(second, tick, beat_us, 1e6 * self.ticks_per_beat / beat_us))

    def tick(self, seconds: float) -> int:
        """The nearest tick."""
        later = bisect_right(self.changes, seconds, key=lambda change: change.second)
        change = self.changes[max(0, later - 1)]
        return change.tick + _nearest((seconds - change.second) * change.rate)


def write_tracks(path: Path, conductor: Iterable[Any], events: Iterable[Event], *, end: int, ticks_per_beat: int) -> None:
    """Writes a MIDI file of two tracks: the conductor track, with tempos and time signatures, and the drums.

    Args:
        path: where to; the file is replaced.
        conductor: the messages of the first track.
        events: note-ons and note-offs in order.
        end: the tick at which the second track ends, unless its events end later.
        ticks_per_beat: ticks in a quarter note.
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
    """Reads a `mido.MidiFile` and checks that its tracks share one time line."""
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
    """A span of ticks in seconds. `division` is the file's: ticks a beat or, if negative, SMPTE time, which no tempo changes.

    In SMPTE time the high byte is minus the video frames a second (29 means 29.97), the low byte the ticks a frame.
    """
    if division > 0:
        return ticks * tempo_us / (division * 1_000_000)
    frames, parts = -(division >> 8), division & 0xFF
    return ticks * (1.001 / 30 if frames == 29 else 1 / frames) / max(parts, 1)


def _drum_hits(hits: Sequence[tuple[int, Hit]]) -> tuple[tuple[Hit, ...], tuple[int, ...]]:
    """The drum hits of all (channel, hit), and the channels that were taken in place of the drum channel, if they were."""
    drums = tuple(hit for channel, hit in hits if channel == MIDI_CHANNEL)
    others = {channel for channel, _ in hits if channel != MIDI_CHANNEL}
    if not others or any(hit.number in MIDI_TO_DRUM for hit in drums):
        return drums, ()
    return tuple(hit for _, hit in hits), tuple(sorted(others))


def _tempo_map(tempos: Sequence[Tempo]) -> tuple[Tempo, ...]:
    """The tempos in effect: from 0 s on (MIDI's default if the first comes later), the last of several at one time, no repetitions."""
    heard: list[Tempo] = []
    if tempos and tempos[0].onset > 0:
        heard.append(Tempo(0.0, DEFAULT_TEMPO_US))
    for tempo in tempos:
        if heard and heard[-1].onset == tempo.onset:
            heard.pop()
        if not heard or heard[-1].beat_us != tempo.beat_us:
            heard.append(tempo)
    return tuple(heard)


def _ticks_per_beat(beat_us: int, beats: float) -> int:
    """Ticks in a beat, chosen for the slowest beat of a file and the number of all its beats."""
    tick_us = min(max(TICK_US, beat_us * beats / READABLE_TICKS), LONGEST_TICK_US)
    return min(MAX_TICKS_PER_BEAT, int(beat_us / tick_us))


def _conductor_track(clock: Clock, signatures: Iterable[Signature], notice: str | None, end: int) -> list[Any]:
    """The messages of the first track. Those past the end are left out, since the file would last longer with them."""
    import mido

    events = [(0, mido.MetaMessage("text", text=notice))] if notice is not None else []
    events += [(change.tick, mido.MetaMessage("set_tempo", tempo=change.beat_us)) for change in clock.changes]
    for onset, numerator, denominator, clocks in signatures:
        message = mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator, clocks_per_click=clocks)
        events.append((clock.tick(onset), message))
    events = sorted((event for event in events if event[0] <= end), key=lambda event: event[0])
    return [message.copy(time=tick - before) for (tick, message), before in zip(events, [0, *(tick for tick, _ in events)], strict=False)]


def _nearest(value: float) -> int:
    """Rounds halves up, so that equal distances stay equal."""
    return int(value + 0.5)


def _events(hits: Sequence[Hit], clock: Clock, end: int) -> list[Event]:
    """The note-ons and note-offs of the hits, in order."""
    struck: dict[int, dict[int, tuple[int, int]]] = {}
    for hit in hits:
        ticks = struck.setdefault(hit.number, {})
        tick = clock.tick(hit.onset)
        ticks[tick] = max((hit.velocity, clock.tick(hit.onset + NOTE_SECONDS)), ticks.get(tick, (0, 0)))
    events = []
    for number, ticks in struck.items():
        for (tick, (velocity, over)), following in zip(ticks.items(), [*list(ticks)[1:], end], strict=True):
            events.append(Event(tick, velocity, number))
            events.append(Event(max(tick + 1, min(over, following)), 0, number))
    return sorted(events)
