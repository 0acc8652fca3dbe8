"""One-shots that programs for music bring along, where they are installed: LMMS, eXaDrums and FreePats.

Debian and Ubuntu have them in the packages `lmms-common`, `exadrums` and `freepats`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from n2n.kits.public import build_files, named
from n2n.kits.shots import Sounds
from n2n.kits.voices import BELL, GM_DRUMS, GM_PERCUSSION, RIDE, Voice, crash, hat, tom


class InstalledKit(NamedTuple):
    """The folder of a kit, its licence, and what each file in it is."""

    folder: Path
    licence: str
    files: Mapping[str, Voice]
    electronic: bool = False


GENERAL_MIDI: Final = GM_DRUMS | GM_PERCUSSION


def _by_note(*names: str) -> dict[str, Voice]:
    """Patches that begin with their note in General MIDI."""
    return {f"{name}.pat": GENERAL_MIDI[int(name[:3])] for name in names}


INSTALLED_KITS: Final = {
    "lmms": InstalledKit(
        Path("/usr/share/lmms/samples/drums"),
        "GPL-2.0-or-later",
        {
            **named(
                "KD", "kick", ".ogg", "bassdrum01", "bassdrum02", "bassdrum03", "bassdrum04", "bassdrum_acoustic02", "kick01", "kick02"
            ),
            **named("KD", "kick", ".ogg", "kick03", "kick_distorted01", "kick_hardcore01", "kick_hiphop01", "kick_soft01", "kick_soft02"),
            **named("SN", "snare", ".ogg", "snare01", "snare02", "snare03", "snare04", "snare05", "snare06", "snare07", "snare_acoustic01"),
            **named("SN", "snare", ".ogg", "snare_electro01", "snare_harsh01", "snare_hiphop01", "snare_hiphop02", "snare_muffled01"),
            **named("SN", "snare", ".ogg", "snare_muffled02", "snare_short01", "nasty_snare01"),
            **named("SN", "rimshot", ".ogg", "snare_rim01"),
            **named("SN", "cross_stick", ".ogg", "sidestick01", "rim01", "nasty_rim01"),
            **named("TT", "tom", ".ogg", "tom_hi01", "tom_mid01", "tom_low01", "tom01", "tom02", "tom03", "tom04", "tom05"),
            **named("HH", "hh_closed", ".ogg", "hihat_closed01", "hihat_closed02", "hihat_closed03", "hihat_closed04", "hihat_closed05"),
            **named("HH", "hh_open", ".ogg", "hihat_opened01", "hihat_opened02", "hihat_opened03"),
            **named("HH", "hh_pedal", ".ogg", "hihat_foot_pedal01"),
            **named("CY", "crash", ".ogg", "crash01", "crash02"),
            **named("RD", "ride", ".ogg", "ride01", "ride02"),
            **named("", "clap", ".ogg", "clap01", "clap02", "clap03", "clap04"),
            **named("", "shaker", ".ogg", "shaker01", "shaker02", "shaker03"),
            **named("", "clave", ".ogg", "clav01", "clav02"),
        },
        electronic=True,
    ),
    "exadrums": InstalledKit(
        Path("/usr/share/exadrums"),
        "BSD-3-Clause",
        {
            "BD_Acou_01.wav": Voice("KD", "kick", "kick1"),
            "Snr_Acou_01.wav": Voice("SN", "snare", "snare1"),
            "Tom01.wav": tom(1),
            "Tom03.wav": tom(2),
            "HiHat.wav": hat("hh_closed"),
            "Crash_High.wav": crash(1),
            "RideEdge.wav": RIDE,
            "RideBell.wav": BELL,
        },
    ),
    "freepats": InstalledKit(
        Path("/usr/share/midi/freepats/Drum_000"),
        "GPL-2.0-or-later with an exception",
        {
            **_by_note("035_Kick_1", "036_Kick_2", "037_Stick_Rim", "038_Snare_1", "040_Snare_2", "050_Tom_High_1", "048_Tom_High_2"),
            **_by_note("047_Tom_Mid_1", "045_Tom_Mid_2", "043_Tom_Low_1", "041_Tom_Low_2", "042_Hi-Hat_Closed", "044_Hi-Hat_Pedal"),
            **_by_note("046_Hi-Hat_Open", "049_Cymbal_Crash_1", "052_Cymbal_Chinese", "055_Cymbal_Splash", "051_Cymbal_Ride_1"),
            **_by_note("059_Cymbal_Ride_2", "053_Cymbal_Ride_Bell", "039_Clap_Hand", "054_Tombourine", "056_Cow_Bell", "060_Bongo_High"),
            **_by_note("061_Bongo_Low", "062_Conga_High_1_Mute", "063_Conga_High_2_Open", "064_Conga_Low", "067_Agogo_High"),
            **_by_note("068_Agogo_Low", "069_Cabasa", "070_Maracas", "073_Guiro_1_Short", "074_Guiro_2_Long", "075_Claves"),
            **_by_note("076_Wood_Block_1_High", "077_Wood_Block_2_Low", "080_Triangle_1_Mute", "081_Triangle_2_Open", "082_Shaker"),
        },
    ),
}
"""Where Debian's and Ubuntu's packages put them, by the name of the bundle to make of each. (Of LMMS kick04 is damaged, the first
acoustic kick is cut short, and the hard and the long kick swell too late to tell when they are struck; the second crash of FreePats is the
first once more.)"""


def build_installed(name: str, installed: InstalledKit) -> Sounds:
    """The sounds of an installed kit. Raises ValueError where a file is missing or cannot be read."""
    return build_files(name, installed.licence, installed.files, installed.folder, electronic=installed.electronic)
