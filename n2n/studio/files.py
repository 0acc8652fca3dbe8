"""Files that the page fetches or offers, each kept for a limited time in a folder that cannot be guessed.

They lie below Gradio's temporary folder, whose files it serves to whoever knows their address.
"""

import shutil
import threading
import time
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import quote


class Shelf:
    """A folder of folders that expire.

    Args:
        folder: where they lie; made if it is not there.
        seconds: for how long a folder is kept after it was last written to or asked for.
    """

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder, self.seconds = folder, seconds
        self.root = folder / "shelf"
        self.root.mkdir(parents=True, exist_ok=True)

    def new_folder(self) -> Path:
        """A fresh folder; those that have expired go."""
        self.sweep()
        folder = self.root / token_urlsafe(16)
        folder.mkdir()
        return folder

    def named_folder(self, name: str) -> Path:
        """The folder of that name, made if it is not there, and kept from now on for as long as a fresh one."""
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        folder.touch()
        return folder

    def sweep(self) -> None:
        """Removes the folders that have expired."""
        oldest = time.time() - self.seconds
        for folder in self.root.iterdir():
            try:
                expired = folder.stat().st_mtime < oldest
            except FileNotFoundError:  # another thread was quicker
                continue
            if expired:
                shutil.rmtree(folder, ignore_errors=True)

    def keep_sweeping(self) -> None:
        """Sweeps from time to time, in a thread of its own, for as long as the program runs."""
        pause = threading.Event()

        def sweep() -> None:
            while not pause.wait(min(self.seconds, 600.0)):
                self.sweep()

        threading.Thread(target=sweep, name="shelf", daemon=True).start()


def address(path: Path) -> str:
    """Where the page finds a served file, relative to the page's own address."""
    return "gradio_api/file=" + quote(path.as_posix())
