"""Hits and a kit to audio: each hit is a one-shot, re-pitched and shaped once a clip, scaled by its velocity and added at its sample.

Levels are those of the first 60 ms, as RMS: at equal peaks, takes of one drum differ by 1 to 2 dB to the ear and drums of two kits by 3,
and a velocity that is to be heard has to be played at a level that is heard.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from n2n.audio import SAMPLE_RATE
from n2n.drums import DRUMS
from n2n.training.bank import OneShot
from n2n.training.chance import bare, happens, log_uniform
from n2n.training.compose import ARTICULATIONS
from n2n.training.effects import amplitude, equalised, random_equaliser
from n2n.training.library import Kit, Part
from n2n.training.performances import Hit
from n2n.training.sounds import ATTACK_SAMPLES, Placed, attack_db, buzz, choked, damped, layered, muffled, pitch_ratio, repitched, stressed

CYMBALS: Final = ("HH", "CY", "RD", "BE")
"""Few recordings of them are to be had, so they are re-pitched further."""
USUAL_LEVEL_DB: Final = {"KD": -9.0, "SN": -12.5, "TT": -12.5, "HH": -25.5, "CY": -18.0, "RD": -28.0, "BE": -24.5}
"""Level of a drum's usual articulation at a velocity of 115: the median over kits whose loudest peaks are where mixers put them."""
FURTHEST_DB: Final = 8.0
"""How far other articulations and pieces of a kit may lie from the usual one; some kits hold strays."""
MUFFLED_HZ: Final = (500.0, 2500.0)
MUFFLED_RATE: Final = (15.0, 120.0)
"""Above what frequency, and how fast (a factor exp(-rate t), t in seconds), a muffled drum's highs die away."""
DARK_HZ: Final = (1500.0, 8000.0)
DARK_RATE: Final = (0.5, 10.0)
"""The same for a dark cymbal, whose highs still ring for a while."""
BUZZ_HZ: Final = (2500.0, 8000.0)
BUZZ_S: Final = (0.03, 0.15)
BUZZ_DB: Final = (-30.0, -10.0)
"""Around what frequency snare wires buzz under another stroke, in what time this falls by 9 dB, and its level against the stroke's."""
STROKE_DB: Final = (-12.0, 6.0)
STROKE_S: Final = (0.005, 0.04)
"""How much louder or softer a cymbal's stroke is against its wash, and in what time it gives way to it."""
OPEN: Final = ("hh_open", "hh_semi")
LAYER_DB: Final = (-12.0, 0.0)
"""Level of a drum's second sound against its first."""
LEVEL_SPREAD_DB: Final = {"KD": 3.0, "SN": 3.0, "TT": 3.5, "HH": 5.0, "CY": 4.5, "RD": 5.0, "BE": 5.0}


@dataclass(frozen=True)
class MixConfig:
    """How far a clip's kit departs from its samples. Semitones and decibels are standard deviations."""

    pitch_semitones: float = 1.5
    cymbal_semitones: float = 2.2
    level_spread: float = 0.2
    hit_db: float = 0.5
    curve: tuple[float, float] = (1.35, 1.85)
    """Exponents of the velocity's amplitude: 1 is proportional, 2 the curve of General MIDI. Recorded kits lie around 1.6."""
    damp: float = 0.25
    """Share of drums whose decay is shortened."""
    ring: float = 0.2
    """Share of the other cymbals whose decay is lengthened."""
    varied: float = 0.5
    """Share of cymbals that are made into another: every crash of a kit by itself, and open hi-hats apart from closed ones."""
    muffle: float = 0.15
    """Share of kicks, snares and toms whose highs die away first: a snare without its wires, a drum under a towel."""
    buzz: float = 0.12
    """Share of kicks, snares and toms under which snare wires buzz: microphones above the kit hear it as a hi-hat's hiss."""
    tone_db: float = 3.0
    """Deviation of a drum's own equaliser at each of its points."""
    layers: float = 0.3
    """Share of drums that are two at once, as producers layer samples: more kits than there are recordings."""


