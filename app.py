"""Starts the app, as `make app` does. Environment variables set its limits: see n2n/studio/settings.py."""

import sys

from n2n.studio.server import serve
from n2n.studio.settings import Settings

if __name__ == "__main__":
    try:
        serve(Settings.from_environment())
    except ValueError as error:
        sys.exit(f"n2n: {error}")
