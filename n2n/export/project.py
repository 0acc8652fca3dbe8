"""Project files, `.n2n`: a session as it stood, to go on with another day.

A zip file of at most two members, `session.json` and, if the recording is to travel along, `audio`. The JSON:

    {"format": "n2n project", "version": 1, "name": text, "recording": file name | null,
     "roll": {"version": 1, "duration": s, "notes": [...], "masks": [...], "locks": [...], "tempo": {...} | null,
              "thresholds": [7 numbers] | null},
     "candidates": [[onset, lane, velocity, score, confidence], ...], "recipe": [actions], "settings": {name: value}}

In files of before "thresholds" stood beside "roll": those of the model, wherever the visitor had moved them since.

A project comes from anywhere. Nothing in it is run, no path in it is followed (members are read by their fixed names, the recording is
written under a name that the reader chooses), and no size that it states is believed.
"""

import json
import math
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from n2n.audio import AUDIO_SUFFIXES
from n2n.drums import DRUMS
from n2n.edits import EditedRoll, parse_thresholds
from n2n.export.recipe import Action, parse_recipe
from n2n.files import atomic_write

FORMAT: Final = "n2n project"
VERSION: Final = 1
SUFFIX: Final = ".n2n"
SESSION: Final = "session.json"
AUDIO: Final = "audio"

MAX_SESSION_BYTES: Final = 64_000_000
MAX_AUDIO_BYTES: Final = 500_000_000
MAX_CANDIDATES: Final = 100_000
MAX_SETTINGS: Final = 100
LONGEST_TEXT: Final = 300

END_BYTES: Final = 22
"""Length of the record that ends a zip file, which says where and how long its directory is."""
MAX_DIRECTORY_BYTES: Final = 1000
"""Two members need less; a longer directory is refused before it is read."""
ZIP64_LOCATOR_BYTES: Final = 20


class CandidateRow(NamedTuple):
    """A candidate as it travels: onset in seconds, the lane of its drum, velocity 1..127, score 0..1, confidence 0..1."""

    onset: float
    lane: int
    velocity: int
    score: float
    confidence: float


@dataclass(frozen=True)
class Project:
    """A session.

    Attributes:
        roll: notes, masks, locks, bars, thresholds.
        name: what the project is called; any text.
        recording: the file name of the recording that the notes belong to; None where there is none.
        candidates: notes that could be, by their score.
        recipe: how the notes were made.
        settings: what was set on the page; plain values by name.
    """

    roll: EditedRoll
    name: str = ""
    recording: str | None = None
    candidates: tuple[CandidateRow, ...] = ()
    recipe: tuple[Action, ...] = ()
    settings: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The project as plain values."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "name": self.name,
            "recording": self.recording,
            "roll": self.roll.to_json(),
            "candidates": [list(row) for row in self.candidates],
            "recipe": [action.to_json() for action in self.recipe],
            "settings": dict(self.settings),
        }

    @classmethod
    def from_json(cls, obj: object) -> "Project":
        """Checks plain values and makes them a project. Raises ValueError naming what is wrong."""
        if not isinstance(obj, dict) or obj.get("format") != FORMAT:
            raise ValueError("it does not say that it is a project of Noise-to-Notes")
        if isinstance(obj.get("version"), bool) or obj.get("version") != VERSION:
            raise ValueError(f"it was saved by another version of the program: this one reads version {VERSION}")
        roll, recording = EditedRoll.from_json(obj.get("roll")), obj.get("recording")
        if roll.thresholds is None:
            roll = replace(roll, thresholds=parse_thresholds(obj.get("thresholds")))
        return cls(
            roll,
            name=_text("name", obj.get("name", "")),
            recording=None if recording is None else _text("recording", recording),
            candidates=_candidates(obj.get("candidates", [])),
            recipe=parse_recipe(obj.get("recipe", [])),
            settings=_settings(obj.get("settings", {})),
        )


def write_project(project: Project, path: str | Path, *, audio: Path | None = None) -> None:
    """Writes a project file.

    Args:
        project: what to keep.
        path: where to; the file is replaced.
        audio: the recording, to travel along as it is; None keeps its name alone.

    Raises:
        ValueError: the session is larger than a project can be, even without what its actions gave.
    """
    text = _session(project)
    with zipfile.ZipFile(path, "w") as archive:
        # a fixed date, so that equal projects give equal files
        session = zipfile.ZipInfo(SESSION)
        archive.writestr(session, text, zipfile.ZIP_DEFLATED)
        if audio is not None:
            with audio.open("rb") as source, archive.open(zipfile.ZipInfo(AUDIO), "w") as target:
                shutil.copyfileobj(source, target)


def _session(project: Project) -> str:
    """The session in JSON, as short as it can be read back: of a long one, what the oldest actions gave is left out."""
    text = json.dumps(project.to_json(), allow_nan=False)
    recipe, excess = list(project.recipe), len(text) - MAX_SESSION_BYTES
    if excess <= 0:
        return text
    for index, action in enumerate(recipe):
        if excess > 0 and action.results:
            excess -= len(json.dumps([result.to_json() for result in action.results]))
            recipe[index] = replace(action, results=())
    if excess > 0:
        raise ValueError(f"the session takes more than {MAX_SESSION_BYTES / 1e6:.0f} MB, which no project can hold: keep MIDI or JSON")
    return json.dumps(replace(project, recipe=tuple(recipe)).to_json(), allow_nan=False)


