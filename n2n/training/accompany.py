"""Sounds that are not drums: a band around the drummer's hits, and hand percussion that is no drum of ours.

A band improvises (a bass, chords, a lead) or plays a tune, at the drums' own onsets or in a time of its own, on the melodic and percussion
bundles of `n2n kits`; a guitar, recorded or made by `guitarist`, joins it or plays alone. `singer` sings to it. Scores are the hits that
a band plays along with, empty where there are none.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import torch

from n2n.audio import SAMPLE_RATE
from n2n.shapes import Float
from n2n.training.bank import Bundle, Sample
from n2n.training.chance import happens
from n2n.training.compose import TIMEKEEPERS, TOGETHER_S
from n2n.training.effects import amplifier, amplitude, balanced, compress, rms
from n2n.training.guitarist import riff
from n2n.training.performances import Hit
from n2n.training.singer import consonant
from n2n.training.sounds import Placed, choked, clip_samples, mix, pitch_ratio, played, together
from n2n.training.tunes import Part, Tune

SCALES: Final = ((0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 5, 7, 9, 11), (0, 3, 5, 7, 10), (0, 2, 3, 5, 7, 9, 10))
UNLABELLED: Final = ("cowbell",)
"""A cowbell is the bell lane's sound: it is never played without a label."""

BEATS_S: Final = np.geomspace(0.3, 0.9, 360)
"""Lengths of a beat that a tune may be played at."""
PLACES: Final = 16
"""In how many places of a beat a tune may begin, and be found to fall on the drummer's hits within `TOGETHER_S`."""
FOLLOWED_S: Final = 8.0
"""Over how long the steps between `BEATS_S` do not matter; in longer clips the beat is then made finer."""


@dataclass(frozen=True)
class BandConfig:
    """What a band plays. All are shares, from 0 to 1."""

    riffs: float = 0.3
    """Share of bands with an electric guitarist in the drummer's time; half of these are nothing else."""
    recorded: float = 0.35
    """Share of the other bands with a recorded guitar, where there are any; half of these are nothing else."""
    tunes: float = 0.5
    """Share of bands that play a tune, where there are tunes; the others improvise."""
    amplified: float = 0.5
    """Share of a tune's guitars that are overdriven."""
    basses: float = 0.35
    """Share of improvising bands without drums in which a bass plays alone: a stem, as much as a tom that is struck alone."""
    chops: float = 0.3
    """Share of improvised chords that are struck short, with the scratch of a pick, which is what a hi-hat is taken for."""
    running: float = 0.4
    """Share of improvised basses that run along whatever the kick does: without drums, fast ones are taken for toms."""
    driving: float = 0.4
    """Share of the other basses that drive: they stay on a note and play it with what keeps time, and are taken for kicks there."""


class Rhythm(NamedTuple):
    """When a part plays: with a share of the hits of some drums, or on a grid of its own: `beats` divided by 1, 2 or 4."""

    drums: tuple[str, ...]
    share: float
    beats: int = 1


RHYTHMS: Final = {
    "bass": Rhythm(("KD",), 0.85),
    "chord": Rhythm(("KD", "SN"), 0.3, beats=2),
    "lead": Rhythm(("KD", "SN", "HH", "RD"), 0.35),
    "pad": Rhythm(("KD",), 0.1, beats=4),
}
"""By role."""
DRIVING: Final = Rhythm(TIMEKEEPERS, 0.9)
STAYING: Final = 0.85
"""How often a driving bass plays its last note once more."""


class Sounding(NamedTuple):
    """A note in time: onset and length in seconds, pitch and velocity as in MIDI."""

    onset: float
    length: float
    pitch: int
    velocity: int


