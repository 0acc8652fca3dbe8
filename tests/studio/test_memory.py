"""What is remembered of visitors, and for how long."""

from pathlib import Path

import pytest

from n2n.studio import memory
from n2n.studio.handlers import Handlers
from tests.studio.visitor import transcribe


def test_what_is_remembered_expires_unless_its_page_is_open(handlers: Handlers, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, opened = (transcribe(handlers, folder / name)[-1].session for name in ("other.flac", "loop.wav"))
    ids = [session.source for session in (closed, opened)]
    later = memory.monotonic() + 45.0
    for _ in range(2):
        monkeypatch.setattr(memory, "monotonic", lambda now=later: now)
        handlers.stay(opened)
        handlers.workshop.shelf.sweep()
        later += 45.0
    assert [handlers.recordings.find(str(name)) for name in ids] == [None, folder / "loop.wav"]
    assert [handlers.jobs.sessions.find(session.roll) is None for session in (closed, opened)] == [True, False]
    monkeypatch.setattr("n2n.studio.recordings.decode", lambda *_: pytest.fail("decoded"))
    handlers.recordings.hear(folder / "loop.wav")
    with pytest.raises(pytest.fail.Exception, match="decoded"):
        handlers.recordings.hear(folder / "other.flac")
