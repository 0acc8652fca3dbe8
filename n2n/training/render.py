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

from n2n.audio import HOP
from n2n.drums import DRUMS
from n2n.features import FLOOR_DB, log_mel
from n2n.shapes import Float, UInt8
from n2n.training.accompany import Band, BandConfig
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
from n2n.training.effects import EffectsConfig, amplitude, lows, process, rms
from n2n.training.library import Library, plays_in, split_of
from n2n.training.mix import MixConfig, Voices, place_hits
from n2n.training.performances import PERFORMANCES_FILE, Hit, Performance, read_performances
from n2n.training.singer import VocalsConfig, speakers, vocals
from n2n.training.sounds import clip_samples, mix, together
from n2n.training.tunes import TUNES_FILE, Tune, read_tunes

CODE_DB: Final = 0.5
"""Shards hold decibels in steps of this size, from -100 dB up, in a byte."""

DULL_HZ: Final = (5000.0, 16000.0)
DULL_ORDER: Final = (4.0, 64.0)
"""Where the highs of dull drums end, and how suddenly: see `effects.lows`."""

PERCUSSION_DB: Final = (-24.0, -4.0)
NO_DRUMS_RMS: Final = 0.05
"""What levels against the drums are taken against where there are none."""

BAND_EFFECTS: Final = EffectsConfig(room=0.4, equaliser=0.9, compress=0.4, saturate=0.2, noise=0.0, hum=0.0)


@dataclass(frozen=True)
class EnsembleConfig:
    """Who is heard beside the drums, and how loud: shares, from 0 to 1, and levels against the drums, both as RMS, in dB."""

    band: float = 0.65
    """Share of clips in which a band plays."""
    band_alone: float = 0.9
    """The same, at least, of clips without drums: without a band there is little to tell from drums."""
    band_db: tuple[float, float] = (-10.0, 12.0)
    """Level of a band that is not `full`. In two whole songs of MDB Drums it is louder by 0.5 and 6.4 dB."""
    full: float = 0.3
    """Share of whole bands: guitar, bass and others at once, balanced and compressed as records are, without a gap for drums."""
    full_db: tuple[float, float] = (-6.0, 8.0)
    """Level of a whole band."""
    singer: float = 0.6
    """Share of bands that have one."""
    unaccompanied: float = 0.5
    """Share of singers who sing without the band, where it is not a whole one."""
    percussion: float = 0.1
    """Share of clips with hand percussion, which is none of the drums."""
    dull_drums: float = 0.4
    """Share of drums whose highs were lost before the others came: those of MDB Drums end at 10 kHz, its singers do not."""
    band_effects: EffectsConfig = BAND_EFFECTS
    """The recording chain of the instruments, before the singer and the drums come to them."""


@dataclass(frozen=True)
class RenderConfig:
    """What a clip may contain."""

    seconds: float = 10.0
    faithful: float = 0.5
    """Share of clips in which performances are left as they are, but for the tempo. The others show what is seldom played too often."""
    pauses: float = 0.12
    """Share of clips in which the drummer pauses, and a band plays on as if he did not: else its onsets would give the drums' away."""
    no_drums: float = 0.2
    """Share of clips without drums."""
    compose: ComposeConfig = field(default_factory=ComposeConfig)
    """What becomes of performances that are not left as they are."""
    mix: MixConfig = field(default_factory=MixConfig)
    """The kit."""
    ensemble: EnsembleConfig = field(default_factory=EnsembleConfig)
    """Who is heard beside it."""
    band: BandConfig = field(default_factory=BandConfig)
    vocals: VocalsConfig = field(default_factory=VocalsConfig)
    """What the band plays, and who sings to it."""
    effects: EffectsConfig = field(default_factory=EffectsConfig)
    """The room of the drums, and the recording chain of everything."""


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
        self.config = config
        self.seed = seed
        self.device = device or torch.device("cpu")
        self.length = clip_samples(config.seconds)
        self.performances = material.performances
        self.by_length = weights_by_length(material.performances)
        self.faithful = with_fewer_rides(self.by_length, material.performances)
        self.embellished = with_fewer_rides(weights_by_scarcity(material.performances), material.performances)
        self.library = Library(material.kits)
        self.band = Band(
            material.instruments,
            material.percussion,
            tunes=material.tunes,
            guitars=material.guitars,
            config=config.band,
            device=self.device,
        )
        self.speakers = speakers(material.speech)

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
        hits = [] if rng.random() < self.config.no_drums else hits
        dry, send = self._drums(hits, rng)
        others = self._others(hits if score is None else score, self._band_share(hits, score), rms(dry), rng)
        if bool(others.any()) and happens(self.config.ensemble.dull_drums, rng):
            hz, order = log_uniform(rng, DULL_HZ), log_uniform(rng, DULL_ORDER)
            dry, send = lows(dry, hz, order), lows(send, hz, order)
        audio = process(dry + others, send, rng, self.config.effects)
        velocities = hits_to_velocities(hits, self.length // HOP)
        return Clip(audio / (float(audio.abs().max()) + 1e-3), velocities, tuple(hits), velocities)

    def _drums(self, hits: Sequence[Hit], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """The hits on a kit, and what of them is sent to the room: of some drums more than of others."""
        kit, layers = self.library.draw_kit(rng), self.library.draw_layers(self.config.mix.layers, rng)
        placed = place_hits(hits, Voices(kit, rng, self.config.mix, self.device, layers))
        buses = torch.stack([mix(placed[drum], self.length, self.device) for drum in DRUMS])
        return buses.sum(0), sum((bus * float(rng.uniform(0.1, 1.5)) for bus in buses), torch.zeros(self.length, device=self.device))

    def _band_share(self, hits: Sequence[Hit], score: Sequence[Hit] | None) -> float:
        """How likely a band is to play."""
        ensemble = self.config.ensemble
        if score is not None:
            return 1.0
        return ensemble.band if hits else max(ensemble.band, ensemble.band_alone)

    def _others(self, score: Sequence[Hit], band_share: float, drums_rms: float, rng: np.random.Generator) -> Tensor:
        """The band and the percussion, at their levels against the drums."""
        ensemble, reference = self.config.ensemble, drums_rms or NO_DRUMS_RMS
        total = torch.zeros(self.length, device=self.device)
        if self.band.roles and rng.random() < band_share:
            full = happens(ensemble.full, rng)
            band = self._musicians(score, rng, full=full)
            total += at_level(band, reference, rng.uniform(*(ensemble.full_db if full else ensemble.band_db)))
        if rng.random() < ensemble.percussion:
            shaken = mix(self.band.shake(self.config.seconds, rng), self.length, self.device)
            total += at_level(shaken, reference, rng.uniform(*PERCUSSION_DB))
        return total

    def _musicians(self, score: Sequence[Hit], rng: np.random.Generator, *, full: bool) -> Tensor:
        """A band, often with a singer, or the singer without it."""
        config = self.config
        played = (self.band.play_full if full else self.band.play)(score, config.seconds, rng)
        band = process(played, played, rng, config.ensemble.band_effects)
        if rng.random() >= config.ensemble.singer:
            return band
        voice = mix(vocals(config.seconds, self.speakers, rng, self.device, config.vocals), self.length, self.device)
        return voice if not full and happens(config.ensemble.unaccompanied, rng) else together(band, voice, rng)


def at_level(sound: Float[Tensor, "samples"], reference: float, db: float) -> Float[Tensor, "samples"]:
    """A sound so many decibels louder than an RMS of `reference`; silence stays silent."""
    return sound * (reference / (rms(sound) + 1e-9) * amplitude(db))


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
