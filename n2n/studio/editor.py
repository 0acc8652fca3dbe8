"""The drum-roll editor as a component of the page. It stands alone in its module, since Gradio writes a stub file beside it.

The editor itself is the ES module `assets/editor/editor.js`. `value` belongs to the visitor, and only the editor writes it; `source` and
`feed` belong to the server. They never meet in one property, so an edit made while steps arrive is not lost.
"""

import json
from typing import Any, Final

import gradio as gr

from n2n.assets import find_asset
from n2n.edits import EditedRoll
from n2n.studio.files import address

TEMPLATE: Final = '<div class="drum-roll-host"><p class="drum-roll-note">The editor is loading…</p></div>'
"""Constant, and free of placeholders: were it rendered anew, the canvas would be wiped, and a value in it would be run as code."""


DRAFT: Final = "n2n.draft"
"""The key under which a tab stores its source and notes, so that they survive a reload, and a restart of the server."""


def _load_script() -> str:
    """Loads the editor's styles and its module from the page's own address, then mounts it; says so where that fails."""
    folder = find_asset("editor")
    module = json.dumps(address(folder / "editor.js"))
    styles = json.dumps([address(path) for path in sorted(folder.glob("*.css"))])
    return f"""
const place = (path) => new URL(path, document.baseURI).href;
const style = (path) => new Promise((done) => {{
  const sheet = document.createElement("link");
  Object.assign(sheet, {{ rel: "stylesheet", href: place(path), onload: done, onerror: done }});
  document.head.append(sheet);
}});
const edited = (name, data) => {{
  try {{
    sessionStorage.setItem("{DRAFT}", JSON.stringify({{ source: props.source, value: props.value }}));
  }} catch (error) {{
    console.warn("the notes could not be kept for a reload", error);
  }}
  trigger(name, data);
}};
Promise.all([import(place({module})), ...{styles}.map(style)])
  .then(([editor]) => editor.mount(element, {{ props, trigger: edited, watch }}))
  .then(() => element.querySelector(".drum-roll-note")?.remove())
  .catch((error) => {{
    console.error(error);
    const note = element.querySelector(".drum-roll-note");
    if (note) note.textContent = "The editor could not be loaded. Reload the page to try again.";
  }});
/* events: 'edited' 'returned' */
"""


LOAD_SCRIPT: Final = _load_script()


class DrumRoll(gr.HTML):
    """The editor.

    Args:
        value: what the visitor made of the roll, in the JSON of `n2n.edits`; None before anything was loaded or drawn.
        source: the recording that the roll belongs to, {"id", "name", "duration", "audio": address, "mel": address}; both addresses are
            None where there is no recording. Another id is another document; but notes without a recording, unless they were "generated",
            are joined by the first that comes. Undo may lead back to an earlier one: then the event `returned` has its id and its "roll",
            by which the server knows what was done there.
            "run", if given, is the run that opens it: source and notes are then undone in one step, and both go if the run is stopped.
        feed: what the server last said of a run; see `n2n.studio.feeds`.
        settings: {"kits": [...], "model": whether there is one}, constant.
        label, elem_id, elem_classes, visible, render, key: as for every component.
    """

    def __init__(
        self,
        value: dict[str, Any] | None = None,
        *,
        source: dict[str, Any] | None = None,
        feed: dict[str, Any] | None = None,
        settings: dict[str, Any] | None = None,
        label: str | None = None,
        elem_id: str | None = None,
        elem_classes: list[str] | str | None = None,
        visible: bool = True,
        render: bool = True,
        key: str | None = None,
    ) -> None:
        super().__init__(
            value,
            label=label,
            html_template=TEMPLATE,
            js_on_load=LOAD_SCRIPT,
            apply_default_css=False,
            elem_id=elem_id,
            elem_classes=elem_classes,
            visible=visible,
            render=render,
            key=key,
            source=source,
            feed=feed,
            settings=settings,
        )

    def preprocess(self, payload: Any) -> dict[str, Any] | None:  # type: ignore[override]
        """The value, checked, and whether a take waits to be accepted (`pending`); raises `gr.Error` where it is none."""
        if payload is None:
            return None
        try:
            return EditedRoll.from_json(payload).to_json() | {"pending": payload.get("pending") is True}
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def postprocess(self, value: Any) -> Any:
        return value

    def api_info(self) -> dict[str, Any]:
        notes = {"type": "array", "items": {"type": "object"}}
        return {"type": "object", "properties": {"version": {"type": "integer"}, "duration": {"type": "number"}, "notes": notes}}
