"""The Groove MIDI Dataset's zip becomes one file of performances, on Roland's own notes."""

import io
import itertools
import zipfile
from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from n2n.drums import MIDI_TO_DRUM
from n2n.kits.performances import RETRIGGER, build_performances, read_hits
from n2n.training.performances import ROLAND_PADS, read_performances, write_performances

HEADER = "drummer,session,id,style,bpm,beat_type,time_signature,midi_filename,audio_filename,duration,split"
TICKS_PER_SECOND = 1_000_000


def midi_bytes(hits: list[tuple[float, int, int]], *, pedal: Sequence[tuple[float, int]] = ()) -> bytes:
    """A MIDI file of (seconds, note, velocity), microseconds exact, with hi-hat controller moves (seconds, value)."""
    events = [(onset, 1, mido.Message("note_on", channel=9, note=note, velocity=velocity)) for onset, note, velocity in hits]
    events += [(onset + 0.0001, 2, mido.Message("note_off", channel=9, note=note)) for onset, note, _ in hits]
    events += [(onset, 0, mido.Message("control_change", channel=9, control=4, value=value)) for onset, value in pedal]
    file = mido.MidiFile(type=0, ticks_per_beat=10_000)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=10_000)])
    now = 0
    for onset, _, message in sorted(events, key=lambda event: event[:2]):
        tick = round(onset * TICKS_PER_SECOND)
        track.append(message.copy(time=tick - now))
        now = tick
    file.tracks.append(track)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def groove_zip(path: Path, files: dict[str, bytes], *, rows: list[str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("groove/info.csv", "\r\n".join([HEADER, *rows]))
        for name, data in files.items():
            archive.writestr(f"groove/{name}", data)
    return path


def row(name: str, *, split: str = "train", style: str = "rock", bpm: int = 120, kind: str = "beat", duration: float = 2.0) -> str:
    return f"drummer1,drummer1/s1,drummer1/s1/1,{style},{bpm},{kind},4-4,{name},,{duration},{split}"


def test_a_zip_becomes_performances_in_the_order_of_its_table(tmp_path: Path) -> None:
    files = {
        "drummer1/s1/b.mid": midi_bytes([(0.5, 36, 100), (0.25, 42, 40)]),
        "drummer1/s1/a.mid": midi_bytes([(0.0, 53, 127)]),
    }
    rows = [
        row("drummer1/s1/b.mid", style="funk/groove1", bpm=138, duration=1.25),
        row("drummer1/s1/a.mid", split="test", kind="fill"),
    ]
    first, second = build_performances(groove_zip(tmp_path / "groove.zip", files, rows=rows))
    assert (first.name, first.split, first.style, first.bpm) == ("drummer1/s1/b", "train", "funk/groove1", 138.0)
    assert (first.duration, first.beat_type, first.time_signature) == (1.25, "beat", "4-4")
    np.testing.assert_allclose(first.onset, [0.25, 0.5], atol=1e-6)
    assert first.note.tolist() == [42, 36] and first.velocity.tolist() == [40, 100]
    assert (second.split, second.beat_type, second.note.tolist()) == ("test", "fill", [53])


def test_written_performances_are_read_back_equal(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    files = {
        f"{name}.mid": midi_bytes([(0.1 * i, int(rng.choice(list(ROLAND_PADS))), int(rng.integers(1, 128))) for i in range(count)])
        for name, count in (("long", 40), ("none", 0), ("one", 1))
    }
    built = build_performances(groove_zip(tmp_path / "groove.zip", files, rows=[row(name, duration=4.5) for name in files]))
    path = tmp_path / "new folder" / "performances.safetensors"
    write_performances(built, path)
    again = read_performances(path)
    assert [len(p.onset) for p in again] == [40, 0, 1]
    for before, after in zip(built, again, strict=True):
        assert (before.name, before.duration, before.bpm) == (after.name, after.duration, after.bpm)
        for array in ("onset", "note", "velocity", "pedal"):
            np.testing.assert_array_equal(getattr(before, array), getattr(after, array))


def test_a_retrigger_within_5_ms_is_one_hit_and_the_louder_one() -> None:
    hits = read_hits(midi_bytes([(1.0, 38, 50), (1.003, 38, 90), (1.5, 38, 90), (1.504, 38, 20)]), name="x")
    assert [(round(hit.onset, 4), hit.velocity) for hit in hits] == [(1.003, 90), (1.5, 90)]


def test_a_flam_and_two_drums_at_once_stay_apart() -> None:
    hits = read_hits(midi_bytes([(1.0, 38, 50), (1.006, 38, 90), (1.0, 36, 90), (1.001, 40, 10)]), name="x")
    assert len(hits) == 4


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from([36, 38]), st.integers(1, 127)), min_size=1, max_size=25))
def test_no_note_repeats_within_5_ms_and_the_loudest_hit_survives(steps: list[tuple[int, int, int]]) -> None:
    hits = read_hits(midi_bytes([(step / 1000, note, velocity) for step, note, velocity in steps]), name="x")
    assert hits == sorted(hits)
    for note in {36, 38}:
        onsets = [hit.onset for hit in hits if hit.note == note]
        assert all(later - earlier >= RETRIGGER - 1e-9 for earlier, later in itertools.pairwise(onsets))
        played = [velocity for _, number, velocity in steps if number == note]
        assert max((hit.velocity for hit in hits if hit.note == note), default=None) == (max(played) if played else None)


