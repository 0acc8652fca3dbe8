"""What is remembered of a tab: how its notes came about, and those of the rolls that undo may lead back to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from n2n.export.project import CandidateRow
from n2n.studio.files import Shelf
from n2n.studio.memory import Memory

MAX_EARLIER: Final = 100
"""How many earlier rolls undo can return to with their recipes."""

MAX_KEPT: Final = 100
"""How many sessions are kept for reloaded tabs."""


@dataclass(frozen=True)
class Session:
    """What is remembered of a tab; the defaults are those of a tab that has done nothing yet.

    Attributes:
        recipe: the calls so far, in the JSON of `n2n.export.recipe`.
        audio: path of the recording that the roll belongs to.
        source: id of the editor's `source`.
        roll: names the roll, as "roll" in that `source` does.
        steps: paths of the last run's `N2NS` files, one a denoising step.
        candidates: those of the last run, as in its last feed.
        recording: file name of the roll's recording, where the name is known but the file is not there.
        name: that of the file or project that the notes came from.
        unasked: whether the recording is an example that came with the page, and not a choice.
        earlier: the sessions of the earlier rolls that undo may return to, by `roll`; in each of them `earlier` is empty.
    """

    recipe: list[dict[str, Any]] = field(default_factory=list)
    audio: str | None = None
    source: str | None = None
    roll: str | None = None
    steps: list[str] = field(default_factory=list)
    candidates: tuple[CandidateRow, ...] = ()
    recording: str | None = None
    name: str | None = None
    unasked: bool = False
    earlier: "Mapping[str | None, Session]" = field(default_factory=dict)


def opened(session: Session, source: dict[str, Any]) -> tuple[Session, dict[str, Any]]:
    """The session once a source is in the editor, and that source with the name of its roll.

    A new roll begins, unless the source was there already or the notes waited for their recording.
    """
    joins = source["id"] == session.source or (source["audio"] is not None and waits(session))
    kept = session if joins else Session(earlier=earlier_rolls(session))
    kept = replace(kept, roll=kept.roll or token_hex(6), source=source["id"])
    return kept, {**source, "roll": kept.roll}


def come_back(session: Session, roll: str | None, source: str, audio: str | None) -> Session:
    """The session after undo or redo returned to a roll and its source. Where the recording is gone, the recipe is, too."""
    known = earlier_rolls(session)
    kept = known.get(roll, Session())
    if kept.audio and not audio:  # it is gone, or was still to come
        heard = Path(kept.audio)
        kept = replace(kept, recording=heard.name) if heard.exists() else Session()
    return replace(kept, roll=roll, earlier=known, source=source, audio=audio)


def earlier_rolls(session: Session) -> dict[str | None, Session]:
    """The latest `MAX_EARLIER` sessions by roll, the present one last, each without its own `earlier`."""
    others = {roll: other for roll, other in session.earlier.items() if roll != session.roll}
    return dict([*others.items(), (session.roll, replace(session, earlier={}))][-MAX_EARLIER:])


def waits(session: Session) -> bool:
    """Whether the roll's recording is still to be brought: it has none, and was not generated."""
    return session.audio is None and not any(entry.get("verb") == "generate" for entry in session.recipe)


def known_files(session: Session) -> set[str]:
    """File names of the recordings that the tab's rolls belong to, by which alone it may be told of them."""
    rolls = [session, *session.earlier.values()]
    return {name for roll in rolls for name in (Path(roll.audio).name if roll.audio else None, roll.recording) if name}


class Sessions:
    """The latest sessions of all tabs, each by the name of its roll, which only its tab knows: for tabs that are reloaded.

    Args:
        shelf: says for how long a session is kept.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._kept: Memory[str | None, Session] = shelf.memory(MAX_KEPT)

    def keep(self, session: Session) -> Session:
        """Keeps a session until it expires or `MAX_KEPT` others have come, and returns it."""
        self._kept.put(session.roll, replace(session, earlier={}))
        return session

    def renew(self, session: Session) -> None:
        """Makes a session that is kept count as new."""
        self._kept.renew(session.roll)

    def find(self, roll: object) -> Session | None:
        """The session of the roll of that name, without its `earlier`; None where it is not kept, or not any longer."""
        return self._kept.get(roll) if isinstance(roll, str) else None
