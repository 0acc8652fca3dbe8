"""Folders of recordings with known notes: MDB Drums, E-GMD and GMD, and plain pairs of audio and MIDI.

Three layouts are read, by `open_dataset`:

- `mdb`: MDB Drums. `annotations/subclass/<track>_subclass.txt` holds lines of seconds and a label; `audio/drum_only/<track>_Drum.*` and
  `audio/full_mix/<track>_MIX.*` hold the sound. It knows no velocities: all its notes have velocity 100.
- `egmd`: E-GMD or GMD. A table (`info.csv`, `e-gmd-*.csv`) names MIDI, audio and split. An item is named by its `audio_filename`, because
  ids repeat across kits. Files that the table names but the folder lacks are skipped, so a part of the set is read as what it is.
- `pairs`: any folder where audio and MIDI share a file name. They may lie side by side or in two folders.

Sound is found whatever its format: `.flac` where a table says `.wav`. Names are the same where only the Unicode form of their letters
differs, as between a Mac and other systems, and hidden files, such as the `._...` of a Mac, count in no layout. An `Item` reads its
reference when first asked, so that opening a set of thousands of files costs nothing. Of every item that a folder promises and that cannot
be scored, the name is kept in `Dataset.skipped`.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final

from n2n.audio import AUDIO_SUFFIXES
from n2n.drums import MDB_TO_DRUM
from n2n.files import Unread, read_table, read_text, refuse
from n2n.lookup import check_claimed_once, files_below, finder, place_of
from n2n.midi import MIDI_SUFFIXES
from n2n.note_files import read_notes
from n2n.notes import Note, Transcription

LAYOUTS: Final = ("mdb", "egmd", "pairs")

MDB_VELOCITY: Final = 100
"""What every note of MDB Drums gets, whose annotations hold no velocity."""
MDB_NO_DRUM: Final = ("TMB",)
"""Labels of MDB Drums that stand for none of our drums: the tambourine."""
DRUM_ONLY: Final = "drum_only"
MDB_AUDIO_ENDING: Final = {DRUM_ONLY: "_Drum", "full_mix": "_MIX"}


@dataclass(frozen=True)
class Item:
    """One recording and its truth.

    Attributes:
        name: unique in its dataset; for files in folders the relative path without suffix, with forward slashes.
        audio: the recording, or None where the folder has none (only with `require_audio=False`).
        annotation: the file that `reference` is read from.
        read: the reader of that file.
        place: where the recording lies or would lie, without suffix; None where that is told by the name alone.
    """

    name: str
    audio: Path | None
    annotation: Path
    read: Callable[[Path], Transcription] = field(repr=False)
    place: Path | None = None

    @cached_property
    def reference(self) -> Transcription:
        """The true notes, read once. Raises ValueError where the file cannot be read as notes."""
        return self.read(self.annotation)


@dataclass(frozen=True)
class Dataset:
    """The items of a folder in order of name, whether their velocities mean anything, and the names that had to be skipped."""

    layout: str
    items: tuple[Item, ...]
    has_velocity: bool
    skipped: tuple[str, ...]

    def __iter__(self) -> Iterator[Item]:
        """The items, in order of name."""
        return iter(self.items)

    def __len__(self) -> int:
        """How many items there are."""
        return len(self.items)

    def references(self) -> dict[str, Transcription]:
        """Every reference by name, as `n2n.evaluate.evaluate` takes them."""
        return {item.name: item.reference for item in self.items}


def open_dataset(
    folder: str | Path,
    layout: str = "auto",
    *,
    mix: str | None = None,
    split: str | None = None,
    require_audio: bool = True,
    unread: Unread = refuse,
) -> Dataset:
    """Opens a folder of recordings with known notes.

    Args:
        folder: the top of the set: where `annotations`, the table, or the pairs are.
        layout: "mdb", "egmd" or "pairs" (see the top of this module); "auto" looks.
        mix: for MDB Drums, "drum_only", which None stands for too, or "full_mix", the drums with the band. Other layouts have no mixes.
        split: for E-GMD and GMD, the value of the table's `split` column to keep, such as "test"; None keeps all.
        require_audio: False also keeps items whose sound is absent, enough to score notes that exist already.
        unread: is told of folders within it that cannot be searched, of some more than once; by default the first is an error.

    Raises:
        ValueError: no such folder, no such layout, a mix or split that the layout does not have, nothing to score in it, or a name that
            two files claim.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"no folder {folder}: give the top folder of a dataset")
    if layout not in ("auto", *LAYOUTS):
        raise ValueError(f"unknown layout {layout!r}: it must be auto, {', '.join(LAYOUTS[:-1])} or {LAYOUTS[-1]}")
    layout = detect_layout(folder, unread=unread) if layout == "auto" else layout
    if split is not None and layout != "egmd":
        raise ValueError(
            f"split {split!r} was asked for, but only the tables of E-GMD and GMD name splits, and {folder} is read as {layout!r}"
        )
    if mix not in (None, DRUM_ONLY) and layout != "mdb":
        raise ValueError(f"mix {mix!r} was asked for, but only MDB Drums has mixes, and {folder} is read as {layout!r}: leave the mix out")
    found: Iterator[Item | str]
    if layout == "mdb":
        found = _mdb_items(folder, mix=DRUM_ONLY if mix is None else mix, unread=unread)
    elif layout == "egmd":
        table = find_table(folder)
        if table is None and split is not None:
            raise ValueError(f"split {split!r} was asked for, but {folder} has no info.csv or e-gmd-*.csv that would name it")
        found = _pair_items(folder, unread=unread) if table is None else _table_items(folder, table, split=split, unread=unread)
    else:
        found = _pair_items(folder, unread=unread)
    return _dataset(folder, layout, found, require_audio=require_audio)


