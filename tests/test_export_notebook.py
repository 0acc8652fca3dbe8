"""The session as a notebook: valid, harmless whatever the recording is called, and run again it gives the session's notes."""

import ast
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import numpy as np
import pytest
import soundfile
import torch

from n2n.audio import SAMPLE_RATE
from n2n.checkpoint import Checkpoint, build_denoiser, save_checkpoint
from n2n.drums import DRUMS
from n2n.export.notebook import notebook_bytes, write_notebook
from n2n.export.recipe import parse_recipe
from n2n.inference import Transcriber
from n2n.model import ModelConfig
from n2n.note_files import read_json, read_midi
from n2n.notes import Note, Transcription
from n2n.roll import mask_from_regions
from n2n.sampling import SamplingConfig
from n2n.task import Result

SECONDS = 2.0
HOSTILE = [
    "loop'); import os; os.mkdir('pwned') #.wav",
    'loop"""\nimport os\nos.mkdir("pwned")\n"""{1+1}${x}.wav',
    "loop\\'\\\n%%bash\n!mkdir pwned\n.wav",
    "<img src=x onerror=alert(1)>\u2028\ud800.wav",
]


def code(notebook: dict[str, Any]) -> list[str]:
    return [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]


def text(notebook: dict[str, Any]) -> str:
    return "\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown")


def notes(*onsets: float) -> Transcription:
    return Transcription(tuple(Note(onset, "SN", 90, 0.5) for onset in onsets), SECONDS)


def entry(verb: str, results: Sequence[Transcription] = (), given: Transcription | None = None, **values: Any) -> dict[str, Any]:
    """A recipe's entry, as the page remembers it."""
    made: dict[str, Any] = {"verb": verb, "options": {"num_steps": 2, "seed": 0}, **values}
    if given is not None:
        made = {**made, "notes": given.to_json(), "masks": [{"start": 0.5, "end": 1.0, "drums": ["SN", "HH"]}], "locks": ["HH"]}
    return {**made, "seeds": list(range(max(1, len(results)))), "results": [result.to_json() for result in results]}


def retold(*entries: dict[str, Any], final: Transcription, **options: Any) -> dict[str, Any]:
    return write_notebook(parse_recipe(list(entries)), final, **{"name": "loop", "recording": "loop.wav", **options})


@pytest.mark.parametrize("recording", [None, "loop.wav", *HOSTILE])
def test_a_notebook_is_valid_and_its_code_parses(recording: str | None) -> None:
    notebook = retold(entry("transcribe", [notes(0.5)]), final=notes(0.5, 1.0), recording=recording)
    read = nbformat.reads(notebook_bytes(notebook).decode("ascii"), as_version=4)
    nbformat.validate(read)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    for cell in code(notebook):
        ast.parse(cell)
        assert not any(line.lstrip().startswith(("%", "!", "?")) for line in cell.splitlines())


@pytest.mark.parametrize(("model", "fast", "asked"), [("small", None, False), ("./mine", None, True), ("small", "./mine-1step", True)])
def test_a_model_of_ones_own_is_asked_for_beside_the_notebook(model: str, fast: str | None, asked: bool) -> None:
    recipe = parse_recipe([{**entry("transcribe"), **({"model": fast} if fast else {})}])
    notebook = write_notebook(recipe, notes(0.5), name="loop", recording="loop.wav", model=model)
    assert ("its folder belongs beside this notebook" in notebook["cells"][0]["source"]) is asked
    assert f"n2n.load({model!r})" in code(notebook)[0] and (fast is None or f"n2n.load({fast!r})" in code(notebook)[1])


@pytest.mark.parametrize("recording", HOSTILE)
def test_a_hostile_name_is_one_string_in_the_code_and_nowhere_else(recording: str) -> None:
    notebook = retold(entry("transcribe"), final=notes(0.5), recording=recording)
    strings = [node.value for cell in code(notebook) for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.Constant)]
    assert strings.count(recording) == 1
    plain = retold(entry("transcribe"), final=notes(0.5), recording="x.wav")
    assert text(notebook) == text(plain)
    trees = [[ast.dump(ast.parse(cell)).replace(repr(recording), repr("x.wav")) for cell in code(made)] for made in (notebook, plain)]
    assert trees[0] == trees[1]


@pytest.mark.parametrize("name", ["", "a\nb", "a'b", "a/b", "<b>", "a.b", "a\\b"])
def test_a_name_that_could_be_more_than_a_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a notebook's name must be of letters"):
        retold(final=notes(), name=name)


def test_what_was_not_changed_by_hand_is_not_listed() -> None:
    notebook = retold(entry("transcribe", [notes(0.5)]), final=notes(0.5))
    assert not any("by_hand" in cell for cell in code(notebook))


def test_hand_edits_are_listed_exactly() -> None:
    edited = Transcription((Note(0.1, "KD", 1), Note(1 / 3, "BE", 127, 2 / 3)), SECONDS)
    notebook = retold(entry("transcribe", [notes(0.5)]), final=edited)
    (listed,) = [cell for cell in code(notebook) if cell.startswith("notes = by_hand(")]
    assert "(0.1, 'KD', 1)" in listed and "(0.3333333333333333, 'BE', 127, 0.6666666666666666)" in listed
    assert "By hand" in text(notebook)


def test_of_several_takes_the_one_that_was_kept_is_chosen() -> None:
    first, second, third = notes(0.5), notes(0.6), notes(0.7)
    took = retold(entry("transcribe", [first]), entry("regenerate", [second, third], first, listen=True), final=third)
    assert "notes = takes[1].transcription" in code(took)
    kept = retold(entry("transcribe", [first]), entry("regenerate", [second, third], first, listen=True), final=first)
    assert not any("].transcription" in cell or "by_hand" in cell for cell in code(kept))


