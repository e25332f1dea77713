"""Scores by ONNX Runtime from a file made by `asdcfer export`, without torch."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.errors import InputError, WeightsError
from asdcfer.plain_json import from_json
from asdcfer.recognition.onnx_graph import check_graph
from asdcfer.recognition.onnxruntime_import import import_onnxruntime
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
        device: "auto" and "cuda" use a GPU where onnxruntime offers one; "cpu" does not.
        without: an expression that gets no probability; the others keep theirs in proportion.

    Raises:
        MissingPackageError: onnxruntime is not installed.
        InputError: the device is not offered.
        WeightsError: not an ONNX file of this package.
    """

    def __init__(
        self, path: str | os.PathLike[str], device: str = "auto", without: str | None = None
    ) -> None:
        onnxruntime = import_onnxruntime(purpose="backend='onnx'")
        offered = onnxruntime.get_available_providers()
        cuda = "CUDAExecutionProvider" in offered and device != "cpu"
        if device.startswith("cuda") and not cuda:
            raise InputError(
                f'this onnxruntime offers no {device}; use `device="cpu"`, or install '
                "onnxruntime-gpu"
            )
        check_graph(Path(path))
        _bound_memory(onnxruntime)
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.use_env_allocators", "1")
        options.log_severity_level = 4
        if threads := os.environ.get("OMP_NUM_THREADS"):
            options.intra_op_num_threads = int(threads) if threads.isdecimal() else 0
        try:
            self.session = onnxruntime.InferenceSession(
                str(path),
                options,
                providers=[*(["CUDAExecutionProvider"] if cuda else []), "CPUExecutionProvider"],
            )
        except Exception as error:  # onnxruntime's own exceptions have no public base class
            raise WeightsError(
                f"{path} cannot be read as an ONNX model: {str(error).splitlines()[0]}"
            ) from error
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
        self.name, self.explains = f"onnxruntime on {'cuda' if cuda else 'cpu'}", False
        self._input = self.session.get_inputs()[0].name

    def probabilities(self, faces: np.ndarray) -> np.ndarray:
        """Return float32 (N, expressions) of uint8 faces (N,S,S) or (N,S,S,3)."""
        if len(faces) == 0:
            return np.zeros((0, len(self.expressions)), np.float32)
        try:
            answer = self.session.run(None, {self._input: np.ascontiguousarray(faces)})[0]
        except Exception as error:  # as in __init__
            raise WeightsError(
                f"{self.path} cannot be computed: {str(error).splitlines()[0]}"
            ) from error
        found = np.asarray(answer)
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
