"""Notes to audio: by the one-shots of a shipped kit, or by FluidSynth with a SoundFont. Mono float32 at 44.1 kHz, full scale 1.

A kit is a folder of `assets/kits`: `samples.flac` holds the one-shots end to end, `kit.json` says where each begins, of which drum it is
and at which velocity it was struck. A one-shot is stored at its level: its peak follows one curve over velocity, the same for every kit, so
what is rendered does too, whichever layer sounds. It is added exactly at sample `round(onset * 44100)`. A hi-hat hit ends the one before.

FluidSynth (`render_soundfont`) needs the system library libfluidsynth and begins notes at multiples of 64 samples, up to 1.5 ms late.
"""

import importlib.util
import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

import numpy as np

from n2n.assets import find_asset
from n2n.audio import SAMPLE_RATE
from n2n.drums import DRUMS, MIDI_CHANNEL, MIDI_NOTE
from n2n.notes import Note, Transcription
from n2n.shapes import Float

DEFAULT_KIT: Final = "osdk"
VELOCITY_CURVE: Final = 1.3
"""A hit's peak is proportional to its velocity to this power: between loudness by ear (1) and General MIDI (2)."""
LOUDEST_PEAK: Final = {"KD": 0.35, "SN": 0.35, "TT": 0.28, "HH": 0.14, "CY": 0.22, "RD": 0.125, "BE": 0.125}
"""Peak of a hit of velocity 127, which leaves room for several at once."""
CHOKE_SAMPLES: Final = 441
"""Over how many samples a choked hi-hat fades."""

AUDIO_FORMATS: Final = ("wav", "flac")
MAX_SECONDS: Final = 24 * 3600.0
"""The longest that is rendered."""

SOUNDFONT_GAIN: Final = 0.4
SOUNDFONT_NOTE_SECONDS: Final = 0.1
SOUNDFONT_TAIL_SECONDS: Final = 3.0
DRUM_BANK: Final = 128


class Layer(NamedTuple):
    """One one-shot from its onset on, as struck at a velocity."""

    velocity: int
    samples: Float[np.ndarray, "samples"]


@dataclass(frozen=True)
class DrumKit:
    """The one-shots of all seven drums, those of a drum from soft to hard."""

    name: str
    licence: str
    layers: Mapping[str, tuple[Layer, ...]]


class _Sound(NamedTuple):
    """A one-shot to add: from which sample on, how loud, and after how many samples it is choked (None: never)."""

    start: int
    gain: float
    samples: Float[np.ndarray, "samples"]
    choke: int | None

    @property
    def end(self) -> int:
        length = len(self.samples)
        return self.start + (length if self.choke is None else min(length, self.choke + CHOKE_SAMPLES))


def kit_names() -> list[str]:
    """The kits that ship."""
    return sorted(path.parent.name for path in find_asset("kits").glob("*/kit.json"))


@cache
def load_kit(name: str = DEFAULT_KIT) -> DrumKit:
    """Loads a shipped kit. Raises ValueError where there is none of that name."""
    names = kit_names()
    if name not in names:
        raise ValueError(f"unknown kit {name!r}: it must be one of {', '.join(names)}")
    return read_kit(find_asset(f"kits/{name}"))


def read_kit(folder: Path) -> DrumKit:
    """Reads a kit's folder. Raises ValueError where its parts are missing or do not fit each other."""
    import soundfile

    try:
        index = json.loads((folder / "kit.json").read_text(encoding="utf-8"))
        samples, rate = soundfile.read(folder / "samples.flac", dtype="float32")
        layers = {drum: tuple(_layer(entry, samples) for entry in index["drums"][drum]) for drum in DRUMS}
    except (OSError, ValueError, KeyError, TypeError, soundfile.LibsndfileError) as error:
        raise ValueError(f"{folder} is no drum kit (kit.json and samples.flac): {error!r}") from error
    if rate != SAMPLE_RATE or not all(layers.values()):
        raise ValueError(f"the kit in {folder} must hold every drum at {SAMPLE_RATE} Hz")
    return DrumKit(index["name"], index["licence"], layers)