def detect_layout(folder: Path, *, unread: Unread = refuse) -> str:
    """The layout of a folder, by what lies at its top; raises ValueError where nothing known does."""
    if (folder / "annotations" / "subclass").is_dir():
        return "mdb"
    if find_table(folder) is not None:
        return "egmd"
    if files_below(folder, MIDI_SUFFIXES, unread=unread):
        return "pairs"
    raise ValueError(
        f"nothing to score in {folder}: it has neither annotations/subclass/ (MDB Drums), nor info.csv or e-gmd-*.csv (GMD, E-GMD), "
        "nor MIDI files beside audio of the same name"
    )


def find_table(folder: Path) -> Path | None:
    """The table of a GMD or E-GMD folder, or None."""
    tables = [path for path in (folder / "info.csv", *sorted(folder.glob("e-gmd-*.csv"))) if path.is_file()]
    return tables[0] if tables else None


def read_mdb(path: Path) -> Transcription:
    """Reads one subclass annotation of MDB Drums: a line is an onset in seconds and a label, apart by any white space.

    Raises:
        ValueError: text that is not UTF-8, a line that is not that, or a label that MDB Drums does not have.
    """
    notes = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        onset, label = _mdb_line(line, f"{path.name}, line {number}")
        if label not in MDB_NO_DRUM:
            notes.append(Note(onset, MDB_TO_DRUM[label], MDB_VELOCITY))
    return Transcription(tuple(sorted(notes)), duration=max((note.onset for note in notes), default=0.0) + 0.1)


def _dataset(folder: Path, layout: str, found: Iterable[Item | str], *, require_audio: bool) -> Dataset:
    """Keeps what can be scored. A bare name among the found is an item whose annotation is absent."""
    items: dict[str, Item] = {}
    skipped: list[str] = []
    for item in found:
        if isinstance(item, str):
            skipped.append(item)
        elif require_audio and item.audio is None:
            skipped.append(item.name)
        elif item.name in items:
            raise ValueError(f"two recordings of {folder} are named {item.name!r}: {items[item.name].annotation} and {item.annotation}")
        else:
            items[item.name] = item
    if not items:
        reason = f"{len(skipped)} recordings lack their audio or their notes, such as {skipped[0]}" if skipped else "it has no recordings"
        raise ValueError(f"nothing to score in {folder}, read as {layout!r}: {reason}")
    return Dataset(layout, tuple(items[name] for name in sorted(items)), layout != "mdb", tuple(sorted(skipped)))


