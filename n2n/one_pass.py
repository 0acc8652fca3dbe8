"""The discriminative twin of a denoiser: the same network, asked once, with a constant in place of the noisy roll.

It shows what denoising is worth. It stands where a `Denoiser` stands, and gives the same estimate whatever roll and level it is given.
"""

from typing import ClassVar, Final, NamedTuple

import torch
from torch import Tensor

from n2n.diffusion import Denoiser
from n2n.shapes import Float

PRIOR_LOG_ODDS: Final = -4.6
"""The log-odds of a hit before anything is heard or learnt: one cell in a hundred holds one. A denoiser begins at silence too."""


class Answers(NamedTuple):
    """What the network says of each cell: the log-odds of a hit, and the velocity of one, in roll units."""

    log_odds: Float[Tensor, "batch frames drums"]
    velocity: Float[Tensor, "batch frames drums"]


class OnePass(Denoiser):
    """A network that hears, and answers at once."""

    kind: ClassVar[str] = "discriminative"

    def answers(self, x: Float[Tensor, "batch frames drums 2"], condition: object) -> Answers:
        """Asks the network about rolls of the shape of `x`: it is shown zeros, the data mean once centred, at level 1."""
        onset, velocity = self.network(torch.zeros_like(x), x.new_zeros(len(x)), condition).to(x.dtype).unbind(dim=-1)
        return Answers(onset + PRIOR_LOG_ODDS, velocity)

    def forward(self, x: Tensor, sigma: Tensor, condition: object) -> Tensor:
        """The mean roll: a cell is a hit of its velocity with its probability, and silence otherwise."""
        answers = self.answers(x, condition)
        probability = answers.log_odds.sigmoid()
        return torch.stack([2.0 * probability - 1.0, probability * (answers.velocity + 1.0) - 1.0], dim=-1)