def read_project(path: str | Path) -> Project:
    """Reads a project file.

    Raises:
        ValueError: it is none, is damaged, was made by another version, or is larger than a project can be; the text says which.
    """
    path = Path(path)
    try:
        with _open_archive(path) as archive, archive.open(SESSION) as member:
            text = member.read(MAX_SESSION_BYTES + 1)
        if len(text) > MAX_SESSION_BYTES:
            raise ValueError(f"its session takes more than {MAX_SESSION_BYTES / 1e6:.0f} MB")
        return Project.from_json(json.loads(text))
    except (OSError, EOFError, KeyError, RuntimeError, ValueError, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error) as error:
        raise ValueError(f"{path.name} is no project file that can be opened: {_reason(error)}") from error


def extract_audio(path: str | Path, folder: Path, *, max_bytes: int = MAX_AUDIO_BYTES) -> Path | None:
    """Writes the recording of a project into a folder, under a name of ours.

    Args:
        path: the project file.
        folder: where to; it must exist.
        max_bytes: the longest recording that is written.

    Returns:
        The file, `recording` with the suffix of the recording's own name where that is one of audio; None where no recording came along.

    Raises:
        ValueError: as `read_project`, or the recording is longer than allowed.
    """
    path = Path(path)
    suffix = Path(read_project(path).recording or "").suffix.lower()
    target = folder / f"recording{suffix if suffix in AUDIO_SUFFIXES else ''}"
    try:
        with _open_archive(path) as archive:
            if AUDIO not in archive.namelist():
                return None
            with archive.open(AUDIO) as member, atomic_write(target) as partial, partial.open("wb") as file:
                file.writelines(_blocks(member.read, max_bytes))
    except (EOFError, KeyError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"the recording in {path.name} cannot be read: {_reason(error)}") from error
    return target


def _open_archive(path: Path) -> zipfile.ZipFile:
    """The zip file, if it can be one of ours by its directory."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - END_BYTES - ZIP64_LOCATOR_BYTES))
        tail = file.read()
    end = tail[-END_BYTES:]
    if len(end) < END_BYTES or not end.startswith(b"PK\5\6") or tail.startswith(b"PK\6\7"):
        raise zipfile.BadZipFile("it is no zip file, or not a plain one")
    if int.from_bytes(end[12:16], "little") > MAX_DIRECTORY_BYTES:
        raise zipfile.BadZipFile("it holds more than a project does")
    archive = zipfile.ZipFile(path)
    names = archive.namelist()
    if len(names) != len(set(names)) or not {SESSION} <= set(names) <= {SESSION, AUDIO}:
        archive.close()
        raise zipfile.BadZipFile(f"it must hold {SESSION} and perhaps {AUDIO}, and nothing else")
    if not {member.compress_type for member in archive.infolist()} <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        archive.close()
        raise zipfile.BadZipFile("it is packed in a way that no project is")
    return archive


def _blocks(read: Callable[[int], bytes], max_bytes: int) -> Iterator[bytes]:
    """What can be read, block by block; raises ValueError where that is more than `max_bytes`."""
    left = max_bytes
    while block := read(1 << 20):
        left -= len(block)
        if left < 0:
            raise ValueError(f"it takes more than {max_bytes / 1e6:.0f} MB")
        yield block


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return "its session is damaged"
    return str(error)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise ValueError(f"{name} must be text of at most {LONGEST_TEXT} characters")
    return value


def _candidates(obj: object) -> tuple[CandidateRow, ...]:
    if not isinstance(obj, list) or len(obj) > MAX_CANDIDATES:
        raise ValueError(f"candidates must be a list of at most {MAX_CANDIDATES}")
    return tuple(_candidate(index, row) for index, row in enumerate(obj))


def _candidate(index: int, row: object) -> CandidateRow:
    limits = ((0.0, 1e6), (0, len(DRUMS) - 1), (1, 127), (0.0, 1.0), (0.0, 1.0))
    if isinstance(row, list) and len(row) == len(limits):
        plain = [not isinstance(value, bool) and isinstance(value, int | float) for value in row]
        if all(plain) and all(low <= value <= high for value, (low, high) in zip(row, limits, strict=True)):
            onset, lane, velocity, score, confidence = row
            if lane == int(lane) and velocity == int(velocity):
                return CandidateRow(float(onset), int(lane), int(velocity), float(score), float(confidence))
    raise ValueError(f"candidates[{index}] must be [onset in seconds, lane 0 to 6, velocity 1 to 127, score and confidence 0 to 1]")


def _settings(obj: object) -> dict[str, str | int | float | bool | None]:
    if not isinstance(obj, dict) or len(obj) > MAX_SETTINGS:
        raise ValueError(f"settings must be an object of at most {MAX_SETTINGS} plain values")
    for name, value in obj.items():
        finite = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        if not (value is None or finite or (isinstance(value, str) and len(value) <= LONGEST_TEXT)):
            raise ValueError(f"the setting {_text('name', name)[:40]!r} must be a number, short text, true or false")
    return obj
