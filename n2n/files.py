"""Files: found below a folder, read with clear errors, written whole or not at all."""

import csv
import io
import json
import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple


def visible_files(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Every file below a folder with one of the suffixes (in lower case), in order; hidden ones, and those in hidden folders, apart."""
    found: list[Path] = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(root, name) for name in names if not name.startswith(".") and Path(name).suffix.lower() in suffixes]
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
        return path.read_bytes().decode("utf-8").removeprefix("\ufeff")
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        line, byte = error.object.count(b"\n", 0, error.start) + 1, error.object[error.start]
        raise ValueError(
            f"{path}, line {line}: byte {byte:#04x} is not UTF-8 text. What is not text in UTF-8 has to be saved so"
        ) from error


def read_table(path: Path) -> Table:
    """Reads a CSV file in UTF-8.

    Raises:
        ValueError: text that is not UTF-8, or that is no CSV; it names the line.
    """
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    try:
        return Table(tuple(reader.fieldnames or ()), list(reader))
    except csv.Error as error:
        begins = reader.line_num + 1  # it counts the lines of rows that were read whole
        raise ValueError(f"{path}, line {begins}: no row of a table: {error}. Is there a quotation mark too many?") from error


def read_json(path: Path) -> Any:
    """What a JSON file says. Raises ValueError where it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not valid JSON: {error}") from error


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, its folder created; it takes its place when all went well, and is gone when not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


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
