"""Performances to hits: what the synthetic drummer plays in one training clip.

Human performances are laid end to end, stretched in tempo, and changed where the data are poor: voices move to scarce cymbals, crashes
are added, ghost notes, flams and drum rolls appear, parts fall silent. Times are seconds from the start of the clip, velocities 1..127,
randomness a numpy Generator.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from n2n.drums import DRUMS, LANE
from n2n.roll import note_frame
from n2n.training.chance import bare, happens
from n2n.training.performances import Hit, Performance

ARTICULATIONS: Final = {
    "KD": ("kick",),
    "SN": ("snare", "snare", "snare", "rimshot", "cross_stick", "snare_edge"),
    "TT": ("tom",),
    "HH": ("hh_closed", "hh_closed", "hh_semi", "hh_open", "hh_pedal"),
    "CY": ("crash", "crash", "splash", "china"),
    "RD": ("ride",),
    "BE": ("ride_bell",),
}


SCATTERED: Final = {"KD": 1.0, "SN": 1.5, "TT": 1.0, "HH": 3.0, "CY": 0.3, "RD": 1.0, "BE": 0.4}
"""How often a drum falls in a scattered clip, against the others: scarce ones more often than they are played, but not as often as any."""


TOGETHER_S: Final = 0.03
"""Hits this close are struck as one."""

RETRIGGER_S: Final = 0.012
"""Hits of one drum this close are one."""

TIMEKEEPERS: Final = ("HH", "RD", "BE")
"""What a drummer keeps time on."""

RIDE_LED: Final = 0.25
"""How often a performance that is led by the ride is drawn, against the same led by the hi-hat: the drummers of the training performances
like rides (0.43 of what the hand keeps time on, 0.25 as drawn; 0.22 and 0.23 in those held out), and a model goes by what is likely where a
band hides the cymbals."""

PADS: Final = 3
"""Toms of the electronic kit that the performances were played on; kits have up to six."""


@dataclass(frozen=True)
class ComposeConfig:
    """How often a clip departs from the performance as played."""

    stretch: tuple[float, float] = (0.75, 1.3)
    scattered: float = 0.15
    """Clips of independent random hits: no musical habit to lean on."""
    solo: float = 0.2
    """Clips in which one drum or two play and the others are silent, as in loops and stems."""
    hat_to_cymbal: float = 0.05
    ride_to_bell: float = 0.35
    ride_to_crash: float = 0.01
    add_crashes: float = 0.5
    snare_to_tom: float = 0.08
    low_toms: float = 0.4
    cross_stick: float = 0.15
    semi_open_hats: float = 0.15
    open_hats: float = 0.55
    ghost_notes: float = 0.12
    flams: float = 0.12
    drum_rolls: float = 0.06
    unisons: float = 0.12
    linear: float = 0.25
    drop_part: float = 0.12
    soften: float = 0.05


def weights_by_scarcity(performances: Sequence[Performance]) -> np.ndarray:
    """How often to draw each: longer ones more, those with scarce drums up to twice as often."""
    weights = []
    for performance in performances:
        scarce = np.mean([hit.drum in ("TT", "CY", "RD", "BE") for hit in performance.hits])
        weights.append(np.sqrt(min(performance.duration, 30.0)) * (1.0 + scarce))
    return np.asarray(weights) / np.sum(weights)


def weights_by_length(performances: Sequence[Performance]) -> np.ndarray:
    """How often to draw each so that every second of them is heard equally often."""
    seconds = np.array([performance.duration for performance in performances])
    return seconds / np.sum(seconds)


def with_fewer_rides(weights: np.ndarray, performances: Sequence[Performance]) -> np.ndarray:
    """The weights, but for those of performances that are led by the ride: `RIDE_LED` of what they were."""
    seldom = weights * np.where([led_by_ride(performance) for performance in performances], RIDE_LED, 1.0)
    return seldom / np.sum(seldom)


def led_by_ride(performance: Performance) -> bool:
    """Whether the hand that keeps time strikes rides and bells more often than the hi-hat; beside a ride the foot closes the hat."""
    drums = [hit.drum for hit in performance.hits if by_hand(hit)]
    return drums.count("RD") + drums.count("BE") > drums.count("HH")


def compose(
    performances: Sequence[Performance], weights: np.ndarray, seconds: float, rng: np.random.Generator, config: ComposeConfig
) -> list[Hit]:
    """The hits of one clip of `seconds`, in order of onset."""
    if rng.random() < config.scattered:
        hits = scatter(seconds, rng)
    else:
        hits = embellish(lay(performances, weights, seconds, rng, config), seconds, rng, config)
    if happens(config.solo, rng):
        hits = solo(hits, rng)
    return sorted(hit for hit in merge_retriggers(hits) if 0.0 <= hit.onset < seconds)


def lay(
    performances: Sequence[Performance], weights: np.ndarray, seconds: float, rng: np.random.Generator, config: ComposeConfig
) -> list[Hit]:
    """Performances one after the other, from a random place in the first; sometimes a rest between two."""
    hits: list[Hit] = []
    cursor, rate = 0.0, rng.uniform(*config.stretch)
    while cursor < seconds:
        performance = performances[rng.choice(len(performances), p=weights)]
        skip = rng.uniform(0.0, max(performance.duration - 4.0, 0.0)) if not hits else 0.0
        hits += [hit._replace(onset=cursor + (hit.onset - skip) / rate) for hit in performance.hits if skip <= hit.onset]
        beat = 60.0 / performance.bpm / rate
        cursor += (performance.duration - skip) / rate + (rng.uniform(0.0, 4.0) if rng.random() < 0.25 else beat * rng.integers(0, 2))
    return hits


def scatter(seconds: float, rng: np.random.Generator) -> list[Hit]:
    """Independent hits of every drum, some sparse, some dense, as often as `SCATTERED` says."""
    hits = []
    for drum in DRUMS:
        rate = SCATTERED[drum] * np.exp(rng.uniform(np.log(0.15), np.log(3.0)))
        centre = rng.uniform(30, 110)
        for onset in rng.uniform(0.0, seconds, rng.poisson(rate * seconds)):
            articulation = str(rng.choice(ARTICULATIONS[drum]))
            velocity = int(np.clip(rng.normal(centre, 25), 5, 127))
            hits.append(Hit(float(onset), drum, articulation, int(rng.integers(1, 4)), velocity))
    return hits


def embellish(hits: list[Hit], seconds: float, rng: np.random.Generator, config: ComposeConfig) -> list[Hit]:
    """Applies each departure of the config with its probability."""
    if rng.random() < config.hat_to_cymbal:
        target = rng.choice(["RD"] * 12 + ["BE"] * 7 + ["CY"])
        hits = move(hits, "HH", str(target), rng, seconds)
    if rng.random() < config.ride_to_bell:
        hits = [hit._replace(drum="BE", articulation="ride_bell") if hit.drum == "RD" and rng.random() < 0.4 else hit for hit in hits]
    if rng.random() < config.ride_to_crash:
        hits = move(hits, "RD", "CY", rng, seconds)
    if rng.random() < config.snare_to_tom:
        hits = move(hits, "SN", "TT", rng, seconds)
    if rng.random() < config.low_toms:
        hits = [hit._replace(piece=hit.piece + PADS) if hit.drum == "TT" else hit for hit in hits]
    if rng.random() < config.cross_stick:
        hits = [hit._replace(articulation="cross_stick") if hit.articulation == "snare" else hit for hit in hits]
    if rng.random() < config.semi_open_hats:
        hits = [hit._replace(articulation="hh_semi") if hit.articulation in ("hh_open", "hh_closed") else hit for hit in hits]
    if rng.random() < config.open_hats:
        hits = opened_hats(hits, rng)
    if rng.random() < config.add_crashes:
        hits = crashed(hits, rng)
    if rng.random() < config.ghost_notes:
        hits = hits + ghost_notes(seconds, rng)
    if rng.random() < config.flams:
        hits = hits + flams(hits, rng)
    if rng.random() < config.drum_rolls:
        hits = hits + drum_roll(seconds, rng)
    if rng.random() < config.unisons:
        hits = hits + unisons(hits, seconds, rng)
    if rng.random() < config.linear:
        hits = linear(hits, rng)
    if rng.random() < config.drop_part:
        silent = set(rng.choice(DRUMS, size=rng.integers(1, 4), replace=False).tolist())
        hits = [hit for hit in hits if hit.drum not in silent]
    if rng.random() < config.soften:
        share = rng.uniform(0.3, 0.8)
        hits = [hit._replace(velocity=max(3, round(hit.velocity * share))) for hit in hits]
    return hits


def move(hits: list[Hit], source: str, target: str, rng: np.random.Generator, seconds: float) -> list[Hit]:
    """Plays `source`'s part on `target` from a random moment on (half the time from the start); foot hits stay on the hi-hat."""
    begin = 0.0 if rng.random() < 0.5 else rng.uniform(0.0, seconds)
    articulation = str(rng.choice(ARTICULATIONS[target]))
    piece = int(rng.integers(1, 4))
    return [
        hit._replace(drum=target, articulation=articulation, piece=piece)
        if hit.drum == source and hit.onset >= begin and hit.articulation != "hh_pedal"
        else hit
        for hit in hits
    ]


