"""Reads the Groove MIDI Dataset from its zip: every performance with its notes, split, style and tempo.

The note numbers stay Roland's. Same-note repeats within 5 ms are retriggers of one hit, of which the louder is kept.
Source: Gillick et al., "Learning to Groove with Inverse Sequence Transformations", ICML 2019 (CC BY 4.0).
"""

import io
import math
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

import mido
import numpy as np

from n2n.files import decode_text, parse_table
from n2n.training.performances import ROLAND_PADS, Performance

COLUMNS: Final = ("midi_filename", "split", "style", "bpm", "duration", "beat_type", "time_signature")
"""What is read of info.csv."""
NUMBERS: Final = ("bpm", "duration")
"""Of these columns, those that hold numbers above 0."""

RETRIGGER: Final = 0.005
"""Seconds within which a repeat of a note is no hit of its own."""

HI_HAT_PEDAL: Final = 4
"""MIDI controller number of the hi-hat's position."""


class PadHit(NamedTuple):
    """One note-on: seconds, Roland note number, velocity 1..127, hi-hat controller 0..127."""

    onset: float
    note: int
    velocity: int
    pedal: int


def build_performances(groove_zip: Path) -> list[Performance]:
    """Every performance named in the zip's info.csv, in its order.

    Raises:
        ValueError: the file is no zip, has no info.csv or one that cannot be read, lacks a file named there, or a file is no MIDI or
            holds an unknown note.
    """
    if not zipfile.is_zipfile(groove_zip):
        raise ValueError(f"no zip file at {groove_zip}: fetch the Groove MIDI Dataset (its MIDI-only zip) again")
    with zipfile.ZipFile(groove_zip) as archive:
        tables = [PurePosixPath(name) for name in archive.namelist() if PurePosixPath(name).name == "info.csv"]
        if not tables:
            raise ValueError(f"{groove_zip.name} holds no info.csv: it is not the Groove MIDI Dataset")
        names = set(archive.namelist())
        root = tables[0].parent
        performances = []
        for number, row in enumerate(_rows(archive, str(tables[0])), start=1):
            place = f"{groove_zip.name}: row {number} below the header of its info.csv"
            if absent := [column for column in COLUMNS if row.get(column) is None]:
                raise ValueError(f"{place} lacks {', '.join(absent)}: fetch it again")
            if wrong := [column for column in NUMBERS if not _is_positive(row[column])]:
                raise ValueError(f"{place}: {wrong[0]} must be a number above 0, not {row[wrong[0]]!r}: fetch it again")
            member = str(root / row["midi_filename"])
            if member not in names:
                raise ValueError(f"{groove_zip.name} lacks {member}, which its info.csv names: fetch it again")
            performances.append(_performance(row, read_hits(_member(archive, member), name=member)))
    return performances


def _rows(archive: zipfile.ZipFile, table: str) -> list[dict[str, str]]:
    name = f"{archive.filename}: {table}"
    return parse_table(decode_text(_member(archive, table), name=name), name=name).rows


def _is_positive(text: str) -> bool:
    try:
        return 0.0 < float(text) < math.inf
    except ValueError:
        return False


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(f"{name} in {archive.filename} is damaged ({error}): fetch the Groove MIDI Dataset again") from error


def read_hits(midi: bytes, *, name: str) -> list[PadHit]:
    """The hits of one MIDI file, retriggers merged, in order of onset (then note).

    Args:
        midi: the file's bytes.
        name: what to call the file in an error.

    Raises:
        ValueError: the bytes are no MIDI file, or a note is none of the dataset's pads.
    """
    seconds, pedal = 0.0, 0
    last: dict[int, int] = {}
    hits: list[PadHit] = []
    for message in _messages(midi, name):
        seconds += message.time
        if message.type == "control_change" and message.control == HI_HAT_PEDAL:
            pedal = message.value
        if message.type != "note_on" or message.velocity == 0:
            continue
        if message.note not in ROLAND_PADS:
            raise ValueError(f"{name}: note {message.note} is none of the dataset's Roland pads")
        hit = PadHit(seconds, message.note, message.velocity, pedal)
        earlier = last.get(hit.note)
        if earlier is None or hit.onset - hits[earlier].onset >= RETRIGGER:
            last[hit.note] = len(hits)
            hits.append(hit)
        elif hit.velocity > hits[earlier].velocity:
            hits[earlier] = hit
    return sorted(hits)


def _messages(midi: bytes, name: str) -> mido.MidiFile:
    try:
        return mido.MidiFile(file=io.BytesIO(midi))
    except (OSError, EOFError, ValueError) as error:
        raise ValueError(f"{name} is not a readable MIDI file: {error}") from error


def _performance(row: dict[str, str], hits: list[PadHit]) -> Performance:
    return Performance(
        name=str(PurePosixPath(row["midi_filename"]).with_suffix("")),
        split=row["split"],
        style=row["style"],
        bpm=float(row["bpm"]),
        onset=np.array([hit.onset for hit in hits], np.float64),
        note=np.array([hit.note for hit in hits], np.uint8),
        velocity=np.array([hit.velocity for hit in hits], np.uint8),
        duration=float(row["duration"]),
        pedal=np.array([hit.pedal for hit in hits], np.uint8),
        beat_type=row["beat_type"],
        time_signature=row["time_signature"],
    )
