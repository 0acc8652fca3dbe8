"""How the app starts, what it leaves on disk, and what it clears away."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from n2n.studio import server
from n2n.studio.settings import Settings
from tests.running_app import APP, running_app, wait_until

POSIX = pytest.mark.skipif(os.name != "posix", reason="elsewhere there is no such signal")

WITHOUT_FOLDER = """
import os, runpy, sys
del os.environ["GRADIO_TEMP_DIR"]
os.environ["TMPDIR"] = os.getcwd()
runpy.run_path(sys.argv[1], run_name="__main__")
"""
"""Starts a program as where nobody has chosen a folder for temporary files."""


def test_a_port_that_is_taken_is_refused_with_a_clear_message() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match=f"cannot listen on port {port} of 127.0.0.1: .*; choose another"):
            server.serve(Settings(port=port))


def test_mcp_without_its_package_is_refused_with_a_clear_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'noise-to-notes\[mcp\]'"):
        server.serve(Settings(mcp=True))


def test_a_model_that_cannot_be_loaded_leaves_an_app_that_says_why(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert server.load_model(Settings(model=str(tmp_path / "nowhere"))) is None
    assert "starts without a model: no model" in capsys.readouterr().err
    assert server.load_fast_model(Settings(fast_model=str(tmp_path / "nowhere"))) is None
    assert "starts without a fast model: no model" in capsys.readouterr().err
    assert server.load_fast_model(Settings(fast_model="none")) is None
    assert capsys.readouterr().err == ""


@POSIX
def test_an_app_that_is_asked_to_end_takes_its_files_along(tmp_path: Path) -> None:
    with running_app(tmp_path, ("-c", WITHOUT_FOLDER, *APP), model="none", fast_model="none"):
        (served,) = tmp_path.glob("n2n-app-*")
        (served / "upload.wav").write_bytes(b"a visitor's")
        os.kill(int(served.name.split("-")[2]), signal.SIGTERM)
        wait_until(lambda: not served.exists())


@POSIX
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
    server.remove_orphans()
    assert dead.is_dir()
