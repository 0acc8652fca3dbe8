"""Files of notes: MIDI, JSON, CSV.

JSON is the form of `Transcription.to_json`, and the only one that keeps everything. CSV holds the notes alone, one a line. MIDI holds
onsets (to 0.05 ms, in files of up to 15 minutes at tempos of 19 beats a minute and more), drums, velocities, the duration and the tempo
if known.
"""

import csv
import io
import json
import warnings
from collections import Counter
from pathlib import Path
from typing import Any, Final

from n2n.drums import MIDI_NOTE, MIDI_TO_DRUM
from n2n.files import read_text, whole_number
from n2n.metre import Conductor, Metre
from n2n.midi import CLOCK_TEMPO, ESTIMATED, MIDI_SUFFIXES, UNKNOWN, Hit, MidiHits, read_hits, write_hits
from n2n.notes import NOTE_SUFFIXES, Note, Transcription
from n2n.tempo import estimate_tempo
from n2n.values import without_point

COLUMNS: Final = ("onset", "drum", "velocity", "confidence")
"""Of a CSV file; the last may be missing."""


def read_notes(path: str | Path) -> Transcription:
    """Reads a transcription; the file's suffix says how: .mid, .midi, .json, .csv. Raises ValueError where that fails."""
    path = Path(path)
    suffix = _suffix(path)
    if suffix in MIDI_SUFFIXES:
        return read_midi(path)
    return read_json(path) if suffix == ".json" else read_csv(path)


def read_notes_and_hits(path: Path) -> tuple[Transcription, MidiHits | None]:
    """Reads a transcription as `read_notes` does and, from a MIDI file, its hits, tempos and time signatures too."""
    if path.suffix.lower() not in MIDI_SUFFIXES:
        return read_notes(path), None
    midi = read_hits(path)
    return _transcription(midi, path), midi


def write_notes(transcription: Transcription, path: str | Path, *, conductor: Conductor | None = None) -> None:
    """Writes a transcription; the file's suffix says how: .mid, .midi, .json, .csv. The folder must exist.

    The conductor, its tempos and time signatures, is written to MIDI alone: see `write_midi`.
    """
    path = Path(path)
    suffix = _suffix(path)
    if suffix in MIDI_SUFFIXES:
        write_midi(transcription, path, conductor=conductor)
    elif suffix == ".json":
        write_json(transcription, path)
    else:
        write_csv(transcription, path)


def read_json(path: str | Path) -> Transcription:
    """Reads the JSON form. Raises ValueError where the file cannot be read or is no transcription in JSON."""
    text = read_text(Path(path))
    try:
        return Transcription.from_json(json.loads(text, parse_int=whole_number))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    except RecursionError as error:
        raise ValueError(f"{path} is nested too deep to be a transcription") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def write_json(transcription: Transcription, path: str | Path) -> None:
    """Writes the JSON form; reading it gives an equal transcription."""
    Path(path).write_text(json.dumps(transcription.to_json(), allow_nan=False) + "\n", encoding="utf-8")


