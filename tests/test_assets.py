"""Assets are found, and a request for what is not there says what is."""

from pathlib import Path

import pytest

import n2n
from n2n.assets import find_asset


def test_a_shipped_file_is_found() -> None:
    assert find_asset("CREDITS.md").read_text(encoding="utf-8").startswith("# Credits")


def test_a_missing_asset_is_refused_with_what_is_there() -> None:
    with pytest.raises(ValueError, match=r"no asset 'models/huge': .* holds .*CREDITS\.md"):
        find_asset("models/huge")


@pytest.mark.parametrize("name", ["../README.md", "/etc/hostname", "models/../../README.md"])
def test_a_name_that_leads_out_of_the_assets_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no asset"):
        find_asset(name)


def test_a_copy_without_assets_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("n2n.assets._FOLDERS", (tmp_path / "_assets", tmp_path / "assets"))
    with pytest.raises(ValueError, match="no assets"):
        find_asset("CREDITS.md")


def test_the_package_offers_its_four_names_and_refuses_others() -> None:
    assert set(n2n.__all__) <= set(dir(n2n))
    assert n2n.Note.__module__ == n2n.Transcription.__module__ == "n2n.notes"
    assert n2n.load.__module__ == n2n.Transcriber.__module__ == "n2n.inference"
    with pytest.raises(AttributeError, match="'transcribe': it offers Note, Transcriber, Transcription, load"):
        _ = n2n.transcribe
