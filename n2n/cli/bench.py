"""`n2n bench`: how fast it is."""

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import arg

from n2n.cli.options import Flag, UsageError, usage
from n2n.cli.terminal import print_json


@dataclass(frozen=True)
class Bench:
    """Measures speed and memory on this machine: seconds of work per second of audio, start, and a ten-minute file.

    Everything runs on one thread of the CPU, and on a GPU too where there is one. CPU figures are processor time; on a quiet machine that
    is the time that passes. Takes some minutes.

    Attributes:
        model: a bundled model's name, or a model's folder.
        repeats: runs of each measurement, of which the median is told.
        seconds: length of the recording behind the figures per second of audio.
        quick: leave out the ten-minute file.
        json: print the figures for scripts.
    """

    model: Annotated[str, arg(metavar="NAME_OR_PATH")] = "small"
    repeats: Annotated[int, arg(metavar="N")] = 5
    seconds: float = 60.0
    quick: Flag = False
    json: Flag = False

    def run(self) -> int:
        """Measures; the exit status."""
        from n2n.bench import bench, format_figures
        from n2n.inference import load

        if self.repeats < 1 or not 1.0 <= self.seconds <= 3600.0:
            raise UsageError("--repeats must be at least 1, and --seconds from 1 to 3600")
        with usage():
            load(self.model, device="cpu")
        figures = bench(self.model, repeats=self.repeats, seconds=self.seconds, long_seconds=() if self.quick else (120.0, 600.0))
        if self.json:
            print_json({"command": "bench", "model": self.model, "figures": [figure._asdict() for figure in figures]})
        else:
            print(format_figures(figures), end="")
        return 0
