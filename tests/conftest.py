"""What every test runs under: shapes and types checked in modules that state shapes, no network, in CI the same examples every time."""

import errno
import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # each of several test processes keeps to one core

PACKAGE = Path(__file__).parents[1] / "n2n"
SHAPED = [path for path in sorted(PACKAGE.rglob("*.py")) if "from n2n.shapes import" in path.read_text(encoding="utf-8")]
modules = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in SHAPED]
install_import_hook(modules, "beartype.beartype")  # before the first import of n2n: it checks modules as they load

STUDIO = Path(__file__).parent / "studio"

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture
def as_nobody() -> Callable[[], AbstractContextManager[None]]:
    """Root may read and write everything: gives that up for a while."""

    @contextmanager
    def as_nobody() -> Iterator[None]:
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return as_nobody


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Locks folders of a name against being listed, for root, too."""

    def lock(name: str) -> None:
        for function in ("scandir", "listdir"):
            monkeypatch.setattr(os, function, partial(listed, getattr(os, function), name))

    def listed(function: Callable[[Any], Any], name: str, folder: Any = ".") -> Any:
        if not isinstance(folder, int) and os.path.basename(folder) == name:
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(folder))
        return function(folder)

    return lock


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first of two processes begins with the tests in a browser; the second begins with those of the studio, in the middle of all. So
    each of the two apps is started once, and not by whichever process comes upon a test of it."""
    studio = [item for item in items if item.path.is_relative_to(STUDIO)]
    others = [item for item in items if not item.path.is_relative_to(STUDIO)]
    half = len(items) // 2
    items[:] = [*others[:half], *studio, *others[half:]]


def pytest_collection_finish() -> None:
    """What the imports have made stays, and need not be searched for garbage again and again."""
    gc.collect()
    gc.freeze()
