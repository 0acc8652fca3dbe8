"""Does the model play like a drummer where it hears nothing? Compares what it invents with the test performances.

    python runs/generation_statistics.py DATA RENDERED [--model small] [--minutes 30] [--every 1] [--num-steps N] [--sampler NAME]

DATA is what `n2n kits` wrote, RENDERED the output of `runs/rendered_sets.py`, of which `test-clean` is used.

Generated: over so many minutes, hits a second as a share of the test performances', and the total variation distance (0 equal, 1 apart) to
them of the shares of drums and of the histograms of velocities, in 16 bins. The training performances stand beside, as a yardstick.

Imagined: of every n-th test performance, one bar in its middle is withheld, its sound and its notes, and all else given. Agreement is the
F1 of onsets within 50 ms with what was played there, pooled over bars; beside it that of the bar before, repeated, and that of chance: bars
of other performances, stretched to this one's length.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch

from n2n.audio import SAMPLE_RATE, load_audio
from n2n.drums import DRUMS
from n2n.evaluate import TOLERANCE, hits_by_class, score_file
from n2n.inference import Transcriber, load
from n2n.notes import Note
from n2n.roll import mask_from_regions
from n2n.scores import Counts
from n2n.training.performances import PERFORMANCES_FILE, Performance, read_performances
from rendered_sets import LONGEST_S, SHORTEST_S, hits_of

CLIP_S: Final = 30.0
CONTEXT_S: Final = 10.0
"""What is heard to either side of a withheld bar."""
VELOCITY_BINS: Final = 16
OTHERS: Final = 20
"""Bars of other performances that chance is tried with, for each bar."""


class Played(NamedTuple):
    """A performance as it is rendered: its notes, and its length in seconds."""

    performance: Performance
    notes: tuple[Note, ...]
    seconds: float


class Bar(NamedTuple):
    """A span of time, in seconds."""

    start: float
    end: float

    def notes(self, notes: Iterable[Note], *, length: float | None = None) -> list[Note]:
        """The notes inside, from the start of the bar, stretched to another length if one is given."""
        stretch = 1.0 if length is None else length / (self.end - self.start)
        inside = (note for note in notes if self.start <= note.onset < self.end)
        return [Note((note.onset - self.start) * stretch, note.drum, note.velocity) for note in inside]


def read_played(data: Path, split: str) -> list[Played]:
    """The performances that the rendered sets are made of."""
    performances = read_performances(data / PERFORMANCES_FILE)
    kept = [p for p in performances if p.split == split and p.duration >= SHORTEST_S]
    return [Played(p, tuple(Note(h.onset, h.drum, h.velocity) for h in hits_of(p)), min(p.duration, LONGEST_S)) for p in kept]


def bars_of(played: Played) -> list[Bar]:
    """Its whole bars. Each begins a thirty-second early, so that a downbeat played ahead of time is in it."""
    beats, unit = map(int, played.performance.time_signature.split("-"))
    beat = 60.0 / played.performance.bpm * 4.0 / unit
    count = int(played.seconds / (beats * beat))
    return [Bar((index * beats - 0.125) * beat, ((index + 1) * beats - 0.125) * beat) for index in range(count)]


def drum_shares(notes: Sequence[Note]) -> np.ndarray:
    return np.array([sum(note.drum == drum for note in notes) for drum in DRUMS]) / max(1, len(notes))


def velocities_of(notes: Iterable[Note]) -> np.ndarray:
    return np.array([note.velocity for note in notes], dtype=np.int64)


def velocity_histogram(velocities: np.ndarray) -> np.ndarray:
    bins = velocities * VELOCITY_BINS // 128
    return np.bincount(bins.astype(np.int64), minlength=VELOCITY_BINS) / max(1, len(bins))


def velocity_shares(notes: Sequence[Note]) -> np.ndarray:
    return velocity_histogram(velocities_of(notes))


def total_variation(one: np.ndarray, other: np.ndarray) -> float:
    return float(0.5 * np.abs(one - other).sum())


def agreement(true: Iterable[Note], found: Iterable[Note]) -> Counts:
    """Hits of the same drum within the tolerance."""
    reference, estimate = (hits_by_class(notes, num_classes=len(DRUMS)) for notes in (true, found))
    return score_file("", reference, estimate, tolerance=TOLERANCE, velocity=False).onset


def generate(model: Transcriber, minutes: float, **options: Any) -> list[Note]:
    clips = round(minutes * 60.0 / CLIP_S)
    return [note for seed in range(clips) for note in model.generate(CLIP_S, seed=seed, **options).notes]


def imagine(model: Transcriber, played: Played, bar: Bar, audio: Path, **options: Any) -> list[Note]:
    """The bar's notes as the model imagines them from what is around it, counted from the start of the bar."""
    start, end = max(0.0, bar.start - CONTEXT_S), min(played.seconds, bar.end + CONTEXT_S)
    samples = load_audio(audio)[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
    features = model.listen(samples)
    given = [Note(note.onset - start, note.drum, note.velocity) for note in played.notes if start <= note.onset < end]
    mask = mask_from_regions([(bar.start - start, bar.end - start, DRUMS)], len(features.mel))
    result = model.regenerate(features, given, mask, listen=False, **options)
    return Bar(bar.start - start, bar.end - start).notes(result.notes)


def other_bars(everyone: Sequence[Played], own: Played, rng: np.random.Generator) -> Iterator[tuple[Played, Bar]]:
    """Bars of other performances in the same time, drawn at random."""
    time = own.performance.time_signature
    others = [p for p in everyone if p is not own and p.performance.time_signature == time and bars_of(p)]
    for _ in range(OTHERS if others else 0):
        other = others[rng.integers(len(others))]
        bars = bars_of(other)
        yield other, bars[rng.integers(len(bars))]


def masked_bars(model: Transcriber, everyone: Sequence[Played], rendered: Path, *, every: int, **options: Any) -> None:
    """Prints how well imagined bars agree with those that were played."""
    tally = {"imagined": Counts(), "the bar before": Counts(), "chance": Counts()}
    count, rng = 0, np.random.default_rng(0)
    for played in everyone[::every]:
        bars = bars_of(played)
        middle = len(bars) // 2
        if middle == 0 or not (true := bars[middle].notes(played.notes)):
            continue
        bar, count = bars[middle], count + 1
        audio = rendered / "test-clean" / f"{played.performance.name.replace('/', '_')}.flac"
        tally["imagined"] += agreement(true, imagine(model, played, bar, audio, **options))
        tally["the bar before"] += agreement(true, bars[middle - 1].notes(played.notes))
        for other, theirs in other_bars(everyone, played, rng):
            tally["chance"] += agreement(true, theirs.notes(other.notes, length=bar.end - bar.start))
    for name, counts in tally.items():
        density = counts.num_estimate / max(1, counts.num_reference)
        print(f"{count} withheld bars, {name:14s} F1 {counts.f1:.3f}, {density:.2f} of the hits played")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("rendered", type=Path)
    parser.add_argument("--model", default="small")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--every", type=int, default=1, help="withhold a bar of every n-th performance only")
    parser.add_argument("--num-steps", type=int, default=None)
    parser.add_argument("--sampler", default=None)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load(options.model, device="cpu")
    sampling = {"num_steps": options.num_steps, "sampler": options.sampler}
    everyone = read_played(options.data, "test")
    human = [note for played in everyone for note in played.notes]
    density = len(human) / sum(played.seconds for played in everyone)
    print(f"{'test performances':22s} {density:.2f} hits a second")
    training = read_played(options.data, "train")
    compared = {"training performances": ([n for p in training for n in p.notes], sum(p.seconds for p in training))}
    compared[f"generated, {options.minutes:g} min"] = (generate(model, options.minutes, **sampling), 60.0 * options.minutes)
    for name, (notes, seconds) in compared.items():
        apart = [total_variation(share(notes), share(human)) for share in (drum_shares, velocity_shares)]
        shares = "  ".join(f"{drum} {100.0 * share:.0f} %" for drum, share in zip(DRUMS, drum_shares(notes), strict=True))
        ratio = len(notes) / seconds / density
        print(f"{name:22s} {ratio:.3f} of that, drums {apart[0]:.3f} and velocities {apart[1]:.3f} apart; {shares}", flush=True)
    masked_bars(model, everyone, options.rendered, every=options.every, **sampling)


if __name__ == "__main__":
    main()
