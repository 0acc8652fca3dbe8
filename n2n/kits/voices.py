"""Which sound of a source is which drum: hand-made tables for General MIDI and the AVL drum kits, and the words for others.

A sound that is no drum of ours has the drum "" and its name as articulation; what is in no table is dropped. Pieces of one kind are
numbered, toms from high to low.
"""

from typing import Final, NamedTuple


class Voice(NamedTuple):
    """A drum (or ""), how it is struck, and which piece of the kit it is."""

    drum: str
    articulation: str
    piece: str


def distractor(name: str, piece: str = "") -> Voice:
    """A sound that is no drum of ours."""
    return Voice("", name, piece or name)


def tom(number: int, articulation: str = "tom") -> Voice:
    """A tom, 1 being the highest."""
    return Voice("TT", articulation, f"tom{number}")


def hat(articulation: str, number: int = 1) -> Voice:
    """A hi-hat; sounds of one pair of cymbals share the number."""
    return Voice("HH", articulation, f"hat{number}")


def crash(number: int) -> Voice:
    """A crash cymbal."""
    return Voice("CY", "crash", f"crash{number}")


def kicks(*ids: int) -> dict[int, Voice]:
    """Kicks by their ids in a source."""
    return {id: Voice("KD", "kick", f"kick{number}") for number, id in enumerate(ids, 1)}


def snares(*ids: int) -> dict[int, Voice]:
    """Snares by their ids in a source."""
    return {id: Voice("SN", "snare", f"snare{number}") for number, id in enumerate(ids, 1)}


def toms(*ids: int) -> dict[int, Voice]:
    """Toms by their ids in a source, high to low."""
    return {id: tom(number) for number, id in enumerate(ids, 1)}


CROSS_STICK: Final = Voice("SN", "cross_stick", "snare1")
RIMSHOT: Final = Voice("SN", "rimshot", "snare1")
RIDE: Final = Voice("RD", "ride", "ride1")
RIDE_2: Final = Voice("RD", "ride", "ride2")
BELL: Final = Voice("BE", "ride_bell", "ride1")
CHINA: Final = Voice("CY", "china", "china")
SPLASH: Final = Voice("CY", "splash", "splash")
CLAP: Final = distractor("clap")
COWBELL: Final = distractor("cowbell")
TAMBOURINE: Final = distractor("tambourine")

GM_PERCUSSION: Final = {
    39: CLAP,
    54: TAMBOURINE,
    56: COWBELL,
    58: distractor("vibraslap"),
    60: distractor("bongo", "bongo_high"),
    61: distractor("bongo", "bongo_low"),
    62: distractor("conga", "conga_mute"),
    63: distractor("conga", "conga_high"),
    64: distractor("conga", "conga_low"),
    67: distractor("agogo", "agogo_high"),
    68: distractor("agogo", "agogo_low"),
    69: distractor("cabasa"),
    70: distractor("maracas"),
    73: distractor("guiro", "guiro_short"),
    74: distractor("guiro", "guiro_long"),
    75: distractor("clave"),
    76: distractor("woodblock", "woodblock_high"),
    77: distractor("woodblock", "woodblock_low"),
    80: distractor("triangle", "triangle_mute"),
    81: distractor("triangle", "triangle_open"),
    82: distractor("shaker"),
}
"""General MIDI percussion that is no drum of ours. Timbales (tom-like) and whistles are left out."""

GM_DRUMS: Final = {
    **kicks(36, 35),
    **snares(38, 40),
    37: CROSS_STICK,
    **toms(50, 48, 47, 45, 43, 41),
    42: hat("hh_closed"),
    44: hat("hh_pedal"),
    46: hat("hh_open"),
    49: crash(1),
    57: crash(2),
    52: CHINA,
    55: SPLASH,
    51: RIDE,
    59: RIDE_2,
    53: BELL,
}

GM_TR808: Final = {note: voice for note, voice in GM_DRUMS.items() if note != 44}
"""Its pedal hi-hat plays the open one."""

GM_ELECTRONIC: Final = {note: voice for note, voice in GM_DRUMS.items() if note != 52}
"""Roland's GS has a reversed cymbal there, which swells for more than a second."""

GM_BRUSH: Final = {
    **{note: voice for note, voice in GM_DRUMS.items() if note != 40},
    38: Voice("SN", "snare_brush", "snare1"),
    39: Voice("SN", "snare_brush", "snare2"),
}
"""38 is a tap and 39 a slap of the brush; 40 is a swirl without an onset."""

GM_ORCHESTRA: Final = {**kicks(36, 35), **snares(38, 40), 57: crash(1), 59: crash(2)}
"""41 to 53 are timpani."""


def gm_preset(program: int) -> dict[int, Voice]:
    """The drums of a General MIDI drum preset (bank 128), by its program number."""
    if program == 24:
        return GM_ELECTRONIC
    if program == 25:
        return GM_TR808
    if 40 <= program < 48:
        return GM_BRUSH
    return GM_ORCHESTRA if program == 48 else GM_DRUMS


AVL_NOTES: Final = {
    **kicks(36),
    37: CROSS_STICK,
    **snares(38),
    39: CLAP,
    40: Voice("SN", "snare_edge", "snare1"),
    45: tom(1),
    47: tom(1, "tom_edge"),
    41: tom(2),
    43: tom(2, "tom_edge"),
    42: hat("hh_closed"),
    44: hat("hh_pedal"),
    46: hat("hh_semi"),
    48: hat("hh_open"),
    49: crash(1),
    57: crash(2),
    60: crash(3),
    55: SPLASH,
    51: RIDE,
    59: Voice("RD", "ride", "ride1_edge"),
    53: BELL,
    54: TAMBOURINE,
    56: COWBELL,
    64: distractor("maracas"),
}
"""The AVL drum kits' own map; 50, 52 and 58 are choked cymbals."""
