"""Files for a while: when they go, and what they are called."""

import os
import time
from pathlib import Path

from n2n.studio.files import Shelf, address, stem


def test_files_expire_unless_they_are_asked_for(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, 60.0)
    old, asked, fresh = shelf.new_folder(), shelf.named_folder("asked"), shelf.new_folder()
    for folder in (old, asked):
        (folder / "file").write_bytes(b"x")
        os.utime(folder, (time.time() - 61.0,) * 2)
    assert shelf.named_folder("asked") == asked
    shelf.sweep()
    assert [folder.exists() for folder in (old, asked, fresh)] == [False, True, True]
    assert len({folder.name for folder in (old, fresh)}) == 2 and len(fresh.name) >= 20


def test_addresses_hold_no_character_that_means_something_else() -> None:
    assert address(Path("/tmp/a b#c?d.mid")) == "gradio_api/file=/tmp/a%20b%23c%3Fd.mid"


HOSTILE = "${alert(1)}<img src=x onerror=alert(2)>"


def test_file_names_keep_nothing_but_letters_digits_dashes_and_blanks() -> None:
    assert stem("/cache/my loop_2-b.wav") == "my loop_2-b"
    assert stem("Schlagzeug für Åse.flac") == "Schlagzeug für Åse"
    assert stem(f"{HOSTILE}.wav").isascii() and not set(stem(f"{HOSTILE}.wav")) & set("<>${}()=/\\\"'")
    assert stem("...wav") == stem("???.mp3") == stem("") == "drums"
