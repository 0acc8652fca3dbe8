"""Files by their place without suffix: the sound of an annotation, the notes of a recording, whatever their formats.

Names are the same where only the Unicode form of their letters differs, as between a Mac and other systems; hidden files do not count.
"""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from n2n.files import Unread, visible_files

Find = Callable[[Path], list[Path]]
"""The files that a path without suffix stands for, the likeliest first."""


def finder(suffixes: Sequence[str], unread: Unread) -> Find:
    """Finds the files of a path without suffix that have one of the suffixes, in their order. Each folder is listed once."""

    @cache
    def entries(folder: Path) -> list[Path]:
        try:
            if folder.is_dir():
                return sorted(folder / name for name in os.listdir(folder) if not name.startswith("."))
        except OSError as error:
            unread(error)
            return []
        twin = next((path for path in entries(folder.parent) if one_form(path.name) == one_form(folder.name)), folder)
        return [] if twin == folder else entries(twin)

    @cache
    def listed(folder: Path) -> dict[str, list[Path]]:
        by_stem: dict[str, list[Path]] = defaultdict(list)
        for path in entries(folder):
            if path.suffix.lower() in suffixes:
                by_stem[one_form(path.stem)].append(path)
        return dict(by_stem)

    def find(stem: Path) -> list[Path]:
        here = listed(stem.parent)
        same = [path for path in here.get(one_form(stem.name), ()) if is_file(path, unread)]
        if here and not same:  # a file system may know a name in other letters than it lists
            same = [path for suffix in suffixes if is_file(path := stem.with_name(f"{stem.name}{suffix}"), unread)]
        return sorted(same, key=lambda path: suffixes.index(path.suffix.lower()))

    return find


def one_form(name: str) -> str:
    """A name in one Unicode form: a letter and its accent may be written as one character or as two."""
    return unicodedata.normalize("NFC", name)


def place_of(path: Path) -> Path:
    """Where a file lies, without suffix, in one Unicode form, to be compared with others."""
    return Path(one_form(str(path.with_suffix(""))))


def files_below(folder: Path, suffixes: Sequence[str], *, unread: Unread) -> list[Path]:
    """What `visible_files` finds, but for links that lead nowhere."""
    return [path for path in visible_files(folder, suffixes, unread=unread) if is_file(path, unread)]


def is_file(path: Path, unread: Unread) -> bool:
    """Whether a file lies there; what cannot be asked is told, and none."""
    try:
        return path.is_file()
    except OSError as error:
        unread(error)
        return False


def check_claimed_once(paths: Mapping[str, Path], role: str, remedy: str) -> None:
    """Raises ValueError where two names have one file in the same role."""
    claims: dict[Path, str] = {}
    for name, path in paths.items():
        if path in claims:
            raise ValueError(f"{path.name} could be {role} of {claims[path]} and of {name}: {remedy}")
        claims[path] = name
