"""Estimates one tempo for a steady performance, from its notes alone.

It serves bar grids: that of a written MIDI file and that of the editor. Nothing in a transcription's times depends on it.

A tempo scores well if many hits, loud ones above all, lie whole quarters or thirds of a beat apart, if snares lie two beats apart (the
backbeat), and if it is usual: moderate, with about two hits in a beat. The score is a weighted sum whose softmax is read as the probability
of a tempo. Its weights were fitted to the training performances of the Groove MIDI Dataset, to the same performances quantised, and to
plain drum-machine patterns; `runs/tempo_accuracy.py` measures how often the estimate is right.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from n2n.notes import Note
from n2n.shapes import Float

SLOWEST, FASTEST = 50.0, 220.0
"""Beats a minute."""
FEWEST_HITS: Final = 8
STEADY_SECONDS: Final = 300.0
"""The estimate uses this much of the performance, from its first hit on."""
MEMORY_SECONDS: Final = 8.0
"""Hits further apart than this are not compared."""
DISTANCE_STEP: Final = 0.005
"""Seconds; distances between hits are counted in bins of this width."""
SHORTEST_DISTANCE: Final = 0.03
"""Seconds; hits closer than this are one gesture (a flam, two drums together) and say nothing about the beat."""

BEAT_PARTS: Final = {3: 4.4, 4: 8.4}
"""Weight of hits that lie whole thirds, or quarters, of a beat apart."""
BACKBEAT: Final = 4.4
"""Weight of snares that lie two beats apart."""
USUAL_TEMPO, TEMPO_OCTAVES = 81.0, 0.43
"""Mean (beats a minute) and standard deviation (octaves) of a prior over tempos."""
USUAL_HITS, HITS_OCTAVES = 1.9, 0.62
"""The same for the number of hits in a beat."""


def estimate_tempo(notes: Iterable[Note]) -> float | None:
    """Estimates one tempo for a steady performance.

    The likeliest tempo is refined to the one close to it that stays in phase with the hits over the first five minutes. Half and double
    tempo, or a shuffle and its straight reading, cannot always be told apart.

    Args:
        notes: in any order.

    Returns:
        Beats a minute, 50 to 220; None where the hits are too few or too irregular to tell.
    """
    ordered = sorted(notes)
    steady = [note for note in ordered if note.onset < ordered[0].onset + STEADY_SECONDS]
    times, loudness = np.array([note.onset for note in steady]), np.array([note.velocity / 127.0 for note in steady])
    hits = 1 + np.count_nonzero(np.diff(times) > SHORTEST_DISTANCE)
    if hits < FEWEST_HITS:
        return None
    hz = np.geomspace(SLOWEST, FASTEST, 800) / 60.0
    snare = np.array([note.drum == "SN" for note in steady])
    parts = np.sum([worth * _recurrence(times, loudness, part * hz) for part, worth in BEAT_PARTS.items()], axis=0)
    score = parts + BACKBEAT * _recurrence(times[snare], loudness[snare], hz / 2.0)
    score -= 0.5 * (np.log2(60.0 * hz / USUAL_TEMPO) / TEMPO_OCTAVES) ** 2
    score -= 0.5 * (np.log2(hits / (times[-1] - times[0]) / hz / USUAL_HITS) / HITS_OCTAVES) ** 2
    best = int(np.argmax(score))
    # Irregular hits fit some tempo by chance, the better the fewer they are.
    if parts[best] / sum(BEAT_PARTS.values()) < max(0.05, 3.0 / len(times)):
        return None

    near = hz[best] + np.arange(-1.0, 1.0, MEMORY_SECONDS / (8.0 * (times[-1] - times[0]))) / (8.0 * MEMORY_SECONDS)
    near = near.clip(SLOWEST / 60.0, FASTEST / 60.0)
    angles = 2.0 * np.pi * np.outer(near, times - times[0])
    unity = sum(worth * np.abs(np.exp(1j * part * angles) @ loudness) ** 2 for part, worth in BEAT_PARTS.items())
    return 60.0 * float(near[np.argmax(unity)])


def _recurrence(
    times: Float[np.ndarray, "hits"], loudness: Float[np.ndarray, "hits"], hz: Float[np.ndarray, "tempos"]
) -> Float[np.ndarray, "tempos"]:
    """How well the hits recur at each frequency (Hz): the mean of cos(2 pi hz d) over the distances d between any two hits, in seconds.

    1: all lie whole periods apart; about 0: by chance, or no hits; negative: they avoid it. Distances count up to `MEMORY_SECONDS`, short
    ones and those between loud hits more.
    """
    counts = np.zeros(round(MEMORY_SECONDS / DISTANCE_STEP) + 1)
    for lag in range(1, len(times)):
        between = times[lag:] - times[:-lag]
        near = between < MEMORY_SECONDS
        if not near.any():
            break
        steps = np.round(between[near] / DISTANCE_STEP).astype(np.int64)
        counts += np.bincount(steps, (loudness[lag:] * loudness[:-lag])[near], minlength=len(counts))
    distances = np.arange(len(counts)) * DISTANCE_STEP
    counts *= (0.5 + 0.5 * np.cos(np.pi * distances / MEMORY_SECONDS)) * (distances >= SHORTEST_DISTANCE)
    # The cosine of every distance at every frequency, summed: the real part of a Fourier transform.
    length = 32 * len(counts)
    return np.interp(hz, np.fft.rfftfreq(length, DISTANCE_STEP), np.fft.rfft(counts, length).real) / max(counts.sum(), 1e-9)
