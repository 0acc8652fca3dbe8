"""Figures: the drum roll of a transcription.

Functions of data that return a matplotlib `Figure`; none shows or writes anything or touches matplotlib's global state, so they may run in
any thread. Time runs to the right in seconds, the kick's lane lies at the bottom. Figures are dark ink on a transparent ground.
"""

import io
import math
from collections.abc import Iterable
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from n2n.drums import DRUM_NAMES, DRUMS, LANE
from n2n.notes import Note
from n2n.roll import MAX_VELOCITY

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

LANE_FILL: Final = 0.86
"""The share of its lane's height that a note of velocity 127 takes."""
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


def draw_roll(notes: Iterable[Note], duration: float, *, width: float = 11.0) -> Figure:
    """Seven lanes with a bar for each note, as high as its velocity.

    Args:
        notes: in any order.
        duration: seconds that the picture covers; more than 0.
        width: inches.
    """
    if not 0.0 < duration < math.inf:
        raise ValueError(f"a picture needs a duration of more than 0 s, not {duration}")
    with rc_context(STYLE):
        figure = Figure(figsize=(width, 2.9))
        set_margins(figure, left=0.55, right=0.2, bottom=0.3, top=0.06)
        axes = figure.add_subplot()
        _draw_notes(axes, notes)
        _set_lanes(axes)
        set_time(axes, (0.0, duration), inches=width)
    return figure


def figure_png(figure: Figure, *, dpi: int = 160) -> bytes:
    """The figure as a PNG file."""
    return _figure_file(figure, "png", dpi=dpi, pil_kwargs={"compress_level": 3})


def figure_svg(figure: Figure) -> bytes:
    """The figure as an SVG file; equal figures give equal files."""
    with rc_context(STYLE):
        return _figure_file(figure, "svg", metadata={"Date": None})


def _figure_file(figure: Figure, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format=kind, **options)
    return file.getvalue()


def set_margins(figure: Figure, *, left: float, right: float, bottom: float, top: float, **gaps: float) -> None:
    """Margins in inches. Stated ones: letting matplotlib find them takes as long as the rest of a picture."""
    width, height = figure.get_size_inches()
    figure.subplots_adjust(left / width, bottom / height, 1.0 - right / width, 1.0 - top / height, **gaps)


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
