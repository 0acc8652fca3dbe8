"""Kits that anyone may fetch, file by file, from the public homes of their projects, and what each file is.

`n2n.kits.download` fetches the files; here they become one-shots. These are the small kits of the projects; larger ones (SFZ and DrumGizmo
kits) can be used as a folder with a kits.csv of one's own (`n2n.kits.folder`).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from n2n.kits.shots import Sounds, Take, cut, level_db, pack_sounds, read_mono
from n2n.kits.voices import CLAP, COWBELL, CROSS_STICK, RIDE, SPLASH, TAMBOURINE, Voice, crash, distractor, hat, tom

KICK: Final = Voice("KD", "kick", "kick1")
SNARE: Final = Voice("SN", "snare", "snare1")
ONLY_VELOCITY: Final = 100
"""Of a piece with one recording."""

LOUDEST_VELOCITY: Final = 110
"""Of the loudest of a piece's recordings; 40 dB less is a tenth of it, as in SoundFonts."""


class PublicKit(NamedTuple):
    """A kit's licence, the address that its files lie under, and what each file is."""

    licence: str
    address: str
    files: Mapping[str, Voice]
    electronic: bool = True


def named(drum: str, articulation: str, suffix: str, *names: str) -> dict[str, Voice]:
    """Files that are each a piece of their own, named after the file."""
    return {name + suffix: Voice(drum, articulation, name.rpartition("/")[2]) for name in names}


def _numbered(suffix: str, **voices: Voice) -> dict[str, Voice]:
    """Files by their names, with underscores for the hyphens in them."""
    return {name.replace("_", "-") + suffix: voice for name, voice in voices.items()}


_SONIC_PI: Final = "https://raw.githubusercontent.com/sonic-pi-net/sonic-pi/v4.5.1/etc/samples/"
_SAMPLED: Final = "https://oramics.github.io/sampled/DM/"
_MACHINES: Final = "https://smpldsnds.github.io/drum-machines/"

