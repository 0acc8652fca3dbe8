"""The public endpoints as their callers see them."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest
import soundfile
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from gradio_client.utils import QueueError

from n2n.audio import SAMPLE_RATE
from n2n.drums import DRUMS
from n2n.inference import load
from n2n.note_files import read_notes
from n2n.notes import Note, Transcription
from n2n.render import render_notes
from n2n.roll import mask_from_regions
from n2n.studio import server
from n2n.studio.api import Endpoints
from n2n.studio.files import Shelf
from n2n.studio.settings import Settings
from n2n.studio.workshop import Workshop
from n2n.task import Progress, Task
from tests.running_app import SECONDS_TO_START, wait_until

GIVEN = Transcription(tuple(Note(onset, drum, 64, 0.5) for drum in ("KD", "SN", "HH") for onset in (0.1234567, 0.7, 1.3, 1.9)), 2.0)
MASKS = [{"start": 0.5, "end": 1.5, "drums": ["KD", "HH"]}]
ENDPOINTS = {
    "/transcribe": ["audio", "num_steps", "seed", "fast"],
    "/regenerate": ["audio", "notes", "masks", "listen", "num_steps", "seed", "fast"],
    "/refine": ["audio", "notes", "strength", "num_steps", "seed", "fast"],
    "/generate": ["seconds", "num_steps", "seed", "fast"],
    "/render": ["notes", "kit"],
}


def transcribe(client: Client, audio: Path, num_steps: object = 3, seed: object = 0) -> tuple[dict, str]:
    return client.predict(handle_file(audio), num_steps, seed, api_name="/transcribe")


def test_the_five_endpoints_are_public_and_documented_and_nothing_else_is(client: Client) -> None:
    api = client.view_api(return_format="dict", print_info=False)
    assert not api["unnamed_endpoints"]
    named = api["named_endpoints"]
    assert {name: [given["parameter_name"] for given in named[name]["parameters"]] for name in named} == ENDPOINTS
    for name, endpoint in named.items():
        assert len(endpoint["description"]) > 20, name
        assert all(len(given["python_type"]["description"]) > 15 for given in endpoint["parameters"]), name
    required = {
        name: [given["parameter_name"] for given in named[name]["parameters"] if not given["parameter_has_default"]] for name in named
    }
    assert required == {
        "/transcribe": ["audio"],
        "/regenerate": [],  # audio may be left out, so what follows it needs a default too; no notes or masks are still refused
        "/refine": ["audio", "notes"],
        "/generate": ["seconds"],
        "/render": ["notes"],
    }


def test_transcribe_gives_the_notes_as_json_and_as_a_midi_file_that_agree(client: Client, folder: Path) -> None:
    notes, midi = transcribe(client, folder / "loop.wav", seed=1)
    transcription = Transcription.from_json(notes)
    expected = load(folder / "model").transcribe(folder / "loop.wav", num_steps=3, seed=1)
    assert [note.drum for note in transcription.notes] == [note.drum for note in expected.notes] != []
    assert [note.velocity for note in read_notes(midi).notes] == [note.velocity for note in transcription.notes]
    assert transcription.duration == 2.0 and Path(midi).name == "loop.mid"


def test_the_same_seed_gives_the_same_notes_and_another_seed_others(client: Client, folder: Path) -> None:
    first, again, other = (transcribe(client, folder / "loop.wav", seed=seed)[0] for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("listen", [True, False])
def test_regenerate_leaves_every_note_outside_the_masks_exactly_as_it_was(client: Client, folder: Path, listen: bool) -> None:
    given = GIVEN.to_json()
    audio = handle_file(folder / "loop.wav") if listen else None
    notes, midi = client.predict(audio, given, MASKS, listen, 3, 4, api_name="/regenerate")

    def masked(note: dict[str, Any]) -> bool:
        return note["drum"] in ("KD", "HH") and 0.5 <= note["onset"] < 1.5

    assert [note for note in notes["notes"] if not masked(note)] == [note for note in given["notes"] if not masked(note)]
    model, mask = load(folder / "model"), mask_from_regions([(0.5, 1.5, ("KD", "HH"))], 201)
    expected = model.regenerate(folder / "loop.wav" if listen else None, GIVEN, mask, listen=listen, num_steps=3, seed=4)
    assert [(note["onset"], note["drum"]) for note in notes["notes"]] == [(note.onset, note.drum) for note in expected.notes]
    assert len(read_notes(midi).notes) == len(notes["notes"])


def test_regenerate_needs_no_recording_when_not_listening(client: Client) -> None:
    given = {"notes": NOTES, "masks": MASKS, "listen": False, "num_steps": 3, "seed": 4}
    notes, midi = client.predict(**given, api_name="/regenerate")
    assert notes == client.predict(audio=None, **given, api_name="/regenerate")[0] and Path(midi).name == "drums.mid"
    for missing, said in (("notes", "a transcription must be an object"), ("masks", "masks must be a list")):
        with pytest.raises(AppError, match=said):
            client.predict(**{name: value for name, value in given.items() if name != missing}, api_name="/regenerate")


def test_refine_and_generate_give_what_the_model_gives(client: Client, folder: Path) -> None:
    model = load(folder / "model")
    refined, _ = client.predict(handle_file(folder / "loop.wav"), GIVEN.to_json(), 0.3, 3, 1, api_name="/refine")
    expected = model.refine(folder / "loop.wav", GIVEN, strength=0.3, num_steps=3, seed=1)
    assert [note["drum"] for note in refined["notes"]] == [note.drum for note in expected.notes]
    generated, midi = client.predict(3, 2, 1, api_name="/generate")
    expected = model.generate(3.0, num_steps=2, seed=1)
    assert [note["drum"] for note in generated["notes"]] == [note.drum for note in expected.notes]
    assert generated["duration"] == 3.0 and Path(midi).name == "drums.mid"


def test_the_fast_model_answers_where_it_is_asked(client: Client, folder: Path) -> None:
    audio, fast = folder / "loop.wav", load(folder / "fast")
    everything = [{"start": 0.0, "end": 2.0, "drums": list(DRUMS)}]
    mask = mask_from_regions([(0.0, 2.0, DRUMS)], 201)
    asked = {
        "/transcribe": ({"audio": handle_file(audio)}, fast.transcribe(audio, seed=1)),
        "/regenerate": (
            {"audio": handle_file(audio), "notes": NOTES, "masks": everything},
            fast.regenerate(audio, GIVEN, mask, listen=True, seed=1),
        ),
        "/refine": ({"audio": handle_file(audio), "notes": NOTES}, fast.refine(audio, GIVEN, strength=0.5, seed=1)),
        "/generate": ({"seconds": 3}, fast.generate(3.0, seed=1)),
    }
    for endpoint, (given, expected) in asked.items():
        notes, _ = client.predict(**given, seed=1, fast=True, api_name=endpoint)
        walked, _ = client.predict(**given, seed=1, api_name=endpoint)
        assert [note["drum"] for note in notes["notes"]] == [note.drum for note in expected.notes], endpoint
        assert notes["notes"] != walked["notes"], endpoint


def test_a_fast_model_that_is_not_there_is_refused(folder: Path, tmp_path: Path) -> None:
    workshop = Workshop(load(folder / "model"), Settings(), Shelf(tmp_path, 60.0))
    with pytest.raises(gr.Error, match="no fast model: leave fast out"):
        Endpoints(workshop).generate(3.0, fast=True)


def test_what_a_host_says_of_its_gpus_reaches_the_caller_in_its_own_words(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(task: Task) -> Iterator[Progress]:
        raise gr.Error("You have exceeded your free ZeroGPU quota")
        yield

    monkeypatch.setitem(sys.modules, "spaces", ModuleType("spaces"))
    monkeypatch.setattr(sys.modules["spaces"], "GPU", lambda *, duration: lambda work: refused, raising=False)
    workshop = Workshop(load(folder / "model"), Settings(), Shelf(tmp_path, 60.0))
    with pytest.raises(gr.Error) as caught:
        Endpoints(workshop).generate(3.0)
    assert caught.value.message == "You have exceeded your free ZeroGPU quota" and not caplog.records


def test_render_plays_the_notes_on_the_kit(client: Client) -> None:
    path = client.predict(GIVEN.to_json(), "uzu", api_name="/render")
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == SAMPLE_RATE and np.abs(samples - render_notes(GIVEN, "uzu")).max() < 1e-4


@pytest.mark.parametrize(("name", "said"), [("garbage.wav", "garbage.wav is no audio"), ("long.flac", "long.flac is longer than 2 min")])
def test_what_cannot_be_heard_is_refused_without_naming_places_on_the_server(client: Client, folder: Path, name: str, said: str) -> None:
    with pytest.raises(AppError, match=said) as caught:
        transcribe(client, folder / name)
    assert str(folder) not in str(caught.value)


@pytest.mark.parametrize(("num_steps", "seed"), [(0, 0), (51, 0), (2.5, 0), (3, -1), (3, None), ("many", 0)])
def test_impossible_numbers_are_refused(client: Client, folder: Path, num_steps: object, seed: object) -> None:
    with pytest.raises(AppError):
        transcribe(client, folder / "loop.wav", num_steps, seed)


NOTES = GIVEN.to_json()


@pytest.mark.parametrize(
    ("endpoint", "given", "said"),
    [
        ("/transcribe", (None, 3, 0), "audio is missing"),
        ("/regenerate", (None, NOTES, MASKS, True, 3, 0), "listening needs audio"),
        ("/regenerate", (None, NOTES, [], False, 3, 0), "masks cover no part"),
        ("/regenerate", (None, NOTES, None, False, 3, 0), "masks must be a list"),
        ("/regenerate", (None, NOTES, [{"start": 1, "end": 0, "drums": ["KD"]}], False, 3, 0), r"masks\[0\]: its start"),
        ("/regenerate", (None, {**NOTES, "duration": 1e9}, MASKS, False, 3, 0), "seconds must lie between 0 and 120"),
        ("/regenerate", (None, {**NOTES, "notes": [{"onset": 0}]}, MASKS, False, 3, 0), r"notes\[0\]: 'drum' is missing"),
        ("/refine", (None, NOTES, 0.5, 3, 0), "audio is missing"),
        ("/generate", (0, 3, 0), "seconds must lie between 0 and 120"),
        ("/generate", (None, 3, 0), "seconds must lie"),
        ("/generate", ("8", 3, 0), "seconds must lie between 0 and 120, not '8'"),
        ("/generate", (3, "5", 0), "num_steps must be a whole number from 1 to 50, not '5'"),
        ("/generate", (3, 3, True), "seed must be a whole number"),
        ("/generate", (3, None, 0, "true"), "fast must be true or false, not 'true'"),
        ("/regenerate", (None, NOTES, MASKS, "yes", 3, 0), "listen must be true or false, not 'yes'"),
        ("/regenerate", (None, NOTES, MASKS, 1, 3, 0), "listen must be true or false, not 1"),
        ("/regenerate", (None, NOTES, MASKS, None, 3, 0), "listening needs audio"),
        ("/regenerate", (None, NOTES, [*MASKS, {"start": 100, "end": 200, "drums": ["KD"]}], False, 3, 0), "region 100:200 lies past"),
        ("/generate", (3, 3, 0, True), "answers in one step: leave num_steps out"),
        ("/render", (NOTES, "../../etc"), "unknown kit"),
        ("/render", ({**NOTES, "duration": 1e9}, "osdk"), "seconds must lie"),
        ("/render", ([1, 2], "osdk"), "a transcription must be an object"),
        ("/render", (None, "osdk"), "a transcription must be an object"),
    ],
)
def test_garbage_is_refused_with_a_text_that_says_what_is_wrong(client: Client, endpoint: str, given: tuple, said: str) -> None:
    with pytest.raises(AppError, match=said):
        client.predict(*given, api_name=endpoint)


@pytest.mark.parametrize("strength", [0, 1.5, None, "0.5", True])
def test_an_impossible_strength_is_refused(client: Client, folder: Path, strength: object) -> None:
    with pytest.raises(AppError, match="strength must"):
        client.predict(handle_file(folder / "loop.wav"), NOTES, strength, 3, 0, api_name="/refine")


def test_a_file_that_is_too_large_is_refused_by_client_and_server(client: Client, app: str, folder: Path) -> None:
    with pytest.raises(AppError, match=r"large\.wav is larger than 2 MB, the most that is taken here"):
        transcribe(client, folder / "large.wav")
    answer = httpx.post(f"{app}/gradio_api/upload", files={"files": bytes(2 * 2**20 + server.SESSION_BYTES + 1)})
    assert answer.status_code == 413


def test_who_comes_when_the_queue_is_full_is_told_so(client: Client, folder: Path) -> None:
    jobs = []
    for steps, state in ((50, "PROCESSING"), (1, "IN_QUEUE")):
        jobs.append(client.submit(handle_file(folder / "minutes.flac"), steps, 0, api_name="/transcribe"))
        wait_until(lambda: jobs[-1].status().code.name == state)  # noqa: B023  called at once
    with pytest.raises(QueueError, match="Queue is full"):
        transcribe(client, folder / "loop.wav")
    for job in jobs:
        job.result(timeout=SECONDS_TO_START)  # the tests that follow find no queue