@pytest.mark.parametrize("model", ["small-1step", *HOSTILE])
def test_a_call_of_another_model_loads_it(model: str) -> None:
    made = retold(entry("generate", [notes(0.5)], seconds=1.0, model=model), final=notes(0.5), recording=None)
    (call,) = [cell for cell in code(made) if ".generate(" in cell]
    assert call.startswith(f"notes = n2n.load({model!r}).generate(1.0, num_steps=2, seed=0)")


def test_a_recipe_without_results_still_leads_to_the_final_notes() -> None:
    notebook = retold(entry("transcribe"), entry("regenerate", given=notes(0.4)), final=notes(0.9))
    assert len([cell for cell in code(notebook) if cell.startswith("notes = by_hand(")]) == 2


def test_locked_drums_are_no_part_of_the_masks() -> None:
    (cell,) = [cell for cell in code(retold(entry("regenerate", given=notes(0.5), listen=False), final=notes())) if "takes = " in cell]
    assert "(0.5, 1.0, ('SN',))" in cell and "listen=False" in cell


@pytest.mark.parametrize(
    ("recording", "heard", "call", "frames"),
    [
        ("loop.wav", True, ".regenerate(audio, notes", "frames = len(audio.mel)"),
        ("loop.wav", False, ".regenerate(None, notes", "frames = num_roll_frames(notes.duration)"),
        (None, True, ".regenerate(None, notes", "frames = num_roll_frames(notes.duration)"),
    ],
)
def test_only_what_was_imagined_beside_a_recording_hears_it(recording: str | None, heard: bool, call: str, frames: str) -> None:
    made = retold(entry("regenerate", given=notes(0.5), listen=False, heard=heard), final=notes(), recording=recording)
    (cell,) = [cell for cell in code(made) if "takes = " in cell]
    assert call in cell and cell.startswith(frames)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model and a recording."""
    folder = tmp_path_factory.mktemp("notebook")
    torch.manual_seed(0)
    config = ModelConfig(width=32, feedforward=64, heads=2, encoder_layers=1, decoder_layers=1)
    sampling = SamplingConfig(num_steps=2, window_frames=100, hop_frames=80)
    save_checkpoint(Checkpoint(build_denoiser(config).eval(), sampling), folder / "model")
    rng = np.random.default_rng(0)
    soundfile.write(folder / HOSTILE[0], 0.2 * rng.standard_normal(round(SECONDS * SAMPLE_RATE)), SAMPLE_RATE)
    return folder


def session(model: Transcriber, recording: Path) -> tuple[list[dict[str, Any]], Transcription]:
    """A visit to the page: transcribe, edit, regenerate twice by three takes each, refine with a lock; the recipe and the final notes."""
    low = [0.02] * len(DRUMS)  # a model of random weights is never sure
    options = {"num_steps": 2, "seed": 3, "sampler": "renoise", "guidance": 1.5, "num_samples": 1, "thresholds": low}
    audio = model.listen(recording)
    regions = [(0.25, 1.25, ("KD", "SN", "CY"))]
    mask = mask_from_regions(regions, len(audio.mel))
    masks = [{"start": start, "end": end, "drums": list(drums)} for start, end, drums in regions]

    def remembered(verb: str, results: list[Result], given: Transcription | None = None, **values: Any) -> dict[str, Any]:
        made = {"verb": verb, "options": options, "results": [result.transcription.to_json() for result in results], **values}
        return made if given is None else {**made, "notes": given.to_json()}

    heard = model.transcribe(audio, **options)
    recipe = [remembered("transcribe", [heard])]
    now = Transcription((*heard.notes[::2], Note(1.9, "BE", 77)), SECONDS)
    for listen, kept in ((True, 1), (False, 2)):
        seeds = [4, 5, 6]
        takes = [model.regenerate(audio, now, mask, listen=listen, **{**options, "seed": seed}) for seed in seeds]
        recipe.append(remembered("regenerate", takes, now, seeds=seeds, masks=masks, locks=[], listen=listen))
        now = takes[kept].transcription
    locked = mask_from_regions([(0.0, SECONDS + 1, ("SN",))], len(audio.mel))
    refined = model.refine(audio, now, strength=0.7, locked=locked, **options)
    recipe.append(remembered("refine", [refined], now, seeds=[3], masks=[], locks=["SN"], strength=0.7))
    return recipe, Transcription(refined.notes, refined.duration, 120.0)


def run(notebook: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a notebook in a folder, as Jupyter would."""
    for variable in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(variable, str(folder / "jupyter"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    book = nbformat.from_dict(json.loads(notebook_bytes(notebook)))
    nbclient.NotebookClient(book, timeout=300, startup_timeout=300, resources={"metadata": {"path": str(folder)}}).execute()


def test_the_notebook_run_again_gives_the_session_s_notes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    from n2n.inference import load

    recipe, final = session(load(folder / "model", device="cpu"), folder / HOSTILE[0])
    notebook = write_notebook(parse_recipe(recipe), final, name="loop", recording=HOSTILE[0], model="model")
    listed = [cell for cell in code(notebook) if cell.startswith("notes = by_hand(")]
    assert len(listed) == 1 and len(final.notes) > 20, "only the one edit by hand may stand in the notebook as notes"
    compare = "from n2n.note_files import write_json\nwrite_json(notes, 'notes.json')"
    extra = {"id": "extra", "cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": compare}
    run({**notebook, "cells": [*notebook["cells"], extra]}, folder, monkeypatch)
    assert read_json(folder / "notes.json") == final
    assert read_midi(folder / "loop.mid").tempo == 120.0
    assert not (folder / "pwned").exists()
