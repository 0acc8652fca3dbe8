"""The page of an error report: plain HTML with tables and pictures. No script, nothing from elsewhere, light and dark.

Whatever others may have written, such as the names of recordings, passes through `_text`, which escapes it.
Every picture stands beside a table that says the same.
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

from n2n.errors import CONFUSION_WINDOW, Analysis, Recall
from n2n.report import class_label
from n2n.scores import Counts, Evaluation

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1f2937; --soft: #5b6472; --line: #d5d9df; --ground: #fbfbfa; --paper: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e7eb; --soft: #9ca3af; --line: #3b424d; --ground: #14171c; --paper: #eef0f3; } }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 70rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; } h3 { font-size: 1rem; margin: 1.5rem 0 .4rem; }
p, figcaption, .soft { color: var(--soft); } figure { margin: .75rem 0; }
img { display: block; max-width: 100%; height: auto; background: var(--paper); border-radius: 6px; }
@media (max-width: 45rem) { figure { overflow-x: auto; } img { max-width: none; } }
audio { display: block; margin: .4rem 0; max-width: 100%; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } thead th { color: var(--soft); font-weight: 600; }
.name { overflow-wrap: anywhere; } details { border-bottom: 1px solid var(--line); padding: .35rem 0; } summary { cursor: pointer; }
"""


POLICY: Final = "script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'"


class Shown(NamedTuple):
    """A moment's picture and sound, relative to the folder; no sound where the recording is absent."""

    picture: str
    sound: str | None


@dataclass(frozen=True)
class Pictures:
    """Where the pictures lie, relative to the folder, and why some files, by name, have neither spectrogram nor sound."""

    files: tuple[tuple[str, ...], ...]
    moments: tuple[Shown, ...]
    confusion: str
    velocity: str | None
    gaps: str
    reliability: str | None
    unheard: Mapping[str, str]


def error_page(evaluation: Evaluation, analysis: Analysis, pictures: Pictures, about: Mapping[str, Any]) -> str:
    """The page as one text.

    Args:
        evaluation: the scores.
        analysis: the errors behind them.
        pictures: where the pictures lie.
        about: how the notes came about; what is empty is left out.
    """
    sections = [
        _scores_section(evaluation),
        _moments_section(analysis, pictures.moments),
        _confusion_section(analysis, pictures.confusion, window=max(CONFUSION_WINDOW, evaluation.tolerance)),
        _recall_section(analysis, pictures),
        _confidence_section(analysis, pictures.reliability),
        _files_section(evaluation, analysis, pictures),
    ]
    shown = ", ".join(f"{_text(key)} {_text(value)}" for key, value in about.items() if value not in (None, [], ""))
    counted = evaluation.total.onset.pooled
    heading = (
        f"<p>{shown}.</p><p>{len(evaluation.files)} {'file' if len(evaluation.files) == 1 else 'files'}, {evaluation.num_classes} classes, "
        f"tolerance {1000 * evaluation.tolerance:g} ms. F1 {counted.f1:.3f}: {counted.true_positives} hits matched, "
        f"{counted.false_negatives} missed, {counted.false_positives} extra.</p>"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>Error report</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>Error report</h1>\n{heading}\n" + "\n".join(sections) + "\n</body>\n</html>\n"
    )


def _scores_section(evaluation: Evaluation) -> str:
    rows = [["drum", "matched", "missed", "extra", "precision", "recall", "F1"]]
    rows.append(["all", *_score_cells(evaluation.total.onset.pooled)])
    for name, scores in evaluation.classes.items():
        rows.append([class_label(name, evaluation.num_classes), *_score_cells(scores.onset.pooled)])
    return _section("Scores", _table(rows))


def _moments_section(analysis: Analysis, shown: Sequence[Shown]) -> str:
    if not analysis.moments:
        return _section("Worst moments", "<p>No errors.</p>")
    parts = ["<p>Reference upwards, estimate downwards. Red: missed. Orange: extra.</p>"]
    for number, (moment, media) in enumerate(zip(analysis.moments, shown, strict=True), start=1):
        name = _text(analysis.files[moment.file].name)
        what = f"{moment.missed} missed, {moment.extra} extra"
        sound = "" if media.sound is None else f'<audio controls preload="none" src="{media.sound}"></audio>'
        title = f'<h3 class="name">{number}. <bdi>{name}</bdi>, {moment.start:.2f} to {moment.end:.2f} s: {what}</h3>'
        parts.append(f"{title}{sound}{_picture(media.picture, f'Reference and estimate around moment {number}: {what}')}")
    return _section("Worst moments", "".join(parts))


