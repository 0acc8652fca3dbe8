"""The command line: exit statuses, outputs, what is said where. Most run in this process; what only a process shows, in one of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, get_args

import mido
import numpy as np
import pytest
import soundfile
import torch

from n2n import __version__
from n2n.audio import load_audio
from n2n.bench import model_path
from n2n.checkpoint import Checkpoint, build_denoiser, save_checkpoint
from n2n.cli import main
from n2n.cli.commands import COMMANDS
from n2n.cli.kits import Kits
from n2n.cli.options import SamplingOptions, parse_region, parse_span
from n2n.diffusion import SAMPLERS
from n2n.drums import DRUMS
from n2n.inference import load
from n2n.kits.public import PUBLIC_KITS
from n2n.metre import Conductor, Metre
from n2n.midi import Hit, read_hits, write_hits
from n2n.model import ModelConfig
from n2n.note_files import read_notes, write_notes
from n2n.notes import Note, Transcription
from n2n.render import kit_names
from n2n.roll import DecodeConfig
from n2n.sampling import SamplingConfig
from n2n.task import Options

ROOT = Path(__file__).parents[1]
BEAT = Transcription(tuple(Note(0.125 * i, ("KD", "HH", "SN", "HH")[i % 4], 60 + i) for i in range(16)), duration=2.0, tempo=120.0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small network with random weights; it writes notes, if not the right ones."""
    torch.manual_seed(0)
    config = ModelConfig(width=32, feedforward=64, heads=2, encoder_layers=1, decoder_layers=1)
    denoiser = build_denoiser(config)
    with torch.no_grad():
        denoiser.network.roll_out.weight.mul_(2.0)
    folder = tmp_path_factory.mktemp("model")
    sampling = SamplingConfig(num_steps=2, window_frames=100, hop_frames=80)
    save_checkpoint(Checkpoint(denoiser, sampling, DecodeConfig(thresholds=(0.3,) * len(DRUMS))), folder)
    return str(folder)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command is called: two recordings, one of them with the notes of the other, and a file that is none."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("loop.wav", "in/fill.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / name, 0.2 * rng.standard_normal(44100 * 2), 44100)
    (tmp_path / "broken.wav").write_bytes(b"RIFF and nothing else")
    for suffix in ("mid", "json"):
        write_notes(BEAT, tmp_path / f"loop.{suffix}")
    return tmp_path


def fail(text: str, *arguments: Any) -> None:
    raise ValueError(text)


