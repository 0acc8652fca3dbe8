"""How fast it is, in figures: seconds of work per second of audio, start-up, and what a long file needs.

Everything counts: reading the file, its features, the network, decoding. The CPU is measured on one thread, in processor time: what it
takes on a machine that does nothing else; the time that passed meanwhile is told beside it. Figures are medians of repeats.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from n2n.assets import bundled_models
from n2n.audio import SAMPLE_RATE
from n2n.notes import Note, Transcription

if TYPE_CHECKING:
    from n2n.inference import Transcriber

WALKS: Final = ((1, 1), (5, 1), (10, 1), (1, 4), (5, 4))
"""Steps and samples of each walk that is measured."""
START_SECONDS: Final = 10.0
PER_AUDIO: Final = "s per s of audio"

IMPORT_PROGRAM: Final = """
import time
cpu, wall = time.process_time(), time.perf_counter()
import n2n
print(time.process_time() - cpu, time.perf_counter() - wall)
"""

START_PROGRAM: Final = """
import sys, time, torch
torch.set_num_threads(1)
cpu, wall = time.process_time(), time.perf_counter()
import n2n
n2n.load(sys.argv[1], device="cpu").transcribe(sys.argv[2])
print(time.process_time() - cpu, time.perf_counter() - wall)
"""

PEAK_PROGRAM: Final = """
import resource, sys

def peak_bytes():
    try:
        with open("/proc/self/status") as status:  # on Linux ru_maxrss begins at what the parent has taken
            return 1024 * int(status.read().split("VmHWM:")[1].split()[0])
    except OSError:
        return (1 if sys.platform == "darwin" else 1024) * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""

LONG_PROGRAM: Final = f"""{PEAK_PROGRAM}
import time, torch
torch.set_num_threads(1)
import n2n
model = n2n.load(sys.argv[1], device="cpu")
cpu, wall = time.process_time(), time.perf_counter()
model.transcribe(sys.argv[2])
print(time.process_time() - cpu, time.perf_counter() - wall, peak_bytes())
"""


class Figure(NamedTuple):
    """One measurement. `most` is what was promised; `elapsed` is the time that passed, where `value` is processor time."""

    name: str
    value: float
    unit: str
    most: float | None = None
    elapsed: float | None = None


class Taken(NamedTuple):
    """Seconds of work: of the processor, and as they passed."""

    processor: float
    elapsed: float


def bench(model: str, *, repeats: int = 5, seconds: float = 60.0, long_seconds: Sequence[float] = (120.0, 600.0)) -> list[Figure]:
    """Measures a model on this machine.

    Args:
        model: a bundled model's name, or a model's folder.
        repeats: runs of each measurement, of which the median counts.
        seconds: length of the recording behind the figures per second of audio.
        long_seconds: lengths of the files that show memory and linearity, the shortest first; none are measured where it is empty.

    Raises:
        ValueError: the model cannot be loaded.
    """
    import torch

    from n2n.inference import load

    on_cpu = load(model, device="cpu")
    with tempfile.TemporaryDirectory(prefix="n2n-bench-") as folder:
        audio = write_groove(Path(folder) / "groove.wav", seconds)
        with one_thread():
            figures = measure_walks(on_cpu, audio, seconds, repeats=repeats, where="CPU, 1 thread")
        if torch.cuda.is_available():
            figures += measure_walks(load(model, device="cuda"), audio, seconds, repeats=repeats, where="GPU")
        figures += measure_start(model, write_groove(Path(folder) / "start.wav", START_SECONDS), repeats=repeats)
        figures += measure_long(model, {length: write_groove(Path(folder) / f"{length:g}.wav", length) for length in long_seconds})
    return figures


def measure_walks(model: "Transcriber", audio: Path, seconds: float, *, repeats: int, where: str) -> list[Figure]:
    """Seconds per second of audio: features alone, and each walk with its features and decoding."""
    from n2n.one_pass import OnePass

    on_cpu = where.startswith("CPU")
    promised = {(1, 1): 0.02, (10, 1): 0.10} if on_cpu else {}

    def figure(name: str, work: Callable[[], object], most: float | None = None) -> Figure:
        processor, elapsed = median_seconds(work, repeats)
        if on_cpu:
            return Figure(f"{where}: {name}", processor / seconds, PER_AUDIO, most, elapsed / seconds)
        return Figure(f"{where}: {name}", elapsed / seconds, PER_AUDIO)

    figures = [figure("file to features", lambda: model.listen(audio))]
    for num_steps, num_samples in WALKS[:1] if isinstance(model.denoiser, OnePass) else WALKS:
        name = f"{num_steps} step{'s' if num_steps > 1 else ''}" + (f", {num_samples} samples" if num_samples > 1 else "")
        work = partial(model.transcribe, audio, num_steps=num_steps, num_samples=num_samples)
        figures.append(figure(name, work, promised.get((num_steps, num_samples))))
    return figures