def read_csv(path: str | Path) -> Transcription:
    """Reads a table of notes with a header: the columns onset, drum, velocity and perhaps confidence, in any order.

    The duration is the last onset, since a table states none. Raises ValueError naming the line that is wrong.
    """
    rows = csv.DictReader(io.StringIO(read_text(Path(path)), newline=""), skipinitialspace=True)
    try:
        missing = [name for name in COLUMNS[:3] if name not in (rows.fieldnames or ())]
        if missing:
            foreign = any(mark in name for name in rows.fieldnames or () for mark in ";\t")
            hint = ". Columns are separated by commas, not by semicolons or tabs" if foreign else ""
            raise ValueError(f"the first line must name the columns {', '.join(COLUMNS)}; it lacks {', '.join(missing)}{hint}")
        notes = [_note_from_row(rows.line_num, row) for row in rows]
    except (csv.Error, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
    return Transcription(tuple(notes), max((note.onset for note in notes), default=0.0))


def write_csv(transcription: Transcription, path: str | Path) -> None:
    """Writes the notes, one a line; reading them gives equal notes. Duration and tempo are not kept."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for note in transcription.notes:
            writer.writerow((note.onset, note.drum, note.velocity, note.confidence))


def read_midi(path: str | Path) -> Transcription:
    """Reads a MIDI file of any origin by `MIDI_TO_DRUM`: its drum channel, or all channels if that one holds none of our drums.

    Several articulations can be one of our drums: of the notes of one drum at the same tick the loudest is kept. The tempo is kept if the
    file states exactly one. Warns of channels that are read in place of the drum channel, and of notes whose number is none of our drums,
    which are dropped.

    Raises:
        ValueError: the file is no MIDI file that can be read.
    """
    return _transcription(read_hits(Path(path)), path)


def _transcription(midi: MidiHits, path: str | Path) -> Transcription:
    """The notes of a MIDI file, with the warnings of `read_midi`."""
    if midi.foreign:
        warnings.warn(f"{path}: {midi.foreign}", stacklevel=3)
    if unknown := Counter(hit.number for hit in midi.unknown):
        listed = ", ".join(f"{number} ({count} times)" for number, count in sorted(unknown.items()))
        warnings.warn(f"{path}: dropped MIDI notes that stand for none of our drums: {listed}", stacklevel=3)
    loudest: dict[tuple[float, str], int] = {}
    for hit in midi.hits:
        if hit.number in MIDI_TO_DRUM:
            key = hit.onset, MIDI_TO_DRUM[hit.number]
            loudest[key] = max(hit.velocity, loudest.get(key, 0))
    notes = tuple(Note(onset, drum, velocity) for (onset, drum), velocity in loudest.items())
    return Transcription(notes, midi.duration, midi.tempo)


def write_midi(transcription: Transcription, path: str | Path, *, metre: Metre | None = None, conductor: Conductor | None = None) -> None:
    """Writes a MIDI file: General MIDI numbers on the drum channel, 100 ms a note, less where the drum is struck again before that.

    A tempo that is not known is estimated (`n2n.tempo.estimate_tempo`); where that fails, one beat is one second. Times do not depend on
    it. Of the notes of one drum that fall on the same tick, the loudest is written. Confidence is not kept.

    Args:
        transcription: the notes, their duration and tempo.
        path: where to; the file is replaced.
        metre: the bars, for the time signature.
        conductor: of another file: its tempos, if it has any, in place of the transcription's, its time signatures in place of the metre's.

    Raises:
        ValueError: the duration is more than a MIDI file can hold, or a tempo lies outside 4 to 1000 beats a minute.
    """
    hits = [Hit(note.onset, MIDI_NOTE[note.drum], note.velocity) for note in transcription.notes]
    divisible = conductor is not None  # bars and tempo changes that were given stay where they are in beats
    notice = None
    if conductor is None or not conductor.tempos:
        tempo, notice = _tempo_to_write(transcription)
        steady = Conductor.steady(tempo, metre)
        conductor = steady if conductor is None else conductor._replace(tempos=steady.tempos)
    write_hits(Path(path), hits, duration=transcription.duration, conductor=conductor, notice=notice, divisible=divisible)


def _tempo_to_write(transcription: Transcription) -> tuple[float, str | None]:
    """Beats a minute, and the notice for a tempo that is not known."""
    if transcription.tempo is not None:
        return transcription.tempo, None
    estimated = estimate_tempo(transcription.notes)
    return (CLOCK_TEMPO, UNKNOWN) if estimated is None else (estimated, ESTIMATED)


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in NOTE_SUFFIXES:
        raise ValueError(f"{path.name} names no known form of notes: its suffix must be one of {', '.join(NOTE_SUFFIXES)}")
    return suffix


def _note_from_row(line: int, row: dict[str, str | None]) -> Note:
    onset, drum, velocity, confidence = (row.get(name) for name in COLUMNS)
    try:
        if onset is None or drum is None or velocity is None:
            raise ValueError("it has fewer columns than the first line")
        return Note(_cell(onset), drum, _cell(velocity), _cell(confidence) if confidence else None)
    except ValueError as error:
        raise ValueError(f"line {line}: {error}") from error


def _cell(text: str) -> Any:
    """The number in a cell, as an int if it is whole; text that is no number is returned unchanged, and the column's check refuses it."""
    try:
        return without_point(float(text))
    except ValueError:
        return text
