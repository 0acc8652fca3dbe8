"""Folders of recordings with known notes, made here in the layouts that their publishers use."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import rmtree
from unicodedata import normalize

import pytest

from n2n.batch import plan
from n2n.datasets import Item, detect_layout, open_dataset, read_mdb
from n2n.drums import MDB_TO_DRUM
from n2n.estimates import find_estimates
from n2n.evaluate import evaluate, hits_by_class
from n2n.files import find_audio
from n2n.note_files import read_notes, write_midi, write_notes
from n2n.notes import Note, Transcription

GMD_HEADER = "drummer,session,id,style,bpm,beat_type,time_signature,midi_filename,audio_filename,duration,split"
EGMD_HEADER = "drummer,session,id,style,bpm,beat_type,time_signature,duration,split,midi_filename,audio_filename,kit_name"

NOTES = Transcription((Note(0.5, "KD", 90), Note(1.0, "SN", 60)), duration=2.0)
OTHER_NOTES = Transcription((Note(0.75, "HH", 70),), duration=2.0)


def read_estimates(folder: Path, items: Sequence[Item]) -> dict[str, Transcription]:
    return {name: read_notes(path) for name, path in find_estimates(folder, items).items()}


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def midi(path: Path, notes: Transcription = NOTES) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_midi(notes, path)
    return path


def pitches(transcription: Transcription) -> list[tuple[float, str, int]]:
    return [(round(note.onset, 3), note.drum, note.velocity) for note in transcription.notes]


@pytest.fixture
def mdb(tmp_path: Path) -> Path:
    """Two tracks, padded as the dataset pads them; the band is heard on one."""
    for track in ("MusicDelta_Rock", "MusicDelta_Reggae"):
        annotation = touch(tmp_path / "annotations" / "subclass" / f"{track}_subclass.txt")
        annotation.write_text("0.000000 \t KD \n0.020000 \t CHH \n0.528254 \t SDG \n0.600000 \t TMB \n1.000000\tRDB\n\n", encoding="utf-8")
        touch(tmp_path / "audio" / "drum_only" / f"{track}_Drum.wav")
    touch(tmp_path / "audio" / "full_mix" / "MusicDelta_Rock_MIX.flac")
    return tmp_path


@pytest.fixture
def egmd(tmp_path: Path) -> Path:
    """One performance on two kits and one of another split; ids repeat, and a row's files are absent."""
    rows = [
        f"drummer1,s,drummer1/s/{number},funk,90,beat,4-4,2.0,{split},drummer1/s/{number}_funk_{kit}.midi,drummer1/s/{number}_funk_{kit}.wav,Kit"
        for number, kit, split in [(1, 1, "test"), (1, 2, "test"), (2, 1, "train"), (3, 1, "test")]
    ]
    (tmp_path / "e-gmd-v1.0.0.csv").write_text("\n".join([EGMD_HEADER, *rows]) + "\n", encoding="utf-8")
    for stem in ("1_funk_1", "1_funk_2", "2_funk_1"):
        midi(tmp_path / "drummer1" / "s" / f"{stem}.midi")
        touch(tmp_path / "drummer1" / "s" / f"{stem}.wav")
    return tmp_path


# MDB Drums


def test_mdb_labels_become_drums_and_the_tambourine_is_dropped(mdb: Path) -> None:
    dataset = open_dataset(mdb)
    assert dataset.layout == "mdb"
    assert [item.name for item in dataset] == ["MusicDelta_Reggae", "MusicDelta_Rock"]
    assert pitches(dataset.items[1].reference) == [(0.0, "KD", 100), (0.02, "HH", 100), (0.528, "SN", 100), (1.0, "BE", 100)]


def test_mdb_has_no_velocities(mdb: Path) -> None:
    assert not open_dataset(mdb).has_velocity


def test_mdb_mix_chooses_the_recording_and_names_the_tracks_without_it(mdb: Path) -> None:
    drums, band = open_dataset(mdb), open_dataset(mdb, mix="full_mix")
    assert [item.audio.name for item in drums] == ["MusicDelta_Reggae_Drum.wav", "MusicDelta_Rock_Drum.wav"]
    assert [item.audio.name for item in band] == ["MusicDelta_Rock_MIX.flac"]
    assert band.skipped == ("MusicDelta_Reggae",)


