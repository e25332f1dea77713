"""Models as ONNX files."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.export.int8 import Int8Loss, quantize
    from asdcfer.export.onnx import Parity, export_onnx

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Int8Loss": "asdcfer.export.int8",
        "quantize": "asdcfer.export.int8",
        "Parity": "asdcfer.export.onnx",
        "export_onnx": "asdcfer.export.onnx",
    },
)

__all__ = [
    "Int8Loss",
    "Parity",
    "export_onnx",
    "quantize",
]
