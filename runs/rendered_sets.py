"""Builds the rendered validation and test sets: every held-out performance of at least 5 s, once, on held-out kits, in eleven variants.

    python runs/rendered_sets.py DATA OUT [--split test] [--variant clean] [--every N]

DATA is what `n2n kits` wrote. Each variant becomes a folder OUT/SPLIT-VARIANT of audio + MIDI pairs that `n2n evaluate` reads: `clean`
(the samples as they are), `processed` (room, equaliser, compression, saturation, noise), `accompanied` (clean, with a band at equal
RMS), `song` (a tune in the drummer's time, 0 to 6 dB louder than the drums, often with a singer, and mastered), `guitar` (the same with a
held-out recorded guitar, alone or with the tune; needs recorded guitars), `loud` (the same, the band 6 to 12 dB louder than the drums),
`full` (songs of a whole band that leaves no gap for drums, 0 to 8 dB louder),
`talk` (processed, and a held-out speaker talks while the drummer plays, pauses or does not play at all; needs speech), `solo` (clean, but
one drum or two play alone, as in loops and stems), and `known` and `known-song`: `clean` and `song`, but on the kits of the training split.
Fixed seeds: the same input gives the same files.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile as sf
import torch

from n2n.audio import SAMPLE_RATE
from n2n.note_files import write_midi
from n2n.notes import Note, Transcription
from n2n.training.chance import bare
from n2n.training.compose import AS_PLAYED, merge_retriggers, pause, solo
from n2n.training.effects import EffectsConfig
from n2n.training.library import Library
from n2n.training.mix import NEUTRAL
from n2n.training.performances import Hit, Performance
from n2n.training.render import EnsembleConfig, RenderConfig, Renderer, read_material

WET = EffectsConfig(room=1.0, equaliser=0.7, compress=0.5, saturate=0.3, noise=0.7, hum=0.1)
BAND = EffectsConfig(room=0.4, equaliser=0.9, compress=0.4, saturate=0.5, noise=0.0, hum=0.0)
"""The recording chain of a band; training's may change, this one stays, so that figures can be compared over time."""
BASE = bare(
    RenderConfig,
    seconds=RenderConfig.seconds,
    compose=AS_PLAYED,
    mix=NEUTRAL,
    ensemble=bare(EnsembleConfig, singer=0.35, band_effects=BAND),
)
MASTERED = EffectsConfig(room=0.5, equaliser=0.5, compress=0.7, saturate=0.2, noise=0.3, hum=0.0)
SONG = replace(
    BASE,
    ensemble=replace(BASE.ensemble, band=1.0, band_db=(0.0, 6.0), singer=0.5, dull_drums=0.3),
    band=replace(BASE.band, tunes=1.0, amplified=0.5),
    vocals=replace(BASE.vocals, breath=0.5),
    effects=MASTERED,
)
GUITAR = replace(SONG, band=replace(SONG.band, recorded=1.0))
TALK = replace(
    BASE,
    pauses=1.0,
    ensemble=replace(BASE.ensemble, band_db=(-12.0, 6.0), singer=1.0, unaccompanied=1.0),
    vocals=replace(BASE.vocals, spoken=1.0),
    effects=WET,
)
VARIANTS = {
    "clean": BASE,
    "processed": replace(BASE, effects=WET),
    "accompanied": replace(BASE, ensemble=replace(BASE.ensemble, band=1.0, band_db=(0.0, 0.0))),
    "song": SONG,
    "guitar": GUITAR,
    "loud": replace(GUITAR, ensemble=replace(GUITAR.ensemble, band_db=(6.0, 12.0))),
    "full": replace(SONG, ensemble=replace(SONG.ensemble, full=1.0, full_db=(0.0, 8.0))),
    "talk": TALK,
    "solo": replace(BASE, compose=replace(AS_PLAYED, solo=1.0)),
    "known": BASE,
    "known-song": SONG,
}
KNOWN_KITS = ("known", "known-song")
"""Variants on the kits of training: what they lack against the others is the kits' fault."""
SHORTEST_S = 5.0
LONGEST_S = 90.0
"""Longer performances are cut here: they repeat themselves."""
TAIL_S = 1.0


def hits_of(performance: Performance) -> list[Hit]:
    """The performance as played, its first `LONGEST_S` seconds."""
    return sorted(merge_retriggers([hit for hit in performance.hits if hit.onset < LONGEST_S]))


def render_set(data: Path, out: Path, split: str, variant: str, *, every: int) -> None:
    config, material = VARIANTS[variant], read_material(data, split)
    if variant in KNOWN_KITS:
        material = replace(material, kits=read_material(data).kits)
    for needed, found, what in (
        (config.vocals.spoken, material.speech, "speech"),
        (config.band.recorded, material.guitars, "recorded guitars"),
    ):
        if needed and not found:
            print(f"{split}-{variant} is left out: the material has no {what}, which `n2n kits` takes of games", flush=True)
            return
    performances = list(enumerate(p for p in material.performances if p.duration >= SHORTEST_S))[::every]
    library = Library(material.kits, mixing=0.0, cowbell=0.0)  # whole kits of one source, where it has all drums
    folder = out / f"{split}-{variant}"
    folder.mkdir(parents=True, exist_ok=True)
    for index, performance in performances:
        hits = hits_of(performance)
        seconds = min(performance.duration, LONGEST_S) + TAIL_S
        renderer = Renderer(material, replace(config, seconds=seconds), seed=0)
        renderer.library = library
        rng = np.random.default_rng([2026, index])
        hits = solo(hits, rng) if config.compose.solo else hits
        clip = renderer.perform(pause(hits, seconds, rng), rng, score=hits) if config.pauses else renderer.perform(hits, rng)
        stem = performance.name.replace("/", "_")
        sf.write(folder / f"{stem}.flac", clip.audio.numpy() * 0.9, SAMPLE_RATE, subtype="PCM_16")
        notes = tuple(Note(hit.onset, hit.drum, hit.velocity) for hit in clip.hits)
        write_midi(Transcription(notes, seconds, performance.bpm), folder / f"{stem}.mid")
    print(f"{folder}: {len(performances)} performances", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--split", choices=("validation", "test"), nargs="*", default=["validation", "test"])
    parser.add_argument("--variant", choices=tuple(VARIANTS), nargs="*", default=list(VARIANTS))
    parser.add_argument("--every", type=int, default=1, help="take every n-th performance only")
    options = parser.parse_args()
    torch.set_num_threads(1)
    for split in options.split:
        for variant in options.variant:
            render_set(options.data, options.out, split, variant, every=options.every)


if __name__ == "__main__":
    main()
