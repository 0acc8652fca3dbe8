"""Finds what ships beside the code: models, examples, the page's editor.

In a checkout (and on a Space) these lie in `assets/` beside the package, in an installed wheel in `n2n/_assets`.
"""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent
_FOLDERS: Final = (_PACKAGE / "_assets", _PACKAGE.parent / "assets")


def find_asset(name: str) -> Path:
    """The path of a shipped file or folder.

    Args:
        name: relative to the assets, with forward slashes: `models/small`.

    Raises:
        ValueError: there is no such asset in this copy, or the name leads out of the assets.
    """
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    if folder is None:
        raise ValueError(f"this copy of n2n has no assets: {_FOLDERS[1]} is missing; install the package or clone the repository whole")
    path = (folder / name).resolve()
    if not (path.is_relative_to(folder) and path.exists()):
        shipped = ", ".join(sorted(entry.name for entry in folder.iterdir()))
        raise ValueError(f"no asset {name!r}: {folder} holds {shipped or 'nothing'}")
    return path


def model_name(name_or_path: str | Path) -> str:
    """How a file that is taken elsewhere names a model: by its name if it ships with n2n, else as a folder beside that file."""
    bundled = str(name_or_path) in bundled_models()
    return str(name_or_path) if bundled else f"./{Path(name_or_path).name}"


def bundled_models() -> dict[str, Path]:
    """The models that ship with n2n: their names and folders."""
    return {path.parent.name: path.parent for path in sorted(find_asset(".").glob("models/*/config.json"))}
