"""An orderly end where SIGTERM comes. Light enough to be imported before anything else."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ended_by_sigterm(status: int = 0) -> Iterator[None]:
    """Lets SIGTERM (of `kill`, `timeout`, `docker stop`) end the program by SystemExit, so that what was begun goes with it."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(status))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