def test_each_hit_knows_where_the_hi_hat_pedal_was() -> None:
    midi = midi_bytes([(0.1, 42, 80), (0.3, 46, 80), (0.5, 46, 80)], pedal=[(0.0, 90), (0.2, 0), (0.5, 33)])
    assert [hit.pedal for hit in read_hits(midi, name="x")] == [90, 0, 33]


def test_roland_pads_agree_with_the_drum_vocabulary() -> None:
    assert len(ROLAND_PADS) == 22
    assert all(MIDI_TO_DRUM[note] == pad.drum for note, pad in ROLAND_PADS.items())


def test_toms_are_numbered_from_high_to_low() -> None:
    assert [ROLAND_PADS[note].piece for note in (48, 45, 43)] == [1, 2, 3]


def test_an_unknown_note_is_refused_by_file_and_number() -> None:
    with pytest.raises(ValueError, match=r"take7.*note 60"):
        read_hits(midi_bytes([(0.0, 60, 100)]), name="take7")


def test_what_is_no_midi_is_refused() -> None:
    with pytest.raises(ValueError, match="take7 is not a readable MIDI file"):
        read_hits(b"RIFF....", name="take7")


@pytest.mark.parametrize(("header", "line", "lacks"), [("a,b", "1,2", "midi_filename, split"), (HEADER, "drummer1,s1,1,rock", "bpm")])
def test_a_table_that_lacks_columns_is_refused(tmp_path: Path, header: str, line: str, lacks: str) -> None:
    path = tmp_path / "groove.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("groove/info.csv", f"{header}\r\n{line}")
    with pytest.raises(ValueError, match=rf"groove\.zip: row 1 below the header of its info\.csv lacks .*{lacks}"):
        build_performances(path)


@pytest.mark.parametrize(("column", "text"), [("bpm", "fast"), ("bpm", ""), ("bpm", "nan"), ("bpm", "0"), ("duration", "-2.0")])
def test_a_table_whose_numbers_are_none_is_refused_by_row(tmp_path: Path, column: str, text: str) -> None:
    files = {"a.mid": midi_bytes([(0.0, 36, 100)])}
    cells = dict(zip(HEADER.split(","), row("a.mid").split(","), strict=True)) | {column: text}
    path = groove_zip(tmp_path / "groove.zip", files, rows=[row("a.mid"), ",".join(cells.values())])
    with pytest.raises(ValueError, match=rf"^groove\.zip: row 2 .* info\.csv: {column} must be a number above 0, not '{text}'"):
        build_performances(path)


@pytest.mark.parametrize(("table", "line"), [(b"a,b\nc\xe9,d", 2), (b'a,b\n"' + bytes(200_000), 2)])
def test_a_table_that_is_none_is_refused_by_line(tmp_path: Path, table: bytes, line: int) -> None:
    path = tmp_path / "groove.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("groove/info.csv", table)
    with pytest.raises(ValueError, match=rf"groove\.zip: groove/info\.csv, line {line}: "):
        build_performances(path)


@pytest.mark.parametrize("damaged", [b"drummer1/s1/a.mid,", b"MThd"])
def test_a_damaged_zip_is_refused(tmp_path: Path, damaged: bytes) -> None:
    path = groove_zip(tmp_path / "groove.zip", {"drummer1/s1/a.mid": midi_bytes([(0.0, 36, 100)])}, rows=[row("drummer1/s1/a.mid")])
    content = path.read_bytes()
    path.write_bytes(content.replace(damaged, damaged.swapcase()))
    with pytest.raises(ValueError, match=r"groove\.zip is damaged .*: fetch the Groove MIDI Dataset again"):
        build_performances(path)


def test_a_zip_that_lacks_a_named_file_is_refused(tmp_path: Path) -> None:
    path = groove_zip(tmp_path / "groove.zip", {}, rows=[row("drummer1/s1/a.mid")])
    with pytest.raises(ValueError, match=r"groove.zip lacks groove/drummer1/s1/a.mid"):
        build_performances(path)


def test_another_zip_and_no_zip_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(ValueError, match="not the Groove MIDI Dataset"):
        build_performances(tmp_path / "other.zip")
    (tmp_path / "page.zip").write_text("<html>")
    with pytest.raises(ValueError, match="no zip file"):
        build_performances(tmp_path / "page.zip")


def test_files_without_performances_are_refused(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"audio": np.zeros(1, np.int16)}, tmp_path / "bundle.safetensors")
    with pytest.raises(ValueError, match="holds no performances"):
        read_performances(tmp_path / "bundle.safetensors")
    with pytest.raises(ValueError, match="no performances to write"):
        write_performances([], tmp_path / "empty.safetensors")
