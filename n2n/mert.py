"""MERT, the music foundation model, from its files to a `Foundation`; and its files from the Hugging Face Hub: `python -m n2n.mert`.

MERT (Li et al., 2023) is read at its tenth block, as in Noise-to-Notes. Its weights are under CC BY-NC 4.0, not for commercial use: none
ship with n2n, and `download` fetches them only where it is called.
"""

import argparse
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from n2n.files import load_json, safetensors_of
from n2n.foundation import Foundation

if TYPE_CHECKING:
    from transformers import HubertModel

REPO: Final = "m-a-p/MERT-v1-330M"
REVISION: Final = "0e06c986db0527c0fd1b47181c40f006805e3de0"
FILES: Final = ("config.json", "preprocessor_config.json", "pytorch_model.bin")
LICENCE: Final = "MERT's weights are under CC BY-NC 4.0: not for commercial use, and neither is what hears through them."
FOUNDATION_VARIABLE: Final = "N2N_MERT"
LAYER: Final = 10

FORM: Final = (
    *("hidden_size", "num_attention_heads", "intermediate_size", "hidden_act", "layer_norm_eps", "do_stable_layer_norm"),
    *("conv_dim", "conv_kernel", "conv_stride", "conv_bias", "feat_extract_norm", "feat_extract_activation"),
    *("num_conv_pos_embeddings", "num_conv_pos_embedding_groups"),
)
"""What config.json must say of the network. Most of it leaves no trace in the weights: a default in its place would go unnoticed."""
FOREIGN: Final = ("feature_extractor_cqt", "deepnorm", "conv_pos_batch_norm")
"""Forms that a plain HuBERT does not have."""
LEFT_OUT: Final = ("masked_spec_embed", "encoder.layer_norm.", "lm_head.", "final_proj.", "label_embs_concat")
"""Weights that serve training, or lie above the block that is read."""
WEIGHT_NORM: Final = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}
"""Names of the positional convolution's weights, as older versions of torch wrote them, and as they are called now."""


def find_foundation(folder: str | Path | None = None) -> Path:
    """The folder of a foundation model: the one given, or the one that N2N_MERT names. Raises ValueError where neither is."""
    named = folder or os.environ.get(FOUNDATION_VARIABLE)
    if not named:
        raise ValueError(
            "this needs the foundation model MERT, whose weights are not for commercial use: fetch them with "
            f"`python -m n2n.mert` and name their folder, or set {FOUNDATION_VARIABLE} to it"
        )
    return Path(named)


def download(repo: str = REPO, *, revision: str = REVISION) -> Path:
    """Fetches MERT's weights (1.3 GB) from the Hugging Face Hub into its cache, and says under what licence they are; their folder.

    Raises:
        ValueError: the Hub's client is not installed, or the Hub is out of reach.
    """
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ValueError("the Hub's client is not installed: pip install '.[foundation]'") from error
    print(LICENCE, flush=True)
    try:
        return Path(snapshot_download(repo, revision=revision, allow_patterns=list(FILES)))
    except OSError as error:
        raise ValueError(f"{repo} could not be fetched from the Hugging Face Hub ({type(error).__name__}): is it within reach?") from error


def load_foundation(folder: Path, *, layer: int = LAYER, device: torch.device | None = None) -> Foundation:
    """Reads a folder with `config.json` and `pytorch_model.bin` or `model.safetensors`, as MERT has it; no code from it runs.

    Args:
        folder: what `download` fetched.
        layer: the block whose output is wanted, from 1; those above it are not built.
        device: where it is to run.

    Raises:
        ValueError: a file is missing or damaged, the model is no plain HuBERT, or weights that are needed are not there.
    """
    config = _read_json(folder / "config.json")
    model = _build(config, layer, folder / "config.json")
    _fill(model, _read_weights(folder), layer, folder, device or torch.device("cpu"))
    habits = folder / "preprocessor_config.json"
    standardise = bool(_read_json(habits).get("do_normalize")) if habits.is_file() else False
    return Foundation(model.eval().requires_grad_(False), sample_rate=int(config["sample_rate"]), standardise=standardise)


