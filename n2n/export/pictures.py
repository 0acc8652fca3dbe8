"""The roll as a picture to keep: PNG for the eye, SVG for print. Dark ink on white, lanes named, bar lines where the tempo is known.

A title is drawn as outlines, never as markup, so whatever a recording is called, the SVG holds shapes alone.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patches import Rectangle

from n2n.bars import Bars
from n2n.notes import Transcription
from n2n.plots import INK, LINE, draw_roll, figure_png, figure_svg

INCHES_PER_SECOND: Final = 0.35
NARROWEST, WIDEST = 9.0, 45.0
"""Inches."""
TITLE_INCHES: Final = 0.4
LONGEST_TITLE: Final = 80
MOST_BARS: Final = 300
"""In a picture with more bars than these their lines would be a grey mist, and are left out."""


def roll_png(transcription: Transcription, *, title: str = "", bars: Bars | None = None) -> bytes:
    """The roll as a PNG file, 160 dots an inch.

    Args:
        transcription: notes and duration.
        title: stands above the roll; may be any text.
        bars: draws their lines.
    """
    return _picture(figure_png, transcription, title, bars)


def roll_svg(transcription: Transcription, *, title: str = "", bars: Bars | None = None) -> bytes:
    """The roll as an SVG file: shapes alone, no script, no link, no font. Arguments as in `roll_png`; equal ones give equal files."""
    return _picture(figure_svg, transcription, title, bars)


def _picture(save: Callable[[Figure], bytes], transcription: Transcription, title: str, bars: Bars | None) -> bytes:
    duration = max(transcription.duration, 0.01)
    width = float(np.clip(INCHES_PER_SECOND * duration, NARROWEST, WIDEST))
    figure = draw_roll(transcription.notes, duration, width=width)
    figure.add_artist(Rectangle((0.0, 0.0), 1.0, 1.0, transform=figure.transFigure, facecolor="white", zorder=-10))
    (axes,) = figure.axes
    if bars is not None:
        _draw_bars(axes, bars, duration)
    if title.strip():
        _add_title(figure, title)
    return save(figure)


def _draw_bars(axes: Axes, bars: Bars, duration: float) -> None:
    bar = bars.beats * 60.0 / bars.bpm
    if duration / bar <= MOST_BARS:
        lines = np.arange(bars.metre.first_line(bars.bpm), duration, bar)
        axes.vlines(lines, 0, 1, colors=LINE, linewidth=0.8, transform=axes.get_xaxis_transform(), zorder=0)


def _add_title(figure: Figure, title: str) -> None:
    """Makes room above the roll and writes the title there."""
    width, height = figure.get_size_inches()
    taller = height + TITLE_INCHES
    margins = figure.subplotpars
    top = (margins.top * height) / taller
    figure.set_size_inches(width, taller)
    figure.subplots_adjust(bottom=margins.bottom * height / taller, top=top)
    font = FontProperties(family="DejaVu Sans", size=11)
    figure.text(margins.left, 1.0 - 0.12 / taller, drawable(title), fontproperties=font, color=INK, va="top", ha="left", parse_math=False)


def drawable(title: str) -> str:
    """The title in one line of at most `LONGEST_TITLE` characters, a box for each that the font cannot draw."""
    line = " ".join(title.split())[:LONGEST_TITLE]
    known = _known_characters()
    return "".join(character if ord(character) in known else "\N{WHITE SQUARE}" for character in line)


@cache
def _known_characters() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())
