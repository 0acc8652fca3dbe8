"""What the server tells the editor of a run: plain values for the property `feed`.

    {"run": id, "kind": "transcribe" | "regenerate" | "refine" | "generate" | "load", "state": "running" | "done" | "stopped" | "failed",
     "step": n, "steps": N, "sigma": s, "url": address of the step's planes or null, "take": 0.., "takes": K, "message": text,
     "source": id of the `source` that it belongs to, or null for the present one}

A run begins with step 0, without planes. Each take of a run ends with a feed of state "done", which has more:

    {"duration": s, "candidates": [[onset, lane, velocity, score, confidence], ...], "thresholds": [7 numbers], "carried": [notes],
     "tempo": {"bpm", "offset", "beats"} | null, "replaces": [masks] | null, "seed": n}

Candidates are all local maxima of the last estimate; a note is one whose score exceeds its lane's threshold. That is exact, since what is a
maximum does not depend on thresholds. `carried` holds the notes that a run had no business with, exactly as they were given. `kind` "load"
brings notes that were not made here: all are in `carried`, and "masks" and "locks" are there; where it brings back a whole roll, "project"
is true: no lane that is locked stays as it was then.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from n2n.drums import LANE
from n2n.edits import Bars, EditedRoll, Region
from n2n.midi import Metre
from n2n.notes import Note, Transcription
from n2n.roll import candidates as peaks
from n2n.roll import note_frame
from n2n.shapes import Float
from n2n.task import Progress, Task
from n2n.tempo import estimate_tempo

MAX_CANDIDATES: Final = 20_000
"""Of more than these the least sure are left out, but never one that is a note."""
BEATS: Final = 4
FAINT: Final = 0.3
"""Hits that pull less to their beats, 0 not at all to 1 all to the same place in each, do not say where these lie."""
NEAR_BEAT: Final = 0.15
"""How far from a beat, in beats, still counts as on it."""
SAME_TEMPO: Final = 0.02
"""By what share two tempos may differ and be the same."""
READINGS: Final = (0.5, 2.0 / 3.0, 1.0, 1.5, 2.0)
"""How one performance may be counted: at half or double the tempo, and a shuffle as if it were straight."""


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
            "candidates": candidates(result.roll, task),
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


def candidates(estimate: Float[np.ndarray, "frames drums 2"], task: Task) -> list[list[Any]]:
    """All local maxima of the last estimate, where the task may write, as [onset, lane, velocity, score, confidence]."""
    duration = task.features.duration
    rows, ahead = [], []
    for note, score in peaks(estimate, task.decode):
        lane = LANE[note.drum]
        if task.writable is None or task.writable[note_frame(note.onset, len(estimate)), lane]:
            rows.append([min(note.onset, duration), lane, note.velocity, score, note.confidence])
            ahead.append(score - task.decode.thresholds[lane])
    if len(rows) <= MAX_CANDIDATES:
        return rows
    least = min(0.0, sorted(ahead, reverse=True)[MAX_CANDIDATES])
    return [row for row, lead in zip(rows, ahead, strict=True) if lead > least]


def standing(rows: Iterable[Sequence[Any]], roll: EditedRoll) -> list[list[Any]]:
    """Of the candidates of a roll that is brought back, those that its notes agree with, so that the editor's notes are exactly those.

    Where a candidate's score and the notes disagree, the visitor had decided otherwise by hand.
    """
    thresholds, notes = roll.thresholds, {(note.onset, LANE[note.drum]) for note in roll.notes}
    if thresholds is None:
        return []
    return [list(row) for row in rows if ((row[0], row[1]) in notes) == (row[3] > thresholds[row[1]])]


def notes_json(notes: Iterable[Note]) -> list[dict[str, Any]]:
    """Notes as in the JSON of a transcription."""
    listed = tuple(notes)
    entries: list[dict[str, Any]] = Transcription(listed, max((note.onset for note in listed), default=0.0)).to_json()["notes"]
    return entries


def estimate_bars(notes: Sequence[Note], stated: float | None = None, metre: Metre | None = None) -> Bars | None:
    """The tempo of a steady performance, and where a bar begins; None where the hits are too few or too irregular to tell.

    Beats lie where most of the velocity falls; of the beats in a bar, four unless the `metre` says otherwise, the first is the one with the
    most kick and crash on it, and the least snare. A `stated` tempo is taken where the hits do not speak against it: many a file states one
    that nobody played to. The bar lines of the metre are, where that holds for them, too.
    """
    tempo, beats = estimate_tempo(notes), metre.beats if metre else BEATS
    trusted = stated is not None and (tempo is None or any(abs(stated / tempo / reading - 1.0) < SAME_TEMPO for reading in READINGS))
    if trusted:
        tempo = stated
    if tempo is None:
        return None
    beat = 60.0 / tempo
    onsets = np.array([note.onset for note in notes])
    weights = np.array([float(note.velocity) for note in notes])
    pull = complex(np.sum(weights * np.exp(2j * np.pi * onsets / beat)) / max(1.0, np.sum(weights)))
    phase = float(np.angle(pull)) / (2.0 * np.pi) * beat
    if metre and trusted:
        off = (metre.offset - phase) / beat
        if abs(pull) < FAINT or abs(off - round(off)) < NEAR_BEAT:
            return Bars(tempo, metre.offset, beats)
    leaning = {"KD": 1.0, "CY": 2.0, "SN": -1.0}
    places = (onsets - phase) / beat
    near = np.abs(places - np.round(places)) < NEAR_BEAT
    strength = np.zeros(beats)
    for place, note, weight in zip(np.round(places)[near], np.array(notes, dtype=object)[near], weights[near], strict=True):
        strength[int(place) % beats] += leaning.get(note.drum, 0.0) * weight
    offset = (phase + int(np.argmax(strength)) * beat) % (beats * beat)
    return Bars(tempo, float(offset), beats)
