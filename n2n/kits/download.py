"""Fetches the Groove MIDI Dataset and public kits from their public homes, once, into a folder.

What has a known SHA-256 is checked against it. Nothing is fetched unless one of these functions is called.
"""

import hashlib
import shutil
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Final, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from n2n.files import atomic_write
from n2n.kits.public import PUBLIC_KITS, PublicKit, check_public

TIMEOUT: Final = 60.0
"""Seconds without an answer until a download is given up."""

BLOCK: Final = 1 << 20


class DownloadError(ValueError):
    """Something could not be fetched; says from where, why, and where to put it by hand."""


class Download(NamedTuple):
    """A file to fetch: its address, its path in the folder, and its SHA-256 where that is known."""

    url: str
    file: str
    sha256: str = ""


GROOVE: Final = Download(
    "https://storage.googleapis.com/magentadata/datasets/groove/groove-v1.0.0-midionly.zip",
    "groove-midi.zip",
    "651cbc524ffb891be1a3e46d89dc82a1cecb09a57c748c7b45b844c4841dcc1e",
)
"""The Groove MIDI Dataset 1.0.0 without audio (3 MB, CC BY 4.0)."""


def fetch_groove(folder: Path, *, download: Download = GROOVE) -> Path:
    """The Groove MIDI Dataset's zip in `folder`, fetched where it is not there yet. Raises DownloadError."""
    return fetch(download, folder)


def fetch_kit(name: str, folder: Path, *, known: Mapping[str, PublicKit] = PUBLIC_KITS) -> Path:
    """The files of a public kit in `folder`/`name`, which is returned; files that are there are kept.

    Raises:
        ValueError: the kit is unknown.
        DownloadError: a file could not be fetched.
    """
    kit = check_public(name, known)
    for file in kit.files:
        fetch(Download(kit.address + quote(file), file), folder / name)
    return folder / name


def fetch(download: Download, folder: Path) -> Path:
    """Fetches one file, unless it is there already (with the right checksum, where one is known).

    Args:
        download: what to fetch.
        folder: where to put it; created where it is missing.

    Returns:
        The file's path.

    Raises:
        DownloadError: the server cannot be reached or refuses, or what came has another checksum (and is thrown away).
    """
    path = folder / download.file
    if path.is_file() and (not download.sha256 or sha256_of(path) == download.sha256):
        return path
    try:
        with atomic_write(path) as partial:
            _receive(download.url, partial)
            if download.sha256 and sha256_of(partial) != download.sha256:
                raise DownloadError(
                    f"{download.url} came with SHA-256 {sha256_of(partial)} instead of {download.sha256}: "
                    "it was cut short or changed; try again, or check the project's page"
                )
    except HTTPError as error:
        raise DownloadError(f"{download.url} answered {error.code} {error.reason}: {_by_hand(path)}") from error
    except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise DownloadError(f"cannot reach {urlsplit(download.url).hostname} ({reason}): go online, or {_by_hand(path)}") from error
    return path


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _receive(url: str, path: Path) -> None:
    if urlsplit(url).scheme not in ("http", "https"):
        raise DownloadError(f"{url} is no web address: it must begin with https:// or http://")
    request = Request(url, headers={"User-Agent": "n2n-kits"})
    with urlopen(request, timeout=TIMEOUT) as answer, path.open("wb") as file:
        shutil.copyfileobj(answer, file, BLOCK)
        promised, came = answer.headers.get("Content-Length"), file.tell()
    if promised is not None and came != int(promised):
        raise DownloadError(f"{url} was cut short after {came} of {promised} bytes: try again")


def _by_hand(path: Path) -> str:
    return f"fetch it by other means and save it as {path}"
