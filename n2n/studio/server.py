"""Builds the app and serves it. Nothing it serves or does reaches beyond this machine."""

import atexit
import importlib.util
import os
import shutil
import socket
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from n2n.assets import find_asset
from n2n.audio import AUDIO_SUFFIXES
from n2n.sigterm import ended_by_sigterm
from n2n.studio.files import Shelf
from n2n.studio.settings import Settings

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

    from n2n.inference import Transcriber


PAGE_ASSETS: Final = ("editor", "examples", "kits")
"""The assets that the page fetches."""
SESSION_BYTES: Final = 16 * 2**20
"""Bytes that a project file may have beyond the limit on uploads, for all that is not its recording."""
TEMPORARY: Final = "n2n-app-"
"""How the name of the temporary folder begins; the id of its process follows."""


def serve(settings: Settings) -> None:
    """Loads the model and serves the app until it is ended.

    Raises:
        ValueError: a setting cannot be met on this machine.
    """
    check(settings)
    with ended_by_sigterm():  # so that visitors' files go with it
        page = build(settings, load_model(settings), load_fast_model(settings))
        page.launch(
            server_name=settings.host or None,
            server_port=settings.port or None,
            share=False,
            inbrowser=False,
            _frontend=False,  # without a call to its own page, which on a busy machine takes longer than the 3 s that are waited for it
            **_options(settings),
        )


def mount(app: "FastAPI", settings: Settings, path: str) -> "FastAPI":
    """Adds the page to a FastAPI application, below `path`: `mount(app, Settings(), "/drums")`."""
    import gradio as gr

    check(settings)
    below = replace(settings, root_path=settings.root_path or path)  # else what is not queued is answered with addresses above `path`
    return gr.mount_gradio_app(app, build(below, load_model(below), load_fast_model(below)), path, **_options(below))


def check(settings: Settings) -> None:
    """Checks the settings before the model is loaded. Raises ValueError where one cannot be met on this machine."""
    if settings.mcp and importlib.util.find_spec("mcp") is None:
        raise ValueError("the MCP switch is on, but its package is missing: run  pip install 'noise-to-notes[mcp]'  or switch it off")
    if settings.port:
        host = settings.host or "127.0.0.1"
        try:
            socket.create_server((host, settings.port)).close()
        except OSError as error:
            raise ValueError(f"the app cannot listen on port {settings.port} of {host}: {error.strerror}; choose another") from error


def build(settings: Settings, model: "Transcriber | None", fast: "Transcriber | None" = None) -> "gr.Blocks":
    """The page; without a model it says that there is none. Where there is a fast one too, it offers the choice."""
    shelf = Shelf(temporary_folder(), settings.time_to_live)
    shelf.keep_sweeping()
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr

    from n2n.studio.page import build_page
    from n2n.studio.workshop import Workshop

    gr.set_static_paths([find_asset(name) for name in PAGE_ASSETS if (find_asset(".") / name).is_dir()])
    return build_page(Workshop(model, settings, shelf, fast), example_recordings())


def load_model(settings: Settings) -> "Transcriber | None":
    """The model that the settings name; None, and the reason on stderr, where it cannot be loaded."""
    return _load(settings.model, settings.device, "a model")


def load_fast_model(settings: Settings) -> "Transcriber | None":
    """The model that the settings name as the fast one, if any; None, and the reason on stderr, where it cannot be loaded."""
    return None if settings.fast_model == "none" else _load(settings.fast_model, settings.device, "a fast model")


def _load(name: str, device: str, what: str) -> "Transcriber | None":
    from n2n.inference import load

    try:
        return load(name, device=device)
    except ValueError as error:
        print(f"The app starts without {what}: {error}", file=sys.stderr)
        return None


def temporary_folder() -> Path:
    """Where uploads and files for download lie: the folder in GRADIO_TEMP_DIR, or a fresh one that goes when the program ends."""
    if "GRADIO_TEMP_DIR" not in os.environ:
        remove_orphans()
        os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix=f"{TEMPORARY}{os.getpid()}-")
        atexit.register(shutil.rmtree, os.environ["GRADIO_TEMP_DIR"], ignore_errors=True)
    folder = Path(os.environ["GRADIO_TEMP_DIR"]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def remove_orphans() -> None:
    """Removes the temporary folders that this user's earlier processes left behind, as one does that is killed."""
    if os.name != "posix":  # elsewhere a process cannot be asked whether it lives
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{TEMPORARY}*-*"):
        number = folder.name.removeprefix(TEMPORARY).partition("-")[0]
        with suppress(FileNotFoundError):  # another process was quicker
            own = folder.lstat().st_uid == os.getuid() and not folder.is_symlink()
            if own and number.isdecimal() and not _lives(int(number)):
                shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    """Whether another process of that id lives. This one has no folder yet: what bears its id is of one before, as in a container."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it is another user's
        return True
    return True


def example_recordings() -> list[Path]:
    """The recordings that ship with the app, if any do."""
    try:
        return sorted(path for path in find_asset("examples").iterdir() if path.suffix in AUDIO_SUFFIXES)
    except ValueError:
        return []


def _options(settings: Settings) -> dict[str, Any]:
    """Arguments that launching and mounting have in common."""
    from starlette.middleware import Middleware

    from n2n.studio.local import LocalFiles
    from n2n.studio.page import STYLE_FILE, theme

    return {
        "max_file_size": settings.upload_bytes + SESSION_BYTES,
        "root_path": settings.root_path or None,
        "allowed_paths": [],
        "show_error": True,
        "ssr_mode": False,
        "pwa": False,
        "enable_monitoring": False,
        "run_history": False,
        "mcp_server": settings.mcp,
        "footer_links": ["api"],
        "theme": theme(),
        "css_paths": STYLE_FILE,
        "app_kwargs": {"middleware": [Middleware(LocalFiles)]},
    }
