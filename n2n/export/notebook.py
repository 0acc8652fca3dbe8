"""A session as a Jupyter notebook that does it again with the `n2n` API (nbformat 4.5, written as plain JSON).

Each call of the model in the recipe is a cell; what was changed by hand stands as a list of notes. The recording is not in the notebook: it
is read by its file name from the folder in which the notebook runs, as a model is that does not ship with n2n. Text from outside becomes
code only as a Python literal, and text cells hold none of it.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import n2n
from n2n.edits import EditedRoll
from n2n.export.recipe import Action
from n2n.notes import Note, Transcription

CODE_WIDTH: Final = 100
IMPORTS: Final = {
    "roll_png": "from n2n.export.pictures import roll_png",
    "Note(": "from n2n.notes import Note",
    "Transcription(": "from n2n.notes import Transcription",
    "write_midi": "from n2n.note_files import write_midi",
    "mask_from_regions": "from n2n.roll import mask_from_regions",
    "num_roll_frames": "from n2n.roll import num_roll_frames",
}
"""What a cell needs in whose code the name stands."""
BY_HAND: Final = '''

def by_hand(duration, rows):
    """Notes from rows of onset in seconds, drum, velocity and, where a model found the note, its confidence."""
    return Transcription(tuple(Note(*row) for row in rows), duration)

'''


def write_notebook(
    recipe: Sequence[Action], final: Transcription, *, name: str, recording: str | None, model: str = "small"
) -> dict[str, Any]:
    """The notebook, ready for `notebook_bytes`.

    Args:
        recipe: what was done, in order.
        final: the notes that it led to.
        name: for titles and files that the notebook writes: letters, digits, blanks, dashes and underscores.
        recording: the file name of the recording; None where there is none.
        model: as for `n2n.load`; a folder is looked for beside the notebook.

    Raises:
        ValueError: the name holds other characters.
    """
    if not re.fullmatch(r"[\w -]+", name):
        raise ValueError(f"a notebook's name must be of letters, digits, blanks, dashes and underscores, not {name!r}")
    body = [*_retold(recipe, final, heard=recording is not None), _text("## Keep"), _code(_ending(name, final.tempo))]
    written = "\n".join(cell["source"] for cell in body if cell["cell_type"] == "code")
    opening = _opening(name, recording, [model, *(action.model for action in recipe)])
    cells = [_text(opening), _code(_setup(recording, model, written)), *body]
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "cells": [{"id": f"cell-{index}", **cell} for index, cell in enumerate(cells)],
    }


def notebook_bytes(notebook: dict[str, Any]) -> bytes:
    """The notebook as a file."""
    return (json.dumps(notebook, indent=1, allow_nan=False) + "\n").encode("ascii")


def _opening(name: str, recording: str | None, models: Iterable[str | None]) -> str:
    beside = "" if recording is None else " Put the recording beside this notebook, under the name in the next cell."
    if any(model and model.startswith("./") for model in models):
        beside += " The model is not one of the package's: its folder belongs beside this notebook, too, under the name in the cells below."
    return (
        f"# {name}\n\nA session of Noise-to-Notes {n2n.__version__}, to be run again from top to bottom. It needs the Python "
        f"package `noise-to-notes`, which is imported as `n2n`.{beside} "
        "The same version of the program and the same seeds give the same notes."
    )


def _setup(recording: str | None, model: str, written: str) -> str:
    """The first cell: what is imported for the code `written` in the others, the model, the recording."""
    by_hand = BY_HAND if "by_hand(" in written else ""
    needed = [line for name, line in IMPORTS.items() if name in by_hand + written]
    hear = "audio = None" if recording is None else f"audio = model.listen({recording!r})"
    imports = "\n".join(["import n2n", "from IPython.display import Image", *needed])
    return f"""\
{imports}
{by_hand}
model = n2n.load({model!r})
{hear}"""


def _retold(recipe: Sequence[Action], final: Transcription, *, heard: bool) -> list[dict[str, Any]]:
    """The cells between the first and the last, after which the notebook's `notes` are the final ones."""
    cells: list[dict[str, Any]] = []
    notes: Transcription | None = None  # what the notebook's `notes` hold; None where the recipe does not tell
    takes: tuple[Transcription, ...] = ()
    for action in (*recipe, Action("edit", given=EditedRoll(final))):
        if action.given is not None:
            wanted = action.given.transcription
            cells += _cells_to(wanted, notes, takes)
            notes, takes = wanted, ()
        if action.verb != "edit":
            cells += [_text(f"## {_title(action)}"), _code(_call(action, heard=heard))]
        if action.verb == "regenerate":
            takes = action.results
            notes = notes if takes else None
        elif action.verb != "edit":
            notes = action.results[0] if action.results else None
    return cells


