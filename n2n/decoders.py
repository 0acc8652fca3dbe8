"""Audio files as they are stored: their rate, and their samples block by block.

libsndfile reads what it reads exactly (wav, flac, ogg, aiff, mp3 that states its length); everything else (m4a, webm, video, ...) goes
through the ffmpeg binary of the imageio-ffmpeg wheel. Either way a file is a stream: memory does not grow with its length. What neither
tells of mp3 files, mp3.py does.
"""

import mmap
import os
import re
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from n2n import mp3
from n2n.shapes import Float

if TYPE_CHECKING:
    import soundfile

MIN_RATE: Final = 4000
MAX_RATE: Final = 768_000

BLOCK_FRAMES: Final = 65536
"""Samples of each channel decoded at a time, always: so blocks of any length hold the same samples."""

EXACT_FORMATS: Final = frozenset(("WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC", "OGG", "MP3"))
UNKNOWN_FRAMES: Final = 2**62
MP3_SLACK: Final = 2 * 1152
"""Samples by which an MP3 file's own count may be off: two frames."""

PROMISED_BYTES: Final = re.compile(r"^\s*(?:data|SSND|Data Size|riff)\s*: (\d+) \(should be (\d+)\)", re.MULTILINE)
PROMISED_FRAMES: Final = re.compile(r"frame count \d+ does not match value from 'ds64' chunk of (\d+)")
"""How libsndfile notes, on opening, that a header says more than the file holds."""
OGG_PAGE: Final = 65307
"""The longest page of an Ogg file, in bytes."""
OGG_PAGE_HEADER: Final = re.compile(rb"OggS\0([\0-\7])")
OGG_BEGINS: Final = 2
"""The flag of a page with which a stream begins."""

FFMPEG_FORMATS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,aac,mp3,ogg,flac,wav,w64,aiff,au,caf,asf,avi,flv,amr,ape,wv,tta,ac3,eac3,mpeg,mpegts"
)
"""What ffmpeg may take a file for. Playlists are not here: they would make it open other files."""
AU_HEADER: Final = struct.Struct(">4s5I")


class AudioError(ValueError):
    """A file that cannot be read as audio; the text names the file, what is wrong and what to do."""


class Recording(NamedTuple):
    """A file being decoded: its rate (Hz) and its samples as they are stored, float32 [frames, channels]."""

    rate: int
    blocks: Iterator[Float[np.ndarray, "frames channels"]]


@contextmanager
def open_recording(path: Path) -> Iterator[Recording]:
    """Opens a file for decoding.

    Raises:
        AudioError: the file is no audio, or (possibly only while its blocks are read) is found damaged or cut short.
    """
    _check_readable(path)
    file = _open_exact(path)
    if file is None:
        with _open_ffmpeg(path) as recording:
            yield _check_rate(recording, path)
    else:
        with file:
            yield _check_rate(Recording(file.samplerate, _read_exact(file, path)), path)


def _check_rate(recording: Recording, path: Path) -> Recording:
    if not MIN_RATE <= recording.rate <= MAX_RATE:
        raise AudioError(f"{path} has {recording.rate} samples a second: from {MIN_RATE} to {MAX_RATE} can be read")
    return recording


def _check_readable(path: Path) -> None:
    try:
        if path.is_dir():
            raise AudioError(f"{path} is a folder: name an audio file")
        if path.exists() and not path.is_file():
            raise AudioError(f"{path} is a device or a pipe: name an audio file")
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise AudioError(f"cannot read {path}: {error.strerror or error}") from error
    if empty:
        raise AudioError(f"{path} is empty (0 bytes): copy or record it again")


def _open_exact(path: Path) -> "soundfile.SoundFile | None":
    """The file in libsndfile, or None where libsndfile cannot read it, or not to its end."""
    import soundfile

    name: Any = path if os.name == "nt" else os.fsencode(path)  # as bytes, it need not be UTF-8
    try:
        file = soundfile.SoundFile(name)
    except (soundfile.LibsndfileError, TypeError):  # TypeError: it takes the suffix .raw for samples without a header
        return None
    # Of an MP3 file that does not count its frames libsndfile estimates the length, and stops there.
    guessed = file.frames >= UNKNOWN_FRAMES or (file.format == "MP3" and not mp3.counts_frames(path))
    if file.format not in EXACT_FORMATS or guessed:
        file.close()
        return None
    try:
        _check_promises(file, path)
    except AudioError:
        file.close()
        raise
    return file


def _check_promises(file: "soundfile.SoundFile", path: Path) -> None:
    """Refuses a file whose header promises more sound than there is, where that is seen without decoding."""
    log = file.extra_info
    promises = [(int(promised), int(held), "bytes") for promised, held in PROMISED_BYTES.findall(log)]
    promises += [(int(promised), file.frames, "samples") for promised in PROMISED_FRAMES.findall(log)]
    for promised, held, unit in promises:
        if held < promised and _is_meant(promised):
            raise AudioError(f"{path} is cut short: it promises {promised} {unit} of sound and holds {held}: copy or record it again")
    if file.format == "OGG" and _ends_within_ogg_page(path):
        raise AudioError(f"{path} is cut short: it ends within a page: copy or record it again")
    if file.format == "OGG" and _is_chained(path):
        raise AudioError(f"{path} is several recordings in one, of which only the first would be heard: convert it to WAV or FLAC")


