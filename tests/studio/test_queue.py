"""The app's queue. These tests come after all others that speak to the app, since what they start keeps it busy for a while."""

from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.utils import QueueError

from tests.running_app import wait_until


def test_who_comes_when_the_queue_is_full_is_told_so(client: Client, folder: Path) -> None:
    jobs = []
    for state in ("PROCESSING", "IN_QUEUE"):
        jobs.append(client.submit(handle_file(folder / "minutes.flac"), 50, 0, api_name="/transcribe"))
        wait_until(lambda: jobs[-1].status().code.name == state)  # noqa: B023  called at once
    with pytest.raises(QueueError, match="Queue is full"):
        client.predict(handle_file(folder / "loop.wav"), 3, 0, api_name="/transcribe")
