"""Rough transcriptions, made of true ones: what a person in a hurry, or another program, writes. `refine` is given such, and mends them."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from n2n.drums import DRUMS, LANE
from n2n.shapes import Float

TAKEN_FOR: Final = {
    "KD": ("TT",),
    "SN": ("TT", "HH"),
    "TT": ("KD", "SN"),
    "HH": ("SN", "CY", "RD"),
    "CY": ("HH", "RD"),
    "RD": ("HH", "CY", "BE"),
    "BE": ("HH", "RD"),
}
"""What a drum is written as by mistake."""


@dataclass(frozen=True)
class RoughConfig:
    """How rough. Of each kind of mistake half of the clips have none, the others any amount up to the one given."""

    left_out: float = 0.5
    """Share of the hits."""
    strewn: float = 0.4
    """False hits against the true ones."""
    confused: float = 0.3
    """Share of the drums of a clip of which some hits, or all, are written as those of one other drum."""
    late: float = 3.0
    """Frames by which all hits are late, or early."""
    unsteady: float = 1.5
    """Deviation of single hits in frames."""
    levels: float = 0.5
    """Shift of all velocities, where silence is -1 and the hardest stroke 1."""
    flat: float = 0.3
    """Share of clips whose velocities are all the same."""


def rough(
    roll: Float[Tensor, "batch frames drums 2"], config: RoughConfig, generator: torch.Generator
) -> Float[Tensor, "batch frames drums 2"]:
    """Rolls with the mistakes of hasty transcriptions; onsets are 1 or -1, the velocity of what is not hit is -1, and of two hits that fall
    in one cell the louder stays."""
    batch, frames, drums, _ = roll.shape
    truth = roll.cpu()
    clip, frame, lane = (truth[..., 0] > 0.0).nonzero().unbind(1)
    velocity = truth[clip, frame, lane, 1]

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)

    def amount(most: float) -> Float[Tensor, "batch"]:
        return most * uniform(batch) * (uniform(batch) < 0.5)

    share = uniform(batch, drums) * (uniform(batch, drums) < config.confused)
    lane = torch.where(uniform(len(lane)) < share[clip, lane], _mistaken(uniform(batch, drums))[clip, lane], lane)
    late = amount(config.late) * torch.where(uniform(batch) < 0.5, 1.0, -1.0)
    shift = late[clip] + amount(config.unsteady)[clip] * torch.randn(len(clip), generator=generator)
    frame = (frame + shift.round().long()).clamp(0, frames - 1)
    shifted = velocity + config.levels * (2.0 * uniform(batch) - 1.0)[clip]
    even = (2.0 * uniform(batch) - 1.0)[clip]
    velocity = torch.where((uniform(batch) < config.flat)[clip], even, shifted).clamp(-1.0, 1.0)

    density = torch.bincount(clip, minlength=batch) / (frames * drums)
    strewn = (uniform(batch, frames, drums) < (amount(config.strewn) * density)[:, None, None]).flatten().nonzero()[:, 0]
    kept = uniform(len(clip)) >= amount(config.left_out)[clip]
    cells = torch.cat([((clip * frames + frame) * drums + lane)[kept], strewn])
    velocities = torch.cat([velocity[kept], 2.0 * uniform(len(strewn)) - 1.0])
    silence = torch.full((batch * frames * drums,), -1.0)
    loudest = silence.scatter_reduce(0, cells, velocities, "amax")
    return torch.stack([silence.index_fill(0, cells, 1.0), loudest], dim=-1).reshape(roll.shape).to(roll.device)


def _mistaken(chance: Float[Tensor, "batch drums"]) -> Tensor:
    """The lane that each drum of each clip is taken for."""
    choices = [torch.tensor([LANE[other] for other in TAKEN_FOR[drum]]) for drum in DRUMS]
    return torch.stack([lanes[(chance[:, lane] * len(lanes)).long()] for lane, lanes in enumerate(choices)], dim=1)