def summary(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


# Transcribe


def test_files_and_folders_are_transcribed_each_to_its_own_file(folder: Path, model: str, capsys: pytest.CaptureFixture[str]):
    assert main(["transcribe", "loop.wav", "in", "-o", "notes", "--format", "json", "--model", model, "--seed", "3"]) == 0
    assert sorted(path.name for path in (folder / "notes").iterdir()) == ["fill.json", "loop.json"]
    assert read_notes(folder / "notes/loop.json") == load(model).transcribe(folder / "loop.wav", seed=3).transcription
    said = capsys.readouterr()
    assert f"loop.wav -> {Path('notes/loop.json')}" in said.out and "2 done" in said.out
    assert said.err == ""


def test_the_summary_tells_every_file_and_one_bad_file_does_not_end_the_batch(folder: Path, model: str, capsys: pytest.CaptureFixture[str]):
    (folder / "empty").mkdir()
    inputs = ["broken.wav", "absent.wav", "empty", "loop.wav"]
    assert main(["transcribe", *inputs, "-o", "notes", "--json", "--model", model]) == 1
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert (told["version"], told["done"], told["failed"], told["skipped"]) == (1, 1, 3, 0)
    by_input = {file["input"]: file for file in told["files"]}
    assert set(by_input) == set(inputs)
    good = by_input["loop.wav"]
    assert good["status"] == "done" and good["error"] is None and good["seconds"] > 0
    assert good["notes"] == len(read_notes(folder / "notes/loop.mid").notes) > 0
    assert Path(good["output"]) == Path("notes/loop.mid")
    for name in ("broken.wav", "absent.wav", "empty"):
        assert by_input[name]["status"] == "failed" and by_input[name]["notes"] is None
        assert name in by_input[name]["error"]
        assert by_input[name]["error"] in said.err
    assert "Traceback" not in said.err
    assert sorted(path.name for path in (folder / "notes").iterdir()) == ["loop.mid"]


def test_existing_outputs_are_skipped_without_loading_a_model(folder: Path, capsys: pytest.CaptureFixture[str]):
    before = (folder / "loop.mid").read_bytes()
    assert main(["transcribe", "loop.wav", "--skip-existing", "--json", "--model", "no such model"]) == 0
    assert summary(capsys)["files"][0]["status"] == "skipped"
    assert (folder / "loop.mid").read_bytes() == before


def test_outputs_of_a_folder_keep_their_names_as_it_grows_so_that_they_are_skipped(folder: Path, capsys: pytest.CaptureFixture[str]):
    for name in ("a/loop.mid", "b/song.mid"):
        (folder / "notes" / name).parent.mkdir(parents=True)
        write_notes(BEAT, folder / "notes" / name)
    render = ["render", "notes", "-o", "audio", "--skip-existing", "--json"]
    assert main(render) == 0 and summary(capsys)["done"] == 2
    (folder / "notes/c").mkdir()
    for name in ("c/loop.mid", "c/loop.json"):
        write_notes(BEAT, folder / "notes" / name)
    assert main(render) == 0
    told = summary(capsys)
    assert (told["done"], told["skipped"]) == (2, 2)
    written = sorted(path.relative_to(folder / "audio").as_posix() for path in (folder / "audio").rglob("*.wav"))
    assert written == ["a/loop.wav", "b/song.wav", "c/loop.json.wav", "c/loop.mid.wav"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_not_utf_8_is_read_and_told(folder: Path, model: str, capfd: pytest.CaptureFixture[str]):
    name = os.fsdecode(b"caf\xe9.wav")
    (folder / "loop.wav").rename(folder / name)
    assert main(["transcribe", name, "-o", "notes", "--model", model]) == 0
    assert "caf\\udce9.wav -> " in capfd.readouterr().out
    assert (folder / "notes" / name.replace(".wav", ".mid")).is_file()


def test_a_folder_named_like_a_bundled_model_is_not_taken_for_it(folder: Path, model: str, capsys: pytest.CaptureFixture[str]):
    (folder / "small").mkdir()
    assert model_path("small") == "small" and Path(model_path("./small")).is_absolute()
    assert main(["transcribe", "loop.wav", "-o", "x", "--num-steps", "1"]) == 0
    assert main(["transcribe", "loop.wav", "-o", "y", "--model", "./small"]) == 2
    assert "no model in small" in capsys.readouterr().err


def test_rendering_does_not_replace_the_recording_unless_asked(folder: Path, model: str, capsys: pytest.CaptureFixture[str]):
    recording = (folder / "loop.wav").read_bytes()
    assert main(["render", "loop.mid"]) == 1
    assert "loop.wav is there already: --overwrite replaces it" in capsys.readouterr().err
    assert main(["transcribe", "loop.wav", "--model", "no such model"]) == 1
    assert "loop.mid is there already: --overwrite replaces it" in capsys.readouterr().err
    assert main(["render", "loop.mid", "--overwrite", "--skip-existing"]) == 2
    assert "exclude each other" in capsys.readouterr().err
    assert (folder / "loop.wav").read_bytes() == recording
    assert main(["render", "loop.mid", "--overwrite"]) == 0
    assert (folder / "loop.wav").read_bytes() != recording


@pytest.mark.parametrize(
    "command",
    [
        ["regenerate", "-", "loop.mid", "--region", "0:1", "--imagine"],
        ["refine", "loop.wav", "loop.mid"],
        ["generate", "1"],
    ],
)
def test_notes_are_not_replaced_unless_asked(folder: Path, model: str, capsys: pytest.CaptureFixture[str], command: list[str]):
    before = (folder / "loop.mid").read_bytes()
    arguments = [*command, "-o", "loop.mid", "--num-steps", "1", "--seed", "5", "--model", model]
    assert main(arguments) == 1
    assert "loop.mid is there already: --overwrite replaces it" in capsys.readouterr().err
    assert main([*arguments, "--skip-existing"]) == 0
    assert (folder / "loop.mid").read_bytes() == before
    assert main([*arguments, "--overwrite"]) == 0
    assert (folder / "loop.mid").read_bytes() != before


def test_options_reach_the_model(folder: Path, model: str, capsys: pytest.CaptureFixture[str]):
    options = ["--num-steps", "1", "--sampler", "heun", "--num-samples", "2", "--guidance", "1.5", "--seed", "5", "--threshold", "0.6"]
    assert main(["transcribe", "loop.wav", "-o", "x", "--format", "json", "--model", model, "--missing", "0.5:1", *options]) == 0
    expected = load(model).transcribe(
        folder / "loop.wav", num_steps=1, sampler="heun", num_samples=2, guidance=1.5, seed=5, thresholds=0.6, missing=[(0.5, 1.0)]
    )
    assert read_notes(folder / "x/loop.json") == expected.transcription


@pytest.mark.parametrize("name", ["größe ♪.wav", "with space.wav", "-dash.wav"])
def test_names_of_every_kind_are_read_and_written(folder: Path, model: str, name: str):
    (folder / "loop.wav").rename(folder / name)
    assert main(["transcribe", "-o", "out", "--model", model, "--", name]) == 0
    assert (folder / "out" / name.replace(".wav", ".mid")).is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["transcribe"], "name at least one file or folder"),
        (["transcribe", "-"], "- is standard input, which cannot be read: save it to a file, and name that"),
        (["transcribe", "loop.wav", "/dev/stdin"], "/dev/stdin is standard input, which cannot be read"),
        (["generate", "1", "-o", "folder.mid", "--overwrite"], "folder.mid is a folder, and notes go to a file"),
        (["transcribe", "loop.wav", "--num-steps", "0"], "num_steps must be a whole number from 1 to 1000, not 0"),
        (["transcribe", "loop.wav", "--num-samples", "65"], "num_samples"),
        (["transcribe", "loop.wav", "--guidance", "-1"], "guidance must be a number from 0 to 10, not -1.0"),
        (["transcribe", "loop.wav", "--seed", "-1"], "seed"),
        (["transcribe", "loop.wav", "--threshold", "2"], "thresholds must be 7 numbers between 0 and 1"),
        (["transcribe", "loop.wav", "--missing", "3"], "write START:END in seconds"),
        (["transcribe", "loop.wav", "--missing", "3:2"], "0 <= START < END"),
        (["transcribe", "loop.wav", "-o", "x", "--model", "nonesuch"], "nonesuch"),
        (["transcribe", "loop.wav", "-o", "x", "--model", "in"], "a model is a folder with config.json and model.safetensors"),
        (["transcribe", "loop.wav", "in", "in/../loop.wav", "in/loop.wav"], "would both be written to"),
        (["transcribe", "loop.wav", "-o", "new.mid"], "new.mid looks like a file"),
        (["transcribe", "loop.wav", "-o", "broken.wav/x"], "cannot write into broken.wav/x: broken.wav: Not a directory: name another"),
        (["refine", "loop.wav", "loop.mid", "-o", "loop.mid/x.mid", "--model", "nosuch"], "cannot write into loop.mid: Not a directory"),
        (["evaluate", "in", "--report", "loop.mid/x"], "cannot write into loop.mid/x: loop.mid: Not a directory: name another folder with"),
        (["render", "loop.mid", "-o", "new.wav"], "new.wav looks like a file"),
        (["regenerate", "loop.wav", "loop.mid", "-o", "x.mid", "--imagine"], "name a part with --region"),
        (["regenerate", "loop.wav", "loop.mid", "-o", "x.mid", "--region", "0:1"], "choose one of --listen"),
        (["regenerate", "loop.wav", "loop.mid", "-o", "x.mid", "--region", "0:1", "--listen", "--imagine"], "choose one of --listen"),
        (["regenerate", "-", "loop.mid", "-o", "x.mid", "--region", "0:1", "--listen"], "without one, use --imagine"),
        (["regenerate", "loop.wav", "loop.mid", "-o", "x.mid", "--region", "0:1:XX", "--imagine"], "unknown drum 'XX'"),
        (["regenerate", "loop.wav", "loop.mid", "-o", "x.txt", "--region", "0:1", "--imagine"], "its suffix must be one of .mid"),
        (["refine", "loop.wav", "loop.mid", "-o", "x.mid", "--strength", "0"], "--strength must lie above 0"),
        (["refine", "loop.wav", "loop.mid", "-o", "x"], "its suffix must be one of .mid"),
        (["render", "loop.mid", "--kit", "osdk", "--soundfont", "default"], "exclude each other"),
        (["render", "loop.mid", "--kit", "garage"], "unknown kit 'garage'"),
        (["evaluate", "nowhere"], "no folder nowhere"),
        (["evaluate", "in", "--tolerance", "0"], "--tolerance must be above 0"),
        (["bench", "--repeats", "0"], "--repeats must be at least 1"),
        (["kits", "--data", "nowhere"], "no data folder at nowhere"),
        (["kits", "--public", "uzu", "--public", "tr808", "-o", "data"], "unknown public kit 'tr808': it must be one of casio_rz1, cr78"),
        (["app", "--port", "99999"], "port must be at least 0 and at most 65535"),
    ],
)
def test_impossible_requests_are_refused_in_one_line_with_status_2(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
):
    (folder / "folder.mid").mkdir()
    before = sorted(folder.rglob("*"))
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.startswith("n2n: ") and said.err.count("\n") == 1
    assert said.out == ""
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["transcribe", "a.wav", "--bogus"],
        ["transcribe", "a.wav", "--num-steps", "many"],
        ["transcribe", "a.wav", "--sampler", "ddim"],
        ["transcribe", "a.wav", "--format", "pdf"],
        ["dance"],
        ["generate", "-o", "x.mid"],
        ["evaluate", "x", "--num-classes", "4"],
        ["train"],
        ["train", "--out", "x", "--iterations", "0"],
    ],
)
def test_commands_that_cannot_be_read_have_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == "" and "Traceback" not in said.err and said.err.strip()


