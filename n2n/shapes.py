"""Array shapes in annotations: jaxtyping where it is installed, plain names where it is not.

Tests check every shape (jaxtyping with beartype). Training runs on bare GPU images that have torch, numpy and safetensors alone.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int, Int16, UInt8
else:
    try:
        from jaxtyping import Bool, Float, Int, Int16, UInt8
    except ImportError:

        class _Unchecked:
            def __class_getitem__(cls, item: tuple[Any, str]) -> Any:
                return item[0]

        Bool = Float = Int = Int16 = UInt8 = _Unchecked

__all__ = ["Bool", "Float", "Int", "Int16", "UInt8"]