def _mdb_items(folder: Path, *, mix: str, unread: Unread) -> Iterator[Item | str]:
    if mix not in MDB_AUDIO_ENDING:
        raise ValueError(f"unknown mix {mix!r}: MDB Drums has {' and '.join(MDB_AUDIO_ENDING)}")
    find = finder(AUDIO_SUFFIXES, unread)
    for annotation in sorted((folder / "annotations" / "subclass").glob("*_subclass.txt")):
        if not annotation.name.startswith("."):
            track = annotation.stem.removesuffix("_subclass")
            place = folder / "audio" / mix / f"{track}{MDB_AUDIO_ENDING[mix]}"
            audio = find(place)
            yield Item(track, audio[0] if audio else None, annotation, read_mdb, place)


def _mdb_line(line: str, place: str) -> tuple[float, str]:
    """The onset (s) and the label of a line."""
    parts = line.split()
    try:
        onset = float(parts[0])
    except ValueError:
        onset = math.nan
    if len(parts) != 2 or not (math.isfinite(onset) and onset >= 0):
        raise ValueError(f"{place}: {line.strip()!r} is not an onset in seconds and a label")
    if parts[1] not in MDB_TO_DRUM and parts[1] not in MDB_NO_DRUM:
        raise ValueError(f"{place}: unknown label {parts[1]!r}: it must be one of {', '.join((*MDB_TO_DRUM, *MDB_NO_DRUM))}")
    return onset, parts[1]


def _table_items(folder: Path, table: Path, *, split: str | None, unread: Unread) -> Iterator[Item | str]:
    """The items of E-GMD's or GMD's table."""
    find, find_midi = finder(AUDIO_SUFFIXES, unread), finder(MIDI_SUFFIXES, unread)
    for row in _table_rows(table, split=split):
        midi, audio = row["midi_filename"], row["audio_filename"]
        name = PurePosixPath(audio or midi).with_suffix("").as_posix()
        place = folder / midi
        found = [path for path in find_midi(place.with_suffix("")) if path.suffix.lower() == place.suffix.lower()]
        if not found:
            yield name
        else:
            sounds = find(folder / name) if audio else []
            yield Item(name, sounds[0] if sounds else None, found[0], read_notes)


def _table_rows(table: Path, *, split: str | None) -> list[dict[str, str]]:
    rows = read_table(table).rows
    needed = ("midi_filename", "audio_filename", "split")
    absent = [column for column in needed if not rows or column not in rows[0]]
    if absent:
        raise ValueError(f"{table.name} is no table of GMD or E-GMD: it has no rows with {', '.join(absent)}")
    short = [number for number, row in enumerate(rows, start=1) if any(row[column] is None for column in needed)]
    if short:
        raise ValueError(f"{table.name} is cut short: row {short[0]} below its header lacks a column")
    splits = sorted({row["split"] for row in rows})
    if split is not None and split not in splits:
        raise ValueError(f"{table.name} has no split {split!r}: it has {', '.join(splits)}")
    return [row for row in rows if split is None or row["split"] == split]


def _pair_items(folder: Path, *, unread: Unread) -> Iterator[Item | str]:
    midis = files_below(folder, MIDI_SUFFIXES, unread=unread)
    beside: dict[Path, list[Path]] = defaultdict(list)
    for path in files_below(folder, AUDIO_SUFFIXES, unread=unread):
        beside[place_of(path)].append(path)
    taken = set(map(place_of, midis))
    free: dict[str, list[Path]] = defaultdict(list)
    for place, sounds in beside.items():
        if place not in taken:
            free[place.name] += sounds
    claims: dict[str, Path] = {}
    for midi in midis:
        near = beside.get(place_of(midi))
        sound = _only_one(near or free[place_of(midi).name], midi)  # none beside it: one of its name that lies beside no other
        if sound and not near:
            claims[str(midi.relative_to(folder))] = sound
        yield Item(midi.relative_to(folder).with_suffix("").as_posix(), sound, midi, read_notes)
    check_claimed_once(claims, "the recording", "put it beside the one that it belongs to")


def _only_one(sounds: Sequence[Path], midi: Path) -> Path | None:
    """The one of the recordings that could belong to a MIDI file; None of none. Raises ValueError where there are several."""
    if len(sounds) > 1:
        raise ValueError(f"several recordings could belong to {midi}: {', '.join(map(str, sounds))}. Keep one, or rename them")
    return sounds[0] if sounds else None
