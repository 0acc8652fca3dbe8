import csv
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from n2n.drums import DRUMS
from n2n.note_files import read_csv, read_json, read_notes, write_csv, write_json, write_notes
from n2n.notes import Note, Transcription

BEAT = Transcription(
    (Note(0.0, "KD", 101), Note(0.0, "HH", 64, 0.5), Note(0.25, "SN", 127, 1.0), Note(0.5, "BE", 1)),
    duration=1.0,
    tempo=100.0,
)


@st.composite
def parts(draw):
    """Notes, duration and tempo of a transcription."""
    duration = draw(st.floats(0.0, 1e5))
    note = st.builds(
        Note,
        onset=st.floats(0.0, duration),
        drum=st.sampled_from(DRUMS),
        velocity=st.integers(1, 127),
        confidence=st.none() | st.floats(0.0, 1.0),
    )
    notes = draw(st.lists(note, max_size=30))
    return tuple(notes), duration, draw(st.none() | st.floats(4.0, 1000.0))


def test_notes_may_come_from_any_iterable():
    notes = [Note(1.0, "SN", 90), Note(0.5, "KD", 80)]
    for iterable in (iter(notes), set(notes), notes):
        assert Transcription(iterable, 2.0).notes == (notes[1], notes[0])  # type: ignore[arg-type]


def test_notes_sort_by_onset_then_by_lane():
    notes = [Note(0.5, "KD", 1), Note(0.0, "RD", 1), Note(0.0, "KD", 1), Note(0.0, "SN", 1)]
    assert [(note.onset, note.drum) for note in sorted(notes)] == [(0.0, "KD"), (0.0, "SN"), (0.0, "RD"), (0.5, "KD")]


def test_a_transcription_keeps_its_notes_sorted():
    assert Transcription(tuple(reversed(BEAT.notes)), 1.0, 100.0) == BEAT


def test_numbers_of_arrays_are_numbers():
    note = Note(np.float32(0.5), "KD", np.int64(64), np.float64(0.25))
    assert note == Note(0.5, "KD", 64, 0.25) and type(note.velocity) is int and type(note.onset) is float


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ((-0.001, "KD", 1), "onset must be a number of seconds, at least 0"),
        ((math.nan, "KD", 1), "onset must be a number of seconds, at least 0, not"),
        ((math.inf, "KD", 1), "onset must be a number of seconds, at least 0, not"),
        ((0.0, "XX", 1), "unknown drum 'XX'.*KD, SN"),
        ((0.0, "KD", 0), "velocity must be a whole number from 1 to 127, not 0"),
        ((0.0, "KD", 128), "velocity .* not 128"),
        ((0.0, "KD", 1, 1.5), "confidence must be a number from 0 to 1, or missing, not 1.5"),
        ((0.0, "KD", 1, math.nan), "confidence must be a number from 0 to 1, or missing, not nan"),
    ],
)
def test_impossible_notes_are_refused(note, message):
    with pytest.raises(ValueError, match=message):
        Note(*note)


def test_a_note_past_the_end_is_refused_and_one_at_the_end_is_not():
    assert Transcription((Note(1.0, "KD", 1),), 1.0).duration == 1.0
    with pytest.raises(ValueError, match=r"1\.01 s lies past the end.*1\.0 s"):
        Transcription((Note(1.01, "KD", 1),), 1.0)


@pytest.mark.parametrize("duration", [-1.0, math.nan, math.inf])
def test_impossible_durations_are_refused(duration):
    with pytest.raises(ValueError, match="duration must be a number of seconds, at least 0, not"):
        Transcription((), duration)


@pytest.mark.parametrize("tempo", [0.0, 3.9, 1001.0, math.nan])
def test_impossible_tempos_are_refused(tempo):
    with pytest.raises(ValueError, match="tempo must be a number of beats a minute from 4 to 1000, or missing, not"):
        Transcription((), 1.0, tempo)


def test_json_has_the_documented_form():
    assert BEAT.to_json() == {
        "version": 1,
        "duration": 1.0,
        "tempo": 100.0,
        "notes": [
            {"onset": 0.0, "drum": "KD", "velocity": 101},
            {"onset": 0.0, "drum": "HH", "velocity": 64, "confidence": 0.5},
            {"onset": 0.25, "drum": "SN", "velocity": 127, "confidence": 1.0},
            {"onset": 0.5, "drum": "BE", "velocity": 1},
        ],
    }
    assert Transcription((), 2.0).to_json() == {"version": 1, "duration": 2.0, "notes": []}


@given(parts())
def test_json_round_trip_is_exact(parts):
    transcription = Transcription(*parts)
    assert Transcription.from_json(json.loads(json.dumps(transcription.to_json()))) == transcription


@given(parts())
def test_json_file_round_trip_is_exact(tmp_path_factory, parts):
    transcription = Transcription(*parts)
    path = tmp_path_factory.getbasetemp() / "notes.json"
    write_json(transcription, path)
    assert read_json(path) == transcription