def _cells_to(wanted: Transcription, notes: Transcription | None, takes: Sequence[Transcription]) -> list[dict[str, Any]]:
    """Cells after which the notebook's `notes` are what is wanted: none, the choice of a take, or a list."""
    if notes is not None and _played(notes) == _played(wanted):
        return []
    for place, take in enumerate(takes):
        if _played(take) == _played(wanted):
            return [_text(f"Take {place + 1} was kept."), _code(f"notes = takes[{place}].transcription")]
    title = "By hand: t" if notes is not None else "T"
    return [_text(f"{title}he notes as they then stood in the editor."), _code(f"notes = {_notes_code(wanted)}")]


def _title(action: Action) -> str:
    if action.verb == "regenerate":
        return "Regenerate, listening" if action.listen else "Regenerate, imagining"
    return action.verb.capitalize()


def _played(transcription: Transcription) -> list[tuple[float, str, int]]:
    return [(note.onset, note.drum, note.velocity) for note in transcription.notes]


def _call(action: Action, *, heard: bool) -> str:
    """The cell of one call of the model."""
    options = "".join(f", {name}={_literal(value)}" for name, value in action.options.items())
    model = "model" if action.model is None else f"n2n.load({action.model!r})"
    if action.verb == "transcribe":
        return f"notes = {model}.transcribe(audio{options}, seed={action.seeds[0]}).transcription"
    if action.verb == "generate":
        return f"notes = {model}.generate({action.seconds!r}{options}, seed={action.seeds[0]}).transcription"
    audio, count = ("audio", "len(audio.mel)") if heard and action.heard else ("None", "num_roll_frames(notes.duration)")
    frames = f"frames = {count}"
    assert action.given is not None
    if action.verb == "refine":
        return _refine(action, action.given, model, options, frames)
    regions = action.given.free_masks
    call = f"{model}.regenerate({audio}, notes, mask, listen={action.listen}{options}, seed="
    mask = f"mask = mask_from_regions({_rows_code(map(tuple, regions))}, frames)"
    return f"{frames}\n{mask}\ntakes = [\n    {call}seed)\n    for seed in {list(action.seeds)!r}\n]"


def _refine(action: Action, given: EditedRoll, model: str, options: str, frames: str) -> str:
    call = f"notes = {model}.refine(audio, notes, strength={action.strength!r}"
    if not given.locks:
        return f"{call}{options}, seed={action.seeds[0]}).transcription"
    locked = f"locked = mask_from_regions([{(0.0, given.duration + 1.0, given.locks)!r}], frames)"
    return f"{frames}\n{locked}\n{call}, locked=locked{options}, seed={action.seeds[0]}).transcription"


def _notes_code(transcription: Transcription) -> str:
    rows = _rows_code(_row(note) for note in transcription.notes)
    return f"by_hand({transcription.duration!r}, {rows})"


def _row(note: Note) -> tuple[Any, ...]:
    row = note.onset, note.drum, note.velocity
    return row if note.confidence is None else (*row, note.confidence)


def _rows_code(rows: Iterable[tuple[Any, ...]]) -> str:
    """A list of tuples as code, as many on a line as fit."""
    lines, line = [], ""
    for row in rows:
        item = f"{row!r}, "
        if line and len(line) + len(item) > CODE_WIDTH:
            lines.append(line)
            line = ""
        line += item
    lines += [line] if line else []
    return "[" + "".join(f"\n    {line.rstrip()}" for line in lines) + ("\n]" if lines else "]")


def _literal(value: object) -> str:
    return repr(list(value)) if isinstance(value, tuple) else repr(value)


def _ending(name: str, tempo: float | None) -> str:
    with_tempo = "" if tempo is None else f"notes = Transcription(notes.notes, notes.duration, tempo={tempo!r})\n"
    return f"{with_tempo}write_midi(notes, {name + '.mid'!r})\nImage(roll_png(notes, title={name!r}))"


def _text(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(code: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": code}
