"""The denoising as an animated GIF: a frame for each step, above the noisy roll that went in, below the estimate that came out.

Every frame uses one palette, made of the drums' colours at `SHADES` strengths and of greys, so no colour is approximated.
"""

import io
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties, findfont
from PIL import Image, ImageDraw, ImageFont

from n2n.drums import DRUM_NAMES, DRUMS
from n2n.planes import StepPicture
from n2n.plots import DRUM_COLOURS
from n2n.roll import MAX_VELOCITY
from n2n.shapes import Float, UInt8

LANES: Final = len(DRUMS)
SHADES: Final = 32
GREYS: Final = 256 - LANES * SHADES
"""The palette: the shades of each drum from white to its colour, then greys from white to black."""

LEFT, TOP, RIGHT, GAP = 64, 28, 12, 12
"""Margins in pixels, and the space between the two rolls."""
LANE_PIXELS: Final = 22
NARROWEST, WIDEST = 480, 960
"""Pixels that a roll may be wide."""
PIXELS_PER_FRAME: Final = 1
BAR_PIXELS: Final = 3
TEXT_GREY, LINE_GREY = 0.72, 0.16

SHORTEST_MS, LONGEST_MS, TOTAL_MS, LAST_MS = 120, 700, 6000, 2500
"""How long a frame stays: all together about `TOTAL_MS`, the last one longer."""


def trajectory_gif(steps: Sequence[StepPicture]) -> bytes:
    """The animation: as many frames as steps, repeated for ever, a round in about 6 s, or less where there are few steps.

    Args:
        steps: of one run, in order; at least one.

    Raises:
        ValueError: there are no steps, or they are of different length.
    """
    if not steps:
        raise ValueError("there are no steps to animate: transcribe first")
    if len({len(step.onset) for step in steps}) > 1:
        raise ValueError("these steps belong to different runs: their lengths differ")
    each = min(max(TOTAL_MS / len(steps), SHORTEST_MS), LONGEST_MS)
    durations = [round(each / 10.0) * 10] * (len(steps) - 1) + [LAST_MS]  # a GIF counts hundredths of a second
    first, *others = [_frame(step) for step in steps]
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=others, duration=durations, loop=0, optimize=False, disposal=1)
    return file.getvalue()


def _palette() -> list[int]:
    colours = []
    for drum in DRUMS:
        colour = np.array(to_rgb(DRUM_COLOURS[drum]))
        colours += [1.0 + (colour - 1.0) * shade / (SHADES - 1) for shade in range(SHADES)]
    colours += [np.full(3, 1.0 - grey / (GREYS - 1)) for grey in range(GREYS)]
    return [round(255.0 * value) for colour in colours for value in colour]


PALETTE: Final = _palette()


def _grey(strength: float) -> int:
    """Where in the palette a grey lies: 0 white, 1 black."""
    return LANES * SHADES + round(strength * (GREYS - 1))


def _frame(step: StepPicture) -> Image.Image:
    """One frame: head line, lane names, one roll or two."""
    width = int(np.clip(PIXELS_PER_FRAME * len(step.onset), NARROWEST, WIDEST))
    rolls = [] if step.noisy is None else [("noisy", _shaded(step.noisy / 255.0, width))]
    rolls.append(("estimate", _with_notes(_shaded(step.onset / 255.0 * 0.6, width), step)))
    height = TOP + len(rolls) * (LANES * LANE_PIXELS + GAP)
    canvas = np.full((height, LEFT + width + RIGHT), _grey(0.0), dtype=np.uint8)
    for index, (_, roll) in enumerate(rolls):
        top = TOP + index * (LANES * LANE_PIXELS + GAP)
        canvas[top : top + len(roll), LEFT : LEFT + width] = roll
    image = Image.fromarray(canvas, mode="P")
    image.putpalette(PALETTE)
    count = "1 note" if len(step.notes) == 1 else f"{len(step.notes)} notes"
    _write(image, (LEFT, 7), f"step {step.step} of {step.steps}   \N{GREEK SMALL LETTER SIGMA} {step.sigma:.3g}   {count}")
    for index in range(len(rolls)):
        for lane, drum in enumerate(DRUMS):
            top = TOP + index * (LANES * LANE_PIXELS + GAP) + (LANES - 1 - lane) * LANE_PIXELS
            _write(image, (8, top + 5), DRUM_NAMES[drum])
    return image


def peak_columns(values: Float[np.ndarray, "frames drums"], columns: int) -> Float[np.ndarray, "columns drums"]:
    """Shortens a picture in time without losing its peaks: each column is the maximum over the frames that fall into it."""
    if len(values) <= columns:
        return values
    starts = np.arange(columns) * len(values) // columns
    return np.maximum.reduceat(values, starts, axis=0)


def _shaded(shares: Float[np.ndarray, "frames drums"], width: int) -> UInt8[np.ndarray, "rows columns"]:
    """A roll in palette colours, the kick's lane at the bottom, each cell as strong as its share."""
    columns = peak_columns(shares, width)
    columns = columns[np.arange(width) * len(columns) // width]
    levels = np.round(np.clip(columns, 0.0, 1.0) * (SHADES - 1)).astype(np.uint8) + SHADES * np.arange(LANES, dtype=np.uint8)
    rows = np.repeat(levels.T[::-1], LANE_PIXELS, axis=0)
    rows[LANE_PIXELS - 1 :: LANE_PIXELS] = _grey(LINE_GREY)
    return rows


def _with_notes(roll: UInt8[np.ndarray, "rows columns"], step: StepPicture) -> UInt8[np.ndarray, "rows columns"]:
    """Adds a bar for each note, as high as it is loud."""
    width = roll.shape[1]
    for frame, lane, velocity in step.notes:
        bottom = (LANES - lane) * LANE_PIXELS - 1
        top = bottom - max(2, round((LANE_PIXELS - 4) * velocity / MAX_VELOCITY))
        left = min(frame * width // len(step.onset), width - BAR_PIXELS)
        roll[top:bottom, left : left + BAR_PIXELS] = SHADES * lane + SHADES - 1
    return roll


def _write(image: Image.Image, place: tuple[int, int], text: str) -> None:
    ImageDraw.Draw(image).text(place, text, fill=_grey(TEXT_GREY), font=_font())


def _font() -> Any:
    return ImageFont.truetype(findfont(FontProperties(family="DejaVu Sans")), 11)
