"""Tunes for the band: written by MMA (here by a stand-in of its command line), read from its MIDI, kept in one file."""

import stat
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
from safetensors.numpy import save_file

from n2n import kits
from n2n.kits.instruments import INSTRUMENTS
from n2n.kits.tunes import BARS, build_tunes, find_styles, instrument_of, read_tune
from n2n.training.tunes import Part, Tune, read_tunes, write_tunes

BASS, GUITAR, SEA = 33, 29, 122
STAND_IN = """#!{python}
# Does what MMA does: mma -w -f OUT.mid SCORE.mma
import sys
import mido

out, lines = sys.argv[3], open(sys.argv[4]).read().split("\\n")
style = next(line.split()[1] for line in lines if line.startswith("Groove"))
if style == "Broken":
    sys.exit("Error: no such pattern")
tempo = float(next(line.split()[1] for line in lines if line.startswith("Tempo")))
track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo)), mido.Message("program_change", program={bass})])
for chord in [line.split()[1] for line in lines if line[:1].isdigit()]:
    channel, note = (9, 36) if style == "DrumsOnly" else (0, 36 + "C D EF G A B".index(chord[0]))
    track += [
        mido.Message("note_on", channel=channel, note=note, velocity=90),
        mido.Message("note_off", channel=channel, note=note, time=480),
        mido.Message("note_on", channel=9, note=36, velocity=100),
        mido.Message("note_off", channel=9, note=36, time=3 * 480),
    ]
mido.MidiFile(tracks=[track]).save(out)
"""


