"""The drum vocabulary: seven classes in a fixed order, their MIDI notes, and the reductions used by published scores.

Conventions: a drum is named by its two-letter code; its place in `DRUMS` is its lane in a roll. Knows nothing of the rest of the package.
"""

from typing import Final

DRUMS: Final = ("KD", "SN", "TT", "HH", "CY", "RD", "BE")
"""Kick, snare, tom, hi-hat, crash, ride, ride bell: the order of every roll, table and page."""

DRUM_NAMES: Final = {
    "KD": "kick",
    "SN": "snare",
    "TT": "tom",
    "HH": "hi-hat",
    "CY": "crash",
    "RD": "ride",
    "BE": "bell",
}

LANE: Final = {drum: lane for lane, drum in enumerate(DRUMS)}

MIDI_NOTE: Final = {"KD": 36, "SN": 38, "TT": 48, "HH": 42, "CY": 49, "RD": 51, "BE": 53}
"""The General MIDI note that we write for each drum."""

MIDI_CHANNEL: Final = 10
"""The General MIDI drum channel, counted from 1."""

MIDI_TO_DRUM: Final = {
    # Roland TD-11 notes as in the Groove MIDI Dataset, with the extra rows of Magenta's eight-hit map (claves, 75, are dropped).
    **dict.fromkeys((36,), "KD"),
    **dict.fromkeys((38, 40, 37, 39), "SN"),
    **dict.fromkeys((48, 50, 45, 47, 43, 58, 64), "TT"),
    **dict.fromkeys((42, 22, 46, 26, 44, 54, 70), "HH"),
    **dict.fromkeys((49, 55, 57, 52), "CY"),
    **dict.fromkeys((51, 59), "RD"),
    **dict.fromkeys((53, 56), "BE"),
    # General MIDI notes that Roland modules do not send.
    35: "KD",
    41: "TT",
}
"""Foreign MIDI notes by drum. A note number that is not here has no drum and is dropped."""

REDUCTIONS: Final[dict[int, dict[str, str]]] = {
    7: {drum: drum for drum in DRUMS},
    # ADTOF's five classes: every cymbal but the hi-hat is one.
    5: {"KD": "KD", "SN": "SN", "TT": "TT", "HH": "HH", "CY": "CY", "RD": "CY", "BE": "CY"},
    # Magenta's three-hit map, which the paper uses for IDMT-SMT-Drums: toms are snares, cymbals are hi-hats.
    3: {"KD": "KD", "SN": "SN", "TT": "SN", "HH": "HH", "CY": "HH", "RD": "HH", "BE": "HH"},
}
"""From our seven drums to 7, 5 or 3 classes."""

MDB_TO_DRUM: Final = {
    "KD": "KD",
    **dict.fromkeys(("SD", "SDB", "SDD", "SDF", "SDG", "SDNS", "SST"), "SN"),
    **dict.fromkeys(("HIT", "MHT", "HFT", "LFT"), "TT"),
    **dict.fromkeys(("CHH", "OHH", "PHH"), "HH"),
    **dict.fromkeys(("CRC", "CHC", "SPC"), "CY"),
    **dict.fromkeys(("RDC",), "RD"),
    **dict.fromkeys(("RDB",), "BE"),
}
"""Subclass labels of MDB Drums by drum. The tambourine, TMB, has none."""


def check_drum(drum: str) -> str:
    """Returns the drum's code, or raises ValueError naming the seven that exist."""
    if drum not in LANE:
        raise ValueError(f"unknown drum {drum!r}: it must be one of {', '.join(DRUMS)}")
    return drum
