"""Draws what steps bring and what they cost.

    python runs/step_picture.py OUT NAME=CURVE.json...

A CURVE is what `runs/step_curve.py --json` wrote, NAME what it is called in the picture. F1 stands on the left, with velocity dashed,
seconds of work for a second of audio on the right. OUT is written as PNG.
"""

import argparse
import json
from itertools import cycle
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from n2n.plots import DRUM_COLOURS, STYLE, figure_png

Curve = list[dict[str, Any]]
"""Points of a curve, fewest steps first."""


def draw_curves(curves: dict[str, Curve]) -> Figure:
    """Accuracy and time, side by side on the same axis of steps."""
    with rc_context({**STYLE, "figure.facecolor": "white"}):
        figure = Figure(figsize=(9.0, 3.0), layout="constrained")
        accuracy, cost = figure.subplots(1, 2)
        for (name, curve), colour in zip(curves.items(), cycle(DRUM_COLOURS.values()), strict=False):
            columns = {key: [point[key] for point in curve] for key in curve[0]}
            steps, look = columns["num_steps"], {"color": colour, "marker": "o", "ms": 4}
            accuracy.errorbar(steps, columns["f1"], columns["deviation"], label=name, **look)
            if "velocity_f1" in columns:
                accuracy.plot(steps, columns["velocity_f1"], linestyle="--", label=f"{name}, with velocity", **look)
            cost.plot(steps, columns["seconds_per_second"], label=name, **look)
        accuracy.set(ylabel="F1", ylim=(None, 1.0))
        accuracy.legend(frameon=False, loc="best")
        cost.set(ylabel="seconds of work a second of audio", ylim=(0.0, None))
        shown = sorted({point["num_steps"] for curve in curves.values() for point in curve})
        for axes in (accuracy, cost):
            axes.set(xlabel="steps", xscale="log", xticks=shown, xticklabels=map(str, shown))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.spines[["top", "right"]].set_visible(False)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("curves", nargs="+", metavar="NAME=CURVE.json")
    options = parser.parse_args()
    named = dict(curve.split("=", 1) for curve in options.curves)
    options.out.write_bytes(figure_png(draw_curves({name: json.loads(Path(path).read_text()) for name, path in named.items()})))


if __name__ == "__main__":
    main()
