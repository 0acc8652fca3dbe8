"""One-shots that programs for music bring along, where they are installed: LMMS, eXaDrums and FreePats.

Debian and Ubuntu have them in the packages `lmms-common`, `exadrums` and `freepats`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from n2n.kits.public import build_files
from n2n.kits.shots import Sounds
from n2n.kits.voices import BELL, CHINA, CLAP, COWBELL, CROSS_STICK, RIDE, RIDE_2, SPLASH, TAMBOURINE, Voice, crash, distractor, hat, tom


class InstalledKit(NamedTuple):
    """The folder of a kit, its licence, and what each file in it is."""

    folder: Path
    licence: str
    files: Mapping[str, Voice]
    electronic: bool = False


def _pieces(drum: str, articulation: str, *names: str) -> dict[str, Voice]:
    """Files of one kind, each a piece of its own."""
    return {f"{name}.ogg": Voice(drum, articulation, name) for name in names}


INSTALLED_KITS: Final = {
    "lmms": InstalledKit(
        Path("/usr/share/lmms/samples/drums"),
        "GPL-2.0-or-later",
        {
            **_pieces("KD", "kick", "bassdrum01", "bassdrum02", "bassdrum03", "bassdrum04", "bassdrum_acoustic02", "kick01", "kick02"),
            **_pieces("KD", "kick", "kick03", "kick_distorted01", "kick_hardcore01", "kick_hiphop01", "kick_soft01", "kick_soft02"),
            **_pieces("SN", "snare", "snare01", "snare02", "snare03", "snare04", "snare05", "snare06", "snare07", "snare_acoustic01"),
            **_pieces("SN", "snare", "snare_electro01", "snare_harsh01", "snare_hiphop01", "snare_hiphop02", "snare_muffled01"),
            **_pieces("SN", "snare", "snare_muffled02", "snare_short01", "nasty_snare01"),
            **_pieces("SN", "rimshot", "snare_rim01"),
            **_pieces("SN", "cross_stick", "sidestick01", "rim01", "nasty_rim01"),
            **_pieces("TT", "tom", "tom_hi01", "tom_mid01", "tom_low01", "tom01", "tom02", "tom03", "tom04", "tom05"),
            **_pieces("HH", "hh_closed", "hihat_closed01", "hihat_closed02", "hihat_closed03", "hihat_closed04", "hihat_closed05"),
            **_pieces("HH", "hh_open", "hihat_opened01", "hihat_opened02", "hihat_opened03"),
            **_pieces("HH", "hh_pedal", "hihat_foot_pedal01"),
            **_pieces("CY", "crash", "crash01", "crash02"),
            **_pieces("RD", "ride", "ride01", "ride02"),
            **_pieces("", "clap", "clap01", "clap02", "clap03", "clap04"),
            **_pieces("", "shaker", "shaker01", "shaker02", "shaker03"),
            **_pieces("", "clave", "clav01", "clav02"),
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
            "035_Kick_1.pat": Voice("KD", "kick", "kick2"),
            "036_Kick_2.pat": Voice("KD", "kick", "kick1"),
            "037_Stick_Rim.pat": CROSS_STICK,
            "038_Snare_1.pat": Voice("SN", "snare", "snare1"),
            "040_Snare_2.pat": Voice("SN", "snare", "snare2"),
            "050_Tom_High_1.pat": tom(1),
            "048_Tom_High_2.pat": tom(2),
            "047_Tom_Mid_1.pat": tom(3),
            "045_Tom_Mid_2.pat": tom(4),
            "043_Tom_Low_1.pat": tom(5),
            "041_Tom_Low_2.pat": tom(6),
            "042_Hi-Hat_Closed.pat": hat("hh_closed"),
            "044_Hi-Hat_Pedal.pat": hat("hh_pedal"),
            "046_Hi-Hat_Open.pat": hat("hh_open"),
            "049_Cymbal_Crash_1.pat": crash(1),
            "052_Cymbal_Chinese.pat": CHINA,
            "055_Cymbal_Splash.pat": SPLASH,
            "051_Cymbal_Ride_1.pat": RIDE,
            "059_Cymbal_Ride_2.pat": RIDE_2,
            "053_Cymbal_Ride_Bell.pat": BELL,
            "039_Clap_Hand.pat": CLAP,
            "054_Tombourine.pat": TAMBOURINE,
            "056_Cow_Bell.pat": COWBELL,
            "060_Bongo_High.pat": distractor("bongo", "bongo_high"),
            "061_Bongo_Low.pat": distractor("bongo", "bongo_low"),
            "062_Conga_High_1_Mute.pat": distractor("conga", "conga_mute"),
            "063_Conga_High_2_Open.pat": distractor("conga", "conga_high"),
            "064_Conga_Low.pat": distractor("conga", "conga_low"),
            "067_Agogo_High.pat": distractor("agogo", "agogo_high"),
            "068_Agogo_Low.pat": distractor("agogo", "agogo_low"),
            "069_Cabasa.pat": distractor("cabasa"),
            "070_Maracas.pat": distractor("maracas"),
            "073_Guiro_1_Short.pat": distractor("guiro", "guiro_short"),
            "074_Guiro_2_Long.pat": distractor("guiro", "guiro_long"),
            "075_Claves.pat": distractor("clave"),
            "076_Wood_Block_1_High.pat": distractor("woodblock", "woodblock_high"),
            "077_Wood_Block_2_Low.pat": distractor("woodblock", "woodblock_low"),
            "080_Triangle_1_Mute.pat": distractor("triangle", "triangle_mute"),
            "081_Triangle_2_Open.pat": distractor("triangle", "triangle_open"),
            "082_Shaker.pat": distractor("shaker"),
        },
    ),
}
"""Where Debian's and Ubuntu's packages put them, by the name of the bundle to make of each. (Of LMMS kick04 is damaged, the first
acoustic kick is cut short, and the hard and the long kick swell too late to tell when they are struck; the second crash of FreePats is the
first once more.)"""


def build_installed(name: str, installed: InstalledKit) -> Sounds:
    """The sounds of an installed kit. Raises ValueError where a file is missing or cannot be read."""
    return build_files(name, installed.licence, installed.files, installed.folder, electronic=installed.electronic)
