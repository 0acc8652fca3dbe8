"""`n2n app`: the page in a browser."""

import importlib.util
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Literal

from tyro.conf import arg

from n2n.cli.options import UsageError, usage


@dataclass(frozen=True)
class App:
    """Starts the app: a page in your browser that does all of this with a mouse, and an HTTP interface. Ctrl-C ends it.

    All of these, and limits (size of uploads, seconds of audio, length of the queue), can be set by environment variables, too: N2N_PORT,
    N2N_UPLOAD_MB and so on.

        n2n app
        n2n app --host 0.0.0.0 --port 8080

    Attributes:
        host: address to listen on. 127.0.0.1 is this machine alone, 0.0.0.0 opens the page to the network.
        port: to listen on; 0 takes the first free one from 7860 up.
        model: a bundled model's name, or a folder with config.json and model.safetensors.
        device: auto takes a GPU where there is one.
    """

    host: Annotated[str | None, arg(help_behavior_hint="(default: 127.0.0.1)")] = None
    port: Annotated[int | None, arg(metavar="N", help_behavior_hint="(default: 0)")] = None
    model: Annotated[str | None, arg(metavar="NAME_OR_PATH", help_behavior_hint="(default: small)")] = None
    device: Annotated[Literal["auto", "cpu", "cuda"] | None, arg(help_behavior_hint="(default: auto)")] = None

    def run(self) -> int:
        """Serves until it is stopped; the exit status."""
        if importlib.util.find_spec("gradio") is None:
            raise UsageError("the app needs Gradio, which is not installed: pip install 'noise-to-notes[app]'")
        from n2n.studio.server import serve
        from n2n.studio.settings import Settings

        with usage():
            given = {name: value for name, value in asdict(self).items() if value is not None}
            serve(replace(Settings.from_environment(), **given))
        return 0
