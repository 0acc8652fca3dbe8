"""What callers of endpoints and tools are told: what each parameter means, and what JSON looks like."""

from typing import Any, Final

import gradio as gr
from gradio.utils import get_function_description

from n2n.drums import DRUMS


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_SECONDS: Final = {"type": "number", "minimum": 0}
_DRUM: Final = {"type": "string", "enum": list(DRUMS)}
_NOTE: Final = _object(onset=_SECONDS, drum=_DRUM, velocity={"type": "integer", "minimum": 1, "maximum": 127})
_MASK: Final = _object(start=_SECONDS, end=_SECONDS, drums={"type": "array", "items": _DRUM})
NOTES: Final = _object(version={"type": "integer", "const": 1}, duration=_SECONDS, notes={"type": "array", "items": _NOTE})
MASKS: Final = {"type": "array", "items": _MASK}


class DescribedBlocks(gr.Blocks):
    """Blocks whose documented endpoints say of each parameter what the docstring of their function says."""

    def get_api_info(self, *args: Any, **kwargs: Any) -> Any:
        info = super().get_api_info(*args, **kwargs)
        functions = {f"/{block.api_name}": block.fn for block in self.fns.values() if block.fn}
        for name, endpoint in info["named_endpoints"].items():
            _, said, _ = get_function_description(functions[name])
            for parameter in endpoint["parameters"]:
                parameter["python_type"]["description"] = said.get(parameter["parameter_name"], "")
        return info


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
