"""Files that the page fetches or offers, each kept for a limited time in a folder that cannot be guessed.

They lie below Gradio's temporary folder, whose files it serves to whoever knows their address.
"""

import re
import shutil
import threading
import time
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import quote

from n2n.studio.memory import Memory

FILE_ROUTE: Final = "gradio_api/file="
"""Where Gradio serves files, relative to the page."""


class Shelf:
    """A folder of folders that expire, and what is remembered for as long.

    Args:
        folder: where they lie; made if it is not there.
        seconds: for how long a folder is kept after it was last written to or asked for.
    """

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder, self.seconds = folder, seconds
        self.root = folder / "shelf"
        self.root.mkdir(parents=True, exist_ok=True)
        self._memories: list[Memory[Any, Any]] = []

    def memory(self, most: int) -> Memory[Any, Any]:
        """A new memory of at most so many values, each kept for as long as a folder."""
        self._memories.append(memory := Memory(most, self.seconds))
        return memory

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
        """Removes the folders that have expired, and forgets what has."""
        for memory in self._memories:
            memory.sweep()
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
    return FILE_ROUTE + quote(path.as_posix())


def stem(name: str) -> str:
    """A file name, without suffix, for what is made from a file: its own in letters, digits, dashes and single blanks, else `drums`."""
    return re.sub(r"[^\w-]+", " ", Path(name).stem).strip()[:80] or "drums"