def opened_hats(hits: list[Hit], rng: np.random.Generator) -> list[Hit]:
    """Plays closed hi-hats open or half open, a share of them or those on kicks: a loose hat rings as a crash does, and is none."""
    on_kicks = rng.random() < 0.3
    share = 1.0 if on_kicks or rng.random() < 0.5 else rng.uniform(0.1, 0.6)
    opened = "hh_open" if rng.random() < 0.7 else "hh_semi"
    chosen = beside(hits, [hit for hit in hits if hit.drum == "KD"]) if on_kicks else [True] * len(hits)
    return [
        hit._replace(articulation=opened) if here and hit.articulation == "hh_closed" and rng.random() < share else hit
        for hit, here in zip(hits, chosen, strict=True)
    ]


def crashed(hits: list[Hit], rng: np.random.Generator) -> list[Hit]:
    """Adds one to six crashes, together with some of the louder kicks and snares; mostly they are what the hand on the cymbals strikes."""
    anchors = [hit for hit in hits if hit.drum in ("KD", "SN") and hit.velocity > 60]
    rng.shuffle(anchors)
    articulation = str(rng.choice(ARTICULATIONS["CY"]))
    count = min(len(anchors), int(rng.integers(1, 7)))
    crashes = [
        Hit(a.onset + rng.normal(0.0, 0.004), "CY", articulation, int(rng.integers(1, 3)), int(np.clip(rng.normal(95, 25), 20, 127)))
        for a in anchors[:count]
    ]
    if rng.random() < 0.8:
        hits = [hit for hit, here in zip(hits, beside(hits, crashes), strict=True) if not (here and by_hand(hit))]
    return hits + crashes


