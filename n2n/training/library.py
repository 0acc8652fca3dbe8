"""Which samples a clip is played on: bundles sorted into parts (one drum of one kit), and parts mixed into new kits.

Sources that share recordings form one group, so that a split never holds the same cymbal on both sides.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from n2n.drums import DRUMS
from n2n.training.bank import Bundle, OneShot
from n2n.training.chance import happens

SAME_RECORDINGS: Final = {
    "avl_black_pearl": "avl",
    "avl_red_zeppelin": "avl",
    "avl_sf2_black_pearl": "avl",
    "avl_sf2_red_zeppelin": "avl",
    "h2_black_pearl": "avl",
    "musescore": "fluidr3",
    "cadence_cc0": "menegass",
    "h2_millo3": "h2_millo2",
}
HELD_OUT: Final = {
    "test": ("virtuosity", "h2_bja_pacific", "linndrum_lm2", "ktuberling", "sectoid_madness"),
    "validation": ("h2_colombo", "tr505", "fillets_nl", "sectoid_war"),
}
"""Sources that are never trained on: some to choose by, some to report on."""
TRAINED_ON_ALONE: Final = ("a320u", "generaluser", "lmms", "freepats")
"""Instruments and percussion that came after the rendered sets, and play in none of these, so that their figures stay comparable."""

STAND_INS: Final = {
    "kick": ("kick",),
    "snare": ("snare", "snare_brush", "snare_edge"),
    "snare_edge": ("snare_edge", "snare"),
    "rimshot": ("rimshot", "snare"),
    "cross_stick": ("cross_stick", "rimshot", "snare"),
    "tom": ("tom", "rototom", "tom_edge"),
    "hh_closed": ("hh_closed", "hh_semi", "hh_pedal"),
    "hh_semi": ("hh_semi", "hh_open", "hh_closed"),
    "hh_open": ("hh_open", "hh_semi", "hh_closed"),
    "hh_pedal": ("hh_pedal", "hh_closed"),
    "crash": ("crash", "china", "splash"),
    "splash": ("splash", "crash"),
    "china": ("china", "crash"),
    "ride": ("ride",),
    "ride_bell": ("ride_bell",),
}
"""Articulations by preference, for kits that lack one."""


def split_of(bundle: str) -> str:
    """`train`, `validation` or `test`."""
    return next((split for split, names in HELD_OUT.items() if bundle in names), "train")


def plays_in(bundle: str, split: str) -> bool:
    """Whether an instrument, or percussion, plays in the clips of a split: nearly all play in all."""
    return split == "train" or bundle not in TRAINED_ON_ALONE


@dataclass(frozen=True)
class Part:
    """One drum of one kit: for each articulation its pieces, for each piece its one-shots by velocity."""

    bundle: Bundle
    kit: str
    drum: str
    group: str
    voices: dict[str, list[list[OneShot]]]
    electronic: bool

    def shots(self, articulation: str, piece: int) -> list[OneShot]:
        """The one-shots of an articulation, or of the nearest that the kit has."""
        choices = (*STAND_INS.get(articulation, ()), *self.voices)
        pieces = next(self.voices[name] for name in choices if name in self.voices)
        return pieces[(piece - 1) % len(pieces)]


def parts_of(bundle: Bundle) -> list[Part]:
    """Sorts a bundle's one-shots into parts. Cowbells are parts of their own, named by the articulation."""
    groups: dict[tuple[str, str, str, bool], list[OneShot]] = defaultdict(list)
    for shot in bundle.shots:
        if shot.drum in DRUMS:
            groups[shot.kit, shot.mix, shot.drum, shot.articulation == "cowbell"].append(shot)
    return [
        Part(bundle, f"{kit}/{mix}", drum, SAME_RECORDINGS.get(bundle.name, bundle.name), _voices(shots), shots[0].electronic)
        for (kit, mix, drum, _), shots in groups.items()
    ]


def _voices(shots: Iterable[OneShot]) -> dict[str, list[list[OneShot]]]:
    pieces: dict[tuple[str, str], list[OneShot]] = defaultdict(list)
    for shot in shots:
        pieces[shot.articulation, shot.piece].append(shot)
    voices: dict[str, list[list[OneShot]]] = defaultdict(list)
    for (articulation, _), layers in sorted(pieces.items()):
        voices[articulation].append(sorted(layers, key=lambda shot: shot.velocity))
    return dict(voices)


Kit = dict[str, Part]
"""A part for each drum."""


class Library:
    """All parts of a set of bundles; draws kits from them."""

    def __init__(self, bundles: Sequence[Bundle], *, mixing: float = 0.7, cowbell: float = 0.15) -> None:
        self.mixing = mixing
        self.cowbell = cowbell
        self.parts: dict[str, dict[str, list[Part]]] = {drum: defaultdict(list) for drum in DRUMS}
        self.cowbells: list[Part] = []
        for part in (part for bundle in bundles for part in parts_of(bundle)):
            if "cowbell" in part.voices:
                self.cowbells.append(part)
            else:
                self.parts[part.drum][part.group].append(part)
        missing = [drum for drum in DRUMS if not self.parts[drum]]
        if missing:
            raise ValueError(f"no samples for {', '.join(missing)}: give bundles that cover all of {', '.join(DRUMS)}")

    def draw_part(self, drum: str, rng: np.random.Generator) -> Part:
        """A part of a drum: first the source, so that large sources do not drown small ones; recorded drums three times as often."""
        groups = self.parts[drum]
        names = sorted(groups)
        weights = np.array([_weight(name, groups[name]) for name in names])
        parts = groups[names[rng.choice(len(names), p=weights / weights.sum())]]
        return parts[rng.integers(len(parts))]

    def draw_kit(self, rng: np.random.Generator) -> Kit:
        """A kit: mostly each drum from a source of its own, ride and bell together where one source has both."""
        kit = {drum: self.draw_part(drum, rng) for drum in DRUMS}
        kit["BE"] = self._sibling(kit["RD"], "BE") or kit["BE"]
        if rng.random() > self.mixing:
            anchor = kit["HH"] if rng.random() < 0.5 else kit["CY"]
            kit = {drum: self._sibling(anchor, drum) or part for drum, part in kit.items()}
        if self.cowbells and rng.random() < self.cowbell:
            kit["BE"] = self.cowbells[rng.integers(len(self.cowbells))]
        return kit

    def draw_layers(self, share: float, rng: np.random.Generator) -> Kit:
        """A second part for a share of the drums."""
        return {drum: self.draw_part(drum, rng) for drum in DRUMS if happens(share, rng)}

    def _sibling(self, part: Part, drum: str) -> Part | None:
        siblings = [other for other in self.parts[drum].get(part.group, ()) if other.kit == part.kit]
        return siblings[0] if siblings else None


def _weight(group: str, parts: Sequence[Part]) -> float:
    if group in ("procedural", "fluidr3"):
        return 4.0
    return 1.0 if parts[0].electronic else 3.0
