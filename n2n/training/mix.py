"""Hits and a kit to audio: each hit is a one-shot, re-pitched and shaped once a clip, scaled by its velocity and added at its sample.

Levels are those of the first 60 ms, as RMS: at equal peaks, takes of one drum differ by 1 to 2 dB to the ear and drums of two kits by 3,
and a velocity that is to be heard has to be played at a level that is heard.

Audio is float32 mono at 44.1 kHz on the device of the caller. On a CPU each hit is one slice addition; on a GPU all hits go in one
scatter-add.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from n2n.audio import SAMPLE_RATE
from n2n.drums import DRUMS, LANE
from n2n.roll import note_frame
from n2n.shapes import Float
from n2n.training.bank import OneShot, Sample
from n2n.training.compose import ARTICULATIONS, Hit
from n2n.training.effects import equalised, highs, log_uniform, random_equaliser
from n2n.training.library import Kit, Part

CHOKE_FADE_S: Final = 0.02
CYMBALS: Final = ("HH", "CY", "RD", "BE")
"""Few recordings of them are to be had, so they are re-pitched further."""
ATTACK_SAMPLES: Final = 60 * SAMPLE_RATE // 1000
USUAL_LEVEL_DB: Final = {"KD": -9.0, "SN": -12.5, "TT": -12.5, "HH": -25.5, "CY": -18.0, "RD": -28.0, "BE": -24.5}
"""Level of a drum's usual articulation at a velocity of 115: the median over kits whose loudest peaks are where mixers put them."""
FURTHEST_DB: Final = 8.0
"""How far other articulations and pieces of a kit may lie from the usual one; some kits hold strays."""
RING_LIMIT: Final = math.log(10.0)
"""A decay is lengthened until it is 20 dB louder than recorded: beyond, one would hear the recording's noise."""
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


class Placed(NamedTuple):
    """A sound to add at a sample, with its gain."""

    start: int
    gain: float
    sound: Tensor


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


