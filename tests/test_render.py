"""Notes to audio: where a sound begins, how loud it is, what it ends, and which kits ship."""

import importlib.util
import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from n2n.audio import SAMPLE_RATE, load_audio
from n2n.drums import DRUMS
from n2n.notes import Note, Transcription
from n2n.render import (
    CHOKE_SAMPLES,
    LOUDEST_PEAK,
    DrumKit,
    Layer,
    default_soundfont,
    kit_names,
    load_kit,
    peak_of,
    read_kit,
    render_notes,
    render_soundfont,
    write_audio,
    write_kit,
)

VELOCITIES = (30, 90)


def ramp_kit(seconds: float = 0.2) -> DrumKit:
    """Every drum falls linearly from its level; the layers can be told apart by a sign."""
    shape = np.linspace(1.0, 0.0, round(seconds * SAMPLE_RATE), endpoint=False, dtype=np.float32)
    layers = {drum: tuple(Layer(v, np.float32(peak_of(drum, v) * (-1) ** i) * shape) for i, v in enumerate(VELOCITIES)) for drum in DRUMS}
    return DrumKit("ramp", "MIT", layers)


KIT = ramp_kit()
LENGTH = len(KIT.layers["KD"][0].samples)
needs_fluidsynth = pytest.mark.skipif(
    importlib.util.find_spec("fluidsynth") is None or importlib.util.find_spec("pretty_midi") is None,
    reason="the extra `synth` is not installed",
)


def play(*notes: Note, duration: float = 2.0, kit: DrumKit | str = KIT) -> np.ndarray:
    return render_notes(Transcription(notes, duration), kit)


@given(st.floats(0.0, 1.7), st.sampled_from(DRUMS), st.integers(1, 127))
def test_a_hit_begins_at_its_sample_and_peaks_at_its_velocity(onset: float, drum: str, velocity: int):
    audio = play(Note(onset, drum, velocity))
    sounding = np.flatnonzero(audio)
    assert sounding[0] == np.argmax(np.abs(audio)) == round(onset * SAMPLE_RATE)
    assert np.abs(audio).max() == pytest.approx(peak_of(drum, velocity), rel=1e-5)
    assert len(sounding) == LENGTH
    assert len(audio) == 2 * SAMPLE_RATE


def test_the_nearest_layer_sounds():
    assert [np.sign(play(Note(0.0, "KD", velocity))[0]) for velocity in (1, 59, 61, 127)] == [1, 1, -1, -1]


@pytest.mark.parametrize("drum", DRUMS)
def test_every_step_of_velocity_is_louder_than_the_one_before(drum: str):
    peaks = [peak_of(drum, velocity) for velocity in range(1, 128)]
    assert all(louder > softer for softer, louder in pairwise(peaks))
    assert peaks[-1] == LOUDEST_PEAK[drum]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.sampled_from(DRUMS), st.integers(1, 60)), max_size=6))
def test_hits_add_up_unless_they_are_hats(hits: list[tuple[float, str, int]]):
    notes = [Note(onset, "KD" if drum == "HH" else drum, velocity) for onset, drum, velocity in hits]
    alone = sum((play(note) for note in notes), np.zeros(2 * SAMPLE_RATE, dtype=np.float32))
    assert np.allclose(play(*notes), alone, atol=1e-6)


def test_a_hat_ends_the_one_before_it():
    first, second = Note(0.0, "HH", 90), Note(0.1, "HH", 90)
    both = play(first, second)
    rest = both - play(second)
    at = round(0.1 * SAMPLE_RATE)
    assert np.array_equal(rest[:at], play(first)[:at])
    assert np.all(np.abs(rest[at : at + CHOKE_SAMPLES]) <= np.abs(play(first)[at : at + CHOKE_SAMPLES]) + 1e-6)
    assert np.abs(rest[at + CHOKE_SAMPLES :]).max() < 1e-6


def test_hats_at_the_same_time_do_not_end_each_other():
    both = play(Note(0.0, "HH", 90), Note(0.0, "HH", 80))
    assert np.count_nonzero(both) == LENGTH


def test_a_hat_ends_nothing_but_hats():
    audio = play(Note(0.0, "CY", 90), Note(0.1, "HH", 90))
    assert np.allclose(audio - play(Note(0.1, "HH", 90)), play(Note(0.0, "CY", 90)), atol=1e-6)


def test_a_sound_rings_on_past_the_end():
    assert len(play(Note(1.95, "KD", 90))) == round(1.95 * SAMPLE_RATE) + LENGTH


def test_a_mix_never_passes_full_scale_and_keeps_its_proportions():
    notes = [Note(0.0, drum, 127) for drum in DRUMS for _ in range(3)]
    audio = play(*notes, Note(1.0, "KD", 127))
    assert np.abs(audio).max() == pytest.approx(1.0, abs=1e-6)
    assert np.abs(audio[SAMPLE_RATE]) / np.abs(audio[0]) == pytest.approx(LOUDEST_PEAK["KD"] / (3 * sum(LOUDEST_PEAK.values())), rel=1e-4)


@pytest.mark.parametrize("duration", [0.0, 0.5])
def test_no_notes_are_silence_of_the_duration(duration: float):
    audio = play(duration=duration)
    assert len(audio) == max(1, round(duration * SAMPLE_RATE))
    assert not audio.any()


