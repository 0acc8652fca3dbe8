"""Makes `assets/examples`: short recordings to try the app on, each with its true notes beside it.

    n2n kits --data DATA -o data
    python runs/make_examples.py data [--output assets/examples]

Three or four bars each of five performances that no model trained on (the validation split of the Groove MIDI Dataset), played on kits
that may ship, in a small synthetic room. `NAME.flac` is mono, 44.1 kHz, 16 bits; `NAME.mid` holds every hit, with the tempo that was
played to, so `n2n evaluate` reads the folder as it is. The first bar begins at `LEAD_S`. Fixed seeds: the same data give the same files.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from n2n.audio import SAMPLE_RATE
from n2n.drums import DRUMS
from n2n.note_files import write_midi
from n2n.notes import Note, Transcription
from n2n.render import write_audio
from n2n.training.bank import Bundle, read_bundle
from n2n.training.compose import merge_retriggers
from n2n.training.effects import amplitude, compress, fft_size, noise, room_response
from n2n.training.library import parts_of
from n2n.training.mix import NEUTRAL, Voices, place_hits
from n2n.training.performances import PERFORMANCES_FILE, Hit, Performance, read_performances
from n2n.training.sounds import mix

LEAD_S: Final = 0.25
"""Seconds before the first bar line: drummers are early at times."""
TAIL_S: Final = 0.9
FADE_S: Final = 0.6
"""At the end, where cymbals still ring."""
NOISE_DB: Final = -86.0
PEAK: Final = 0.7


@dataclass(frozen=True)
class Example:
    """Which bars of which performance are played on which kit (and which of its microphones), and how loud the room is, in decibels."""

    performance: str
    first_bar: int
    bars: int
    kit: str
    microphones: str
    room_db: float


EXAMPLES: Final = {
    "rock": Example("drummer6/session3/4_rock_127_beat_4-4", 22, 4, "muldjord", "close", -9.0),
    "funk": Example("drummer1/session1/2_funk_80_beat_4-4", 2, 3, "osdk", "main", -15.0),
    "jazz": Example("drummer7/session1/14_jazz_100_beat_4-4", 4, 3, "virtuosity", "main", -12.0),
    "hip-hop": Example("drummer3/session2/25_hiphop_92_beat_4-4", 12, 3, "uzu", "main", -18.0),
    "latin": Example("drummer1/session1/145_latin-brazilian-baiao_95_beat_4-4", 5, 3, "osdk", "main", -12.0),
}


def bars_of(performance: Performance, first: int, bars: int) -> list[Hit]:
    """The hits of some bars and of the downbeat after them; the first bar line is at `LEAD_S`. What comes early belongs to its beat."""
    bar = 4 * 60.0 / performance.bpm
    early = bar / 32
    moved = [hit._replace(onset=hit.onset - first * bar) for hit in performance.hits]
    hits = [hit._replace(onset=hit.onset + LEAD_S) for hit in moved if -early <= hit.onset < bars * bar + early]
    return sorted(merge_retriggers(hits))


def record(hits: Sequence[Hit], seconds: float, kit: Bundle, example: Example, rng: np.random.Generator) -> Tensor:
    """The hits on the kit, in its room, lightly compressed, with a little noise."""
    parts = {part.drum: part for part in parts_of(kit) if part.kit == f"{kit.name}/{example.microphones}"}
    voices = Voices(parts, rng, NEUTRAL, torch.device("cpu"))
    samples = round(seconds * SAMPLE_RATE)
    placed = place_hits(hits, voices)
    dry = torch.stack([mix(placed[drum], samples, voices.device) for drum in DRUMS]).sum(0)
    size = fft_size(2 * samples)
    room = torch.fft.rfft(room_response(rng, voices.device), size)
    wet = torch.fft.irfft(torch.fft.rfft(dry, size) * room, size)[:samples]
    audio = compress(dry + amplitude(example.room_db) * wet, rng)
    audio = audio * (PEAK / float(audio.abs().max())) + amplitude(NOISE_DB) * noise(samples, rng, voices.device)
    fade = round(FADE_S * SAMPLE_RATE)
    audio[-fade:] *= torch.linspace(1.0, 0.0, fade) ** 2
    return audio


def make_example(name: str, data: Path, output: Path) -> None:
    """Writes one example. Raises ValueError where its performance or kit is not in the data."""
    example = EXAMPLES[name]
    performances = [p for p in read_performances(data / PERFORMANCES_FILE) if p.name == example.performance]
    if not performances:
        raise ValueError(f"{data} holds no performance {example.performance}: build it from the Groove MIDI Dataset with `n2n kits`")
    (performance,) = performances
    hits = bars_of(performance, example.first_bar, example.bars)
    seconds = round(LEAD_S + example.bars * 4 * 60.0 / performance.bpm + TAIL_S, 2)
    rng = np.random.default_rng([2026, list(EXAMPLES).index(name)])
    audio = record(hits, seconds, read_bundle(data / "bundles" / "kits" / f"{example.kit}.safetensors"), example, rng)
    output.mkdir(parents=True, exist_ok=True)
    write_audio(audio.numpy(), output / f"{name}.flac")
    notes = tuple(Note(hit.onset, hit.drum, hit.velocity) for hit in hits)
    write_midi(Transcription(notes, seconds, performance.bpm), output / f"{name}.mid")
    size = (output / f"{name}.flac").stat().st_size
    print(f"{name}: {seconds} s, {len(notes)} notes, {size / 1e6:.2f} MB")


def main() -> None:
    """Reads the folders from the command line and writes every example."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="what `n2n kits` wrote")
    parser.add_argument("--output", type=Path, default=Path(__file__).parents[1] / "assets" / "examples")
    folders = parser.parse_args()
    torch.set_num_threads(1)
    for name in EXAMPLES:
        make_example(name, folders.data, folders.output)


if __name__ == "__main__":
    main()
