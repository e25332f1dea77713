"""An int8 variant of an exported model; the file says what it costs, measured on a pack."""

import contextlib
import io
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.data.splits import evenly_spaced
from asdcfer.errors import InputError, WeightsError
from asdcfer.export.onnx import (
    check_target,
    faces_for,
    quiet_exporter,
    require_onnx,
    write_description,
)
from asdcfer.files import atomic_write
from asdcfer.models.classifier import ExpressionModel
from asdcfer.recognition.onnx_runtime import OnnxRuntime
from asdcfer.recognition.onnxruntime_import import import_onnxruntime

CALIBRATION_FACES = 512
"""Faces from which the ranges of activations are taken, evenly spaced; more change little."""
RANGE_PERCENTILE = 99.99
"""Share of the activations that lie within their range, percent. Chosen on PublicTest with the
shipped model: the whole range (100) lost 1.8 points of accuracy there and moved probabilities by
0.029 on average, 99.99 lost 0.4 and moved them by 0.021, 99.9 lost 1.9.
"""
BATCH = 64


@dataclass(frozen=True)
class Int8Loss:
    """What int8 costs, measured on labeled faces that calibration did not see.

    Attributes:
        faces: how many.
        accuracy: of the float32 graph, 0..1; None for unlabeled faces.
        accuracy_int8: of the int8 graph.
        interval: 95 % interval of the change in accuracy (int8 less float32), from the faces whose
            answer became right or wrong; None for unlabeled faces.
        mean_class_accuracy, mean_class_accuracy_int8: mean recall of the expressions that occur,
            0..1.
        agreement: share of faces with the same expression.
        largest_difference, mean_difference: between two probabilities of the same face and
            expression.
        bytes, bytes_int8: sizes of the files.
    """

    faces: int
    accuracy: float | None
    accuracy_int8: float | None
    interval: tuple[float, float] | None
    mean_class_accuracy: float | None
    mean_class_accuracy_int8: float | None
    agreement: float
    largest_difference: float
    mean_difference: float
    bytes: int
    bytes_int8: int


class _CalibrationFaces:
    """Hands faces to the quantizer batch by batch, as its CalibrationDataReader."""

    def __init__(self, faces: np.ndarray) -> None:
        self.batches = (
            {"faces": faces[start : start + BATCH]} for start in range(0, len(faces), BATCH)
        )

    def get_next(self) -> dict[str, np.ndarray] | None:
        """Return the next batch, None after the last."""
        return next(self.batches, None)


def quantize(
    model: ExpressionModel,
    source: str | os.PathLike[str],
    path: str | os.PathLike[str],
    calibration_faces: np.ndarray,
    faces: np.ndarray,
    labels: np.ndarray | None,
    measured_on: str = "",
) -> Int8Loss:
    """Write the int8 variant of an exported file.

    Weights have a scale per output channel, activations the ranges seen on real faces.
    Normalization, the first convolution and softmax stay in float32, since they cost next to
    nothing and their ranges are wide.

    Args:
        model: whose preprocessing the faces go through.
        source: the float32 file made by `export_onnx`.
        path: ends in .onnx, another file than `source`.
        calibration_faces: uint8 (N,H,W[,3]), never those of a test split.
        faces: uint8, to measure on.
        labels: int (N,) indices into the model's expressions, -1 for unlabeled; None for none at
            all.
        measured_on: what `faces` are, in words, for the metadata.

    Returns:
        The measured loss; it is also in the file's metadata.

    Raises:
        InputError: a wrong path, or no faces.
        MissingPackageError: a library of the extra `onnx` is not installed.
        WeightsError: the quantizer cannot take the graph.
    """
    source, path = Path(source), Path(path)
    check_target(path)
    if path.resolve() == source.resolve():
        raise InputError(f"the int8 file needs another name than {source}")
    onnx = require_onnx()
    q = import_onnxruntime("quantization", "export")

    seen, faces = (
        faces_for(model, calibration_faces[_spaced(len(calibration_faces))]),
        faces_for(model, faces),
    )

    with atomic_write(path) as temporary, tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        try:
            # The calibrator prints what it does.
            with quiet_exporter(), contextlib.redirect_stdout(io.StringIO()):
                q.quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
                q.quantize_static(
                    str(prepared),
                    str(temporary),
                    _CalibrationFaces(seen),
                    quant_format=q.QuantFormat.QDQ,
                    op_types_to_quantize=[
                        "Conv",
                        "Gemm",
                        "MatMul",
                        "Add",
                        "Relu",
                        "MaxPool",
                        "GlobalAveragePool",
                    ],
                    nodes_to_exclude=_normalization(onnx, prepared),
                    per_channel=True,
                    # Seven bits of weight: without VNNI the sums of two products of eight bits
                    # overflow, and the file must answer alike everywhere.
                    reduce_range=True,
                    activation_type=q.QuantType.QUInt8,
                    weight_type=q.QuantType.QInt8,
                    calibrate_method=q.CalibrationMethod.Percentile,
                    extra_options={"CalibPercentile": RANGE_PERCENTILE},
                )
        except Exception as error:  # the quantizer raises plain Exceptions of many kinds
            raise WeightsError(
                f"{source} cannot be quantized: "
                f"{str(error).splitlines()[0] if str(error) else type(error).__name__}"
            ) from error
        about = {**OnnxRuntime(source, "cpu").card, "precision": "int8"}
        about.pop("parity", None)
        write_description(onnx, temporary, about)
        loss = measure(source, temporary, faces, labels)
        measured = {
            key: value for key, value in asdict(loss).items() if not key.startswith("bytes")
        }
        write_description(
            onnx,
            temporary,
            {
                **about,
                "int8": {**measured, "measured_on": measured_on, "calibration_faces": len(seen)},
            },
        )
    return replace(loss, bytes_int8=path.stat().st_size)