PUBLIC_KITS: Final = {
    "menegass": PublicKit(
        "CC0-1.0",
        _SONIC_PI,
        {
            **dict.fromkeys(("drum_bass_soft.flac", "drum_bass_hard.flac"), KICK),
            "drum_heavy_kick.flac": Voice("KD", "kick", "kick2"),
            **dict.fromkeys(("drum_snare_soft.flac", "drum_snare_hard.flac"), SNARE),
            **dict.fromkeys(("drum_tom_hi_soft.flac", "drum_tom_hi_hard.flac"), tom(1)),
            **dict.fromkeys(("drum_tom_mid_soft.flac", "drum_tom_mid_hard.flac"), tom(2)),
            **dict.fromkeys(("drum_tom_lo_soft.flac", "drum_tom_lo_hard.flac"), tom(3)),
            **dict.fromkeys(("drum_splash_soft.flac", "drum_splash_hard.flac"), SPLASH),
            **dict.fromkeys(("drum_cymbal_soft.flac", "drum_cymbal_hard.flac"), crash(1)),
            "drum_cymbal_closed.flac": hat("hh_closed"),
            "drum_cymbal_open.flac": hat("hh_open"),
            "drum_cymbal_pedal.flac": hat("hh_pedal"),
            "drum_cowbell.flac": COWBELL,
        },
        electronic=False,
    ),
    "sonicpi_electronic": PublicKit(
        "CC0-1.0",
        _SONIC_PI,
        {
            **named("KD", "kick", ".flac", "bd_808", "bd_ada", "bd_boom", "bd_fat", "bd_gas", "bd_haus", "bd_klub", "bd_pure", "bd_sone"),
            **named("KD", "kick", ".flac", "bd_tek", "bd_zome", "bd_zum", "elec_soft_kick", "elec_hollow_kick"),
            **named("SN", "snare", ".flac", "sn_dolf", "sn_dub", "sn_zome", "elec_snare", "elec_hi_snare"),
            **named("TT", "tom", ".flac", "elec_fuzz_tom"),
            **named("HH", "hh_closed", ".flac", "hat_bdu", "hat_gem", "hat_metal", "hat_psych", "hat_raw", "hat_snap", "hat_star"),
            **named("HH", "hh_closed", ".flac", "hat_tap", "hat_zan", "hat_zild"),
            **named("CY", "crash", ".flac", "elec_cymbal"),
            **named("RD", "ride", ".flac", "ride_tri", "ride_via"),
        },
    ),
    "uzu": PublicKit(
        "Unlicense",
        "https://raw.githubusercontent.com/tidalcycles/uzu-drumkit/48cea6ef373177c226670d929a5f0bf6eb429c09/",
        {
            **named("KD", "kick", ".wav", "bd/10_bd_switchangel", "bd/11_bd_mot4i", "bd/12_bd_mot4i", "bd/13_bd_mot4i"),
            **named("KD", "kick", ".wav", "bd/14_bd_switchangel", "bd/15_bd_switchangel", "bd/16_bd_switchangel"),
            **named("SN", "snare", ".wav", "sd/10_sd_switchangel_3", "sd/11_sd_switchangel_2", "sd/12_sd_switchangel_2", "sd/13_sd"),
            "rim/10_rim_switch_angel.wav": CROSS_STICK,
            "ht/10_ht_mot4i.wav": tom(1),
            "mt/10_mt_mot4i.wav": tom(2),
            "lt/10_lt_mot4i.wav": tom(3),
            **named("HH", "hh_closed", ".wav", "hh/10_hh_switchangel", "hh/11_hh_switchangel", "hh/12_hh_mot4i", "hh/13_hh_mot4i"),
            **named("HH", "hh_open", ".wav", "oh/10_oh_switchangel", "oh/11_oh_switchangel", "oh/12_oh_switchangel"),
            "cr/10_cr_mot4i.wav": crash(1),
            "cp/10_cp_switchangel.wav": CLAP,
            "cp/11_cp_mot4i.wav": distractor("clap", "clap2"),
        },
    ),
    "linndrum_lm2": PublicKit(
        "Public domain (as the project states)",
        _SAMPLED + "LM-2/samples/",
        {
            **named("KD", "kick", ".wav", "kick", "kick-alt"),
            **named("SN", "snare", ".wav", "snare-h", "snare-m", "snare-l"),
            **named("SN", "cross_stick", ".wav", "stick-h", "stick-m", "stick-l"),
            **_numbered(".wav", tom_hh=tom(1), tom_h=tom(2), tom_m=tom(3), tom_l=tom(4), tom_ll=tom(5)),
            **dict.fromkeys(("hihat-closed.wav", "hihat-closed-short.wav", "hihat-closed-long.wav"), hat("hh_closed")),
            **_numbered(".wav", hihat_open=hat("hh_open"), crash=crash(1), ride=RIDE, cowb=COWBELL, clap=CLAP, tamb=TAMBOURINE),
            "cabasa.wav": distractor("cabasa"),
        },
    ),
    "tr505": PublicKit(
        "Public domain (as the project states)",
        _SAMPLED + "TR-505/samples/",
        {
            **_numbered(".wav", tr505_kick=KICK, tr505_snare=SNARE, tr505_rim=CROSS_STICK),
            **_numbered(".wav", tr505_tom_h=tom(1), tr505_tom_m=tom(2), tr505_tom_l=tom(3)),
            **_numbered(".wav", tr505_hihat_closed=hat("hh_closed"), tr505_hihat_open=hat("hh_open")),
            **_numbered(".wav", tr505_crash=crash(1), tr505_ride=RIDE, tr505_clap=CLAP),
            **_numbered(".wav", tr505_cowb_h=COWBELL, tr505_cowb_l=distractor("cowbell", "cowbell_low")),
        },
    ),
    "cr78": PublicKit(
        "Public domain (as the project states)",
        _SAMPLED + "CR-78/samples/",
        {
            **named("KD", "kick", ".wav", "kick", "kick-accent"),
            **named("SN", "snare", ".wav", "snare", "snare-accent"),
            **named("HH", "hh_closed", ".wav", "hihat", "hihat-accent"),
            **_numbered(".wav", rim=CROSS_STICK, cymbal=crash(1), cowbell=COWBELL, tamb_short=TAMBOURINE),
        },
    ),
    "casio_rz1": PublicKit(
        "Public domain (as the project states)",
        _MACHINES + "Casio-RZ1/",
        {
            **_numbered(".ogg", kick=KICK, snare=SNARE, tom_1=tom(1), tom_2=tom(2), tom_3=tom(3)),
            **_numbered(".ogg", hihat_closed=hat("hh_closed"), hihat_open=hat("hh_open"), crash=crash(1), ride=RIDE),
            **_numbered(".ogg", clap=CLAP, cowbell=COWBELL, clave=distractor("clave")),
        },
    ),
    "mfb512": PublicKit(
        "Public domain (as the project states)",
        _MACHINES + "MFB-512/",
        {
            "512bdrum.ogg": KICK,
            "512snare.ogg": SNARE,
            "512clap.ogg": CLAP,
            "512cymb.ogg": crash(1),
            "512hhcl.ogg": hat("hh_closed"),
            "512hhop.ogg": hat("hh_open"),
            "512hitom.ogg": tom(1),
            "512mdtom.ogg": tom(2),
            "512lotom.ogg": tom(3),
        },
    ),
}
"""By the names that the same kits have elsewhere in this project, so that held-out kits stay held out."""


def check_public(name: str, known: Mapping[str, PublicKit] = PUBLIC_KITS) -> PublicKit:
    """The kit of that name. Raises ValueError naming those that exist where there is none."""
    if name not in known:
        raise ValueError(f"unknown public kit {name!r}: it must be one of {', '.join(sorted(known))}")
    return known[name]


def build_public(name: str, folder: Path, *, known: Mapping[str, PublicKit] = PUBLIC_KITS) -> Sounds:
    """The sounds of a public kit whose files lie in a folder under their own relative paths.

    Raises:
        ValueError: the kit is unknown, or a file is missing or cannot be read.
    """
    kit = check_public(name, known)
    return build_files(name, kit.licence, kit.files, folder, electronic=kit.electronic)


def build_files(name: str, licence: str, files: Mapping[str, Voice], folder: Path, *, electronic: bool) -> Sounds:
    """The sounds of a kit whose files lie in a folder. Raises ValueError where a file is missing or cannot be read."""
    pieces: dict[Voice, list[Take]] = defaultdict(list)
    for file, voice in files.items():
        wave = read_mono(folder / file)
        sound, onset = cut(wave, voice.articulation)
        take = Take(name, voice.drum, voice.articulation, voice.piece, ONLY_VELOCITY, level_db(wave), onset, sound, electronic)
        pieces[voice].append(take)
    return pack_sounds(name, licence, [take for takes in pieces.values() for take in _with_velocities(takes)])


def _with_velocities(takes: list[Take]) -> list[Take]:
    """Velocities of the recordings of one piece, from how loud they are."""
    if len(takes) == 1:
        return takes
    loudest = max(take.level_db for take in takes)
    return [replace(t, velocity=max(1, round(LOUDEST_VELOCITY * 10 ** ((t.level_db - loudest) / 40)))) for t in takes]
