"""Recordings: decoded once, written out without clipping, and kept for as long as their page is open."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from n2n.studio.files import Shelf
from n2n.studio.handlers import Handlers
from n2n.studio.recordings import Recordings
from n2n.studio.session import Session
from n2n.studio.settings import Settings
from n2n.studio.workshop import Workshop
from tests.studio.conftest import WORKSHOP_SECONDS
from tests.studio.visitor import served, session_of


def test_the_same_file_is_the_same_document_and_is_not_decoded_twice(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recordings = Recordings(Shelf(tmp_path, 60.0), WORKSHOP_SECONDS)
    first = recordings.hear(folder / "loop.wav")
    copy = tmp_path / "copy.wav"
    copy.write_bytes((folder / "loop.wav").read_bytes())
    monkeypatch.setattr("n2n.studio.recordings.decode", lambda *_: pytest.fail("decoded twice"))
    again = recordings.hear(copy)
    assert again.id == first.id and again.features is first.features and again.name == "copy.wav"
    assert recordings.find(first.id) == copy and recordings.find("unknown") is None


def test_a_recording_beyond_full_scale_is_written_without_clipping(handlers: Handlers, folder: Path) -> None:
    source = handlers.bring_recording(str(folder / "loud.wav"), Session()).roll["source"]
    written, given = soundfile.read(served(source["audio"]))[0], soundfile.read(folder / "loud.wav")[0]
    assert np.abs(written - given / np.abs(given).max()).max() < 1e-4


def test_a_recording_stays_for_as_long_as_its_page_is_open(folder: Path, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 60.0)
    handlers = Handlers(Workshop(None, Settings(), shelf))
    upload, elsewhere = tmp_path / "loop.wav", folder / "loop.wav"
    upload.write_bytes(elsewhere.read_bytes())
    made = [handlers.recordings.hear(upload).sound.parent, upload]
    before = elsewhere.stat().st_mtime
    for path in made:
        os.utime(path, (0, 0))
    handlers.stay(session_of(upload))
    shelf.sweep()
    assert all(time.time() - path.stat().st_mtime < 30.0 for path in made)
    handlers.stay(session_of(elsewhere))
    handlers.stay(Session())
    assert elsewhere.stat().st_mtime == before
