"""What whoever runs the app can set, each by an argument, a field here or an environment variable."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

PREFIX: Final = "N2N_"
SWITCH: Final = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
LOWEST: Final = {"upload_mb": 0.001, "max_seconds": 0.1, "queue_length": 1, "time_to_live": 1, "port": 0}
HIGHEST: Final = {"port": 65535}


@dataclass(frozen=True)
class Settings:
    """Settings of the app. The environment variable of a field is its name in capitals after `N2N_`: `N2N_UPLOAD_MB=50`.

    Attributes:
        model: a bundled model's name, or a folder with `config.json` and `model.safetensors`.
        fast_model: a one-step model that the page offers beside it; `none` offers no choice.
        device: where the model runs: auto, cpu or cuda.
        upload_mb: megabytes that one uploaded file may have.
        max_seconds: seconds that a recording may last once decoded. The command line has no such limit.
        queue_length: jobs that may wait in the queue; further visitors are asked to try again later. One job runs at a time.
        time_to_live: seconds for which uploaded and written files, and what is remembered of an open page, are kept.
        host: address to listen on; 0.0.0.0 opens the app to the network. Empty: Gradio's own choice, this machine alone unless
            GRADIO_SERVER_NAME says otherwise (as it does on a Space).
        port: to listen on; 0 takes the first free one from 7860 up.
        root_path: the path, or the whole address, under which a proxy serves the app: /drums.
        mcp: also serve the named endpoints as tools to language models (Model Context Protocol; needs `pip install 'noise-to-notes[mcp]'`).
    """

    model: str = "small"
    fast_model: str = "small-1step"
    device: str = "auto"
    upload_mb: float = 100.0
    max_seconds: float = 600.0
    queue_length: int = 8
    time_to_live: int = 3600
    host: str = ""
    port: int = 0
    root_path: str = ""
    mcp: bool = False

    @property
    def upload_bytes(self) -> int:
        """Bytes that one uploaded file may have."""
        return round(self.upload_mb * 2**20)

    def __post_init__(self) -> None:
        for name in LOWEST:
            _check(name, getattr(self, name), shown=name)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """The settings that the environment names, and the defaults for the rest; an empty variable counts as missing.

        Raises:
            ValueError: a variable holds no possible value of its field.
        """
        given = {field.name: environment.get(PREFIX + field.name.upper(), "") for field in fields(cls)}
        return cls(**{name: _parse(name, text) for name, text in given.items() if text})


def _parse(name: str, text: str) -> Any:
    kind, variable = type(getattr(Settings, name)), f"{PREFIX}{name.upper()}"
    try:
        value = SWITCH[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError) as error:
        allowed = {bool: "1 or 0", int: "a whole number", float: "a number"}[kind]
        raise ValueError(f"{variable} must be {allowed}, not {text!r}") from error
    if name in LOWEST:
        _check(name, value, shown=variable)
    return value


def _check(name: str, value: float, *, shown: str) -> None:
    low, high = LOWEST[name], HIGHEST.get(name, float("inf"))
    if not low <= value < float("inf") or value > high:
        upper = f" and at most {high}" if name in HIGHEST else ""
        raise ValueError(f"{shown} must be at least {low}{upper}, not {value}")
