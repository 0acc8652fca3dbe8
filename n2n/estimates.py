"""Someone's notes of the recordings of a `Dataset`: which file of a folder belongs to which of its items."""

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from n2n.datasets import Item
from n2n.files import Unread, refuse
from n2n.lookup import Find, check_claimed_once, finder
from n2n.notes import NOTE_SUFFIXES


def find_estimates(folder: str | Path, items: Sequence[Item], *, unread: Unread = refuse) -> dict[str, Path]:
    """Finds the notes that a folder holds for the given items: MIDI, or the JSON and CSV that this package writes.

    An item's file is looked for under the item's own name, under the path of its audio file, there or not (whole, then without the first
    folder, the second and so on, down to its bare name: `n2n transcribe` keeps the path within the folder that it is given), and under the
    last part of the item's name, in this order, with the suffixes .mid, .midi, .json and .csv, in upper or lower case. Items without a file
    are left out; other files are not touched.

    Raises:
        ValueError: no such folder, no file for any item, two files for one item, one file for two items, or the truth itself.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"no folder {folder} to read estimates from")
    find = finder(NOTE_SUFFIXES, unread)
    paths = {item.name: path for item in items if (path := _estimate_path(folder, item, find)) is not None}
    if not paths:
        example = f", such as {_estimate_names(items[0])[-1]}.mid" if items else ""
        raise ValueError(f"no estimates in {folder}: files are expected under the names of the recordings{example}")
    check_claimed_once(paths, "the estimate", "name estimates by the relative path of the recording")
    for item in items:
        if item.name in paths and os.path.samefile(paths[item.name], item.annotation):
            raise ValueError(f"{paths[item.name]} is the truth about {item.name} itself, not an estimate: name the folder of the estimates")
    return paths


def _estimate_names(item: Item) -> tuple[str, ...]:
    """The names under which an item's estimate may be found, the fullest first."""
    names = [item.name]
    place = item.place if item.audio is None else item.audio.with_suffix("")
    if place is not None:
        parts = Path(os.path.abspath(place)).parts[1:]
        names += ["/".join(parts[start:]) for start in range(len(parts))]
    names.append(PurePosixPath(item.name).name)
    return tuple(dict.fromkeys(names))


def _estimate_path(folder: Path, item: Item, find: Find) -> Path | None:
    for name in _estimate_names(item):
        paths = find(folder / name)
        if len(paths) > 1:
            raise ValueError(f"several estimates for {item.name}: {', '.join(path.name for path in paths)}. Keep one in {folder}")
        if paths:
            return paths[0]
    return None
