"""The network of Noise-to-Notes: a noisy roll, a noise level and the audio go in; an estimate of the clean roll comes out.

Condition encoders read the audio once per clip; the denoiser reads their tokens at every step. Published form: EDGE's decoder (Tseng et
al., CVPR 2023) with cross-attention and FiLM, as in N2N (arXiv 2509.21739), preset `PAPER`. The shipped presets add time-aligned
condition tokens instead of attending to them, read the spectrogram through convolutions, and put two frames in a token (which two, a
`lead` says): each deviation has its figure in LOG.md.

Shapes: rolls [batch, frames, drums, 2], log-mel [batch, frames, mels], tokens [batch, tokens, width]; positions are in frames.
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from n2n.drums import DRUMS
from n2n.features import N_MELS
from n2n.shapes import Bool, Float

ROLL_FEATURES = 2 * len(DRUMS)


@dataclass(frozen=True)
class ModelConfig:
    """Sizes of the network. `width` is the dial; the presets below are the values that were tried."""

    width: int = 256
    feedforward: int = 640
    heads: int = 4
    encoder_layers: int = 3
    decoder_layers: int = 3
    dropout: float = 0.0
    frames_per_token: int = 2
    stem: Literal["linear", "conv"] = "conv"
    condition: Literal["cross", "add"] = "add"
    foundation_dim: int = 0
    """Channels of the foundation model's tokens; 0 where the network hears the log-mel alone."""

    def __post_init__(self) -> None:
        sizes = (self.width, self.feedforward, self.heads, self.encoder_layers, self.decoder_layers, self.frames_per_token)
        if min(sizes) < 1 or self.foundation_dim < 0 or not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"sizes must be 1 or more and dropout a share below 1, not {self}")
        if self.stem not in ("linear", "conv") or self.condition not in ("cross", "add"):
            raise ValueError(f"stem must be linear or conv, condition cross or add, not {self.stem!r} and {self.condition!r}")
        if self.width % (2 * self.heads):
            raise ValueError(
                f"width {self.width} must be a multiple of twice the number of heads, {self.heads}: rotary positions turn pairs"
            )
        if self.foundation_dim and self.condition == "add":
            raise ValueError("foundation tokens have a frame rate of their own, so they need condition='cross'")

    def check_foundation(self, dim: int | None) -> None:
        """Raises ValueError where a foundation model of `dim` channels, or none, is not what this network hears through."""
        if dim is None and self.foundation_dim:
            raise ValueError("this model hears through a foundation model too (`n2n.mert.load_foundation`): give it one")
        if dim is not None and not self.foundation_dim:
            raise ValueError("this model hears the log-mel alone: it has no use for a foundation model")
        if dim is not None and dim != self.foundation_dim:
            raise ValueError(f"the foundation model has {dim} channels, but this model hears {self.foundation_dim}: it knew another one")


PAPER = ModelConfig(
    width=512,
    feedforward=1024,
    heads=8,
    encoder_layers=2,
    decoder_layers=8,
    dropout=0.1,
    frames_per_token=1,
    stem="linear",
    condition="cross",
    foundation_dim=1024,
)
BASE = ModelConfig(width=512, feedforward=1472, heads=8, encoder_layers=4, decoder_layers=4)
SMALL = ModelConfig()
MINI = ModelConfig(width=128, feedforward=320, heads=4, encoder_layers=2, decoder_layers=2)
PRESETS = {"paper": PAPER, "base": BASE, "small": SMALL, "mini": MINI}


class Condition(NamedTuple):
    """What the encoders heard: tokens, the position of each in frames, and their mean passed through a small network.

    `lead` is how many frames the first token lacks: it says which frames share one.
    """

    tokens: Float[Tensor, "batch tokens width"]
    positions: Float[Tensor, "tokens"]
    pooled: Float[Tensor, "batch width"]
    lead: int = 0