def test_json_in_any_order_with_whole_numbers_and_unknown_keys_is_read():
    notes = [{"onset": 1, "drum": "SN", "velocity": 3, "id": 7}, {"onset": 0, "drum": "KD", "velocity": 2, "confidence": None}]
    read = Transcription.from_json({"notes": notes, "duration": 2, "version": 1, "locks": []})
    assert read == Transcription((Note(0.0, "KD", 2), Note(1.0, "SN", 3)), 2.0)
    assert isinstance(read.duration, float)
    assert isinstance(read.notes[0].onset, float)


KICK = {"onset": 0.5, "drum": "KD", "velocity": 100}


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (None, "must be an object .* not null"),
        ([], "must be an object .* not a list"),
        ({"duration": 1.0, "notes": []}, "'version' is missing"),
        ({"version": 2, "duration": 1.0, "notes": []}, "version 2 is not known.* version 1"),
        ({"version": True, "duration": 1.0, "notes": []}, "version True is not known"),
        ({"version": {}, "duration": 1.0, "notes": []}, "version an object is not known"),
        ({"version": 1, "notes": []}, "'duration' is missing"),
        ({"version": 1, "duration": "1", "notes": []}, "duration must be a number"),
        ({"version": 1, "duration": None, "notes": []}, "duration must be a number .* not null"),
        ({"version": 1, "duration": math.nan, "notes": []}, "duration must be a number of seconds, at least 0, not"),
        ({"version": 1, "duration": 1.0}, "'notes' is missing"),
        ({"version": 1, "duration": 1.0, "notes": {}}, "notes must be a list, not an object"),
        ({"version": 1, "duration": 1.0, "notes": [KICK, 3]}, r"notes\[1\]: must be an object, not 3"),
        ({"version": 1, "duration": 1.0, "notes": [{"drum": "KD", "velocity": 1}]}, r"notes\[0\]: 'onset' is missing"),
        ({"version": 1, "duration": 1.0, "notes": [{"onset": 0.0, "velocity": 1}]}, r"notes\[0\]: 'drum' is missing"),
        ({"version": 1, "duration": 1.0, "notes": [{"onset": 0.0, "drum": "KD"}]}, r"notes\[0\]: 'velocity' is missing"),
        ({"version": 1, "duration": 1.0, "notes": [KICK | {"velocity": 128}]}, r"notes\[0\]: velocity .* not 128"),
        ({"version": 1, "duration": 1.0, "notes": [KICK | {"velocity": 64.0}]}, r"notes\[0\]: velocity .* not 64.0"),
        ({"version": 1, "duration": 1.0, "notes": [KICK | {"velocity": True}]}, r"notes\[0\]: velocity .* not True"),
        ({"version": 1, "duration": 1.0, "notes": [KICK | {"drum": 36}]}, r"notes\[0\]: drum must be a code .* not 36"),
        ({"version": 1, "duration": 1.0, "notes": [KICK | {"onset": "0.5"}]}, r"notes\[0\]: onset must be a number .* not '0.5'"),
        ({"version": 1, "duration": 1.0, "notes": [KICK | {"onset": True}]}, r"notes\[0\]: onset must be a number .* not True"),
        ({"version": 1, "duration": 1.0, "notes": [KICK | {"onset": 10**400}]}, r"notes\[0\]: onset must be a number of seconds"),
        ({"version": 1, "duration": 1.0, "notes": [KICK | {"drum": "kick"}]}, r"notes\[0\]: unknown drum 'kick'"),
        ({"version": 1, "duration": 1.0, "notes": [KICK | {"drum": ["KD"]}]}, r"notes\[0\]: drum must be a code .* not a list"),
        ({"version": 1, "duration": 1.0, "notes": [KICK | {"onset": math.nan}]}, r"notes\[0\]: onset must be a number of seconds"),
        ({"version": 1, "duration": 1.0, "notes": [KICK | {"onset": -1}]}, r"\[0\]: onset must be a number of seconds, at least 0, not -1"),
        ({"version": 1, "duration": 1.0, "notes": [KICK | {"confidence": "high"}]}, r"notes\[0\]: confidence must be a number"),
        ({"version": 1, "duration": 0.4, "notes": [KICK]}, r"0\.5 s lies past the end"),
        ({"version": 1, "duration": 1.0, "tempo": 0, "notes": []}, "tempo must be a number of beats a minute"),
    ],
)
def test_json_that_is_no_transcription_is_refused(obj, message):
    with pytest.raises(ValueError, match=message):
        Transcription.from_json(obj)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON"),
        (b"onset,drum\n", "is not JSON"),
        (b'{"version": 1', "is not JSON"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"version":' * 100_000, "nested too deep"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b'{"version": 1, "duration": NaN, "notes": []}', "duration must be a number of seconds, at least 0, not"),
        (b'{"version": 1, "duration": 1e999, "notes": []}', "duration must be a number of seconds, at least 0, not"),
        (b'{"version": 1, "duration": ' + b"9" * 5001 + b"}", "a whole number of 5001 digits is too long to be read$"),
    ],
)
def test_files_that_are_no_json_transcription_are_refused_by_name(tmp_path, content, message):
    path = tmp_path / "notes.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"notes.json.*{message}"):
        read_json(path)