def by_hand(hit: Hit) -> bool:
    """Whether the hand that keeps time strikes it: hi-hats but for the foot's, rides, bells."""
    return hit.drum in TIMEKEEPERS and hit.articulation != "hh_pedal"


def beside(hits: Sequence[Hit], others: Sequence[Hit]) -> list[bool]:
    """Whether each hit is struck together with one of the others."""
    strokes = np.array([hit.onset for hit in others])
    return [bool((np.abs(strokes - hit.onset) < TOGETHER_S).any()) for hit in hits]


def ghost_notes(seconds: float, rng: np.random.Generator) -> list[Hit]:
    """Soft snare notes on a sixteenth grid."""
    step = rng.uniform(0.09, 0.2)
    return [
        Hit(float(onset + rng.normal(0.0, 0.006)), "SN", "snare", 1, int(rng.integers(6, 40)))
        for onset in np.arange(rng.uniform(0.0, step), seconds, step)
        if rng.random() < 0.35
    ]


def flams(hits: list[Hit], rng: np.random.Generator) -> list[Hit]:
    """A grace note 20 to 45 ms before some snare and tom hits."""
    return [
        hit._replace(onset=hit.onset - rng.uniform(0.02, 0.045), velocity=max(5, int(hit.velocity * rng.uniform(0.3, 0.8))))
        for hit in hits
        if hit.drum in ("SN", "TT") and hit.velocity > 50 and rng.random() < 0.35
    ]


