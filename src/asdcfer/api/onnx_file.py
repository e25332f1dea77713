"""`export`: a model as an ONNX file, kept only if it answers as torch does."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asdcfer.api.data_inputs import DataLike, PathLike, name_of, pack_of
from asdcfer.api.model_inputs import ModelLike, model_of
from asdcfer.api.settings import ExportSettings
from asdcfer.data.pack import Pack
from asdcfer.data.resolve_data import SAMPLE
from asdcfer.errors import InputError
from asdcfer.evaluation.ferplus import TARGET, ferplus_task
from asdcfer.export.int8 import Int8Loss, labels_for, quantize
from asdcfer.export.onnx import Parity, check_target, export_onnx
from asdcfer.models.classifier import ExpressionModel
from asdcfer.output_lock import OutputLock
from asdcfer.progress import SILENT, Progress


@dataclass(frozen=True)
class Int8Variant:
    """The int8 variant of an exported model, and what it costs."""

    file: Path
    loss: Int8Loss


@dataclass(frozen=True)
class ExportResult:
    """A model as one ONNX file that answers as torch does.

    Attributes:
        file: the file.
        expressions: in the order of its probabilities.
        parity: how it compares with torch.
        checked_on: the faces of the comparison, in words.
        int8: the int8 variant, where it was asked for.
    """

    file: Path
    expressions: tuple[str, ...]
    parity: Parity
    checked_on: str
    int8: Int8Variant | None = None


def export(
    model: ModelLike,
    out: PathLike,
    settings: ExportSettings | None = None,
    *,
    data: DataLike = SAMPLE,
    progress: Progress = SILENT,
) -> ExportResult:
    """Write a model as one ONNX file, kept only if it answers as torch does on real faces.

    Args:
        model: with a classifier.
        out: file to write, ending in .onnx; the int8 variant lies beside it as NAME.int8.onnx.
        settings: how it is checked.
        data: real faces to check on.
        progress: is told of the two stages.

    Raises:
        InputError: a file is there already, the suffix is another, or ONNX is not installed.
        WeightsError: there is no such model, or the file answers otherwise; nothing is written.
        DataError: the data is missing or lacks a split.
        AsdcferError: another run writes to `out`.
    """
    settings, target = settings or ExportSettings(), Path(out)
    check_target(target)
    with OutputLock(target, beside=True):
        return _exported(model, target, settings, data, progress)


def _exported(
    model: ModelLike, target: Path, settings: ExportSettings, data: DataLike, progress: Progress
) -> ExportResult:
    variant = target.with_name(f"{target.stem}.int8.onnx")
    for path in (target, variant) if settings.int8 else (target,):
        if path.exists() and not settings.force:
            raise InputError(f"{path} is there already; use `force=True` to replace it")
    pack = pack_of(data)
    trained = model_of(model, SILENT)
    progress("exporting", 0, 0)
    parity = export_onnx(trained, target, pack.images[pack.rows(settings.split)])
    int8 = None
    if settings.int8:
        progress("int8", 0, 0)
        loss = _quantized(trained, target, variant, pack, settings, _source_of(data, pack))
        int8 = Int8Variant(variant, loss)
    checked_on = f"{name_of(data)}, split {settings.split}"
    return ExportResult(target, tuple(trained.expressions), parity, checked_on, int8)


def _quantized(
    model: ExpressionModel,
    source: Path,
    target: Path,
    pack: Pack,
    settings: ExportSettings,
    measured_on: str,
) -> Int8Loss:
    rows = pack.rows(settings.split)
    return quantize(
        model,
        source,
        target,
        pack.images[pack.rows(settings.calibrate_on)],
        pack.images[rows],
        _labels(model, pack, rows),
        measured_on=f"{measured_on}, split {settings.split}",
    )


def _labels(model: ExpressionModel, pack: Pack, rows: np.ndarray) -> np.ndarray:
    """Return labels of rows for a model: those that it answers under where they are known."""
    votes = (model.labels or "").startswith(TARGET)
    task = ferplus_task(pack) if votes else None
    if task is None:
        return labels_for(pack.labels[rows], pack.expressions, model)
    return labels_for(task.labels[rows], task.expressions, model)


def _source_of(data: DataLike, pack: Pack) -> str:
    name = pack.info.get("source", {}).get("name") or Path(name_of(data)).name
    return f"{name}, sample" if data == SAMPLE else str(name)
