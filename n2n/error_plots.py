"""Figures of what went wrong: both sides over the mel spectrogram, what was taken for what, recall, reliability.

Functions of data that return a matplotlib `Figure`, like those of `n2n.plots`: dark ink, which wants a light ground. No text of a
recording's name ever enters a figure. Of the two sides, the reference points up from the middle of its lane and the estimate down, so that
a mirrored pair is a match; what has no partner also has a colour and a mark of its own.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from n2n.audio import FRAME_RATE
from n2n.calibration import Reliability
from n2n.errors import Confusion, FileErrors, JudgedHit, Recall
from n2n.plots import INK, LINE, STYLE, set_margins, set_time
from n2n.report import class_label
from n2n.roll import MAX_VELOCITY
from n2n.shapes import Float, Int

MATCHED_COLOUR: Final = "#334155"
MISSED_COLOUR: Final = "#c2272d"
EXTRA_COLOUR: Final = "#d97706"
BAR_COLOUR: Final = "#5b7fb5"

ROW_SECONDS: Final = 15.0
"""Length of a row of a comparison."""
LANE_HEIGHT: Final = 0.24
"""Inches of a lane."""
MEL_RANGE_DB: Final = 60.0
"""Decibels from the loudest value of the recording, black, down to white."""
MEL_STRENGTH: Final = 0.45
"""Opacity of the spectrogram."""
MEL_SHADES: Final = 20
"""Shades of grey: few, so that the picture of a minute of noise is a small file."""
BAR_LENGTHS: Final = (0.1, 0.36)
"""Of the softest and of the hardest hit, as shares of the height of a lane."""
MARK_PLACE: Final = 0.43
"""How far from the middle of its lane the mark of a hit without a partner stands, as a share of the height of the lane."""

WIDTH: Final = 11.0
"""Inches of every figure but the reliability diagram."""
RELIABILITY_WIDTH: Final = 5.2
"""Inches of the reliability diagram."""
NOTHING: Final = "nothing"


def draw_comparison(
    file: FileErrors,
    classes: Sequence[str],
    span: tuple[float, float],
    *,
    mel: Float[np.ndarray, "frames mels"] | None = None,
    mark: tuple[float, float] | None = None,
    row_seconds: float = ROW_SECONDS,
) -> Figure:
    """Both sides of a file in rows of equal length, over the mel spectrogram: reference bars point up, those of the estimate down.

    Args:
        file: what was matched and what was not.
        classes: lanes, the first at the bottom.
        span: start and end (s, on the reference's clock) of what is drawn.
        mel: of the whole recording, in decibels, 100 frames a second; None leaves the ground white.
        mark: start and end (s) of a part to point out.
        row_seconds: the length of a row; what is shorter than one makes a shorter row of the same width.

    Raises:
        ValueError: an empty span.
    """
    start, end = span
    if not (0.0 < end - start < math.inf):
        raise ValueError(f"a picture needs more than 0 s, not from {start} s to {end} s")
    rows = max(1, math.ceil((end - start) / row_seconds - 1e-6))
    length = (end - start) if rows == 1 else row_seconds
    height = LANE_HEIGHT * len(classes)
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, rows * (height + 0.3) + 0.08))
        set_margins(figure, left=_names_width(classes), right=0.25, bottom=0.28, top=0.08, hspace=0.3 / height)
        for row, axes in enumerate(np.asarray(figure.subplots(rows, 1, squeeze=False))[:, 0]):
            part = (start + row * length, start + (row + 1) * length)
            if mel is not None:
                _draw_mel(axes, mel, part, first=file.shift, height=len(classes))
            if mark is not None:
                axes.axvspan(*mark, facecolor="none", edgecolor=INK, linestyle=(0, (3, 3)), linewidth=1.0, zorder=5)
            _draw_side(axes, (hit for hit in file.reference if part[0] <= hit.onset < part[1]), classes, up=True)
            _draw_side(axes, (hit for hit in file.estimate if part[0] <= hit.onset < part[1]), classes, up=False)
            _name_lanes(axes, classes)
            set_time(axes, part, inches=WIDTH)
    return figure


def draw_confusion(confusion: Confusion, classes: Sequence[str]) -> Figure:
    """Two tables of counts, shaded by the share of their row: what stood in the place of missed hits, and of extra ones."""
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 0.8 + 0.34 * len(classes)))
        set_margins(figure, left=_names_width(classes), right=0.15, bottom=0.15, top=0.62, wspace=0.28)
        left, right = np.asarray(figure.subplots(1, 2))
        _draw_counts(left, confusion.missed, classes, title="missed (row): in its place stood an extra (column)")
        _draw_counts(right, confusion.extra, classes, title="extra (row): in its place was missed a (column)")
    return figure


def draw_recall(panels: Iterable[tuple[str, Recall]]) -> Figure:
    """The share of the reference's hits that was found, bin by bin over all classes, their number on each bar; a panel for each title."""
    titled = list(panels)
    with rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, 2.6))
        set_margins(figure, left=0.5, right=0.15, bottom=0.5, top=0.35, wspace=0.16)
        for axes, (title, recall) in zip(np.asarray(figure.subplots(1, len(titled), squeeze=False))[0], titled, strict=True):
            found, total = recall.found.sum(axis=0), recall.total.sum(axis=0)
            places = np.arange(len(total))
            axes.bar(places, found / np.maximum(total, 1), color=BAR_COLOUR, width=0.8, zorder=2)
            for place, (share, count) in enumerate(zip(found / np.maximum(total, 1), total, strict=True)):
                axes.text(place, share + 0.02, str(count), ha="center", va="bottom", fontsize=7)
            axes.set_xticks(places, recall.labels, rotation=35, ha="right", fontsize=7)
            axes.set_ylim(0.0, 1.15)
            axes.set_yticks([0.0, 0.25, 0.5, 0.75, 1.0])
            axes.set_title(title, loc="left", fontsize=9)
            _calm(axes)
    return figure