NEUTRAL: Final = bare(MixConfig, curve=(1.6, 1.6))


class Cymbal(NamedTuple):
    """How one cymbal differs from what its drum is in a clip: its pitch, its stroke against its wash, how soon its highs die."""

    ratio: float = 1.0
    stroke: tuple[float, float] | None = None
    dark: tuple[float, float] | None = None


class Voices:
    """The sounds of one clip: chosen, re-pitched and damped once per drum, cached per one-shot.

    Drums that `layers` holds too sound on both parts at once.
    """

    def __init__(self, kit: Kit, rng: np.random.Generator, config: MixConfig, device: torch.device, layers: Kit | None = None) -> None:
        self.kit = kit
        self.layers = layers or {}
        self.rng = rng
        self.config = config
        self.device = device
        self.curve = {drum: rng.uniform(*config.curve) for drum in DRUMS}
        self.level_db = {drum: rng.normal(0.0, config.level_spread * LEVEL_SPREAD_DB[drum]) for drum in DRUMS}
        self.ratio = {drum: self._ratio(config.cymbal_semitones if drum in CYMBALS else config.pitch_semitones) for drum in DRUMS}
        self.damping = {drum: self._damping(drum) for drum in DRUMS}
        self.muffling = {drum: self._muffling(drum) for drum in DRUMS}
        self.buzzing = {drum: self._buzzing(drum) for drum in DRUMS}
        self.tone = {drum: random_equaliser(rng, config.tone_db) for drum in DRUMS} if config.tone_db else {}
        self.layer_db = {drum: rng.uniform(*LAYER_DB) for drum in self.layers}
        self.cymbals: dict[tuple[str, int], Cymbal] = {}
        self.sounds: dict[tuple[int, int, Cymbal], tuple[Tensor, float]] = {}
        self.offsets: dict[tuple[str, str, int], float] = {}

    def _ratio(self, semitones: float) -> float:
        return pitch_ratio(np.clip(self.rng.normal(0.0, semitones), -5, 5))

    def _damping(self, drum: str) -> float:
        if self.rng.random() < self.config.damp:
            return float(self.rng.uniform(1.0, 12.0))
        if drum in CYMBALS and happens(self.config.ring, self.rng):
            return -float(self.rng.uniform(0.3, 2.0))
        return 0.0

    def _muffling(self, drum: str) -> tuple[float, float] | None:
        if drum not in CYMBALS and happens(self.config.muffle, self.rng):
            return log_uniform(self.rng, MUFFLED_HZ), log_uniform(self.rng, MUFFLED_RATE)
        return None

    def _buzzing(self, drum: str) -> tuple[float, float, float] | None:
        if drum not in CYMBALS and happens(self.config.buzz, self.rng):
            return log_uniform(self.rng, BUZZ_HZ), log_uniform(self.rng, BUZZ_S), float(self.rng.uniform(*BUZZ_DB))
        return None

    def _cymbal(self, hit: Hit) -> Cymbal:
        """The cymbal that a hit is struck on."""
        if not self.config.varied or hit.drum not in CYMBALS:
            return Cymbal()
        key = hit.drum, hit.piece if hit.drum == "CY" else int(hit.articulation in OPEN)
        if key not in self.cymbals:
            self.cymbals[key] = self._another_cymbal() if self.rng.random() < self.config.varied else Cymbal()
        return self.cymbals[key]

    def _another_cymbal(self) -> Cymbal:
        """Another pitch, and mostly another stroke, or highs that die sooner."""
        stroke = float(self.rng.uniform(*STROKE_DB)), log_uniform(self.rng, STROKE_S)
        dark = log_uniform(self.rng, DARK_HZ), log_uniform(self.rng, DARK_RATE)
        ratio = self._ratio(self.config.cymbal_semitones)
        return Cymbal(ratio, stroke if happens(0.6, self.rng) else None, dark if happens(0.6, self.rng) else None)

    def place(self, hit: Hit, *, until: float | None = None) -> Placed:
        """The sound of a hit; it is choked at `until` (seconds), if given."""
        part = self.kit[hit.drum]
        shots = part.shots(hit.articulation, hit.piece)
        shot = self._layer(shots, hit.velocity)
        softer = -7.0 if hit.articulation == "hh_pedal" and shot.articulation != "hh_pedal" else 0.0
        curve_db = self.curve[hit.drum] * 20.0 * np.log10(hit.velocity / 115.0)
        level = USUAL_LEVEL_DB[hit.drum] + self._offset(part, hit, shots) + softer + curve_db
        level += self.level_db[hit.drum] + self.rng.normal(0.0, self.config.hit_db)
        sound, recorded = self._sound(part, shot, hit)
        if until is not None:
            sound = choked(sound, until - hit.onset)
        return Placed(round(hit.onset * SAMPLE_RATE), amplitude(level - recorded), sound)

    def _offset(self, part: Part, hit: Hit, shots: Sequence[OneShot]) -> float:
        """How much louder than the drum's usual articulation the kit has these one-shots, in dB."""
        key = hit.drum, hit.articulation, hit.piece
        if key not in self.offsets:
            usual = part.shots(ARTICULATIONS[hit.drum][0], 1)
            difference = loudest_db(part, shots) - loudest_db(part, usual)
            self.offsets[key] = float(np.clip(difference, -FURTHEST_DB, FURTHEST_DB))
        return self.offsets[key]

    def _layer(self, shots: Sequence[OneShot], velocity: int) -> OneShot:
        wanted = velocity + self.rng.normal(0.0, 6.0)
        distance = np.abs(np.array([shot.velocity for shot in shots]) - wanted)
        nearest = np.flatnonzero(distance <= distance.min() + 5.0)
        return shots[int(self.rng.choice(nearest))]

    def _sound(self, part: Part, shot: OneShot, hit: Hit) -> tuple[Tensor, float]:
        """A one-shot as it sounds in this clip, and its level."""
        cymbal = self._cymbal(hit)
        key = id(part.bundle), shot.start, cymbal
        if key not in self.sounds:
            sound = self._shaped(part, shot, hit.drum, cymbal)
            if hit.drum in self.layers:
                second = self.layers[hit.drum]
                below = self._shaped(second, self._layer(second.shots(hit.articulation, hit.piece), shot.velocity), hit.drum, cymbal)
                sound = layered(sound, below, self.layer_db[hit.drum])
            self.sounds[key] = sound, attack_db(sound)
        return self.sounds[key]

    def _shaped(self, part: Part, shot: OneShot, drum: str, cymbal: Cymbal) -> Tensor:
        sound = torch.from_numpy(part.bundle.samples(shot)).to(self.device)
        sound = damped(repitched(sound, self.ratio[drum] * cymbal.ratio), self.damping[drum])
        if cymbal.stroke:
            sound = stressed(sound, *cymbal.stroke)
        if cymbal.dark:
            sound = muffled(sound, *cymbal.dark)
        if muffling := self.muffling[drum]:
            sound = muffled(sound, *muffling)
        if buzzing := self.buzzing[drum]:
            sound = layered(sound, buzz(*buzzing[:2], self.rng, self.device), buzzing[2])
        return equalised(sound, self.tone[drum]) if drum in self.tone else sound


def loudest_db(part: Part, shots: Sequence[OneShot]) -> float:
    """The level of the loudest of some one-shots as their kit plays them."""
    return max(shot.gain_db + attack_db(torch.from_numpy(part.bundle.samples(shot)[:ATTACK_SAMPLES])) for shot in shots)


def place_hits(hits: Sequence[Hit], voices: Voices) -> dict[str, list[Placed]]:
    """The sounds of each drum. A hi-hat hit ends the ring of the one before it."""
    placed: dict[str, list[Placed]] = {drum: [] for drum in DRUMS}
    hats = [hit.onset for hit in hits if hit.drum == "HH"]
    for hit in hits:
        until = next((onset for onset in hats if onset > hit.onset), None) if hit.drum == "HH" else None
        placed[hit.drum].append(voices.place(hit, until=until))
    return placed
