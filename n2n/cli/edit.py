"""`n2n regenerate`, `n2n refine`, `n2n generate`: change notes, mend them, invent them."""

import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from n2n.batch import Job
from n2n.cli.options import (
    ExistingOptions,
    Flag,
    ModelOptions,
    OutputFile,
    Regions,
    SamplingOptions,
    check_notes_file,
    parse_region,
    usage,
)
from n2n.cli.terminal import run_jobs
from n2n.cli.transcribe import write_result

if TYPE_CHECKING:
    from n2n.metre import Conductor
    from n2n.notes import Transcription

Audio = Annotated[Path, Positional, arg(metavar="AUDIO")]
Notes = Annotated[Path, Positional, arg(metavar="NOTES")]
NO_AUDIO = Path("-")


@dataclass(frozen=True)
class Regenerate:
    """Writes new notes in parts of a transcription; every note outside them, to the nearest 10 ms, stays as it is: onset, drum, velocity.

    Listening hears the recording in those parts too: use it to transcribe a passage again. Imagining does not: it varies the groove around
    them, another way for each seed, and invents where nothing repeats.

        n2n regenerate song.wav song.mid --region 8:12 --imagine --seed 3 -o take3.mid
        n2n regenerate song.wav song.mid --region 0:4:HH,RD --region 9.5:10:SN --listen -o fixed.mid
        n2n regenerate - beat.mid --region 4:6 --imagine -o fill.mid

    Attributes:
        audio: the recording; `-` for none, which can only be imagined.
        notes: its notes: .mid, .json or .csv.
        output: the file to write; its suffix (.mid, .json, .csv) says how.
        region: what to write anew: START:END in seconds, for some drums only when these follow (KD, SN, TT, HH, CY, RD, BE, with commas
            between). May be given several times.
        listen: hear the recording inside the regions.
        imagine: do not hear it there.
        json: print a summary for scripts.
    """

    audio: Audio
    notes: Notes
    output: OutputFile
    region: Regions = ()
    listen: Flag = False
    imagine: Flag = False
    json: Flag = False
    existing: ExistingOptions = field(default_factory=ExistingOptions)
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    model: ModelOptions = field(default_factory=ModelOptions)

    def run(self) -> int:
        """Regenerates; the exit status."""
        from n2n.inference import check_imagined
        from n2n.roll import check_regions, mask_from_regions, num_roll_frames

        with usage():
            check_notes_file(self.output)
            existing = self.existing.choice()
            regions = [parse_region(text) for text in self.region]
            if not regions:
                raise ValueError("nothing to regenerate: name a part with --region START:END or --region START:END:KD,SN")
            if self.listen == self.imagine:
                raise ValueError("choose one of --listen (hear the recording in the regions) and --imagine (do not)")
            if self.audio == NO_AUDIO and self.listen:
                raise ValueError("--listen needs a recording in place of `-`; without one, use --imagine")
        options = self.sampling.checked()
        model = self.model.load()

        def work(job: Job, partial: Path, report: Callable[[float], None]) -> int:
            notes, conductor = read_given(self.notes)
            features = None if self.audio == NO_AUDIO else model.listen(self.audio)
            if features is None:
                check_imagined(notes.duration)
            frames = num_roll_frames(notes.duration) if features is None else len(features.mel)
            check_regions(regions, frames)
            mask = mask_from_regions(regions, frames)
            if not mask.any():
                raise ValueError("the regions hold no frame of 10 ms: make them longer")
            task = model.prepare_regenerate(features, notes, mask, listen=self.listen, **options)
            return write_result(model, task, partial, report, conductor=conductor)

        return run_jobs("regenerate", [Job(self.notes, self.output)], work, existing=existing, as_json=self.json, model=self.model.model)