@pytest.fixture
def mma(tmp_path: Path) -> Path:
    """A program with MMA's command line."""
    program = tmp_path / "mma"
    program.write_text(STAND_IN.format(python=sys.executable, bass=BASS))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def library(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / "stdlib" / f"{name}.mma"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def midi_file(path: Path, *parts: tuple[int, list[tuple[float, float, int, int]]], signature: tuple[int, int] | None = None) -> Path:
    """A MIDI file at 60 beats a minute, a part being a programme (-1 for drums) and notes (onset, end, pitch, velocity)."""
    midi = pretty_midi.PrettyMIDI(initial_tempo=60.0)
    if signature:
        midi.time_signature_changes.append(pretty_midi.TimeSignature(*signature, 0.0))
    for program, notes in parts:
        instrument = pretty_midi.Instrument(max(program, 0), is_drum=program < 0)
        instrument.notes = [pretty_midi.Note(velocity, pitch, onset, end) for onset, end, pitch, velocity in notes]
        midi.instruments.append(instrument)
    midi.write(str(path))
    return path


def test_styles_are_two_of_each_file_without_openings_and_endings(tmp_path: Path) -> None:
    text = (
        "Begin Bass\nEnd\nDefGroove {0}Intro\n  defgroove {0}\nDefGroove {0}Fill x\nDefGroove {0}Plus  a lively one\nDefGroove {0}Third\n"
    )
    folder = library(tmp_path, rock=text.format("Rock"), again=text.format("rock"), waltz=text.format("Waltz"))
    assert find_styles(folder) == ["rock", "rockPlus", "Waltz", "WaltzPlus"]


def test_a_style_becomes_eight_bars_without_its_drums(tmp_path: Path, mma: Path) -> None:
    folder = library(tmp_path / "lib", a="DefGroove One\nDefGroove DrumsOnly\n", b="DefGroove Two\n")
    one, two = build_tunes(mma, folder)
    assert (one.name, two.name) == ("One", "Two")
    assert one.parts == (Part("fingered_bass", "bass"),) and one.beats == 4.0 * BARS
    assert one.onset == pytest.approx(np.arange(BARS) * 4.0, abs=0.01) and one.length == pytest.approx(1.0, abs=0.01)
    assert one.pitch.tolist() == [36, 45, 41, 43] * 2  # C, Am, F, G
    assert two.pitch.tolist() != one.pitch.tolist()  # the next row of chords


def test_what_mma_says_is_said(tmp_path: Path, mma: Path) -> None:
    with pytest.raises(ValueError, match="MMA cannot play its style Broken: Error: no such pattern"):
        build_tunes(mma, library(tmp_path / "lib", a="DefGroove Broken\n"))
    with pytest.raises(ValueError, match="no styles of MMA"):
        build_tunes(mma, tmp_path / "empty")


def test_parts_are_read_in_beats_with_instruments_that_we_have(tmp_path: Path) -> None:
    path = midi_file(
        tmp_path / "t.mid",
        (-1, [(0.0, 0.5, 36, 100)]),
        (GUITAR, [(1.5, 2.0, 64, 70), (0.5, 1.0, 60, 80)]),
        (SEA, [(0.0, 4.0, 60, 100)]),
        (BASS, [(0.0, 0.75, 40, 90)]),
        signature=(3, 4),
    )
    tune = read_tune(path, "waltz")
    assert tune is not None and tune.name == "waltz" and tune.beats == 3.0
    assert tune.parts == (Part("overdriven_guitar", "chord"), Part("fingered_bass", "bass"))
    rows = list(zip(tune.onset, tune.length, tune.pitch, tune.velocity, tune.part, strict=True))
    assert rows == [pytest.approx(row, abs=0.01) for row in [(0.0, 0.75, 40, 90, 1), (0.5, 0.5, 60, 80, 0), (1.5, 0.5, 64, 70, 0)]]


def test_a_file_of_drums_alone_is_no_tune(tmp_path: Path) -> None:
    assert read_tune(midi_file(tmp_path / "t.mid", (-1, [(0.0, 0.5, 36, 100)]), (SEA, [(0.0, 1.0, 60, 90)])), "x") is None


def test_an_instrument_is_ours_or_of_the_same_family() -> None:
    for program in range(128):
        part = instrument_of(program)
        family = [entry for ours, entry in INSTRUMENTS.items() if ours // 8 == program // 8]
        assert part in family if family else part is None
        assert program not in INSTRUMENTS or part == INSTRUMENTS[program]


def test_tunes_are_written_and_read_back(tmp_path: Path) -> None:
    column = np.arange(5)
    tune = Tune("a", 12.0, (Part("flute", "lead"), Part("choir", "pad")), column / 2, column / 4, column + 60, column + 90, column % 2)
    write_tunes([tune, replace(tune, name="b", beats=4.0)], tmp_path / "x" / "tunes.safetensors")
    one, other = read_tunes(tmp_path / "x" / "tunes.safetensors")
    assert (one.name, one.beats, one.parts, other.name, other.beats) == ("a", 12.0, tune.parts, "b", 4.0)
    for name in ("onset", "length", "pitch", "velocity", "part"):
        assert np.array_equal(getattr(one, name), getattr(tune, name)) and np.array_equal(getattr(other, name), getattr(tune, name))
    with pytest.raises(ValueError, match="no tunes to write"):
        write_tunes([], tmp_path / "none.safetensors")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    save_file({"onset": np.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match=r"x\.safetensors holds no tunes"):
        read_tunes(tmp_path / "x.safetensors")


def test_kits_writes_tunes_beside_the_rest(tmp_path: Path, mma: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = library(tmp_path / "lib", a="DefGroove One\n")
    monkeypatch.setattr("n2n.kits.MMA_LIBRARY", folder)
    assert kits.build_all(tmp_path / "out", kits.Sources(mma=mma)) == [tmp_path / "out" / "tunes.safetensors"]
    assert [tune.name for tune in read_tunes(tmp_path / "out" / "tunes.safetensors")] == ["One"]


def test_mma_is_found_where_program_and_library_are(tmp_path: Path, mma: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(mma.parent))
    monkeypatch.setattr("n2n.kits.MMA_LIBRARY", tmp_path / "missing")
    assert kits.find_mma() is None
    monkeypatch.setattr("n2n.kits.MMA_LIBRARY", tmp_path)
    assert kits.find_mma() == mma
    monkeypatch.setenv("PATH", "")
    assert kits.find_mma() is None
