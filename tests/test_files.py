"""Files: found below a folder, told when they cannot be, written whole or not at all."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from n2n.audio import AudioError
from n2n.files import WriteError, atomic_folder, atomic_write, check_writable, find_audio, find_files, load_json

ENTRIES = ("a", "b")


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


# Found


def test_folders_are_searched_through_and_sorted_and_files_are_taken_as_given(tmp_path):
    touch(
        tmp_path,
        "b.wav",
        "a.FLAC",
        "deep/er/c.m4a",
        "deep/video.mp4",
        "notes.mid",
        "deep/readme.txt",
        ".hidden.wav",
        "._b.wav",
        ".git/x.wav",
    )
    found = find_audio([tmp_path / "notes.mid", tmp_path, str(tmp_path / "b.wav"), "missing.wav"])
    names = ["notes.mid", "a.FLAC", "b.wav", "deep/er/c.m4a", "deep/video.mp4"]
    assert [path.as_posix() for path in found] == [*((tmp_path / name).as_posix() for name in names), "missing.wav"]


def test_a_folder_without_audio_is_refused(tmp_path):
    (tmp_path / "readme.txt").touch()
    with pytest.raises(AudioError, match=r"no audio in the folder .*looked for .*\.flac"):
        find_audio([tmp_path])


def names_below(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_files([folder], (".mid",), kind="notes")]


def test_linked_folders_are_searched_too(tmp_path: Path) -> None:
    touch(tmp_path, "elsewhere/deep/b.mid", "in/a.mid", ".hidden/c.mid")
    (tmp_path / "in" / "x").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "in" / ".y").symlink_to(tmp_path / ".hidden", target_is_directory=True)
    assert names_below(tmp_path / "in") == ["a.mid", "x/deep/b.mid"]


def test_links_in_a_circle_come_to_an_end_and_no_folder_is_searched_twice(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mid", "in/y/b.mid", "in/z/c.mid")
    for name, target in {"up": "in", "y/to-z": "in/z", "z/to-y": "in/y", "a-link": "in/z", "top": "."}.items():
        (tmp_path / "in" / name).symlink_to(tmp_path / target, target_is_directory=True)
    assert names_below(tmp_path / "in") == ["a.mid", "y/b.mid", "z/c.mid"]


def test_folders_that_cannot_be_searched_are_told_while_the_search_goes_on(tmp_path: Path, locked: Callable[[str], None]) -> None:
    touch(tmp_path, "a.mid", "x/b.mid", "y/c.mid")
    locked("x")
    told: list[OSError] = []
    found = find_files([tmp_path, tmp_path / "x"], (".mid",), kind="notes", unread=told.append)
    assert [path.name for path in found] == ["a.mid", "c.mid"]
    assert [error.filename for error in told] == [str(tmp_path / "x")] * 2
    with pytest.raises(ValueError, match=r"cannot search .*x: Permission denied"):
        find_files([tmp_path], (".mid",), kind="notes")


# Read


def test_a_number_of_too_many_digits_is_called_that(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(f'{{"a": -{"9" * 5001}}}')
    with pytest.raises(ValueError, match=r"config\.json is not valid JSON: a whole number of 5001 digits is too long to be read$"):
        load_json(tmp_path / "config.json")


def test_json_that_is_nested_too_deeply_is_called_that(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("[" * 200_000)
    with pytest.raises(ValueError, match=r"config\.json cannot be read: its lists and objects are nested too deeply"):
        load_json(tmp_path / "config.json")


# Written


def test_what_cannot_be_written_is_told_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "a.mid").mkdir()
    with pytest.raises(WriteError, match=r"cannot write .*a\.mid: a folder of this name is in the way") as refused:
        atomic_write(tmp_path / "a.mid").__enter__()
    assert "partial" not in str(refused.value) and os.listdir(tmp_path) == ["a.mid"]


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
def test_where_no_file_can_be_created_that_is_said() -> None:
    with pytest.raises(ValueError, match=r"^cannot write into /proc/x: /proc: no file can be created there: name another folder with -o$"):
        check_writable(Path("/proc/x"), "-o")
    with pytest.raises(WriteError, match=r"^\[Errno 2\] cannot write /proc/x\.mid: no file can be created there$"):
        atomic_write(Path("/proc/x.mid")).__enter__()


def test_folders_that_were_created_for_nothing_are_gone_and_those_that_hold_something_are_not(tmp_path: Path) -> None:
    def fail_to_write(name: str) -> None:
        with pytest.raises(ValueError, match="no good"), atomic_write(tmp_path / name):
            raise ValueError("no good")

    (tmp_path / "empty").mkdir()
    fail_to_write("empty/new/deep/a.mid")
    assert list(tmp_path.rglob("*")) == [tmp_path / "empty"]
    with atomic_write(tmp_path / "new" / "a.mid"):
        fail_to_write("new/deep/b.mid")
        assert (tmp_path / "new").is_dir()
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "empty", tmp_path / "new", tmp_path / "new" / "a.mid"]


def test_errors_of_other_files_pass_through(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"other\.wav"), atomic_write(tmp_path / "a.mid"):
        (tmp_path / "other.wav").read_bytes()
    assert os.listdir(tmp_path) == []


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A folder that holds one file to replace, and others."""
    (tmp_path / "folder" / "a").mkdir(parents=True)
    for name in ("a/old", "mine"):
        (tmp_path / "folder" / name).write_text(name)
    return tmp_path / "folder"


