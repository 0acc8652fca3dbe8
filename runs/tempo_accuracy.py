"""How often the estimated tempo is the one that was played to.

    python runs/tempo_accuracy.py PERFORMANCES [--split test] [--shortest 5] [--seconds S ...]

PERFORMANCES is a file of `n2n kits`, whose performances name the tempo of their click. Counts those of a split that last `--shortest`
seconds or more, whole and cut to their first S seconds: the estimate is exact within 4 %, an octave off (half, double) by the same
measure, something else, or there is none.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import Final

from n2n.notes import Note
from n2n.tempo import estimate_tempo
from n2n.training.performances import Performance, read_performances

TOLERANCE: Final = 0.04
OUTCOMES: Final = {"exact": 1.0, "half": 0.5, "double": 2.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("performances", type=Path)
    parser.add_argument("--split", default="test", choices=("train", "validation", "test"))
    parser.add_argument("--shortest", type=float, default=5.0, help="seconds that a performance must last")
    parser.add_argument("--seconds", type=float, nargs="*", default=[12.0], help="cut performances to this length, too")
    options = parser.parse_args()
    played = [p for p in read_performances(options.performances) if p.split == options.split and p.duration >= options.shortest]
    for seconds in (float("inf"), *options.seconds):
        found = Counter(outcome(estimate_tempo(notes_of(p, seconds)), p.bpm) for p in played)
        shares = ", ".join(f"{name} {found[name]}" for name in (*OUTCOMES, "other", "none"))
        print(f"{options.split}, {'whole' if seconds == float('inf') else f'{seconds:g} s'}, {len(played)} performances: {shares}")


def notes_of(performance: Performance, seconds: float) -> list[Note]:
    """The notes of its first seconds."""
    return [Note(hit.onset, hit.drum, hit.velocity) for hit in performance.hits if hit.onset < performance.onset[0] + seconds]


def outcome(estimate: float | None, tempo: float) -> str:
    """What an estimate of a tempo is."""
    if estimate is None:
        return "none"
    return next((name for name, ratio in OUTCOMES.items() if abs(estimate / tempo / ratio - 1.0) <= TOLERANCE), "other")


if __name__ == "__main__":
    main()
