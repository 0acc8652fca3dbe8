"""What the command line says: a bar on the terminal, lines for people, JSON for scripts.

Progress and errors go to standard error, results to standard output.
"""

import json
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from n2n.batch import Existing, Job, Outcome, Work, run

if TYPE_CHECKING:
    from rich.progress import Progress


class Terminal:
    """A watcher with a bar, while standard error is a terminal; failures are written there in any case."""

    def __init__(self, total: int) -> None:
        """`total` pieces of work are to come."""
        self.total, self.done = total, 0
        self.bar: Progress | None = None

    def __enter__(self) -> "Terminal":
        """Shows the bar."""
        if self.total and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            columns = TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[count]}"), TimeRemainingColumn()
            self.bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False)
            self.bar.add_task("", total=self.total, count=f"0/{self.total}")
            self.bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Clears the bar away."""
        if self.bar is not None:
            self.bar.stop()

    def progress(self, name: str, share: float) -> None:
        """`share` of the current piece of work is done."""
        if self.bar is not None:
            task = self.bar.task_ids[0]
            self.bar.update(task, description=name, completed=self.done + share, count=f"{self.done}/{self.total}")

    def finished(self, outcome: Outcome) -> None:
        """One more is over; what went wrong is said at once."""
        self.done += 1
        source = outcome.input or outcome.output
        for warning in outcome.warnings:
            self.say(f"n2n: warning: {_about(source, warning)}")
        if outcome.error is not None:
            self.say(f"n2n: {_about(source, outcome.error)}")

    def say(self, text: str) -> None:
        """A line on standard error, above the bar."""
        if self.bar is None:
            print(text, file=sys.stderr)
        else:
            self.bar.console.print(text, markup=False, highlight=False, soft_wrap=True)


def run_jobs(
    command: str,
    jobs: Sequence[Job],
    work: Work,
    *,
    failed: Sequence[Outcome] = (),
    existing: Existing,
    as_json: bool,
    **about: Any,
) -> int:
    """Does the jobs and says what became of them; the exit status, 1 where any failed.

    Args:
        command: its name, for the summary.
        jobs: what to do.
        work: how.
        failed: inputs that failed before.
        existing: what to do about outputs that are there.
        as_json: print one JSON object instead of lines.
        **about: more to tell in the JSON, such as the model.
    """
    with Terminal(len(jobs)) as terminal:
        for outcome in failed:
            terminal.say(f"n2n: {_about(outcome.input, outcome.error or '')}")
        outcomes = [*failed, *run(jobs, work, terminal, existing=existing)]
    counts = {status: sum(outcome.status == status for outcome in outcomes) for status in ("done", "skipped", "failed")}
    if as_json:
        print_json({"command": command, **about, **counts, "files": [outcome.to_json() for outcome in outcomes]})
    else:
        print_outcomes(outcomes, counts)
    return 1 if counts["failed"] else 0


def print_outcomes(outcomes: Sequence[Outcome], counts: dict[str, int]) -> None:
    """A line for each file that did not fail, and a last one that counts, where there are several."""
    for outcome in outcomes:
        if outcome.status == "done":
            came_from = "" if outcome.input is None else f"{outcome.input} -> "
            print(f"{came_from}{outcome.output} ({outcome.notes} notes, {outcome.seconds:.1f} s)")
        elif outcome.status == "skipped":
            print(f"{outcome.output} is there already: skipped")
    if len(outcomes) > 1:
        print(", ".join(f"{count} {status}" for status, count in counts.items() if count or status == "done"))


def print_json(content: dict[str, Any]) -> None:
    """One JSON object on standard output."""
    print(json.dumps({"version": 1, **content}, indent=2, ensure_ascii=False))


def _about(source: object, text: str) -> str:
    """The text, with the file before it where it does not name it."""
    return text if source is None or str(source) in text else f"{source}: {text}"
