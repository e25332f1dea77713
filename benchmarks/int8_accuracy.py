r"""What int8 costs in accuracy: the float32 and int8 files of shipped models on real faces.

    python benchmarks/int8_accuracy.py --data fer2013 --ferplus fer2013new.csv \
        --models light nano light:fer2013 nano:fer2013 --out docs/results

Ranges are taken from training faces, the loss is measured on PrivateTest, under the labels that a
model answers under (FER+ where the votes are known). Prints a table; with --out also writes
int8_accuracy.json and int8_accuracy.md.
"""

import argparse
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import asdcfer
from asdcfer.data.pack import load_pack
from asdcfer.data.resolve_data import resolve_data_path
from asdcfer.data.splits import task_of
from asdcfer.evaluation.ferplus import TARGET, ferplus_task
from asdcfer.export.int8 import labels_for, quantize
from asdcfer.export.onnx import export_onnx
from asdcfer.files import atomic_write, write_json
from asdcfer.models.weights import load_model
from asdcfer.recognition.onnxruntime_import import import_onnxruntime


def measured(name: str, data: str, votes: Path | None, folder: Path) -> dict[str, Any]:
    """Export a model twice and return what int8 changes on PrivateTest."""
    model, pack = load_model(name), load_pack(resolve_data_path(data))
    task = ferplus_task(pack, votes) if model.labels == TARGET else None
    task = task or task_of(pack)
    rows = task.test
    faces, file = pack.images[rows], folder / f"{Path(name).name.replace(':', '-')}.onnx"
    parity = export_onnx(model, file, faces)
    loss = quantize(
        model,
        file,
        file.with_suffix(".int8.onnx"),
        pack.images[pack.rows("train")],
        faces,
        labels_for(task.labels[rows], task.expressions, model),
        f"{data}, PrivateTest",
    )
    return {
        "model": name,
        "labels": "FER+" if task.target else "FER-2013",
        "torch_difference": parity.largest_difference,
        **asdict(loss),
    }


def as_markdown(result: dict[str, Any]) -> str:
    """Return the table."""
    lines = [
        "# What int8 costs",
        "",
        f"Made by `python benchmarks/int8_accuracy.py --data {result['data']} --ferplus "
        f"fer2013new.csv --models {' '.join(r['model'] for r in result['models'])}` (asdcfer "
        f"{result['version']}, ONNX Runtime {result['onnxruntime']}): the files that"
        " `asdcfer export MODEL model.onnx --int8` writes, on PrivateTest; both average face and "
        "mirror image, where the model's card does. Ranges come from training faces.",
        "",
        (
            "| model | labels | faces | accuracy, float32 | int8 | change, points (95 %) | mean "
            "class accuracy | int8 | same answer | mean, largest difference of a probability | "
            "MB | int8 |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for r in result["models"]:
        change, (low, high) = (
            100 * (r["accuracy_int8"] - r["accuracy"]),
            (100 * bound for bound in r["interval"]),
        )
        lines.append(
            f"| {r['model']} | {r['labels']} | {r['faces']:,} | {r['accuracy']:.2%} | "
            f"{r['accuracy_int8']:.2%} | "
            f"{change:+.2f} ({low:+.2f} to {high:+.2f}) | {r['mean_class_accuracy']:.2%}"
            f" | {r['mean_class_accuracy_int8']:.2%} | {r['agreement']:.1%} | "
            f"{r['mean_difference']:.3f}, {r['largest_difference']:.2f}"
            f" | {r['bytes'] / 1e6:.1f} | {r['bytes_int8'] / 1e6:.1f} |"
        )
    lines += [
        "",
        (
            "The float32 file answers as torch does: probabilities differ by at most "
            f"{max(r['torch_difference'] for r in result['models']):.1e}."
        ),
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="sample")
    parser.add_argument("--ferplus", type=Path, help="fer2013new.csv, the FER+ votes")
    parser.add_argument("--models", nargs="+", default=["default"])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        models = [
            measured(name, options.data, options.ferplus, Path(folder)) for name in options.models
        ]
    result = {
        "version": asdcfer.__version__,
        "onnxruntime": import_onnxruntime().__version__,
        "data": Path(options.data).name,
        "models": models,
    }
    print(as_markdown(result))
    if options.out:
        write_json(options.out / "int8_accuracy.json", result)
        with atomic_write(options.out / "int8_accuracy.md") as temporary:
            temporary.write_text(as_markdown(result), encoding="utf-8")


if __name__ == "__main__":
    main()
