"""Drum kits and melodic instruments out of SoundFonts, as sample bundles.

Every drum note of every drum preset is played at five velocities. Of notes that differ in level alone (a SoundFont often has one
recording for all velocities, or one cymbal for all presets) one wave is kept, which the shots share; a preset that equals an earlier
one is left out.
"""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from n2n.kits.instruments import INSTRUMENTS, PITCH_STEP, RANGES
from n2n.kits.shots import SAMPLE_RATE, Sounds, Take, cut, level_db, pack, pack_sounds, same_recording
from n2n.kits.synthesiser import SILENT, Preset, Synthesiser, read_presets
from n2n.kits.voices import AVL_NOTES, GM_PERCUSSION, Voice, gm_preset
from n2n.training.bank import Bundle

VELOCITIES: Final = (20, 45, 70, 95, 120)
DRUM_BANK: Final = 128
DRUM_SECONDS: Final = 4.4
HELD_SECONDS: Final = 1.6
INSTRUMENT_SECONDS: Final = 2.0
INSTRUMENT_VELOCITY: Final = 100
ELECTRONIC_PROGRAMS: Final = (24, 25)
SOUND_EFFECTS: Final = 56
"""A drum preset of Roland's GS, without drums."""


class SoundFont(NamedTuple):
    """What we know of a SoundFont: our name for it, its licence, whether it has the AVL kits' notes, whether all of it is electronic.

    `dropped_programs` are drum presets to leave out.
    """

    name: str
    licence: str
    avl: bool = False
    electronic: bool = False
    dropped_programs: tuple[int, ...] = ()


KNOWN_SOUNDFONTS: Final = {
    "FluidR3_GM": SoundFont("fluidr3", "MIT"),
    "TimGM6mb": SoundFont("timgm6mb", "GPL-2", dropped_programs=(48,)),
    "GeneralUser-v1.47": SoundFont("generaluser", "GeneralUser GS 2.0", dropped_programs=(SOUND_EFFECTS,)),
    "A320U": SoundFont("a320u", "GPL-2", dropped_programs=(SOUND_EFFECTS, 127)),
    "OPL-3_FM_128M": SoundFont("opl3", "CC-BY-SA-4.0", electronic=True),
    "Black_Pearl_4_LV2": SoundFont("avl_sf2_black_pearl", "CC-BY-SA-3.0", avl=True),
    "Red_Zeppelin_4_LV2": SoundFont("avl_sf2_red_zeppelin", "CC-BY-SA-3.0", avl=True),
}
"""By file name without suffix. Any other SoundFont is taken for a General MIDI one of unknown licence."""


def known_soundfont(path: Path) -> SoundFont:
    """What we know of a SoundFont file."""
    return KNOWN_SOUNDFONTS.get(path.stem, SoundFont(path.stem.lower(), "unknown"))


def build_soundfont(path: Path) -> Sounds:
    """The drum kits of a SoundFont (one bundle, `OneShot.kit` being the preset's name) and its other percussion.

    Raises:
        ValueError: libfluidsynth is missing, or the file is no SoundFont or has no drums.
    """
    font = known_soundfont(path)
    presets = [p for p in read_presets(path) if (font.avl or p.bank == DRUM_BANK) and p.program not in font.dropped_programs]
    if not presets:
        raise ValueError(f"{path.name} has no drum presets (bank {DRUM_BANK})")
    recordings: dict[str, list[Take]] = defaultdict(list)
    takes: list[Take] = []
    kits: set[frozenset[tuple[str, str, int, int]]] = set()
    with Synthesiser(path) as synthesiser:
        for preset in presets:
            voices = AVL_NOTES if font.avl else gm_preset(preset.program)
            electronic = font.electronic or preset.program in ELECTRONIC_PROGRAMS
            of_preset = [_shared(take, recordings) for take in _takes(synthesiser, preset, voices, electronic)]
            content = frozenset((take.articulation, take.piece, take.velocity, id(take.wave)) for take in of_preset)
            if content not in kits:
                kits.add(content)
                takes += of_preset
        if not font.avl:
            takes += [_shared(take, recordings) for take in _takes(synthesiser, presets[0], GM_PERCUSSION, font.electronic)]
    return pack_sounds(font.name, font.licence, takes)


def has_instruments(path: Path) -> bool:
    """Whether a SoundFont has melodic instruments worth rendering: General MIDI ones that are not FM synthesis."""
    font = known_soundfont(path)
    return not (font.avl or font.electronic) and any(preset.bank == 0 and preset.program in INSTRUMENTS for preset in read_presets(path))


def build_instruments(path: Path) -> Bundle:
    """Melodic instruments of a General MIDI SoundFont for accompaniment.

    One-shots have no drum, but the programme's name as `kit`, its part (`bass`, `chord`, `lead`, `pad`) as `piece` and the MIDI pitch
    as `articulation`; keys are held for 1.6 s of 2 s.

    Raises:
        ValueError: libfluidsynth is missing, or the file is no SoundFont or has none of the programmes.
    """
    font = known_soundfont(path)
    programs = {preset.program: preset for preset in read_presets(path) if preset.bank == 0}
    takes = []
    with Synthesiser(path) as synthesiser:
        for program, (kit, part) in INSTRUMENTS.items():
            if program not in programs:
                continue
            for pitch in range(*RANGES[part], PITCH_STEP):
                voice = Voice("", str(pitch), part)
                take = _take(synthesiser, programs[program]._replace(name=kit), pitch, voice, INSTRUMENT_VELOCITY)
                takes += [take] if take is not None else []
    return pack(font.name, font.licence, takes)


def _takes(synthesiser: Synthesiser, preset: Preset, voices: dict[int, Voice], electronic: bool) -> list[Take]:
    played = [_take(synthesiser, preset, note, voice, velocity) for note, voice in voices.items() for velocity in VELOCITIES]
    return [replace(take, electronic=electronic) for take in played if take is not None]


def _take(synthesiser: Synthesiser, preset: Preset, note: int, voice: Voice, velocity: int) -> Take | None:
    melodic = voice.articulation == str(note)
    held = HELD_SECONDS if melodic else None
    wave = synthesiser.play(preset, note, velocity, seconds=INSTRUMENT_SECONDS if melodic else DRUM_SECONDS, held=held)
    if np.abs(wave).max() <= SILENT:
        return None  # the preset has no sound at this note
    level = level_db(wave)
    wave, onset = cut(wave, voice.articulation)
    if melodic:
        wave[-SAMPLE_RATE // 50 :] *= np.linspace(1, 0, len(wave[-SAMPLE_RATE // 50 :]), dtype=np.float32)
    return Take(preset.name, voice.drum, voice.articulation, voice.piece, velocity, level, onset, wave)


def _shared(take: Take, recordings: dict[str, list[Take]]) -> Take:
    """The take with the wave (and its onset) of an earlier one of its articulation where both are one recording."""
    for earlier in recordings[take.articulation]:
        if same_recording(take.wave, earlier.wave):
            return replace(take, wave=earlier.wave, onset=earlier.onset)
    recordings[take.articulation].append(take)
    return take
