"""The recordings that ship: what they are, that their notes are those that are heard, and how they are made."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import n2n
from n2n.assets import find_asset
from n2n.audio import SAMPLE_RATE
from n2n.datasets import Dataset, open_dataset
from n2n.evaluate import evaluate
from n2n.note_files import read_notes
from n2n.training.bank import Bundle, OneShot, write_bundle
from n2n.training.performances import Performance, write_performances
from runs.make_examples import EXAMPLES, LEAD_S, Example, bars_of, make_example

BPM = 120.0


@pytest.fixture(scope="module")
def examples() -> Dataset:
    return open_dataset(find_asset("examples"))


def test_every_example_is_a_recording_with_its_notes(examples: Dataset) -> None:
    assert {item.name for item in examples.items} == set(EXAMPLES)
    for item in examples.items:
        assert item.audio is not None
        info = soundfile.info(item.audio)
        assert (info.samplerate, info.channels, info.format) == (SAMPLE_RATE, 1, "FLAC")
        assert 6.0 <= info.duration <= 12.0
        assert item.reference.duration == pytest.approx(info.duration, abs=0.001)
        assert item.reference.tempo is not None
        assert len(item.reference.notes) >= 30


def test_the_examples_are_small() -> None:
    assert sum(path.stat().st_size for path in find_asset("examples").iterdir()) < 2_000_000


def test_no_example_clips_or_ends_in_a_click(examples: Dataset) -> None:
    for item in examples.items:
        samples, _ = soundfile.read(item.audio)
        assert 0.5 < np.abs(samples).max() < 1.0
        assert np.abs(samples[-100:]).max() < 1e-3


def test_the_notes_are_those_that_the_model_hears(examples: Dataset) -> None:
    torch.set_num_threads(1)
    model = n2n.load("small", device="cpu")
    references = {item.name: item.reference for item in examples.items}
    estimates = {item.name: model.transcribe(item.audio, num_steps=1).transcription for item in examples.items}
    scored = evaluate(references, estimates, num_classes=5, velocity=False)
    assert scored.total.onset.pooled.f1 > 0.85


def test_every_example_is_credited() -> None:
    credits = find_asset("CREDITS.md").read_text(encoding="utf-8")
    for name, example in EXAMPLES.items():
        bars = f"{example.first_bar + 1} to {example.first_bar + example.bars}"
        assert f"| `examples/{name}` | `{example.performance}` | {bars} | `{example.kit}` |" in credits


def performance(onsets: list[float], notes: list[int]) -> Performance:
    count = len(onsets)
    velocities, pedals = np.full(count, 100, np.uint8), np.zeros(count, np.uint8)
    name = EXAMPLES["rock"].performance
    return Performance(name, "validation", "rock", BPM, np.array(onsets), np.array(notes, np.uint8), velocities, 60.0, pedals)


def test_bars_are_cut_at_their_lines_and_moved_behind_the_lead() -> None:
    bar = 2.0
    played = performance([0.0, bar - 0.2, bar - 0.03, bar, 1.5 * bar, 2 * bar, 2 * bar + 0.1], [36, 38, 36, 42, 38, 36, 38])
    hits = bars_of(played, 1, 1)
    assert [hit.drum for hit in hits] == ["KD", "HH", "SN", "KD"]
    assert [hit.onset for hit in hits] == pytest.approx([LEAD_S - 0.03, LEAD_S, LEAD_S + 0.5 * bar, LEAD_S + bar])


def tiny_bundle(kit: Example) -> Bundle:
    """A click for every drum of the example's kit."""
    click = np.zeros(2000, np.int16)
    click[:200] = 20000 * np.exp(-np.arange(200) / 40.0)
    articulations = {"KD": "kick", "SN": "snare", "HH": "hh_closed"}
    shots = tuple(
        OneShot(kit.kit, drum, name, name, 100, 0, 0.0, 0, len(click), mix=kit.microphones) for drum, name in articulations.items()
    )
    return Bundle(kit.kit, "none", shots, click)


def test_making_an_example_twice_gives_equal_files_with_sound_where_the_notes_are(tmp_path: Path) -> None:
    example = EXAMPLES["rock"]
    first = example.first_bar * 2.0
    write_performances([performance([first, first + 1.0, first + 3.0], [36, 38, 36])], tmp_path / "data" / "performances.safetensors")
    write_bundle(tiny_bundle(example), tmp_path / "data" / "bundles" / "kits" / f"{example.kit}.safetensors")
    for folder in ("one", "two"):
        make_example("rock", tmp_path / "data", tmp_path / folder)
    for name in ("rock.flac", "rock.mid"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    samples, _ = soundfile.read(tmp_path / "one" / "rock.flac")
    for note in read_notes(tmp_path / "one" / "rock.mid").notes:
        start = round(note.onset * SAMPLE_RATE)
        assert np.abs(samples[start - 10 : start + 400]).max() > 0.2


def test_an_example_whose_performance_is_missing_is_refused(tmp_path: Path) -> None:
    write_performances([performance([0.0], [36])], tmp_path / "performances.safetensors")
    with pytest.raises(ValueError, match="holds no performance drummer7"):
        make_example("jazz", tmp_path, tmp_path / "out")