# Regenerate, refine, generate


def test_regenerating_keeps_every_note_outside_the_regions(folder: Path, model: str, capsys: pytest.CaptureFixture[str]):
    regions = ["--region", "0.5:1:KD,sn", "--region", "1.5:1.75"]
    arguments = ["loop.wav", "loop.json", *regions, "--imagine", "-o", "new/take.json", "--json", "--model", model]
    assert main(["regenerate", *arguments]) == 0
    after = read_notes(folder / "new/take.json")

    def outside(note: Note) -> bool:
        return not ((0.5 <= note.onset < 1.0 and note.drum in ("KD", "SN")) or 1.5 <= note.onset < 1.75)

    assert [note for note in after.notes if outside(note)] == [note for note in BEAT.notes if outside(note)]
    assert after.tempo == 120.0
    assert summary(capsys)["files"][0]["notes"] == len(after.notes)


def test_notes_alone_can_be_regenerated_by_imagining(folder: Path, model: str):
    assert main(["regenerate", "-", "loop.mid", "--region", "1:2", "--imagine", "-o", "x.mid", "--model", model]) == 0
    assert [n.drum for n in read_notes(folder / "x.mid").notes if n.onset < 0.99] == [n.drum for n in BEAT.notes if n.onset < 0.99]


def test_regions_past_the_end_fail(folder: Path, model: str, capsys: pytest.CaptureFixture[str]):
    assert main(["regenerate", "loop.wav", "loop.mid", "--region", "5:6", "--imagine", "-o", "x.mid", "--model", model]) == 1
    assert "the region 5:6 lies past the end, at 2.00 s" in capsys.readouterr().err
    assert not (folder / "x.mid").exists()
    some = ["--region", "0:1", "--region", "50:60"]
    assert main(["regenerate", "loop.wav", "loop.mid", *some, "--imagine", "-o", "x.mid", "--model", model]) == 1
    assert "the region 50:60 lies past the end" in capsys.readouterr().err


