"""Models on disk: `model.safetensors` (half precision) beside `config.json`. Never pickle, never code from a file.

`config.json` holds the kind of model, the network's sizes, the preconditioning, the schedule and sampler to use, the decoding thresholds,
the calibration of its confidence, and the record of the training.
"""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from safetensors.torch import load_file, save_file

from n2n.diffusion import Denoiser, Schedule
from n2n.files import atomic_write, load_json, safetensors_of
from n2n.model import ModelConfig, Network
from n2n.one_pass import OnePass
from n2n.roll import DecodeConfig
from n2n.sampling import SamplingConfig

FORMAT: Final = 1
KINDS: Final[dict[str, type[Denoiser]]] = {made.kind: made for made in (Denoiser, OnePass)}
"""By what the network was trained for; a config that does not say is of the first kind."""
LARGEST_WEIGHT: Final = torch.finfo(torch.float16).max


@dataclass(frozen=True)
class Checkpoint:
    """A denoiser with all that is needed to use it."""

    denoiser: Denoiser
    sampling: SamplingConfig = field(default_factory=SamplingConfig)
    decode: DecodeConfig = field(default_factory=DecodeConfig)
    training: dict[str, Any] = field(default_factory=dict)

    @property
    def model(self) -> ModelConfig:
        """The sizes of its network."""
        return self.denoiser.network.config


def build_denoiser(model: ModelConfig, *, kind: str = "diffusion", sigma_data: float = 0.5, data_mean: float = -1.0) -> Denoiser:
    """A denoiser of a kind, with fresh weights. Silence is -1, so a `data_mean` of -1 lets the network speak of hits alone."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind of model {kind!r}: it must be one of {', '.join(KINDS)}")
    if not 0.0 < sigma_data < math.inf:
        raise ValueError(f"sigma_data must be a finite number above 0, not {sigma_data}")
    if not math.isfinite(data_mean):
        raise ValueError(f"data_mean must be a finite number, not {data_mean}")
    return KINDS[kind](Network(model), sigma_data=sigma_data, data_mean=data_mean)


def save_checkpoint(checkpoint: Checkpoint, folder: Path) -> None:
    """Writes both files into `folder`, weights in half precision.

    Raises:
        ValueError: half precision cannot hold a weight.
    """
    weights = {name: tensor.detach().half().contiguous() for name, tensor in checkpoint.denoiser.network.state_dict().items()}
    if broken := _not_finite(weights):
        raise ValueError(
            f"nothing was saved: {broken} has weights that are NaN or beyond {LARGEST_WEIGHT:g}, which half precision cannot hold. "
            "Training has diverged: start again from an earlier model, or with a lower learning rate"
        )
    with atomic_write(folder / "model.safetensors") as partial:
        save_file(weights, partial)
    config = {
        "format": FORMAT,
        "kind": checkpoint.denoiser.kind,
        "model": asdict(checkpoint.model),
        "sigma_data": checkpoint.denoiser.sigma_data,
        "data_mean": checkpoint.denoiser.data_mean,
        "sampling": asdict(checkpoint.sampling),
        "decode": asdict(checkpoint.decode),
        "training": checkpoint.training,
    }
    _write_config(folder, config)


def load_checkpoint(folder: Path, *, device: torch.device | None = None) -> Checkpoint:
    """Reads a checkpoint folder; weights become float32 on `device`.

    Raises:
        ValueError: a file is missing, damaged, of another format, or does not fit the sizes that its config states, or a weight is not
            finite.
    """
    config = _read_config(folder / "config.json")
    try:
        model = ModelConfig(**config["model"])
        sampling = _sampling_config(config["sampling"])
        decode = _decode_config(config["decode"])
        with torch.device("meta"):
            given = {"sigma_data": float(config["sigma_data"]), "data_mean": float(config["data_mean"])}
            denoiser = build_denoiser(model, kind=config.get("kind", "diffusion"), **given)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{folder / 'config.json'} is not a Noise-to-Notes model's config: {error!r}") from error
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{folder / 'config.json'}: {error}") from error
    weights = {name: tensor.float() for name, tensor in _read_weights(folder / "model.safetensors").items()}
    if broken := _not_finite(weights):
        raise ValueError(f"the weights in {folder} are broken: {broken} holds NaN or infinity. Take another copy, or another model")
    try:
        denoiser.network.load_state_dict(weights, assign=True)
    except RuntimeError as error:
        raise ValueError(f"the weights in {folder} do not fit their config.json: {str(error).splitlines()[-1].strip()}") from error
    denoiser = denoiser.to(device or torch.device("cpu")).eval().requires_grad_(False)
    return Checkpoint(denoiser, sampling, decode, config.get("training", {}))


def change_config(folder: Path, section: str, **values: Any) -> None:
    """Writes new values into a section (`sampling`, `decode`) of a checkpoint's config.json; everything else stays as it is."""
    config = _read_config(folder / "config.json")
    config[section].update(values)
    _write_config(folder, config)


def _write_config(folder: Path, config: dict[str, Any]) -> None:
    with atomic_write(folder / "config.json") as partial:
        partial.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _read_config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ValueError(f"no model in {path.parent}: a model is a folder with config.json and model.safetensors")
    config = load_json(path)
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise ValueError(f"{path} is not a Noise-to-Notes config of format {FORMAT}")
    return config


def _sampling_config(values: dict[str, Any]) -> SamplingConfig:
    """The section as written; what an older file lacks keeps its default."""
    read: dict[str, Any] = {"schedule": Schedule(**values["schedule"]), "imagine_velocities": tuple(values.get("imagine_velocities", ()))}
    return SamplingConfig(**{**values, **read})


def _decode_config(values: dict[str, Any]) -> DecodeConfig:
    """The section as written, lists as tuples; what an older file lacks keeps its default."""
    tuples: dict[str, Any] = {"thresholds": tuple(values["thresholds"]), "velocity_curve": tuple(values.get("velocity_curve", ()))}
    if "calibration" in values:
        tuples["calibration"] = tuple(tuple(float(number) for number in pair) for pair in values["calibration"])
    return DecodeConfig(**{**values, **tuples})


def _not_finite(weights: dict[str, torch.Tensor]) -> str | None:
    """The name of the first weights that are not all finite, None where all are."""
    return next((name for name, tensor in weights.items() if not tensor.isfinite().all()), None)


def _read_weights(path: Path) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise ValueError(f"no weights in {path.parent}: model.safetensors is missing beside config.json")
    with safetensors_of(path):
        return load_file(path)
