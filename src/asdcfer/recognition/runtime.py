"""The backends that compute scores, behind one protocol and chosen by name.

Each imports its own library only when it is used.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from asdcfer.errors import InputError, WeightsError
from asdcfer.models import cards

DEFAULT_MODEL = "default"
Backend = Literal["auto", "torch", "onnx"]


class Runtime(Protocol):
    """From aligned uint8 faces to calibrated probabilities.

    Attributes:
        size: side S of the faces it takes, pixels.
        channels: 1 for gray faces (N,S,S), 3 for RGB faces (N,S,S,3).
        expressions: names of the scores, in order.
        card: what is known about the weights.
        name: of the backend and device, for people.
        explains: whether it can give attention.
    """

    size: int
    channels: int
    expressions: tuple[str, ...]
    card: dict[str, Any]
    name: str
    explains: bool

    def probabilities(self, faces: np.ndarray) -> np.ndarray:
        """Return float32 (N, expressions) of uint8 faces at the model's own size; rows sum to 1."""
        ...

    def attention(self, faces: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Return float32 (N,h,w) in 0..1: where in each face the score of its class came from."""
        ...


def make_runtime(
    model: str | Path | Any = DEFAULT_MODEL, backend: Backend = "auto", device: str = "auto"
) -> Runtime:
    """Load a model for recognition.

    Args:
        model: a name in the package, a safetensors file, the folder of a run or a finetune, an ONNX
            file made by `asdcfer export`, or an `ExpressionModel` in memory.
        backend: "torch" or "onnx" (needs no torch); "auto" takes onnx for an .onnx file, and for a
            name whose ONNX file is in the package where torch is not installed; torch otherwise.
        device: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1".

    Raises:
        WeightsError: the model is missing or does not fit the backend.
        InputError: an unknown backend or device, or its library is not installed.
    """
    if backend not in ("auto", "torch", "onnx"):
        raise InputError(f"there is no backend {backend!r}; choose torch or onnx")
    is_path = isinstance(model, str | Path)
    is_onnx = is_path and str(model).lower().endswith(".onnx")
    without_torch = (
        backend == "auto"
        and is_path
        and shipped_onnx(model) is not None
        and not _torch_is_installed()
    )
    if backend == "onnx" or (backend == "auto" and is_onnx) or without_torch:
        if not is_path:
            raise InputError(
                "backend='onnx' takes the path of an ONNX file; write one with: asdcfer export "
                "MODEL model.onnx"
            )
        from asdcfer.recognition.onnx_runtime import OnnxRuntime

        return OnnxRuntime(onnx_file(model), device)
    if is_onnx:
        raise WeightsError(
            f"{model} is an ONNX file; use backend='onnx' (or leave the backend away)"
        )
    try:
        from asdcfer.models.weights import load_model
        from asdcfer.recognition.torch_runtime import TorchRuntime
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] == "asdcfer":
            raise
        raise InputError(
            f"backend='torch' needs {error.name}; pip install asdcfer with its dependencies, or "
            "give an ONNX file with backend='onnx'"
        ) from error
    return TorchRuntime(load_model(model) if is_path else model, device)


def onnx_file(model: str | Path) -> Path:
    """Return the ONNX file that a path, or a name of the package, means.

    Raises:
        WeightsError: there is none; the message says how to make it.
    """
    path = Path(model)
    if path.suffix.lower() == ".onnx" and path.is_file():
        return path
    shipped = shipped_onnx(model)
    if shipped is not None:
        return shipped
    if path.suffix.lower() == ".onnx":
        raise WeightsError(
            f"there is no file {path}; write one with: asdcfer export MODEL {path.name}"
        )
    raise WeightsError(
        f"backend='onnx' wants an ONNX file and {model} has none; write one with: asdcfer export "
        f"{model} model.onnx, then use model='model.onnx'"
    )


def shipped_onnx(name: str | Path) -> Path | None:
    """Return the ONNX file of the package for a name of `asdcfer models`, or None.

    Example:
        >>> shipped_onnx("default").name
        'light.onnx'
    """
    found = cards.WEIGHTS_FOLDER / f"{cards.ALIASES.get(str(name), name)}.onnx"
    return found if Path(name).name == str(name) and found.is_file() else None


def _torch_is_installed() -> bool:
    try:
        return find_spec("torch") is not None
    except ImportError:
        return False