def drum_roll(seconds: float, rng: np.random.Generator) -> list[Hit]:
    """One drum roll of 12 to 25 strokes a second on a snare or a tom, swelling or fading."""
    drum = str(rng.choice(["SN", "TT", "SN"]))
    begin, length, gap = rng.uniform(0.0, seconds), rng.uniform(0.4, 1.5), rng.uniform(0.04, 0.08)
    onsets = np.arange(begin, begin + length, gap)
    first, last = rng.uniform(15, 110, size=2)
    levels = np.linspace(first, last, len(onsets))
    articulation = "snare" if drum == "SN" else "tom"
    piece = int(rng.integers(1, 4))
    return [
        Hit(float(onset + rng.normal(0.0, 0.003)), drum, articulation, piece, int(np.clip(level + rng.normal(0, 6), 3, 127)))
        for onset, level in zip(onsets, levels, strict=True)
    ]


def unisons(hits: list[Hit], seconds: float, rng: np.random.Generator) -> list[Hit]:
    """From a random moment on, snare hits are doubled by a tom and half the time by the kick: the heavy accents of rock."""
    begin, piece = rng.uniform(0.0, seconds), int(rng.integers(1, 2 * PADS + 1))
    doubles = [("TT", "tom"), ("KD", "kick")][: int(rng.integers(1, 3))]
    return [
        Hit(hit.onset + rng.normal(0.0, 0.004), drum, articulation, piece, int(np.clip(hit.velocity + rng.normal(0.0, 10.0), 5, 127)))
        for hit in hits
        if hit.drum == "SN" and hit.onset >= begin and hit.velocity > 50
        for drum, articulation in doubles
    ]


def linear(hits: list[Hit], rng: np.random.Generator) -> list[Hit]:
    """Cymbals are left out where a snare falls, half of the time where a kick does, too: all of them, or here and there one."""
    struck = ("SN", "KD") if rng.random() < 0.5 else ("SN",)
    share = 1.0 if rng.random() < 0.5 else rng.uniform(0.2, 0.8)
    with_stroke = beside(hits, [hit for hit in hits if hit.drum in struck])
    return [hit for hit, here in zip(hits, with_stroke, strict=True) if not (here and hit.drum in TIMEKEEPERS) or rng.random() >= share]


def solo(hits: list[Hit], rng: np.random.Generator) -> list[Hit]:
    """The hits of one drum, in a third of the clips of two; of those that play, each is as likely as any other."""
    playing = sorted({hit.drum for hit in hits})
    count = min(len(playing), 2 if rng.random() < 1 / 3 else 1)
    chosen = rng.permutation(playing)[:count]
    return [hit for hit in hits if hit.drum in chosen]


def pause(hits: Sequence[Hit], seconds: float, rng: np.random.Generator) -> list[Hit]:
    """The hits outside a span of 20 to 80 % of the clip; half of the time none at all."""
    if rng.random() < 0.5:
        return []
    length = rng.uniform(0.2, 0.8) * seconds
    begin = rng.uniform(0.0, seconds - length)
    return [hit for hit in hits if not begin <= hit.onset < begin + length]


def merge_retriggers(hits: Sequence[Hit]) -> list[Hit]:
    """Of hits of a drum less than `RETRIGGER_S` apart, keeps the louder: nobody plays them, and a roll frame holds one."""
    merged: dict[str, list[Hit]] = {drum: [] for drum in DRUMS}
    for hit in sorted(hits):
        kept = merged[hit.drum]
        if kept and hit.onset - kept[-1].onset < RETRIGGER_S:
            if hit.velocity > kept[-1].velocity:
                kept[-1] = hit
        else:
            kept.append(hit)
    return [hit for kept in merged.values() for hit in kept]


def hits_to_velocities(hits: Sequence[Hit], frames: int) -> np.ndarray:
    """The label of a clip: uint8 [frames, drums], the velocity where a hit lies and 0 elsewhere; the loudest of a frame stays."""
    label = np.zeros((frames, len(DRUMS)), dtype=np.uint8)
    for hit in hits:
        frame, lane = note_frame(hit.onset), LANE[hit.drum]
        if 0 <= frame < frames:
            label[frame, lane] = max(label[frame, lane], hit.velocity)
    return label


AS_PLAYED: Final = bare(ComposeConfig, stretch=(1.0, 1.0))
"""The performance and nothing else: for test sets, and for what is to be invented."""

FAITHFUL: Final = replace(AS_PLAYED, stretch=ComposeConfig.stretch)
"""The performance at another tempo: what drummers do, which is all there is to go by where a band hides the drums."""
