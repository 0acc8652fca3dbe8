"""Options that several commands share, and how their values are read."""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from tyro.conf import FlagCreatePairsOff, Positional, UseAppendAction, arg

from n2n.batch import Existing
from n2n.files import check_writable

if TYPE_CHECKING:
    from n2n.inference import Transcriber

OWN: Final = "(default: the model's own)"

Inputs = Annotated[tuple[Path, ...], Positional, arg(metavar="INPUT...", help_behavior_hint="")]
Folder = Annotated[Path, arg(aliases=["-o"], metavar="DIR")]
OutputFile = Annotated[Path, arg(aliases=["-o"], metavar="FILE")]
Flag = FlagCreatePairsOff[bool]
Spans = Annotated[tuple[str, ...], UseAppendAction, arg(metavar="START:END")]
Regions = Annotated[tuple[str, ...], UseAppendAction, arg(metavar="START:END[:DRUMS]")]


class UsageError(ValueError):
    """The command was called wrongly: nothing has been started."""


@contextmanager
def usage() -> Iterator[None]:
    """What is refused in here was asked for wrongly."""
    try:
        yield
    except ValueError as error:
        raise UsageError(str(error)) from error


@dataclass(frozen=True)
class ModelOptions:
    """Which model works, and on what.

    Attributes:
        model: a bundled model's name (small, or small-1step, the fast choice: it says all in one step), or a folder with config.json and
            model.safetensors (as training leaves it in OUT/model).
        device: auto takes a GPU where there is one.
    """

    model: Annotated[str, arg(metavar="NAME_OR_PATH")] = "small"
    device: Literal["auto", "cpu", "cuda"] = "auto"

    def load(self) -> "Transcriber":
        """Loads the model; this is what takes a second."""
        from n2n.inference import load

        with usage():
            return load(self.model, device=self.device)


@dataclass(frozen=True)
class ExistingOptions:
    """What becomes of files that are there already. Without either of these, each is left as it is and counts as a failure.

    Attributes:
        skip_existing: leave them as they are, and go on.
        overwrite: replace them.
    """

    skip_existing: Flag = False
    overwrite: Flag = False

    def choice(self) -> Existing:
        """The choice, in one word. Raises ValueError where both are given."""
        if self.skip_existing and self.overwrite:
            raise ValueError("--skip-existing and --overwrite exclude each other: choose one")
        return "skip" if self.skip_existing else "replace" if self.overwrite else "refuse"


@dataclass(frozen=True)
class SamplingOptions:
    """How notes are drawn out of noise.

    Attributes:
        num_steps: noise levels to walk down. 1 is fastest, 5 to 10 find more of the rare drums; each costs one run of the network.
        sampler: renoise denoises fully, adds less noise and denoises again (the paper's refinement), and averages the later half of its
            estimates; euler and heun follow a smooth path, heun at twice the cost.
        num_samples: walks to average, each from its own noise. 4 or 8 are steadier than 1, at 4 or 8 times the cost.
        guidance: above 1 leans harder on the audio, below 1 less; anything but 1 doubles the cost.
        seed: of all noise. The same seed gives the same notes.
        threshold: score from 0 to 1 above which there is a note; lower finds more and errs more.
    """

    num_steps: Annotated[int | None, arg(metavar="N", help_behavior_hint=OWN)] = None
    sampler: Annotated[Literal["renoise", "euler", "heun"] | None, arg(metavar="{renoise,euler,heun}", help_behavior_hint=OWN)] = None
    num_samples: Annotated[int | None, arg(metavar="K", help_behavior_hint=OWN)] = None
    guidance: Annotated[float, arg(metavar="W")] = 1.0
    seed: Annotated[int, arg(metavar="S")] = 0
    threshold: Annotated[float | None, arg(metavar="T", help_behavior_hint=OWN)] = None

    def checked(self) -> dict[str, Any]:
        """The options as the model takes them; UsageError where one is impossible."""
        from n2n.roll import DecodeConfig
        from n2n.task import Options

        given = {name: getattr(self, name) for name in ("num_steps", "sampler", "num_samples", "guidance", "seed")}
        given["thresholds"] = self.threshold
        with usage():
            Options(**given).decode(DecodeConfig())
        return given


def parse_span(text: str) -> tuple[float, float]:
    """`START:END` in seconds. Raises ValueError where it is anything else."""
    try:
        start, end = map(float, text.split(":"))
    except ValueError:
        raise ValueError(f"{text!r} is no span of time: write START:END in seconds, such as 2.5:4") from None
    if not 0.0 <= start < end < math.inf:
        raise ValueError(f"the span {text} must have 0 <= START < END")
    return start, end


def parse_region(text: str) -> tuple[float, float, Sequence[str]]:
    """`START:END` in seconds, all drums, or `START:END:KD,SN`. Raises ValueError where it is anything else."""
    from n2n.drums import DRUMS, check_drum

    span, drums = text, ""
    if text.count(":") == 2:
        span, _, drums = text.rpartition(":")
        if not drums:
            raise ValueError(f"the region {text!r} names no drum after the last colon: it may be any of {', '.join(DRUMS)}")
    return *parse_span(span), [check_drum(drum.strip().upper()) for drum in drums.split(",")] if drums else list(DRUMS)


def check_notes_file(path: Path) -> None:
    """Raises ValueError where the suffix of an output says no form of notes that we write, or where it cannot be written."""
    from n2n.notes import NOTE_SUFFIXES

    if path.suffix.lower() not in NOTE_SUFFIXES:
        raise ValueError(f"cannot write notes as {path.name}: its suffix must be one of {', '.join(NOTE_SUFFIXES)}")
    if os.path.isdir(path):
        raise ValueError(f"{path} is a folder, and notes go to a file: name a file in it, or another, with -o")
    if not os.path.exists(path):
        check_writable(path.parent, "-o")
