"""Starts the app as a user does, for the tests of the server and of the page: `python app.py` with settings in the environment."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
APP = (str(ROOT / "app.py"),)
SECONDS_TO_START = 300.0


@contextmanager
def running_app(folder: Path, program: Sequence[str] = APP, **settings: object) -> Iterator[str]:
    """Runs the app with `settings` (as in `Settings`) and its temporary files in `folder`; gives its address.

    `program`, where it is another, is what follows `python`; it has to write its address.
    """
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("N2N_", "GRADIO_"))}
    environment |= {f"N2N_{name.upper()}": str(value) for name, value in settings.items()}
    environment |= {"GRADIO_TEMP_DIR": str(folder / "served"), "PYTHONUNBUFFERED": "1"}
    with (folder / "app.log").open("w+") as log:
        command = [sys.executable, *program]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield _address(process, folder / "app.log")
        finally:
            process.kill()  # Gradio takes seconds to end politely, and has nothing to keep
            process.wait()


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Waits until `condition()` is true, and fails if it does not become so."""
    pause = threading.Event()
    assert any(condition() or pause.wait(0.05) for _ in range(round(seconds / 0.05))), f"not within {seconds} s"


def _address(process: subprocess.Popen, log: Path) -> str:
    def started() -> re.Match | None:
        assert process.poll() is None, log.read_text()
        return re.search(r"http://127\.0\.0\.1:\d+", log.read_text())

    wait_until(started, SECONDS_TO_START)
    return started().group()