class Band:
    """Instruments by role (`bass`, `chord`, `lead`, `pad`), percussion by kind, the tunes that they know, and recorded guitars by song.

    `play` and `play_full` are what a band plays by its config, whole clips; the other methods are what it can do.
    """

    def __init__(
        self,
        instruments: Sequence[Bundle],
        percussion: Sequence[Bundle],
        *,
        tunes: Sequence[Tune] = (),
        guitars: Sequence[Bundle] = (),
        config: BandConfig | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.config = config or BandConfig()
        self.device = device or torch.device("cpu")
        self.tunes = tunes
        self.songs = [[Sample(bundle, shot) for shot in bundle.shots] for bundle in guitars]
        self.roles: dict[str, dict[tuple[str, str], list[Sample]]] = defaultdict(lambda: defaultdict(list))
        for bundle in instruments:
            for shot in bundle.shots:
                self.roles[shot.piece][bundle.name, shot.kit].append(Sample(bundle, shot))
        self.percussion: dict[str, list[Sample]] = defaultdict(list)
        for bundle in percussion:
            for shot in bundle.shots:
                if shot.articulation not in UNLABELLED:
                    self.percussion[shot.articulation].append(Sample(bundle, shot))

    def play(self, score: Sequence[Hit], seconds: float, rng: np.random.Generator) -> Float[torch.Tensor, "samples"]:
        """A guitar, made or recorded, instruments along with the score, or both; at an arbitrary level."""
        if happens(self.config.riffs, rng):
            guitar = riff(score, clip_samples(seconds) / SAMPLE_RATE, rng, self.device)
        elif self.songs and happens(self.config.recorded, rng):
            guitar = self._mixed(self.play_song(seconds, rng), seconds)
        else:
            return self._along(score, seconds, rng)
        return guitar if rng.random() < 0.5 else together(guitar, self._along(score, seconds, rng), rng)

    def play_full(self, score: Sequence[Hit], seconds: float, rng: np.random.Generator) -> Float[torch.Tensor, "samples"]:
        """Guitar, bass and others at once, which leave hardly a frequency and hardly a moment to the drums; at an arbitrary level."""
        config, whole = self.config, clip_samples(seconds) / SAMPLE_RATE
        recorded = bool(self.songs) and rng.random() < 0.5
        guitar = self._mixed(self.play_song(whole, rng), seconds) if recorded else riff(score, whole, rng, self.device)
        bass = self._mixed(self.improvise(score, whole, rng, running=config.running, driving=config.driving, basses=1.0), seconds)
        others = together(guitar, self._along(score, seconds, rng), rng)
        return compress(balanced(together(others, bass, rng), rng), rng)

    def _along(self, score: Sequence[Hit], seconds: float, rng: np.random.Generator) -> Float[torch.Tensor, "samples"]:
        """What instruments play along with the score: a tune or their own."""
        config = self.config
        if self.tunes and happens(config.tunes, rng):
            return self._mixed(self.play_tune(score, seconds, rng, amplified=config.amplified), seconds)
        basses = 0.0 if score else config.basses
        shares = {"chops": config.chops, "running": config.running, "driving": config.driving, "basses": basses}
        return self._mixed(self.improvise(score, seconds, rng, **shares), seconds)

    def _mixed(self, placed: Sequence[Placed], seconds: float) -> Float[torch.Tensor, "samples"]:
        return mix(placed, clip_samples(seconds), self.device)

    def improvise(
        self,
        score: Sequence[Hit],
        seconds: float,
        rng: np.random.Generator,
        *,
        chops: float = 0.0,
        running: float = 0.0,
        driving: float = 0.0,
        basses: float = 0.0,
    ) -> list[Placed]:
        """A few parts in one key; returns their sounds at an arbitrary common level.

        A share `chops` of the chords is struck short, a share `running` of the basses runs along whatever the kick does, a share
        `driving` of the others plays with what keeps time, and with the chance of `basses` nobody else plays.
        """
        root, scale = int(rng.integers(0, 12)), SCALES[rng.integers(len(SCALES))]
        roles = [role for role in ("bass", "chord", "lead", "pad") if self.roles.get(role)]
        chosen = [role for role in roles if rng.random() < 0.6] or roles[:1]
        if "bass" in roles and happens(basses, rng):
            chosen = ["bass"]
        beat = rng.uniform(0.3, 0.9)
        placed: list[Placed] = []
        for role in chosen:
            programs = sorted(self.roles[role])
            shots = self.roles[role][programs[rng.integers(len(programs))]]
            chopped = role == "chord" and happens(chops, rng)
            runs = role == "bass" and happens(running, rng)
            drives = role == "bass" and not runs and happens(driving, rng)
            rhythm = DRIVING if drives else RHYTHMS["lead" if chopped else role]
            onsets = part_onsets(rhythm, () if runs else score, seconds, beat, rng)
            level = amplitude(rng.uniform(-9.0, 3.0))
            pitches: list[int] = []
            for onset, until in pairwise([*onsets, seconds]):
                if not (drives and pitches and rng.random() < STAYING):
                    pitches = part_pitches(role, root, scale, rng)
                notes = [pitched(shots, pitch, self.device) for pitch in pitches]
                placed += chop(onset, level, notes, rng) if chopped else hold(onset, until, level, notes, rng)
        return placed

    def play_tune(self, score: Sequence[Hit], seconds: float, rng: np.random.Generator, *, amplified: float = 0.0) -> list[Placed]:
        """A tune in some key, mostly in the drummer's time; a share `amplified` of its guitars sounds through an overdriven amplifier."""
        tune = self.tunes[int(rng.integers(len(self.tunes)))]
        beat, start = follow(tune, score, seconds, rng) if score and rng.random() < 0.75 else (float(rng.choice(BEATS_S)), 0.0)
        start -= beat * int(rng.integers(int(tune.beats)))
        transposed, length = int(rng.integers(-5, 7)), round(seconds * SAMPLE_RATE)
        placed: list[Placed] = []
        for number, part in enumerate(tune.parts):
            candidates = self._instruments_for(part, rng)
            if not candidates or rng.random() < 0.2:
                continue
            name, shots = candidates[rng.integers(len(candidates))]
            notes = [note._replace(pitch=note.pitch + transposed) for note in sounding(tune, number, beat, start, seconds)]
            sound = mix(struck(notes, shots, rng, self.device), length, self.device)
            if "guitar" in name and rng.random() < amplified:
                sound = overdriven(sound, rng)
            if sound.any():
                placed.append(Placed(0, amplitude(rng.uniform(-9.0, 3.0)) / rms(sound), sound))
        return placed

    def _instruments_for(self, part: Part, rng: np.random.Generator) -> list[tuple[str, list[Sample]]]:
        """The part's instrument as each SoundFont has it; half of the time all that can take the role."""
        anyone = rng.random() < 0.5
        return [(name, shots) for (_, name), shots in sorted(self.roles.get(part.role, {}).items()) if anyone or name == part.instrument]

    def play_song(self, seconds: float, rng: np.random.Generator) -> list[Placed]:
        """The recorded guitar of a song from anywhere in it, a little slower or faster, in no time but its own."""
        song = self.songs[int(rng.integers(len(self.songs)))]
        number, ratio = int(rng.integers(len(song))), pitch_ratio(rng.normal(0.0, 2.0))
        placed: list[Placed] = []
        start, length = 0, round(seconds * SAMPLE_RATE)
        while start < length:
            sound = played(song[number % len(song)], ratio, self.device)
            if not placed:
                sound = sound[int(rng.uniform(0.0, 0.9) * len(sound)) :]
            placed.append(Placed(start, 1.0, sound))
            start, number = start + len(sound), number + 1
        return placed

    def shake(self, seconds: float, rng: np.random.Generator) -> list[Placed]:
        """One percussion instrument on a grid of eighths or sixteenths, unlabelled."""
        if not self.percussion:
            return []
        kind = sorted(self.percussion)[rng.integers(len(self.percussion))]
        sample = self.percussion[kind][rng.integers(len(self.percussion[kind]))]
        sound = played(sample, pitch_ratio(rng.normal(0.0, 2.0)), self.device)
        step, density = rng.uniform(0.12, 0.5), rng.uniform(0.3, 1.0)
        onsets = [onset for onset in np.arange(rng.uniform(0, step), seconds, step) if rng.random() < density]
        return [Placed(round((o + rng.normal(0, 0.005)) * SAMPLE_RATE), float(rng.uniform(0.3, 1.0)), sound) for o in onsets]


def follow(tune: Tune, hits: Sequence[Hit], seconds: float, rng: np.random.Generator) -> tuple[float, float]:
    """The length of a beat and where in it a tune begins (s), so that as many of its onsets as possible fall on hits, or nearly so."""
    onsets = np.unique(np.round(tune.onset, 2))
    onsets = (onsets + tune.beats * np.arange(seconds / BEATS_S[0] / tune.beats + 1.0)[:, None]).ravel()
    struck_at = np.sort([hit.onset for hit in hits])
    beats, places, heard = BEATS_S, np.arange(PLACES) / PLACES, FOLLOWED_S
    while True:
        times = beats[:, None, None] * (onsets[onsets < heard / beats[0]] + places[:, None])
        after = np.searchsorted(struck_at, times).clip(1, max(1, len(struck_at) - 1))
        distance = np.minimum(np.abs(times - struck_at[after - 1]), np.abs(struck_at[np.minimum(after, len(struck_at) - 1)] - times))
        inside = times < min(heard, seconds)
        together = (inside & (distance < TOGETHER_S)).sum(-1) / inside.sum(-1).clip(1) + rng.uniform(0.0, 0.02, times.shape[:2])
        which, where = np.unravel_index(int(together.argmax()), together.shape)
        beat, place = float(beats[which]), float(places[where])
        if heard >= seconds:
            return beat, beat * place
        heard *= 2.0
        beats, places = beat * (1.0 + np.linspace(-0.008, 0.008, 17) * FOLLOWED_S / heard), place + np.linspace(-0.04, 0.04, 5)


def sounding(tune: Tune, number: int, beat: float, start: float, seconds: float) -> list[Sounding]:
    """The notes of one part that begin within a clip, the tune beginning at `start` (s, mostly before the clip) and repeated to its end."""
    mine = np.flatnonzero(tune.part == number)
    columns = [array[mine].tolist() for array in (tune.onset, tune.length, tune.pitch, tune.velocity)]
    repeats = int((seconds - start) / (tune.beats * beat)) + 1
    return [
        Sounding(onset, length * beat, pitch, velocity)
        for repeat in range(repeats)
        for at, length, pitch, velocity in zip(*columns, strict=True)
        if 0.0 <= (onset := start + (at + repeat * tune.beats) * beat) < seconds
    ]


def struck(notes: Sequence[Sounding], shots: Sequence[Sample], rng: np.random.Generator, device: torch.device) -> list[Placed]:
    """Notes on an instrument, a few milliseconds early or late."""
    sounds = {pitch: pitched(shots, pitch, device) for pitch in {note.pitch for note in notes}}
    onsets = [max(0.0, note.onset + rng.normal(0.0, 0.004)) for note in notes]
    return [
        Placed(round(onset * SAMPLE_RATE), (note.velocity / 100.0) ** 1.5, choked(sounds[note.pitch], note.length))
        for note, onset in zip(notes, onsets, strict=True)
    ]


def overdriven(sound: Float[torch.Tensor, "samples"], rng: np.random.Generator) -> Float[torch.Tensor, "samples"]:
    """A guitar through some amplifier, without a hiss: clipped softly to hard, without what lies above 3 to 7 kHz."""
    return amplifier(
        sound,
        thin_hz=float(rng.uniform(60.0, 250.0)),
        drive_db=float(rng.uniform(0.0, 32.0)),
        cabinet_hz=float(rng.uniform(3000.0, 7000.0)),
        order=float(rng.uniform(4.0, 12.0)),
    )


def hold(onset: float, until: float, level: float, notes: Sequence[torch.Tensor], rng: np.random.Generator) -> list[Placed]:
    """A chord or a note, held for about as long as there is until the next, two seconds at most."""
    placed = []
    for note in notes:
        sound = choked(note, min(until - onset, 2.0) * rng.uniform(0.5, 1.1))
        placed.append(Placed(round(onset * SAMPLE_RATE), level * float(rng.uniform(0.5, 1.0)), sound))
    return placed


def chop(onset: float, level: float, notes: Sequence[torch.Tensor], rng: np.random.Generator) -> list[Placed]:
    """A chord struck and stopped at once, as guitars play between the beats: strings one after the other, under the scratch of a pick."""
    length, apart = float(rng.uniform(0.01, 0.15)), float(rng.uniform(0.0, 0.008))
    scratch = torch.from_numpy(consonant(rng)).to(notes[0].device)
    strings = [(onset + k * apart, choked(note, length)) for k, note in enumerate(notes)]
    return [Placed(round(at * SAMPLE_RATE), level * float(rng.uniform(0.3, 1.0)), sound) for at, sound in [*strings, (onset, scratch)]]


def part_onsets(rhythm: Rhythm, hits: Sequence[Hit], seconds: float, beat: float, rng: np.random.Generator) -> list[float]:
    """When a part plays (s), in order: with the hits, but for three in ten parts and where there are hardly any."""
    anchors = [hit.onset + rng.normal(0.0, 0.006) for hit in hits if hit.drum in rhythm.drums and rng.random() < rhythm.share]
    if len(anchors) < 4 or rng.random() < 0.3:
        step = beat / rng.choice([1, 2, 4]) * rhythm.beats
        anchors = [float(onset) for onset in np.arange(rng.uniform(0, step), seconds, step) if rng.random() < 0.8]
    return sorted(max(0.0, onset) for onset in anchors)


def part_pitches(role: str, root: int, scale: Sequence[int], rng: np.random.Generator) -> list[int]:
    """The MIDI pitches of one event: a chord of stacked thirds, or one note of the scale."""
    degree = int(rng.integers(len(scale)))
    if role in ("chord", "pad"):
        base = 48 + root + 12 * int(rng.integers(0, 2))
        return [base + scale[(degree + 2 * k) % len(scale)] for k in range(int(rng.integers(2, 5)))]
    octave = 28 if role == "bass" else 60
    return [octave + root % 12 + scale[degree] + 12 * int(rng.integers(0, 2))]


def pitched(shots: Sequence[Sample], pitch: int, device: torch.device) -> torch.Tensor:
    """The nearest recorded pitch, re-pitched."""
    sample = min(shots, key=lambda entry: abs(int(entry.shot.articulation) - pitch))
    ratio = pitch_ratio(pitch - int(sample.shot.articulation))
    return played(sample, float(np.clip(ratio, 0.5, 2.0)), device)
