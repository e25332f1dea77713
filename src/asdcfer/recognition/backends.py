"""Choice of the backend that computes scores, by name or by what fits a model.

Each backend imports its own library only when it is used.
"""

import functools
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Union

from asdcfer.errors import InputError, WeightsError
from asdcfer.models import cards, find_weights, label_names
from asdcfer.models.hub import hub_folder, is_hub_name
from asdcfer.recognition.gpu_signs import may_have_gpu
from asdcfer.recognition.providers import ONNX_ONLY
from asdcfer.recognition.runtime import Runtime, RuntimeBackend

if TYPE_CHECKING:
    from asdcfer.models.classifier import ExpressionModel

DEFAULT_MODEL = "default"
Backend = Literal["auto", "torch", "onnx"]
Model = Union[str, Path, "ExpressionModel"]
"""A name in the package, a file, a folder, or a model in memory."""


def make_runtime(
    model: Model = DEFAULT_MODEL, backend: Backend = "auto", device: str = "auto"
) -> Runtime:
    """Load a model for recognition.

    Args:
        model: a name in the package, a safetensors file, the folder of a run or a finetune, an ONNX
            file made by `asdcfer export`, or an `ExpressionModel` in memory; a name may end in a
            label set, `light:fer2013`, or `light:ferplus7` for votes without contempt.
        backend: "torch", "onnx" (needs no torch), or "auto": see `choose_backend`.
        device: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1"; "openvino" and "coreml"
            are execution providers of ONNX Runtime, see `providers`.

    Raises:
        WeightsError: the model is missing or does not fit the backend.
        InputError: an unknown backend or device, or its library is not installed.
    """
    if backend not in ("auto", "torch", "onnx"):
        raise InputError(f"there is no backend {backend!r}; choose torch or onnx")
    if backend == "torch" and _is_onnx_only(device):
        raise InputError(
            f"{device} computes ONNX files only; leave backend='torch' away, or use "
            '`device="cpu"`'
        )
    if choose_backend(model, backend, device) == "onnx":
        if not isinstance(model, str | Path):
            raise InputError(
                "backend='onnx' takes the path of an ONNX file; write one with: asdcfer export "
                "MODEL model.onnx"
            )
        from asdcfer.recognition.onnx_runtime import OnnxRuntime

        without = label_names.CONTEMPT if _is_without_contempt(model) else None
        return OnnxRuntime(onnx_file(model), device, without)
    if _is_onnx(model):
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
    return TorchRuntime(load_model(model) if isinstance(model, str | Path) else model, device)


def choose_backend(model: Model, backend: Backend, device: str) -> RuntimeBackend:
    """Return the backend that a model runs by.

    "auto" takes onnx for an .onnx file, and for a device that only ONNX Runtime knows; for a name
    whose ONNX file is in the package, on a CPU and where onnxruntime is installed, since that is
    several times as fast; and where torch is not installed, for such a name or one of a model hub.
    It takes torch otherwise: the weights of a hub are checked against their card, an ONNX file is
    not.

    Example:
        >>> choose_backend("model.onnx", "auto", "cpu"), choose_backend("default", "torch", "cpu")
        ('onnx', 'torch')
    """
    if backend != "auto":
        return backend
    if _is_onnx(model) or _is_onnx_only(device):
        return "onnx"
    if not isinstance(model, str | Path):
        return "torch"
    if is_hub_name(model) and not _is_installed("torch"):
        return "onnx"
    if shipped_onnx(model) is None:
        return "torch"
    if not _is_installed("torch"):
        return "onnx"
    fast = _is_installed("onnxruntime") and _means_shipped(model) and _is_cpu(device)
    return "onnx" if fast else "torch"


def attention_loader(model: Model, backend: Backend, device: str) -> Callable[[], Runtime] | None:
    """Return what loads, once, the torch weights behind a name whose ONNX file "auto" chose.

    An ONNX file gives no attention. None where the backend was named, or there are no such weights.
    """
    if backend != "auto" or _is_onnx(model) or not _is_installed("torch"):
        return None
    here = "cpu" if _is_onnx_only(device) else device
    return functools.cache(functools.partial(make_runtime, model, "torch", here))


def onnx_file(model: str | Path) -> Path:
    """Return the ONNX file that a path, or a name of the package, means.

    Raises:
        WeightsError: there is none; the message says how to make it.
    """
    path = Path(model)
    if path.suffix.lower() == ".onnx" and path.is_file():
        return path
    if is_hub_name(model):
        return _onnx_of_hub(model)
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
    base, labels = label_names.split_labels(name)
    found = find_weights.WEIGHTS_FOLDER / f"{find_weights.ALIASES.get(base, base)}.onnx"
    if Path(base).name != base or not found.is_file():
        return None
    if labels is not None:
        # The file answers under the first label set of its weights, contempt or not.
        card = cards.read_card(found.with_suffix(cards.SUFFIX))
        return found if label_names.contempt_apart(labels, card)[0] == card.get("labels") else None
    return found


def _onnx_of_hub(name: str | Path) -> Path:
    base, labels = label_names.split_labels(name)
    if labels is not None:
        raise WeightsError(
            f"the ONNX file of {base} answers under one label set only; use `backend='torch'` for "
            f"{labels}, or leave {labels} away"
        )
    folder = hub_folder(base, ".onnx")
    files = sorted(folder.rglob("*.onnx"))
    named = [file for file in files if file.name == "model.onnx"] or files
    if len(named) > 1:
        raise WeightsError(
            f"{base} holds several ONNX files; name one: {', '.join(str(file) for file in named)}"
        )
    return named[0]


def _is_without_contempt(model: str | Path) -> bool:
    """Tell whether a name of the package asks for a label set with contempt switched off."""
    labels, file = label_names.split_labels(model)[1], shipped_onnx(model)
    if labels is None or file is None:
        return False
    return label_names.contempt_apart(labels, cards.read_card(file.with_suffix(cards.SUFFIX)))[1]


def _is_onnx(model: Model) -> bool:
    return isinstance(model, str | Path) and str(model).lower().endswith(".onnx")


def _is_onnx_only(device: str) -> bool:
    return device.partition(":")[0].lower() in ONNX_ONLY


def _means_shipped(model: str | Path) -> bool:
    """Tell whether a name means the weights of the package, and not a file or folder of its own."""
    try:
        return find_weights.find_model(model).parent == find_weights.WEIGHTS_FOLDER
    except WeightsError:
        return False


def _is_cpu(device: str) -> bool:
    if device != "auto":
        return device == "cpu"
    if "torch" not in sys.modules and not may_have_gpu():
        return True
    from asdcfer.devices import resolve_device

    return resolve_device(device) == "cpu"


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ImportError:
        return False
