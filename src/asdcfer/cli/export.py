"""`asdcfer export`: a model as ONNX, kept only if it answers as torch does."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from asdcfer.cli.shared_options import Labels, under_labels

if TYPE_CHECKING:
    from asdcfer.api.onnx_file import ExportResult


def export(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help=(
                "A model: a safetensors file, the folder of a run or a finetune, or a name of "
                "`asdcfer models` or of a hub, hf:user/name."
            ),
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Argument(metavar="OUT.onnx", help="File to write.", show_default=False)
    ],
    labels: Labels = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="Also write OUT.int8.onnx and measure what it costs.")
    ] = False,
    data: Annotated[
        str,
        typer.Option(
            "--data",
            "--pack",
            help=(
                "Real faces to check on: a pack (its path, or its name under ./packs or "
                "$ASDCFER_DATA), or `sample`."
            ),
        ),
    ] = "sample",
    split: Annotated[
        str, typer.Option("--split", help="Split of the pack to check and measure on.")
    ] = "public",
    calibrate_on: Annotated[
        str, typer.Option("--calibrate-on", help="Split whose faces set the ranges of int8.")
    ] = "train",
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write a model as one ONNX file: uint8 faces in, calibrated probabilities out, any batch size.

    Normalization and calibration are inside the graph; preprocessing, label order, calibration,
    license and version inside its metadata. The file is kept only if its probabilities differ from
    torch's by less than 1e-4 on real faces and every label is the same.

    For example:

      asdcfer export default model.onnx

      asdcfer export runs/mine model.onnx --int8 --data fer2013 --split private

      asdcfer predict photo.jpg --model model.onnx
    """
    import json

    from asdcfer import api
    from asdcfer.cli.console_progress import ConsoleProgress

    settings = api.ExportSettings(int8=int8, split=split, calibrate_on=calibrate_on, force=force)
    with ConsoleProgress() as progress:
        found = api.export(under_labels(model, labels), out, settings, data=data, progress=progress)
    if as_json:
        print(json.dumps(_as_json(found)))
    else:
        _print_exported(found, split)


def _as_json(found: "ExportResult") -> dict[str, Any]:
    from dataclasses import asdict

    parts = {
        "file": str(found.file),
        "bytes": found.file.stat().st_size,
        **asdict(found.parity),
        "checked_on": found.checked_on,
    }
    if found.int8 is not None:
        parts["int8"] = {"file": str(found.int8.file), **asdict(found.int8.loss)}
    return parts


def _print_exported(found: "ExportResult", split: str) -> None:
    parity = found.parity
    size = found.file.stat().st_size / 1e6
    print(f"{found.file}: {size:.1f} MB, {', '.join(found.expressions)}")
    print(
        f"  torch and ONNX on {parity.faces:,} faces: largest difference "
        f"{parity.largest_difference:.1e}, same labels {parity.same_labels:.1%}"
    )
    if found.int8 is None:
        return
    loss = found.int8.loss
    print(f"{found.int8.file}: {loss.bytes_int8 / 1e6:.1f} MB")
    if loss.accuracy is not None and loss.accuracy_int8 is not None:
        points = 100 * (loss.accuracy_int8 - loss.accuracy)
        low, high = (100 * bound for bound in loss.interval or (0.0, 0.0))
        print(
            f"  accuracy on {loss.faces:,} faces ({split}): {loss.accuracy:.1%} in float32, "
            f"{loss.accuracy_int8:.1%} in int8 ({points:+.1f} points, 95 %: {low:+.1f} to "
            f"{high:+.1f})"
        )
    print(
        f"  same expression on {loss.agreement:.1%}, largest difference of a probability "
        f"{loss.largest_difference:.2f}"
    )
