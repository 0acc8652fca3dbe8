"""Files are fetched once from a public home, checked, and built; tried against a server on this machine."""

import hashlib
import http.server
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from n2n import kits
from n2n.drums import LANE
from n2n.kits.download import GROOVE, Download, DownloadError, fetch, fetch_groove, fetch_kit
from n2n.kits.public import PUBLIC_KITS, PublicKit, build_public
from n2n.kits.voices import COWBELL, Voice

KICK = Voice("KD", "kick", "kick1")


@dataclass
class Home:
    """A stand-in for a public home: its folder, its address, the paths that were asked for."""

    folder: Path
    address: str = ""
    asked: list[str] = field(default_factory=list)

    def holds(self, path: str, data: bytes) -> Download:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(data)
        return Download(self.address + path, path, hashlib.sha256(data).hexdigest())


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    public = Home(tmp_path / "home")
    public.folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            public.asked.append(self.path)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(public.folder))) as server:
        public.address = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield public
        server.shutdown()
        thread.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_file_is_fetched_once_and_kept(home: Home, tmp_path: Path) -> None:
    download = home.holds("groove.zip", b"drums" * 1000)
    path = fetch(download, tmp_path / "new" / "folder")
    assert path.read_bytes() == b"drums" * 1000
    assert fetch(download, tmp_path / "new" / "folder") == path
    assert home.asked == ["/groove.zip"]
    assert [file.name for file in path.parent.iterdir()] == ["groove.zip"]


def test_a_file_with_another_checksum_is_fetched_again(home: Home, tmp_path: Path) -> None:
    download = home.holds("groove.zip", b"whole")
    (tmp_path / "groove.zip").write_bytes(b"who")
    assert fetch(download, tmp_path).read_bytes() == b"whole"


def test_a_changed_file_is_refused_and_thrown_away(home: Home, tmp_path: Path) -> None:
    download = home.holds("groove.zip", b"changed")._replace(sha256="0" * 64)
    with pytest.raises(DownloadError, match="instead of 0000"):
        fetch(download, tmp_path / "got")
    assert not (tmp_path / "got").exists()


def test_a_missing_file_says_what_the_server_answered(home: Home, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"nothing\.zip answered 404 .*: fetch it by other means and save it as .*nothing\.zip"):
        fetch(Download(home.address + "nothing.zip", "nothing.zip"), tmp_path)


def test_what_was_cut_short_is_thrown_away(tmp_path: Path) -> None:
    class Cut(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Cut) as server:
        threading.Thread(target=server.handle_request).start()
        with pytest.raises(DownloadError, match="was cut short after 4 of 1000 bytes: try again"):
            fetch(Download(f"http://127.0.0.1:{server.server_port}/kick.wav", "kick.wav"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_offline_the_error_names_the_host_and_where_to_put_the_file(tmp_path: Path) -> None:
    download = GROOVE._replace(url=f"http://127.0.0.1:{free_port()}/groove.zip")
    with pytest.raises(DownloadError, match=r"cannot reach 127\.0\.0\.1 .*: go online, or fetch it .* save it as .*groove-midi\.zip"):
        fetch_groove(tmp_path, download=download)


def test_only_web_addresses_are_fetched(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="is no web address"):
        fetch(Download((tmp_path / "x").as_uri(), "x"), tmp_path)


def test_a_public_kit_is_fetched_and_built_with_velocities_from_its_levels(home: Home, tmp_path: Path) -> None:
    time = np.arange(9600) / 48_000
    tone = np.sin(2 * np.pi * 100 * time) * np.exp(-20 * time)
    for name, level in (("soft kick.wav", 0.08), ("hard kick.wav", 0.8), ("bell.wav", 0.3)):
        soundfile.write(home.folder / name, level * tone, 48_000, subtype="FLOAT")
    kit = PublicKit("CC0-1.0", home.address, {"soft kick.wav": KICK, "hard kick.wav": KICK, "bell.wav": COWBELL})
    folder = fetch_kit("machine", tmp_path / "downloads", known={"machine": kit})
    drums, others = build_public("machine", folder, known={"machine": kit})
    assert drums is not None and others is not None
    assert sorted((shot.velocity, shot.gain_db) for shot in drums.shots) == [(round(110 / 10**0.5), -20.0), (110, 0.0)]
    assert [(shot.drum, shot.articulation, shot.velocity) for shot in others.shots] == [("", "cowbell", 100)]
    assert "/soft%20kick.wav" in home.asked


def test_a_fetched_kit_needs_all_its_files(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sound file"):
        build_public("uzu", tmp_path)
    with pytest.raises(ValueError, match="unknown public kit 'x': it must be one of casio_rz1"):
        build_public("x", tmp_path)
    with pytest.raises(ValueError, match="unknown public kit 'x'"):
        kits.build_all(tmp_path, kits.Sources(public=("x",)))


def test_public_kits_have_https_homes_and_the_drums_that_every_beat_needs() -> None:
    for kit in PUBLIC_KITS.values():
        assert kit.address.startswith("https://") and kit.address.endswith("/") and kit.licence
        assert {"KD", "SN", "HH"} <= {voice.drum for voice in kit.files.values()} <= {"", *LANE}
