"""The training loop: resuming, learning, stopping where the loss is no number; live validation."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from n2n.audio import HOP
from n2n.checkpoint import build_denoiser, load_checkpoint
from n2n.diffusion import Annealing, Denoiser, NoiseDistribution
from n2n.features import N_MELS
from n2n.foundation import Foundation
from n2n.mert import load_foundation
from n2n.model import ModelConfig
from n2n.training.augment import AugmentConfig
from n2n.training.discriminative import Discriminative
from n2n.training.loop import TrainConfig, Trainer
from n2n.training.objective import Diffusion, draw_examples
from n2n.training.optimise import OptimiserConfig
from n2n.training.render import Packed, PackedAndAudio
from n2n.training.validate import Validation
from tests.tiny_foundation import write_foundation

CPU = torch.device("cpu")
TINY = ModelConfig(width=16, feedforward=24, heads=2, encoder_layers=1, decoder_layers=1)
CONFIG = TrainConfig(TINY, iterations=4, batch=3, frames=20, optimiser=OptimiserConfig(warmup=2), save_every=2, validate_every=2)


def clip_features(frames: int = 100, seed: int = 0) -> Packed:
    """A clip whose audio says plainly what is struck: 18 bins light up for each drum, the louder the harder."""
    rng = np.random.default_rng(seed)
    velocities = np.zeros((frames, 7), np.uint8)
    for lane in range(7):
        velocities[rng.choice(np.arange(2, frames - 2, 7), 4, replace=False) + lane % 3, lane] = rng.integers(40, 127, 4)
    mel = np.repeat(velocities, 18, axis=1).astype(float)
    mel = np.pad(80.0 + mel, ((0, 0), (0, N_MELS - mel.shape[1])), constant_values=80.0)
    return Packed(*map(torch.from_numpy, (mel.astype(np.uint8), velocities, velocities)))


class PowerCutError(Exception):
    """The end of a run that did not come from the training."""


@dataclass
class Clips:
    """Serves crops of one clip; the power fails after `lasts` batches."""

    clip: Packed
    lasts: int = 10**9
    wait_seconds: float = 0.0

    def batch(self, size: int, frames: int, rng: np.random.Generator) -> Packed:
        if self.lasts == 0:
            raise PowerCutError
        self.lasts -= 1
        starts = rng.integers(0, len(self.clip.mel) - frames + 1, size)
        return Packed(*(torch.stack([part[start : start + frames] for start in starts]) for part in self.clip))

    def stop(self) -> None:
        """Nothing to stop."""


class OneScore(Validation):
    """Scores the number of times that it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def score(self, denoiser: nn.Module) -> dict[str, float]:
        self.asked += 1
        return {"F1@1": self.asked / 10}


def trained(config: TrainConfig, folder: Path, **options: object) -> Trainer:
    trainer = Trainer(config, folder, device=CPU)
    trainer.run(Clips(clip_features()), **options)
    return trainer


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


# Resuming


def test_a_run_cut_in_two_ends_with_the_same_weights_to_the_bit(tmp_path: Path) -> None:
    whole = trained(CONFIG, tmp_path / "whole")
    with pytest.raises(PowerCutError):
        Trainer(CONFIG, tmp_path / "cut", device=CPU).run(Clips(clip_features(), lasts=2))
    resumed = Trainer(CONFIG, tmp_path / "cut", device=CPU)
    assert resumed.iteration == 2
    resumed.run(Clips(clip_features()))
    assert same_weights(resumed.denoiser, whole.denoiser)
    assert same_weights(resumed.average, whole.average)
    assert torch.equal(resumed.generator.get_state(), whole.generator.get_state())
    assert resumed.rng.bit_generator.state == whole.rng.bit_generator.state
    one, other = (load_file(tmp_path / name / "state.safetensors") for name in ("whole", "cut"))
    assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_dropout_goes_on_where_it_was(tmp_path: Path) -> None:
    config = replace(CONFIG, model=replace(TINY, dropout=0.5))
    whole = trained(config, tmp_path / "whole")
    with pytest.raises(PowerCutError):
        Trainer(config, tmp_path / "cut", device=CPU).run(Clips(clip_features(), lasts=2))
    torch.manual_seed(99)
    assert same_weights(trained(config, tmp_path / "cut").denoiser, whole.denoiser)