def rotate(
    x: Float[Tensor, "batch heads tokens channels"], positions: Float[Tensor, "tokens"]
) -> Float[Tensor, "batch heads tokens channels"]:
    """Rotary position embedding (Su et al., 2021): turns channel pairs by angles proportional to the position."""
    half = x.shape[-1] // 2
    rates = torch.exp(-math.log(10000.0) * torch.arange(half, device=x.device) / half)
    angle = positions[:, None] * rates
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


def attend(
    query: Float[Tensor, "batch heads tokens channels"],
    key: Float[Tensor, "batch heads memory channels"],
    value: Float[Tensor, "batch heads memory channels"],
    *,
    dropout: float = 0.0,
) -> Float[Tensor, "batch heads tokens channels"]:
    """Scaled dot-product attention.

    In bfloat16 on a CPU it is two products and a softmax: for windows as short as ours that is faster than torch's fused kernel.
    """
    if query.device.type != "cpu" or query.dtype != torch.bfloat16:
        return F.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
    weights = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(-1, -2)).softmax(dim=-1)
    return torch.matmul(F.dropout(weights, dropout), value)


class Attention(nn.Module):
    """Multi-head attention with rotary positions after the projections."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, memory: Tensor, positions: Tensor, memory_positions: Tensor) -> Tensor:
        query = rotate(self._split(self.query(x)), positions)
        key, value = (self._split(part) for part in self.key_value(memory).chunk(2, dim=-1))
        key = rotate(key, memory_positions)
        heard = attend(query, key, value, dropout=self.dropout if self.training else 0.0)
        return self.out(heard.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # [batch, heads, tokens, channels]


def feed_forward(config: ModelConfig) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(config.width, config.feedforward), nn.GELU(), nn.Dropout(config.dropout), nn.Linear(config.feedforward, config.width)
    )


class EncoderLayer(nn.Module):
    """Pre-norm self-attention and feed-forward."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm_attention = nn.LayerNorm(config.width)
        self.attention = Attention(config.width, config.heads, config.dropout)
        self.norm_feed_forward = nn.LayerNorm(config.width)
        self.feed_forward = feed_forward(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        normed = self.norm_attention(x)
        x = x + self.dropout(self.attention(normed, normed, positions, positions))
        return x + self.dropout(self.feed_forward(self.norm_feed_forward(x)))


class FiLM(nn.Module):
    """Feature-wise scale and shift of a sublayer's output (Perez et al., 2018), as EDGE places it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.generator = nn.Linear(width, 2 * width)

    def forward(self, x: Tensor, signal: Tensor) -> Tensor:
        scale, shift = self.generator(F.mish(signal))[:, None].chunk(2, dim=-1)
        return (1.0 + scale) * x + shift


class DecoderLayer(nn.Module):
    """Self-attention, condition and feed-forward, each pre-normed and FiLM-modulated before the residual sum.

    Time-aligned condition tokens are added through one linear map, without norm or FiLM of their own.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.crosses = config.condition == "cross"
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in range(3 if self.crosses else 2))
        self.films = nn.ModuleList(FiLM(config.width) for _ in range(3 if self.crosses else 2))
        self.self_attention = Attention(config.width, config.heads, config.dropout)
        self.condition: nn.Module = (
            Attention(config.width, config.heads, config.dropout) if self.crosses else nn.Linear(config.width, config.width)
        )
        self.feed_forward = feed_forward(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, positions: Tensor, memory: Tensor, memory_positions: Tensor, signal: Tensor) -> Tensor:
        normed = self.norms[0](x)
        x = x + self.films[0](self.dropout(self.self_attention(normed, normed, positions, positions)), signal)
        if self.crosses:
            heard = self.condition(self.norms[1](x), memory, positions, memory_positions)
            x = x + self.films[1](self.dropout(heard), signal)
        else:
            x = x + self.condition(memory)
        return x + self.films[-1](self.dropout(self.feed_forward(self.norms[-1](x))), signal)