def draw_reliability(found: Reliability) -> Figure:
    """A reliability diagram: the share of notes that are right against their confidence, on the diagonal where it is calibrated; below, how
    many notes there are."""
    bins = len(found.counts)
    edges = np.linspace(0.0, 1.0, bins + 1)
    with rc_context(STYLE):
        figure = Figure(figsize=(RELIABILITY_WIDTH, 4.4))
        set_margins(figure, left=0.6, right=0.2, bottom=0.5, top=0.15, hspace=0.12)
        above, below = np.asarray(figure.subplots(2, 1, sharex=True, height_ratios=(3, 1)))
        above.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=(0, (4, 4)), zorder=1)
        some = found.counts > 0
        above.plot(found.confidence[some], found.right[some], color=BAR_COLOUR, marker="o", markersize=5, linewidth=1.4, zorder=3)
        above.set(xlim=(0, 1), ylim=(0, 1.03), ylabel="share right")
        below.bar(edges[:-1], found.counts, width=1.0 / bins, align="edge", color=BAR_COLOUR, edgecolor="white", zorder=2)
        below.set(xlabel="confidence", ylabel="notes")
        below.yaxis.set_major_locator(MaxNLocator(3, integer=True))
        for axes in (above, below):
            _calm(axes)
    return figure


def _names(classes: Sequence[str]) -> list[str]:
    return [class_label(name, len(classes)) for name in classes]


def _names_width(classes: Sequence[str]) -> float:
    """Inches that the longest name takes, and a little more."""
    return 0.2 + 0.07 * max(map(len, _names(classes)))


def _draw_mel(axes: Axes, mel: Float[np.ndarray, "frames mels"], span: tuple[float, float], *, first: float, height: int) -> None:
    """The part of the spectrogram that lies within the span, low frequencies at the bottom; its frame 0 is at `first` seconds."""
    low, high = (round((time - first) * FRAME_RATE) for time in span)
    low, high = max(0, low), min(len(mel), high)
    if low >= high:
        return
    loudest = float(mel.max())
    shades = np.round((mel[low:high, ::2] + mel[low:high, 1::2]) / 2.0 * (MEL_SHADES / MEL_RANGE_DB)) * (MEL_RANGE_DB / MEL_SHADES)
    extent = (first + (low - 0.5) / FRAME_RATE, first + (high - 0.5) / FRAME_RATE, 0.0, float(height))
    axes.imshow(
        shades.T,
        extent=extent,
        origin="lower",
        aspect="auto",
        cmap="Greys",
        alpha=MEL_STRENGTH,
        vmin=loudest - MEL_RANGE_DB,
        vmax=loudest,
        interpolation="nearest",
        zorder=0,
    )


def _draw_side(axes: Axes, hits: Iterable[JudgedHit], classes: Sequence[str], *, up: bool) -> None:
    listed = list(hits)
    sign, unmatched, marker = (1.0, MISSED_COLOUR, "v") if up else (-1.0, EXTRA_COLOUR, "^")
    for matched in (True, False):
        chosen = [hit for hit in listed if hit.matched == matched]
        middles = np.array([classes.index(hit.drum) + 0.5 for hit in chosen])
        tips = middles + sign * np.interp([hit.velocity for hit in chosen], (1, MAX_VELOCITY), BAR_LENGTHS)
        onsets = [hit.onset for hit in chosen]
        axes.vlines(onsets, middles, tips, colors=MATCHED_COLOUR if matched else unmatched, linewidth=2.0, capstyle="butt", zorder=3)
        if not matched:
            axes.scatter(onsets, middles + sign * MARK_PLACE, color=unmatched, marker=marker, s=14, linewidths=0, zorder=4)


def _name_lanes(axes: Axes, classes: Sequence[str]) -> None:
    axes.set_ylim(0, len(classes))
    axes.set_yticks([lane + 0.5 for lane in range(len(classes))], _names(classes))
    axes.tick_params(axis="y", length=0)
    middles, borders = np.arange(len(classes)) + 0.5, range(1, len(classes))
    axes.hlines(borders, 0, 1, colors="white", linewidth=1.6, transform=axes.get_yaxis_transform(), zorder=1)
    axes.hlines(middles, 0, 1, colors=INK, linewidth=0.4, linestyle=(0, (1, 4)), transform=axes.get_yaxis_transform(), zorder=1)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _draw_counts(axes: Axes, counts: Int[np.ndarray, "classes places"], classes: Sequence[str], *, title: str) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto", zorder=0)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            axes.text(column, row, str(count), ha="center", va="center", color="white" if shares[row, column] > 0.6 else INK)
    names = _names(classes)
    axes.set_xticks(range(len(names) + 1), [*names, NOTHING])
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.spines[:].set_color(LINE)
    axes.set_title(title, loc="left", fontsize=9, pad=22)


def _calm(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=2, color=LINE)
    axes.grid(axis="y", color=LINE, linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
