"""Tickets, the work that one job may make, and shared GPUs."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import gradio as gr
import pytest
import torch

from n2n.inference import Transcriber
from n2n.sampling import SamplingConfig
from n2n.studio.api import Endpoints
from n2n.studio.handlers import Handlers
from n2n.studio.turns import Tickets, check_work, gpu_seconds, on_gpu
from n2n.task import Features, Progress, Task
from tests.studio.conftest import CountingTranscriber
from tests.studio.visitor import MASK, feeds_of, regenerate, transcribe, value_of
from tests.tiny_model import tiny_checkpoint


def test_tickets_are_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("n2n.studio.turns.MAX_TICKETS", 2)
    tickets = Tickets()
    drawn = [tickets.draw() for _ in range(3)]
    for ticket in drawn:
        tickets.stop(ticket)
    assert [tickets.stopped(ticket) for ticket in drawn] == [False, True, True]


class Linked(str):
    """As a host's message with a link is made: markup, and in words as its `str`."""

    def __str__(self) -> str:
        return "No GPU was available. [Sign-up](https://host.example) for priority."


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("You have exceeded your free ZeroGPU quota <b>for today</b>.", "your free ZeroGPU quota &lt;b&gt;for today&lt;/b&gt;."),
        (Linked("No GPU was available. <a href='https://host.example'>Sign-up</a>"), "[Sign-up](https://host.example) for priority."),
    ],
)
def test_what_a_host_says_of_its_gpus_is_told_in_its_own_words_and_not_logged(
    handlers: Handlers,
    model: CountingTranscriber,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    message: str,
    shown: str,
) -> None:
    def refused(task: Task) -> Iterator[Progress]:
        raise gr.Error(message)
        yield

    monkeypatch.setitem(sys.modules, "spaces", ModuleType("spaces"))
    monkeypatch.setattr(sys.modules["spaces"], "GPU", lambda *, duration: lambda work: refused, raising=False)
    handlers.jobs.streams[model] = on_gpu(model.stream, gpu_seconds)
    last = transcribe(handlers, folder / "loop.wav")[-1]
    assert f"{shown}</p>" in last.status and 'data-state="failed"' in last.status
    assert last.roll["feed"]["state"] == "failed" and last.roll["feed"]["message"] == str(message)
    assert type(last.roll["feed"]["message"]) is str and not caplog.records and last.transcribe["interactive"]


def test_on_shared_gpus_one_call_holds_one_for_the_whole_walk(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    calls: list[int] = []

    def gpu(*, duration: Any) -> Any:
        def decorate(stream: Any) -> Any:
            def decorated(task: Task) -> Iterator[Progress]:
                calls.append(duration(task))
                yield from stream(task)

            return decorated

        return decorate

    monkeypatch.setitem(sys.modules, "spaces", ModuleType("spaces"))
    monkeypatch.setattr(sys.modules["spaces"], "GPU", gpu, raising=False)
    model = Transcriber(tiny_checkpoint())
    task = model.prepare_transcribe(folder / "loop.wav")
    assert [progress.step for progress in on_gpu(model.stream, gpu_seconds)(task)] == [1, 2, 3]
    (seconds,) = calls
    assert 1 <= seconds <= 120
    guided = model.prepare_transcribe(folder / "loop.wav", num_steps=50, num_samples=2, guidance=2.0)
    assert gpu_seconds(guided) == 8 + 2 * (gpu_seconds(replace(guided, guidance=1.0)) - 8)


def test_a_job_that_would_keep_all_others_waiting_is_refused(handlers: Handlers, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Transcriber(replace(tiny_checkpoint(), sampling=SamplingConfig()))
    longest = Features(torch.zeros(60_000, 128), 600.0)
    usual = model.prepare_transcribe(longest)
    check_work([usual] * 4)
    check_work([model.prepare_transcribe(longest, num_steps=50, num_samples=4)])
    for asked in ([model.prepare_transcribe(longest, num_steps=50, sampler="heun", guidance=2.0, num_samples=16)], [usual] * 54):
        with pytest.raises(ValueError, match=r"over 10 min [0-9]+ times, where 266 times are allowed: take fewer steps, samples or takes"):
            check_work(asked)
    loop = folder / "loop.wav"
    monkeypatch.setattr("n2n.studio.turns.MAX_WORK_S", 10.0)
    assert transcribe(handlers, loop, num_steps=5)[-1].session.recipe
    told = "over 2 s 6 times, where 5 times are allowed"
    for views in (transcribe(handlers, loop, num_steps=6), regenerate(handlers, loop, value_of(masks=[MASK]), takes=2, num_steps=3)):
        assert told in views[-1].status and views[-1].transcribe["interactive"] and feeds_of(views) == []
    with pytest.raises(gr.Error) as refused:
        Endpoints(handlers.workshop).transcribe(str(loop), num_steps=6)
    assert told in str(refused.value.message)