def test_json_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "notes.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(BEAT.to_json()).encode())
    assert read_json(path) == BEAT


@given(parts())
def test_csv_round_trip_keeps_notes_exactly(tmp_path_factory, parts):
    transcription = Transcription(*parts)
    path = tmp_path_factory.getbasetemp() / "notes.csv"
    write_csv(transcription, path)
    read = read_csv(path)
    assert read.notes == transcription.notes
    assert read.duration == max((note.onset for note in transcription.notes), default=0.0)
    assert read.tempo is None


def test_csv_is_a_plain_table(tmp_path):
    write_csv(BEAT, tmp_path / "notes.csv")
    with (tmp_path / "notes.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[:3] == [["onset", "drum", "velocity", "confidence"], ["0.0", "KD", "101", ""], ["0.0", "HH", "64", "0.5"]]


def test_csv_with_other_column_order_and_without_confidence_is_read(tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text("drum, velocity, onset, kit\nKD, 90, 1.5, tight\n\nSN, 30, 0.5, tight\n")
    assert read_csv(path).notes == (Note(0.5, "SN", 30), Note(1.5, "KD", 90))


def test_velocities_of_a_table_may_be_whole_numbers_with_a_point(tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text("onset,drum,velocity\n0.5,KD,100.0\n1,SN,1e2\n")
    assert read_csv(path).notes == (Note(0.5, "KD", 100), Note(1.0, "SN", 100))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks onset, drum, velocity"),
        ("onset,drum\n0.5,KD\n", "lacks velocity"),
        ("onset,drum,velocity\n0.5,KD,100\nx,KD,100\n", "line 3: onset must be a number .* not 'x'"),
        ("onset,drum,velocity\n0.5,KD,loud\n", "line 2: velocity must be a whole number from 1 to 127, not 'loud'"),
        ("onset,drum,velocity\n0.5,KD,100.5\n", "line 2: velocity must be a whole number from 1 to 127, not 100.5"),
        ("onset,drum,velocity\n,KD,100\n", r"line 2: onset must be a number of seconds, at least 0, not ''"),
        ("onset,drum,velocity,confidence\n1,KD,20,high\n", "line 2: confidence must be a number .* not 'high'"),
        ("onset;drum;velocity\n0.5;KD;100\n", "lacks onset, drum, velocity. Columns are separated by commas"),
        ("onset\tdrum\tvelocity\n0.5\tKD\t100\n", "lacks onset, drum, velocity. Columns are separated by commas"),
        ("onset,drum,velocity\n0.5,KD\n", "line 2: it has fewer columns"),
        ("onset,drum,velocity\nnan,KD,1\n", "line 2: onset must be a number of seconds, at least 0, not"),
        ("onset,drum,velocity\n-1,KD,1\n", "line 2: onset must be a number of seconds, at least 0, not"),
        ("onset,drum,velocity\n1,kick,1\n", "line 2: unknown drum 'kick'"),
        ("onset,drum,velocity\n1,KD,200\n", "line 2: velocity"),
        ("onset,drum,velocity,confidence\n1,KD,20,2\n", "line 2: confidence"),
    ],
)
def test_tables_that_hold_no_notes_are_refused_with_the_line(tmp_path, text, message):
    path = tmp_path / "notes.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"notes.csv: .*{message}"):
        read_csv(path)


@pytest.mark.parametrize("name", ["ünï 鼓.json", "b.JSON", "c.csv", "d.mid", "e.MIDI"])
def test_the_suffix_chooses_the_form(tmp_path, name):
    write_notes(BEAT, tmp_path / name)
    read = read_notes(str(tmp_path / name))
    assert [(note.onset, note.drum, note.velocity) for note in read.notes] == [
        (0.0, "KD", 101),
        (0.0, "HH", 64),
        (0.25, "SN", 127),
        (0.5, "BE", 1),
    ]


def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match=r"notes\.txt .*\.mid, \.midi, \.json, \.csv"):
        write_notes(BEAT, tmp_path / "notes.txt")
    with pytest.raises(ValueError, match=r"suffix must be one of"):
        read_notes(tmp_path / "notes")


@pytest.mark.parametrize("suffix", [".json", ".csv", ".mid"])
def test_missing_files_and_folders_are_refused_by_name(tmp_path, suffix):
    with pytest.raises(ValueError, match=f"cannot read .*none{suffix}: No such file"):
        read_notes(tmp_path / f"none{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(ValueError, match=f"cannot read .*folder{suffix}"):
        read_notes(tmp_path / f"folder{suffix}")
