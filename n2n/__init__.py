"""Noise-to-Notes: drum recordings to notes, by denoising.

    import n2n

    result = n2n.load().transcribe("loop.wav", num_steps=5, seed=0)
    result.write("loop.mid")

The names below load their modules when they are first used, so `import n2n` is light: it does not import torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from n2n.inference import Transcriber, load
    from n2n.notes import Note, Transcription

__all__ = ["Note", "Transcriber", "Transcription", "load"]
__version__ = "0.1.0"

_HOMES: Final = {"Note": "n2n.notes", "Transcriber": "n2n.inference", "Transcription": "n2n.notes", "load": "n2n.inference"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'n2n' has no attribute {name!r}: it offers {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
