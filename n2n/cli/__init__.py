"""The command line `n2n`. Wiring only: each module here holds the options of one command, as a dataclass whose docstring is its help.

Exit status: 0 all went well, 1 something failed, 2 the command was wrong and nothing was started, 130 stopped by Ctrl-C, 143 by SIGTERM.
"""

import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import Final

from n2n.sigterm import ended_by_sigterm

TERMINATED: Final = 128 + signal.SIGTERM
"""The exit status where SIGTERM ended a command."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; the exit status. `argv` is what follows the program's name, by default as it was called."""
    try:
        _open_streams()
        with ended_by_sigterm(TERMINATED):
            from n2n.cli.commands import run  # here, so that Ctrl-C is heeded while it loads

            return run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        print("n2n: stopped", file=sys.stderr)
        return 130


def _open_streams() -> None:
    """Makes both outputs take any text; one that was closed takes it nowhere."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, io.TextIOWrapper(io.FileIO(os.devnull, "w")))
        if isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be UTF-8
