"""`n2n evaluate`: how right are the notes?"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from tyro.conf import Positional, arg

from n2n.batch import explain, memory_errors
from n2n.cli.options import Flag, ModelOptions, SamplingOptions, usage
from n2n.cli.terminal import Terminal, print_json
from n2n.files import check_writable, search_error

if TYPE_CHECKING:
    from n2n.datasets import Dataset
    from n2n.evaluate import Evaluation
    from n2n.notes import Transcription


@dataclass(frozen=True)
class Evaluate:
    """Scores a model, or anyone's MIDI files, against recordings whose notes are known.

    Onsets of a class match where they lie within the tolerance, each at most once (mir_eval's rule), after same-class onsets within 15 ms
    were merged on both sides. Scores are pooled over files, with a 95 % interval over files, and averaged over files. Where the set knows
    velocities, notes are scored with velocity too.

        n2n evaluate MDBDrums
        n2n evaluate e-gmd --split test --shift file --num-classes 7 --json > scores.json
        n2n evaluate MDBDrums --estimates other-tool/ --tolerance 0.03 --report errors

    Attributes:
        dataset: a folder laid out like MDB Drums, like E-GMD or GMD, or with pairs of audio and MIDI of one name.
        estimates: score the MIDI, JSON or CSV files of this folder, named like the recordings, instead of running a model.
        num_classes: 7 are our own; in 5, crash, ride and bell are one (ADTOF); in 3, toms are snares and cymbals hi-hats (the paper).
        tolerance: largest distance of a match, in seconds.
        shift: add one best constant to all onsets first: one for the set, or one for each file. For sets whose audio and notes are offset.
        layout: how the folder is read; auto looks.
        mix: for MDB Drums: the drums alone, which is usual, or the whole band.
        split: for E-GMD and GMD: the split to keep, such as test.
        allow_missing: recordings without an estimate count as empty, instead of being an error.
        report: write a folder that shows the errors, with an index.html to open: both sides of each file over its spectrogram, the worst
            moments to hear, what was taken for what, errors by velocity and gap, and whether confidence can be trusted.
        json: print all figures for scripts, by file and by class, instead of a table.
    """

    dataset: Annotated[Path, Positional, arg(metavar="FOLDER")]
    estimates: Annotated[Path | None, arg(metavar="FOLDER", help_behavior_hint="")] = None
    num_classes: Literal[7, 5, 3] = 5
    tolerance: Annotated[float, arg(metavar="SECONDS")] = 0.05
    shift: Literal["none", "set", "file"] = "none"
    layout: Literal["auto", "mdb", "egmd", "pairs"] = "auto"
    mix: Annotated[Literal["drum_only", "full_mix"] | None, arg(metavar="{drum_only,full_mix}", help_behavior_hint="")] = None
    split: Annotated[str | None, arg(metavar="NAME", help_behavior_hint="")] = None
    allow_missing: Flag = False
    report: Annotated[Path | None, arg(metavar="DIR", help_behavior_hint="")] = None
    json: Flag = False
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    model: ModelOptions = field(default_factory=ModelOptions)

    def run(self) -> int:
        """Scores; the exit status."""
        from n2n.evaluate import evaluate

        unread = Unreadable()
        with usage():
            dataset = self._open(unread)
        references = _read_references(dataset, unread)
        if self.estimates is None:
            estimates, by = self._transcribe(dataset, references, unread)
        else:
            estimates, by = _read_estimates(self.estimates, dataset, references, unread), {"estimates": str(self.estimates)}
        references = {name: notes for name, notes in references.items() if self.allow_missing or name not in unread.names}
        evaluation = evaluate(
            references,
            estimates,
            num_classes=self.num_classes,
            tolerance=self.tolerance,
            shift=None if self.shift == "none" else self.shift,
            velocity=dataset.has_velocity,
            allow_missing=self.allow_missing,
        )
        self._print(dataset, evaluation, by, unread)
        if self.report is not None:  # last: what it fails at costs no score
            from n2n.error_report import write_report

            audio, told = {item.name: item.audio for item in dataset}, {"dataset": str(self.dataset), **by}
            write_report(self.report, evaluation, references, estimates, audio=audio, about=told, unheard=unread.file)
            if not self.json:
                print(f"\nerror report: {self.report / 'index.html'}")
        return 1 if unread.names else 0

    def _open(self, unread: "Unreadable") -> "Dataset":
        """The set, when nothing in the call is wrong that shows at once."""
        from n2n.datasets import open_dataset

        if not 0.0 < self.tolerance < float("inf"):
            raise ValueError(f"--tolerance must be above 0 seconds, not {self.tolerance:g}")
        if self.report is not None:
            from n2n.error_report import check_folder

            check_folder(self.report)
            check_writable(self.report, "--report")
        scored_alone = self.estimates is not None
        dataset = open_dataset(
            self.dataset, self.layout, mix=self.mix, split=self.split, require_audio=not scored_alone, unread=unread.folder
        )
        if scored_alone and (self.sampling, self.model) != (SamplingOptions(), ModelOptions()):
            raise ValueError("with --estimates no model runs: leave its options out")
        return dataset

    def _print(self, dataset: "Dataset", evaluation: "Evaluation", by: dict[str, Any], unread: "Unreadable") -> None:
        """All figures, for scripts or as a table, and what they are of."""
        from n2n.report import format_table, to_json

        if self.json:
            about = {"dataset": str(self.dataset), "layout": dataset.layout, "skipped": list(dataset.skipped)}
            print_json({"command": "evaluate", **about, "unread": unread.names, "by": by, "scores": to_json(evaluation)})
            return
        skipped = f", {len(dataset.skipped)} without audio or notes skipped" if dataset.skipped else ""
        print(f"{self.dataset} as {dataset.layout}{skipped}; {', '.join(f'{key} {value}' for key, value in by.items())}")
        print(format_table(evaluation), end="")

    def _transcribe(
        self, dataset: "Dataset", names: Collection[str], unread: "Unreadable"
    ) -> "tuple[dict[str, Transcription], dict[str, Any]]":
        """The model's notes of the named items that can be read, and how it was run."""
        from n2n.task import Options, num_evaluations_of

        options = self.sampling.checked()
        model = self.model.load()
        estimates = {}
        with Terminal(len(names)) as terminal:
            unread.terminal = terminal
            for item in dataset:
                if item.name not in names:
                    continue
                assert item.audio is not None  # the set was opened with audio required
                terminal.progress(item.name, 0.0)
                with unread.of(item.name), memory_errors():
                    estimates[item.name] = model.transcribe(item.audio, **options).transcription
                terminal.done += 1
        if not estimates:
            raise ValueError("none of the recordings could be read")
        used = Options(**options).sampling(model.checkpoint.sampling)
        evaluations = num_evaluations_of(used, self.sampling.guidance)
        by = {"model": self.model.model, "steps": used.num_steps, "sampler": used.sampler, "samples": used.num_samples}
        return estimates, {**by, "guidance": self.sampling.guidance, "seed": self.sampling.seed, "network evaluations": evaluations}


class Unreadable:
    """Says on standard error what cannot be read, each once, and keeps its name."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.terminal = Terminal(0)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """While something of this name is read, what is wrong with it ends no more than that."""
        try:
            yield
        except (ValueError, MemoryError) as error:
            self.file(name, explain(error))

    def file(self, name: str, reason: str) -> None:
        """A recording, its notes or their estimate cannot be read."""
        self._tell(name, f"{name}: {reason}")

    def folder(self, error: OSError) -> None:
        """A folder cannot be searched."""
        self._tell(str(error.filename), search_error(error))

    def _tell(self, name: str, text: str) -> None:
        if name not in self.names:
            self.names.append(name)
            self.terminal.say(f"n2n: {text}")


def _read_references(dataset: "Dataset", unread: Unreadable) -> "dict[str, Transcription]":
    """The true notes of all items whose annotations can be read."""
    references = {}
    for item in dataset:
        with unread.of(item.name):
            references[item.name] = item.reference
    if not references:
        raise ValueError("none of the annotations could be read")
    return references


def _read_estimates(folder: Path, dataset: "Dataset", names: Collection[str], unread: Unreadable) -> "dict[str, Transcription]":
    """The notes of the named items in a folder that can be read."""
    from n2n.estimates import find_estimates
    from n2n.note_files import read_notes

    estimates = {}
    for name, path in find_estimates(folder, dataset.items, unread=unread.folder).items():
        if name in names:
            with unread.of(name):
                estimates[name] = read_notes(path)
    return estimates