def test_resuming_restores_progress_and_with_it_c(tmp_path: Path) -> None:
    with pytest.raises(PowerCutError):
        Trainer(CONFIG, tmp_path, device=CPU).run(Clips(clip_features(), lasts=3))
    resumed = Trainer(CONFIG, tmp_path, device=CPU)
    assert resumed.progress == 0.5  # the last save was at 2 of 4
    assert Diffusion(annealing=Annealing(1.0, 0.4)).describe(resumed.progress) == "c 0.700"
    assert Trainer(replace(CONFIG, iterations=8), tmp_path, device=CPU).progress == 0.25


def test_a_finished_run_does_nothing_more(tmp_path: Path) -> None:
    trained(CONFIG, tmp_path)
    before = (tmp_path / "state.safetensors").read_bytes()
    trained(CONFIG, tmp_path)
    assert (tmp_path / "state.safetensors").read_bytes() == before


def test_a_finished_run_that_lost_its_model_writes_it_again(tmp_path: Path) -> None:
    trained(CONFIG, tmp_path)
    model = tmp_path / "model" / "model.safetensors"
    before = model.read_bytes()
    model.write_bytes(before[:100])
    trained(CONFIG, tmp_path)
    assert model.read_bytes() == before


def test_a_damaged_state_is_told(tmp_path: Path) -> None:
    trained(CONFIG, tmp_path)
    state = tmp_path / "state.safetensors"
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"state\.safetensors is damaged"):
        Trainer(CONFIG, tmp_path, device=CPU)


def test_seeds_decide_the_run(tmp_path: Path) -> None:
    one, again, other = (trained(replace(CONFIG, seed=seed), tmp_path / name) for seed, name in ((0, "a"), (0, "b"), (1, "c")))
    assert same_weights(one.denoiser, again.denoiser)
    assert not same_weights(one.denoiser, other.denoiser)


def test_a_warm_start_begins_with_the_weights_of_a_model(tmp_path: Path) -> None:
    trained(CONFIG, tmp_path / "first")
    model = load_checkpoint(tmp_path / "first" / "model")
    second = Trainer(replace(CONFIG, seed=9), tmp_path / "second", device=CPU, warm_start=model)
    assert same_weights(second.denoiser, model.denoiser) and same_weights(second.average, model.denoiser)
    assert second.iteration == 0
    second.save()
    origin = load_checkpoint(tmp_path / "second" / "model").training["warm_start"]
    assert origin == {"iterations": 4, "hours_of_audio": model.training["hours_of_audio"]}


# What a run leaves


def test_the_model_of_a_run_is_the_average_with_its_record(tmp_path: Path) -> None:
    trainer = trained(CONFIG, tmp_path, validation=OneScore())
    model = load_checkpoint(tmp_path / "model")
    assert model.model == TINY
    for name, tensor in trainer.average.state_dict().items():
        assert torch.equal(model.denoiser.state_dict()[name], tensor.half().float())
    record = model.training
    assert record["iterations"] == 4
    assert record["hours_of_audio"] == pytest.approx(4 * 3 * 0.2 / 3600, abs=0.01)
    assert record["parameters"] == sum(p.numel() for p in trainer.denoiser.parameters())
    assert record["config"]["optimiser"]["warmup"] == 2
    assert record["history"] == [{"iteration": 2, "F1@1": 0.1}, {"iteration": 4, "F1@1": 0.2}]
    with safe_open(tmp_path / "state.safetensors", framework="pt") as file:
        assert json.loads(file.metadata()["state"])["iteration"] == 4


