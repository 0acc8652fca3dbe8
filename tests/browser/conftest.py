"""A running app with a small model of random weights, and Debian's Chromium, which may speak to nobody but the app."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from n2n.audio import SAMPLE_RATE
from n2n.checkpoint import save_checkpoint
from tests.running_app import running_app
from tests.tiny_model import mending, one_step_checkpoint, tiny_checkpoint

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
PATIENCE_MS = 120_000
"""On a busy machine a page may take long; a test that fails waits no longer than this."""
HARMLESS = (
    "Method not implemented.",
    "Waveform load error: MediaError",
    "Failed to load resource: the server responded with a status of 503",
    "AbortError: signal is aborted without reason",
    "Unexpected error Connection errored out.",
)
"""Lines in the console that are no faults of ours: what Gradio's player writes (the second of a file that is no audio), a full queue, and
what the player and the page write when one leaves while they load."""

MOUNTED = """
import socket, fastapi, uvicorn
from n2n.studio.server import mount
from n2n.studio.settings import Settings
app = mount(fastapi.FastAPI(), Settings.from_environment(), "/drums")
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(f"http://127.0.0.1:{listener.getsockname()[1]}")
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])
"""
"""The app below a path of another app."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser test that fails is tried once more, since Chromium on a busy machine is not steady; the summary names it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": list(FLAGS)}


@pytest.fixture(scope="session")
def base_url() -> None:
    """Pages are opened by their whole address. (The plugin's own fixture of this name is one that pytest 9 warns of.)"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and some recordings."""
    folder = tmp_path_factory.mktemp("page")
    save_checkpoint(mending(tiny_checkpoint()), folder / "model")
    save_checkpoint(one_step_checkpoint(), folder / "fast")
    rng = np.random.default_rng(0)
    for name, seconds in (("loop", 2), ("minute", 60)):
        soundfile.write(folder / f"{name}.wav", 0.2 * rng.standard_normal(seconds * SAMPLE_RATE), SAMPLE_RATE)
    soundfile.write(folder / "silence.wav", np.zeros(SAMPLE_RATE), SAMPLE_RATE)
    (folder / "garbage.wav").write_bytes(b"this is no audio" * 100)
    return folder


@pytest.fixture(scope="session")
def app(folder: Path, browser_type_launch_args: dict[str, Any]) -> Iterator[str]:
    with running_app(folder, model=folder / "model", fast_model=folder / "fast", queue_length=1) as address:
        yield address


@pytest.fixture(scope="session")
def app_without_model(tmp_path_factory: pytest.TempPathFactory, browser_type_launch_args: dict[str, Any]) -> Iterator[str]:
    """An app whose model is missing, below a path of another app."""
    folder = tmp_path_factory.mktemp("without")
    with running_app(folder, ("-c", MOUNTED), model=folder / "nowhere") as address:
        yield f"{address}/drums/"


def is_fault(message: ConsoleMessage) -> bool:
    """Whether this line of the console tells of a fault. Below a path, some is asked for at the root."""
    return message.type == "error" and not message.location["url"].endswith(("/manifest.json", "/favicon.ico"))


@pytest.fixture
def open_tab(new_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., Page]]:
    """Opens an address in a browser of its own; when the test is over, no request may have left this machine and no error been logged."""
    requests, errors = [], []

    def open_tab(address: str, *, may_fail: bool = False, **options: Any) -> Page:
        """`may_fail`: errors in this page's console are no faults, since the test takes the server away."""
        context = new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        context.on("request", lambda request: requests.append(request.url))
        if not may_fail:
            context.on("weberror", lambda error: errors.append(str(error.error)))
            context.on("console", lambda message: errors.append(f"{message.text} {message.location['url']}") if is_fault(message) else None)
        page = context.new_page()
        page.goto(address)
        return page

    yield open_tab
    away = [url for url in requests if not url.startswith(("http://127.0.0.1:", "data:", "blob:"))]
    assert requests and not away
    assert [error for error in errors if not error.startswith(HARMLESS)] == []


@pytest.fixture
def open_page(app: str, open_tab: Callable[..., Page]) -> Callable[..., Page]:
    """Opens the studio, once it is ready."""

    def open_page(address: str = app, **options: Any) -> Page:
        page = open_tab(address, **options)
        page.locator("#drum-roll [data-ready=true]").wait_for()
        page.locator("#status", has_text="One moment").wait_for(state="detached")
        return page

    return open_page
