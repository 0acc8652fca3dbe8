"""An evaluation, written down: as a table to read, or as JSON for scripts. Times are in milliseconds in the table, in seconds in JSON."""

from collections.abc import Sequence
from typing import Any, Final

from n2n.drums import DRUM_NAMES
from n2n.evaluate import MERGE_WINDOW
from n2n.scores import ClassScores, Counts, Evaluation, FileScores, Interval, Score

JSON_VERSION: Final = 1


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain dicts, lists, strings and finite numbers, ready for `json.dumps`."""
    return {
        "version": JSON_VERSION,
        "num_classes": evaluation.num_classes,
        "tolerance": evaluation.tolerance,
        "merge_window": MERGE_WINDOW,
        "shift": evaluation.shift,
        "total": _class_to_json(evaluation.total),
        "classes": {name: _class_to_json(scores) for name, scores in evaluation.classes.items()},
        "files": [_file_to_json(file) for file in evaluation.files],
        "missing": list(evaluation.missing),
        "unused": list(evaluation.unused),
    }


def format_table(evaluation: Evaluation) -> str:
    """The evaluation as plain text: what was scored, a table by class, and one line for each file."""
    parts = [_heading(evaluation), _title("Onsets", _score_rows(evaluation, velocity=False))]
    if evaluation.total.velocity is not None:
        parts.append(_title("Onsets with velocity", _score_rows(evaluation, velocity=True)))
    parts.append(_title("Files", _file_rows(evaluation)))
    return "\n\n".join(parts) + "\n"


def class_label(name: str, num_classes: int) -> str:
    """What a class holds, in words: with 5 classes CY is every cymbal but the hi-hat, with 3 SN has the toms and HH the cymbals."""
    merged = {(5, "CY"): "cymbals", (3, "SN"): "snare, tom", (3, "HH"): "hi-hat, cymbals"}
    return merged.get((num_classes, name), DRUM_NAMES[name])


def _counts_to_json(counts: Counts) -> dict[str, Any]:
    return {
        "true_positives": counts.true_positives,
        "false_positives": counts.false_positives,
        "false_negatives": counts.false_negatives,
        "precision": counts.precision,
        "recall": counts.recall,
        "f1": counts.f1,
    }


def _score_to_json(score: Score) -> dict[str, Any]:
    interval = None if score.interval is None else list(score.interval)
    return {**_counts_to_json(score.pooled), "f1_interval_95": interval, "mean_over_files": score.mean._asdict()}


def _class_to_json(scores: ClassScores) -> dict[str, Any]:
    velocity = None if scores.velocity is None else _score_to_json(scores.velocity)
    return {"onset": _score_to_json(scores.onset), "velocity": velocity}


def _file_to_json(file: FileScores) -> dict[str, Any]:
    return {
        "name": file.name,
        "shift": file.shift,
        "onset": _counts_to_json(file.onset),
        "velocity": None if file.velocity is None else _counts_to_json(file.velocity),
        "classes": {
            name: {
                "onset": _counts_to_json(counts),
                "velocity": None if file.velocity_classes is None else _counts_to_json(file.velocity_classes[name]),
            }
            for name, counts in file.onset_classes.items()
        },
    }


def _heading(evaluation: Evaluation) -> str:
    count, tolerance, window = len(evaluation.files), _milliseconds(evaluation.tolerance), _milliseconds(MERGE_WINDOW)
    rule = f"{evaluation.num_classes} classes, tolerance {tolerance}, same-class onsets within {window} merged"
    lines = [f"{count} file{'' if count == 1 else 's'}, {rule}, {_shift_words(evaluation)}"]
    if evaluation.missing:
        lines.append(f"no estimate, scored as empty: {', '.join(evaluation.missing)}")
    if evaluation.unused:
        lines.append(f"no reference, not scored: {', '.join(evaluation.unused)}")
    return "\n".join(lines)


def _shift_words(evaluation: Evaluation) -> str:
    if evaluation.shift is None:
        return "no shift"
    if evaluation.shift == "file":
        return "best shift of each file added"
    return f"best shift of the set added: {_milliseconds(evaluation.files[0].shift, sign='+')}"


def _score_rows(evaluation: Evaluation, *, velocity: bool) -> list[list[str]]:
    rows = [["class", "TP", "FP", "FN", "precision", "recall", "F1", "95 % over files", "mean P", "mean R", "mean F1"]]
    labelled = [("all", evaluation.total)]
    labelled += [(f"{name} {class_label(name, evaluation.num_classes)}", scores) for name, scores in evaluation.classes.items()]
    for label, scores in labelled:
        score = scores.velocity if velocity else scores.onset
        if score is not None:
            rows.append([label, *_count_cells(score.pooled), _interval_cell(score.interval), *map(_ratio_cell, score.mean)])
    return rows


def _file_rows(evaluation: Evaluation) -> list[list[str]]:
    rows = [["file", "TP", "FP", "FN", "precision", "recall", "F1"]]
    for file in evaluation.files:
        rows.append([file.name, *_count_cells(file.onset)])
    if evaluation.total.velocity is not None:
        _append_column(rows, "velocity F1", [_ratio_cell(file.velocity.f1) if file.velocity else "-" for file in evaluation.files])
    if evaluation.shift == "file":
        _append_column(rows, "shift", [_milliseconds(file.shift, sign="+") for file in evaluation.files])
    return rows


def _append_column(rows: list[list[str]], title: str, cells: Sequence[str]) -> None:
    for row, cell in zip(rows, [title, *cells], strict=True):
        row.append(cell)


def _count_cells(counts: Counts) -> list[str]:
    numbers = [counts.true_positives, counts.false_positives, counts.false_negatives]
    return [*map(str, numbers), *map(_ratio_cell, (counts.precision, counts.recall, counts.f1))]


def _ratio_cell(ratio: float) -> str:
    return f"{ratio:.3f}"


def _interval_cell(interval: Interval | None) -> str:
    return "-" if interval is None else f"{interval.low:.3f} to {interval.high:.3f}"


def _milliseconds(seconds: float, *, sign: str = "") -> str:
    return f"{round(seconds * 1000, 3):{sign}g} ms"


def _title(title: str, rows: Sequence[Sequence[str]]) -> str:
    """Rows under a title, the first column to the left and the others to the right, a line below the header."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]) for row in rows
    ]
    return "\n".join([title, lines[0], "-" * len(lines[0]), *lines[1:]])