def test_weights_alone_are_no_state_to_go_on_from(tmp_path: Path) -> None:
    save_file({"model.weight": torch.zeros(1)}, tmp_path / "state.safetensors")
    with pytest.raises(ValueError, match=r"state\.safetensors is no state of a training run"):
        Trainer(CONFIG, tmp_path, device=CPU)


@pytest.mark.parametrize("other", [replace(CONFIG, model=replace(TINY, width=32)), replace(CONFIG, objective=Discriminative())])
def test_a_run_of_another_size_or_objective_is_not_gone_on_with(tmp_path: Path, other: TrainConfig) -> None:
    trained(CONFIG, tmp_path)
    with pytest.raises(ValueError, match="belongs to a run of another size or objective: name another folder"):
        Trainer(other, tmp_path, device=CPU)


def test_a_loss_that_is_no_number_stops_the_run_and_spares_the_last_state(tmp_path: Path) -> None:
    with pytest.raises(PowerCutError):
        Trainer(CONFIG, tmp_path, device=CPU).run(Clips(clip_features(), lasts=2))
    before = (tmp_path / "state.safetensors").read_bytes()
    trainer = Trainer(CONFIG, tmp_path, device=CPU)
    with torch.no_grad():
        trainer.denoiser.network.roll_out.bias[0] = torch.nan
    with pytest.raises(
        FloatingPointError, match="the loss is nan at iteration 2: resume from the last checkpoint with a lower learning rate"
    ):
        trainer.run(Clips(clip_features()))
    assert (tmp_path / "state.safetensors").read_bytes() == before


def test_a_gradient_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    trainer = Trainer(CONFIG, tmp_path, device=CPU)
    trainer.denoiser.network.roll_out.bias.register_hook(lambda gradient: gradient * torch.inf)
    with pytest.raises(FloatingPointError, match=r"the gradient is (nan|inf) at iteration 0"):
        trainer.run(Clips(clip_features()))


# Learning


def test_a_tiny_network_learns_one_clip(tmp_path: Path) -> None:
    plain = AugmentConfig(equaliser=0.0, low_pass=0.0, high_pass=0.0, noise_floor=0.0, contrast=0.0, gain_db=0.0)
    objective = Diffusion(drop_all=0.0, drop_span=0.0, augment=plain)
    model, optimiser = replace(TINY, width=64, feedforward=128), OptimiserConfig(lr=0.01, warmup=5, ema=0.9)
    trainer = Trainer(TrainConfig(model, 100, 8, 40, objective=objective, optimiser=optimiser), tmp_path, device=CPU)
    clip = Packed(*(part[:40] for part in clip_features()))
    batch = draw_examples(Clips(clip).batch(16, 40, np.random.default_rng(1)), objective, torch.Generator().manual_seed(1))

    @torch.no_grad()
    def loss() -> float:
        return float(objective.loss(trainer.average, batch, 0.0, torch.Generator().manual_seed(2)))

    silence = float((batch.roll + 1.0).square().mean())
    before = loss()
    trainer.run(Clips(clip))
    assert loss() < before / 4
    assert loss() < silence / 2
    assert Validation([clip], 40).score(trainer.average)["F1@5"] > 0.7


# Validation


class Listener(nn.Linear):
    """A network that has weights and is asked for nothing but to listen."""

    config = ModelConfig()

    def encode(self, mel: Tensor, heard: Tensor, *, lead: int) -> None:
        assert bool(heard.all())


class Oracle(Denoiser):
    """Answers with the rolls of a validation, or with silence, whatever it is asked."""

    def __init__(self, answer: Tensor) -> None:
        super().__init__(Listener(1, 1))
        self.answer = answer

    def forward(self, x: Tensor, sigma: Tensor, condition: object) -> Tensor:
        return self.answer


@pytest.fixture
def validation() -> Validation:
    return Validation([clip_features(seed=0), clip_features(seed=1)], 50)


def test_validation_cuts_clips_into_windows_of_the_training_length(validation: Validation) -> None:
    assert validation.mel.shape == (4, 50, N_MELS) and validation.reference.shape == (4, 50, 7, 2)


