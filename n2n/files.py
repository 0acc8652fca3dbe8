"""Files: found below a folder, read with clear errors, written whole or not at all."""

import csv
import errno
import io
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

Unread = Callable[[OSError], None]
"""Is told of a folder that cannot be searched, while the search goes on."""


class WriteError(OSError):
    """A file cannot be written: `strerror` names it and says why."""


def search_error(error: OSError) -> str:
    """What a search was refused, in one line."""
    return f"cannot search {error.filename}: {error.strerror or error}"


def refuse(error: OSError) -> None:
    """Ends a search at the first folder that cannot be searched, with a ValueError."""
    raise ValueError(search_error(error)) from error


def find_files(paths: Iterable[str | Path], suffixes: Collection[str], *, kind: str, unread: Unread = refuse) -> list[Path]:
    """Lists the files that are meant: files as given, folders by what they and their subfolders hold, sorted, hidden files apart.

    Args:
        paths: files and folders.
        suffixes: of files in folders, in lower case.
        kind: what such files hold, for the error.
        unread: is told of folders that cannot be searched.

    Raises:
        ValueError: a folder could be searched and holds no such file.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if not os.path.isdir(path):  # Path.is_dir raises below a locked folder; such a path is a file as given, refused when it is read
            found[path] = None
            continue
        locked: list[OSError] = []
        files = visible_files(path, suffixes, unread=locked.append)
        for error in locked:
            unread(error)
        if not files and not locked:
            raise ValueError(f"no {kind} in the folder {path}: looked for {' '.join(sorted(suffixes))}")
        found.update(dict.fromkeys(files))
    return list(found)


def find_audio(paths: Iterable[str | Path], unread: Unread = refuse) -> list[Path]:
    """The audio files that are meant, as by `find_files`; what it refuses is an AudioError."""
    from n2n.audio import AUDIO_SUFFIXES, AudioError  # commands that read no audio start without it

    try:
        return find_files(paths, AUDIO_SUFFIXES, kind="audio", unread=unread)
    except ValueError as error:
        raise AudioError(str(error)) from error


def visible_files(folder: Path, suffixes: Collection[str], *, unread: Unread) -> list[Path]:
    """Every file below a folder with one of the suffixes (in lower case), in order; hidden ones, and those in hidden folders, apart.

    Links to folders are followed, after all that lies there itself. No folder is searched twice, so that links in a circle come to an end.
    """
    found: list[Path] = []
    waiting, searched = [str(folder)], set[str]()
    for start in waiting:
        for root, folders, names in os.walk(start, onerror=unread):
            real = os.path.realpath(root)
            folders[:] = [] if real in searched else [name for name in folders if not name.startswith(".")]
            if real not in searched:
                found += [Path(root, name) for name in names if not name.startswith(".") and Path(name).suffix.lower() in suffixes]
            searched.add(real)
            waiting += sorted(path for name in folders if os.path.islink(path := os.path.join(root, name)))
    return sorted(found)


class Table(NamedTuple):
    """A CSV file: the columns that its header names, and its rows by column.

    A row that is too short has None in the columns that it lacks; what one has too much lies under None.
    """

    columns: tuple[str, ...]
    rows: list[dict[Any, Any]]


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, with or without a byte order mark. Raises ValueError with the file, and the line where it is none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror or error}") from error
    return decode_text(content, name=str(path))


def decode_text(content: bytes, *, name: str) -> str:
    """The text that the file of this name holds, as `read_text`."""
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start]
        raise ValueError(
            f"{name}, line {line}: byte {byte:#04x} is not UTF-8 text. What is not text in UTF-8 has to be saved so"
        ) from error


def read_table(path: Path) -> Table:
    """Reads a CSV file in UTF-8.

    Raises:
        ValueError: text that is not UTF-8, or that is no CSV; it names the line.
    """
    return parse_table(read_text(path), name=str(path))


def parse_table(text: str, *, name: str) -> Table:
    """The table in the text of the file of this name, as `read_table`."""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        return Table(tuple(reader.fieldnames or ()), list(reader))
    except csv.Error as error:
        begins = reader.line_num + 1  # it counts the lines of rows that were read whole
        raise ValueError(f"{name}, line {begins}: no row of a table: {error}. Is there a quotation mark too many?") from error


def load_json(path: Path) -> Any:
    """What a JSON file says. Raises ValueError where it is not JSON, or nested deeper than Python reads."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_int=whole_number)
    except RecursionError as error:
        raise ValueError(f"{path} cannot be read: its lists and objects are nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"{path} is not valid JSON: {error}") from error


def whole_number(text: str) -> int:
    """A whole number of a JSON text. Raises ValueError where Python reads none of so many digits."""
    try:
        return int(text)
    except ValueError as error:
        raise ValueError(f"a whole number of {len(text.lstrip('-'))} digits is too long to be read") from error


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, its folder created; it takes its place when all went well, and both are gone when not.

    Of a link it is the file that the link names.

    Raises:
        WriteError: nothing can be written there, which shows at once, or it fails later.
    """
    target = Path(os.path.realpath(path)) if os.path.islink(path) else path
    partial = target.with_name(f".partial-{secrets.token_hex(4)}{path.suffix}")
    with _tidy(target.parent):
        try:
            if target.is_dir():
                raise IsADirectoryError(errno.EISDIR, "a folder of this name is in the way", str(partial))
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.touch()
        except OSError as error:
            raise _unwritten(path, error, partial) from error
        try:
            yield partial
            partial.replace(target)
        except OSError as error:
            if error.filename != str(partial) and error.errno != errno.ENOSPC:
                raise
            raise _unwritten(path, error, partial) from error
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def atomic_folder(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    """An empty folder to write `names` into: what is to be in `folder`, created, or replaced there, when all went well, and only then.

    Whatever else lies in `folder` stays.
    """
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=_nearest(folder)) as place:
        new, old = Path(place, "new"), Path(place, "old")
        new.mkdir()
        yield new
        folder.mkdir(parents=True, exist_ok=True)
        old.mkdir()
        try:
            _move(names, folder, old)
            _move(names, new, folder)
        except BaseException:
            _move([name for name in names if not (new / name).exists()], folder, new)
            _move(names, old, folder)
            raise


def check_writable(folder: Path, option: str) -> None:
    """Raises ValueError, naming the option to change, where no file can be written into a folder that is there or would be created."""
    there = _nearest(folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        within = "" if there == folder else f"{there}: "
        raise ValueError(f"cannot write into {folder}: {within}{_reason(error)}: name another folder with {option}") from error


@contextmanager
def safetensors_of(path: Path) -> Iterator[None]:
    """While a safetensors file is read: raises ValueError where it cannot be or is none, and FileNotFoundError where it is missing."""
    from safetensors import SafetensorError  # commands that read none start without it

    try:
        yield
    except FileNotFoundError:
        raise
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is damaged or is not a safetensors file: {error}") from error


@contextmanager
def _tidy(folder: Path) -> Iterator[None]:
    """While something is done in a folder that need not be there yet: of what is created of it, nothing is left that stays empty."""
    absent = [path for path in (folder, *folder.parents) if not os.path.exists(path)]
    try:
        yield
    finally:
        for path in absent:
            with suppress(OSError):  # it holds something, or was never created
                path.rmdir()


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest of those around it that is there."""
    return next((path for path in (folder, *folder.parents) if os.path.exists(path)), folder)


def _move(names: Sequence[str], source: Path, target: Path) -> None:
    for name in names:
        if (source / name).exists():
            (source / name).rename(target / name)


def _unwritten(path: Path, error: OSError, partial: Path) -> WriteError:
    within = f"{error.filename}: " if error.filename and error.filename != str(partial) else ""
    return WriteError(error.errno, f"cannot write {path}: {within}{_reason(error)}")


def _reason(error: OSError) -> str:
    """Why nothing can be written; folders such as /proc, which take no files, say that there is no such file."""
    return "no file can be created there" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