def test_a_kit_comes_back_from_its_folder_to_16_bits(tmp_path: Path):
    write_kit(KIT, tmp_path)
    back = read_kit(tmp_path)
    assert (back.name, back.licence) == ("ramp", "MIT")
    for drum in DRUMS:
        for ours, theirs in zip(KIT.layers[drum], back.layers[drum], strict=True):
            assert ours.velocity == theirs.velocity
            assert np.abs(ours.samples - theirs.samples).max() < 2**-15


def test_broken_kits_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="is no drum kit"):
        read_kit(tmp_path)
    write_kit(KIT, tmp_path)
    index = json.loads((tmp_path / "kit.json").read_text())
    index["drums"]["BE"][-1]["length"] += 1
    (tmp_path / "kit.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match=r"samples.flac ends before"):
        read_kit(tmp_path)


def test_the_kits_that_ship_may_ship():
    licences = {name: load_kit(name).licence for name in kit_names()}
    assert licences == {"muldjord": "CC-BY-4.0", "osdk": "Public domain", "uzu": "Unlicense", "virtuosity": "CC0-1.0"}


@pytest.mark.parametrize("name", ["muldjord", "osdk", "uzu", "virtuosity"])
def test_a_shipped_kit_sounds_on_every_drum_at_its_level(name: str):
    for drum in DRUMS:
        for velocity in (20, 64, 100, 127):
            audio = play(Note(0.5, drum, velocity), duration=0.5, kit=name)
            onset = SAMPLE_RATE // 2
            assert not audio[:onset].any()
            assert np.abs(audio).max() == pytest.approx(peak_of(drum, velocity), rel=0.02)
            early = np.abs(audio[onset : onset + SAMPLE_RATE // 20]).max()
            assert early > 0.3 * np.abs(audio).max(), "the attack is late"
            assert np.abs(audio[-1]) < 0.01 * np.abs(audio).max(), "the end is cut off"


def test_unknown_kits_are_refused_naming_those_there_are():
    with pytest.raises(ValueError, match=r"unknown kit 'garage': it must be one of muldjord, osdk, uzu, virtuosity"):
        play(kit="garage")


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".WAV"])
def test_written_audio_is_read_back(tmp_path: Path, suffix: str):
    audio = play(Note(0.1, "SN", 100))
    write_audio(audio, tmp_path / f"a{suffix}")
    assert np.abs(load_audio(tmp_path / f"a{suffix}") - audio).max() < 2**-15
    assert soundfile.info(tmp_path / f"a{suffix}").samplerate == SAMPLE_RATE


def test_other_forms_of_audio_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match=r"its suffix must be \.wav or \.flac"):
        write_audio(play(), tmp_path / "a.mp3")


@needs_fluidsynth
def test_a_soundfont_plays_every_note_near_its_time():
    onsets = [0.25 * i for i in range(1, 6)]
    audio = render_soundfont(Transcription(tuple(Note(t, "SN", 100) for t in onsets), 2.0))
    assert len(audio) >= 2 * SAMPLE_RATE
    for onset in onsets:
        start = round(onset * SAMPLE_RATE)
        before, after = audio[start - 200 : start], audio[start : start + 1500]
        assert np.abs(after).max() > 3.0 * np.abs(before).max()


@needs_fluidsynth
def test_a_hit_that_follows_soon_rings_as_long_as_one_alone():
    pair = render_soundfont(Transcription((Note(0.2, "TT", 100), Note(0.29, "TT", 100)), 1.0))
    alone = render_soundfont(Transcription((Note(0.29, "TT", 100),), 1.0))
    tail = slice(round(0.36 * SAMPLE_RATE), round(0.5 * SAMPLE_RATE))
    assert np.square(pair[tail]).sum() > 0.8 * np.square(alone[tail]).sum()


@needs_fluidsynth
def test_a_soundfont_plays_loud_notes_louder_and_nothing_is_silence():
    soft, loud = (render_soundfont(Transcription((Note(0.0, "KD", v),), 1.0)) for v in (40, 120))
    assert np.abs(loud).max() > 2.0 * np.abs(soft).max() > 0.0
    nothing = render_soundfont(Transcription((), 1.0))
    assert len(nothing) == SAMPLE_RATE
    assert np.abs(nothing).max() < 1e-3


@needs_fluidsynth
def test_what_is_no_soundfont_is_refused(tmp_path: Path):
    (tmp_path / "a.sf2").write_bytes(b"RIFF....WAVE")
    with pytest.raises(ValueError, match="is no SoundFont"):
        render_soundfont(Transcription((), 1.0), tmp_path / "a.sf2")
    (tmp_path / "b.sf2").write_bytes(default_soundfont().read_bytes()[:5000])
    with pytest.raises(ValueError, match="cannot load"):
        render_soundfont(Transcription((), 1.0), tmp_path / "b.sf2")


def test_what_is_missing_for_soundfonts_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="comes with pretty_midi"):
        default_soundfont()
    (tmp_path / "a.sf2").write_bytes(b"RIFF....sfbk")
    with pytest.raises(ValueError, match="pip install pyfluidsynth"):
        render_soundfont(Transcription((), 1.0), tmp_path / "a.sf2")


def test_a_missing_system_library_is_named_with_its_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """pyfluidsynth raises ImportError as it loads, where the library is not found."""
    (tmp_path / "fluidsynth.py").write_text("raise ImportError('no library')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "fluidsynth", raising=False)
    (tmp_path / "a.sf2").write_bytes(b"RIFF....sfbk")
    with pytest.raises(ValueError, match="apt install libfluidsynth3"):
        render_soundfont(Transcription((), 1.0), tmp_path / "a.sf2")
