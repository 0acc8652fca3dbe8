"""Many files in one go: names of outputs, failures that end nothing, outputs that are whole or absent."""

import errno
import json
import warnings
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from n2n.batch import Job, Outcome, explain, plan, run
from n2n.files import find_audio


class Silent:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.shares: list[tuple[str, float]] = []

    def progress(self, name: str, share: float) -> None:
        self.shares.append((name, share))

    def finished(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def outputs(tmp_path: Path, *inputs: Path) -> list[str]:
    return [job.output.relative_to(tmp_path / "out").as_posix() for job in plan(inputs, tmp_path / "out", "mid", find_audio).jobs]


def test_files_are_named_by_their_stems_and_those_of_a_folder_by_their_paths_in_it(tmp_path: Path):
    touch(tmp_path, "b.mp3", "in/a.wav", "in/deep/c.flac", "in/notes.mid", "in/.hidden.wav")
    assert outputs(tmp_path, tmp_path / "b.mp3", tmp_path / "in") == ["b.mid", "a.mid", "deep/c.mid"]


def test_files_that_join_a_folder_leave_the_names_of_the_others_as_they_are(tmp_path: Path):
    touch(tmp_path, "in/a/loop.wav", "in/b/song.wav")
    before = outputs(tmp_path, tmp_path / "in")
    touch(tmp_path, "in/c/loop.wav", "in/c/song.flac", "in/loop.mp3")
    assert set(before) < set(outputs(tmp_path, tmp_path / "in"))


def test_equal_stems_keep_their_subfolders(tmp_path: Path):
    touch(tmp_path, "gmd/d1/1_rock.wav", "gmd/d2/1_rock.wav", "gmd/other.wav")
    assert outputs(tmp_path, tmp_path / "gmd") == ["d1/1_rock.mid", "d2/1_rock.mid", "other.mid"]


def test_names_that_differ_in_case_alone_keep_their_subfolders_too(tmp_path: Path):
    touch(tmp_path, "in/x/Kick.wav", "in/y/kick.wav")
    assert outputs(tmp_path, tmp_path / "in") == ["x/Kick.mid", "y/kick.mid"]


def test_equal_paths_in_two_folders_keep_the_folders_names(tmp_path: Path):
    touch(tmp_path, "one/a.wav", "two/a.wav")
    assert outputs(tmp_path, tmp_path / "one", tmp_path / "two") == ["one/a.mid", "two/a.mid"]


def test_names_with_dots_are_kept_whole(tmp_path: Path):
    touch(tmp_path, "x/take.1.wav", "x/take.2.wav", "y/take.1.wav")
    assert outputs(tmp_path, tmp_path / "x") == ["take.1.mid", "take.2.mid"]
    assert outputs(tmp_path, tmp_path / "x", tmp_path / "y") == ["x/take.1.mid", "x/take.2.mid", "y/take.1.mid"]


@pytest.mark.parametrize("names", [("a.wav", "A.mp3"), ("in/a.wav", "in/A.mp3"), ("x/a.wav", "y/A.mp3")])
def test_files_that_differ_in_their_suffix_alone_keep_it(tmp_path: Path, names: tuple[str, str]):
    touch(tmp_path, *names)
    assert outputs(tmp_path, *(tmp_path / name for name in names)) == ["a.wav.mid", "A.mp3.mid"]


def test_only_those_of_a_folder_that_differ_in_their_suffix_alone_keep_it(tmp_path: Path):
    touch(tmp_path, "in/x/a.wav", "in/x/a.flac", "in/x/b.wav", "in/a.wav")
    assert outputs(tmp_path, tmp_path / "in") == ["a.mid", "x/a.flac.mid", "x/a.wav.mid", "x/b.mid"]


@pytest.mark.parametrize("names", [("x/a.wav", "y/a.wav"), ("in/a.flac", "a.flac")])
def test_two_files_that_would_have_one_output_are_refused_before_anything_starts(tmp_path: Path, names: tuple[str, str]):
    touch(tmp_path, *names)
    with pytest.raises(ValueError, match=r"a\.(wav|flac|mp3) and .*a\.(wav|flac|mp3) would both be written to"):
        outputs(tmp_path, *(tmp_path / name for name in names))


def test_a_file_that_is_named_twice_is_done_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    touch(tmp_path, "in/a.wav")
    monkeypatch.chdir(tmp_path)
    assert outputs(tmp_path, Path("in/a.wav"), tmp_path / "in" / "a.wav", Path("in"), Path("./in")) == ["a.mid"]


paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)


@given(st.sets(paths.map(lambda path: f"in/{path}.wav"), min_size=1, max_size=8))
def test_files_of_one_suffix_in_one_folder_always_get_outputs_of_their_own(tmp_path_factory, names: set[str]):
    folder = tmp_path_factory.mktemp("tree")
    touch(folder, *names)
    planned = outputs(folder, folder / "in")
    assert len(set(planned)) == len(names)
    assert {PurePosixPath(path).stem for path in planned} == {PurePosixPath(name).stem for name in names}


leaves = st.sampled_from(["a.wav", "a.flac", "a.mp3", "a.wav.wav", "a.wav.flac", "b.wav", "B.flac"])