@dataclass(frozen=True)
class Refine:
    """Corrects a rough or foreign transcription by its recording.

    The notes are taken part of the way back into noise and denoised while listening: a low strength changes little, the highest
    starts afresh. MIDI of any origin will do, as long as it begins where the recording begins.

        n2n refine loop.wav other-tool.mid -o better.mid
        n2n refine loop.wav sketch.mid --strength 0.8 --lock 0:4 --lock 4:8:KD -o better.mid

    Attributes:
        audio: the recording.
        notes: its notes: .mid, .json or .csv.
        output: the file to write; its suffix (.mid, .json, .csv) says how.
        strength: above 0, up to 1: how far back into noise.
        lock: notes to keep, each where it lies to the nearest 10 ms: START:END in seconds, or START:END:DRUMS. An END past the end of the
            recording keeps the very last, too. May be given several times.
        json: print a summary for scripts.
    """

    audio: Audio
    notes: Notes
    output: OutputFile
    strength: float = 0.5
    lock: Regions = ()
    json: Flag = False
    existing: ExistingOptions = field(default_factory=ExistingOptions)
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    model: ModelOptions = field(default_factory=ModelOptions)

    def run(self) -> int:
        """Refines; the exit status."""
        from n2n.roll import check_regions, mask_from_regions

        with usage():
            check_notes_file(self.output)
            existing = self.existing.choice()
            regions = [parse_region(text) for text in self.lock]
            if not 0.0 < self.strength <= 1.0:
                raise ValueError(f"--strength must lie above 0 and not above 1, not {self.strength:g}")
        options = self.sampling.checked()
        model = self.model.load()

        def work(job: Job, partial: Path, report: Callable[[float], None]) -> int:
            (notes, conductor), features = read_given(self.notes), model.listen(self.audio)
            check_regions(regions, len(features.mel))
            locked = mask_from_regions(regions, len(features.mel))
            task = model.prepare_refine(features, notes, strength=self.strength, locked=locked, **options)
            return write_result(model, task, partial, report, conductor=conductor)

        return run_jobs("refine", [Job(self.notes, self.output)], work, existing=existing, as_json=self.json, model=self.model.model)


@dataclass(frozen=True)
class Generate:
    """Invents drumming out of nothing but noise.

        n2n generate 16 --seed 7 --num-steps 20 -o invented.mid

    Attributes:
        seconds: how long.
        output: the file to write; its suffix (.mid, .json, .csv) says how.
        json: print a summary for scripts.
    """

    seconds: Annotated[float, Positional, arg(metavar="SECONDS")]
    output: OutputFile
    json: Flag = False
    existing: ExistingOptions = field(default_factory=ExistingOptions)
    sampling: SamplingOptions = field(default_factory=SamplingOptions)
    model: ModelOptions = field(default_factory=ModelOptions)

    def run(self) -> int:
        """Generates; the exit status."""
        with usage():
            check_notes_file(self.output)
            existing = self.existing.choice()
        options = self.sampling.checked()
        model = self.model.load()
        with usage():
            task = model.prepare_generate(self.seconds, **options)

        def work(job: Job, partial: Path, report: Callable[[float], None]) -> int:
            count = write_result(model, task, partial, report)
            if not count:
                warnings.warn(f"nothing came of {task.sampling.num_steps} steps: try more, or another --seed", stacklevel=2)
            return count

        return run_jobs("generate", [Job(None, self.output)], work, existing=existing, as_json=self.json, model=self.model.model)


def read_given(path: Path) -> "tuple[Transcription, Conductor | None]":
    """The notes of a file, and how a MIDI file counts time, for the file that is written of them.

    Warns of articulations that are one drum to us, since they come back as its usual one, and of tempos that we do not write.
    """
    from n2n.drums import MIDI_NOTE, MIDI_TO_DRUM
    from n2n.metre import TEMPO_MAX, TEMPO_MIN
    from n2n.note_files import read_notes_and_hits

    notes, midi = read_notes_and_hits(path)
    if midi is None:
        return notes, None
    others = Counter(hit.number for hit in midi.hits if hit.number in MIDI_TO_DRUM and MIDI_NOTE[MIDI_TO_DRUM[hit.number]] != hit.number)
    if others:
        listed = ", ".join(f"{number} as {MIDI_NOTE[MIDI_TO_DRUM[number]]} ({count} times)" for number, count in sorted(others.items()))
        warnings.warn(f"{path}: other articulations of our drums come back as the usual ones, MIDI notes {listed}", stacklevel=2)
    if all(tempo.playable for tempo in midi.conductor.tempos):
        return notes, midi.conductor
    outside = f"not all of its tempos lie between {TEMPO_MIN:g} and {TEMPO_MAX:g} beats a minute"
    warnings.warn(f"{path}: {outside}, so they are not kept: the notes come back with one tempo, at their exact times", stacklevel=2)
    return notes, midi.conductor._replace(tempos=())