def _build(config: dict[str, Any], layer: int, path: Path) -> "HubertModel":
    """The network up to a block, without weights."""
    try:
        from transformers import HubertConfig, HubertModel
    except ImportError as error:
        raise ValueError("foundation models are read through transformers, which is not installed: pip install '.[foundation]'") from error
    absent = [name for name in (*FORM, "num_hidden_layers", "sample_rate") if name not in config]
    foreign = [name for name in FOREIGN if config.get(name)]
    if absent or foreign:
        reason = f"does not say {', '.join(absent)}" if absent else f"has {', '.join(foreign)}"
        raise ValueError(f"{path} is not that of a plain HuBERT such as MERT: it {reason}")
    if not 1 <= layer <= config["num_hidden_layers"]:
        raise ValueError(f"layer must lie between 1 and {config['num_hidden_layers']}, the blocks of the model, not {layer}")
    said = {name: config[name] for name in (*FORM, "feat_proj_layer_norm") if name in config}
    try:
        with torch.device("meta"):
            model = HubertModel(HubertConfig(**said, num_hidden_layers=layer, mask_time_prob=0.0, mask_feature_prob=0.0))
    except Exception as error:  # every version of transformers refuses in its own way
        raise ValueError(f"{path} is not that of a HuBERT that can be built: {' '.join(str(error).split())}") from error
    if config["do_stable_layer_norm"]:  # which norms after the last block; else the norm stands before the first, and is needed
        model.encoder.register_module("layer_norm", nn.Identity())
    return model


def _fill(model: "HubertModel", weights: dict[str, Tensor], layer: int, folder: Path, device: torch.device) -> None:
    """Gives the network its weights: every one that it needs, and none that nobody knows."""

    def is_left_out(name: str) -> bool:
        block = re.match(r"encoder\.layers\.(\d+)\.", name)
        return int(block[1]) >= layer if block else name.startswith(LEFT_OUT)

    convolution = "encoder.pos_conv_embed.conv."
    renamed = {convolution + old: convolution + new for old, new in WEIGHT_NORM.items()}
    weights = {renamed.get(name, name): tensor for name, tensor in weights.items()}
    needed = model.state_dict().keys()
    if missing := needed - weights.keys():
        raise ValueError(f"the weights in {folder} lack {_some(missing)}")
    if unknown := {name for name in weights.keys() - needed if not is_left_out(name)}:
        raise ValueError(f"the weights in {folder} hold what its config.json does not speak of: {_some(unknown)}")
    try:
        model.load_state_dict({name: weights[name].to(device, torch.float32) for name in needed}, assign=True)
    except RuntimeError as error:
        raise ValueError(f"the weights in {folder} do not fit their config.json: {str(error).splitlines()[-1].strip()}") from error


def _some(names: set[str]) -> str:
    first, *others = sorted(names)
    return f"{first} and {len(others)} more" if others else first


def _read_weights(folder: Path) -> dict[str, Tensor]:
    safe, pickled = folder / "model.safetensors", folder / "pytorch_model.bin"
    if safe.is_file():
        with safetensors_of(safe):
            return load_file(safe)
    try:
        if pickled.is_file():
            return torch.load(pickled, map_location="cpu", weights_only=True)  # tensors alone: anything else in the file is refused
    except OSError as error:
        raise ValueError(f"the weights in {folder} cannot be read: {error}") from error
    except Exception as error:  # whatever an unpickler stumbles over
        raise ValueError(f"{pickled} is damaged, or holds more than weights: {str(error).splitlines()[0]}") from error
    raise ValueError(f"no weights in {folder}: it has neither {safe.name} nor {pickled.name}")


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ValueError(f"no foundation model in {path.parent}: it has no {path.name}")
    read = load_json(path)
    if not isinstance(read, dict):
        raise ValueError(f"{path} holds no JSON object")
    return read


def main() -> int:
    """`python -m n2n.mert`; the exit status."""
    text = f"Fetches the foundation model MERT ({REPO}, 1.3 GB) into the Hugging Face Hub's cache, and prints its folder. {LICENCE}"
    argparse.ArgumentParser(prog="python -m n2n.mert", description=text).parse_args()
    try:
        print(download())
    except ValueError as error:
        print(f"n2n: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
