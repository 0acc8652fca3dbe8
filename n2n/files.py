"""Files that appear whole or not at all, and safetensors files that turn out to be none."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError


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
    """While a safetensors file is read: raises ValueError where it is damaged or is no such file."""
    try:
        yield
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged or is not a safetensors file: {error}") from error