def write(folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a" / "new").write_text("a/new")
    (folder / "b").write_text("b")


def write_and_fail(folder: Path) -> None:
    write(folder)
    raise ValueError("no good")


def test_a_folder_is_written_or_replaced_whole_and_keeps_what_else_it_holds(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (older, older.parent / "deep" / "new"):
        with atomic_folder(folder, ENTRIES) as partial:
            write(partial)
    assert contents(older) == {"a/new": "a/new", "b": "b", "mine": "mine"}
    assert contents(older.parent / "deep") == {"new/a/new": "a/new", "new/b": "b"}
    assert sorted(os.listdir(older.parent)) == ["deep", "folder"]
    monkeypatch.chdir(older)
    with atomic_folder(Path(), ENTRIES) as partial:
        write(partial)
    assert contents(older) == {"a/new": "a/new", "b": "b", "mine": "mine"}


def test_a_folder_that_fails_leaves_the_older_one_and_no_new_one(older: Path) -> None:
    before = contents(older)
    for folder in (older, older.parent / "new"):
        with pytest.raises(ValueError, match="no good"), atomic_folder(folder, ENTRIES) as partial:
            write_and_fail(partial)
    assert contents(older) == before and os.listdir(older.parent) == ["folder"]


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_a_swap_that_fails_is_taken_back(older: Path, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    before, moves = contents(older), list[Path]()
    rename = Path.rename

    def fail_once(path: Path, target: Path) -> Path:
        moves.append(path)
        if len(moves) - 1 == failing:
            raise PermissionError(13, "Permission denied", str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_once)
    with pytest.raises(PermissionError), atomic_folder(older, ENTRIES) as partial:
        write(partial)
    assert contents(older) == before


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_folder_without_permission_is_found_to_be_so_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_nobody: Callable[[], AbstractContextManager[None]]
) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    for name, mode in {"ro": 0o555, "rw": 0o777}.items():
        Path(name).mkdir()
        Path(name).chmod(mode)
    with as_nobody():
        check_writable(Path("rw/new/deep"), "-o")
        for folder, text in {"ro": "ro: Permission denied", "ro/new": "ro/new: ro: Permission denied"}.items():
            with pytest.raises(ValueError, match=f"cannot write into {text}: name another folder with --report"):
                check_writable(Path(folder), "--report")
        with pytest.raises(WriteError, match=r"cannot write ro/loop\.mid: Permission denied"), atomic_write(Path("ro/loop.mid")):
            pytest.fail("the work was done")
    assert os.listdir("rw") == os.listdir("ro") == []