def _is_meant(size: int) -> bool:
    """False for the sizes near 2 and 4 GiB that stand in the headers of streams, written before their end was known."""
    return size < 2**30 or 2**16 < size % 2**31 < 2**31 - 2**16


def _ends_within_ogg_page(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 2 * OGG_PAGE))
        tail = file.read()
    start = tail.rfind(b"OggS")
    page = tail[start:]
    return start >= 0 and (len(page) < 27 or len(page) < 27 + page[26] + sum(page[27 : 27 + page[26]]))


def _is_chained(path: Path) -> bool:
    """Whether in an Ogg file a stream begins after pages of an earlier one."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        begins = [page[1][0] & OGG_BEGINS != 0 for page in OGG_PAGE_HEADER.finditer(content)]
    return begins != sorted(begins, reverse=True)


def _read_exact(file: "soundfile.SoundFile", path: Path) -> Iterator[Float[np.ndarray, "frames channels"]]:
    import soundfile

    frames = 0
    slack = MP3_SLACK if file.subtype.startswith("MPEG_LAYER") else 0
    try:
        while len(block := file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
            frames += len(block)
            yield block
    except soundfile.LibsndfileError as error:
        reason = str(error)
    else:
        reason = f"{file.frames} samples are promised" if frames < file.frames - slack else ""
    if reason:
        raise AudioError(f"{path} is damaged or cut short after {frames / file.samplerate:.2f} s ({reason}): copy or record it again")


@contextmanager
def _open_ffmpeg(path: Path) -> Iterator[Recording]:
    command = [*_ffmpeg(path), "-map", "0:a:0", "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log) as process,
    ):
        try:
            assert process.stdout is not None
            header = process.stdout.read(AU_HEADER.size)
            if len(header) < AU_HEADER.size:
                process.wait()
                raise _ffmpeg_refusal(path, log, 0.0)
            _, start, _, _, rate, channels = AU_HEADER.unpack(header)
            process.stdout.read(start - AU_HEADER.size)
            yield Recording(rate, _read_ffmpeg(process, log, path, rate, channels))
        finally:
            process.kill()


def _read_ffmpeg(
    process: "subprocess.Popen[bytes]", log: IO[bytes], path: Path, rate: int, channels: int
) -> Iterator[Float[np.ndarray, "frames channels"]]:
    assert process.stdout is not None
    frames = 0
    while content := process.stdout.read(BLOCK_FRAMES * channels * 4):
        whole = len(content) // (4 * channels)
        frames += whole
        yield np.frombuffer(content, dtype=">f4", count=whole * channels).reshape(whole, channels).astype(np.float32)
    if process.wait() != 0 or log.seek(0, os.SEEK_END) > 0:
        raise _ffmpeg_refusal(path, log, frames / rate)


def _ffmpeg(path: Path) -> list[str]:
    """The beginning of a command that reads this one file as one of the formats we allow."""
    import imageio_ffmpeg

    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise AudioError(f"{path} is no format that libsndfile reads, and ffmpeg is not installed: convert the file to WAV") from error
    allowed = ["-protocol_whitelist", "file,pipe,subfile", "-format_whitelist", FFMPEG_FORMATS]
    return [program, "-nostdin", "-hide_banner", "-v", "error", *allowed, "-i", _ffmpeg_source(path)]


def _ffmpeg_source(path: Path) -> str:
    """The file; of an MP3 file its sound alone, since ffmpeg takes most tags that follow it for damaged sound."""
    end = mp3.sound_end(path)
    return f"file:{path}" if end is None else f"subfile,,start,0,end,{end},,:file:{path}"


def _ffmpeg_refusal(path: Path, log: IO[bytes], seconds: float) -> AudioError:
    """What ffmpeg's complaints mean to a user; `seconds` were decoded before."""
    log.seek(0)
    complaints = log.read().decode("utf-8", "replace")
    if "matches no streams" in complaints:
        return AudioError(f"{path} holds no sound: no audio track is in it")
    reason = re.sub(r"^(?:\[[^\]]*\] )*", "", complaints.strip().split("\n")[0])
    if seconds > 0:
        return AudioError(f"{path} is damaged or cut short after {seconds:.2f} s ({reason}): copy or record it again")
    if "whitelist" in reason or "Invalid data" in reason:
        return AudioError(f"{path} is no audio that can be read: wav, flac, mp3, ogg, m4a and most others can")
    return AudioError(f"{path} is no audio that can be read, or is cut short ({reason}): copy it again, or convert it to wav")