def measure(source: Path, int8: Path, faces: np.ndarray, labels: np.ndarray | None) -> Int8Loss:
    """Compare two exported files on uint8 faces at the model's own size."""
    runtimes = [OnnxRuntime(file, "cpu") for file in (source, int8)]
    full, small = (
        np.concatenate([r.probabilities(faces[i : i + BATCH]) for i in range(0, len(faces), BATCH)])
        for r in runtimes
    )
    accuracies: list[float | None] = [None, None]
    of_classes: list[float | None] = [None, None]
    interval: tuple[float, float] | None = None
    if labels is not None and (labels >= 0).any():
        labeled = labels >= 0
        right = [(scores.argmax(1) == labels)[labeled] for scores in (full, small)]
        accuracies = [float(one.mean()) for one in right]
        of_classes = [
            float(
                np.mean(
                    [one[labels[labeled] == label].mean() for label in np.unique(labels[labeled])]
                )
            )
            for one in right
        ]
        change = right[1].astype(float) - right[0]
        reach = 1.96 * float(change.std()) / len(change) ** 0.5
        interval = (float(change.mean()) - reach, float(change.mean()) + reach)
    return Int8Loss(
        faces=len(faces),
        accuracy=accuracies[0],
        accuracy_int8=accuracies[1],
        interval=interval,
        mean_class_accuracy=of_classes[0],
        mean_class_accuracy_int8=of_classes[1],
        agreement=float((full.argmax(1) == small.argmax(1)).mean()),
        largest_difference=float(np.abs(full - small).max()),
        mean_difference=float(np.abs(full - small).mean()),
        bytes=source.stat().st_size,
        bytes_int8=int8.stat().st_size,
    )


def labels_for(
    labels: np.ndarray, expressions: Sequence[str], model: ExpressionModel
) -> np.ndarray:
    """Return labels as indices into the expressions of a model.

    Args:
        labels: int (N,), -1 where there is none.
        expressions: their names.
        model: that is measured.

    Returns:
        int64 (N,); -1 where there is no label, or the model has no such expression.
    """
    to_model = [
        model.expressions.index(name) if name in model.expressions else -1 for name in expressions
    ]
    return np.array([to_model[label] if label >= 0 else -1 for label in labels], np.int64)


def _spaced(count: int) -> np.ndarray:
    """Return the rows of the calibration faces: at most `CALIBRATION_FACES`, evenly spaced.

    They fill whole batches, since onnxruntime stacks what it saw of each.
    """
    taken = min(CALIBRATION_FACES, count)
    taken -= taken % BATCH if taken > BATCH else 0
    return evenly_spaced(np.arange(count), taken)


def _normalization(onnx: Any, path: Path) -> list[str]:
    """Return the nodes up to the first convolution and after the last matrix product.

    They stay in float32.
    """
    nodes = list(onnx.load(str(path)).graph.node)
    heavy = [i for i, node in enumerate(nodes) if node.op_type in ("Conv", "Gemm", "MatMul")]
    return (
        [node.name for i, node in enumerate(nodes) if i <= heavy[0] or i > heavy[-1]]
        if len(heavy) > 1
        else []
    )