def test_an_oracle_scores_one_for_every_drum_and_silence_nothing(validation: Validation) -> None:
    perfect = validation.score(Oracle(torch.from_numpy(validation.reference)))
    assert set(perfect) == {"F1@1", "F1@5", "KD", "SN", "TT", "HH", "CY", "RD", "BE"}
    assert set(perfect.values()) == {1.0}
    assert set(validation.score(Oracle(torch.full((4, 50, 7, 2), -1.0))).values()) == {0.0}


def test_hits_a_little_off_still_count_and_hits_far_off_do_not(validation: Validation) -> None:
    reference = torch.from_numpy(validation.reference)
    assert validation.score(Oracle(reference.roll(2, dims=1)))["F1@5"] > 0.9
    late = torch.cat([torch.full((4, 20, 7, 2), -1.0), reference[:, :30]], dim=1)
    assert validation.score(Oracle(late))["F1@5"] < 0.5


def test_validation_leaves_the_model_training(validation: Validation) -> None:
    denoiser = build_denoiser(TINY).train()
    one, again = validation.score(denoiser), validation.score(denoiser)
    assert denoiser.training
    assert one == again


# A foundation model beside the log-mel


class SoundingClips(Clips):
    """The same, with a tone for audio."""

    def sounding(self, size: int, frames: int, rng: np.random.Generator) -> PackedAndAudio:
        return PackedAndAudio(self.batch(size, frames, rng), torch.sin(torch.arange(frames * HOP) / 9.0).repeat(size, 1))


@pytest.fixture(scope="module")
def mert(tmp_path_factory: pytest.TempPathFactory) -> Foundation:
    return load_foundation(write_foundation(tmp_path_factory.mktemp("mert")), layer=2)


CROSS = replace(TINY, condition="cross", stem="linear", frames_per_token=1, foundation_dim=24, dropout=0.1)


def test_the_model_and_the_objective_of_the_paper_can_be_trained(tmp_path: Path, mert: Foundation) -> None:
    objective = Diffusion(annealing=Annealing(), noise=NoiseDistribution(-1.2, 1.2), on_policy=0.0, drop_all=0.3, drop_span=0.5)
    trainer = Trainer(replace(CONFIG, model=CROSS, objective=objective, iterations=12), tmp_path, device=CPU, foundation=mert)
    fresh = build_denoiser(CROSS)
    fresh.load_state_dict(trainer.denoiser.state_dict())
    trainer.run(SoundingClips(clip_features()))
    assert load_checkpoint(tmp_path / "model").model == CROSS
    before, after = (denoiser.network.foundation_encoder.state_dict() for denoiser in (fresh, trainer.denoiser))
    assert not [name for name in after if torch.equal(before[name], after[name])]


def test_a_model_is_not_trained_without_what_it_hears_through(tmp_path: Path, mert: Foundation) -> None:
    with pytest.raises(ValueError, match="give it one"):
        Trainer(replace(CONFIG, model=CROSS), tmp_path, device=CPU)
    with pytest.raises(ValueError, match="no use for a foundation model"):
        Trainer(CONFIG, tmp_path, device=CPU, foundation=mert)
    with pytest.raises(ValueError, match="set source to live"):
        Trainer(replace(CONFIG, model=CROSS), tmp_path, device=CPU, foundation=mert).run(Clips(clip_features()))


def test_validation_hears_foundation_tokens_too(mert: Foundation) -> None:
    torch.manual_seed(0)
    denoiser, clips = build_denoiser(CROSS).train(), [clip_features(seed=seed) for seed in (0, 1)]
    tokens = [torch.randn(100, 24) for _ in clips]
    deaf, hearing = Validation(clips, 50), Validation(clips, 50, foundation=tokens)
    assert hearing.foundation.shape == (4, 50, 24) and torch.equal(hearing.foundation[3], tokens[1][50:])
    denoiser.eval()
    with torch.no_grad():
        assert not np.allclose(*(validation._estimate(denoiser, 1, CPU) for validation in (deaf, hearing)), atol=1e-4)
