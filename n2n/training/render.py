"""Training clips by seed: a performance, a kit mixed for the occasion, a room and a recording chain, sometimes a band.

Clip `index` of a renderer is the same wherever and whenever it is rendered. Labels are exact by construction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from n2n.audio import FRAME_RATE, HOP, SAMPLE_RATE
from n2n.drums import DRUMS
from n2n.features import FLOOR_DB, log_mel
from n2n.shapes import Float, UInt8
from n2n.training.accompany import Band
from n2n.training.bank import Bundle, read_bundles
from n2n.training.chance import happens, log_uniform
from n2n.training.compose import (
    AS_PLAYED,
    FAITHFUL,
    ComposeConfig,
    compose,
    hits_to_velocities,
    pause,
    weights_by_length,
    weights_by_scarcity,
    with_fewer_rides,
)
from n2n.training.effects import EffectsConfig, amplitude, balanced, compress, lows, process, rms, unit_rms
from n2n.training.guitarist import riff
from n2n.training.library import Library, plays_in, split_of
from n2n.training.mix import MixConfig, Voices, place_hits
from n2n.training.performances import PERFORMANCES_FILE, Hit, Performance, read_performances
from n2n.training.singer import sing, speak, speakers
from n2n.training.sounds import Placed, mix
from n2n.training.tunes import TUNES_FILE, Tune, read_tunes

CODE_DB: Final = 0.5
"""Shards hold decibels in steps of this size, from -100 dB up, in a byte."""

DULL_HZ: Final = (5000.0, 16000.0)
DULL_ORDER: Final = (4.0, 64.0)
"""Where the highs of dull drums end, and how suddenly: see `effects.lows`."""


BAND_EFFECTS: Final = EffectsConfig(room=0.4, equaliser=0.9, compress=0.4, saturate=0.2, noise=0.0, hum=0.0)


@dataclass(frozen=True)
class RenderConfig:
    """What a clip may contain."""

    seconds: float = 10.0
    accompaniment: float = 0.65
    accompaniment_db: tuple[float, float] = (-10.0, 12.0)
    """Level of the band against the drums, both as RMS. In two whole songs of MDB Drums it is louder by 0.5 and 6.4 dB."""
    singer: float = 0.6
    """Share of bands that have one."""
    spoken: float = 0.7
    """Share of singers who are speakers, where there is speech."""
    pops: float = 0.3
    """Share of speakers whose breath is heard on the microphone."""
    unaccompanied: float = 0.5
    """Share of singers who sing without the band."""
    band_effects: EffectsConfig = BAND_EFFECTS
    tunes: float = 0.5
    """Share of bands that play a tune, where there are tunes; the others improvise."""
    amplified: float = 0.5
    """Share of a tune's guitars that are overdriven."""
    recorded: float = 0.35
    """Share of bands with a recorded guitar, where there are any; half of these are nothing else."""
    chops: float = 0.3
    """Share of improvised chords that are struck short, with the scratch of a pick, which is what a hi-hat is taken for."""
    running: float = 0.4
    """Share of improvised basses that run along whatever the kick does: without drums, fast ones are taken for toms."""
    basses: float = 0.35
    """Share of improvising bands without drums in which a bass plays alone: a stem, as much as a tom that is struck alone."""
    riffs: float = 0.3
    """Share of bands with an electric guitarist in the drummer's time; half of these are nothing else."""
    full: float = 0.3
    """Share of bands that are whole: guitar, bass and others at once, balanced and compressed as records are, without a gap for drums."""
    full_db: tuple[float, float] = (-6.0, 8.0)
    """Level of a whole band against the drums."""
    breath: float = 0.4
    """Share of singers whose breath is heard, up to the highest frequencies."""
    dull_drums: float = 0.4
    """Share of drums with a band whose highs were lost before the band came: those of MDB Drums end at 10 kHz, its singers do not."""
    percussion: float = 0.1
    no_drums: float = 0.2
    band_alone: float = 0.9
    """In how many clips without drums a band plays, at least: without one there is little to tell from drums."""
    faithful: float = 0.5
    """Share of clips in which performances are left as they are, but for the tempo. The others show what is seldom played too often."""
    pauses: float = 0.12
    """Share of clips in which the drummer pauses, and a band plays on as if he did not: else its onsets would give the drums' away."""
    compose: ComposeConfig = field(default_factory=ComposeConfig)
    mix: MixConfig = field(default_factory=MixConfig)
    effects: EffectsConfig = field(default_factory=EffectsConfig)


