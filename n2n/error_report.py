"""The error report: a folder that shows where an evaluation counted errors, to be read in any browser, offline.

    index.html           tables and pictures, by `n2n.error_page`
    report.json          the same for scripts: scores, counts, every missed and extra hit
    pictures/, sounds/   what index.html shows

Names of recordings are text that others wrote: they never become the name of a file. Times are in seconds on the reference's clock.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import soundfile

from n2n.audio import FRAME_RATE, SAMPLE_RATE, stream_audio
from n2n.calibration import Reliability
from n2n.error_page import Pictures, Shown, error_page
from n2n.error_plots import draw_comparison, draw_confusion, draw_recall, draw_reliability
from n2n.errors import Analysis, Confusion, FileErrors, JudgedHit, Moment, Recall, analyse
from n2n.files import atomic_folder, load_json
from n2n.notes import Transcription
from n2n.plots import figure_png
from n2n.report import to_json
from n2n.scores import Evaluation
from n2n.shapes import Float

JSON_VERSION: Final = 1
KIND: Final = "n2n error report"
PICTURE_SECONDS: Final = 60.0
"""Seconds of a file in one picture; longer files have several."""
AFTER_LAST_HIT: Final = 0.1
"""Seconds of a picture behind the last hit, where no sound lasts longer."""
MOMENT_MARGIN: Final = 0.5
"""Seconds shown and played before and after a moment."""
DPI: Final = 100
ENTRIES: Final = ("pictures", "sounds", "report.json", "index.html")

Unheard = Callable[[str, str], None]
"""Is told the name of a recording that cannot be read, and why."""


class Heard(NamedTuple):
    """What was read of a recording: its log-mel in decibels, and the samples of the spans that were asked for."""

    mel: Float[np.ndarray, "frames mels"]
    sounds: list[Float[np.ndarray, " samples"]]


def check_folder(folder: Path) -> None:
    """Raises ValueError where a report must not be written: over a file, or among things that are no older report."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file: a report is a folder of its own")
    if folder.is_dir() and any(folder.iterdir()) and not _is_report(folder):
        raise ValueError(f"{folder} holds other things: name a new or empty folder, or an older report to replace")


def write_report(
    folder: Path,
    evaluation: Evaluation,
    references: Mapping[str, Transcription],
    estimates: Mapping[str, Transcription],
    *,
    audio: Mapping[str, Path | None],
    about: Mapping[str, Any],
    unheard: Unheard = lambda name, reason: None,
) -> Analysis:
    """Writes the report of an evaluation into a folder, whole or not at all, and returns what it found.

    Args:
        folder: new, empty, or an older report, which is replaced.
        evaluation: what `n2n.evaluate.evaluate` made of the same notes.
        references: the truth, by name of file.
        estimates: what was scored.
        audio: the recordings, by name; without one, and where it cannot be read, a file has no spectrogram and no sound.
        about: how the notes came about, such as the model and the data set: text and numbers to show.
        unheard: is told which recordings cannot be read, as the report tells, too.

    Raises:
        ValueError: the folder holds other things.
    """
    check_folder(folder)
    analysis = analyse(evaluation, references, estimates)
    with atomic_folder(folder, ENTRIES) as new:
        for kind in ("pictures", "sounds"):
            (new / kind).mkdir()
        pictures = _draw(new, analysis, audio)
        for name, reason in pictures.unheard.items():
            unheard(name, reason)
        found = {**_analysis_to_json(analysis), "unheard": pictures.unheard, "scores": to_json(evaluation)}
        content = {"version": JSON_VERSION, "kind": KIND, "about": dict(about), **found}
        (new / "report.json").write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        page = error_page(evaluation, analysis, pictures, about)
        (new / "index.html").write_text(page, encoding="utf-8", errors="xmlcharrefreplace")
    return analysis


def hear(path: Path, spans: Sequence[tuple[float, float]]) -> Heard:
    """Reads a recording once, block by block: its spectrogram, and the sound of each span (s), silent where nothing was recorded."""
    from n2n.features import stream_log_mel

    cuts = [(round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)) for start, end in spans]
    sounds = [np.zeros(end - start, dtype=np.float32) for start, end in cuts]

    def blocks() -> Iterator[np.ndarray]:
        position = 0
        for block in stream_audio(path):
            for (start, end), sound in zip(cuts, sounds, strict=True):
                low, high = max(start, position), min(end, position + len(block))
                if low < high:
                    sound[low - start : high - start] = block[low - position : high - position]
            position += len(block)
            yield block

    return Heard(stream_log_mel(blocks()).numpy(), sounds)


# --- pictures and sounds ---


class Drawn(NamedTuple):
    """The pictures of a file, what is shown of its moments, by their place among all, and why it is not heard, if it cannot be read."""

    pictures: tuple[str, ...]
    moments: dict[int, Shown]
    unheard: str | None


def _draw(folder: Path, analysis: Analysis, audio: Mapping[str, Path | None]) -> Pictures:
    files = [_draw_file(folder, analysis, index, audio.get(file.name)) for index, file in enumerate(analysis.files)]
    moments = {place: shown for drawn in files for place, shown in drawn.moments.items()}
    gaps = [("gap since the same drum", analysis.gap_same), ("gap since any drum", analysis.gap_any)]
    return Pictures(
        tuple(drawn.pictures for drawn in files),
        tuple(moments[place] for place in range(len(moments))),
        _save(folder, "confusion", draw_confusion(analysis.confusion, analysis.classes)),
        None if analysis.velocity is None else _save(folder, "velocity", draw_recall([("velocity", analysis.velocity)])),
        _save(folder, "gaps", draw_recall(gaps)),
        None if analysis.reliability is None else _save(folder, "reliability", draw_reliability(analysis.reliability)),
        {file.name: drawn.unheard for file, drawn in zip(analysis.files, files, strict=True) if drawn.unheard is not None},
    )