def test_locks_past_the_end_fail(folder: Path, model: str, capsys: pytest.CaptureFixture[str]):
    assert main(["refine", "loop.wav", "loop.json", "--lock", "50:60", "-o", "x.json", "--model", model]) == 1
    assert "the region 50:60 lies past the end" in capsys.readouterr().err


def test_refining_keeps_what_is_locked(folder: Path, model: str):
    assert main(["refine", "loop.wav", "loop.json", "--lock", "0:1", "--strength", "0.9", "-o", "x.json", "--model", model]) == 0
    assert [n for n in read_notes(folder / "x.json").notes if n.onset < 0.995] == [n for n in BEAT.notes if n.onset < 0.995]


def test_a_midi_file_keeps_its_bars_and_tells_which_articulations_it_loses(folder: Path, model: str, capsys: pytest.CaptureFixture[str]):
    hits = [Hit(0.25 * beat, (36, 46, 37, 42)[beat % 4], 90) for beat in range(8)]
    write_hits(folder / "seven.mid", hits, duration=2.0, conductor=Conductor.steady(120.0, Metre(0.5, 3)))
    given = ["regenerate", "-", "seven.mid", "--region", "1:1.2", "--imagine", "--num-steps", "1", "--model", model]
    assert main([*given, "-o", "x.mid"]) == 0
    assert read_hits(folder / "x.mid").metre == Metre(0.5, 3)
    assert "37 as 38 (2 times), 46 as 42 (2 times)" in capsys.readouterr().err
    assert main([*given, "-o", "x.json"]) == 0 and main([*given[:2], "x.json", *given[3:], "-o", "y.mid"]) == 0
    assert read_hits(folder / "y.mid").metre is None


def save_midi(path: Path, *timing: mido.MetaMessage, number: int = 36, channel: int = 10) -> Path:
    """A file of another program: eight hits, half a second apart at 120 beats a minute."""
    hits = [mido.Message("note_on", channel=channel - 1, note=number, velocity=90, time=480 if place else 0) for place in range(8)]
    end = mido.MetaMessage("end_of_track", time=480)
    mido.MidiFile(tracks=[mido.MidiTrack(timing), mido.MidiTrack([*hits, end])]).save(path)
    return path


def tempo_event(bpm: float, time: int = 0) -> mido.MetaMessage:
    return mido.MetaMessage("set_tempo", tempo=round(60e6 / bpm), time=time)


def signature_event(numerator: int, denominator: int, time: int = 0) -> mido.MetaMessage:
    return mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator, time=time)


TIMINGS = {
    "6/8": [tempo_event(120), signature_event(6, 8)],
    "7/8": [tempo_event(120), signature_event(7, 8)],
    "tempo changes": [tempo_event(120), signature_event(3, 4), tempo_event(150, 1440)],
    "pickup bar": [tempo_event(120), signature_event(1, 4), signature_event(4, 4, 480)],
    "no tempo": [signature_event(6, 8)],
}


@pytest.mark.parametrize("verb", ["regenerate", "refine"])
@pytest.mark.parametrize("timing", TIMINGS)
def test_a_midi_file_keeps_its_tempos_and_time_signatures(
    folder: Path, model: str, capsys: pytest.CaptureFixture[str], verb: str, timing: str
):
    given = read_hits(save_midi(folder / "given.mid", *TIMINGS[timing]))
    soundfile.write(folder / "four.wav", np.zeros(44100 * 4), 44100)
    how = ["-", "given.mid", "--region", "1:1.2", "--imagine"] if verb == "regenerate" else ["four.wav", "given.mid"]
    assert main([verb, *how, "--num-steps", "1", "-o", "x.mid", "--model", model]) == 0
    after = read_hits(folder / "x.mid")
    assert after.conductor == given.conductor and after.tempo == given.tempo and after.metre == given.metre
    assert "warning" not in capsys.readouterr().err
    if verb == "regenerate":
        kept = [[hit for hit in hits if not 0.99 < hit.onset < 1.21] for hits in (given.hits, after.hits)]
        assert [hit.onset for hit in kept[1]] == pytest.approx([hit.onset for hit in kept[0]], abs=0.0001)