class LinearStem(nn.Module):
    """Feature frames to tokens, one linear map; `frames_per_token` neighbouring frames share a token."""

    def __init__(self, features: int, width: int, frames_per_token: int) -> None:
        super().__init__()
        self.frames_per_token = frames_per_token
        self.project = nn.Linear(frames_per_token * features, width)

    def forward(self, x: Float[Tensor, "batch frames features"], lead: int = 0) -> Float[Tensor, "batch tokens width"]:
        return self.project(stack_frames(x, self.frames_per_token, lead))


class ConvStem(nn.Module):
    """Feature frames to tokens through a convolution over time, `CONTEXT` frames to either side of a token's own, and a linear map."""

    CONTEXT = 2

    def __init__(self, features: int, width: int, frames_per_token: int) -> None:
        super().__init__()
        self.frames_per_token = frames_per_token
        self.kernel = frames_per_token + 2 * self.CONTEXT
        self.convolve = nn.Linear(self.kernel * features, 2 * width)
        self.project = nn.Linear(2 * width, width)

    def forward(self, x: Float[Tensor, "batch frames features"], lead: int = 0) -> Float[Tensor, "batch tokens width"]:
        x = F.pad(x, (0, 0, self.CONTEXT + lead, self.CONTEXT + -(lead + x.shape[1]) % self.frames_per_token))
        windows = x.unfold(1, self.kernel, self.frames_per_token).transpose(-1, -2).flatten(2)
        return self.project(F.gelu(self.convolve(windows)))


def stack_frames(x: Float[Tensor, "batch frames features"], count: int, lead: int = 0) -> Float[Tensor, "batch tokens stacked"]:
    """Puts `count` neighbouring frames side by side, `lead` zeros before the first; a last, incomplete group is filled with zeros."""
    x = F.pad(x, (0, 0, lead, -(lead + x.shape[1]) % count))
    return x.unflatten(1, (-1, count)).flatten(2)


class ConditionEncoder(nn.Module):
    """One feature stream to tokens. A null embedding replaces dropped frames before anything else, so they leak nowhere."""

    def __init__(self, config: ModelConfig, features: int, *, stem: str, frames_per_token: int) -> None:
        super().__init__()
        self.null = nn.Parameter(torch.zeros(features))
        stem_class = ConvStem if stem == "conv" else LinearStem
        self.stem = stem_class(features, config.width, frames_per_token)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))
        self.pool = nn.Sequential(
            nn.LayerNorm(config.width), nn.Linear(config.width, config.width), nn.SiLU(), nn.Linear(config.width, config.width)
        )

    def forward(self, x: Tensor, heard: Bool[Tensor, "batch frames"], positions: Tensor, lead: int = 0) -> tuple[Tensor, Tensor]:
        tokens = self.stem(torch.where(heard[..., None], x, self.null.to(x.dtype)), lead)
        for layer in self.layers:
            tokens = layer(tokens, positions)
        return tokens, self.pool(tokens.mean(dim=1))


class NoiseLevel(nn.Module):
    """c_noise to a FiLM signal and, where the decoder attends to its condition, two memory tokens."""

    def __init__(self, width: int, tokens: int) -> None:
        super().__init__()
        self.width = width
        self.hidden = nn.Sequential(nn.Linear(width, 4 * width), nn.Mish())
        self.signal = nn.Linear(4 * width, width)
        self.tokens = nn.Linear(4 * width, tokens * width) if tokens else None

    def forward(self, c_noise: Float[Tensor, "batch"]) -> tuple[Tensor, Tensor | None]:
        # EDM's c_noise spans about 2.6 units; the sinusoids expect about a thousand.
        half = self.width // 2
        rates = torch.exp(-math.log(10000.0) * torch.arange(half, device=c_noise.device) / half)
        angle = 250.0 * c_noise[:, None] * rates
        hidden = self.hidden(torch.cat([angle.sin(), angle.cos()], dim=-1))
        return self.signal(hidden), None if self.tokens is None else self.tokens(hidden).unflatten(-1, (-1, self.width))


