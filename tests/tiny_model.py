"""A small model of random weights, always the same: quick, and writes notes out of anything."""

from dataclasses import replace

import torch

from n2n.checkpoint import Checkpoint, build_denoiser
from n2n.model import ModelConfig
from n2n.sampling import SamplingConfig

CONFIG = ModelConfig(width=32, feedforward=64, heads=2, encoder_layers=1, decoder_layers=1)
SAMPLING = SamplingConfig(num_steps=3, window_frames=100, hop_frames=80, imagine_steps=4)


def tiny_checkpoint() -> Checkpoint:
    torch.manual_seed(0)
    return Checkpoint(build_denoiser(CONFIG).eval().requires_grad_(False), SAMPLING)


def mending(checkpoint: Checkpoint) -> Checkpoint:
    """The same, mending its first estimate in the steps that follow."""
    schedule = replace(checkpoint.sampling.schedule, sigma_mend=0.5)
    return replace(checkpoint, sampling=replace(checkpoint.sampling, schedule=schedule))


def one_step_checkpoint() -> Checkpoint:
    """The same, meant to be asked once."""
    return replace(tiny_checkpoint(), sampling=replace(SAMPLING, num_steps=1, imagine_steps=1, imagine_sampler="renoise"))