@given(st.sets(st.tuples(paths, leaves).map("/".join), min_size=1, max_size=8))
def test_files_of_any_names_in_one_folder_always_get_outputs_of_their_own(tmp_path_factory, names: set[str]):
    folder = tmp_path_factory.mktemp("tree")
    planned = outputs(folder, touch(folder / "in", *names))
    assert len({path.casefold() for path in planned}) == len(names)


def test_folders_without_files_fail_alone(tmp_path: Path):
    touch(tmp_path, "a.wav", "empty/notes.txt")
    jobs, failed = plan([tmp_path / "empty", tmp_path / "a.wav"], tmp_path, "mid", find_audio)
    assert [job.input for job in jobs] == [tmp_path / "a.wav"]
    assert [(outcome.status, outcome.input) for outcome in failed] == [("failed", tmp_path / "empty")]
    assert "no audio in the folder" in failed[0].error


def test_no_input_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="name at least one file or folder"):
        plan([], tmp_path, "mid", find_audio)


def test_a_folder_named_like_a_file_is_refused_unless_it_is_there(tmp_path: Path):
    touch(tmp_path, "a.wav")
    with pytest.raises(ValueError, match=r"a\.mid looks like a file, but outputs go to a folder"):
        plan([tmp_path / "a.wav"], tmp_path / "a.mid", "mid", find_audio)
    (tmp_path / "a.mid").mkdir()
    assert len(plan([tmp_path / "a.wav"], tmp_path / "a.mid", "mid", find_audio).jobs) == 1


def test_a_folder_that_cannot_be_searched_fails_by_name_and_the_rest_goes_on(tmp_path: Path, locked: Callable[[str], None]):
    touch(tmp_path, "in/a.wav", "in/x/b.wav", "y/c.wav", "z/d.wav")
    locked("x"), locked("y")
    jobs, failed = plan([tmp_path / "in", tmp_path / "y", tmp_path / "z"], tmp_path, "mid", find_audio)
    assert [job.input for job in jobs] == [tmp_path / "in/a.wav", tmp_path / "z/d.wav"]
    assert [(outcome.status, outcome.input) for outcome in failed] == [("failed", tmp_path / "in/x"), ("failed", tmp_path / "y")]
    assert failed[0].error == f"cannot search {tmp_path / 'in/x'}: Permission denied"


@pytest.mark.parametrize("folder", ["file", "file/new"])
def test_a_folder_that_cannot_be_written_into_is_refused_before_anything_starts(tmp_path: Path, folder: str):
    touch(tmp_path, "a.wav", "file")
    with pytest.raises(ValueError, match=r"cannot write into .*: Not a directory: name another folder with -o"):
        plan([tmp_path / "a.wav"], tmp_path / folder, "mid", find_audio)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "file"]


def write(job: Job, partial: Path, report) -> int:
    report(0.5)
    partial.write_text(job.input.name)
    return 7


def jobs_in(folder: Path, *names: str) -> list[Job]:
    return [Job(Path(name), folder / "new" / f"{name}.mid") for name in names]


def test_work_is_written_reported_and_counted(tmp_path: Path):
    watcher = Silent()
    outcomes = run(jobs_in(tmp_path, "a", "b"), write, watcher)
    assert [outcome.status for outcome in outcomes] == ["done", "done"]
    assert outcomes == watcher.outcomes
    assert outcomes[0].notes == 7 and outcomes[0].seconds >= 0.0
    assert watcher.shares == [("a", 0.0), ("a", 0.5), ("b", 0.0), ("b", 0.5)]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["a.mid", "b.mid"]
    assert json.loads(json.dumps(outcomes[0].to_json()))["output"] == str(tmp_path / "new" / "a.mid")


@pytest.mark.parametrize("error", [ValueError("no\n  good"), PermissionError(13, "Permission denied", "x.wav"), MemoryError("no room")])
def test_one_failure_ends_nothing_and_leaves_nothing(tmp_path: Path, error: Exception):
    def work(job: Job, partial: Path, report) -> int:
        write(job, partial, report)
        if job.input.name == "b":
            raise error
        return 1

    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "b.mid").write_text("older")
    outcomes = run(jobs_in(tmp_path, "a", "b", "c"), work, Silent())
    assert [outcome.status for outcome in outcomes] == ["done", "failed", "done"]
    assert outcomes[1].error == explain(error) in ("no good", "x.wav: Permission denied", "no room")
    assert outcomes[1].notes is None
    assert (tmp_path / "new" / "b.mid").read_text() == "older"
    assert len(list((tmp_path / "new").iterdir())) == 3


def fail_for_memory_on(device: str) -> None:
    """As torch does: really on the CPU, and in its words on devices that need not be here."""
    if device == "cpu":
        torch.empty(1 << 50)
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB") if device == "cuda" else RuntimeError(device)


