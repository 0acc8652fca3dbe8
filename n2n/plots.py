"""Figures: the drum roll of a transcription, and the steps that led to it.

Functions of data that return a matplotlib `Figure`; none shows or writes anything or touches matplotlib's global state, so they may run in
any thread. Time runs to the right in seconds, the kick's lane lies at the bottom. Figures are dark ink on a transparent ground.
"""

import io
import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from n2n.audio import FRAME_RATE
from n2n.drums import DRUM_NAMES, DRUMS, LANE
from n2n.notes import Note
from n2n.roll import MAX_VELOCITY, onset_scores
from n2n.shapes import Float

DRUM_COLOURS: Final = {
    "KD": "#2563a8",
    "SN": "#c2412d",
    "TT": "#8a4fa3",
    "HH": "#177e6a",
    "CY": "#a86c0f",
    "RD": "#587a1c",
    "BE": "#b0336a",
}
INK: Final = "#4b5563"
LINE: Final = "#d5d9df"
SIGMA: Final = "\N{GREEK SMALL LETTER SIGMA}"

LANE_FILL: Final = 0.86
"""The share of its lane's height that a note of velocity 127 takes."""
COLUMNS: Final = 4000
"""A picture of an estimate holds no more columns than this."""
TICK_SECONDS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)

STYLE: Final[dict[Any, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.hashsalt": "n2n",
}

Step = tuple[float, Float[np.ndarray, "frames drums 2"], Float[np.ndarray, "frames drums 2"]]
"""Of a walk: sigma, the noisy state, the estimate."""


def draw_roll(
    notes: Iterable[Note],
    duration: float,
    *,
    estimate: Float[np.ndarray, "frames drums 2"] | None = None,
    width: float = 11.0,
) -> Figure:
    """Seven lanes with a bar for each note, as high as its velocity; the estimate that the notes were read from lies under them as shading.

    Args:
        notes: in any order.
        duration: seconds that the picture covers; more than 0.
        estimate: a roll.
        width: inches.
    """
    _check_duration(duration)
    with rc_context(STYLE):
        figure = Figure(figsize=(width, 2.9))
        set_margins(figure, left=0.55, right=0.2, bottom=0.3, top=0.06)
        axes = figure.add_subplot()
        if estimate is not None:
            _shade(axes, onset_scores(estimate), strength=0.38)
        _draw_notes(axes, notes)
        _set_lanes(axes)
        set_time(axes, (0.0, duration), inches=width)
    return figure


def draw_trajectory(steps: Sequence[Step], *, span: tuple[float, float] | None = None, width: float = 11.0) -> Figure:
    """A row for each step of a walk, first step on top: on the left the noisy state that went in, on the right the estimate that came out.

    The noisy state is drawn at the scale at which the network reads it: noise of every sigma looks alike, and what is known shows through.

    Args:
        steps: at least one.
        span: start and end in seconds of what is drawn; the whole where None.
        width: inches.
    """
    if not steps:
        raise ValueError("there is no step to draw: ask for the trajectory when transcribing")
    start, end = span or (0.0, max((len(steps[0][1]) - 1) / FRAME_RATE, 1.0 / FRAME_RATE))
    _check_duration(end - start)
    first, last = max(0, int(start * FRAME_RATE)), int(end * FRAME_RATE) + 1
    with rc_context(STYLE):
        figure = Figure(figsize=(width, 0.58 + 0.62 * len(steps)))
        set_margins(figure, left=0.55, right=0.2, bottom=0.3, top=0.28, wspace=0.09, hspace=0.14)
        grid = np.asarray(figure.subplots(len(steps), 2, squeeze=False, sharex=True))
        for (left, right), (sigma, noisy, denoised) in zip(grid, steps, strict=True):
            seen = np.clip((noisy[first:last, :, 0] + 1.0) / (2.0 * max(1.0, sigma)), 0.0, 1.0)
            _shade(left, seen, strength=1.0, first=first)
            _shade(right, onset_scores(denoised[first:last]), strength=1.0, first=first)
            left.set_ylabel(f"{SIGMA} {sigma:.3g}", rotation=0, ha="right", va="center", labelpad=6)
            for axes in (left, right):
                axes.set(ylim=(0, len(DRUMS)), yticks=[])
                axes.tick_params(length=0, labelbottom=False)
                axes.spines[:].set_color(LINE)
        grid[0, 0].set_title("noisy roll", loc="left", fontsize=9)
        grid[0, 1].set_title("estimate", loc="left", fontsize=9)
        for axes in grid[-1]:
            axes.tick_params(labelbottom=True)
            set_time(axes, (start, end), inches=width / 2)
    return figure


def figure_png(figure: Figure, *, dpi: int = 160) -> bytes:
    """The figure as a PNG file."""
    return _figure_file(figure, "png", dpi=dpi, pil_kwargs={"compress_level": 3})


def figure_svg(figure: Figure) -> bytes:
    """The figure as an SVG file; equal figures give equal files."""
    with rc_context(STYLE):
        return _figure_file(figure, "svg", metadata={"Date": None})


def peak_columns(values: Float[np.ndarray, "frames drums"], columns: int) -> Float[np.ndarray, "columns drums"]:
    """Shortens a picture in time without losing its peaks: each column is the maximum over the frames that fall into it."""
    if len(values) <= columns:
        return values
    starts = np.arange(columns) * len(values) // columns
    return np.maximum.reduceat(values, starts, axis=0)


def _figure_file(figure: Figure, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format=kind, **options)
    return file.getvalue()


def set_margins(figure: Figure, *, left: float, right: float, bottom: float, top: float, **gaps: float) -> None:
    """Margins in inches. Stated ones: letting matplotlib find them takes as long as the rest of a picture."""
    width, height = figure.get_size_inches()
    figure.subplots_adjust(left / width, bottom / height, 1.0 - right / width, 1.0 - top / height, **gaps)


def _shade(axes: Axes, scores: Float[np.ndarray, "frames drums"], *, strength: float, first: int = 0) -> None:
    """Each lane in its drum's colour, as opaque as its scores, which begin at frame `first`; a frame's cell has the frame in its middle."""
    columns = peak_columns(scores, COLUMNS)
    picture = np.empty((len(DRUMS), len(columns), 4), dtype=np.float32)
    picture[..., :3] = np.array([to_rgb(DRUM_COLOURS[drum]) for drum in DRUMS])[:, None]
    picture[..., 3] = strength * columns.T
    start, end = (first - 0.5) / FRAME_RATE, (first + len(scores) - 0.5) / FRAME_RATE
    axes.imshow(picture, extent=(start, end, 0.0, len(DRUMS)), origin="lower", aspect="auto", interpolation="nearest", zorder=1)


def _draw_notes(axes: Axes, notes: Iterable[Note]) -> None:
    notes = list(notes)
    for drum in DRUMS:
        onsets = [note.onset for note in notes if note.drum == drum]
        tops = [LANE[drum] + LANE_FILL * note.velocity / MAX_VELOCITY for note in notes if note.drum == drum]
        axes.vlines(onsets, LANE[drum], tops, colors=DRUM_COLOURS[drum], linewidth=2.2, capstyle="butt", zorder=3)


def _set_lanes(axes: Axes) -> None:
    axes.set_ylim(0, len(DRUMS))
    axes.set_yticks([lane + 0.5 for lane in range(len(DRUMS))], [DRUM_NAMES[drum] for drum in DRUMS])
    axes.tick_params(axis="y", length=0)
    axes.hlines(range(1, len(DRUMS)), 0, 1, colors=LINE, linewidth=0.8, transform=axes.get_yaxis_transform(), zorder=0)
    axes.spines[["top", "right", "left"]].set_visible(False)


def set_time(axes: Axes, span: tuple[float, float], *, inches: float) -> None:
    """Time from start to end (s) along the bottom of axes that are `inches` wide, with as many ticks as fit."""
    start, end = span
    axes.set_xlim(start - 0.004 * (end - start), end)  # so that a note at the very start is seen whole
    enough = [seconds for seconds in TICK_SECONDS if (end - start) / seconds <= 1.2 * inches]
    distance = enough[0] if enough else (end - start) / inches
    axes.xaxis.set_major_locator(MultipleLocator(distance))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: _clock(seconds, distance) if end >= 60 else f"{seconds:g} s"))
    axes.tick_params(axis="x", length=3, color=LINE)


def _clock(seconds: float, distance: float) -> str:
    """Minutes and seconds: 1:05; with the decimals that times so far apart need: 1:05.2."""
    decimals = max(0, math.ceil(-math.log10(distance)))
    minutes, rest = divmod(round(seconds, decimals), 60)
    return f"{int(minutes)}:{rest:0{3 + decimals if decimals else 2}.{decimals}f}"


def _check_duration(duration: float) -> None:
    if not 0.0 < duration < np.inf:
        raise ValueError(f"a picture needs a duration of more than 0 s, not {duration}")
