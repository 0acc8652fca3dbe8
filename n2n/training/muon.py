"""Muon (Jordan et al., 2024): orthogonalised momentum for hidden matrices, scaled to the size of AdamW's updates (Liu et al., 2025).

torch's own always orthogonalises in bfloat16, which took four fifths of a training step on processors that only emulate it; this one takes
the precision that the processor computes in.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Final

import torch
from torch import Tensor, nn

from n2n.shapes import Float

QUINTIC: Final = (3.4445, -4.7750, 2.0315)
"""Coefficients of x, x^3 and x^5 in Jordan's Newton-Schulz iteration: steep at 0, so that five rounds bring singular values near 1."""
ROUNDS: Final = 5
MOMENTUM: Final = 0.95


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised; matrices of one shape go through it together."""

    def __init__(self, matrices: Iterable[nn.Parameter], *, lr: float, weight_decay: float, precision: torch.dtype) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay})
        self.precision = precision

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Moves every matrix that has a gradient."""
        for group in self.param_groups:
            updates: dict[torch.Size, list[tuple[nn.Parameter, Tensor]]] = defaultdict(list)
            for matrix in group["params"]:
                if matrix.grad is not None:
                    buffer = self.state[matrix].setdefault("momentum_buffer", torch.zeros_like(matrix))
                    buffer.lerp_(matrix.grad, 1.0 - MOMENTUM)
                    updates[matrix.shape].append((matrix, matrix.grad.lerp(buffer, MOMENTUM)))
            for shape, pairs in updates.items():
                directions = orthogonalised(torch.stack([update for _, update in pairs]).to(self.precision))
                for (matrix, _), direction in zip(pairs, directions, strict=True):
                    matrix.mul_(1.0 - group["lr"] * group["weight_decay"])
                    matrix.add_(direction, alpha=-0.2 * max(shape) ** 0.5 * group["lr"])


def orthogonalised(matrices: Float[Tensor, "count rows columns"]) -> Float[Tensor, "count rows columns"]:
    """The same singular vectors, singular values near 1 (0.7 to 1.2): U V^T instead of U S V^T, roughly."""
    if matrices.shape[1] > matrices.shape[2]:
        return orthogonalised(matrices.mT).mT
    a, b, c = QUINTIC
    x = matrices / matrices.flatten(1).norm(dim=1).clamp(min=1e-7)[:, None, None]
    for _ in range(ROUNDS):
        gram = x @ x.mT
        x = a * x + torch.baddbmm(gram, gram, gram, beta=b, alpha=c) @ x
    return x
