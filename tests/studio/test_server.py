"""What the app leaves on disk, and what it clears away."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from n2n.studio import server
from tests.running_app import APP, running_app, wait_until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="elsewhere there is no such signal")

WITHOUT_FOLDER = """
import os, runpy, sys
del os.environ["GRADIO_TEMP_DIR"]
os.environ["TMPDIR"] = os.getcwd()
runpy.run_path(sys.argv[1], run_name="__main__")
"""
"""Starts a program as where nobody has chosen a folder for temporary files."""


def test_an_app_that_is_asked_to_end_takes_its_files_along(tmp_path: Path) -> None:
    with running_app(tmp_path, ("-c", WITHOUT_FOLDER, *APP), model="none", fast_model="none"):
        (served,) = tmp_path.glob("n2n-app-*")
        (served / "upload.wav").write_bytes(b"a visitor's")
        os.kill(int(served.name.split("-")[2]), signal.SIGTERM)
        wait_until(lambda: not served.exists())


def test_folders_of_processes_that_were_killed_go_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")  # so that what is set here goes with the test
    monkeypatch.delenv("GRADIO_TEMP_DIR")
    monkeypatch.setattr(server.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(server.atexit, "register", lambda *_, **__: None)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead, living, before = (tmp_path / f"n2n-app-{process}-x" for process in (ended.pid, os.getppid(), os.getpid()))
    others = [tmp_path / name for name in ("n2n-app-abc", "n2n-app-a-b", f"other-{ended.pid}-x")]
    target, link = tmp_path / "target", tmp_path / f"n2n-app-{ended.pid}-y"
    for folder in (dead, living, before, *others, target):
        folder.mkdir()
    link.symlink_to(target)
    own = server.temporary_folder()
    assert own.name.startswith(f"n2n-app-{os.getpid()}-") and own.is_dir()
    assert not dead.exists() and not before.exists() and all(folder.is_dir() for folder in (living, target, link, *others))
    dead.mkdir()
    monkeypatch.setattr(server.os, "getuid", lambda: dead.stat().st_uid + 1)
    server.remove_abandoned()
    assert dead.is_dir()
