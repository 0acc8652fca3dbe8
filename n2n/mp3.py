"""MP3 files byte by byte: what no decoder tells of them.

Such a file is perhaps tags (ID3v2), then frames of sound, each as long as its header says, then perhaps tags of several kinds and zeros.
"""

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FIRST_FRAME: Final = 4096
"""Bytes in which the whole first frame lies."""
FRAME_COUNT: Final = re.compile(rb"(?:Xing|Info)\0\0\0(.)(.{4})", re.DOTALL)
"""Flags and, where the lowest of them is set, the number of frames."""

MPEG_1: Final = 3
KBITS: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0)
LOW_KBITS: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0)
"""Kilobits a second by their index in a header of layer III, for MPEG 1 and for what came after it; 0 where the header does not say."""
RATES: Final = {0: (11025, 12000, 8000, 0), 1: (0, 0, 0, 0), 2: (22050, 24000, 16000, 0), MPEG_1: (44100, 48000, 32000, 0)}
"""Samples a second by version and index."""

PADDING: Final = re.compile(rb"\0{1,65536}(?!\0)")
"""More zeros than these are sound that never came, as in a download that was broken off."""
ID3_HEADER: Final = 10
ID3_FOOTER: Final = 0x10
ID3V1: Final = 128
ENHANCED_ID3V1: Final = 227
LYRICS: Final = re.compile(rb"LYRICSBEGIN.*?LYRICS(?:END|200)", re.DOTALL)
APE: Final = b"APETAGEX"
APE_HEADER: Final = 32
"""Begins APEv2 and ends both versions, which do not count it in their size where it begins them."""


def counts_frames(path: Path) -> bool:
    """Whether a file states how many frames it has (in a Xing or Info tag within its first frame), and has no more than these.

    Of files that were joined into one the count is that of the first.
    """
    with _content(path) as content:
        end = _first_frame(content)
        found = FRAME_COUNT.search(content[end : end + FIRST_FRAME])
        if found is None or not found[1][0] & 1:
            return False
        frames = -1  # the first holds the count alone
        while (run := _frames(content, end))[0]:
            frames, end = frames + run[0], _after_tags(content, run[1])
        return frames <= int.from_bytes(found[2], "big")


def sound_end(path: Path) -> int | None:
    """How many bytes come before the tags and zeros that follow the sound; None where something else follows, or the file is no MP3."""
    with _content(path) as content:
        frames, end = _frames(content, _first_frame(content))
        return end if frames and end < len(content) <= _after_tags(content, end) else None


@contextmanager
def _content(path: Path) -> Iterator[mmap.mmap]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content


def _first_frame(content: mmap.mmap) -> int:
    """Where the leading tags end."""
    start = 0
    while length := _id3_bytes(content[start : start + ID3_HEADER]):
        start += length
    return start


def _frames(content: mmap.mmap, start: int) -> tuple[int, int]:
    """How many frames of sound begin there, one after the other, and where they end."""
    frames, end = 0, start
    while length := _frame_bytes(content[end : end + 4]):
        frames, end = frames + 1, end + length
    return frames, end


def _after_tags(content: mmap.mmap, start: int) -> int:
    """Where the tags and the padding end that begin there."""
    while length := _tag_bytes(content, start):
        start += length
    return start


def _frame_bytes(header: bytes) -> int:
    """The length of a frame of layer III; 0 where that is none, or does not say."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version = (header[1] >> 3) & 3
    kbits = (KBITS if version == MPEG_1 else LOW_KBITS)[header[2] >> 4]
    rate = RATES[version][(header[2] >> 2) & 3]
    if not kbits or not rate:
        return 0
    return (144 if version == MPEG_1 else 72) * 1000 * kbits // rate + ((header[2] >> 1) & 1)


def _tag_bytes(content: mmap.mmap, start: int) -> int:
    """The length of the tag, or of the padding, that begins there; 0 where none does."""
    header = content[start : start + ID3_HEADER]
    if header.startswith(b"TAG"):
        return ENHANCED_ID3V1 if header.startswith(b"TAG+") else ID3V1
    if found := PADDING.match(content, start) or LYRICS.match(content, start):
        return found.end() - start
    return _id3_bytes(header) or _ape_bytes(content, start)


def _id3_bytes(header: bytes) -> int:
    if len(header) < ID3_HEADER or not header.startswith(b"ID3"):
        return 0
    size = sum((byte & 0x7F) << shift for byte, shift in zip(header[6:], (21, 14, 7, 0), strict=True))
    return ID3_HEADER + size + (ID3_HEADER if header[5] & ID3_FOOTER else 0)


def _ape_bytes(content: mmap.mmap, start: int) -> int:
    mark = content.find(APE, start)
    size = int.from_bytes(content[mark + 12 : mark + 16], "little")
    if mark == start:
        return APE_HEADER + size
    return size if start < mark == start + size - APE_HEADER else 0
