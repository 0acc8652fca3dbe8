"""Many files in one go: which output belongs to which input, and what became of each.

A file that fails is recorded and the next one begins. An output appears whole or not at all, so that a run that was stopped can be taken up
again by skipping what exists.
"""

import os
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Protocol, runtime_checkable

from n2n.files import Unread, WriteError, atomic_write, check_writable, search_error
from n2n.notes import NOTE_SUFFIXES

FILE_SUFFIXES: Final = frozenset((*NOTE_SUFFIXES, ".wav", ".flac"))

STANDARD_INPUT: Final = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
"""What standard input is called on a command line."""
NO_MEMORY: Final = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")
"""What torch's errors say, in lower case, where it gets no memory: on a GPU, on Linux, on Windows, and in a library for GPUs."""


class Job(NamedTuple):
    """One piece of work: the file to read (None where there is none) and the file to write."""

    input: Path | None
    output: Path

    @property
    def name(self) -> str:
        """What to call it on a terminal."""
        return (self.input or self.output).name


@dataclass(frozen=True)
class Outcome:
    """What became of one input.

    Attributes:
        input: the file that was given.
        output: the file that was or would have been written; None where it did not come to that.
        status: done, skipped (the output was there) or failed.
        notes: how many the output holds; None where nothing was written.
        seconds: of work.
        error: why it failed.
        warnings: what was odd about it.
    """

    input: Path | None
    output: Path | None
    status: Literal["done", "skipped", "failed"]
    notes: int | None = None
    seconds: float = 0.0
    error: str | None = None
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values; paths as text."""
        return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()}


@runtime_checkable
class Watcher(Protocol):
    """Is told how things go."""

    def progress(self, name: str, share: float) -> None:
        """`share` in [0, 1] of the current piece of work is done."""

    def finished(self, outcome: Outcome) -> None:
        """One more is over."""


Existing = Literal["replace", "skip", "refuse"]
"""What to do about an output that is there: it may be the recording itself, or notes that were written by hand."""

Work = Callable[[Job, Path, Callable[[float], None]], int]
"""Does a job: writes its output to the given path, tells the share that is done, and returns how many notes it wrote."""


Find = Callable[[Iterable[Path], Unread], list[Path]]
"""Lists the files that a file or folder stands for, and tells which folders cannot be searched; ValueError where there are none."""


class Plan(NamedTuple):
    """The jobs, and the inputs that cannot become any."""

    jobs: list[Job]
    failed: list[Outcome]


def plan(inputs: Sequence[Path], folder: Path, suffix: str, find: Find) -> Plan:
    """Finds the files that are meant, and for each the output that is its own.

    An output is named after its input, in `folder`: the output of a file that was given by its stem, that of a file found in a folder by
    its path within that folder, so that files that join it later change no name. Files that differ in their suffix alone keep it
    (x.wav.mid beside x.flac.mid). Where two inputs would still have one output, the name of the folder that was given comes before the
    path, and where that does not help, all keep their suffix.

    Args:
        inputs: files and folders.
        folder: where outputs go.
        suffix: of the outputs, without the dot.
        find: lists the files that a file or folder stands for. A folder that it cannot search fails alone.

    Raises:
        ValueError: there is no input, or it is standard input, the folder is named like a file or cannot be written into, or two files of
            one name would have one output all the same.
    """
    if not inputs:
        raise ValueError("no input: name at least one file or folder")
    for given in inputs:
        if str(given) in STANDARD_INPUT and not given.is_file():
            raise ValueError(f"{given} is standard input, which cannot be read: save it to a file, and name that")
    if folder.suffix.lower() in FILE_SUFFIXES and not folder.is_dir():
        raise ValueError(f"{folder} looks like a file, but outputs go to a folder, each under the name of its input: leave the name out")
    found: dict[str, tuple[Path, Path]] = {}
    failed: list[Outcome] = []

    def unread(error: OSError) -> None:
        failed.append(Outcome(Path(error.filename), None, "failed", error=search_error(error)))

    for given in inputs:
        try:
            for path in find([given], unread):
                found.setdefault(os.path.abspath(path), (path, given))
        except ValueError as error:
            failed.append(Outcome(given, None, "failed", error=str(error)))
    jobs = _with_outputs(found, folder, suffix)
    if not all(os.path.exists(job.output) for job in jobs):
        check_writable(folder, "-o")
    return Plan(jobs, failed)


def run(jobs: Sequence[Job], work: Work, watcher: Watcher, *, existing: Existing = "replace") -> list[Outcome]:
    """Does one job after the other; what cannot be read, written or held in memory ends that job alone."""
    outcomes = []
    for job in jobs:
        outcome = _do(job, work, watcher) if is_wanted(job, existing) else _spared(job, existing)
        outcomes.append(outcome)
        watcher.finished(outcome)
    return outcomes


def is_wanted(job: Job, existing: Existing) -> bool:
    """Whether there is anything to do."""
    return existing == "replace" or not os.path.lexists(job.output)


def explain(error: Exception) -> str:
    """An error in one line, without the number of a system error."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def memory_errors() -> Iterator[None]:
    """While a model works: raises MemoryError, saying how to go on, where torch gets no memory (for which it raises RuntimeError)."""
    try:
        yield
    except RuntimeError as error:
        said = f"{type(error).__name__} {error}".lower()
        if "outofmemory" not in said and not any(sign in said for sign in NO_MEMORY):
            raise
        on_cpu = "cpuallocator" in said
        where, way = ("memory", "cut it into shorter parts") if on_cpu else ("the GPU's memory", "cut it, or use --device cpu")
        raise MemoryError(f"it does not fit into {where}: {way}") from error


