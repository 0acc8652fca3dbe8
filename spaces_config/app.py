"""Starts the app on a hosted Space, where `make space` puts this file beside the package and its assets."""

import contextlib

with contextlib.suppress(ImportError):
    import spaces  # noqa: F401  the host's own package, which has to load before torch

from n2n.studio.server import serve
from n2n.studio.settings import Settings

serve(Settings.from_environment())