def test_tempos_that_cannot_be_written_are_told(folder: Path, model: str, capsys: pytest.CaptureFixture[str]):
    save_midi(folder / "given.mid", tempo_event(120), tempo_event(5000, 1440))
    given = ["regenerate", "-", "given.mid", "--region", "1:1.2", "--imagine", "--num-steps", "1", "--model", model]
    assert main([*given, "-o", "x.mid"]) == 0
    assert "n2n: warning: given.mid: not all of its tempos lie between 4 and 1000 beats a minute" in capsys.readouterr().err


def test_channels_that_are_read_as_drums_are_told(folder: Path, model: str, capsys: pytest.CaptureFixture[str]):
    save_midi(folder / "piano.mid", tempo_event(120), number=38, channel=1)
    assert main(["regenerate", "-", "piano.mid", "--region", "1:1.2", "--imagine", "-o", "x.mid", "--model", model]) == 0
    warning = "n2n: warning: piano.mid: no drum of ours is on channel 10, so the notes of channel 1 are read as drums"
    assert capsys.readouterr().err.splitlines() == [warning]


def test_notes_of_another_recording_fail_in_one_line(folder: Path, model: str, capsys: pytest.CaptureFixture[str]):
    write_notes(Transcription((Note(9.0, "KD", 90),), 10.0), folder / "long.json")
    assert main(["refine", "loop.wav", "long.json", "-o", "x.mid", "--model", model]) == 1
    assert "past the end of the audio" in capsys.readouterr().err


def test_generated_notes_last_as_long_as_asked(folder: Path, model: str):
    assert main(["generate", "1.5", "-o", "x.json", "--seed", "1", "--model", model]) == 0
    assert read_notes(folder / "x.json") == load(model).generate(1.5, seed=1).transcription
    assert main(["generate", "0", "-o", "y.json", "--model", model]) == 2


def test_a_recording_that_is_taken_for_silence_is_told(folder: Path, model: str, capsys: pytest.CaptureFixture[str]):
    soundfile.write(folder / "quiet.wav", 1e-5 * np.random.default_rng(0).standard_normal(44100), 44100, subtype="FLOAT")
    assert main(["transcribe", "quiet.wav", "loop.wav", "--model", model]) == 1  # the notes of the second are there already
    (warning,) = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert re.fullmatch(r"n2n: warning: quiet\.wav: this is taken for silence: its loudest frequency reaches -\d+ dB .* louder", warning)
    assert read_notes(folder / "quiet.mid").notes == ()


def test_notes_without_a_recording_that_last_too_long_fail_at_once(folder: Path, model: str, capsys: pytest.CaptureFixture[str]):
    write_notes(Transcription((), 1e9), folder / "long.json")
    assert main(["regenerate", "-", "long.json", "--region", "0:1", "--imagine", "-o", "out/x.json", "--model", model]) == 1
    assert "the notes last 1e+09 s, but without a recording at most 3600 s can be imagined" in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_where_nothing_is_generated_that_is_said(
    folder: Path, model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("n2n.inference.roll_to_notes", lambda roll, decode: ())
    assert main(["generate", "1.5", "-o", "x.json", "--num-steps", "3", "--model", model]) == 0
    assert "nothing came of 3 steps: try more, or another --seed" in capsys.readouterr().err
    assert read_notes(folder / "x.json").notes == ()


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("1:2", (1.0, 2.0, list(DRUMS))),
        ("0.25:1e1:KD", (0.25, 10.0, ["KD"])),
        ("1:2:hh, rd", (1.0, 2.0, ["HH", "RD"])),
    ],
)
def test_regions_are_read(text: str, region: tuple[float, float, list[str]]):
    assert parse_region(text) == region


@pytest.mark.parametrize("text", ["", "1", "1:2:", "1:2:KD:SN", "a:b", "2:1", "-1:1", "0:inf", "nan:1", "1:1"])
def test_what_is_no_region_is_refused(text: str):
    with pytest.raises(ValueError, match=r"region|span"):
        parse_region(text)


def test_spans_are_read():
    assert parse_span("2.5:4") == (2.5, 4.0)


# Render


def test_notes_are_rendered_to_audio_of_their_length(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["render", "loop.mid", "-o", "audio", "--format", "flac", "--kit", "uzu", "--json"]) == 0
    assert len(load_audio(folder / "audio/loop.flac")) >= 2 * 44100
    assert summary(capsys)["files"][0]["notes"] == len(BEAT.notes)


def test_what_is_no_file_of_notes_fails_alone(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "bad.mid").write_bytes(b"MThd")
    assert main(["render", "bad.mid", "in/loop.json", "loop.json", "-o", "audio"]) == 2  # both named loop.json share an output
    capsys.readouterr()
    assert main(["render", "bad.mid", "in", "loop.json", "-o", "audio"]) == 1
    said = capsys.readouterr().err
    assert "bad.mid" in said and "no notes in the folder in" in said
    assert [path.name for path in (folder / "audio").iterdir()] == ["loop.wav"]


@pytest.mark.parametrize("duration", [1e9, 1e300])
def test_notes_that_last_for_days_are_not_rendered(folder: Path, capsys: pytest.CaptureFixture[str], duration: float):
    write_notes(Transcription((), duration), folder / "huge.json")
    for player in ([], ["--soundfont", "default"]):
        assert main(["render", "huge.json", "-o", "audio", *player]) == 1
        assert f"the notes last {duration:g} s: at most 86400 s (24 hours) are rendered" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["transcribe", "render"])
