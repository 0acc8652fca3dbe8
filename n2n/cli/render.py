"""`n2n render`: notes to audio."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import arg

from n2n.batch import Job, plan
from n2n.cli.options import ExistingOptions, Flag, Folder, Inputs, usage
from n2n.cli.terminal import run_jobs
from n2n.files import Unread, find_files

DEFAULT_SOUNDFONT = "default"


@dataclass(frozen=True)
class Render:
    """Plays notes into audio files, to hear them.

    A kit ships with n2n and needs nothing else. A SoundFont is played by FluidSynth, which needs the system library libfluidsynth.

        n2n render loop.mid
        n2n render notes/ -o audio --kit muldjord --format flac
        n2n render loop.mid --soundfont default
        n2n render loop.mid --soundfont /usr/share/sounds/sf2/FluidR3_GM.sf2

    Attributes:
        inputs: files of notes (.mid, .json, .csv), and folders, which are searched with all their subfolders.
        output: where audio is written, as DIR/<name of the notes>.<format>.
        kit: one of muldjord, osdk, uzu and virtuosity.
        soundfont: a .sf2 or .sf3 file to play instead of a kit; `default` is the small General MIDI one of pretty_midi.
        format: of the audio: mono, 44.1 kHz, 16 bits.
        json: print a summary for scripts.
    """

    inputs: Inputs
    output: Folder = Path()
    kit: Annotated[str | None, arg(metavar="NAME", help_behavior_hint="(default: osdk)")] = None
    soundfont: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None
    format: Literal["wav", "flac"] = "wav"
    json: Flag = False
    existing: ExistingOptions = field(default_factory=ExistingOptions)

    def run(self) -> int:
        """Renders; the exit status."""
        from n2n.note_files import read_notes
        from n2n.render import DEFAULT_KIT, load_kit, render_notes, render_soundfont, write_audio

        with usage():
            existing = self.existing.choice()
            if self.kit is not None and self.soundfont is not None:
                raise ValueError("--kit and --soundfont exclude each other: choose one")
            kit = load_kit(self.kit or DEFAULT_KIT)
            jobs, failed = plan(self.inputs, self.output, self.format, find_notes)

        def work(job: Job, partial: Path, report: Callable[[float], None]) -> int:
            assert job.input is not None
            notes = read_notes(job.input)
            if self.soundfont is None:
                audio = render_notes(notes, kit)
            else:
                audio = render_soundfont(notes, None if str(self.soundfont) == DEFAULT_SOUNDFONT else self.soundfont)
            write_audio(audio, partial)
            return len(notes.notes)

        return run_jobs("render", jobs, work, failed=failed, existing=existing, as_json=self.json)


def find_notes(paths: Iterable[Path], unread: Unread) -> list[Path]:
    """The files of notes that are meant, as by `find_files`."""
    from n2n.notes import NOTE_SUFFIXES

    return find_files(paths, NOTE_SUFFIXES, kind="notes", unread=unread)
