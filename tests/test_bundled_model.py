"""The models that ship: they are what their configs say, hear drums, and do not fall silent where they hear nothing."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import n2n
from n2n.assets import find_asset
from n2n.audio import load_audio
from n2n.drums import DRUMS
from n2n.evaluate import evaluate
from n2n.inference import Transcriber
from n2n.model import num_parameters
from n2n.note_files import read_notes
from n2n.notes import Note, Transcription
from n2n.render import load_kit, render_notes
from n2n.roll import mask_from_regions

PERFORMED_DENSITY = 9.2
"""Hits a second of all training performances, short fills included."""


@pytest.fixture(scope="module")
def model() -> Transcriber:
    torch.set_num_threads(1)
    return n2n.load("small", device="cpu")


@pytest.fixture(scope="module")
def groove() -> Transcription:
    """Four bars of rock at 100 beats a minute, with ghost notes and a fill; 9.6 s."""
    eighth = 0.3
    notes = [Note(i * eighth, "HH", 90 if i % 2 == 0 else 60) for i in range(28)]
    notes += [Note(bar * 8 * eighth + beat * eighth, "KD", 110) for bar in range(4) for beat in (0, 3, 4)]
    notes += [Note(bar * 8 * eighth + beat * eighth, "SN", 105) for bar in range(4) for beat in (2, 6)]
    notes += [Note(28 * eighth + k * eighth / 2, "TT", 100 - 5 * k) for k in range(8)]
    return Transcription(tuple(notes), 9.9)


def recording(groove: Transcription, kit: str) -> np.ndarray:
    return render_notes(groove, load_kit(kit))


def test_it_is_small_and_carries_the_record_of_its_training(model: Transcriber) -> None:
    folder = find_asset("models/small")
    assert sum(path.stat().st_size for path in folder.iterdir()) < 12_000_000
    assert 3_000_000 <= num_parameters(model.denoiser.requires_grad_(True)) <= 6_000_000
    model.denoiser.requires_grad_(False)
    record = json.loads((folder / "config.json").read_text(encoding="utf-8"))["training"]
    assert record["iterations"] > 1000 and record["hours_of_audio"] > 1.0
    last = record["history"][-1]
    assert 0 < last["iteration"] <= record["iterations"] and 0.5 < last["F1@5"] < 1.0


@pytest.mark.parametrize("kit", ["osdk", "muldjord"])
@pytest.mark.parametrize("drum", ["KD", "SN", "TT", "HH"])
def test_a_drum_is_heard_that_plays_alone(model: Transcriber, drum: str, kit: str) -> None:
    """As in a producer's loop: eighths with rests, every other one softer."""
    notes = tuple(Note(0.3 * i, drum, 105 if i % 2 == 0 else 70) for i in range(32) if i % 8 not in (3, 6))
    alone = Transcription(notes, 9.9)
    score = evaluate({"loop": alone}, {"loop": model.transcribe(recording(alone, kit)).transcription}, num_classes=7, num_resamples=1)
    assert score.total.onset.pooled.f1 > 0.8


@pytest.mark.parametrize("kit", ["osdk", "muldjord", "virtuosity"])
@pytest.mark.parametrize("num_steps", [1, 5])
def test_a_plain_groove_is_heard(model: Transcriber, groove: Transcription, kit: str, num_steps: int) -> None:
    result = model.transcribe(recording(groove, kit), num_steps=num_steps)
    scored = evaluate({"groove": groove}, {"groove": result.transcription}, num_classes=5, velocity=False)
    assert scored.total.onset.pooled.f1 > 0.85


def test_louder_hits_are_heard_as_louder(model: Transcriber) -> None:
    loud_and_soft = Transcription(tuple(Note(0.5 * i, "SN", 120 if i % 2 == 0 else 45) for i in range(12)), 6.5)
    notes = model.transcribe(recording(loud_and_soft, "osdk")).notes
    snares = [note for note in notes if note.drum == "SN"]
    loud = [note.velocity for note in snares if round(note.onset / 0.5) % 2 == 0]
    soft = [note.velocity for note in snares if round(note.onset / 0.5) % 2 == 1]
    assert min(loud) > max(soft)