def test_a_folder_that_cannot_be_searched_fails_alone(
    folder: Path, model: str, locked: Callable[[str], None], capsys: pytest.CaptureFixture[str], command: str
):
    (folder / "in/secret").mkdir()
    write_notes(BEAT, folder / "in/loop.mid")
    locked("secret")
    assert main([command, "in", "-o", "out", "--json", *(["--model", model] if command == "transcribe" else [])]) == 1
    said = capsys.readouterr()
    assert said.err == f"n2n: cannot search {Path('in/secret')}: Permission denied\n"
    assert [file["input"] for file in json.loads(said.out)["files"] if file["status"] == "failed"] == [str(Path("in/secret"))]
    assert len(list((folder / "out").iterdir())) == 1


# Evaluate


@pytest.fixture
def pairs(folder: Path) -> Path:
    (folder / "pairs").mkdir()
    for name in ("a", "b"):
        (folder / "pairs" / f"{name}.wav").write_bytes((folder / "loop.wav").read_bytes())
        write_notes(BEAT, folder / "pairs" / f"{name}.mid")
    return folder / "pairs"


def test_perfect_estimates_score_one(pairs: Path, folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "estimates").mkdir()
    for name in ("a", "b"):
        write_notes(BEAT, folder / "estimates" / f"{name}.json")
    assert main(["evaluate", "pairs", "--estimates", "estimates", "--num-classes", "7", "--json"]) == 0
    told = summary(capsys)
    assert told["scores"]["total"]["onset"]["f1"] == told["scores"]["total"]["velocity"]["f1"] == 1.0
    assert told["layout"] == "pairs" and told["by"] == {"estimates": "estimates"}
    assert main(["evaluate", "pairs", "--estimates", "estimates"]) == 0
    assert "hi-hat" in capsys.readouterr().out


def test_a_late_estimate_is_right_after_one_shift(pairs: Path, folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "estimates").mkdir()
    for name in ("a", "b"):
        late = Transcription(tuple(Note(n.onset + 0.07, n.drum, n.velocity) for n in BEAT.notes), 3.0)
        write_notes(late, folder / "estimates" / f"{name}.json")
    scores = []
    for shift in ("none", "set", "file"):
        assert main(["evaluate", "pairs", "--estimates", "estimates", "--shift", shift, "--json"]) == 0
        scores.append(summary(capsys)["scores"]["total"]["onset"]["f1"])
    assert scores[0] < 0.5 and scores[1:] == [1.0, 1.0]


def test_a_model_is_scored_and_the_cost_of_its_walk_is_told(pairs: Path, model: str, capsys: pytest.CaptureFixture[str]):
    options = ["--num-steps", "3", "--sampler", "heun", "--num-samples", "2"]
    assert main(["evaluate", "pairs", "--json", "--model", model, *options]) == 0
    told = summary(capsys)
    assert told["by"]["network evaluations"] == 10
    assert [file["name"] for file in told["scores"]["files"]] == ["a", "b"]


def test_a_recording_that_cannot_be_read_costs_its_own_scores_alone(pairs: Path, model: str, capsys: pytest.CaptureFixture[str]):
    (pairs / "b.wav").write_bytes(b"RIFF")
    assert main(["evaluate", "pairs", "--json", "--model", model]) == 1
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert [file["name"] for file in told["scores"]["files"]] == ["a"] and told["unread"] == ["b"] and "n2n: b: " in said.err
    assert main(["evaluate", "pairs", "--json", "--model", model, "--allow-missing"]) == 1
    assert [file["name"] for file in summary(capsys)["scores"]["files"]] == ["a", "b"]
    (pairs / "a.wav").write_bytes(b"RIFF")
    assert main(["evaluate", "pairs", "--json", "--model", model]) == 1
    assert "none of the recordings could be read" in capsys.readouterr().err


def test_a_folder_of_a_set_that_cannot_be_searched_is_told_and_the_rest_is_scored(
    pairs: Path, model: str, locked: Callable[[str], None], capsys: pytest.CaptureFixture[str]
):
    (pairs / "secret").mkdir()
    locked("secret")
    assert main(["evaluate", "pairs", "--json", "--model", model]) == 1
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert said.err == f"n2n: cannot search {Path('pairs/secret')}: Permission denied\n"
    assert [file["name"] for file in told["scores"]["files"]] == ["a", "b"] and told["unread"] == [str(Path("pairs/secret"))]


