"""What the instruments of known Hydrogen kits are, by hand: names and ids say too little to be trusted."""

from typing import Final, NamedTuple

from n2n.kits.voices import (
    BELL,
    CHINA,
    CLAP,
    COWBELL,
    CROSS_STICK,
    RIDE,
    RIDE_2,
    RIMSHOT,
    SPLASH,
    TAMBOURINE,
    Voice,
    crash,
    distractor,
    hat,
    kicks,
    snares,
    toms,
)


class HydrogenKit(NamedTuple):
    """What we know of a Hydrogen kit: our name for it, its licence, its instruments by id.

    `dropped` names files that are another drum than the instrument they are in.
    """

    name: str
    licence: str
    voices: dict[int, Voice]
    electronic: bool = False
    dropped: frozenset[str] = frozenset()


_GM_ORDER: Final = {
    **kicks(0),
    1: CROSS_STICK,
    **snares(4, 2),
    3: CLAP,
    **toms(9, 7, 5),
    6: hat("hh_closed"),
    8: hat("hh_pedal"),
    10: hat("hh_open"),
    11: COWBELL,
}
"""The order in which Hydrogen's own GM kit lists its instruments; many kits follow it."""

HYDROGEN_KITS: Final = {
    "Forzee Stereo Drumkit": HydrogenKit(
        "h2_forzee",
        "GPL-2",
        {
            **kicks(0),
            **toms(3, 2, 1),
            **snares(4),
            5: RIMSHOT,
            8: CROSS_STICK,
            9: hat("hh_closed"),
            10: hat("hh_open"),
            11: hat("hh_semi"),
            12: hat("hh_pedal"),
            13: Voice("RD", "ride", "ride1_edge"),
            15: RIDE,
            19: RIDE_2,
            14: BELL,
            18: Voice("BE", "ride_bell", "ride2"),
            17: crash(1),
            20: crash(2),
            16: CHINA,
            21: SPLASH,
            22: TAMBOURINE,
            23: distractor("tambourine", "tambourine_pedal"),
            24: distractor("agogo", "agogo_low"),
            25: distractor("agogo", "agogo_high"),
            26: distractor("stick"),
        },
    ),
    "BJA_Pacific": HydrogenKit(
        "h2_bja_pacific",
        "CC-BY-SA-3.0-US",
        {
            **kicks(0),
            **snares(1),
            2: hat("hh_closed"),
            3: hat("hh_open"),
            13: hat("hh_semi"),
            **toms(4, 5),
            6: crash(1),
            7: crash(2),
            8: BELL,
            9: RIDE,
            10: RIDE_2,
        },
    ),
    "The Black Pearl 1.0": HydrogenKit(
        "h2_black_pearl",
        "GPL-2",
        {
            **_GM_ORDER,
            **snares(2),
            4: RIMSHOT,
            20: hat("hh_semi"),
            21: hat("hh_open"),
            12: RIDE,
            18: Voice("RD", "ride", "ride1_edge"),
            17: BELL,
            13: crash(1),
            14: Voice("CY", "crash", "crash1_edge"),
            15: SPLASH,
        },
    ),
    "ColomboAcousticDrumkit": HydrogenKit(
        "h2_colombo",
        "GPL-2+ with exception",
        {
            **kicks(0),
            10: CROSS_STICK,
            **snares(1, 12, 11),
            **toms(4, 3, 2),
            5: hat("hh_closed"),
            13: hat("hh_semi"),
            6: hat("hh_open"),
            9: crash(1),
            8: crash(2),
            7: RIDE,
            17: BELL,
        },
        dropped=frozenset(("crash16i__ride_cup4.flac",)),
    ),
    "Millo-Drums_v.1": HydrogenKit("h2_millo1", "GPL-2", {**_GM_ORDER, 12: RIDE, 14: RIDE_2, 13: crash(1), 15: crash(2)}),
    "Millo_MultiLayered2": HydrogenKit(
        "h2_millo2", "GPL-2", {**{id: voice for id, voice in _GM_ORDER.items() if id != 11}, 12: RIDE, 13: crash(1)}
    ),
    "Millo_MultiLayered3": HydrogenKit(
        "h2_millo3", "GPL-2", {**{id: voice for id, voice in _GM_ORDER.items() if id not in (2, 3)}, 12: RIDE, 13: crash(1)}
    ),
    "Audiophob": HydrogenKit("h2_audiophob", "CC0-1.0", _GM_ORDER, electronic=True),
    "rumpf_kit_z01_gm": HydrogenKit(
        "h2_rumpf",
        "CC-BY-3.0",
        {
            **kicks(0, 5, 7, 9),
            1: CROSS_STICK,
            **snares(2, 4),
            3: CLAP,
            6: hat("hh_closed"),
            10: hat("hh_open"),
            **toms(14, 12, 11),
            13: crash(1),
            20: COWBELL,
        },
        electronic=True,
    ),
    "VariBreaks": HydrogenKit(
        "h2_varibreaks",
        "GPL-2+",
        {
            **kicks(0, 1, 2),
            **snares(3, 4, 5),
            **toms(8, 7, 6),
            9: hat("hh_closed"),
            10: hat("hh_pedal"),
            11: hat("hh_open"),
            12: hat("hh_closed", 2),
            13: hat("hh_closed", 3),
        },
        electronic=True,
    ),
    "ElectricEmpireKit": HydrogenKit(
        "h2_electricempire",
        "GPL-2+",
        {
            **kicks(*range(12)),
            **snares(*range(13, 18)),
            18: CLAP,
            19: distractor("clap", "clap_hard"),
            **{id: hat("hh_closed", number) for number, id in enumerate(range(20, 25), 1)},
            25: hat("hh_open", 2),
            26: hat("hh_open", 1),
            27: distractor("conga", "conga_high"),
            28: distractor("conga", "conga_low"),
            **toms(29, 30),
            31: distractor("whistle"),
        },
        electronic=True,
    ),
    "HardElectro1": HydrogenKit(
        "h2_hardelectro1",
        "GPL-2+",
        {
            **kicks(0, 1, 2),
            **snares(3),
            4: CLAP,
            5: distractor("clap", "clap2"),
            **{id: hat("hh_closed", number) for number, id in enumerate((6, 7, 8, 9), 1)},
            10: hat("hh_open"),
            11: hat("hh_closed", 5),
            12: hat("hh_open", 5),
        },
        electronic=True,
    ),
    "Gimme A Hand 1.0": HydrogenKit(
        "h2_gimme_a_hand",
        "GPL-2",
        {
            id: distractor(*names)
            for id, names in {
                1: ("cajon", "cajon_slap"),
                2: ("maracas",),
                3: ("clap",),
                4: ("snap",),
                5: ("bongo", "bongo_high"),
                6: ("bongo", "bongo_low"),
                7: ("tambourine",),
                8: ("cowbell",),
                9: ("clave",),
                10: ("woodblock", "woodblock_high"),
                11: ("woodblock", "woodblock_low"),
                12: ("glass", "glass_high"),
                13: ("glass", "glass_low"),
            }.items()
        },
    ),
    "circAfrique v4": HydrogenKit(
        "h2_circafrique",
        "CC-BY-SA-3.0",
        {
            **{id: distractor("djembe", f"djembe_slap{id}") for id in (1, 4, 7, 10, 13)},
            **{id: distractor("djembe", f"djembe_tone{id}") for id in (2, 5, 8, 11, 14)},
            **{id: distractor("cowbell", f"bell{id}") for id in (15, 16, 19, 20, 23, 24)},
        },
    ),
}
"""Known kits by the name in their drumkit.xml. Left out: snare rolls, chokes, snares played with the snares off, layers that repeat another
instrument, and what is not what its name says (Audiophob's cymbals, the rumpf kit's pedal hi-hat, ride bell and cymbals); of the African
drums those that sound like kicks and toms."""