def _spared(job: Job, existing: Existing) -> Outcome:
    if existing == "skip":
        return Outcome(job.input, job.output, "skipped")
    ways = "--overwrite replaces it, --skip-existing leaves it alone, -o writes elsewhere"
    return Outcome(job.input, job.output, "failed", error=f"{job.output} is there already: {ways}")


def _do(job: Job, work: Work, watcher: Watcher) -> Outcome:
    started = time.perf_counter()
    notes, reason = None, None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            watcher.progress(job.name, 0.0)
            with memory_errors(), atomic_write(job.output) as partial:
                notes = work(job, partial, lambda share: watcher.progress(job.name, share))
        except WriteError as error:
            reason = f"{explain(error)}: name another folder with -o"
        except (ValueError, OSError, MemoryError, OverflowError) as error:
            reason = explain(error)
    odd = tuple(dict.fromkeys(str(warning.message) for warning in caught if issubclass(warning.category, UserWarning)))
    seconds = round(time.perf_counter() - started, 3)
    return Outcome(job.input, job.output, "failed" if reason else "done", notes, seconds, reason, odd)


def _with_outputs(found: dict[str, tuple[Path, Path]], folder: Path, suffix: str) -> list[Job]:
    """A job for each file, found by its absolute path, with the input that it was found in; ValueError where two cannot be told apart."""
    twins = _differing_in_suffix(found)
    clash: tuple[Job, ...] = ()
    for naming, full in ((_path_within, twins), (_path_with_folder, twins), (_path_with_folder, set(found))):
        named = ((path, f"{naming(path, given)}{path.suffix if key in full else ''}") for key, (path, given) in found.items())
        jobs = [Job(path, folder / f"{name}.{suffix}") for path, name in named]
        clash = _first_clash(jobs)
        if not clash:
            return jobs
    first, second = clash
    raise ValueError(f"{first.input} and {second.input} would both be written to {second.output}: write them into two folders")


def _differing_in_suffix(paths: Iterable[str]) -> set[str]:
    """Those of some absolute paths that share all but their suffix with another, upper and lower case taken for one."""
    bare = {path: os.path.splitext(path)[0].casefold() for path in paths}
    counts = Counter(bare.values())
    return {path for path, name in bare.items() if counts[name] > 1}


def _path_within(path: Path, given: Path) -> str:
    return path.stem if path == given else str(path.relative_to(given).with_suffix(""))


def _path_with_folder(path: Path, given: Path) -> str:
    """The folder's name, found even for `.`, before the path within it."""
    return path.stem if path == given else str(Path(os.path.abspath(given)).name / path.relative_to(given).with_suffix(""))


def _first_clash(jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Two jobs with one output, also on file systems that do not tell upper from lower case; nothing where all differ."""
    seen: dict[str, Job] = {}
    for job in jobs:
        other = seen.setdefault(str(job.output).casefold(), job)
        if other is not job:
            return other, job
    return ()