def write_kit(kit: DrumKit, folder: Path) -> None:
    """Writes a kit's folder; samples are kept to 16 bits."""
    import soundfile

    drums: dict[str, list[dict[str, int]]] = {}
    start = 0
    for drum in DRUMS:
        drums[drum] = []
        for velocity, samples in kit.layers[drum]:
            drums[drum].append({"velocity": velocity, "start": start, "length": len(samples)})
            start += len(samples)
    folder.mkdir(parents=True, exist_ok=True)
    joined = np.concatenate([layer.samples for drum in DRUMS for layer in kit.layers[drum]])
    soundfile.write(folder / "samples.flac", joined, SAMPLE_RATE, subtype="PCM_16", compression_level=1.0)
    index = {"name": kit.name, "licence": kit.licence, "drums": drums}
    (folder / "kit.json").write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")


def peak_of(drum: str, velocity: int) -> float:
    """The peak that a hit is rendered with, alone and in a mix that does not overflow."""
    return LOUDEST_PEAK[drum] * float((velocity / 127) ** VELOCITY_CURVE)


def render_notes(transcription: Transcription, kit: DrumKit | str = DEFAULT_KIT) -> Float[np.ndarray, "samples"]:
    """Plays notes on the one-shots of a kit.

    Args:
        transcription: what to play.
        kit: a kit, or the name of one that ships.

    Returns:
        The duration's samples and more where a sound still rings at its end, at least one. A mix that would pass full scale is made softer
        as a whole.

    Raises:
        ValueError: there is no such kit, or the notes last longer than `MAX_SECONDS`.
    """
    _check_duration(transcription)
    kit = load_kit(kit) if isinstance(kit, str) else kit
    hats = sorted({_start(note) for note in transcription.notes if note.drum == "HH"})
    sounds = [_sound(note, kit, hats) for note in transcription.notes]
    end = max((sound.end for sound in sounds), default=1)
    mix = np.zeros(max(end, round(transcription.duration * SAMPLE_RATE)), dtype=np.float32)
    for sound in sounds:
        mix[sound.start : sound.end] += _samples(sound)
    return _within_full_scale(mix)


def render_soundfont(transcription: Transcription, soundfont: Path | None = None) -> Float[np.ndarray, "samples"]:
    """Plays notes through FluidSynth, on the first drum kit of a SoundFont, without reverb.

    Args:
        transcription: what to play.
        soundfont: a .sf2 or .sf3 file; None is the small General MIDI SoundFont that comes with pretty_midi.

    Returns:
        As `render_notes`; the left and right channels are averaged.

    Raises:
        ValueError: FluidSynth or pretty_midi is not installed, the file is no SoundFont or has no drums, or the notes last longer than
            `MAX_SECONDS`.
    """
    _check_duration(transcription)
    path = default_soundfont() if soundfont is None else Path(soundfont)
    if not is_soundfont(path):
        raise ValueError(f"{path} is no SoundFont: a .sf2 or .sf3 file is needed")
    quiet = {"synth.reverb.active": 0, "synth.chorus.active": 0}
    synth = load_fluidsynth().Synth(gain=SOUNDFONT_GAIN, samplerate=float(SAMPLE_RATE), **quiet)
    try:
        font = synth.sfload(str(path))
        if font < 0:
            raise ValueError(f"FluidSynth cannot load {path}: it is damaged, or of another version")
        if synth.program_select(MIDI_CHANNEL - 1, font, DRUM_BANK, 0) < 0:
            raise ValueError(f"{path} has no standard drum kit (bank {DRUM_BANK}, preset 0): choose another SoundFont")
        return _within_full_scale(_perform(synth, transcription))
    finally:
        synth.delete()


def default_soundfont() -> Path:
    """The SoundFont that comes with pretty_midi. Raises ValueError where that is not installed."""
    found = importlib.util.find_spec("pretty_midi")
    if found is None or found.origin is None:
        raise ValueError("the default SoundFont comes with pretty_midi: pip install pretty_midi, or name a SoundFont of your own")
    return Path(found.origin).parent / "TimGM6mb.sf2"


def is_soundfont(path: Path) -> bool:
    """Whether a file begins as SoundFonts do, of version 2 or 3."""
    with path.open("rb") as file:
        return file.read(12)[8:] == b"sfbk"


def load_fluidsynth() -> ModuleType:
    """The pyfluidsynth module. Raises ValueError saying what to install."""
    if importlib.util.find_spec("fluidsynth") is None:
        raise ValueError("SoundFonts need pyfluidsynth: pip install pyfluidsynth; the kits that come with n2n need nothing")
    try:
        import fluidsynth
    except ImportError as error:
        raise ValueError(
            "SoundFonts need the system library libfluidsynth: apt install libfluidsynth3 (Debian, Ubuntu) or "
            "brew install fluid-synth (macOS); the kits that come with n2n need nothing"
        ) from error
    return fluidsynth


