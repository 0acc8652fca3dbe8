"""`n2n train`: the command of `n2n.training.main`, which also runs without this package's other requirements."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import arg

from n2n.training.settings import TrainSettings


@dataclass(frozen=True)
class Train(TrainSettings):
    __doc__ = TrainSettings.__doc__

    out: Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
    data: Annotated[Path | None, arg(metavar="DIR", help_behavior_hint="")] = None
    pool: Annotated[Path | None, arg(metavar="DIR", help_behavior_hint="")] = None
    warm_start: Annotated[Path | None, arg(metavar="DIR", help_behavior_hint="")] = None
    foundation: Annotated[Path | None, arg(metavar="DIR", help_behavior_hint="")] = None

    def run(self) -> int:
        """Trains; the exit status."""
        from n2n.training.main import train

        train(self)
        return 0