def test_generated_clips_are_not_silent(model: Transcriber) -> None:
    seconds = 15.0
    counts = [len(model.generate(seconds, seed=seed).notes) for seed in range(4)]
    assert np.mean(counts) / seconds > 0.5 * PERFORMED_DENSITY


def test_imagined_spans_are_not_silent_and_leave_the_rest_alone(model: Transcriber, groove: Transcription) -> None:
    start, end = 2.4, 7.2
    mask = mask_from_regions([(start, end, DRUMS)], 991)
    audio = recording(groove, "osdk")[: 990 * 441]
    outside = [note for note in groove.notes if not start <= note.onset < end]
    imagined = []
    for seed in range(3):
        result = model.regenerate(audio, groove, mask, listen=False, seed=seed)
        assert [note for note in result.notes if not start <= note.onset < end] == outside
        imagined.append(len(result.notes) - len(outside))
    assert np.mean(imagined) > 0.25 * (len(groove.notes) - len(outside))


def test_the_fast_model_hears_in_one_step_nearly_what_the_other_hears_in_ten(model: Transcriber, groove: Transcription) -> None:
    fast = n2n.load("small-1step", device="cpu")
    sampling = fast.checkpoint.sampling
    assert (sampling.num_steps, sampling.imagine_steps) == (1, 1)

    def f1(transcriber: Transcriber, num_steps: int | None) -> float:
        heard = {kit: transcriber.transcribe(recording(groove, kit), num_steps=num_steps).transcription for kit in ("osdk", "muldjord")}
        return evaluate(dict.fromkeys(heard, groove), heard, num_classes=5, velocity=False).total.onset.pooled.f1

    assert f1(fast, None) > f1(model, 10) - 0.05


def test_the_fast_model_invents_in_one_step(model: Transcriber) -> None:
    fast = n2n.load("small-1step", device="cpu")
    density = {name: len(each.generate(30.0, num_steps=1).notes) / 30.0 for name, each in (("fast", fast), ("small", model))}
    assert density["fast"] > 0.2 * PERFORMED_DENSITY > density["small"]


def test_hiss_holds_no_notes(model: Transcriber) -> None:
    hiss = 1e-3 * np.random.default_rng(0).standard_normal(3 * 44100)
    assert model.transcribe(hiss.astype(np.float32)).notes == ()


def score(right: Transcription, found: Transcription) -> float:
    """Onset F1 over all classes."""
    return evaluate({"it": right}, {"it": found}, num_classes=7, velocity=False).total.onset.pooled.f1


def rough(notes: Transcription) -> Transcription:
    """Every fifth note left out, every seventh on another drum, and some where nothing is."""
    other = {"KD": "SN", "SN": "TT", "TT": "SN", "HH": "RD", "RD": "HH", "CY": "HH", "BE": "RD"}
    kept = [note if index % 7 else replace(note, drum=other[note.drum]) for index, note in enumerate(notes.notes) if index % 5]
    false = [Note(0.61 + 1.3 * k, DRUMS[k % 7], 70) for k in range(6)]
    return Transcription(tuple(sorted([*kept, *false])), notes.duration)


def test_refining_makes_a_rough_transcription_better_and_a_right_one_no_worse(model: Transcriber) -> None:
    audio, right = find_asset("examples/funk.flac"), read_notes(find_asset("examples/funk.mid"))
    right = Transcription(right.notes, min(right.duration, model.listen(audio).duration))
    assert score(right, rough(right)) < 0.85
    assert score(right, model.refine(audio, rough(right)).transcription) > 0.95
    assert score(right, model.refine(audio, right, strength=0.05).transcription) > 0.97


def test_by_what_is_hardly_heard_refining_goes_by_the_notes_that_are_given(model: Transcriber) -> None:
    right = read_notes(find_asset("examples/funk.mid"))
    audio = load_audio(find_asset("examples/funk.flac"))
    buried = audio + np.random.default_rng(0).normal(0.0, audio.std(), len(audio)).astype(np.float32)
    assert score(right, model.refine(buried, right).transcription) > score(right, model.transcribe(buried).transcription) + 0.03