def write_audio(samples: Float[np.ndarray, "samples"], path: str | Path) -> None:
    """Writes mono audio as 16-bit WAV or FLAC, by the suffix of `path`. Raises ValueError for any other suffix."""
    import soundfile

    form = Path(path).suffix.lower().removeprefix(".")
    if form not in AUDIO_FORMATS:
        raise ValueError(f"{Path(path).name} names no form of audio that is written: its suffix must be .{' or .'.join(AUDIO_FORMATS)}")
    with Path(path).open("wb") as file:  # opened here, so that what fails says why
        soundfile.write(file, samples, SAMPLE_RATE, subtype="PCM_16", format=form.upper())


def _check_duration(transcription: Transcription) -> None:
    if transcription.duration > MAX_SECONDS:
        raise ValueError(f"the notes last {transcription.duration:g} s: at most {MAX_SECONDS:g} s (24 hours) are rendered")


def _layer(entry: Mapping[str, int], samples: Float[np.ndarray, "_"]) -> Layer:
    part = samples[entry["start"] : entry["start"] + entry["length"]]
    if len(part) != entry["length"] or not len(part):
        raise ValueError(f"samples.flac ends before sample {entry['start'] + entry['length']}")
    part.setflags(write=False)
    return Layer(entry["velocity"], part)


def _start(note: Note) -> int:
    return round(note.onset * SAMPLE_RATE)


def _sound(note: Note, kit: DrumKit, hats: list[int]) -> _Sound:
    layer = min(kit.layers[note.drum], key=lambda layer: abs(layer.velocity - note.velocity))
    gain = peak_of(note.drum, note.velocity) / peak_of(note.drum, layer.velocity)
    start = _start(note)
    following = bisect_right(hats, start)
    choke = hats[following] - start if note.drum == "HH" and following < len(hats) else None
    return _Sound(start, gain, layer.samples, choke)


def _samples(sound: _Sound) -> Float[np.ndarray, "samples"]:
    samples = np.float32(sound.gain) * sound.samples[: sound.end - sound.start]
    if sound.choke is not None:
        tail = samples[sound.choke :]
        tail *= np.linspace(1.0, 0.0, CHOKE_SAMPLES, endpoint=False, dtype=np.float32)[: len(tail)]
    return samples


def _within_full_scale(mix: Float[np.ndarray, "samples"]) -> Float[np.ndarray, "samples"]:
    peak = float(np.abs(mix).max(initial=0.0))
    return mix / np.float32(peak) if peak > 1.0 else mix


def _perform(synth: Any, transcription: Transcription) -> Float[np.ndarray, "samples"]:
    """Plays the notes' events in order and collects what sounds between them."""
    events, struck_at = list[tuple[int, bool, int, int]](), dict[int, int]()
    last = 0
    for note in reversed(transcription.notes):
        start, pitch = round(note.onset * SAMPLE_RATE), MIDI_NOTE[note.drum]
        end = start + round(SOUNDFONT_NOTE_SECONDS * SAMPLE_RATE)
        last = max(last, end)
        # a key is let go before it is struck again
        events += [(start, True, pitch, note.velocity), (min(end, struck_at.get(pitch, end)), False, pitch, 0)]
        struck_at[pitch] = start
    total = max(round(transcription.duration * SAMPLE_RATE), last, 1)
    blocks, done = [], 0
    for start, begins, pitch, velocity in sorted(events):
        blocks.append(_mono(synth, start - done))
        done = start
        if begins:
            synth.noteon(MIDI_CHANNEL - 1, pitch, velocity)
        else:
            synth.noteoff(MIDI_CHANNEL - 1, pitch)
    tail = _mono(synth, total - done + round(SOUNDFONT_TAIL_SECONDS * SAMPLE_RATE))
    audible = np.flatnonzero(np.abs(tail) > 1e-4)
    rings = int(audible[-1]) + 1 if len(audible) else 0
    return np.concatenate([*blocks, tail[: max(total - done, rings)]])


def _mono(synth: Any, samples: int) -> Float[np.ndarray, "samples"]:
    if samples == 0:
        return np.zeros(0, dtype=np.float32)
    stereo = np.asarray(synth.get_samples(samples), dtype=np.float32).reshape(-1, 2)
    return stereo.mean(axis=1) / np.float32(32768.0)
