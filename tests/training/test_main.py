"""A whole run, from material on disk to a model on disk, with a network and material as small as they can be."""

import math
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from n2n.checkpoint import build_denoiser, load_checkpoint
from n2n.device import worker_device
from n2n.diffusion import Annealing, NoiseDistribution, Schedule
from n2n.drums import DRUMS
from n2n.inference import load
from n2n.model import PRESETS, ModelConfig
from n2n.training.bank import Bundle, write_bundle
from n2n.training.library import split_of
from n2n.training.loop import Trainer
from n2n.training.main import build_parser, config_of, find_material, main, make_renderer, objective_of, train
from n2n.training.objective import Diffusion
from n2n.training.performances import Performance, write_performances
from n2n.training.pool import LiveClips, write_shard
from n2n.training.settings import TrainSettings
from tests.tiny_foundation import build_whole, mert_weights, write_foundation

TINY = ModelConfig(width=16, feedforward=24, heads=2, encoder_layers=1, decoder_layers=1)


@pytest.fixture
def data(tmp_path: Path, groove: Performance, kit: Bundle) -> Path:
    """Material of both splits: the same kit under the name of one to train on and of one to validate on."""
    for name in ("tones", "tr505"):
        write_bundle(replace(kit, name=name), tmp_path / "data" / "bundles" / "kits" / f"{name}.safetensors")
    write_performances([replace(groove, split=split) for split in ("train", "validation")], tmp_path / "data" / "performances.safetensors")
    return tmp_path / "data"


@pytest.fixture
def settings(data: Path, monkeypatch: pytest.MonkeyPatch) -> TrainSettings:
    monkeypatch.setitem(PRESETS, "small", TINY)
    return TrainSettings(data.parent / "run", data, iterations=2, batch=2, validation_clips=1, save_every=2, source="live", device="cpu")


def test_a_run_leaves_a_model_and_goes_on_where_it_stood(settings: TrainSettings, capsys: pytest.CaptureFixture[str]):
    train(settings)
    first = load_checkpoint(settings.out / "model")
    assert first.model == TINY
    assert first.training["iterations"] == 2
    assert "F1@1" in first.training["history"][0]
    train(replace(settings, iterations=4))
    assert load_checkpoint(settings.out / "model").training["iterations"] == 4
    said = capsys.readouterr().out
    assert "from step 0 of 2" in said and "from step 2 of 4" in said


def test_a_run_can_start_from_a_model_of_its_size_alone(settings: TrainSettings, monkeypatch: pytest.MonkeyPatch):
    train(settings)
    warm = replace(settings, out=settings.out.parent / "second", warm_start=settings.out / "model", iterations=1, save_every=1)
    train(warm)
    assert (warm.out / "model" / "model.safetensors").is_file()
    monkeypatch.setitem(PRESETS, "small", replace(TINY, width=32))
    with pytest.raises(ValueError, match="is not of size small"):
        train(replace(warm, out=settings.out.parent / "third"))


def test_the_settings_say_what_is_asked(settings: TrainSettings):
    assert config_of(settings).objective == Diffusion()
    asked = replace(settings, sigma_median=math.e, sigma_spread=0.5, sigma_max=80.0, sigma_mend=0.5)
    schedule = Schedule(sigma_max=80.0, sigma_mend=0.5)
    assert config_of(asked).objective == Diffusion(schedule=schedule, noise=NoiseDistribution(1.0, 0.5))
    assert objective_of(asked).sampling.schedule == schedule
    with pytest.raises(ValueError, match="sigma_mend must be sigma_min at least"):
        config_of(replace(settings, sigma_mend=0.1))
    assert config_of(replace(settings, loss="pseudo-huber", c_max=0.5, c_min=0.1)).objective == Diffusion(annealing=Annealing(0.5, 0.1))


