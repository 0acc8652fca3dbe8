"""What the app fetches and serves, and what it does not."""

from pathlib import Path

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from n2n.notes import Note, Transcription
from n2n.studio.local import REFUSED, file_paths, is_abroad
from tests.running_app import ROOT


def test_a_file_that_is_named_by_an_address_is_refused_and_not_fetched(client: Client) -> None:
    place = "http://127.0.0.1:9/loop.wav"
    named = {"path": place, "url": place, "meta": {"_type": "gradio.FileData"}}
    with pytest.raises(AppError, match=REFUSED):
        client.predict(named, 3, 0, api_name="/transcribe")
    notes = Transcription((Note(0.5, "KD", 99),), 1.0).to_json()
    with pytest.raises(AppError, match=REFUSED):
        client.predict({**notes, "more": [named]}, "osdk", api_name="/render")


def test_addresses_are_told_from_paths() -> None:
    assert all(map(is_abroad, ("http://a", "HTTPS://a/b.wav", " //a/b", "ftp://a", "data:audio/wav;base64,AA")))
    assert not any(map(is_abroad, ("/tmp/http:/a.wav", "a.wav", "", "C:/a.wav")))


def test_all_paths_in_what_a_caller_sent_are_found() -> None:
    assert sorted(file_paths([1, {"path": "a", "more": [{"path": "b"}, ({"x": {"path": "c"}},)]}, {"path": 3}, "path"])) == ["a", "b", "c"]


@pytest.mark.parametrize("path", [ROOT / "app.py", "/etc/passwd", "app.log", "http://127.0.0.1:22", "https://example.invalid/x"])
def test_no_file_of_the_server_or_of_others_is_given_away(app: str, path: Path | str) -> None:
    assert httpx.get(f"{app}/gradio_api/file={path}").status_code in (403, 404)
    assert httpx.get(f"{app}/gradio_api/proxy={path}").status_code in (403, 404)


def test_files_of_the_editor_are_served_and_asked_for_anew_each_time(app: str) -> None:
    address = f"{app}/gradio_api/file={ROOT}/assets/editor/editor.js"
    first = httpx.get(address)
    assert first.status_code == 200 and first.headers["cache-control"] == "no-cache" and "javascript" in first.headers["content-type"]
    again = httpx.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and again.content == b""
    assert httpx.get(address, headers={"If-None-Match": '"other"'}).content == first.content
