"""What the Learn page shows of a clip, against what the model and the clip themselves say; and the page's handlers, without a browser."""

import base64
import json
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import gradio as gr
import numpy as np
import pytest
import soundfile
import torch

from n2n.assets import find_asset
from n2n.audio import SAMPLE_RATE
from n2n.drums import DRUMS, LANE
from n2n.features import FLOOR_DB, N_MELS, SMEAR_FRAMES
from n2n.inference import Transcriber
from n2n.note_files import write_notes
from n2n.notes import Note, Transcription
from n2n.roll import DecodeConfig
from n2n.studio.files import Shelf
from n2n.studio.learn import Lessons
from n2n.studio.lesson import (
    EXCERPT_FRAMES,
    HEARING_SIGMAS,
    SIGMAS,
    WALK_STEPS,
    Clip,
    Lesson,
    Part,
    control_ranges,
    excerpt,
    final_c,
    find_examples,
    mark_notes,
    middle_bar,
)
from n2n.studio.settings import Settings
from n2n.studio.workshop import Workshop
from n2n.task import Features
from tests.tiny_model import tiny_checkpoint

NOTES = tuple(Note(0.1 + 0.25 * index, "KD" if index % 2 else "SN", 40 + index) for index in range(7))
FRAMES = 200


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """So small a model gains nothing from a second thread, and on a busy machine waits for it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def model() -> Transcriber:
    return Transcriber(tiny_checkpoint())


def random_mel(seed: int = 0, frames: int = FRAMES) -> torch.Tensor:
    return -60.0 + 30.0 * torch.rand(frames, N_MELS, generator=torch.Generator().manual_seed(seed))


def random_clip(seed: int = 0) -> Clip:
    return Clip(Features(random_mel(seed), (FRAMES - 1) / 100), 0.0, NOTES)


@pytest.fixture(scope="module")
def lesson(model: Transcriber) -> Lesson:
    return Lesson(model, random_clip())


def planes(part: Part, frames: int = FRAMES) -> dict[str, np.ndarray]:
    """The planes of a part by name, as the page unpacks them."""
    values = np.frombuffer(zlib.decompress(base64.b64decode(part["data"])), dtype=np.uint8).reshape(-1, frames, len(DRUMS))
    ends = np.cumsum(list(part["planes"].values()))
    return dict(zip(part["planes"], np.split(values, ends[:-1]), strict=True))


# --- the clip ---


def test_an_example_is_a_recording_that_has_its_notes_beside_it(tmp_path: Path) -> None:
    for name in ("b.flac", "b.mid", "a.wav", "a.json", "alone.wav", "notes.mid", "c.txt", "c.mid"):
        (tmp_path / name).touch()
    assert find_examples(tmp_path) == {"a": (tmp_path / "a.wav", tmp_path / "a.json"), "b": (tmp_path / "b.flac", tmp_path / "b.mid")}
    assert find_examples(tmp_path / "nowhere") == {}


def test_the_excerpt_is_the_loudest_part_with_the_notes_in_it(tmp_path: Path) -> None:
    mel = torch.full((1500, N_MELS), FLOOR_DB)
    mel[700:1100] = -20.0
    onsets = (1.0, 7.05, 9.5, 14.0)
    write_notes(Transcription(tuple(Note(onset, "HH", 80) for onset in onsets), 14.99), tmp_path / "notes.json")
    clip = excerpt(Features(mel, 14.99), tmp_path / "notes.json")
    assert 6.0 <= clip.start <= 7.0 and len(clip.features.mel) == EXCERPT_FRAMES
    assert clip.features.duration == pytest.approx(EXCERPT_FRAMES / 100 - 0.01)
    assert [note.onset + clip.start for note in clip.notes] == pytest.approx([7.05, 9.5])
    assert torch.equal(clip.features.mel, mel[round(100 * clip.start) :][:EXCERPT_FRAMES])


def test_a_short_recording_is_shown_whole_and_too_short_a_one_refused() -> None:
    clip = excerpt(Features(random_mel(), 1.999))
    assert (clip.start, clip.features.duration, len(clip.features.mel), clip.notes) == (0.0, 1.99, FRAMES, None)
    with pytest.raises(ValueError, match="at least 1 s"):
        excerpt(Features(random_mel(frames=40), 0.4))


def test_without_known_notes_the_models_own_stand_for_them(model: Transcriber) -> None:
    ready = Transcriber(replace(model.checkpoint, decode=DecodeConfig(thresholds=(0.3,) * len(DRUMS))))
    lesson = Lesson(ready, replace(random_clip(), notes=None))
    assert lesson.notes == ready.transcribe(lesson.features).notes != ()
    described = dict(lesson.parts())["clip"]
    assert described["known"] is False and len(described["notes"]) == len(lesson.notes)


# --- the parts ---


def test_all_parts_come_in_order_and_are_plain_values(lesson: Lesson) -> None:
    parts = dict(lesson.parts())
    assert list(parts) == ["clip", "noising", "hearing", "walks", "filling"]
    assert json.loads(json.dumps(parts))["clip"]["notes"][1] == [0.35, LANE["KD"], 41]


def test_estimates_are_those_of_the_denoiser_under_the_noise_that_is_drawn(lesson: Lesson, model: Transcriber) -> None:
    shown = planes(lesson.noising())
    assert np.array_equal(shown["noise"][0], lesson.noise_bytes[..., 0])
    noise = (lesson.noise_bytes.astype(np.float32) - 128.0) / 32.0
    assert abs(noise.mean()) < 0.06 and abs(noise.std() - 1.0) < 0.06
    level = 9
    noisy = torch.from_numpy(lesson.roll + np.float32(SIGMAS[level]) * noise)[None]
    heard = torch.zeros(1, FRAMES, dtype=torch.bool)
    with torch.inference_mode():
        condition = model.denoiser.network.encode(torch.zeros(1, FRAMES, N_MELS), heard)
        estimate = model.denoiser(noisy, torch.tensor([SIGMAS[level]]), condition)[0, :, :, 0].numpy()
    expected = 255.0 * np.clip((estimate + 1.0) / 2.0, 0.0, 1.0)
    assert np.abs(shown["unheard"][level] - expected).max() < 1.0


def test_under_almost_no_noise_the_estimate_is_the_clean_roll(lesson: Lesson) -> None:
    clean = (lesson.roll[..., 0] > 0) * 255
    assert np.abs(planes(lesson.noising())["heard"][0].astype(int) - clean).max() < 40


def test_what_is_not_heard_leaves_no_trace(model: Transcriber) -> None:
    one, other = (Lesson(model, random_clip(seed)) for seed in (0, 1))
    noising = [planes(lesson.noising()) for lesson in (one, other)]
    assert np.array_equal(noising[0]["unheard"], noising[1]["unheard"])
    assert not np.array_equal(noising[0]["heard"], noising[1]["heard"])
    part = one.hearing()
    start, end = part["spans"][2]
    mel = one.features.mel.clone()
    mel[int(100 * start) - SMEAR_FRAMES + 1 : int(100 * end) + SMEAR_FRAMES - 1] = -1.0
    changed = Lesson(model, replace(one.clip, features=Features(mel, one.duration)))
    before, after = planes(part)["level0"], planes(changed.hearing())["level0"]
    assert np.array_equal(before[4], after[4]) and np.array_equal(before[1], after[1])
    assert not np.array_equal(before[0], after[0])


def test_spans_reach_from_end_to_end_and_all_and_none_agree_with_the_first_figure(lesson: Lesson) -> None:
    part = lesson.hearing()
    assert part["spans"][0][0] == 0.0 and part["spans"][-1][1] == pytest.approx(lesson.duration)
    level, same = planes(part)[f"level{HEARING_SIGMAS.index(20.0)}"], planes(lesson.noising())
    assert SIGMAS[-1] == pytest.approx(20.0)
    for found, expected in ((level[0], same["heard"][-1]), (level[1], same["unheard"][-1])):
        assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1


def test_walks_hold_the_models_own_transcriptions(lesson: Lesson, model: Transcriber) -> None:
    part = lesson.walks()
    for steps, rows in zip(WALK_STEPS, part["notes"], strict=True):
        expected = mark_notes(NOTES, model.transcribe(lesson.features, num_steps=steps).notes, lesson.duration)
        assert rows == expected
        assert sum(row[3] != 1 for row in rows) == len(NOTES)


def test_notes_are_marked_by_what_lies_within_50_ms_on_their_drum() -> None:
    estimate = (Note(0.14, "SN", 60), Note(0.3, "HH", 60), Note(0.65, "SN", 60))
    reference = (Note(0.1, "SN", 90), Note(0.3, "KD", 90), Note(0.5941, "SN", 90))
    rows = mark_notes(reference, estimate, 2.0)
    assert [0.14, LANE["SN"], 60, 0] in rows
    assert [0.3, LANE["HH"], 60, 1] in rows and [0.65, LANE["SN"], 60, 1] in rows
    assert [0.3, LANE["KD"], 90, 2] in rows and [0.5941, LANE["SN"], 90, 2] in rows
    assert len(rows) == 5


def test_the_controls_range_over_what_the_parts_of_every_clip_hold(lesson: Lesson) -> None:
    ranges, hearing, filling = control_ranges(), lesson.hearing(), lesson.filling()
    assert len(ranges["noising_sigmas"]) == lesson.noising()["planes"]["heard"] == lesson.noising()["planes"]["unheard"]
    assert hearing["planes"] == {f"level{i}": 2 + ranges["withheld_places"] for i in range(len(ranges["hearing_sigmas"]))}
    assert len(hearing["spans"]) == ranges["withheld_places"]
    assert len(lesson.walks()["notes"]) == len(ranges["walk_steps"])
    assert len(filling["sigmas"]) == filling["planes"]["noisy"] == ranges["fill_steps"]


def test_a_rewritten_bar_leaves_all_else_as_it_was(lesson: Lesson) -> None:
    part = lesson.filling()
    start, end = part["span"]
    first, last = int(np.ceil(100 * start)), int(np.ceil(100 * end))
    outside = [row for row in part["notes"] if not first <= round(100 * row[0]) < last]
    given = [[round(note.onset, 4), LANE[note.drum], note.velocity] for note in NOTES]
    assert outside == [row for row in given if not first <= round(100 * row[0]) < last] != given
    estimates = planes(part)["estimate"]
    locked = np.r_[0:first, last:FRAMES]
    assert len(estimates) == len(part["sigmas"]) == len(planes(part)["noisy"])
    assert all(np.array_equal(estimate[locked], 255 * (lesson.roll[locked, :, 0] > 0)) for estimate in estimates)


def test_notes_near_the_ends_may_belong_to_hits_beyond_them() -> None:
    estimate = (Note(0.02, "SN", 60), Note(0.03, "HH", 60), Note(1.0, "SN", 60), Note(1.97, "KD", 60))
    rows = mark_notes((Note(0.05, "SN", 90),), estimate, 2.0)
    assert rows == [[0.02, LANE["SN"], 60, 0], [1.0, LANE["SN"], 60, 1]]


def test_a_bar_is_four_beats_from_line_to_line_near_the_middle_and_never_most_of_the_clip() -> None:
    steady = [Note(0.05 + 0.6 * index, drum, 80) for index in range(12) for drum in ("HH", ("KD", "SN")[index % 2])]
    start, end = middle_bar(steady, 7.2)
    assert end - start == pytest.approx(2.4, rel=0.03)
    assert start == pytest.approx(0.05 + 2.4, abs=0.05) and abs(start + end - 7.2) <= end - start
    start, end = middle_bar([], 2.0)
    assert end - start == pytest.approx(0.9)


def test_the_end_of_the_annealing_is_read_from_the_record_of_the_training() -> None:
    assert final_c({"config": {"objective": {"annealing": {"c_max": 1.0, "c_min": 0.2}}}}) == 0.2
    assert final_c({"config": {"objective": {"annealing": None}}}) == "squared"
    assert final_c({"config": {"objective": {}}}) is None and final_c({}) is None and final_c({"config": "?"}) is None


def test_the_measured_curve_covers_the_steps_that_the_page_shows() -> None:
    curve = json.loads(find_asset("learn/curve.json").read_text(encoding="utf-8"))
    assert tuple(point["num_steps"] for point in curve["points"]) == WALK_STEPS
    assert all(0.5 < point["f1"] <= 1.0 and 0.0 <= point["deviation"] < 0.1 for point in curve["points"])
    times = [point["seconds_per_second"] for point in curve["points"]]
    assert times == sorted(times) and times[0] > 0.0


# --- the handlers ---


@pytest.fixture
def lessons(model: Transcriber, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lessons:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "served"))
    (tmp_path / "served").mkdir()
    noise = 0.2 * np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE)
    for path in (tmp_path / "loop.wav", tmp_path / "served" / "mine.wav"):
        soundfile.write(path, noise, SAMPLE_RATE)
    write_notes(Transcription(NOTES, 2.0), tmp_path / "loop.mid")
    workshop = Workshop(model, Settings(max_seconds=10.0), Shelf(tmp_path / "shelf", 60.0))
    return Lessons(workshop, {"loop": (tmp_path / "loop.wav", tmp_path / "loop.mid")})


def states(updates: list[dict[str, Any]]) -> list[str]:
    return [update["clip"]["state"] for update in updates if "clip" in update]


def test_parts_are_made_once_and_then_had_at_once(lessons: Lessons) -> None:
    chosen = {"pick": 1, "example": "loop"}
    assert lessons.choose(chosen)["clip"]["state"] == "waiting"
    updates = list(lessons.compute(chosen))
    assert states(updates) == ["running", "ready"]
    made = {name: part for update in updates[1:] for name, part in update.items() if isinstance(part, dict)}
    assert set(made) == {"clip", "noising", "hearing", "walks", "filling"}
    again = lessons.choose({"pick": 7, "example": "loop"})
    for name, part in made.items():
        assert part["pick"] == 1 and again[name] == {**part, "pick": 7}


def test_on_shared_gpus_all_lessons_share_one_worker(lessons: Lessons, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    workers: list[Any] = []
    monkeypatch.setitem(sys.modules, "spaces", ModuleType("spaces"))
    monkeypatch.setattr(sys.modules["spaces"], "GPU", lambda *, duration: lambda work: workers.append(work) or work, raising=False)
    shared = Lessons(lessons.workshop, lessons.examples)
    for pick, chosen in enumerate(({"example": "loop"}, {"path": str(tmp_path / "served" / "mine.wav")})):
        assert states(list(shared.compute({"pick": pick, **chosen}))) == ["running", "ready"]
    assert len(workers) == 1


def test_what_a_host_says_of_its_gpus_is_told_in_its_own_words(lessons: Lessons, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(clip: Clip) -> Iterator[tuple[str, Part]]:
        raise gr.Error("You have exceeded your free ZeroGPU quota")
        yield

    monkeypatch.setitem(sys.modules, "spaces", ModuleType("spaces"))
    monkeypatch.setattr(sys.modules["spaces"], "GPU", lambda *, duration: lambda work: refused, raising=False)
    chosen = {"pick": 4, "example": "loop"}
    shared = Lessons(lessons.workshop, lessons.examples)
    *_, last = shared.compute(chosen)
    assert last["clip"] == {"pick": 4, "state": "failed", "message": "You have exceeded your free ZeroGPU quota"}
    assert shared.choose(chosen)["clip"]["state"] == "waiting"  # it can be tried again


def test_a_clip_that_the_visitor_has_left_is_not_finished(lessons: Lessons) -> None:
    first, second = ({"pick": pick, "example": "loop"} for pick in (1, 2))
    lessons.choose(first)
    updates = lessons.compute(first)
    assert states([next(updates), next(updates)]) == ["running", "ready"]
    lessons.choose(second)
    assert list(updates) == []
    assert states(list(lessons.compute(second))) == ["running", "ready"]


def test_a_visitors_own_recording_is_had_by_its_path_or_by_its_id_in_the_studio(lessons: Lessons, tmp_path: Path) -> None:
    path = tmp_path / "served" / "mine.wav"
    by_path = list(lessons.compute({"pick": 1, "path": str(path)}))
    recording = lessons.recordings.hear(path)
    by_id = list(lessons.compute({"pick": 1, "recording": recording.id}))
    assert by_path[1:] == by_id[1:] and states(by_path) == ["running", "ready"]
    assert by_path[1]["clip"]["known"] is False


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"example": "../secret"}, "no example"),
        ({"recording": "0" * 32}, "not kept any more"),
        ({"path": "/etc/passwd"}, "not kept any more"),
        ({"path": "{served}/../loop.wav"}, "not kept any more"),
        ({"path": "{served}/none.wav"}, "not kept any more"),
        ({"path": "{served}/garbage.wav"}, "garbage.wav is no audio"),
    ],
)
def test_what_is_not_there_or_not_the_visitors_is_refused(lessons: Lessons, tmp_path: Path, choice: dict[str, str], text: str) -> None:
    (tmp_path / "served" / "garbage.wav").write_bytes(b"this is no audio" * 100)
    chosen = {name: value.replace("{served}", str(tmp_path / "served")) for name, value in choice.items()}
    *_, last = lessons.compute({"pick": 3, **chosen})
    assert last["clip"]["pick"] == 3 and last["clip"]["state"] == "failed" and text in last["clip"]["message"]
    assert str(tmp_path) not in last["clip"]["message"]


@pytest.mark.parametrize("value", [None, "funk", {}, {"pick": "1", "example": "loop"}, {"pick": 1}, {"pick": 1, "path": ["/"]}])
def test_a_value_that_the_page_never_writes_is_refused(lessons: Lessons, value: object) -> None:
    for handler in (lessons.choose, lessons.fail, lambda value: list(lessons.compute(value))):
        with pytest.raises(gr.Error, match="no clip was chosen"):
            handler(value)


def test_without_a_model_and_when_the_queue_is_full_it_is_said(lessons: Lessons) -> None:
    bare = Lessons(Workshop(None, Settings(), lessons.workshop.shelf), {})
    chosen = {"pick": 2, "example": "loop"}
    assert bare.facts()["model"] is None and bare.facts()["examples"] == [] and bare.facts()["ranges"] == control_ranges()
    assert "no model" in bare.choose(chosen)["clip"]["message"]
    assert [update["clip"]["state"] for update in bare.compute(chosen)] == ["failed"]
    assert lessons.fail(chosen)["clip"] == {"pick": 2, "state": "failed", "message": "The app is busy with others. Try again in a moment."}
