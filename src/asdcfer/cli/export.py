"""`asdcfer export`: a model as ONNX, kept only if it answers as torch does."""

from pathlib import Path
from typing import Annotated, Any

import typer


def export(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help=(
                "A model: a safetensors file, the folder of a run or a finetune, or a name of "
                "`asdcfer models`."
            ),
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Argument(metavar="OUT.onnx", help="File to write.", show_default=False)
    ],
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

    Examples:

      asdcfer export default model.onnx

      asdcfer export runs/mine model.onnx --int8 --data fer2013 --split private

      asdcfer predict photo.jpg --model model.onnx
    """
    import json
    from dataclasses import asdict

    from asdcfer.data.open import resolve_data_path
    from asdcfer.data.pack import load_pack
    from asdcfer.errors import InputError
    from asdcfer.export.onnx import check_target, export_onnx
    from asdcfer.models.weights import load_model

    check_target(out)
    out_int8 = out.with_name(f"{out.stem}.int8.onnx")
    for target in (out, out_int8) if int8 else (out,):
        if target.exists() and not force:
            raise InputError(f"{target} is there already; use --force to replace it")
    faces_pack = load_pack(resolve_data_path(data))
    rows = faces_pack.rows(split)
    trained = load_model(model)
    parity = export_onnx(trained, out, faces_pack.images[rows])
    result: dict[str, Any] = {
        "file": str(out),
        "bytes": out.stat().st_size,
        **asdict(parity),
        "checked_on": f"{data}, split {split}",
    }
    if not as_json:
        print(f"{out}: {out.stat().st_size / 1e6:.1f} MB, {', '.join(trained.expressions)}")
        print(
            f"  torch and ONNX on {parity.faces:,} faces: largest difference "
            f"{parity.largest_difference:.1e}, same labels {parity.same_labels:.1%}"
        )
    if int8:
        from asdcfer.export.int8 import labels_for, quantize

        loss = quantize(
            trained,
            out,
            out_int8,
            faces_pack.images[faces_pack.rows(calibrate_on)],
            faces_pack.images[rows],
            labels_for(faces_pack, rows, trained),
            measured_on=(
                f"{faces_pack.info.get('source', {}).get('name') or Path(data).name}{', sample' if data == 'sample' else ''}, "
                f"split {split}"
            ),
        )
        result["int8"] = {"file": str(out_int8), **asdict(loss)}
        if not as_json:
            print(f"{out_int8}: {loss.bytes_int8 / 1e6:.1f} MB")
            if loss.accuracy is not None and loss.accuracy_int8 is not None:
                points = 100 * (loss.accuracy_int8 - loss.accuracy)
                low, high = (100 * bound for bound in loss.interval or (0.0, 0.0))
                print(
                    (
                        f"  accuracy on {loss.faces:,} faces ({split}): {loss.accuracy:.1%} in "
                        f"float32, {loss.accuracy_int8:.1%} in int8"
                    ),
                    end="",
                )
                print(f" ({points:+.1f} points, 95 %: {low:+.1f} to {high:+.1f})")
            print(
                f"  same expression on {loss.agreement:.1%}, largest difference of a probability "
                f"{loss.largest_difference:.2f}"
            )
    if as_json:
        print(json.dumps(result))