class Network(nn.Module):
    """`encode` once per clip, then call at every noise level."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.mel_encoder = ConditionEncoder(config, N_MELS, stem=config.stem, frames_per_token=config.frames_per_token)
        self.foundation_encoder = (
            ConditionEncoder(config, config.foundation_dim, stem="linear", frames_per_token=1) if config.foundation_dim else None
        )
        self.norm_memory = nn.LayerNorm(config.width)
        self.noise_level = NoiseLevel(config.width, 2 if config.condition == "cross" else 0)
        self.roll_in = LinearStem(ROLL_FEATURES, config.width, config.frames_per_token)
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.decoder_layers))
        self.roll_out = nn.Linear(config.width, config.frames_per_token * ROLL_FEATURES)

    def encode(
        self,
        mel: Float[Tensor, "batch frames mels"],
        heard: Bool[Tensor, "batch frames"],
        foundation: Float[Tensor, "batch tokens channels"] | None = None,
        foundation_heard: Bool[Tensor, "batch tokens"] | None = None,
        *,
        lead: int = 0,
    ) -> Condition:
        """Reads the audio's features; frames that are not `heard` become the null embedding.

        Foundation tokens cover the same seconds as `mel`, evenly; without them, that encoder hears nothing in any frame. With a `lead`,
        the first token of the log-mel, and of the rolls that go with it, lacks so many frames, and other frames share the later ones.
        """
        if not 0 <= lead < self.config.frames_per_token:
            raise ValueError(f"lead must lie in 0..{self.config.frames_per_token - 1}, the frames of a token less one, not {lead}")
        positions = self._token_positions(mel, lead)
        tokens, pooled = self.mel_encoder(mel, heard, positions, lead)
        if self.foundation_encoder is None:
            if foundation is not None:
                raise ValueError("this model was built without a foundation encoder: give it the log-mel alone")
            return Condition(tokens, positions, pooled, lead)
        if foundation is None:
            foundation = mel.new_zeros(*mel.shape[:2], self.config.foundation_dim)
            foundation_heard = heard.new_zeros(foundation.shape[:2])
        if foundation_heard is None:
            foundation_heard = heard.new_ones(foundation.shape[:2])
        more_positions = torch.arange(foundation.shape[1], device=mel.device) * (mel.shape[1] / foundation.shape[1])
        more_tokens, more_pooled = self.foundation_encoder(foundation, foundation_heard, more_positions)
        return Condition(torch.cat([tokens, more_tokens], dim=1), torch.cat([positions, more_positions]), pooled + more_pooled, lead)

    def forward(
        self, x: Float[Tensor, "batch frames drums 2"], c_noise: Float[Tensor, "batch"], condition: Condition
    ) -> Float[Tensor, "batch frames drums 2"]:
        lead = condition.lead
        positions = self._token_positions(x, lead)
        level, level_tokens = self.noise_level(c_noise)
        memory, memory_positions = condition.tokens, condition.positions
        if level_tokens is not None:
            memory = torch.cat([memory, level_tokens], dim=1)
            memory_positions = torch.cat([memory_positions, memory_positions.new_zeros(level_tokens.shape[1])])
        memory = self.norm_memory(memory)
        signal = level + condition.pooled
        tokens = self.roll_in(x.flatten(2), lead)
        for layer in self.layers:
            tokens = layer(tokens, positions, memory, memory_positions, signal)
        frames = self.roll_out(tokens).unflatten(-1, (-1, ROLL_FEATURES)).flatten(1, 2)
        return frames[:, lead : lead + x.shape[1]].unflatten(-1, (len(DRUMS), 2))

    def _token_positions(self, x: Tensor, lead: int) -> Tensor:
        count = self.config.frames_per_token
        tokens = -(-(lead + x.shape[1]) // count)
        return torch.arange(tokens, device=x.device, dtype=torch.float32) * count - lead


def num_parameters(network: nn.Module) -> int:
    """Trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
