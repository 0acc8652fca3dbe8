"""What is remembered of a tab: how its notes came about, and those of the rolls that undo may lead back to."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

MAX_LEFT: Final = 100
"""Of so many rolls that were left it is remembered how their notes came about."""

MAX_KEPT: Final = 100
"""So many sessions are kept for tabs that are loaded anew."""


@dataclass(frozen=True)
class Session:
    """What is remembered of a tab; as it comes, of one that has done nothing yet.

    Attributes:
        recipe: the calls so far, in the JSON of `n2n.export.recipe`.
        audio: path of the recording that the roll belongs to.
        source: id of the editor's `source`.
        roll: names the roll, as "roll" in that `source` does.
        steps: paths of the last run's `N2NS` files.
        candidates: of the last run, as in its last feed.
        recording: file name of the roll's recording, where it is known and is not there.
        name: of a roll whose notes came from a file.
        left: the sessions of rolls that undo may lead back to, by the names of their rolls, without what each says of others.
    """

    recipe: list[dict[str, Any]] = field(default_factory=list)
    audio: str | None = None
    source: str | None = None
    roll: str | None = None
    steps: list[str] = field(default_factory=list)
    candidates: list[list[Any]] = field(default_factory=list)
    recording: str | None = None
    name: str | None = None
    left: "Mapping[str | None, Session]" = field(default_factory=dict)


def opened(session: Session, source: dict[str, Any]) -> tuple[Session, dict[str, Any]]:
    """The session once a source is in the editor, and that source with the name of its roll.

    It is another roll, unless the source was there already or the notes waited for it.
    """
    joins = source["id"] == session.source or (source["audio"] is not None and waits(session))
    kept = session if joins else Session(left=left(session))
    kept = replace(kept, roll=kept.roll or token_hex(6), source=source["id"])
    return kept, {**source, "roll": kept.roll}


def come_back(session: Session, roll: str | None, source: str, audio: str | None) -> Session:
    """The session after undo or redo led to that roll with that source; of one whose recording is gone, the recipe is too."""
    known = left(session)
    kept = known.get(roll, Session())
    if kept.audio and not audio:  # it is gone, or was still to come
        heard = Path(kept.audio)
        kept = replace(kept, recording=heard.name) if heard.exists() else Session()
    return replace(kept, roll=roll, left=known, source=source, audio=audio)


def left(session: Session) -> dict[str | None, Session]:
    """The sessions of all rolls, the present one last, without what each says of the others."""
    others = {roll: other for roll, other in session.left.items() if roll != session.roll}
    return dict([*others.items(), (session.roll, replace(session, left={}))][-MAX_LEFT:])


def waits(session: Session) -> bool:
    """Whether the roll's recording is still to be brought: it has none, and was not generated."""
    return session.audio is None and not any(entry.get("verb") == "generate" for entry in session.recipe)


class Sessions:
    """The latest sessions of all tabs, each by the name of its roll, which only its tab knows: for a tab that is loaded anew."""

    def __init__(self) -> None:
        self._kept: dict[str | None, Session] = {}
        self._lock = threading.Lock()

    def keep(self, session: Session) -> Session:
        """The same session; it is found again until `MAX_KEPT` others have come."""
        with self._lock:
            self._kept.pop(session.roll, None)
            self._kept[session.roll] = replace(session, left={})
            if len(self._kept) > MAX_KEPT:
                del self._kept[next(iter(self._kept))]
        return session

    def find(self, roll: object) -> Session | None:
        """The session of the roll of that name, as if no other had been left; None where it is not known, or not any longer."""
        with self._lock:
            return self._kept.get(roll) if isinstance(roll, str) else None
