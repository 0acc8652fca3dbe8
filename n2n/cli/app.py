"""`n2n app`: the page in a browser."""

import importlib.util
from dataclasses import dataclass, field, replace
from typing import Annotated

from tyro.conf import arg

from n2n.cli.options import ModelOptions, UsageError, usage


@dataclass(frozen=True)
class App:
    """Starts the app: a page in your browser that does all of this with a mouse, and an HTTP interface. Ctrl-C ends it.

    More limits (size of uploads, seconds of audio, length of the queue) can be set by environment variables that begin with N2N_.

        n2n app
        n2n app --host 0.0.0.0 --port 8080

    Attributes:
        host: address to listen on. 127.0.0.1 is this machine alone, 0.0.0.0 opens the page to the network.
        port: to listen on; 0 takes the first free one from 7860 up.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, arg(metavar="N")] = 0
    model: ModelOptions = field(default_factory=ModelOptions)

    def run(self) -> int:
        """Serves until it is stopped; the exit status."""
        if importlib.util.find_spec("gradio") is None:
            raise UsageError("the app needs Gradio, which is not installed: pip install 'noise-to-notes[app]'")
        from n2n.studio.server import serve
        from n2n.studio.settings import Settings

        with usage():
            settings = Settings.from_environment()
            settings = replace(settings, host=self.host, port=self.port, model=self.model.model, device=self.model.device)
            serve(settings)
        return 0