@pytest.mark.parametrize(
    ("device", "error"),
    [
        ("cpu", "it does not fit into memory: cut it into shorter parts"),
        ("cuda", "it does not fit into the GPU's memory: cut it, or use --device cpu"),
        ("MPS backend out of memory (MPS allocated: 9 GB)", "it does not fit into the GPU's memory: cut it, or use --device cpu"),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED", "it does not fit into the GPU's memory: cut it, or use --device cpu"),
    ],
)
def test_a_file_that_does_not_fit_into_memory_fails_alone_and_says_how_to_go_on(tmp_path: Path, device: str, error: str):
    def work(job: Job, partial: Path, report) -> int:
        if job.input.name == "b":
            fail_for_memory_on(device)
        return write(job, partial, report)

    outcomes = run(jobs_in(tmp_path, "a", "b", "c"), work, Silent())
    assert [(outcome.status, outcome.error) for outcome in outcomes] == [("done", None), ("failed", error), ("done", None)]


def test_other_errors_at_run_time_are_ours_and_pass_through(tmp_path: Path):
    def work(job: Job, partial: Path, report) -> int:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        run(jobs_in(tmp_path, "a"), work, Silent())


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path: Path):
    job = Job(touch(tmp_path, "a") / "a", tmp_path / f"{'x' * 251}.mid")
    assert run([job], write, Silent())[0].status == "done" and job.output.is_file()


def test_a_name_that_is_too_long_fails_alone(tmp_path: Path):
    longer, shorter = Job(touch(tmp_path, "a") / "a", tmp_path / f"{'x' * 252}.mid"), Job(tmp_path / "a", tmp_path / "x.mid")
    for existing in ("refuse", "skip", "replace"):
        failed, done = run([longer, shorter], write, Silent(), existing=existing)
        assert failed.status == "failed" and "File name too long" in str(failed.error)
        assert done.status == "done"
        shorter.output.unlink()


def test_a_link_counts_as_there_and_what_is_written_goes_where_it_points(tmp_path: Path):
    job = Job(touch(tmp_path, "a") / "a", tmp_path / "link.mid")
    job.output.symlink_to(tmp_path / "new" / "target.mid")
    assert run([job], write, Silent(), existing="refuse")[0].status == "failed"
    assert run([job], write, Silent(), existing="skip")[0].status == "skipped"
    assert run([job], write, Silent())[0].status == "done"
    assert job.output.is_symlink() and (tmp_path / "new" / "target.mid").read_text() == "a"


def test_an_interruption_passes_through_and_leaves_no_half_file(tmp_path: Path):
    def work(job: Job, partial: Path, report) -> int:
        partial.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(jobs_in(tmp_path, "a"), work, Silent())
    assert not (tmp_path / "new").exists()


def test_what_is_there_is_skipped_or_refused_if_asked_and_written_anew_if_not(tmp_path: Path):
    jobs = jobs_in(tmp_path, "a")
    assert run(jobs, write, Silent(), existing="refuse")[0].status == "done"
    jobs[0].output.write_text("mine")
    assert run(jobs, write, Silent(), existing="skip")[0].status == "skipped"
    refused = run(jobs, write, Silent(), existing="refuse")[0]
    assert refused.status == "failed" and str(refused.error).startswith(f"{jobs[0].output} is there already: --overwrite")
    assert jobs[0].output.read_text() == "mine"
    assert run(jobs, write, Silent())[0].status == "done"
    assert jobs[0].output.read_text() == "a"


def test_warnings_belong_to_their_file(tmp_path: Path):
    def work(job: Job, partial: Path, report) -> int:
        warnings.warn(f"{job.input} is odd", stacklevel=1)
        warnings.warn(f"{job.input} is odd", stacklevel=1)
        return write(job, partial, report)

    assert [outcome.warnings for outcome in run(jobs_in(tmp_path, "a", "b"), work, Silent())] == [("a is odd",), ("b is odd",)]


def test_a_folder_that_cannot_be_made_fails_its_job(tmp_path: Path):
    (tmp_path / "new").write_text("a file")
    (outcome,) = run(jobs_in(tmp_path, "a"), write, Silent())
    assert outcome.status == "failed" and str(tmp_path / "new") in outcome.error


def test_a_folder_in_the_way_fails_its_job_before_the_work(tmp_path: Path):
    jobs = jobs_in(tmp_path, "a")
    jobs[0].output.mkdir(parents=True)
    (outcome,) = run(jobs, lambda *_: pytest.fail("the work was done"), Silent())
    assert outcome.error == f"cannot write {tmp_path / 'new/a.mid'}: a folder of this name is in the way: name another folder with -o"


def test_what_cannot_be_written_is_told_by_its_own_name_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "touch", refuse)
    (outcome,) = run(jobs_in(tmp_path, "a"), lambda *_: pytest.fail("the work was done"), Silent())
    assert outcome.error == f"cannot write {tmp_path / 'new/a.mid'}: Permission denied: name another folder with -o"


def test_a_full_disk_is_told_with_the_name_of_the_output(tmp_path: Path):
    def work(job: Job, partial: Path, report) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    (outcome,) = run(jobs_in(tmp_path, "a"), work, Silent())
    assert outcome.error == f"cannot write {tmp_path / 'new/a.mid'}: No space left on device: name another folder with -o"
    assert not (tmp_path / "new").exists()
