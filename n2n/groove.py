"""What a groove would go on with: cells of a roll that nobody knows, filled from where the groove was some periods before or after.

Imagining begins with it, under noise. A network that hears the seconds around a gap knows how much is played there, and less well when.
"""

from typing import Final

import numpy as np

from n2n.audio import FRAME_RATE
from n2n.shapes import Bool, Float

AROUND_S: Final = 12.0
"""How far to either side of the unknown cells their groove is looked for."""
SHORTEST_S, LONGEST_S = 0.5, 5.0
"""Periods that are looked for: from a beat to a slow bar."""
LEAST_ALIKE: Final = 0.3
"""Hits that are less alike than this from one period to the next (1 is all alike) are no groove."""
AS_GOOD: Final = 0.95
"""A period nearly as good as the best and shorter comes from nearer by."""
SAME: Final = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 3.0
"""How alike two hits of a drum are, by the frames between them."""


def repeat_groove(
    roll: Float[np.ndarray, "frames drums 2"], unknown: Bool[np.ndarray, "frames drums"]
) -> Float[np.ndarray, "frames drums 2"] | None:
    """The roll with each unknown cell as it is the fewest periods before or after; None where nothing around it repeats."""
    period = find_period((roll[..., 0] > 0.0) & ~unknown, ~unknown)
    if period is None:
        return None
    frames, drums, _ = roll.shape
    count = -(-frames // period)
    rest = ((0, count * period - frames), (0, 0))
    known = np.pad(~unknown, rest).reshape(count, period, drums)  # a period a row: what is as far into it stands in one column
    row = np.arange(count)[:, None, None]
    before = np.maximum.accumulate(np.where(known, row, -count), axis=0)
    after = np.minimum.accumulate(np.where(known, row, 2 * count)[::-1], axis=0)[::-1]
    source = np.where(row - before <= after - row, before, after)
    source = np.where((source < 0) | (source >= count), row, source)
    rows = np.pad(roll, (*rest, (0, 0))).reshape(count, period, drums, 2)
    return np.take_along_axis(rows, source[..., None], axis=0).reshape(-1, drums, 2)[:frames]


def find_period(hits: Bool[np.ndarray, "frames drums"], known: Bool[np.ndarray, "frames drums"]) -> int | None:
    """The frames after which the hits around the unknown cells are like themselves; None where they never are.

    Of each drum the hits count for the root of their number in all, so that hi-hats do not drown a snare.
    """
    frames = np.flatnonzero(~known.all(axis=1))
    reach = round(AROUND_S * FRAME_RATE)
    near = slice(max(0, frames[0] - reach), frames[-1] + reach + 1) if len(frames) else slice(None)
    weight = 1.0 / np.sqrt(np.maximum(1, hits[near].sum(axis=0)))
    sharp, there = hits[near].astype(np.float64), known[near].astype(np.float64)
    lags = np.arange(round(SHORTEST_S * FRAME_RATE), min(round(LONGEST_S * FRAME_RATE), len(sharp) - 1) + 1)
    if not len(lags) or not sharp.any():
        return None
    soft = np.stack([np.convolve(lane, SAME, mode="same") for lane in sharp.T], axis=1)
    size = 1 << int(len(sharp) + lags[-1]).bit_length()
    of_sharp, of_soft, of_there = (np.fft.rfft(part, size, axis=0) for part in (sharp, soft, there))

    def correlation(one: np.ndarray, other: np.ndarray) -> Float[np.ndarray, "lags"]:
        """The weighted sum over all frames of one times the other a lag later, from their spectra."""
        return np.fft.irfft(np.conj(one) * other, size, axis=0)[lags] @ weight

    earlier, later = correlation(of_sharp, of_there), correlation(of_there, of_sharp)
    alike = correlation(of_sharp, of_soft) / np.sqrt(np.maximum(earlier * later, 1e-6))
    if alike.max() < LEAST_ALIKE:
        return None
    return int(lags[np.argmax(alike >= AS_GOOD * alike.max())])
