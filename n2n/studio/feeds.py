"""What the server tells the editor of a run: plain values for the property `feed`.

    {"run": id, "kind": "transcribe" | "regenerate" | "refine" | "generate" | "load", "state": "running" | "done" | "stopped" | "failed",
     "step": n, "steps": N, "sigma": s, "url": address of the step's planes or null, "take": 0.., "takes": K, "message": text,
     "source": id of the `source` that it belongs to, or null for the present one}

A run begins with step 0, without planes. Each take of a run ends with a feed of state "done", which has more:

    {"duration": s, "candidates": [[onset, lane, velocity, score, confidence], ...], "thresholds": [7 numbers], "carried": [notes],
     "tempo": {"bpm", "offset", "beats"} | null, "replaces": [masks] | null, "seed": n}

Candidates are all local maxima of the last estimate; a note is one whose score exceeds its lane's threshold. That is exact, since what is a
maximum does not depend on thresholds. `carried` holds the notes that a run was not to change, exactly as they were given.

`kind` "load" brings notes that no run made: all are in `carried`, and there are "masks" and "locks" as well. "project" is true where it
brings back a whole roll, which replaces locked lanes, too; "restored" is also true where the tab had that roll before it was reloaded,
which cannot be undone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from n2n.bars import Bars, estimate_bars
from n2n.drums import LANE
from n2n.edits import EditedRoll, Region
from n2n.export.project import CandidateRow
from n2n.notes import Note, Transcription
from n2n.roll import candidates, note_frame
from n2n.shapes import Float
from n2n.task import Progress, Task

MAX_CANDIDATES: Final = 20_000
"""At most this many candidates are sent: the least sure are left out, but never one that is a note."""


@dataclass(frozen=True)
class Run:
    """One click's worth of work, as the editor sees it.

    Attributes:
        id: names it.
        kind: the verb.
        steps: denoising steps of each take.
        takes: how many there will be.
        replaces: the regions that a take rewrites; None where it is the whole roll.
        bars: those that the visitor already has, which are kept; None lets them be estimated.
        source: the id of the editor's `source` that it belongs to; None where that is not known.
    """

    id: str
    kind: str
    steps: int
    takes: int = 1
    replaces: tuple[Region, ...] | None = None
    bars: Bars | None = None
    source: str | None = None

    def feed(self, state: str, message: str, *, step: int = 0, sigma: float = 0.0, url: str | None = None, take: int = 0) -> dict[str, Any]:
        """What every feed holds."""
        return {
            "run": self.id,
            "kind": self.kind,
            "state": state,
            "step": step,
            "steps": self.steps,
            "sigma": sigma,
            "url": url,
            "take": take,
            "takes": self.takes,
            "message": message,
            "source": self.source,
        }

    def running(self, progress: Progress, message: str, *, url: str, take: int) -> dict[str, Any]:
        """After a step that is not the last of its take."""
        return self.feed("running", message, step=progress.step, sigma=progress.current.sigma, url=url, take=take)

    def done(self, progress: Progress, task: Task, message: str, *, url: str, take: int) -> dict[str, Any]:
        """After the last step of a take."""
        assert progress.result is not None
        result = progress.result
        bars = self.bars or estimate_bars(result.notes)
        return {
            **self.feed("done", message, step=progress.step, sigma=progress.current.sigma, url=url, take=take),
            "duration": result.duration,
            "candidates": [list(row) for row in candidate_rows(result.roll, task)],
            "thresholds": list(task.decode.thresholds),
            "carried": notes_json(task.carried),
            "tempo": bars.to_json() if bars else None,
            "replaces": None if self.replaces is None else [region.to_json() for region in self.replaces],
            "seed": task.seed,
        }


def load(run: str, roll: EditedRoll, message: str) -> dict[str, Any]:
    """Brings notes from a file into the editor."""
    return {
        **Run(run, "load", steps=0).feed("done", message),
        "duration": roll.duration,
        "candidates": [],
        "thresholds": None if roll.thresholds is None else list(roll.thresholds),
        "carried": notes_json(roll.notes),
        "masks": [mask.to_json() for mask in roll.masks],
        "locks": list(roll.locks),
        "tempo": roll.bars.to_json() if roll.bars else None,
        "replaces": None,
    }


def candidate_rows(estimate: Float[np.ndarray, "frames drums 2"], task: Task) -> tuple[CandidateRow, ...]:
    """All local maxima of the last estimate, where the task may write."""
    duration, writable = task.features.duration, task.writable
    rows, ahead = [], []
    for note, score in candidates(estimate, task.decode):
        lane = LANE[note.drum]
        if writable[note_frame(note.onset, len(estimate)), lane]:
            assert note.confidence is not None  # as every candidate's is
            rows.append(CandidateRow(min(note.onset, duration), lane, note.velocity, score, note.confidence))
            ahead.append(score - task.decode.thresholds[lane])
    if len(rows) <= MAX_CANDIDATES:
        return tuple(rows)
    least = min(0.0, sorted(ahead, reverse=True)[MAX_CANDIDATES])
    return tuple(row for row, lead in zip(rows, ahead, strict=True) if lead > least)


def standing(rows: Iterable[CandidateRow], roll: EditedRoll) -> list[list[Any]]:
    """Of the candidates of a roll that is brought back, those that its notes agree with, so that the editor's notes are exactly those.

    Where a candidate's score and the notes disagree, the visitor had decided otherwise by hand.
    """
    thresholds, notes = roll.thresholds, {(note.onset, LANE[note.drum]) for note in roll.notes}
    if thresholds is None:
        return []
    return [list(row) for row in rows if ((row.onset, row.lane) in notes) == (row.score > thresholds[row.lane])]


def notes_json(notes: Iterable[Note]) -> list[dict[str, Any]]:
    """Notes as in the JSON of a transcription."""
    listed = tuple(notes)
    entries: list[dict[str, Any]] = Transcription(listed, max((note.onset for note in listed), default=0.0)).to_json()["notes"]
    return entries
