"""Project files: what is saved comes back; what is no project is refused clearly, and nothing leaves its folder."""

import io
import json
import signal
import struct
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from n2n.bars import Bars
from n2n.edits import EditedRoll, Region
from n2n.export import project
from n2n.export.project import AUDIO, MAX_SESSION_BYTES, SESSION, CandidateRow, Project, extract_audio, read_project, write_project
from n2n.export.recipe import Action, parse_recipe
from n2n.notes import Note, Transcription

NOTES = (Note(0.25, "KD", 101, 0.93), Note(0.3333333333333333, "SN", 7), Note(1.0, "BE", 127, 1.0))
THRESHOLDS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 1.0)
ROLL = EditedRoll(Transcription(NOTES, 2.5, 98.5), (Region(0.5, 1.25, ("KD", "HH")),), ("SN", "CY"), Bars(98.5, -0.125, 3), THRESHOLDS)
UNTIMED = Transcription(NOTES, 2.5)
RECIPE = (
    Action(
        "transcribe", {"num_steps": 5, "sampler": "renoise", "guidance": 1.5, "num_samples": 2}, (2**53,), results=(ROLL.transcription,)
    ),
    Action("regenerate", {"num_steps": 2, "thresholds": (0.25,) * 7}, (0, 1, 2), EditedRoll(UNTIMED, ROLL.masks, ROLL.locks)),
    Action("regenerate", {}, (4,), EditedRoll(UNTIMED, ROLL.masks), listen=False, heard=False),
    Action("refine", {}, (3,), EditedRoll(UNTIMED), strength=0.25),
    Action("edit", given=EditedRoll(UNTIMED)),
    Action("generate", {"num_steps": 8}, seconds=4.5),
)
PROJECT = Project(
    ROLL,
    name="Sunday <b>session</b> ${x}",
    recording="../../loop 'n\" roll.wav",
    candidates=(CandidateRow(0.25, 0, 101, 0.93, 0.9), CandidateRow(0.5, 6, 1, 0.0, 0.0)),
    recipe=RECIPE,
    settings={"model": "small", "steps": 5, "strength": 0.5, "listen": True, "kit": None},
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    write_project(PROJECT, tmp_path / "saved.n2n")
    return tmp_path / "saved.n2n"


def packed(path: Path, *members: tuple[str, bytes], **options: Any) -> Path:
    """A zip file of these members."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def session_bytes(**changes: Any) -> bytes:
    return json.dumps({**PROJECT.to_json(), **changes}).encode()


def test_a_project_comes_back_equal(saved: Path) -> None:
    assert read_project(saved) == PROJECT


def test_thresholds_of_files_of_before_are_read_where_they_stood(tmp_path: Path) -> None:
    old = PROJECT.to_json()
    old["thresholds"] = old["roll"].pop("thresholds")
    assert read_project(packed(tmp_path / "old.n2n", (SESSION, json.dumps(old).encode()))) == PROJECT
    del old["thresholds"]
    read = read_project(packed(tmp_path / "older.n2n", (SESSION, json.dumps(old).encode())))
    assert read == replace(PROJECT, roll=replace(ROLL, thresholds=None))


def test_recipes_of_before_say_nothing_of_a_recording_and_are_read_as_having_had_one(tmp_path: Path) -> None:
    old = PROJECT.to_json()
    for entry in old["recipe"]:
        entry.pop("heard", None)
    read = read_project(packed(tmp_path / "old.n2n", (SESSION, json.dumps(old).encode())))
    assert read == replace(PROJECT, recipe=tuple(replace(action, heard=True) for action in RECIPE))


def test_an_empty_project_comes_back_equal(tmp_path: Path) -> None:
    empty = Project(EditedRoll(Transcription((), 0.0)))
    write_project(empty, tmp_path / "empty.n2n")
    assert read_project(tmp_path / "empty.n2n") == empty


def test_equal_projects_give_equal_files(saved: Path, tmp_path: Path) -> None:
    write_project(PROJECT, tmp_path / "again.n2n")
    assert (tmp_path / "again.n2n").read_bytes() == saved.read_bytes()


def test_the_recording_comes_back_byte_for_byte_under_a_name_of_ours(tmp_path: Path) -> None:
    sound = bytes(range(256)) * 9000
    (tmp_path / "loop.wav").write_bytes(sound)
    write_project(PROJECT, tmp_path / "saved.n2n", audio=tmp_path / "loop.wav")
    folder = tmp_path / "inner" / "folder"
    folder.mkdir(parents=True)
    path = extract_audio(tmp_path / "saved.n2n", folder)
    assert path == folder / "recording.wav"
    assert path.read_bytes() == sound
    assert sorted(tmp_path.rglob("*.wav")) == [path, tmp_path / "loop.wav"]


@pytest.mark.parametrize(
    ("recording", "name"),
    [("a.FLAC", "recording.flac"), ("a.py", "recording"), ("a", "recording"), ("x.wav/../../y", "recording"), (None, "recording")],
)
def test_only_suffixes_of_audio_are_taken_over(tmp_path: Path, recording: str | None, name: str) -> None:
    packed(tmp_path / "p.n2n", (SESSION, session_bytes(recording=recording)), (AUDIO, b"sound"))
    path = extract_audio(tmp_path / "p.n2n", tmp_path)
    assert path is not None and path == tmp_path / name


def test_without_a_recording_there_is_none(saved: Path, tmp_path: Path) -> None:
    assert extract_audio(saved, tmp_path) is None
    assert list(tmp_path.iterdir()) == [saved]


def test_a_recording_longer_than_allowed_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    packed(tmp_path / "p.n2n", (SESSION, session_bytes()), (AUDIO, bytes(5_000_000)), compression=zipfile.ZIP_DEFLATED)
    (tmp_path / "out").mkdir()
    with pytest.raises(ValueError, match="more than 4 MB"):
        extract_audio(tmp_path / "p.n2n", tmp_path / "out", max_bytes=4_000_000)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    "members",
    [
        [("../evil.py", b"")],
        [("/etc/passwd", b"")],
        [("session.json", session_bytes()), ("../../evil", b"")],
        [("session.json", session_bytes()), ("audio", b""), ("extra", b"")],
        [("audio", b"sound")],
        [],
        [(f"member {index}", b"") for index in range(100)],
    ],
)
def test_other_members_are_refused(tmp_path: Path, members: list[tuple[str, bytes]]) -> None:
    path = packed(tmp_path / "p.n2n", *members)
    for read in (read_project, lambda path: extract_audio(path, tmp_path)):
        with pytest.raises(ValueError, match=r"p\.n2n is no project file that can be opened: it (must hold|holds more)"):
            read(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("compression", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_members_packed_in_another_way_are_refused_before_they_are_unpacked(tmp_path: Path, compression: int) -> None:
    path = packed(tmp_path / "p.n2n", (SESSION, session_bytes()), (AUDIO, b"sound" * 1000), compression=compression)
    content = bytearray(path.read_bytes())
    content[60:70] = b"\xff" * 10  # damage within the session
    path.write_bytes(content)
    for read in (read_project, lambda path: extract_audio(path, tmp_path)):
        with pytest.raises(ValueError, match=r"p\.n2n is no project file that can be opened: it is packed in a way that no project is"):
            read(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_recording_that_does_not_fit_on_the_disk_leaves_nothing(tmp_path: Path) -> None:
    import resource

    path = packed(tmp_path / "p.n2n", (SESSION, session_bytes()), (AUDIO, bytes(5_000_000)))
    (tmp_path / "out").mkdir()
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            extract_audio(path, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not list((tmp_path / "out").iterdir())


def test_a_member_twice_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        path = packed(tmp_path / "p.n2n", (SESSION, session_bytes()), (SESSION, session_bytes()))
    with pytest.raises(ValueError, match="nothing else"):
        read_project(path)


def test_a_session_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "bomb.n2n", (SESSION, bytes(MAX_SESSION_BYTES + 10)), compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    with pytest.raises(ValueError, match="more than 64 MB"):
        read_project(path)


def test_of_a_session_too_long_to_be_read_what_the_oldest_actions_gave_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    action = replace(RECIPE[0], results=(Transcription((Note(0.5, "KD", 100),) * 50, 2.5),))
    long = replace(PROJECT, recipe=(action,) * 10)
    monkeypatch.setattr(project, "MAX_SESSION_BYTES", len(json.dumps(long.to_json())) * 2 // 3)
    write_project(long, tmp_path / "long.n2n")
    kept = read_project(tmp_path / "long.n2n").recipe
    given = [bool(action.results) for action in kept]
    assert given == sorted(given) and given[-1] and not given[0]
    assert [replace(old, results=()) for old in kept] == [replace(action, results=())] * 10
    monkeypatch.setattr(project, "MAX_SESSION_BYTES", 1000)
    with pytest.raises(ValueError, match="which no project can hold"):
        write_project(long, tmp_path / "never.n2n")
    assert not (tmp_path / "never.n2n").exists()


def test_garbage_is_refused(tmp_path: Path, saved: Path) -> None:
    whole = saved.read_bytes()
    pieces = [b"", b"PK", bytes(1000), b"MThd" * 100, whole[:-1], whole[:-30], whole[50:], whole[: len(whole) // 2], whole + b"\0"]
    for piece in pieces:
        (tmp_path / "p.n2n").write_bytes(piece)
        with pytest.raises(ValueError, match=r"p\.n2n is no project file that can be opened"):
            read_project(tmp_path / "p.n2n")


def test_damage_anywhere_is_refused_or_harmless(tmp_path: Path, saved: Path) -> None:
    whole = saved.read_bytes()
    for place in range(0, len(whole), 7):
        (tmp_path / "p.n2n").write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            read = read_project(tmp_path / "p.n2n")
        except ValueError:
            continue
        assert read == PROJECT


def test_a_huge_directory_is_refused_before_it_is_read(tmp_path: Path, saved: Path) -> None:
    whole = bytearray(saved.read_bytes())
    struct.pack_into("<I", whole, len(whole) - 10, 50_000_000)
    saved.write_bytes(whole)
    with pytest.raises(ValueError, match="it holds more than a project does"):
        read_project(saved)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"gone\.n2n is no project file that can be opened: No such file"):
        read_project(tmp_path / "gone.n2n")


def broken(change: Callable[[dict[str, Any]], object]) -> bytes:
    obj = PROJECT.to_json()
    change(obj)
    return json.dumps(obj).encode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "its session is damaged"),
        (b"\xff\xfe", "its session is damaged"),
        (b"[]", "does not say that it is a project"),
        (b"[" * 100_000, "(nested too deep|damaged)"),
        (session_bytes(format="zip"), "does not say that it is a project"),
        (session_bytes(version=2), "saved by another version"),
        (session_bytes(version=True), "saved by another version"),
        (session_bytes(roll=None), "there are no notes"),
        (session_bytes(name=7), "name must be text"),
        (session_bytes(name="x" * 301), "name must be text of at most 300"),
        (session_bytes(recording=["loop.wav"]), "recording must be text"),
        (broken(lambda obj: obj["roll"].update(thresholds=[0.5] * 6)), "thresholds must be 7 numbers"),
        (broken(lambda obj: obj["roll"].update(thresholds=[0.5] * 6 + [2])), "a threshold must be a number from"),
        (broken(lambda obj: obj.update(roll={**obj["roll"], "thresholds": None}, thresholds="low")), "thresholds must be 7 numbers"),
        (session_bytes(recipe=[{"verb": "transcribe", "thresholds": [0.0] * 7}]), "a threshold must be a number from"),
        (session_bytes(candidates={}), "candidates must be a list"),
        (session_bytes(candidates=[[0.0, 7, 1, 0.5, 0.5]]), r"candidates\[0\] must be"),
        (session_bytes(candidates=[[0.0, 1, 1, 0.5, 0.5], [0.0, 1, True, 0.5, 0.5]]), r"candidates\[1\] must be"),
        (session_bytes(candidates=[[float("nan"), 1, 1, 0.5, 0.5]]), r"candidates\[0\] must be"),
        (session_bytes(recipe="rm -rf"), "recipe must be a list"),
        (session_bytes(recipe=[{"verb": "exec"}]), r"recipe\[0\]: .*verbs transcribe"),
        (session_bytes(recipe=[{"verb": "generate"}]), r"recipe\[0\]: seconds must be a number"),
        (session_bytes(recipe=[{"verb": "transcribe", "options": {"seed": 0.5}}]), "seed must be a whole number"),
        (session_bytes(recipe=[{"verb": "transcribe", "model": ["small"]}]), "model must be a name"),
        (session_bytes(recipe=[{"verb": "transcribe", "options": {"num_steps": "5"}}]), "num_steps must be a whole number"),
        (session_bytes(recipe=[{"verb": "transcribe", "options": {"sampler": "__import__('os')"}}]), "sampler must be one of"),
        (session_bytes(recipe=[{"verb": "transcribe", "options": {"sampler": []}}]), "sampler must be one of"),
        (session_bytes(recipe=[{"verb": "transcribe", "seeds": [0] * 17}]), "seeds may hold at most 16"),
        (session_bytes(recipe=[{"verb": "refine"}]), "its notes must be an object"),
        (session_bytes(recipe=[RECIPE[1].to_json() | {"listen": "no"}]), r"recipe\[0\]: listen must be true or false"),
        (session_bytes(recipe=[RECIPE[1].to_json() | {"heard": 0}]), r"recipe\[0\]: heard must be true or false"),
        (session_bytes(recipe=[RECIPE[1].to_json() | {"heard": None}]), r"recipe\[0\]: heard must be true or false"),
        (session_bytes(settings=[]), "settings must be an object"),
        (session_bytes(settings={"a": {}}), "the setting 'a' must be a number"),
        (session_bytes(settings={"a": float("nan")}), "the setting 'a' must be a number"),
        (session_bytes(settings={"a": float("inf")}), "the setting 'a' must be a number"),
        (broken(lambda obj: obj["roll"]["notes"][0].update(drum="XX")), r"notes\[0\]: unknown drum"),
        (broken(lambda obj: obj["roll"]["masks"][0].update(end=0)), "masks"),
        (broken(lambda obj: obj["roll"]["tempo"].update(bpm=0)), "bpm"),
    ],
)
def test_a_session_with_wrong_values_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = packed(tmp_path / "p.n2n", (SESSION, content))
    with pytest.raises(ValueError, match=r"p\.n2n is no project file that can be opened: .*" + reason):
        read_project(path)


def test_options_that_are_not_known_are_left_out() -> None:
    (action,) = parse_recipe([{"verb": "transcribe", "options": {"seed": 4, "__class__": "x", "device": "cuda"}}])
    assert action == Action("transcribe", {}, (4,))


def test_a_recipe_survives_json() -> None:
    assert parse_recipe(json.loads(json.dumps([action.to_json() for action in RECIPE]))) == RECIPE


def test_the_file_is_a_plain_zip_that_others_can_read(saved: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(saved.read_bytes())) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read(SESSION)) == json.loads(json.dumps(PROJECT.to_json()))
