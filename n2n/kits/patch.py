"""Sounds out of patches of the Gravis UltraSound, the form in which FreePats are.

A file is a row of headers, then for each sample a header of its own and its samples, 8 or 16 bits wide, with or without a sign.
"""

import struct
from pathlib import Path
from typing import Final

import numpy as np

from n2n.shapes import Float

PATCH_SUFFIX: Final = ".pat"
MAGIC: Final = (b"GF1PATCH110\0", b"GF1PATCH100\0")
FILE_HEADERS: Final = 129 + 63 + 47
"""Bytes of the headers of the file, of its one instrument and of its one layer."""

SAMPLE_HEADER: Final = struct.Struct("<8xI8xH33xB40x")
"""Of a sample: how many bytes it has, how many samples a second, and flags."""

WIDE: Final = 1
UNSIGNED: Final = 2


def read_patch(path: Path) -> tuple[Float[np.ndarray, "samples 1"], int]:
    """The first sample of a patch and its sample rate (Hz). Raises ValueError where the file is no patch, or ends early."""
    data = path.read_bytes()
    if data[:12] not in MAGIC:
        raise ValueError(f"{path} is no patch of the Gravis UltraSound")
    begin = FILE_HEADERS + SAMPLE_HEADER.size
    if len(data) < begin:
        raise ValueError(f"{path} ends within its headers: it was cut short")
    size, sample_rate, flags = SAMPLE_HEADER.unpack_from(data, FILE_HEADERS)
    width = 2 if flags & WIDE else 1
    if len(data) < begin + size or not sample_rate:
        raise ValueError(f"{path} ends within its sample, or names no sample rate: it was cut short or is damaged")
    whole = np.frombuffer(data, f"<{'u' if flags & UNSIGNED else 'i'}{width}", size // width, begin).astype(np.float32)
    full = float(1 << (8 * width - 1))
    return ((whole - full if flags & UNSIGNED else whole) / full)[:, None], int(sample_rate)
