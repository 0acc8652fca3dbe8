"""The commands of `n2n`, how a call is read, and what its errors become."""

import os
import sys
import warnings
from inspect import cleandoc
from typing import Annotated, Any, Final

import tyro

from n2n import __version__
from n2n.batch import explain, memory_errors
from n2n.cli.app import App
from n2n.cli.bench import Bench
from n2n.cli.edit import Generate, Refine, Regenerate
from n2n.cli.evaluate import Evaluate
from n2n.cli.kits import Kits
from n2n.cli.options import UsageError
from n2n.cli.render import Render
from n2n.cli.train import Train
from n2n.cli.transcribe import Transcribe

ABOUT: Final = """Drum recordings to notes, by denoising: transcribe, refine, fill gaps, invent.

`n2n COMMAND --help` explains a command and its options."""

COMMANDS: Final[dict[str, type[Any]]] = {
    "transcribe": Transcribe,
    "regenerate": Regenerate,
    "refine": Refine,
    "generate": Generate,
    "render": Render,
    "evaluate": Evaluate,
    "train": Train,
    "kits": Kits,
    "bench": Bench,
    "app": App,
}


def run(arguments: list[str]) -> int:
    """Runs the command that the arguments, without the program's name, ask for; the exit status."""
    status = _run(arguments)
    try:
        sys.stdout.flush()  # what is lost later, as Python ends, is lost with another status
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _failed(error)
    return status


def _run(arguments: list[str]) -> int:
    try:
        if arguments in (["--version"], ["-V"]):
            print(f"n2n {__version__}")
            return 0
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            command = _parse(arguments or ["--help"])
            with memory_errors():
                return int(command.run())
    except SystemExit as ended:  # tyro has printed what was asked for, or what was wrong; or SIGTERM came
        return int(ended.code or 0)
    except (ValueError, OSError, MemoryError, ArithmeticError) as error:
        return _failed(error)


def _failed(error: Exception) -> int:
    """Says why, unless that is that whoever read our output has had enough; the exit status."""
    if not isinstance(error, BrokenPipeError):
        print(f"n2n: {explain(error)}", file=sys.stderr)
    return 2 if isinstance(error, UsageError) else 1


def _parse(arguments: list[str]) -> Any:
    """The command with its options. In the list of all commands each is told in one sentence, by itself at length."""
    alone = arguments[0] in COMMANDS
    annotated: Any = Annotated
    commands: Any = None
    for name, command in COMMANDS.items():
        description = cleandoc(command.__doc__ or "").splitlines()[0]
        named = annotated[command, tyro.conf.subcommand(name, description=None if alone else description)]
        commands = named if commands is None else commands | named
    config = (tyro.conf.OmitArgPrefixes,)
    return tyro.cli(commands, prog="n2n", description=ABOUT, args=arguments, config=config)


def _show_warning(message: Warning | str, *where: Any, **more: Any) -> None:
    print(f"n2n: warning: {message}", file=sys.stderr)