@pytest.mark.parametrize("allowed", [False, True])
def test_notes_that_cannot_be_read_cost_their_own_scores_alone(
    pairs: Path, folder: Path, capsys: pytest.CaptureFixture[str], allowed: bool
):
    (folder / "estimates").mkdir()
    for name in ("a", "b", "c"):
        write_notes(BEAT, folder / "estimates" / f"{name}.csv")
        write_notes(BEAT, pairs / f"{name}.mid")
    (pairs / "b.mid").write_bytes(b"MThd")
    (folder / "estimates" / "c.csv").write_text("onset;drum\n")
    command = ["evaluate", "pairs", "--estimates", "estimates", "--json", *(["--allow-missing"] if allowed else [])]
    assert main(command) == 1
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert [file["name"] for file in told["scores"]["files"]] == (["a", "c"] if allowed else ["a"])
    assert told["unread"] == ["b", "c"] and told["scores"]["unused"] == []
    assert [line.split(": ")[1] for line in said.err.splitlines()] == ["b", "c"]
    for name in ("a", "c"):
        (pairs / f"{name}.mid").write_bytes(b"MThd")
    assert main(command) == 1
    assert "none of the annotations could be read" in capsys.readouterr().err


def test_an_annotation_that_cannot_be_read_costs_no_time_of_the_model(pairs: Path, model: str, capsys: pytest.CaptureFixture[str]):
    (pairs / "b.mid").write_bytes(b"MThd")
    (pairs / "b.wav").write_bytes(b"RIFF")
    assert main(["evaluate", "pairs", "--json", "--model", model]) == 1
    said = capsys.readouterr()
    assert [file["name"] for file in json.loads(said.out)["scores"]["files"]] == ["a"]
    assert said.err.count("\n") == 1 and "b.mid" in said.err


def test_a_report_that_fails_costs_no_scores(
    pairs: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    (folder / "estimates").mkdir()
    for name in ("a", "b"):
        write_notes(BEAT, folder / "estimates" / f"{name}.json")
    monkeypatch.setattr("n2n.error_report.error_page", partial(fail, "no room"))
    assert main(["evaluate", "pairs", "--estimates", "estimates", "--report", "errors"]) == 1
    said = capsys.readouterr()
    assert "hi-hat" in said.out and "error report" not in said.out and said.err.count("\n") == 1
    assert not (folder / "errors").exists()


def test_options_of_a_model_that_does_not_run_are_refused(pairs: Path, folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "estimates").mkdir()
    for option in (["--num-steps", "7"], ["--model", "nosuch"]):
        assert main(["evaluate", "pairs", "--estimates", "estimates", *option]) == 2
        assert "no model runs" in capsys.readouterr().err


def test_a_missing_estimate_is_an_error_unless_allowed(pairs: Path, folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "estimates").mkdir()
    write_notes(BEAT, folder / "estimates" / "a.mid")
    assert main(["evaluate", "pairs", "--estimates", "estimates"]) == 1
    assert "no estimate for 1 of 2 references: b" in capsys.readouterr().err
    assert main(["evaluate", "pairs", "--estimates", "estimates", "--allow-missing", "--json"]) == 0
    assert summary(capsys)["scores"]["total"]["onset"]["recall"] == 0.5


# Kits, app


def test_kits_synthesises_drums_without_any_other_source(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.delenv("N2N_DATA", raising=False)
    assert main(["kits", "-o", "data", "--no-system", "--procedural", "1"]) == 0
    assert (folder / "data/bundles/kits/procedural.safetensors").is_file()
    assert "no performances" in capsys.readouterr().out
    assert main(["kits", "-o", "data", "--no-system", "--procedural", "0"]) == 1
    assert "nothing to build" in capsys.readouterr().err


def test_kits_asks_for_public_kits_that_there_are_and_lists_them_all():
    told = Kits.__doc__ or ""
    asked = re.findall(r"--public (\S+)", told)
    assert asked and set(asked) <= PUBLIC_KITS.keys()
    _, _, listed = told.partition("public: a public kit to download: ")
    assert re.split(r",\s+|\s+or\s+", listed.partition(".")[0]) == sorted(PUBLIC_KITS)


@pytest.mark.parametrize("by_variable", [False, True])
def test_a_data_folder_without_anything_to_build_from_is_refused_before_anything_is_built(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], by_variable: bool
):
    monkeypatch.setenv("N2N_DATA", "in" if by_variable else "")
    assert main(["kits", "-o", "data", "--no-system", "--procedural", "1", *([] if by_variable else ["--data", "in"])]) == 2
    assert "in holds neither kits/kits.csv nor groove-midi.zip" in capsys.readouterr().err
    assert not (folder / "data").exists()


def test_a_data_folder_without_recorded_kits_is_used_and_that_is_told(folder: Path, capsys: pytest.CaptureFixture[str]):
    with zipfile.ZipFile(folder / "in/groove-midi.zip", "w") as archive:
        columns = "midi_filename,split,style,bpm,duration,beat_type,time_signature"
        archive.writestr("groove/info.csv", f"{columns}\nloop.mid,train,rock,120,2.0,beat,4-4\n")
        archive.write(folder / "loop.mid", "groove/loop.mid")
    assert main(["kits", "-o", "data", "--data", "in", "--no-system", "--procedural", "1"]) == 0
    told = capsys.readouterr().out
    assert f"no recorded kits: in has no {Path('kits/kits.csv').as_posix()}" in told and "no performances" not in told


def test_the_app_heeds_its_variables_and_its_options_before_them(monkeypatch: pytest.MonkeyPatch):
    served: list[Any] = []
    monkeypatch.setattr("n2n.studio.server.serve", served.append)
    monkeypatch.setenv("N2N_HOST", "0.0.0.0")
    monkeypatch.setenv("N2N_PORT", "8080")
    assert main(["app"]) == main(["app", "--port", "9000", "--device", "cpu"]) == 0
    assert [(settings.host, settings.port, settings.device) for settings in served] == [("0.0.0.0", 8080, "auto"), ("0.0.0.0", 9000, "cpu")]


def test_the_app_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["app"]) == 2
    assert "pip install 'noise-to-notes[app]'" in capsys.readouterr().err


