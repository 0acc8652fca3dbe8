"""Recordings as the page needs them: decoded once, within the limits, heard by the model, and written out for the editor."""

import hashlib
import math
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import numpy as np

from n2n.audio import SAMPLE_RATE, stream_audio
from n2n.features import stream_log_mel
from n2n.planes import pack_mel
from n2n.shapes import Float
from n2n.studio import markup
from n2n.studio.files import Shelf, address
from n2n.task import Features

KEPT_FEATURES: Final = 4
"""Of so many recordings what the model hears is kept in memory; ten minutes take 30 MB."""
KNOWN_RECORDINGS: Final = 1000


@dataclass(frozen=True)
class Recording:
    """One recording: what it is called, what the model hears of it, and the two files that the editor fetches.

    Attributes:
        id: made from the file's content, so the same file is the same recording.
        path: the file that was given.
        features: what the model hears.
        sound: FLAC, mono, 44.1 kHz, so that its samples lie where the roll says.
        picture: mel spectrogram and waveform, as `n2n.planes` packs them.
    """

    id: str
    path: Path
    features: Features
    sound: Path
    picture: Path

    @property
    def name(self) -> str:
        return self.path.name

    def to_source(self) -> dict[str, Any]:
        """The editor's property `source`."""
        return {
            "id": self.id,
            "name": self.name,
            "duration": self.features.duration,
            "audio": address(self.sound),
            "mel": address(self.picture),
        }


class Recordings:
    """Those that visitors brought. One is decoded at a time.

    Args:
        shelf: where the editor's files lie, until they expire.
        max_seconds: how long a recording may be.
        max_bytes: how large its file may be.
        keep_audio: for a model that hears more of it than the log-mel.
    """

    def __init__(self, shelf: Shelf, max_seconds: float, max_bytes: float | int = math.inf, *, keep_audio: bool = False) -> None:
        self.shelf, self.max_seconds, self.max_bytes, self.keep_audio = shelf, max_seconds, max_bytes, keep_audio
        self._lock = threading.Lock()
        self._features: OrderedDict[str, Features] = OrderedDict()
        self._paths: OrderedDict[str, Path] = OrderedDict()

    def hear(self, path: Path) -> Recording:
        """Decodes a file, unless that was done before.

        Raises:
            ValueError: it is no audio that can be read, or longer or larger than allowed; the text names the file without its place on
                the server.
        """
        with self._lock:
            try:
                return self._hear(path)
            except OSError as error:
                raise ValueError(f"{path.name} is not there any more: choose it again") from error
            except ValueError as error:  # which names the file by its place on the server
                raise ValueError(str(error).replace(str(path), path.name)) from error

    def keep(self, path: Path) -> None:
        """Keeps a recording that was heard, and the files made of it, for as long as fresh ones."""
        with self._lock:
            for recording in (name for name, heard in self._paths.items() if heard == path):
                self.shelf.named_folder(recording)
            self._renew(path)

    def find(self, recording: str) -> Path | None:
        """The file of a recording that was heard before, by its id; None where it is not there any more."""
        path = self._paths.get(recording)
        return path if path is not None and path.is_file() else None

    def _renew(self, path: Path) -> None:
        """Gradio removes uploads by their age, also those that are in use; other files are none of our business."""
        if path.is_relative_to(self.shelf.folder) and path.is_file():
            os.utime(path)

    def _hear(self, path: Path) -> Recording:
        if path.stat().st_size > self.max_bytes:
            raise ValueError(f"{path} is larger than {self.max_bytes / 2**20:g} MB, the most that is taken here: cut or compress it")
        name = _digest(path)
        self._renew(path)
        folder = self.shelf.named_folder(name)
        sound, picture = folder / "sound.flac", folder / "picture.n2nm"
        if name not in self._features or not picture.exists():
            samples = decode(path, self.max_seconds)
            audio = samples if self.keep_audio else None
            self._features[name] = Features(stream_log_mel([samples]), len(samples) / SAMPLE_RATE, audio)
            write_sound(samples, sound)
            picture.write_bytes(pack_mel(self._features[name], samples))
        self._features.move_to_end(name)
        if len(self._features) > KEPT_FEATURES:
            self._features.popitem(last=False)
        self._paths[name] = path
        if len(self._paths) > KNOWN_RECORDINGS:
            self._paths.popitem(last=False)
        return Recording(name, path, self._features[name], sound, picture)


def decode(path: Path, max_seconds: float) -> Float[np.ndarray, "samples"]:
    """Reads a file as the model hears it, but no more than is allowed: what a file says of its own length is not believed."""
    blocks, limit = [], round(max_seconds * SAMPLE_RATE)
    for block in stream_audio(path):
        blocks.append(block)
        limit -= len(block)
        if limit < 0:
            longest = markup.length(max_seconds)
            raise ValueError(f"{path} is longer than {longest}: cut it, or use the command line (n2n transcribe), which has no limit")
    return np.concatenate(blocks)


def write_sound(samples: Float[np.ndarray, "samples"], path: Path) -> None:
    """Writes mono FLAC at 44.1 kHz; what passes full scale is made softer as a whole."""
    import soundfile

    peak = float(np.abs(samples).max())
    soundfile.write(path, samples / max(peak, 1.0), SAMPLE_RATE, subtype="PCM_16", format="FLAC", compression_level=0.0)


def _digest(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def no_recording(name: str, duration: float) -> dict[str, Any]:
    """The editor's property `source` for notes without a recording; unless they were generated, they wait for theirs."""
    return {"id": token_hex(8), "name": name, "duration": duration, "audio": None, "mel": None}