def test_without_need_of_audio_every_annotation_counts(mdb: Path) -> None:
    dataset = open_dataset(mdb, mix="full_mix", require_audio=False)
    assert [(item.name, item.audio is None) for item in dataset] == [("MusicDelta_Reggae", True), ("MusicDelta_Rock", False)]


def test_mdb_recordings_are_found_by_suffixes_in_upper_case(mdb: Path) -> None:
    (mdb / "audio" / "drum_only" / "MusicDelta_Rock_Drum.wav").rename(mdb / "audio" / "drum_only" / "MusicDelta_Rock_Drum.WAV")
    dataset = open_dataset(mdb)
    assert [item.audio.name for item in dataset] == ["MusicDelta_Reggae_Drum.wav", "MusicDelta_Rock_Drum.WAV"]
    touch(mdb / "audio" / "drum_only" / "MusicDelta_Rock_Drum.flac")
    assert open_dataset(mdb).items[1].audio.suffix == ".WAV"


@pytest.mark.parametrize("line", ["KD 0.5", "0.5", "-1.0 KD", "nan KD", "0.5 KD SD"])
def test_mdb_lines_that_are_not_onset_and_label_are_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "x_subclass.txt"
    path.write_text(f"0.0 KD\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"x_subclass\.txt, line 2: .* is not an onset in seconds and a label"):
        read_mdb(path)


def test_an_mdb_annotation_that_is_not_utf_8_is_refused_with_its_path_and_line(mdb: Path) -> None:
    path = mdb / "annotations" / "subclass" / "MusicDelta_Rock_subclass.txt"
    path.write_bytes(b"0.0 KD\n0.5 \xe9\n")
    with pytest.raises(ValueError, match=r"subclass/MusicDelta_Rock_subclass\.txt, line 2: byte 0xe9 is not UTF-8 text"):
        _ = open_dataset(mdb).items[1].reference
    path.write_text("0.0 KD\n", encoding="utf-8-sig")
    assert pitches(read_mdb(path)) == [(0.0, "KD", 100)]


def test_unknown_mdb_labels_are_refused_with_those_that_exist(tmp_path: Path) -> None:
    path = tmp_path / "x_subclass.txt"
    path.write_text("0.0 OT\n", encoding="utf-8")
    with pytest.raises(ValueError, match="unknown label 'OT': it must be one of KD, SD"):
        read_mdb(path)


def test_every_mdb_label_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x_subclass.txt"
    path.write_text("".join(f"{number}.0 {label}\n" for number, label in enumerate(MDB_TO_DRUM)), encoding="utf-8")
    assert [note.drum for note in read_mdb(path).notes] == list(MDB_TO_DRUM.values())


def test_an_empty_mdb_annotation_holds_no_notes(tmp_path: Path) -> None:
    assert read_mdb(touch(tmp_path / "x_subclass.txt")).notes == ()


# E-GMD and GMD


def test_egmd_items_are_named_by_audio_file_because_ids_repeat(egmd: Path) -> None:
    dataset = open_dataset(egmd, split="test")
    assert dataset.layout == "egmd"
    assert dataset.has_velocity
    assert [item.name for item in dataset] == ["drummer1/s/1_funk_1", "drummer1/s/1_funk_2"]
    assert dataset.skipped == ("drummer1/s/3_funk_1",)
    assert pitches(dataset.items[0].reference) == pitches(NOTES)


def test_egmd_without_a_split_holds_all_rows(egmd: Path) -> None:
    assert len(open_dataset(egmd)) == 3


def test_an_unknown_split_is_refused_with_those_that_exist(egmd: Path) -> None:
    with pytest.raises(ValueError, match="no split 'dev': it has test, train"):
        open_dataset(egmd, split="dev")


def test_gmd_rows_without_audio_are_skipped_unless_audio_is_not_needed(tmp_path: Path) -> None:
    rows = ["d1,s,d1/1,rock,90,fill,4-4,d1/1_rock.mid,,2.0,test", "d1,s,d1/2,rock,90,beat,4-4,d1/2_rock.mid,d1/2_rock.wav,2.0,test"]
    (tmp_path / "info.csv").write_text("\r\n".join([GMD_HEADER, *rows]), encoding="utf-8")
    midi(tmp_path / "d1" / "1_rock.mid")
    midi(tmp_path / "d1" / "2_rock.mid")
    recoded = touch(tmp_path / "d1" / "2_rock.flac")
    dataset = open_dataset(tmp_path)
    assert [(item.name, item.audio) for item in dataset] == [("d1/2_rock", recoded)]
    assert dataset.skipped == ("d1/1_rock",)
    assert [item.name for item in open_dataset(tmp_path, require_audio=False)] == ["d1/1_rock", "d1/2_rock"]


def test_egmd_recordings_are_found_by_suffixes_in_upper_case(egmd: Path) -> None:
    (egmd / "drummer1" / "s" / "1_funk_2.wav").rename(egmd / "drummer1" / "s" / "1_funk_2.WAV")
    assert [item.audio.name for item in open_dataset(egmd, split="test")] == ["1_funk_1.wav", "1_funk_2.WAV"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"midi_filename,audio_filename,split\na.mid,b\xe9b\xe9.wav,test\n", r"info\.csv, line 2: byte 0xe9 is not UTF-8 text"),
        (b'midi_filename,audio_filename,split\na.mid,"' + b"x\n" * 70_000, r"info\.csv, line 2: no row of a table: field larger than"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_path_and_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "info.csv").write_bytes(content)
    with pytest.raises(ValueError, match=f"{tmp_path.name}.{message}"):
        open_dataset(tmp_path)


def test_a_foreign_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "info.csv").write_text("name,split\nx,test\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"info\.csv is no table of GMD or E-GMD: it has no rows with midi_filename, audio_filename"):
        open_dataset(tmp_path)


def test_egmd_files_without_the_table_are_read_as_pairs(tmp_path: Path) -> None:
    midi(tmp_path / "3_soul_1.mid")
    touch(tmp_path / "3_soul_1.flac")
    assert [item.name for item in open_dataset(tmp_path, "egmd")] == ["3_soul_1"]
    with pytest.raises(ValueError, match=r"no info\.csv"):
        open_dataset(tmp_path, "egmd", split="test")


# Pairs


def test_a_table_that_was_cut_short_is_refused_and_a_byte_order_mark_is_not(tmp_path: Path) -> None:
    header = "midi_filename,audio_filename,split\n"
    (tmp_path / "info.csv").write_text(f"{header}a.mid,a.wav,test\nb.mid", encoding="utf-8")
    with pytest.raises(ValueError, match=r"info\.csv is cut short: row 2 below its header lacks a column"):
        open_dataset(tmp_path)
    (tmp_path / "info.csv").write_text(f"{header}a.mid,a.wav,test\n", encoding="utf-8-sig")
    midi(tmp_path / "a.mid"), touch(tmp_path / "a.wav")
    assert [item.name for item in open_dataset(tmp_path)] == ["a"]


def test_hidden_files_are_no_annotations_of_mdb_and_no_estimates(mdb: Path, tmp_path_factory) -> None:
    out = midi(tmp_path_factory.mktemp("out") / "MusicDelta_Rock.mid").parent
    for path in (mdb / "annotations" / "subclass" / "._MusicDelta_Rock_subclass.txt", out / "._MusicDelta_Reggae.mid"):
        touch(path).write_bytes(b"\x00\x05\x16\x07")
    dataset = open_dataset(mdb, require_audio=False)
    assert [item.name for item in dataset] == ["MusicDelta_Reggae", "MusicDelta_Rock"]
    assert list(read_estimates(out, dataset.items)) == ["MusicDelta_Rock"]


def test_hidden_files_and_folders_are_left_alone(tmp_path: Path) -> None:
    for name in ("a", ".b", ".cache/a", "takes/.trash/c"):
        midi(tmp_path / f"{name}.mid"), touch(tmp_path / f"{name}.wav")
    assert [item.name for item in open_dataset(tmp_path)] == ["a"]


def test_pairs_are_found_side_by_side_and_in_two_folders(tmp_path: Path) -> None:
    midi(tmp_path / "loops" / "a.mid")
    beside = touch(tmp_path / "loops" / "a.WAV")
    midi(tmp_path / "midi" / "bébé 100.5.midi", OTHER_NOTES)
    apart = touch(tmp_path / "audio" / "bébé 100.5.mp3")
    dataset = open_dataset(tmp_path)
    assert dataset.layout == "pairs"
    assert {item.name: item.audio for item in dataset} == {"loops/a": beside, "midi/bébé 100.5": apart}
    assert pitches(dataset.references()["midi/bébé 100.5"]) == pitches(OTHER_NOTES)


def test_pairs_of_one_name_in_several_folders_keep_to_their_folder(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        midi(tmp_path / folder / "a.mid")
        touch(tmp_path / folder / "a.wav")
    assert [item.audio.parent.name for item in open_dataset(tmp_path)] == ["x", "y"]


def test_a_recording_that_has_notes_beside_it_is_nobody_elses(tmp_path: Path) -> None:
    """As where what a model made of a set lies in a folder of the set itself."""
    midi(tmp_path / "a.mid"), touch(tmp_path / "a.wav"), midi(tmp_path / "notes" / "a.mid")
    dataset = open_dataset(tmp_path)
    assert [item.name for item in dataset] == ["a"] and dataset.skipped == ("notes/a",)


def test_a_recording_that_two_midi_files_could_belong_to_is_refused(tmp_path: Path) -> None:
    midi(tmp_path / "x" / "a.mid"), midi(tmp_path / "y" / "a.mid"), touch(tmp_path / "audio" / "a.wav")
    with pytest.raises(ValueError, match=r"a\.wav could be the recording of x/a\.mid and of y/a\.mid: put it beside"):
        open_dataset(tmp_path)


def test_two_recordings_for_one_midi_file_are_refused(tmp_path: Path) -> None:
    midi(tmp_path / "a.mid")
    touch(tmp_path / "a.wav")
    touch(tmp_path / "a.mp3")
    with pytest.raises(ValueError, match="several recordings could belong to"):
        open_dataset(tmp_path)


def test_two_midi_files_of_one_name_are_refused(tmp_path: Path) -> None:
    midi(tmp_path / "a.mid")
    midi(tmp_path / "a.midi")
    touch(tmp_path / "a.wav")
    with pytest.raises(ValueError, match=r"two recordings of .* are named 'a'"):
        open_dataset(tmp_path)


# What cannot be opened


def test_a_folder_without_anything_to_score_is_refused_with_the_layouts(tmp_path: Path) -> None:
    touch(tmp_path / "song.wav")
    with pytest.raises(ValueError, match="neither annotations/subclass/"):
        detect_layout(tmp_path)


@pytest.mark.parametrize("layout", ["mdb", "egmd", "pairs"])
def test_an_empty_folder_holds_nothing_to_score(tmp_path: Path, layout: str) -> None:
    with pytest.raises(ValueError, match="nothing to score"):
        open_dataset(tmp_path, layout)


def test_midi_without_any_audio_is_refused_where_audio_is_needed(tmp_path: Path) -> None:
    midi(tmp_path / "a.mid")
    with pytest.raises(ValueError, match="1 recordings lack their audio or their notes, such as a"):
        open_dataset(tmp_path)
    assert len(open_dataset(tmp_path, require_audio=False)) == 1


def test_unknown_choices_are_refused(mdb: Path) -> None:
    with pytest.raises(ValueError, match="unknown layout 'idmt'"):
        open_dataset(mdb, "idmt")
    with pytest.raises(ValueError, match="unknown mix 'bass'"):
        open_dataset(mdb, mix="bass")
    with pytest.raises(ValueError, match="only the tables of E-GMD and GMD name splits"):
        open_dataset(mdb, split="test")
    with pytest.raises(ValueError, match="no folder"):
        open_dataset(mdb / "nowhere")


def test_a_mix_is_refused_where_there_are_none_and_the_usual_one_asks_for_nothing(mdb: Path, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("pairs")
    midi(folder / "a.mid"), touch(folder / "a.wav")
    for layout in ("pairs", "egmd"):
        with pytest.raises(ValueError, match=f"mix 'full_mix' was asked for, but only MDB Drums has mixes, and .* is read as '{layout}'"):
            open_dataset(folder, layout, mix="full_mix")
        assert len(open_dataset(folder, layout, mix="drum_only")) == len(open_dataset(folder, layout)) == 1
    assert open_dataset(mdb) == open_dataset(mdb, mix="drum_only")


@pytest.mark.parametrize("layout", ["pairs", "egmd"])
def test_a_folder_that_cannot_be_searched_is_told_and_the_rest_is_read(tmp_path: Path, locked: Callable[[str], None], layout: str) -> None:
    for name in ("x/a", "y/b"):
        midi(tmp_path / f"{name}.mid"), touch(tmp_path / f"{name}.wav")
    if layout == "egmd":
        (tmp_path / "info.csv").write_text(
            "midi_filename,audio_filename,split\nx/a.mid,x/a.wav,test\ny/b.mid,y/b.wav,test\n", encoding="utf-8"
        )
    locked("y")
    told: list[OSError] = []
    assert [item.name for item in open_dataset(tmp_path, unread=told.append)] == ["x/a"]
    assert {error.filename for error in told} == {str(tmp_path / "y")}
    with pytest.raises(ValueError, match=r"cannot search .*y: Permission denied"):
        open_dataset(tmp_path)
    told.clear()
    items = open_dataset(tmp_path, unread=told.append).items
    touch(tmp_path / "out" / "y" / "b.mid"), midi(tmp_path / "out" / "a.mid")
    assert list(find_estimates(tmp_path / "out", items, unread=told.append)) == ["x/a"]


# Estimates


@pytest.mark.parametrize("name", ["MusicDelta_Rock.mid", "MusicDelta_Rock_Drum.mid", "MusicDelta_Rock_Drum.json", "MusicDelta_Rock.csv"])
def test_estimates_are_found_under_the_track_or_its_audio_in_every_format(mdb: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "estimates"
    folder.mkdir()
    write_notes(NOTES, folder / name)
    estimates = read_estimates(folder, open_dataset(mdb).items)
    assert list(estimates) == ["MusicDelta_Rock"]
    assert pitches(estimates["MusicDelta_Rock"]) == pitches(NOTES)


def test_estimates_of_files_in_folders_are_found_flat_and_in_the_same_folders(egmd: Path, tmp_path: Path) -> None:
    items = open_dataset(egmd, split="test").items
    midi(tmp_path / "out" / "1_funk_1.mid")
    midi(tmp_path / "out" / "drummer1" / "s" / "1_funk_2.mid")
    midi(tmp_path / "out" / "stranger.mid")
    assert list(read_estimates(tmp_path / "out", items)) == ["drummer1/s/1_funk_1", "drummer1/s/1_funk_2"]


def test_estimates_are_found_where_transcribing_the_whole_set_puts_them(mdb: Path, tmp_path_factory) -> None:
    pairs, out = tmp_path_factory.mktemp("pairs"), tmp_path_factory.mktemp("out")
    midi(pairs / "midi" / "a.mid"), touch(pairs / "audio" / "a.wav")
    for folder in (mdb, pairs):
        for job in plan([folder], out / folder.name, "mid", find_audio).jobs:
            midi(job.output)
    assert list(read_estimates(out / pairs.name, open_dataset(pairs).items)) == ["midi/a"]
    assert list(read_estimates(out / mdb.name, open_dataset(mdb).items)) == ["MusicDelta_Reggae", "MusicDelta_Rock"]


@pytest.mark.parametrize("name", ["MusicDelta_Rock.MID", "MusicDelta_Rock_Drum.Json"])
def test_estimates_are_found_by_suffixes_in_upper_case(mdb: Path, tmp_path_factory, name: str) -> None:
    out = tmp_path_factory.mktemp("out")
    written = out / name.lower()
    write_notes(NOTES, written)
    written.rename(out / name)
    assert list(read_estimates(out, open_dataset(mdb).items)) == ["MusicDelta_Rock"]
    midi(out / f"{Path(name).stem}.midi")
    with pytest.raises(ValueError, match="several estimates for MusicDelta_Rock"):
        read_estimates(out, open_dataset(mdb).items)


def test_one_estimate_for_two_recordings_is_refused(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        midi(tmp_path / "set" / folder / "a.mid")
        touch(tmp_path / "set" / folder / "a.wav")
    midi(tmp_path / "out" / "a.mid")
    with pytest.raises(ValueError, match=r"a\.mid could be the estimate of x/a and of y/a"):
        read_estimates(tmp_path / "out", open_dataset(tmp_path / "set").items)


def test_two_estimates_for_one_recording_are_refused(mdb: Path, tmp_path: Path) -> None:
    for suffix in ("mid", "json"):
        write_notes(NOTES, tmp_path / f"MusicDelta_Rock.{suffix}")
    with pytest.raises(ValueError, match=r"several estimates for MusicDelta_Rock: MusicDelta_Rock\.mid, MusicDelta_Rock\.json"):
        read_estimates(tmp_path, open_dataset(mdb).items)


def test_a_folder_without_estimates_is_refused_with_a_name_that_would_do(mdb: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ValueError, match=r"such as MusicDelta_Reggae_Drum\.mid"):
        read_estimates(empty, open_dataset(mdb).items)
    with pytest.raises(ValueError, match="no folder"):
        read_estimates(empty / "nowhere", open_dataset(mdb).items)


def test_the_truth_itself_is_refused_as_an_estimate(egmd: Path) -> None:
    with pytest.raises(ValueError, match=r"1_funk_1\.midi is the truth about drummer1/s/1_funk_1 itself, not an estimate: name the folder"):
        find_estimates(egmd, open_dataset(egmd).items)


def test_estimates_are_found_under_the_recordings_that_they_were_made_of_where_those_are_absent(mdb: Path, tmp_path_factory) -> None:
    out = tmp_path_factory.mktemp("out")
    midi(out / "MusicDelta_Rock_Drum.mid"), midi(out / "audio" / "drum_only" / "MusicDelta_Reggae_Drum.mid")
    rmtree(mdb / "audio")
    items = open_dataset(mdb, require_audio=False).items
    assert list(find_estimates(out, items)) == ["MusicDelta_Reggae", "MusicDelta_Rock"]


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_names_match_in_every_unicode_form(tmp_path: Path, forms: tuple[str, str]) -> None:
    ours, theirs = (normalize(form, "Flügel/Café") for form in forms)
    midi(tmp_path / "pairs" / f"{ours}.mid"), touch(tmp_path / "pairs" / "audio" / f"{Path(theirs).name}.wav")
    midi(tmp_path / "table" / "notes" / f"{ours}.mid"), touch(tmp_path / "table" / "sound" / f"{theirs}.wav")
    row = f"notes/{theirs}.mid,sound/{ours}.wav,test"
    (tmp_path / "table" / "info.csv").write_text(f"midi_filename,audio_filename,split\n{row}\n", encoding="utf-8")
    midi(tmp_path / "out" / f"{theirs}.mid")
    for layout, name in (("pairs", ours), ("table", f"sound/{ours}")):
        (item,) = open_dataset(tmp_path / layout).items
        assert list(find_estimates(tmp_path / "out", [item])) == [name]


def test_a_set_scored_against_its_own_midi_is_perfect(egmd: Path) -> None:
    dataset = open_dataset(egmd)
    for item in dataset:
        midi(egmd / "out" / f"{item.name}.mid", item.reference)
    scores = evaluate(dataset.references(), read_estimates(egmd / "out", dataset.items), velocity=dataset.has_velocity)
    assert scores.total.onset.pooled.f1 == 1.0
    assert scores.total.velocity is not None
    assert scores.total.velocity.pooled.f1 == 1.0


# The real sets, where they are at hand


def real_data(name: str) -> Path:
    folder = Path(os.environ.get("N2N_DATA", Path(__file__).parents[2] / "shared" / "data")) / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not at hand (set N2N_DATA to the folder that holds it)")
    return folder


def test_the_six_mdb_tracks_hold_1007_hits_of_five_classes() -> None:
    dataset = open_dataset(real_data("mdb-dev"))
    assert len(dataset) == 6
    classes = [hits_by_class(item.reference.notes, num_classes=5) for item in dataset]
    hits = {name: sum(len(file[name].onsets) for file in classes) for name in classes[0]}
    assert sum(hits.values()) == 1007
    assert (hits["TT"], hits["CY"]) == (12, 127)


def test_the_two_egmd_recordings_are_pairs_with_velocities() -> None:
    dataset = open_dataset(real_data("egmd-dev"))
    assert (dataset.layout, len(dataset), dataset.has_velocity) == ("pairs", 2, True)
    assert all({"KD", "SN", "HH"} <= {note.drum for note in item.reference.notes} for item in dataset)
