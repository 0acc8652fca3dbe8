"""Files to upload, a workshop with a small model of random weights, whose limits are low, and one running app with all of that."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from gradio_client import Client

from n2n.audio import SAMPLE_RATE
from n2n.checkpoint import save_checkpoint
from n2n.inference import Transcriber
from n2n.studio.files import Shelf
from n2n.studio.handlers import Handlers
from n2n.studio.settings import Settings
from n2n.studio.workshop import Workshop
from n2n.task import Progress, Task
from tests.running_app import running_app
from tests.tiny_model import one_step_checkpoint, tiny_checkpoint

MAX_SECONDS = 120.0
"""What the app takes of a recording."""
LIMITS = {"max_seconds": MAX_SECONDS, "upload_mb": 2, "queue_length": 1}
WORKSHOP_SECONDS = 20.0
"""What the workshop takes of a recording."""


class CountingTranscriber(Transcriber):
    """Counts the steps that it has begun; fails at the step `fails_at`."""

    steps = 0
    fails_at = 0

    def stream(self, task: Task) -> Iterator[Progress]:
        for progress in super().stream(task):
            self.steps += 1
            if self.steps == self.fails_at:
                raise RuntimeError("secret: /srv/model")
            yield progress


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and some files to upload."""
    folder = tmp_path_factory.mktemp("studio")
    save_checkpoint(tiny_checkpoint(), folder / "model")
    save_checkpoint(one_step_checkpoint(), folder / "fast")
    noise = 0.2 * np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE)
    soundfile.write(folder / "loop.wav", noise, SAMPLE_RATE)
    soundfile.write(folder / "other.flac", noise[: SAMPLE_RATE // 2, None].repeat(2, axis=1), SAMPLE_RATE)
    soundfile.write(folder / "silence.wav", 0.0 * noise, SAMPLE_RATE)
    soundfile.write(folder / "loud.wav", 10.0 * noise, SAMPLE_RATE, subtype="FLOAT")
    soundfile.write(folder / "minutes.flac", np.zeros(round((MAX_SECONDS - 1.0) * 8000)), 8000)
    soundfile.write(folder / "long.flac", np.zeros(round((MAX_SECONDS + 1.0) * 8000)), 8000)
    (folder / "garbage.wav").write_bytes(b"this is no audio" * 100)
    (folder / "large.wav").write_bytes(bytes(3_000_000))
    return folder


@pytest.fixture
def model() -> CountingTranscriber:
    return CountingTranscriber(tiny_checkpoint())


@pytest.fixture
def workshop(model: CountingTranscriber, tmp_path: Path) -> Workshop:
    return Workshop(model, Settings(max_seconds=WORKSHOP_SECONDS), Shelf(tmp_path, 60.0))


@pytest.fixture
def handlers(workshop: Workshop) -> Handlers:
    return Handlers(workshop)


@pytest.fixture(scope="session")
def app(folder: Path) -> Iterator[str]:
    """The address of an app with its MCP switch on, for all tests that speak to it."""
    with running_app(folder, model=folder / "model", fast_model=folder / "fast", **LIMITS, mcp=1) as address:
        yield address


@pytest.fixture(scope="session")
def client(app: str) -> Client:
    return Client(app, verbose=False)
