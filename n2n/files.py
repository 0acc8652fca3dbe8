"""Files: found below a folder, read with clear errors, written whole or not at all."""

import json
import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def visible_files(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Every file below a folder with one of the suffixes (in lower case), in order; hidden ones, and those in hidden folders, apart."""
    found: list[Path] = []
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(root, name) for name in names if not name.startswith(".") and Path(name).suffix.lower() in suffixes]
    return sorted(found)


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
