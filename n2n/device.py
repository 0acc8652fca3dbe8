"""Where tensors are: on the CPU, or on a GPU that is there."""

import os

import torch


def choose_device(name: str) -> torch.device:
    """`auto`, `cpu` or `cuda` to a device; raises ValueError where it is not to be had."""
    if name not in ("auto", "cpu", "cuda"):
        raise ValueError(f"unknown device {name!r}: it must be auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("device cuda was asked for, but torch finds no usable GPU here: use auto or cpu")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def worker_device(name: str) -> torch.device:
    """As `choose_device` has it; on several GPUs, each worker of `torchrun` has its own."""
    device = choose_device(name)
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    return device


def computes_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 natively; where it does not, it would only be slower."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return bool(torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())