def _confusion_section(analysis: Analysis, picture: str, *, window: float) -> str:
    names = [class_label(name, len(analysis.classes)) for name in analysis.classes]

    def rows(table: np.ndarray, first: str) -> list[list[str]]:
        counts = [[name, *map(str, row)] for name, row in zip(names, table.tolist(), strict=True)]
        return [[first, *names, "nothing"], *counts]

    body = (
        f"<p>For each missed hit, the nearest extra hit within {1000 * window:g} ms; and the other way round.</p>"
        + _picture(picture, "Both tables below, shaded by the share of each row")
        + f"<h3>Missed, and what stood in its place</h3>{_table(rows(analysis.confusion.missed, 'missed'))}"
        + f"<h3>Extra, and what was missed in its place</h3>{_table(rows(analysis.confusion.extra, 'extra'))}"
    )
    return _section("Confusion between drums", body)


def _recall_section(analysis: Analysis, pictures: Pictures) -> str:
    body = ""
    if analysis.velocity is not None and pictures.velocity is not None:
        body += "<h3>By velocity of the reference</h3>" + _picture(pictures.velocity, "Recall by velocity, as in the table below")
        body += _recall_table(analysis.velocity, analysis.classes)
    body += "<h3>By gap</h3><p>Time since the hit before. The first hit of all counts as the longest gap.</p>"
    body += _picture(pictures.gaps, "Recall by gap, as in the tables below")
    body += "<h3>Since the same drum</h3>" + _recall_table(analysis.gap_same, analysis.classes)
    body += "<h3>Since any drum</h3>" + _recall_table(analysis.gap_any, analysis.classes)
    return _section("How many hits were found", body)


def _recall_table(recall: Recall, classes: Sequence[str]) -> str:
    rows = [["drum", *recall.labels]]
    tables = [("all", recall.found.sum(axis=0), recall.total.sum(axis=0))]
    tables += [(class_label(name, len(classes)), recall.found[row], recall.total[row]) for row, name in enumerate(classes)]
    for name, found, total in tables:
        rows.append([name, *(f"{f / t:.2f} of {t}" if t else "-" for f, t in zip(found.tolist(), total.tolist(), strict=True))])
    return _table(rows)


def _confidence_section(analysis: Analysis, picture: str | None) -> str:
    if analysis.reliability is None or picture is None:
        return _section("Confidence", "<p>These notes carry no confidence.</p>")
    found = analysis.reliability
    body = f"<p>Expected calibration error {found.error:.4f}, Brier score {analysis.brier:.4f}, over {found.counts.sum()} notes.</p>"
    body += _picture(picture, "Share of notes that is right against their confidence, as in the table below")
    edges = np.linspace(0.0, 1.0, len(found.counts) + 1)
    rows = [["confidence", "notes", "mean confidence", "share right"]]
    for (low, high), count, confidence, right in zip(pairwise(edges), *map(np.ndarray.tolist, found), strict=True):
        rows.append([f"{low:.1f} to {high:.1f}", str(count), *((f"{confidence:.3f}", f"{right:.3f}") if count else ("-", "-"))])
    return _section("Confidence", body + _table(rows))


def _files_section(evaluation: Evaluation, analysis: Analysis, pictures: Pictures) -> str:
    """The files, the worst first; a browser loads the pictures of one when it is opened."""
    order = sorted(range(len(analysis.files)), key=lambda index: (evaluation.files[index].onset.f1, index))
    parts = ["<p>The worst first. Reference upwards, estimate downwards. Red: missed. Orange: extra.</p>"]
    for index in order:
        counts = evaluation.files[index].onset
        told = f"F1 {counts.f1:.3f}, {counts.false_negatives} missed, {counts.false_positives} extra"
        images = "".join(
            _picture(picture, f"Reference and estimate, part {part} of {len(pictures.files[index])}")
            for part, picture in enumerate(pictures.files[index], start=1)
        )
        name = evaluation.files[index].name
        silent = f'<p class="name">Without sound: {_text(pictures.unheard[name])}</p>' if name in pictures.unheard else ""
        told += ", without sound" if silent else ""
        parts.append(
            f'<details><summary><bdi class="name">{_text(name)}</bdi> <span class="soft">{told}</span></summary>{silent}{images}</details>'
        )
    return _section("Files", "".join(parts))


def _score_cells(counts: Counts) -> list[str]:
    numbers = (counts.true_positives, counts.false_negatives, counts.false_positives)
    return [*map(str, numbers), *(f"{ratio:.3f}" for ratio in (counts.precision, counts.recall, counts.f1))]


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>{body}</section>"


def _table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of escaped cells, the first of them the header, the first cell of each the row's name."""
    head = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in rows[0])
    body = "".join(
        f'<tr><th scope="row">{_text(row[0])}</th>{"".join(f"<td>{_text(cell)}</td>" for cell in row[1:])}</tr>' for row in rows[1:]
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _picture(path: str, alt: str) -> str:
    return f'<figure><img src="{path}" alt="{_text(alt)}" loading="lazy"></figure>'


def _text(value: object) -> str:
    """Anything as escaped text."""
    return html.escape(str(value), quote=True)