class Clip(NamedTuple):
    """Audio at 44.1 kHz and the velocity of each roll cell, 0 where there is no hit.

    `as_played` are the velocities of another stretch of the performances, unchanged: what the model is to play where it hears nothing.
    """

    audio: Float[Tensor, "samples"]
    velocities: UInt8[np.ndarray, "frames drums"]
    hits: tuple[Hit, ...]
    as_played: UInt8[np.ndarray, "frames drums"]


@dataclass(frozen=True)
class Material:
    """What a renderer plays: performances, kits, speech and guitars of one split; instruments, percussion and tunes for the band."""

    performances: Sequence[Performance]
    kits: Sequence[Bundle]
    instruments: Sequence[Bundle]
    percussion: Sequence[Bundle]
    tunes: Sequence[Tune] = ()
    speech: Sequence[Bundle] = ()
    guitars: Sequence[Bundle] = ()


def read_material(folder: Path, split: str = "train") -> Material:
    """Reads what `n2n kits` wrote; all but performances and kits may be missing."""

    def bundles(kind: str, wanted: Callable[[str], bool] = lambda name: True) -> Sequence[Bundle]:
        return read_bundles(folder / "bundles" / kind, wanted) if (folder / "bundles" / kind).is_dir() else ()

    def of_split(name: str) -> bool:
        return split_of(name) == split

    def playing(name: str) -> bool:
        return plays_in(name, split)

    return Material(
        [p for p in read_performances(folder / PERFORMANCES_FILE) if p.split == split],
        read_bundles(folder / "bundles" / "kits", of_split),
        bundles("instruments", playing),
        bundles("distractors", playing),
        read_tunes(folder / TUNES_FILE) if (folder / TUNES_FILE).is_file() else (),
        bundles("speech", of_split),
        bundles("guitars", of_split),
    )


