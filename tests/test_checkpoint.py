"""Models on disk: what is saved comes back, and what is no model is refused with its reason."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from n2n.checkpoint import KINDS, Checkpoint, build_denoiser, change_config, load_checkpoint, save_checkpoint
from n2n.diffusion import Denoiser, Schedule
from n2n.features import N_MELS
from n2n.model import ModelConfig
from n2n.roll import DecodeConfig
from n2n.sampling import SamplingConfig

TINY = ModelConfig(width=16, feedforward=16, heads=2, encoder_layers=1, decoder_layers=1)
CHECKPOINT = Checkpoint(
    build_denoiser(TINY, sigma_data=0.3, data_mean=-0.9),
    SamplingConfig(7, "heun", 3, Schedule(30.0, 0.1, 5.0, 0.6), 400, 250),
    DecodeConfig((0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7), 4, 0.05),
    {"iterations": 12, "history": [{"F1@5": 0.5}]},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_checkpoint(CHECKPOINT, tmp_path / "model")
    return tmp_path / "model"


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    config = json.loads((folder / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))


# Round trip


def test_a_checkpoint_comes_back_with_every_setting(folder: Path) -> None:
    found = load_checkpoint(folder)
    assert replace(found, denoiser=CHECKPOINT.denoiser) == CHECKPOINT
    assert (found.denoiser.sigma_data, found.denoiser.data_mean) == (0.3, -0.9)


def test_weights_come_back_rounded_to_half_precision(folder: Path) -> None:
    found, saved = load_checkpoint(folder).denoiser.state_dict(), CHECKPOINT.denoiser.state_dict()
    assert found.keys() == saved.keys()
    assert all(tensor.dtype == torch.float32 and torch.equal(tensor, saved[name].half().float()) for name, tensor in found.items())
    assert {tensor.dtype for tensor in load_file(folder / "model.safetensors").values()} == {torch.float16}


def test_saving_what_was_loaded_changes_no_byte(folder: Path, tmp_path: Path) -> None:
    save_checkpoint(load_checkpoint(folder), tmp_path / "again")
    for name in ("config.json", "model.safetensors"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_a_loaded_model_estimates_and_does_not_learn(folder: Path) -> None:
    denoiser = load_checkpoint(folder, device=torch.device("cpu")).denoiser
    assert not denoiser.training
    assert not any(parameter.requires_grad for parameter in denoiser.parameters())
    mel, x = torch.randn(1, 9, N_MELS), torch.randn(1, 9, 7, 2)
    expected = build_denoiser(TINY, sigma_data=0.3, data_mean=-0.9).eval()
    expected.load_state_dict({name: tensor.half().float() for name, tensor in CHECKPOINT.denoiser.state_dict().items()})
    estimates = [d(x, torch.tensor([2.0]), d.network.encode(mel, torch.ones(1, 9, dtype=torch.bool))) for d in (denoiser, expected)]
    assert torch.equal(*estimates)


def test_the_kind_of_a_model_comes_back(tmp_path: Path) -> None:
    for kind, made in KINDS.items():
        save_checkpoint(replace(CHECKPOINT, denoiser=build_denoiser(TINY, kind=kind)), tmp_path / kind)
        assert type(load_checkpoint(tmp_path / kind).denoiser) is made


def test_a_config_that_names_no_kind_is_of_a_denoiser(folder: Path) -> None:
    edit(folder, lambda config: config.pop("kind"))
    assert type(load_checkpoint(folder).denoiser) is Denoiser


# Refusals


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no model in .*config\.json and model\.safetensors"):
        load_checkpoint(tmp_path / "nowhere")


def test_a_config_without_weights_is_refused(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"model\.safetensors is missing"):
        load_checkpoint(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"model: small"])
def test_a_config_that_is_no_json_is_refused(folder: Path, content: bytes) -> None:
    (folder / "config.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"config\.json is not valid JSON"):
        load_checkpoint(folder)


@pytest.mark.parametrize("content", ["[]", "3", "null", '{"model_type": "bert"}', '{"format": 99}'])
def test_json_of_another_kind_is_refused(folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content)
    with pytest.raises(ValueError, match="not a Noise-to-Notes config of format 1"):
        load_checkpoint(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config.pop("model"),
        lambda config: config.pop("sampling"),
        lambda config: config.update(model=[16, 16]),
        lambda config: config.update(decode=None),
        lambda config: config.update(sigma_data=None),
        lambda config: config["model"].update(depth=3),
        lambda config: config["model"].update(width="wide"),
        lambda config: config["sampling"].pop("schedule"),
        lambda config: config["decode"].update(thresholds=0.5),
    ],
)
def test_a_config_of_another_shape_is_refused(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    edit(folder, change)
    with pytest.raises(ValueError, match="not a Noise-to-Notes model's config"):
        load_checkpoint(folder)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda config: config.update(kind="oracle"), "unknown kind of model 'oracle': it must be one of diffusion, discriminative"),
        (lambda config: config["model"].update(heads=3), "multiple of twice the number of heads"),
        (lambda config: config["model"].update(heads=0), "sizes must be 1 or more"),
        (lambda config: config["sampling"].update(sampler="magic"), "unknown sampler 'magic': it must be one of euler, heun, renoise"),
        (lambda config: config.update(sigma_data=0), "sigma_data must be a finite number above 0, not 0.0"),
        (lambda config: config.update(sigma_data=float("nan")), "sigma_data must be a finite number above 0, not nan"),
        (lambda config: config.update(data_mean=float("-inf")), "data_mean must be a finite number, not -inf"),
        (lambda config: config.update(data_mean=10**400), "int too large"),
        (lambda config: config["sampling"].update(num_steps=True), "num_steps must be a whole number, 1 or more, not True"),
        (lambda config: config["sampling"].update(window_frames=1000.5), "window_frames must be a whole number, 1 or more, not 1000.5"),
        (lambda config: config["sampling"].update(hop_frames=250.0), "hop_frames must be a whole number, 1 or more, not 250.0"),
        (lambda config: config["decode"].update(min_gap=True), "min_gap must be a whole number, 1 or more, not True"),
        (lambda config: config["sampling"].update(hop_frames=500), "windows of 400 frames cannot advance by 500"),
        (lambda config: config["sampling"].update(tail=1.5), "tail is a share of the steps, 0 to 1, not 1.5"),
        (lambda config: config["sampling"].update(imagine_from=0.0), "imagine_from is a noise level above 0, not 0.0"),
        (lambda config: config["sampling"].update(imagine_velocities=[9.0, 3.0]), "imagine_velocities must be empty, or two velocities"),
        (lambda config: config["sampling"]["schedule"].update(sigma_min=50.0), "0 < sigma_min <= sigma_max"),
        (lambda config: config["sampling"]["schedule"].update(sigma_mend=0.01), "sigma_mend must be sigma_min at least"),
        (lambda config: config["decode"].update(thresholds=[0.5]), "thresholds must be 7 numbers"),
    ],
)
def test_impossible_settings_are_refused_by_name(folder: Path, change: Callable[[dict[str, Any]], object], reason: str) -> None:
    edit(folder, change)
    with pytest.raises(ValueError, match=reason):
        load_checkpoint(folder)


def test_a_changed_setting_is_read_and_all_else_is_as_it_was(folder: Path) -> None:
    before = load_checkpoint(folder)
    change_config(folder, "sampling", imagine_velocities=[3.0, 50.0, 120.0])
    after = load_checkpoint(folder)
    assert after.sampling == replace(before.sampling, imagine_velocities=(3.0, 50.0, 120.0))
    assert (after.model, after.decode, after.training) == (before.model, before.decode, before.training)


@pytest.mark.parametrize("change", [{"width": 32}, {"decoder_layers": 2}, {"feedforward": 24}])
def test_weights_of_other_sizes_than_the_config_says_are_refused(folder: Path, change: dict[str, int]) -> None:
    edit(folder, lambda config: config["model"].update(change))
    with pytest.raises(ValueError, match=r"do not fit their config\.json"):
        load_checkpoint(folder)


def test_weights_of_another_program_are_refused(folder: Path) -> None:
    save_file({"encoder.weight": torch.zeros(3, 3)}, folder / "model.safetensors")
    with pytest.raises(ValueError, match=r"do not fit their config\.json"):
        load_checkpoint(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite_are_neither_loaded_nor_saved(folder: Path, tmp_path: Path, value: float) -> None:
    weights = load_file(folder / "model.safetensors")
    weights["roll_out.weight"][0, 0] = value
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(ValueError, match=r"the weights in .* are broken: roll_out\.weight holds NaN or infinity"):
        load_checkpoint(folder)
    denoiser = deepcopy(CHECKPOINT.denoiser)
    denoiser.network.load_state_dict(weights)
    with pytest.raises(ValueError, match=r"nothing was saved: roll_out\.weight has weights that are NaN or beyond 65504"):
        save_checkpoint(replace(CHECKPOINT, denoiser=denoiser), tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_weights_beyond_half_precision_are_not_saved(tmp_path: Path) -> None:
    denoiser = deepcopy(CHECKPOINT.denoiser)
    with torch.no_grad():
        denoiser.network.roll_out.bias[0] = 7e4
    with pytest.raises(ValueError, match=r"roll_out\.bias has weights that are NaN or beyond 65504"):
        save_checkpoint(replace(CHECKPOINT, denoiser=denoiser), tmp_path)


@pytest.mark.parametrize("keep", [0, 4, 100, 0.5, 0.999])
def test_truncated_weights_are_refused(folder: Path, keep: float) -> None:
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[: int(keep * len(content)) if 0 < keep < 1 else int(keep)])
    with pytest.raises(ValueError, match="is damaged or is not a safetensors file"):
        load_checkpoint(folder)


def test_pickled_weights_are_refused_and_never_run(folder: Path) -> None:
    torch.save(CHECKPOINT.denoiser.state_dict(), folder / "model.safetensors")
    with pytest.raises(ValueError, match="is damaged or is not a safetensors file"):
        load_checkpoint(folder)


def test_impossible_sampling_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown sampler 'ddpm'"):
        SamplingConfig(sampler="ddpm")
    with pytest.raises(ValueError, match="hop_frames must be a whole number, 1 or more, not 0"):
        SamplingConfig(hop_frames=0)