def test_a_twin_is_trained_and_transcribes_in_one_pass(settings: TrainSettings):
    train(replace(settings, objective="discriminative"))
    model = load(settings.out / "model", device="cpu")
    assert set(model.checkpoint.training["history"][0]) == {"iteration", "F1@1", *DRUMS}
    assert len(model.transcribe(np.zeros(44100, np.float32) + 0.1, trajectory=True).trajectory) == 1


def test_a_model_is_tuned_to_do_all_in_one_step(settings: TrainSettings):
    train(settings)
    tuned = replace(settings, out=settings.out.parent / "tuned", objective="consistency", warm_start=settings.out / "model")
    train(tuned)
    model = load(tuned.out / "model", device="cpu")
    assert set(model.checkpoint.training["history"][0]) == {"iteration", "F1@1", *DRUMS}
    assert len(model.transcribe(np.zeros(44100, np.float32) + 0.1, trajectory=True).trajectory) == 1
    assert len(model.generate(2.0, trajectory=True).trajectory) == 1


@pytest.fixture
def paper(settings: TrainSettings, monkeypatch: pytest.MonkeyPatch) -> TrainSettings:
    """Settings of a size that hears MERT, and a stand-in for it."""
    cross = replace(TINY, condition="cross", stem="linear", frames_per_token=1, foundation_dim=24)
    monkeypatch.setitem(PRESETS, "paper", cross)
    monkeypatch.delenv("N2N_MERT", raising=False)
    whole = build_whole(num_hidden_layers=10)
    folder = write_foundation(settings.out.parent / "mert", mert_weights(whole), num_hidden_layers=10)
    return replace(settings, size="paper", source="auto", foundation=folder)


def test_the_size_of_the_paper_is_trained_with_a_foundation_model_and_transcribes_with_it(paper: TrainSettings):
    train(paper)
    model = load(paper.out / "model", device="cpu", foundation=paper.foundation)
    assert "F1@1" in model.checkpoint.training["history"][0]
    assert len(model.transcribe(np.zeros(44100, np.float32) + 0.1).roll) == 101
    assert (objective_of(paper).drop_all, objective_of(paper).drop_span, objective_of(paper).drop_foundation) == (0.3, 0.5, 0.15)


def test_the_size_of_the_paper_is_refused_without_a_foundation_model_or_from_a_pool(paper: TrainSettings):
    with pytest.raises(ValueError, match="set N2N_MERT"):
        train(replace(paper, foundation=None))
    with pytest.raises(ValueError, match="which a pool does not hold: set source to live"):
        train(replace(paper, source="pool"))
    with pytest.raises(ValueError, match="no use for a foundation model"):
        train(replace(paper, size="small"))


def test_runs_can_share_a_pool_that_nobody_renders(settings: TrainSettings, data: Path):
    shared = replace(settings, source="pool", pool=data.parent / "shared", processes=0)
    with pytest.raises(ValueError, match="is empty and nobody renders"):
        train(shared)
    (data.parent / "shared").mkdir()
    write_shard(make_renderer(data, "train", 0), data.parent / "shared", 0)
    train(shared)
    train(replace(shared, out=data.parent / "second", seed=1))
    assert [path.name for path in (data.parent / "shared").iterdir()] == ["shard_000000.safetensors"]


def test_a_place_that_cannot_be_written_into_is_refused_before_anything_is_trained(settings: TrainSettings, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"cannot write into .*file/run.*name another folder with --out"):
        train(replace(settings, out=tmp_path / "file" / "run"))


def test_only_the_first_worker_renders_and_clips_of_workers_differ(settings: TrainSettings, data: Path):
    from n2n.training.main import make_source

    cpu = torch.device("cpu")
    sources = [make_source(settings, data, cpu, worker=worker, workers=2, iteration=step) for worker, step in ((0, 0), (1, 0), (0, 500))]
    assert all(isinstance(source, LiveClips) for source in sources)
    assert len({source.renderer.seed for source in sources}) == 3
    other = make_source(replace(settings, source="pool"), data, cpu, worker=1, workers=2, iteration=0)
    assert other.processes == []
    assert other.config.reuse == 3.0


