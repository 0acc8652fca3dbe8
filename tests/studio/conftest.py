"""One running app with a small model of random weights, its limits low and its MCP switch on, for all tests that speak to it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from gradio_client import Client

from n2n.audio import SAMPLE_RATE
from n2n.checkpoint import save_checkpoint
from tests.running_app import running_app
from tests.tiny_model import one_step_checkpoint, tiny_checkpoint

MAX_SECONDS = 120.0
"""What the app takes of a recording."""
LIMITS = {"max_seconds": MAX_SECONDS, "upload_mb": 2, "queue_length": 1}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and some files to upload."""
    folder = tmp_path_factory.mktemp("studio")
    save_checkpoint(tiny_checkpoint(), folder / "model")
    save_checkpoint(one_step_checkpoint(), folder / "fast")
    noise = 0.2 * np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE)
    soundfile.write(folder / "loop.wav", noise, SAMPLE_RATE)
    soundfile.write(folder / "minutes.flac", np.zeros(round((MAX_SECONDS - 1.0) * 8000)), 8000)
    soundfile.write(folder / "long.flac", np.zeros(round((MAX_SECONDS + 1.0) * 8000)), 8000)
    (folder / "garbage.wav").write_bytes(b"this is no audio" * 100)
    (folder / "large.wav").write_bytes(bytes(3_000_000))
    return folder


@pytest.fixture(scope="session")
def app(folder: Path) -> Iterator[str]:
    with running_app(folder, model=folder / "model", fast_model=folder / "fast", **LIMITS, mcp=1) as address:
        yield address


@pytest.fixture(scope="session")
def client(app: str) -> Client:
    return Client(app, verbose=False)
