"""A stand-in for MERT, whose weights may not be had here: random weights in MERT's form, in files with MERT's names."""

import json
from pathlib import Path

import torch
from torch import nn
from transformers import HubertConfig, HubertModel

FORM = {
    "model_type": "mert_model",
    "sample_rate": 24000,
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-5,
    "do_stable_layer_norm": True,
    "conv_dim": [8] * 7,
    "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
    "conv_stride": [5, 2, 2, 2, 2, 2, 2],
    "conv_bias": False,
    "feat_extract_norm": "group",
    "feat_extract_activation": "gelu",
    "feat_proj_layer_norm": True,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "mask_time_prob": 0.075,
    "deepnorm": False,
    "feature_extractor_cqt": False,
    "attention_relax": 32.0,
}
POSITIONS = "encoder.pos_conv_embed.conv."
"""The convolution whose weights have two names."""


def build_whole(**changes: object) -> HubertModel:
    """All blocks, as transformers builds them."""
    said = {name: value for name, value in (FORM | changes).items() if name != "model_type"}
    torch.manual_seed(0)
    model = HubertModel(HubertConfig(**said)).eval().requires_grad_(False)
    for block in model.encoder.layers:  # so that a block does more than nothing
        for part in block.modules():
            if isinstance(part, nn.Linear):
                nn.init.normal_(part.weight, std=0.3)
    return model


def mert_weights(model: HubertModel) -> dict[str, torch.Tensor]:
    """A model's weights by the names that MERT's file has."""
    old = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    renamed = {POSITIONS + new: POSITIONS + name for new, name in old.items()}
    return {renamed.get(name, name): tensor.clone() for name, tensor in model.state_dict().items()}


def write_foundation(folder: Path, weights: dict[str, torch.Tensor] | None = None, **changes: object) -> Path:
    """Writes the stand-in as MERT is written, with `changes` to what config.json says; None leaves a field out."""
    folder.mkdir(parents=True, exist_ok=True)
    form = {name: value for name, value in (FORM | changes).items() if value is not None}
    (folder / "config.json").write_text(json.dumps(form))
    torch.save(mert_weights(build_whole()) if weights is None else weights, folder / "pytorch_model.bin")
    return folder