# What holds for all


def test_help_lists_every_command_and_explains_each(capsys: pytest.CaptureFixture[str]):
    assert main([]) == main(["--help"]) == 0
    listed = capsys.readouterr().out
    for name in COMMANDS:
        assert f"• {name}" in listed
        assert main([name, "--help"]) == 0
        assert len(capsys.readouterr().out.splitlines()) > 10


def test_every_option_is_explained(capsys: pytest.CaptureFixture[str]):
    for name, command in COMMANDS.items():
        for field in fields(command):
            if field.name not in ("existing", "sampling", "model"):  # groups, which explain theirs
                assert f"\n        {field.name}: " in command.__doc__, f"{name} does not explain {field.name}"


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"n2n {__version__}\n"


def test_the_command_line_offers_what_the_package_has():
    sampler = next(field for field in fields(SamplingOptions) if field.name == "sampler")
    assert {name for choices in get_args(get_args(sampler.type)[0]) for name in get_args(choices)} == set(SAMPLERS)
    assert all(name in COMMANDS["render"].__doc__ for name in kit_names())
    assert {field.name for field in fields(Options)} == {*(field.name for field in fields(SamplingOptions)), "thresholds"} - {"threshold"}


def run_program(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, "-m", "n2n", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_a_process_writes_json_alone_to_standard_output_and_exits_with_the_status(folder: Path, model: str):
    done = run_program("transcribe", "loop.wav", "broken.wav", "-o", "out", "--json", "--model", model, cwd=folder)
    assert done.returncode == 1 and done.stdout, done.stderr
    assert [file["status"] for file in json.loads(done.stdout)["files"]] == ["done", "failed"]
    assert done.stderr.startswith("n2n: broken.wav") and done.stderr.count("\n") == 1


def test_help_does_not_load_torch(folder: Path):
    program = "import sys; from n2n.cli import main; status = main(['transcribe', '--help']); print('torch' in sys.modules, status)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False 0"


def test_ctrl_c_while_it_loads_ends_the_command_with_one_line(folder: Path):
    program = """
import sys

class Stop:
    def find_spec(self, name, *_):
        if name == "tyro":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Stop())
from n2n.cli import main
sys.exit(main(["--help"]))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "n2n: stopped\n")


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors of POSIX")
@pytest.mark.parametrize("closed", [(2,), (1,), (1, 2)])
def test_closed_outputs_stop_nothing(folder: Path, model: str, closed: tuple[int, ...]):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "n2n", "transcribe", "broken.wav", "loop.wav", "-o", "out", "--num-steps", "1", "--model", model]
    done = subprocess.run(command, cwd=folder, env=environment, preexec_fn=lambda: [os.close(number) for number in closed], check=False)
    assert done.returncode == 1
    assert read_notes(folder / "out/loop.mid").notes and os.listdir(folder / "out") == ["loop.mid"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a full device")
@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["render", "loop.mid", "--json", "--overwrite"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_cannot_be_written_is_told_and_is_a_failure(folder: Path, arguments: list[str], unbuffered: str):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "n2n", *arguments]
        done = subprocess.run(command, cwd=folder, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "n2n: No space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_nobody_reads_ends_the_command_without_a_word(folder: Path, unbuffered: str):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": unbuffered}
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "n2n", "--version"]
    done = subprocess.run(command, cwd=folder, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_script_for_the_shell_is_no_mistake(capsys: pytest.CaptureFixture[str]):
    assert main(["--tyro-print-completion", "bash"]) == 0
    assert "n2n" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_sigterm_ends_the_command_and_leaves_nothing_half_written(folder: Path, model: str):
    soundfile.write(folder / "long.wav", 0.2 * np.random.default_rng(0).standard_normal(44100 * 180), 44100)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "n2n", "transcribe", "long.wav", "-o", "out", "--num-steps", "300", "--model", model]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        while not (folder / "out").exists() or not list((folder / "out").iterdir()):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120.0) == 143
    assert not (folder / "out").exists()  # nor what was created for it


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_the_command_with_one_line_and_leaves_what_is_done(folder: Path, model: str):
    soundfile.write(folder / "long.wav", 0.2 * np.random.default_rng(0).standard_normal(44100 * 180), 44100)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "n2n", "transcribe", "loop.wav", "long.wav", "-o", "out", "--num-steps", "300", "--model", model]
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # tests that run in the background inherit a deaf ear
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, preexec_fn=heeding) as process:
        while not (folder / "out" / "loop.mid").exists():
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120.0) == 130
        assert process.stderr.read() == "n2n: stopped\n"
    assert [path.name for path in (folder / "out").iterdir()] == ["loop.mid"]