def measure_start(model: str, audio: Path, *, repeats: int) -> list[Figure]:
    """Seconds of `import n2n`, and of loading the model and transcribing ten seconds once torch is there; each in a new process."""

    def figure(name: str, most: float, program: str, *arguments: str | Path) -> Figure:
        processor, elapsed = median_taken([run_program(program, *arguments) for _ in range(repeats)])
        return Figure(name, processor, "s", most, elapsed)

    return [
        figure("import n2n", 0.3, IMPORT_PROGRAM),
        figure(f"load, and transcribe {START_SECONDS:g} s, after import torch", 1.5, START_PROGRAM, model_path(model), audio),
    ]


def measure_long(model: str, files: dict[float, Path]) -> list[Figure]:
    """Time and peak memory of long files, by their seconds, and how much slower a second of the longest is than one of the shortest."""
    figures, pace = [], []
    for length, path in files.items():
        processor, elapsed, memory = run_program(LONG_PROGRAM, model_path(model), path)
        pace.append(processor / length)
        figures.append(Figure(f"{length / 60:g} min file", processor, "s", elapsed=elapsed))
        figures.append(Figure(f"{length / 60:g} min file: peak memory of the process", memory / 1e9, "GB", 2.0))
    if len(pace) > 1:
        figures.append(Figure("pace of the longest by that of the shortest", pace[-1] / pace[0], "1 is linear"))
    return figures


def median_seconds(work: Callable[[], object], repeats: int) -> Taken:
    """The median of `repeats` runs, after one that is not counted."""
    work()
    taken = []
    for _ in range(repeats):
        processor, elapsed = time.process_time(), time.perf_counter()
        work()
        taken.append((time.process_time() - processor, time.perf_counter() - elapsed))
    return median_taken(taken)


def median_taken(taken: Sequence[Sequence[float]]) -> Taken:
    """The median of each column."""
    processor, elapsed = (statistics.median(column) for column in zip(*taken, strict=True))
    return Taken(processor, elapsed)


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for torch within; then as many as before."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def run_program(program: str, *arguments: str | Path) -> list[float]:
    """Runs a Python program on one thread, with this very package, and reads the numbers that it prints."""
    package = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ValueError(f"a measurement failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}")
    return [float(number) for number in done.stdout.split()]


def model_path(model: str) -> str:
    """The model as a process in another folder finds it."""
    return model if model in bundled_models() else str(Path(model).resolve())


def write_groove(path: Path, seconds: float) -> Path:
    """Writes a plain rock beat of that length, played on a shipped kit."""
    from n2n.render import render_notes, write_audio

    write_audio(render_notes(groove(seconds))[: round(seconds * SAMPLE_RATE)], path)
    return path


def groove(seconds: float) -> Transcription:
    """Eight hats a bar at 110 beats a minute, kick and snare, a crash every fourth bar, a tom fill before it."""
    eighth = 60.0 / 110.0 / 2.0
    notes = []
    for index in range(int(seconds / eighth)):
        bar, place = divmod(index, 8)
        drums = {"HH": 70 + 20 * (place % 2 == 0)}
        drums |= {"KD": 105} if place in (0, 3, 4) else {"SN": 110} if place in (2, 6) else {}
        drums |= {"CY": 100} if bar % 4 == 0 and place == 0 else {"TT": 90} if bar % 4 == 3 and place > 5 else {}
        notes += [Note(index * eighth, drum, velocity) for drum, velocity in drums.items()]
    return Transcription(tuple(notes), seconds, 110.0)


def format_figures(figures: Sequence[Figure]) -> str:
    """A table: what, how much, how long it lasted, and what was promised."""
    width = max(len(figure.name) for figure in figures)
    lines = []
    for name, value, unit, most, elapsed in figures:
        passed = "" if elapsed is None else f"   ({elapsed:.4f} elapsed)"
        promise = "" if most is None else f"   at most {most:g}: {'kept' if value <= most else 'NOT KEPT'}"
        lines.append(f"{name:<{width}}  {value:9.4f} {unit}{passed}{promise}")
    return "\n".join(lines) + "\n"