def _draw_file(folder: Path, analysis: Analysis, index: int, path: Path | None) -> Drawn:
    """The pictures and sounds of one file; without its recording, or where that cannot be read, pictures alone."""
    file, classes = analysis.files[index], analysis.classes
    places = [place for place, moment in enumerate(analysis.moments) if moment.file == index]
    spans = [_with_margin(analysis.moments[place]) for place in places]
    heard, unheard = None, None
    try:
        heard = None if path is None else hear(path, [(start - file.shift, end - file.shift) for start, end in spans])
    except ValueError as error:
        unheard = str(error)
    mel, sounds = (None, [None] * len(spans)) if heard is None else heard
    pictures = tuple(
        _save(folder, f"file-{index + 1}-{part + 1}", draw_comparison(file, classes, span, mel=mel))
        for part, span in enumerate(_picture_spans(file, mel))
    )
    moments = {}
    for place, span, sound in zip(places, spans, sounds, strict=True):
        name, moment = f"moment-{place + 1}", analysis.moments[place]
        picture = _save(folder, name, draw_comparison(file, classes, span, mel=mel, mark=(moment.start, moment.end)))
        if sound is not None:
            soundfile.write(folder / "sounds" / f"{name}.wav", sound, SAMPLE_RATE, subtype="PCM_16")
        moments[place] = Shown(picture, None if sound is None else f"sounds/{name}.wav")
    return Drawn(pictures, moments, unheard)


def _save(folder: Path, name: str, figure: Any) -> str:
    """Writes a picture; where it lies in the report."""
    (folder / "pictures" / f"{name}.png").write_bytes(figure_png(figure, dpi=DPI))
    return f"pictures/{name}.png"


def _picture_spans(file: FileErrors, mel: Float[np.ndarray, "frames mels"] | None) -> list[tuple[float, float]]:
    """The file in parts of at most `PICTURE_SECONDS`, from 0 to its last hit or the end of its sound, whatever length its notes state."""
    last_hit = max([0.0, *(hit.onset for hit in (*file.reference, *file.estimate))]) + AFTER_LAST_HIT
    end = max(last_hit, 0.0 if mel is None else len(mel) / FRAME_RATE + file.shift)
    return [(PICTURE_SECONDS * part, min(end, PICTURE_SECONDS * (part + 1))) for part in range(math.ceil(end / PICTURE_SECONDS - 1e-6))]


def _with_margin(moment: Moment) -> tuple[float, float]:
    return moment.start - MOMENT_MARGIN, moment.end + MOMENT_MARGIN


# --- JSON ---


def _analysis_to_json(analysis: Analysis) -> dict[str, Any]:
    return {
        "classes": list(analysis.classes),
        "confusion": _confusion_to_json(analysis.confusion, analysis.classes),
        "recall_by_velocity": None if analysis.velocity is None else _recall_to_json(analysis.velocity, analysis.classes),
        "recall_by_gap_same_drum": _recall_to_json(analysis.gap_same, analysis.classes),
        "recall_by_gap_any_drum": _recall_to_json(analysis.gap_any, analysis.classes),
        "confidence": None if analysis.reliability is None else _reliability_to_json(analysis.reliability, analysis.brier),
        "moments": [{**moment._asdict(), "file": analysis.files[moment.file].name} for moment in analysis.moments],
        "files": [_file_to_json(file) for file in analysis.files],
    }


def _confusion_to_json(confusion: Confusion, classes: Sequence[str]) -> dict[str, Any]:
    places = [*classes, "nothing"]

    def rows(table: np.ndarray) -> dict[str, dict[str, int]]:
        return {drum: dict(zip(places, row, strict=True)) for drum, row in zip(classes, table.tolist(), strict=True)}

    return {
        "matched": dict(zip(classes, confusion.matched.tolist(), strict=True)),
        "missed_taken_for": rows(confusion.missed),
        "extra_in_place_of": rows(confusion.extra),
    }


def _recall_to_json(recall: Recall, classes: Sequence[str]) -> dict[str, Any]:
    tables = {"found": recall.found.tolist(), "total": recall.total.tolist()}
    edges = [None if math.isinf(edge) else edge for edge in recall.edges]
    return {"edges": edges, **{name: dict(zip(classes, rows, strict=True)) for name, rows in tables.items()}}


def _reliability_to_json(found: Reliability, brier: float | None) -> dict[str, Any]:
    bins = {"counts": found.counts.tolist(), "confidence": found.confidence.tolist(), "right": found.right.tolist()}
    return {"expected_calibration_error": found.error, "brier_score": brier, **bins}


def _file_to_json(file: FileErrors) -> dict[str, Any]:
    return {
        "name": file.name,
        "shift": file.shift,
        "missed": [_hit_to_json(hit) for hit in file.missed],
        "extra": [_hit_to_json(hit) for hit in file.extra],
    }


def _hit_to_json(hit: JudgedHit) -> dict[str, Any]:
    entry: dict[str, Any] = {"onset": hit.onset, "drum": hit.drum, "velocity": hit.velocity}
    return entry if hit.confidence is None else {**entry, "confidence": hit.confidence}


def _is_report(folder: Path) -> bool:
    try:
        content = load_json(folder / "report.json")
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and content.get("kind") == KIND
