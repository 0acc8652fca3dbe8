"""The bench measures what it says it measures. No test here depends on how fast anything is."""

from pathlib import Path

import pytest
import torch

from n2n.audio import SAMPLE_RATE, load_audio
from n2n.bench import (
    PEAK_PROGRAM,
    Figure,
    bench,
    format_figures,
    groove,
    median_seconds,
    median_taken,
    one_thread,
    run_program,
    write_groove,
)
from n2n.checkpoint import Checkpoint, build_denoiser, save_checkpoint
from n2n.model import ModelConfig
from n2n.sampling import SamplingConfig

PROMISED = {"CPU, 1 thread: 1 step": 0.02, "CPU, 1 thread: 10 steps": 0.10, "import n2n": 0.3}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    config = ModelConfig(width=16, feedforward=16, heads=2, encoder_layers=1, decoder_layers=1)
    folder = tmp_path_factory.mktemp("model")
    save_checkpoint(Checkpoint(build_denoiser(config)), folder)
    return str(folder)


def test_every_figure_is_measured(model: str):
    figures = {figure.name: figure for figure in bench(model, repeats=1, seconds=1.0, long_seconds=(1.0, 2.0))}
    walks = ["1 step", "5 steps", "10 steps", "1 step, 4 samples", "5 steps, 4 samples"]
    assert all(f"CPU, 1 thread: {walk}" in figures for walk in ["file to features", *walks])
    assert all(figure.value > 0.0 for figure in figures.values())
    assert {name: figures[name].most for name in PROMISED} == PROMISED
    memory = [figure for figure in figures.values() if figure.unit == "GB"]
    assert len(memory) == 2 and all(0.05 < figure.value < 10.0 and figure.most == 2.0 for figure in memory)
    assert figures["pace of the longest by that of the shortest"].unit == "1 is linear"


def test_a_model_that_answers_in_one_pass_is_measured_in_one(tmp_path: Path):
    config = ModelConfig(width=16, feedforward=16, heads=2, encoder_layers=1, decoder_layers=1)
    sampling = SamplingConfig(num_steps=1, imagine_steps=1)
    save_checkpoint(Checkpoint(build_denoiser(config, kind="discriminative"), sampling), tmp_path)
    figures = bench(str(tmp_path), repeats=1, seconds=1.0, long_seconds=())
    assert [figure.name for figure in figures if "step" in figure.name] == ["CPU, 1 thread: 1 step"]


def test_the_memory_of_a_process_is_its_own_and_not_what_its_parent_took():
    own, more = (run_program(f"{PEAK_PROGRAM}\n{held}\nprint(peak_bytes())")[0] for held in ("", "held = b'x' * 200_000_000"))
    held = b"x" * 400_000_000
    beside = run_program(f"{PEAK_PROGRAM}\nprint(peak_bytes())")[0]
    assert len(held) > 4 * own and beside < 2 * own and own + 190e6 < more < own + 300e6


def test_a_model_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="nonesuch"):
        bench("nonesuch")


def test_the_first_run_does_not_count():
    calls = []
    median_seconds(lambda: calls.append(1), 3)
    assert len(calls) == 4


def test_medians_are_taken_of_each_time_by_itself():
    assert median_taken([(1.0, 30.0), (2.0, 10.0), (3.0, 20.0)]) == (2.0, 20.0)


def test_threads_are_given_back():
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)


def test_programs_run_this_package_and_say_why_they_fail():
    assert run_program("import n2n, sys; print(len(n2n.__version__), sys.argv[1])", "2.5") == [5.0, 2.5]
    with pytest.raises(ValueError, match="a measurement failed: ValueError: so"):
        run_program("raise ValueError('so')")


@pytest.mark.parametrize("seconds", [1.0, 30.0])
def test_the_groove_lasts_as_long_as_asked_and_plays_five_drums(tmp_path: Path, seconds: float):
    assert len(load_audio(write_groove(tmp_path / "a.wav", seconds))) == round(seconds * SAMPLE_RATE)
    assert {note.drum for note in groove(30.0).notes} == {"KD", "SN", "HH", "CY", "TT"}


def test_the_table_says_whether_promises_are_kept():
    lines = format_figures([Figure("a", 0.5, "s", 1.0, 0.75), Figure("longer", 2.0, "GB", 1.0), Figure("c", 3.0, "s")]).splitlines()
    assert lines[0].endswith("0.5000 s   (0.7500 elapsed)   at most 1: kept")
    assert lines[1].endswith("2.0000 GB   at most 1: NOT KEPT")
    assert lines[2].endswith("3.0000 s")