class Renderer:
    """Renders clips of a material, each by its own seed."""

    def __init__(self, material: Material, config: RenderConfig, *, seed: int, device: torch.device | None = None) -> None:
        self.performances = material.performances
        self.by_length = weights_by_length(material.performances)
        self.faithful = with_fewer_rides(self.by_length, material.performances)
        self.embellished = with_fewer_rides(weights_by_scarcity(material.performances), material.performances)
        self.library = Library(material.kits)
        self.band = Band(material.instruments, material.percussion, material.tunes, material.guitars)
        self.speakers = speakers(material.speech)
        self.config = config
        self.seed = seed
        self.device = device or torch.device("cpu")

    def clip(self, index: int) -> Clip:
        """Renders clip `index`."""
        rng = np.random.default_rng([self.seed, index])
        config = self.config
        weights, composing = (self.faithful, FAITHFUL) if happens(config.faithful, rng) else (self.embellished, config.compose)
        hits = compose(self.performances, weights, config.seconds, rng, composing)
        pauses = rng.random() < config.pauses
        clip = self.perform(pause(hits, config.seconds, rng), rng, score=hits) if pauses else self.perform(hits, rng)
        played = compose(self.performances, self.by_length, config.seconds, rng, AS_PLAYED)
        return clip._replace(as_played=hits_to_velocities(played, len(clip.velocities)))

    def perform(self, hits: Sequence[Hit], rng: np.random.Generator, *, score: Sequence[Hit] | None = None) -> Clip:
        """Plays given hits on a kit, in a room and through a recording chain drawn from `rng`.

        A band, if there is one, plays along with the hits. With a `score` it goes by that instead, and is always there.
        """
        config = self.config
        length = round(config.seconds * FRAME_RATE) * HOP
        hits = [] if rng.random() < config.no_drums else hits
        kit, layers = self.library.draw_kit(rng), self.library.draw_layers(config.mix.layers, rng)
        placed = place_hits(hits, Voices(kit, rng, config.mix, self.device, layers))
        buses = [mix(placed[drum], length, self.device) for drum in DRUMS]
        dry = torch.stack(buses).sum(0)
        send = sum(bus * float(rng.uniform(0.1, 1.5)) for bus in buses)
        band_share = config.accompaniment if hits else max(config.accompaniment, config.band_alone)
        share = band_share if score is None else 1.0
        others = self._others(hits if score is None else score, share, rms(dry), rng, length)
        if bool(others.any()) and happens(config.dull_drums, rng):
            hz, order = log_uniform(rng, DULL_HZ), log_uniform(rng, DULL_ORDER)
            dry, send = lows(dry, hz, order), lows(torch.as_tensor(send), hz, order)
        dry = dry + others
        audio = process(dry, torch.as_tensor(send), rng, config.effects)
        velocities = hits_to_velocities(hits, length // HOP)
        return Clip(audio / (float(audio.abs().max()) + 1e-3), velocities, tuple(hits), velocities)

    def _others(self, score: Sequence[Hit], band_share: float, drums_rms: float, rng: np.random.Generator, length: int) -> Tensor:
        """The band and the percussion, at their levels against the drums."""
        config = self.config
        total = torch.zeros(length, device=self.device)
        reference = drums_rms or 0.05
        if self.band.roles and rng.random() < band_share:
            full = happens(config.full, rng)
            played = self._full(score, rng, length) if full else self._played(score, rng, length)
            band = process(played, played, rng, config.band_effects)
            if rng.random() < config.singer:
                voice = mix(self._sung(rng), length, self.device)
                band = voice if not full and happens(config.unaccompanied, rng) else together(band, voice, rng)
            level_db = rng.uniform(*(config.full_db if full else config.accompaniment_db))
            total += band * (reference / (rms(band) + 1e-9) * amplitude(level_db))
        if rng.random() < config.percussion:
            shaken = mix(self.band.shake(config.seconds, rng, self.device), length, self.device)
            total += shaken * (reference / (rms(shaken) + 1e-9) * amplitude(rng.uniform(-24.0, -4.0)))
        return total

    def _played(self, score: Sequence[Hit], rng: np.random.Generator, length: int) -> Tensor:
        """What the band plays: a guitar, recorded or not, instruments along with the hits, or both."""
        config = self.config
        if happens(config.riffs, rng):
            guitar = riff(score, length / SAMPLE_RATE, rng, self.device)
        elif self.band.songs and happens(config.recorded, rng):
            guitar = mix(self.band.play_song(config.seconds, rng, self.device), length, self.device)
        else:
            return mix(self._along(score, rng), length, self.device)
        if rng.random() < 0.5:
            return guitar
        others = mix(self._along(score, rng), length, self.device)
        return together(guitar, others, rng)

    def _full(self, score: Sequence[Hit], rng: np.random.Generator, length: int) -> Tensor:
        """A whole band, which leaves hardly a frequency and hardly a moment to the drums."""
        seconds = length / SAMPLE_RATE
        if self.band.songs and rng.random() < 0.5:
            guitar = mix(self.band.play_song(seconds, rng, self.device), length, self.device)
        else:
            guitar = riff(score, seconds, rng, self.device)
        bass = mix(self.band.play(score, seconds, rng, self.device, running=self.config.running, basses=1.0), length, self.device)
        others = mix(self._along(score, rng), length, self.device)
        return compress(balanced(together(together(guitar, others, rng), bass, rng), rng), rng)

    def _along(self, score: Sequence[Hit], rng: np.random.Generator) -> list[Placed]:
        """What instruments play along with the hits: a tune or their own."""
        config = self.config
        if self.band.tunes and happens(config.tunes, rng):
            return self.band.play_tune(score, config.seconds, rng, self.device, amplified=config.amplified)
        basses = 0.0 if score else config.basses
        return self.band.play(score, config.seconds, rng, self.device, chops=config.chops, running=config.running, basses=basses)

    def _sung(self, rng: np.random.Generator) -> list[Placed]:
        """What the singer sings or says."""
        config = self.config
        if self.speakers and happens(config.spoken, rng):
            return speak(config.seconds, self.speakers, rng, self.device, pops=config.pops)
        return sing(config.seconds, rng, self.device, breath=config.breath)


def together(one: Float[Tensor, "samples"], other: Float[Tensor, "samples"], rng: np.random.Generator) -> Float[Tensor, "samples"]:
    """Two sounds at once, the other 10 dB softer to 6 dB louder."""
    return unit_rms(one) + unit_rms(other) * float(rng.uniform(0.3, 2.0))


class Packed(NamedTuple):
    """A clip as the network sees it, packed in bytes: log-mel in half decibels above -100 dB, its velocities, and those `as_played`."""

    mel: UInt8[Tensor, "frames mels"]
    velocities: UInt8[Tensor, "frames drums"]
    as_played: UInt8[Tensor, "frames drums"]


class PackedAndAudio(NamedTuple):
    """Packed clips with their audio, for a model that hears more of it than the log-mel."""

    features: Packed
    audio: Float[Tensor, "batch samples"]


def pack(clip: Clip) -> Packed:
    """The features of a clip, one byte a value."""
    frames = len(clip.velocities)
    mel = log_mel(clip.audio)[:frames]
    coded = ((mel - FLOOR_DB) / CODE_DB).round().clamp(0, 255).to(torch.uint8)
    return Packed(coded, *(torch.from_numpy(label).to(coded.device) for label in (clip.velocities, clip.as_played)))


def unpack_mel(coded: UInt8[Tensor, "*batch frames mels"]) -> Float[Tensor, "*batch frames mels"]:
    """Decibels from bytes."""
    return coded.float() * CODE_DB + FLOOR_DB