NEUTRAL: Final = MixConfig(0.0, 0.0, 0.0, 0.0, (1.6, 1.6), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


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
        return float(2.0 ** (np.clip(self.rng.normal(0.0, semitones), -5, 5) / 12.0))

    def _damping(self, drum: str) -> float:
        if self.rng.random() < self.config.damp:
            return float(self.rng.uniform(1.0, 12.0))
        if self.config.ring and drum in CYMBALS and self.rng.random() < self.config.ring:
            return -float(self.rng.uniform(0.3, 2.0))
        return 0.0

    def _muffling(self, drum: str) -> tuple[float, float] | None:
        if self.config.muffle and drum not in CYMBALS and self.rng.random() < self.config.muffle:
            return log_uniform(self.rng, MUFFLED_HZ), log_uniform(self.rng, MUFFLED_RATE)
        return None

    def _buzzing(self, drum: str) -> tuple[float, float, float] | None:
        if self.config.buzz and drum not in CYMBALS and self.rng.random() < self.config.buzz:
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
        stroke = float(self.rng.uniform(*STROKE_DB)), log_uniform(self.rng, STROKE_S)
        dark = log_uniform(self.rng, DARK_HZ), log_uniform(self.rng, DARK_RATE)
        return Cymbal(
            self._ratio(self.config.cymbal_semitones), stroke if self.rng.random() < 0.6 else None, dark if self.rng.random() < 0.6 else None
        )

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
        return Placed(round(hit.onset * SAMPLE_RATE), float(10.0 ** ((level - recorded) / 20.0)), sound)

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


def attack_db(sound: Float[Tensor, "samples"]) -> float:
    """RMS level of the first 60 ms, in dB of full scale."""
    return 10.0 * math.log10(float(sound[:ATTACK_SAMPLES].square().sum()) / ATTACK_SAMPLES + 1e-12)


def layered(sound: Float[Tensor, "samples"], second: Float[Tensor, "others"], level_db: float) -> Float[Tensor, "longer"]:
    """Adds a second sound, its attack at a level against the first one's."""
    gain = 10.0 ** ((level_db + attack_db(sound) - attack_db(second)) / 20.0)
    return mix([Placed(0, 1.0, sound), Placed(0, gain, second)], max(len(sound), len(second)), sound.device)


def loudest_db(part: Part, shots: Sequence[OneShot]) -> float:
    """The level of the loudest of some one-shots as their kit plays them."""
    return max(shot.gain_db + attack_db(torch.from_numpy(part.bundle.samples(shot)[:ATTACK_SAMPLES])) for shot in shots)


def repitched(sound: Float[Tensor, "samples"], ratio: float) -> Float[Tensor, "shorter"]:
    """Plays a sound `ratio` times as fast, by linear interpolation."""
    if ratio == 1.0 or len(sound) < 2:
        return sound
    position = torch.arange(int((len(sound) - 1) / ratio), device=sound.device, dtype=torch.float64) * ratio
    below = position.long()
    share = (position - below).float()
    return sound[below] * (1.0 - share) + sound[below + 1] * share


def played(sample: Sample, ratio: float, device: torch.device) -> Float[Tensor, "samples"]:
    """A one-shot, `ratio` times as fast as recorded."""
    return repitched(torch.from_numpy(sample.bundle.samples(sample.shot)).to(device), ratio)


def damped(sound: Float[Tensor, "samples"], rate: float) -> Float[Tensor, "shorter"]:
    """Shortens the decay by a factor exp(-rate t); what falls 80 dB below the peak is cut off. A negative rate lengthens it."""
    if rate == 0.0:
        return sound
    length = min(len(sound), int(9.2 / rate * SAMPLE_RATE)) if rate > 0.0 else len(sound)
    exponent = torch.arange(length, device=sound.device) * (-rate / SAMPLE_RATE)
    return sound[:length] * torch.exp(exponent.clamp(max=RING_LIMIT))


def stressed(sound: Float[Tensor, "samples"], db: float, seconds: float) -> Float[Tensor, "samples"]:
    """Begins so many decibels louder or softer; of the difference 1/e is left after `seconds`."""
    fading = torch.exp(torch.arange(len(sound), device=sound.device) * (-1.0 / (seconds * SAMPLE_RATE)))
    return sound * (1.0 + (10.0 ** (db / 20.0) - 1.0) * fading)


def muffled(sound: Float[Tensor, "samples"], hz: float, rate: float) -> Float[Tensor, "samples"]:
    """Shortens the decay of what lies above `hz` by a factor exp(-rate t)."""
    lost = -torch.expm1(torch.arange(len(sound), device=sound.device) * (-rate / SAMPLE_RATE))
    return sound - highs(sound, hz) * lost


def buzz(hz: float, seconds: float, rng: np.random.Generator, device: torch.device) -> Float[Tensor, "samples"]:
    """Noise around `hz` that rises within a few milliseconds and falls by 9 dB in `seconds`."""
    count = int(6.0 * seconds * SAMPLE_RATE)
    at = np.maximum(np.fft.rfftfreq(count, 1.0 / SAMPLE_RATE), 50.0)
    gains = np.exp(-0.5 * (np.log(at / hz) / rng.uniform(0.3, 0.7)) ** 2)
    t = np.arange(count) / SAMPLE_RATE
    swell = (1.0 - np.exp(-t / rng.uniform(0.0005, 0.006))) * np.exp(-t / seconds)
    wave = np.fft.irfft(np.fft.rfft(rng.standard_normal(count)) * gains, count) * swell
    return torch.from_numpy((wave / np.abs(wave).max()).astype(np.float32)).to(device)


def choked(sound: Float[Tensor, "samples"], seconds: float) -> Float[Tensor, "shorter"]:
    """Ends a sound after `seconds`, with a short fade."""
    fade = int(CHOKE_FADE_S * SAMPLE_RATE)
    length = max(int(seconds * SAMPLE_RATE), 0) + fade
    if length >= len(sound):
        return sound
    sound = sound[:length].clone()
    sound[-fade:] *= torch.linspace(1.0, 0.0, fade, device=sound.device)[-len(sound) :]
    return sound


def place_hits(hits: Sequence[Hit], voices: Voices) -> dict[str, list[Placed]]:
    """The sounds of each drum. A hi-hat hit ends the ring of the one before it."""
    placed: dict[str, list[Placed]] = {drum: [] for drum in DRUMS}
    hats = [hit.onset for hit in hits if hit.drum == "HH"]
    for hit in hits:
        until = next((onset for onset in hats if onset > hit.onset), None) if hit.drum == "HH" else None
        placed[hit.drum].append(voices.place(hit, until=until))
    return placed


def mix(placed: Sequence[Placed], length: int, device: torch.device) -> Float[Tensor, "samples"]:
    """Adds all sounds into `length` samples; what lies outside is cut off."""
    placed = [p for p in placed if 0 <= p.start < length]
    if device.type == "cuda" and placed:
        return _mix_scatter(placed, length, device)
    out = torch.zeros(length, device=device)
    for start, gain, sound in placed:
        end = min(length, start + len(sound))
        out[start:end].add_(sound[: end - start], alpha=gain)
    return out


def _mix_scatter(placed: Sequence[Placed], length: int, device: torch.device) -> Float[Tensor, "samples"]:
    lengths = torch.tensor([len(p.sound) for p in placed], device=device)
    gains = torch.tensor([p.gain for p in placed], device=device).repeat_interleave(lengths)
    offsets = torch.tensor([p.start for p in placed], device=device) - (lengths.cumsum(0) - lengths)
    positions = torch.arange(int(lengths.sum()), device=device) + offsets.repeat_interleave(lengths)
    inside = positions < length
    samples = torch.cat([p.sound for p in placed]) * gains
    return torch.zeros(length, device=device).index_add_(0, positions[inside], samples[inside])


def hits_to_velocities(hits: Sequence[Hit], frames: int) -> np.ndarray:
    """The label of a clip: uint8 [frames, drums], the velocity where a hit lies and 0 elsewhere; the loudest of a frame stays."""
    label = np.zeros((frames, len(DRUMS)), dtype=np.uint8)
    for hit in hits:
        frame, lane = note_frame(hit.onset), LANE[hit.drum]
        if 0 <= frame < frames:
            label[frame, lane] = max(label[frame, lane], hit.velocity)
    return label
