"""Recordings as the page needs them: decoded once, within the limits, heard by the model, and written out for the editor."""

import hashlib
import math
import os
import threading
from collections.abc import Callable, Collection
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
from n2n.studio.memory import Memory
from n2n.task import Features

KEPT_FEATURES: Final = 4
"""How many recordings' features are kept in memory; those of ten minutes take 30 MB."""
KNOWN_RECORDINGS: Final = 1000
"""How many files can be found by the ids of their recordings."""


@dataclass(frozen=True)
class Recording:
    """One recording: what it is called, what the model hears of it, and the two files that the editor fetches.

    Attributes:
        id: made from the file's content, so the same file is the same recording.
        path: the file that was given.
        features: what the model hears.
        sound: FLAC, mono, 44.1 kHz, so that its samples lie where the roll says.
        picture: mel spectrogram and waveform, as `n2n.planes` packs them.
        odd: what its visitor is to mind; empty where there is nothing.
    """

    id: str
    path: Path
    features: Features
    sound: Path
    picture: Path
    odd: str

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
        shelf: where the editor's files lie until they expire; what was heard is remembered for as long.
        max_seconds: how long a recording may be.
        max_bytes: how large its file may be.
        keep_audio: also keeps the samples, for a model that hears more than the log-mel.
    """

    def __init__(self, shelf: Shelf, max_seconds: float, max_bytes: float | int = math.inf, *, keep_audio: bool = False) -> None:
        self.shelf, self.max_seconds, self.max_bytes, self.keep_audio = shelf, max_seconds, max_bytes, keep_audio
        self._lock = threading.Lock()
        self._heard: Memory[str, tuple[Features, str]] = shelf.memory(KEPT_FEATURES)
        self._ids: Memory[Path, str] = shelf.memory(KNOWN_RECORDINGS)

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
        """Keeps a recording that was heard, and what was made of it, as long from now on as if it were new."""
        with self._lock:
            if recording := self._ids.get(path):
                self.shelf.named_folder(recording)
                self._heard.renew(recording)
                self._ids.renew(path)
            self._renew(path)

    def find(self, recording: str, names: Collection[str] | None = None) -> Path | None:
        """The latest file of a recording that was heard before, by its id; None where it is not there any more.

        Args:
            recording: the id.
            names: what the visitor knows files by; another visitor may have brought the same sound under a name that is not to be told.
                None where no name will be shown.
        """
        heard = (path for path, found in self._ids.latest() if found == recording and (names is None or path.name in names))
        return next((path for path in heard if path.is_file()), None)

    def _renew(self, path: Path) -> None:
        """Makes an upload count as new, since Gradio removes uploads by age, even those in use; other files are left alone."""
        if path.is_relative_to(self.shelf.folder) and path.is_file():
            os.utime(path)

    def _hear(self, path: Path) -> Recording:
        if path.stat().st_size > self.max_bytes:
            raise ValueError(f"{path} is larger than {self.max_bytes / 2**20:g} MB, the most that is taken here: cut or compress it")
        name = _digest(path)
        self._renew(path)
        folder = self.shelf.named_folder(name)
        sound, picture = folder / "sound.flac", folder / "picture.n2nm"
        heard = self._heard.get(name)
        if heard is None or not picture.exists():
            odd: list[str] = []
            samples = decode(path, self.max_seconds, odd.append)
            audio = samples if self.keep_audio else None
            features = Features(stream_log_mel([samples]), len(samples) / SAMPLE_RATE, audio)
            write_sound(samples, sound)
            picture.write_bytes(pack_mel(features, samples))
            heard = features, "; ".join(odd).replace(f"{path}: ", "")
        self._heard.put(name, heard)
        self._ids.put(path, name)
        return Recording(name, path, heard[0], sound, picture, heard[1])


def decode(path: Path, max_seconds: float, warn: Callable[[str], object]) -> Float[np.ndarray, "samples"]:
    """Reads a file as the model hears it, and no more of it than is allowed: the length in its header is not trusted."""
    blocks, limit = [], round(max_seconds * SAMPLE_RATE)
    for block in stream_audio(path, warn=warn):
        blocks.append(block)
        limit -= len(block)
        if limit < 0:
            longest = markup.length(max_seconds)
            raise ValueError(f"{path} is longer than {longest}: cut it, or use the command line (n2n transcribe), which has no limit")
    return np.concatenate(blocks)


def write_sound(samples: Float[np.ndarray, "samples"], path: Path) -> None:
    """Writes mono FLAC at 44.1 kHz; where samples exceed full scale, all are scaled down."""
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
