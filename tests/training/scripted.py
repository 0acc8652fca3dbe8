"""A denoiser that follows a script, for the tests of objectives."""

from torch import Tensor, nn

from n2n.diffusion import Denoiser


class Encoder(nn.Module):
    def encode(self, mel: Tensor, heard: Tensor) -> Tensor:
        return heard


class Scripted(Denoiser):
    """A denoiser that gives set answers, one after the other, and remembers what it was asked."""

    def __init__(self, *answers: Tensor) -> None:
        super().__init__(Encoder())
        self.answers = list(answers)
        self.asked: list[tuple[Tensor, Tensor]] = []

    def forward(self, x: Tensor, sigma: Tensor, condition: object) -> Tensor:
        self.asked.append((x, sigma))
        return self.answers[len(self.asked) - 1]
