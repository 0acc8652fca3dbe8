"""MIDI on the grid: exact in ticks, true to the tempo, bars where the recording has them."""

from pathlib import Path

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from n2n.bars import Bars
from n2n.drums import DRUMS, MIDI_NOTE
from n2n.export.quantise import STEPS_PER_BEAT, TICKS_PER_BEAT, GridHit, quantise, write_grid_midi
from n2n.note_files import read_midi
from n2n.notes import Note, Transcription

BARS = Bars(100.0, 0.0, 4)
SIXTEENTH = 0.15


def struck(path: Path) -> list[tuple[int, int, int]]:
    """(tick, number, velocity) of every note in a MIDI file."""
    now, found = 0, []
    for message in mido.MidiFile(path).tracks[1]:
        now += message.time
        if message.type == "note_on":
            found.append((now, message.note, message.velocity))
    return found


def test_notes_move_to_the_nearest_line() -> None:
    notes = [Note(0.01, "KD", 100), Note(SIXTEENTH - 0.07, "HH", 90), Note(4 * SIXTEENTH + 0.06, "SN", 80)]
    assert quantise(notes, BARS) == [GridHit(0, "KD", 100), GridHit(120, "HH", 90), GridHit(480, "SN", 80)]


@given(
    bpm=st.floats(40.0, 240.0),
    share=st.floats(0.0, 0.9),
    bar_number=st.integers(-5, 5),
    beats=st.integers(2, 7),
    steps=st.sampled_from(STEPS_PER_BEAT),
    places=st.lists(st.tuples(st.integers(0, 200), st.sampled_from(DRUMS), st.integers(1, 127)), min_size=1, unique_by=lambda p: p[:2]),
    sway=st.floats(-0.45, 0.45),
)
def test_notes_played_near_lines_come_out_exactly_on_them(
    bpm: float, share: float, bar_number: int, beats: int, steps: int, places: list[tuple[int, str, int]], sway: float
) -> None:
    step, bar = 60.0 / bpm / steps, beats * 60.0 / bpm
    first_line = share * bar
    bars = Bars(bpm, first_line + bar_number * bar, beats)
    notes = [Note(max(0.0, first_line + (place + sway) * step), drum, velocity) for place, drum, velocity in places]
    wanted = sorted((place * TICKS_PER_BEAT // steps, DRUMS.index(drum), velocity) for place, drum, velocity in places)
    hits = [(hit.tick, DRUMS.index(hit.drum), hit.velocity) for hit in quantise(notes, bars, steps_per_beat=steps)]
    assert hits == wanted


def test_the_loudest_of_notes_that_meet_on_a_line_stays() -> None:
    assert quantise([Note(0.0, "SN", 40), Note(0.02, "SN", 110), Note(0.02, "KD", 60)], BARS) == [
        GridHit(0, "KD", 60),
        GridHit(0, "SN", 110),
    ]


def test_a_pickup_before_the_first_bar_line_moves_it_back_by_whole_bars() -> None:
    bars = Bars(120.0, 1.5, 4)
    assert quantise([Note(1.0, "SN", 90), Note(1.5, "KD", 100)], bars) == [GridHit(1440, "SN", 90), GridHit(1920, "KD", 100)]


def test_any_bar_line_may_be_the_offset() -> None:
    notes = [Note(0.25, "KD", 100), Note(2.25, "SN", 100)]
    first, *others = (quantise(notes, Bars(120.0, 0.25 + 2.0 * k, 4)) for k in (0, 1, 7, -3))
    assert all(other == first for other in others)


def test_the_file_holds_exact_ticks_tempo_and_signature(tmp_path: Path) -> None:
    path = tmp_path / "grid.mid"
    notes = (Note(0.26, "KD", 101), Note(0.25 + 0.4, "HH", 55), Note(0.25 + 3 * 0.4, "SN", 127))
    write_grid_midi(Transcription(notes, 3.0), Bars(75.0, 0.25, 3), path, steps_per_beat=2)
    assert struck(path) == [(0, MIDI_NOTE["KD"], 101), (240, MIDI_NOTE["HH"], 55), (720, MIDI_NOTE["SN"], 127)]
    file = mido.MidiFile(path)
    assert file.ticks_per_beat == TICKS_PER_BEAT
    signature, tempo = file.tracks[0][:2]
    assert (signature.numerator, signature.denominator) == (3, 4)
    assert tempo.tempo == 800_000
    assert sum(message.time for message in file.tracks[1]) == 3 * TICKS_PER_BEAT
    assert [message.channel for message in file.tracks[1] if message.type == "note_on"] == [9] * 3


def test_reading_the_file_gives_the_lines_times_and_the_tempo(tmp_path: Path) -> None:
    path = tmp_path / "grid.mid"
    write_grid_midi(Transcription((Note(0.02, "KD", 90), Note(0.61, "SN", 80)), 1.0), BARS, path)
    read = read_midi(path)
    assert read.tempo == 100.0
    assert [(note.onset, note.drum, note.velocity) for note in read.notes] == [(0.0, "KD", 90), (pytest.approx(0.6), "SN", 80)]


def test_neighbours_on_one_drum_do_not_overlap(tmp_path: Path) -> None:
    path = tmp_path / "roll.mid"
    write_grid_midi(Transcription(tuple(Note(k * SIXTEENTH, "SN", 90) for k in range(5)), 1.0), BARS, path)
    sounding = 0
    for message in mido.MidiFile(path).tracks[1]:
        sounding += {"note_on": 1, "note_off": -1}.get(message.type, 0)
        assert sounding in (0, 1)


def test_no_notes_make_one_empty_bar(tmp_path: Path) -> None:
    write_grid_midi(Transcription((), 1.0), BARS, tmp_path / "empty.mid")
    assert struck(tmp_path / "empty.mid") == []
    assert sum(message.time for message in mido.MidiFile(tmp_path / "empty.mid").tracks[1]) == 4 * TICKS_PER_BEAT


def test_a_grid_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="steps_per_beat must be one of 1, 2, 3, 4, 6, 8, 12, not 5"):
        quantise([], BARS, steps_per_beat=5)
