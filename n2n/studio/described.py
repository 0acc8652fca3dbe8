"""A JSON component that says what its JSON looks like, in the documentation of endpoints and in the schemas of tools."""

from typing import Any, Final

import gradio as gr

from n2n.drums import DRUMS


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_SECONDS: Final = {"type": "number", "minimum": 0}
_DRUM: Final = {"type": "string", "enum": list(DRUMS)}
_NOTE: Final = _object(onset=_SECONDS, drum=_DRUM, velocity={"type": "integer", "minimum": 1, "maximum": 127})
_MASK: Final = _object(start=_SECONDS, end=_SECONDS, drums={"type": "array", "items": _DRUM})
NOTES: Final = _object(version={"type": "integer", "const": 1}, duration=_SECONDS, notes={"type": "array", "items": _NOTE})
MASKS: Final = {"type": "array", "items": _MASK}


class DescribedJson(gr.JSON):
    """JSON with a schema, which is documented but not enforced: the endpoint checks its values itself.

    Args:
        value: as for every component.
        schema: JSON Schema of the value.
        label, visible, render, key: as for every component.
    """

    def __init__(
        self,
        value: Any = None,
        *,
        schema: dict[str, Any] | None = None,
        label: str | None = None,
        visible: bool = True,
        render: bool = True,
        key: str | None = None,
    ) -> None:
        self.schema = schema or {"type": "object"}
        super().__init__(value, label=label, visible=visible, render=render, key=key)

    def api_info(self) -> dict[str, Any]:
        return self.schema
