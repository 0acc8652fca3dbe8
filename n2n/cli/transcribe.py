"""`n2n transcribe`: recordings to notes."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from n2n.batch import Job, is_wanted, plan
from n2n.cli.options import ExistingOptions, Flag, Folder, Inputs, ModelOptions, SamplingOptions, Spans, parse_span, usage
from n2n.cli.terminal import run_jobs
from n2n.files import find_audio

if TYPE_CHECKING:
    from n2n.inference import Transcriber
    from n2n.metre import Conductor
    from n2n.task import Task


@dataclass(frozen=True)
class Transcribe:
    """Transcribes drum recordings: what was struck, when, and how hard.

    Any audio or video file will do (wav, flac, mp3, ogg, m4a, ...), of any length, rate and number of channels. Drums alone work best; a
    whole song works too. Each input becomes one file of notes in DIR.

        n2n transcribe loop.wav
        n2n transcribe takes/ song.mp3 -o notes --num-steps 10 --format json
        n2n transcribe archive/ -o notes --skip-existing --json > summary.json

    Exit status: 0 when every file was transcribed, 1 when any failed (the others are written), 2 when the command itself was wrong.

    Attributes:
        inputs: audio files, and folders, which are searched with all their subfolders.
        output: where notes are written, as DIR/<name of the recording>.<format>. What lies in a subfolder of a given folder keeps it; files
            that differ in their suffix alone keep that, too.
        format: mid is MIDI (General MIDI drums on channel 10); json also keeps the model's confidence; csv is a plain table.
        missing: a span in seconds whose audio is not to be heard; the model fills it from what is around. May be given several times.
        json: print a summary for scripts: input, output, status, notes, seconds and error of every file.
    """

    inputs: Inputs
    output: Folder = Path()
    format: Literal["mid", "json", "csv"] = "mid"
    missing: Spans = ()
    json: Flag = False
    existing: ExistingOptions = field(default_factory=ExistingOptions)
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    model: ModelOptions = field(default_factory=ModelOptions)

    def run(self) -> int:
        """Transcribes; the exit status."""
        with usage():
            existing = self.existing.choice()
            missing = [parse_span(text) for text in self.missing]
            jobs, failed = plan(self.inputs, self.output, self.format, find_audio)
        options = self.sampling.checked()
        wanted = [job for job in jobs if is_wanted(job, existing)]
        model = self.model.load() if wanted else None

        def work(job: Job, partial: Path, report: Callable[[float], None]) -> int:
            assert model is not None and job.input is not None
            task = model.prepare_transcribe(job.input, missing=missing, **options)
            warn_of_silence(task)
            return write_result(model, task, partial, report)

        about = {"model": self.model.model}
        return run_jobs("transcribe", jobs, work, failed=failed, existing=existing, as_json=self.json, **about)


def warn_of_silence(task: "Task") -> None:
    """Warns where a recording is so quiet that no notes are looked for."""
    from n2n.inference import SILENT_DB, silent_db

    if (loudest := silent_db(task)) is not None:
        level = f"its loudest frequency reaches {loudest:.0f} dB of full scale, and nothing below {SILENT_DB:g} dB is heard"
        warnings.warn(f"this is taken for silence: {level}. If there are drums in it, make it louder", stacklevel=2)


def write_result(
    model: "Transcriber", task: "Task", path: Path, report: Callable[[float], None], *, conductor: "Conductor | None" = None
) -> int:
    """Works on a task step by step and writes its notes, as MIDI with the tempos and bars of a `conductor`; how many there are."""
    from n2n.note_files import write_notes

    for progress in model.stream(task):
        report(progress.step / progress.steps)
    assert progress.result is not None
    write_notes(progress.result.transcription, path, conductor=conductor)
    return len(progress.result.notes)
