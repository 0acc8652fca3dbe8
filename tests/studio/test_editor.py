"""The component that holds the editor: what it hands on, what it refuses, and how it is loaded."""

from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from n2n.assets import find_asset
from n2n.studio.editor import DrumRoll

VALUE: dict[str, Any] = {
    "version": 1,
    "duration": 2.5,
    "notes": [{"onset": 0.1, "drum": "KD", "velocity": 90}],
    "masks": [],
    "locks": ["HH"],
    "tempo": None,
    "thresholds": None,
}


def test_the_component_hands_on_a_checked_value_and_refuses_a_bad_one() -> None:
    roll = DrumRoll(render=False)
    assert roll.preprocess(None) is None and roll.preprocess(VALUE) == {**VALUE, "pending": False}
    assert roll.preprocess({**VALUE, "pending": True})["pending"] is True
    with pytest.raises(gr.Error, match="unknown drum"):
        roll.preprocess({**VALUE, "locks": ["XX"]})


def test_the_component_keeps_its_properties_and_its_template_holds_nothing_that_could_be_run() -> None:
    config = DrumRoll(
        value=VALUE, source={"id": "a"}, feed={"run": "b"}, settings={"kits": []}, render=False, elem_id="drum-roll"
    ).get_config()
    assert config["value"] == VALUE and config["props"] == {"source": {"id": "a"}, "feed": {"run": "b"}, "settings": {"kits": []}}
    assert "{{" not in config["html_template"] and "${" not in config["html_template"]


def test_the_editor_is_loaded_from_the_page_s_own_address() -> None:
    script = DrumRoll(render=False).js_on_load
    assert f"gradio_api/file={find_asset('editor/editor.js').as_posix()}" in script and "document.baseURI" in script
    assert "http" not in script and Path(find_asset("editor/editor.js")).is_file()
