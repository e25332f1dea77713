"""Time and difference of an execution provider beside the CPU, for float32 and int8 files.

python benchmarks/execution_providers.py openvino --out docs/results/execution_providers.json

It needs an onnxruntime that offers the provider, and the files of `asdcfer export NAME --int8`,
which it makes. Times are of the processor, the best of several, both in one run.
"""

import argparse
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer import api
from asdcfer.data.sample import sample_pack
from asdcfer.files import write_json
from asdcfer.recognition.onnx_runtime import OnnxRuntime
from asdcfer.recognition.onnxruntime_import import import_onnxruntime

MODELS = ("default", "nano")
FACES, REPEATS = 64, 7


def processor_seconds(compute: Callable[[], Any]) -> float:
    """Return the processor time of a call, the best of several."""
    best = float("inf")
    for _ in range(REPEATS):
        begin = time.process_time()
        compute()
        best = min(best, time.process_time() - begin)
    return best


def compared(file: Path, device: str, faces: np.ndarray) -> dict[str, Any]:
    """Return how a device answers, and how long it takes, beside the CPU."""
    cpu, other = OnnxRuntime(file, "cpu"), OnnxRuntime(file, device)
    due, found = cpu.probabilities(faces), other.probabilities(faces)
    seconds = [processor_seconds(lambda by=by: by.probabilities(faces)) for by in (cpu, other)]
    return {
        "largest_difference": float(np.abs(due - found).max()),
        "same_expression": float((due.argmax(1) == found.argmax(1)).mean()),
        "cpu_seconds": seconds[0],
        "device_seconds": seconds[1],
        "share": seconds[1] / seconds[0],
    }


def main() -> None:
    """Measure and write."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("device")
    words.add_argument("--out", type=Path, required=True)
    given = words.parse_args()
    images = sample_pack().images
    faces = np.asarray(images[np.arange(FACES) * len(images) // FACES])
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for model in MODELS:
            api.export(model, Path(folder) / f"{model}.onnx", api.ExportSettings(int8=True))
            for name in (f"{model}.onnx", f"{model}.int8.onnx"):
                rows[name] = compared(Path(folder) / name, given.device, faces)
    about = {
        "protocol": f"{FACES} faces of the sample in one batch, best processor time of {REPEATS}",
        "device": given.device,
        "onnxruntime": import_onnxruntime().__version__,
        "processor": platform.processor() or platform.machine(),
        "rows": rows,
    }
    write_json(given.out, about)
    for name, row in rows.items():
        print(f"{name}: differs by {row['largest_difference']:.2g}, time {row['share']:.2f}")


if __name__ == "__main__":
    main()
