"""Execution providers of ONNX Runtime by the name of a device: what computes in its CPU's place.

Each is checked when a model is loaded: it must answer a few faces as ONNX Runtime's own CPU code
does.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from asdcfer.device_names import unknown_device
from asdcfer.errors import InputError

TOLERANCE = {"float32": 0.01, "int8": 0.2}
"""Largest difference between two probabilities of the same face, by the precision of the file.

In int8 every provider rounds in its own way: OpenVINO differs from the CPU by up to 0.19 on 64
faces with the shipped models, and int8 itself from float32 by up to 0.14 on 250.
"""
_WARNING, _FATAL = 2, 4
"""Severities of ONNX Runtime's log, the first its own default."""
PARITY_FACES = 16
"""Faces of the comparison, evenly spaced in the sample of the package."""


@dataclass(frozen=True)
class ExecutionProvider:
    """What ONNX Runtime computes by.

    Attributes:
        device: as it is asked for: "cpu", "cuda", "openvino" or "coreml".
        name: of ONNX Runtime.
        install: how it is installed, in words.
        part_option: the provider's option that a word behind a colon sets, `openvino:GPU`.
    """

    device: str
    name: str
    install: str
    part_option: str = ""


CPU = ExecutionProvider("cpu", "CPUExecutionProvider", "pip install onnxruntime")
_REPLACE = "pip uninstall onnxruntime && pip install "
PROVIDERS = {
    provider.device: provider
    for provider in (
        CPU,
        ExecutionProvider(
            "cuda", "CUDAExecutionProvider", _REPLACE + "onnxruntime-gpu", "device_id"
        ),
        ExecutionProvider(
            "openvino",
            "OpenVINOExecutionProvider",
            _REPLACE + "onnxruntime-openvino",
            "device_type",
        ),
        ExecutionProvider("coreml", "CoreMLExecutionProvider", "pip install onnxruntime on macOS"),
    )
}
"""Device -> execution provider. Only CUDA is ever chosen without being named."""
ONNX_ONLY = ("openvino", "coreml")
"""Devices that torch does not know."""


def provider_of(device: str, offered: Sequence[str]) -> tuple[ExecutionProvider, dict[str, str]]:
    """Return the execution provider of a device, and its options.

    Args:
        device: "auto" takes CUDA where it is offered, else the CPU; "cpu", "cuda", "cuda:1",
            "openvino", "openvino:GPU", "coreml".
        offered: names that the installed ONNX Runtime gives.

    Raises:
        InputError: an unknown device, or one that is not offered; the message says what to install
            and what is there.

    Example:
        >>> provider, options = provider_of("openvino:GPU", ["OpenVINOExecutionProvider"])
        >>> provider.name, options["device_type"]
        ('OpenVINOExecutionProvider', 'GPU')
    """
    if device == "auto":
        cuda = PROVIDERS["cuda"]
        return (cuda if cuda.name in offered else CPU), {}
    word, _, part = device.partition(":")
    provider = PROVIDERS.get(word.lower())
    if provider is None or (part and not provider.part_option):
        names = ("auto", *PROVIDERS)
        raise InputError(
            f"ONNX Runtime has no device {device!r}; choose {', '.join(names)}"
            if provider
            else unknown_device(device, names)
        )
    if provider.name not in offered:
        there = [one.device for one in PROVIDERS.values() if one.name in offered]
        raise InputError(
            f"this onnxruntime offers no {word}; install it by: {provider.install}; or use one of: "
            f"{', '.join(there)}"
        )
    options = {provider.part_option: part} if part else {}
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if provider.device == "openvino" and threads.isdecimal():
        options["num_of_threads"] = threads
    return provider, options


def open_session(
    onnxruntime: Any, path: str, provider: ExecutionProvider, options: dict[str, str]
) -> Any:
    """Return a session of ONNX Runtime by a provider, its CPU code for what that cannot do.

    Raises:
        Exception: of ONNX Runtime; the file, or the provider, cannot be loaded.
    """
    settings = onnxruntime.SessionOptions()
    settings.add_session_config_entry("session.use_env_allocators", "1")
    settings.log_severity_level = _FATAL
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads:
        settings.intra_op_num_threads = int(threads) if threads.isdecimal() else 0
    chain: list[Any] = [] if provider == CPU else [(provider.name, options)]
    if provider.device == "cuda" and hasattr(onnxruntime, "preload_dlls"):
        # Libraries of CUDA that came with packages of pip, torch's among them.
        onnxruntime.preload_dlls(directory="")
    # What a provider writes that cannot start; the caller says it in one line.
    onnxruntime.set_default_logger_severity(_FATAL)
    try:
        return onnxruntime.InferenceSession(path, settings, providers=[*chain, CPU.name])
    finally:
        onnxruntime.set_default_logger_severity(_WARNING)


def check_parity(
    compute: Callable[[np.ndarray], np.ndarray],
    reference: Callable[[np.ndarray], np.ndarray],
    faces: np.ndarray,
    precision: str,
    device: str,
) -> float:
    """Return the largest difference between two ways to compute the probabilities of faces.

    Args:
        compute: from faces to probabilities, by a provider.
        reference: the same by the CPU.
        faces: uint8, at the model's own size.
        precision: of the file, see `TOLERANCE`.
        device: for the message.

    Raises:
        InputError: it is more than the tolerance, or no number.

    Example:
        >>> faces = np.zeros((2, 4, 4), np.uint8)
        >>> check_parity(lambda x: x[:, 0] + 0.001, lambda x: x[:, 0] + 0.0, faces, "float32", "x")
        0.001
    """
    found = np.abs(np.asarray(compute(faces)) - np.asarray(reference(faces)))
    largest = float(found.max()) if np.isfinite(found).all() else float("inf")
    allowed = TOLERANCE.get(precision, TOLERANCE["float32"])
    if not largest <= allowed:
        raise InputError(
            f"{device} answers otherwise than the CPU: on {len(faces)} faces probabilities differ "
            f'by {largest:.2g}, allowed are {allowed:g}; use `device="cpu"`'
        )
    return largest


def parity_faces(size: int, channels: int) -> np.ndarray:
    """Return the faces of the comparison, uint8 (N,size,size) or (N,size,size,3).

    Example:
        >>> parity_faces(48, 1).shape, parity_faces(64, 3).shape
        ((16, 48, 48), (16, 64, 64, 3))
    """
    from asdcfer.data.sample import sample_pack
    from asdcfer.recognition import alignment

    images = sample_pack().images
    chosen = images[np.arange(PARITY_FACES) * len(images) // PARITY_FACES]
    resized = (alignment.whole_image(np.asarray(face), size)[0] for face in chosen)
    return np.stack([alignment.in_channels(face, channels) for face in resized])
