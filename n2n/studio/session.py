"""What is remembered of a tab: how its notes came about, and those of the rolls that undo may lead back to."""

import threading
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

MAX_LEFT: Final = 100
"""Of so many rolls that were left it is remembered how their notes came about."""

MAX_KEPT: Final = 100
"""So many sessions are kept for tabs that are loaded anew."""

Session = dict[str, Any]
"""What is remembered of a tab: {"recipe": [the calls so far, as in `n2n.export.recipe`], "audio": path of the recording that the roll
belongs to, or None, "source": id of the editor's `source`, "roll": names the roll, as "roll" in that `source` does, "left": the sessions of
rolls that undo may lead back to, by the names of their rolls}, of the last run "steps" (paths of its `N2NS` files) and "candidates" (as in
its last feed), "recording" (the file name of the roll's recording, where it is known and is not there), and "name" (of a roll whose
notes came from a file)."""


def new_session() -> Session:
    """What is remembered of a tab that has done nothing yet."""
    return {"recipe": [], "audio": None, "source": None, "roll": None, "left": {}}


def opened(session: Session, source: dict[str, Any]) -> tuple[Session, dict[str, Any]]:
    """The session once a source is in the editor, and that source with the name of its roll.

    It is another roll, unless the source was there already or the notes waited for it.
    """
    joins = source["id"] == session["source"] or (source["audio"] is not None and waits(session))
    kept = session if joins else {**new_session(), "left": left(session)}
    kept = {**kept, "roll": kept["roll"] or token_hex(6)}
    return {**kept, "source": source["id"]}, {**source, "roll": kept["roll"]}


def come_back(session: Session, roll: str | None, source: str, audio: str | None) -> Session:
    """The session after undo or redo led to that roll with that source; of one whose recording is gone, the recipe is too."""
    known = left(session)
    kept = known.get(roll, new_session())
    if kept["audio"] and not audio:  # it is gone, or was still to come
        heard = Path(kept["audio"])
        kept = {**kept, "recording": heard.name} if heard.exists() else new_session()
    return {**kept, "roll": roll, "left": known, "source": source, "audio": audio}


def left(session: Session) -> dict[str | None, Session]:
    """The sessions of all rolls, the present one last, without what each says of the others."""
    own = {name: value for name, value in session.items() if name != "left"}
    others = {roll: other for roll, other in session["left"].items() if roll != session["roll"]}
    return dict([*others.items(), (session["roll"], own)][-MAX_LEFT:])


def waits(session: Session) -> bool:
    """Whether the roll's recording is still to be brought: it has none, and was not generated."""
    return session["audio"] is None and not any(entry.get("verb") == "generate" for entry in session["recipe"])


class Sessions:
    """The latest sessions of all tabs, each by the name of its roll, which only its tab knows: for a tab that is loaded anew."""

    def __init__(self) -> None:
        self._kept: dict[str, Session] = {}
        self._lock = threading.Lock()

    def keep(self, session: Session) -> Session:
        """The same session; it is found again until `MAX_KEPT` others have come."""
        own = {name: value for name, value in session.items() if name != "left"}
        with self._lock:
            self._kept.pop(session["roll"], None)
            self._kept[session["roll"]] = own
            if len(self._kept) > MAX_KEPT:
                del self._kept[next(iter(self._kept))]
        return session

    def find(self, roll: object) -> Session | None:
        """The session of the roll of that name, as if no other had been left; None where it is not known, or not any longer."""
        with self._lock:
            own = self._kept.get(roll) if isinstance(roll, str) else None
        return {**own, "left": {}} if own else None