def test_kits_that_cannot_be_validated_on_are_told_with_the_way_out(settings: TrainSettings, data: Path):
    for path in (data / "bundles" / "kits").glob("*.safetensors"):
        if split_of(path.stem) == "validation":
            path.unlink()
    with pytest.raises(ValueError, match=r"cannot render validation clips: no samples for KD.*--validation-clips 0"):
        train(replace(settings, validation_clips=2))


def test_material_is_looked_for_and_named(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("N2N_MATERIAL", raising=False)
    with pytest.raises(ValueError, match="set N2N_MATERIAL"):
        find_material(None)
    with pytest.raises(ValueError, match=r"has no performances.safetensors and no bundles/kits; build it with `n2n kits`"):
        find_material(tmp_path)
    monkeypatch.setenv("N2N_MATERIAL", str(data))
    assert find_material(None) == data


@pytest.mark.parametrize(
    "wrong", [{"iterations": 0}, {"batch": 0}, {"lr": 0.0}, {"cooldown": 2.0}, {"reuse": 0.5}, {"seed": -1}, {"processes": -1}]
)
def test_impossible_settings_are_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TrainSettings(Path("x"), **wrong)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"c_min": 2.0}, "c_min must lie above 0 and not above c_max: not 2.0 and 1.0"),
        ({"c_min": 0.0}, "c_min must lie above 0"),
        ({"sigma_median": 0.0}, "sigma_median and sigma_spread must lie above 0"),
        ({"sigma_max": 0.5}, "sigma_max at 1 or above"),
        ({"objective": "discriminative", "loss": "pseudo-huber", "sigma_max": 9.0}, "has no use for loss, sigma_max: leave them out"),
        ({"c_min": 0.1}, "set loss to pseudo-huber, or leave them out"),
        ({"objective": "consistency"}, "name its folder as warm_start"),
    ],
)
def test_impossible_objectives_are_refused(wrong: dict[str, object], reason: str):
    with pytest.raises(ValueError, match=reason):
        TrainSettings(Path("x"), **wrong)


def test_both_command_lines_have_the_same_options_and_defaults():
    given = vars(build_parser().parse_args(["--out", "x"]))
    assert TrainSettings(**given) == TrainSettings(Path("x"))
    given = vars(
        build_parser().parse_args(["--out", "x", "--data", "d", "--lr", "1e-3", "--size", "base", "--warm-start", "w", "--seed", "4"])
    )
    assert TrainSettings(**given) == TrainSettings(Path("x"), Path("d"), lr=1e-3, size="base", warm_start=Path("w"), seed=4)


def test_every_option_is_explained_to_its_last_word():
    actions = [action for action in build_parser()._actions if action.dest != "help"]
    assert actions and all(re.search(r"\.( \(default: .+\))?$", action.help or "") for action in actions)


def test_errors_are_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["--out", str(tmp_path / "run"), "--data", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("n2n: ") and said.count("\n") == 1


def test_a_loss_that_is_no_number_ends_the_run_in_one_line(
    settings: TrainSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def poisoned(self: Trainer, *given: object) -> float:
        raise FloatingPointError("the loss is nan")

    monkeypatch.setattr(Trainer, "_step", poisoned)
    assert main(["--out", str(settings.out), "--data", str(settings.data), "--source", "live", "--validation-clips", "0"]) == 1
    assert capsys.readouterr().err == "n2n: the loss is nan\n"


def test_a_gpu_that_is_not_there_is_refused():
    assert worker_device("cpu") == torch.device("cpu")
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="no usable GPU"):
            worker_device("cuda")


def test_the_fresh_weights_of_a_preset_have_the_size_it_names():
    assert build_denoiser(TINY).network.config == TINY


def test_the_module_runs_by_itself():
    done = subprocess.run(
        [sys.executable, "-m", "n2n.training.main", "--help"], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert "--warm-start" in done.stdout and "Attributes:" not in done.stdout
