"""Scores by ONNX Runtime from a file made by `asdcfer export`, without torch."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.errors import InputError, WeightsError
from asdcfer.plain_json import from_json
from asdcfer.recognition.onnx_checksum import check_bytes
from asdcfer.recognition.onnx_graph import check_graph
from asdcfer.recognition.onnxruntime_import import import_onnxruntime
from asdcfer.recognition.providers import (
    CPU,
    ExecutionProvider,
    check_parity,
    open_session,
    parity_faces,
    provider_of,
)
from asdcfer.recognition.runtime import RuntimeBackend

MOST_MEMORY = 8_000_000_000
"""Bytes that all sessions of this process may hold at once; a graph of a few bytes can ask for any
number. The largest batches of the largest encoders take a tenth.
"""
METADATA_KEY = "asdcfer"
"""Key of the JSON in the model's metadata; `export.describe` writes it."""
FORMAT = 1


class OnnxRuntime:
    """Scores by a session of ONNX Runtime; see `runtime.Runtime`.

    Args:
        path: an ONNX file of this package; normalization and calibration are inside its graph.
        device: "auto" takes CUDA where this onnxruntime offers it, else the CPU; "cpu", "cuda",
            "openvino" and "coreml" name an execution provider, see `providers`. Any but the CPU is
            compared with it on a few faces; `parity` is the largest difference.
        without: an expression that gets no probability; the others keep theirs in proportion.

    Raises:
        MissingPackageError: onnxruntime is not installed.
        InputError: the device is not offered, cannot start, or answers otherwise than the CPU.
        WeightsError: not an ONNX file of this package, or one whose bytes have changed.
    """

    def __init__(
        self, path: str | os.PathLike[str], device: str = "auto", without: str | None = None
    ) -> None:
        onnxruntime = import_onnxruntime(purpose="backend='onnx'")
        check_bytes(Path(path))
        check_graph(Path(path))
        _bound_memory(onnxruntime)
        provider, options = provider_of(device, onnxruntime.get_available_providers())
        self.session = _opened(onnxruntime, path, provider, options)
        if self.session.get_providers()[0] != provider.name:
            if device != "auto":
                raise InputError(
                    f"onnxruntime has {provider.device} and cannot start it: its driver or its "
                    f'libraries are missing; use `device="cpu"`'
                )
            provider = CPU
        about = describe_session(self.session, Path(path))
        self.card: dict[str, Any] = about
        self.size, self.channels = (
            int(about["preprocessing"]["size"]),
            int(about["preprocessing"]["channels"]),
        )
        names = tuple(about["expressions"])
        self.path, self._named = Path(path), len(names)
        self.expressions = tuple(name for name in names if name != without)
        self._kept = [names.index(name) for name in self.expressions]
        self.backend: RuntimeBackend = "onnx"
        self.name, self.explains = f"onnxruntime on {provider.device}", False
        self._input = self.session.get_inputs()[0].name
        self.parity: float | None = None
        if provider != CPU:
            reference = _opened(onnxruntime, path, CPU, {})
            self.parity = check_parity(
                self._run,
                lambda faces: reference.run(None, {self._input: faces})[0],
                parity_faces(self.size, self.channels),
                str(about.get("precision")),
                provider.device,
            )

    def probabilities(self, faces: np.ndarray) -> np.ndarray:
        """Return float32 (N, expressions) of uint8 faces (N,S,S) or (N,S,S,3)."""
        if len(faces) == 0:
            return np.zeros((0, len(self.expressions)), np.float32)
        found = self._run(faces)
        if found.shape != (len(faces), self._named):
            raise WeightsError(
                f"{self.path} answers with {found.shape} where {(len(faces), self._named)} is due; "
                "export it again"
            )
        if len(self._kept) == found.shape[1]:
            return found
        found = found[:, self._kept]
        scores: np.ndarray = found / found.sum(1, keepdims=True)
        return scores

    def _run(self, faces: np.ndarray) -> np.ndarray:
        try:
            answer = self.session.run(None, {self._input: np.ascontiguousarray(faces)})[0]
        except Exception as error:  # as in `_opened`
            raise WeightsError(
                f"{self.path} cannot be computed: {str(error).splitlines()[0]}"
            ) from error
        return np.asarray(answer)

    def attention(self, faces: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Refuse: the exported graph holds no gradients."""
        raise InputError(
            "the attention overlay needs backend='torch': an ONNX file holds no gradients; leave "
            "`explain=True` away or give torch weights"
        )


@cache
def _bound_memory(onnxruntime: Any) -> None:
    """Give this process one store of memory for sessions, of `MOST_MEMORY` at most."""
    store = onnxruntime.OrtMemoryInfo(
        "Cpu",
        onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR,
        0,
        onnxruntime.OrtMemType.DEFAULT,
    )
    # -1 leaves a setting as ONNX Runtime has it.
    onnxruntime.create_and_register_allocator(
        store, onnxruntime.OrtArenaCfg(MOST_MEMORY, -1, -1, -1)
    )


def _opened(
    onnxruntime: Any,
    path: str | os.PathLike[str],
    provider: ExecutionProvider,
    options: dict[str, str],
) -> Any:
    try:
        return open_session(onnxruntime, str(path), provider, options)
    except Exception as error:  # onnxruntime's own exceptions have no public base class
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(f"{path} cannot be read as an ONNX model: {line}") from error


def describe_session(session: Any, path: Path) -> dict[str, Any]:
    """Return the metadata that `asdcfer export` wrote into a model.

    Raises:
        WeightsError: there is none, or it is of another format.
    """
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise WeightsError(
            f"{path} is not an ONNX file of this package (it names no expressions and no "
            "preprocessing); write one with: asdcfer export"
        )
    try:
        about: dict[str, Any] = from_json(text)
        complete = (
            about["format"] == FORMAT and about["expressions"] and about["preprocessing"]["size"]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"the description inside {path} is damaged; export it again") from error
    if not complete:
        raise WeightsError(
            f"{path} was exported in format {about['format']}; this version reads {FORMAT}: export "
            "it again"
        )
    return about
