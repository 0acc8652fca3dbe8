"""One note at a time out of a SoundFont, through FluidSynth in floating point: mono at 44.1 kHz, without reverb and chorus.

Needs the libfluidsynth library of the system (Debian: libfluidsynth3, macOS: fluid-synth).
"""

import ctypes
import struct
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple

import numpy as np

from n2n.kits.shots import SAMPLE_RATE
from n2n.render import load_fluidsynth
from n2n.shapes import Float

BLOCK: Final = 64 * 160
"""Samples rendered between looks at whether a note has died away. FluidSynth starts notes at multiples of 64."""

DIED_AWAY: Final = 10 ** (-66 / 20)
SILENT: Final = 1e-5
SEVENTH_ORDER: Final = 7
ALL_CHANNELS: Final = -1


class Preset(NamedTuple):
    """A preset of a SoundFont. Drum presets of General MIDI fonts lie in bank 128."""

    bank: int
    program: int
    name: str


def read_presets(soundfont: Path) -> list[Preset]:
    """The presets of a SoundFont, by bank and program. Raises ValueError where the file is no SoundFont 2."""
    data = soundfont.read_bytes()
    if data[:4] != b"RIFF" or data[8:12] != b"sfbk":
        raise ValueError(f"{soundfont.name} is no SoundFont 2 file")
    presets = []
    try:
        chunk = data.index(b"phdr", data.rindex(b"pdta"))
        (size,) = struct.unpack_from("<I", data, chunk + 4)
        for start in range(chunk + 8, chunk + 8 + size - 38, 38):  # the last record only marks the end
            name, program, bank = struct.unpack_from("<20sHH", data, start)
            presets.append(Preset(bank, program, name.split(b"\0")[0].decode("latin-1")))
    except (ValueError, struct.error) as error:
        raise ValueError(f"{soundfont} is damaged or cut short: its list of presets cannot be read") from error
    return sorted(presets)


class Synthesiser:
    """A context manager that plays single notes of one SoundFont."""

    def __init__(self, soundfont: Path) -> None:
        """Loads the SoundFont; raises ValueError where FluidSynth or the file cannot be loaded."""
        fluidsynth = load_fluidsynth()
        if not soundfont.is_file():
            raise ValueError(f"no SoundFont at {soundfont}")
        quiet = {"synth.reverb.active": 0, "synth.chorus.active": 0, "synth.threadsafe-api": 0}
        self._synth = fluidsynth.Synth(gain=0.5, samplerate=float(SAMPLE_RATE), channels=16, **quiet)
        synth, integer, address = ("synth", ctypes.c_void_p, 1), ctypes.c_int, ctypes.c_void_p
        set_interpolation = fluidsynth.cfunc("fluid_synth_set_interp_method", integer, synth, ("chan", integer, 1), ("method", integer, 1))
        set_interpolation(self._synth.synth, ALL_CHANNELS, SEVENTH_ORDER)
        plane = [(f"{side}_{name}", kind, 1) for side in "lr" for name, kind in (("out", address), ("offset", integer), ("step", integer))]
        self._write_float = fluidsynth.cfunc("fluid_synth_write_float", integer, synth, ("len", integer, 1), *plane)
        self._font = self._synth.sfload(str(soundfont))
        if self._font < 0:
            self._synth.delete()
            raise ValueError(f"FluidSynth cannot load {soundfont.name}: it must be a SoundFont 2 or 3 file")

    def __enter__(self) -> "Synthesiser":
        """The synthesiser itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Frees what FluidSynth holds."""
        self._synth.delete()

    def play(self, preset: Preset, note: int, velocity: int, *, seconds: float, held: float | None = None) -> Float[np.ndarray, " samples"]:
        """The sound of one note from its beginning.

        Args:
            preset: what plays.
            note: MIDI note number.
            velocity: 1..127.
            seconds: how long to listen; less is returned where the sound dies away before.
            held: seconds until the key is let go; None holds it to the end.
        """
        self._synth.system_reset()
        self._synth.program_select(0, self._font, preset.bank, preset.program)
        self._synth.noteon(0, note, velocity)
        total, release = round(seconds * SAMPLE_RATE), None if held is None else round(held * SAMPLE_RATE)
        blocks: list[np.ndarray] = []
        done, peak = 0, 0.0
        while done < total:
            if release is not None and done >= release:
                self._synth.noteoff(0, note)
                release = None
            blocks.append(self._block())
            done += BLOCK
            loudest = float(np.abs(blocks[-1]).max())
            peak = max(peak, loudest)
            if loudest <= max(SILENT, peak * DIED_AWAY):
                break
        return np.concatenate(blocks)[:total]

    def _block(self) -> Float[np.ndarray, " block"]:
        sides = np.zeros((2, BLOCK), np.float32)
        left, right = (side.ctypes.data_as(ctypes.c_void_p) for side in sides)
        self._write_float(self._synth.synth, BLOCK, left, 0, 1, right, 0, 1)
        return sides.mean(axis=0)
