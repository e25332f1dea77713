"""Measure the speed of recognition as ratios in one run.

    python benchmarks/recognition_speed.py [--model default] [--out docs/results]
    python benchmarks/recognition_speed.py --rounds 2 --seconds 0.1 --frames 20  # the shortest

What preprocessing and calibration add to the encoder, ONNX and int8 beside torch, video, start-up.

Prints a table; with --out also writes recognition_speed.json and recognition_speed.md there.
Paired: in each round every variant gets a burst of calls, whose first half only warms up (threads
of the variant before still spin, caches are cold), in turning order; the median over rounds of the
ratio within a round is what counts. Absolute numbers belong to the machine of the day; a busy
machine is told of.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

AIMS = {"overhead": 0.15, "video": 25.0, "help": 0.5, "first": 3.0}
"""At most 15 % over the encoder's own passes; at least 25 frames a second of 720p with one face on
two cores; seconds to start.
"""


def median_seconds(variants: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Time variants in turns and return the median of each."""
    for run in variants.values():
        run()
    times: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(rounds):
        order = list(variants) if number % 2 == 0 else list(variants)[::-1]
        for name in order:
            begin = time.perf_counter()
            variants[name]()
            times[name].append(time.perf_counter() - begin)
    return {name: statistics.median(values) for name, values in times.items()}


def burst(run: Callable[[], Any], seconds: float) -> float:
    """Return the median time of a call, after `seconds` of warm-up and in at least five calls."""
    begin = time.perf_counter()
    while time.perf_counter() - begin < seconds:
        run()
    times: list[float] = []
    while len(times) < 5 or sum(times) < seconds:
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def paired(
    variants: dict[str, Callable[[], Any]], rounds: int, seconds: float
) -> dict[str, dict[str, Any]]:
    """Time variants in bursts, round by round in turning order.

    Returns:
        For each variant the median seconds of a call, and the ratio to the first variant within a
        round: its median, least and largest.
    """
    names = list(variants)
    times: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        turned = names[number % len(names) :] + names[: number % len(names)]
        for name in turned if number % 2 == 0 else turned[::-1]:
            times[name].append(burst(variants[name], seconds))
    ratios = {
        name: [own / first for own, first in zip(times[name], times[names[0]], strict=True)]
        for name in names
    }
    return {
        name: {
            "seconds": statistics.median(times[name]),
            "ratio": statistics.median(ratios[name]),
            "range": [min(ratios[name]), max(ratios[name])],
        }
        for name in names
    }


def faces_per_second(model: Any, folder: Path, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Time the encoder alone, torch, ONNX float32 and int8 on aligned faces, batch 1 and 64."""
    import torch

    from asdcfer.data.sample import sample_pack
    from asdcfer.export.int8 import quantize
    from asdcfer.export.onnx import export_onnx, faces_for
    from asdcfer.recognition.onnx_runtime import OnnxRuntime
    from asdcfer.recognition.torch_runtime import TorchRuntime

    pack = sample_pack()
    public, train = pack.images[pack.rows("public")], pack.images[pack.rows("train")]
    export_onnx(model, folder / "model.onnx", public)
    quantize(model, folder / "model.onnx", folder / "model.int8.onnx", train, public, None)
    runtimes = {
        "torch": TorchRuntime(model, "cpu"),
        "onnx": OnnxRuntime(folder / "model.onnx", "cpu"),
        "int8": OnnxRuntime(folder / "model.int8.onnx", "cpu"),
    }
    faces = faces_for(model, public)
    rows = []
    for batch in (1, 64):
        part = faces[:batch]
        x = model.encoder.preprocessing.batch(part)

        # What the model answers is the mean over face and mirror image, where its card says so: the
        # floor is both passes.
        seen = [x, x.flip(-1)] if model.tta else [x]

        def encoder_alone(seen: Any = seen) -> None:
            with torch.inference_mode():
                for one in seen:
                    model.encoder(one)

        variants = {"encoder alone": encoder_alone} | {
            name: (lambda r=r, part=part: r.probabilities(part)) for name, r in runtimes.items()
        }
        rows += [
            {
                "batch": batch,
                "variant": name,
                "faces_per_second": batch / found["seconds"],
                "time_over_encoder": found["ratio"],
                "range": found["range"],
            }
            for name, found in paired(variants, rounds, seconds).items()
        ]
    return rows


def write_clip(path: Path, frames: int) -> None:
    """Write a 720p video of one moving face (scikit-image's astronaut)."""
    origin = find_spec("skimage").origin
    picture = cv2.cvtColor(
        cv2.imread(str(Path(origin).parent / "data" / "astronaut.png")), cv2.COLOR_BGR2RGB
    )
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for number in range(frames):
            canvas = np.full((720, 1280, 3), 120, np.uint8)
            canvas[100:612, 2 * number : 2 * number + 512] = picture
            container.mux(stream.encode(av.VideoFrame.from_ndarray(canvas, format="rgb24")))
        container.mux(stream.encode(None))


def video_speed(model: Any, folder: Path, frames: int) -> list[dict[str, Any]]:
    """Count frames a second from file to faces, and of decoding alone."""
    from asdcfer.predict.recognizer import Recognizer
    from asdcfer.recognition.video import read_frames

    clip = folder / "clip.mp4"
    write_clip(clip, frames)
    recognizers = {
        "torch": Recognizer(model, device="cpu"),
        "onnx": Recognizer(folder / "model.onnx", "cpu"),
        "int8": Recognizer(folder / "model.int8.onnx", "cpu"),
    }
    counted = {}
    for name, recognizer in recognizers.items():
        counted[name] = [len(frame.faces) for frame in recognizer.video(clip)]
        if counted[name] != [1] * frames:
            raise SystemExit(
                f"the clip should show one face in each of {frames} frames; {name} found "
                f"{counted[name]}"
            )
    variants = {"decoding alone": lambda: sum(1 for _ in read_frames(clip))}
    variants |= {
        name: (lambda r=r: sum(1 for _ in r.video(clip))) for name, r in recognizers.items()
    }
    return [
        {"variant": name, "frames_per_second": frames / s}
        for name, s in median_seconds(variants, 3).items()
    ]


def start_up(model: str, folder: Path) -> list[dict[str, Any]]:
    """Time whole processes: the help, and one photo from start to answer.

    Starting up is what is measured here, so each variant is a process of its own.
    """
    photo = folder / "photo.png"
    photo.write_bytes(
        (Path(find_spec("skimage").origin).parent / "data" / "astronaut.png").read_bytes()
    )
    begin = [sys.executable, "-c", "from asdcfer.cli import main; main()"]
    commands = {
        "import asdcfer": [sys.executable, "-c", "import asdcfer"],
        "asdcfer --help": [*begin, "--help"],
        "first prediction, torch": [*begin, "predict", str(photo), "--json", "--model", model],
        "first prediction, onnx": [
            *begin,
            "predict",
            str(photo),
            "--json",
            "--model",
            str(folder / "model.onnx"),
        ],
    }
    variants = {
        name: (lambda command=command: subprocess.run(command, check=True, capture_output=True))
        for name, command in commands.items()
    }
    return [{"command": name, "seconds": s} for name, s in median_seconds(variants, 3).items()]


def as_markdown(result: dict[str, Any]) -> str:
    """Return the tables."""
    busy = ": other work ran beside it, do not trust this table" if result["busy"] else ""
    lines = [
        "# Speed of recognition",
        "",
        f"Made by `benchmarks/recognition_speed.py` ({result['machine']}, {result['cores']} cores, "
        f"{result['threads']} threads, model {result['model']}"
        f" of {result['parameters']:,} parameters, asdcfer {result['version']}). One run; ratios "
        "count, absolute numbers belong to the machine."
        f" Its load before was {result['load_before']:.1f}{busy}.",
        "",
        (
            "| batch | variant | faces / s | time over the encoder's own passes (face and mirror "
            f"image, where the model sees both), median (range) of {result['rounds']} rounds |"
        ),
        "|---|---|---|---|",
        *(
            f"| {r['batch']} | {r['variant']} | {r['faces_per_second']:,.0f} | "
            f"{r['time_over_encoder']:.2f} ({r['range'][0]:.2f} to {r['range'][1]:.2f}) |"
            for r in result["faces"]
        ),
        "",
        (
            f"Aim: torch at most {1 + AIMS['overhead']:.2f} (normalization, classifier and "
            "calibration included)."
        ),
        "",
        "| 720p video, one face | frames / s |",
        "|---|---|",
        *(f"| {r['variant']} | {r['frames_per_second']:.1f} |" for r in result["video"]),
        "",
        f"Aim: at least {AIMS['video']:.0f} with detection, on two cores.",
        "",
        "| start-up | seconds |",
        "|---|---|",
        *(f"| {r['command']} | {r['seconds']:.2f} |" for r in result["start_up"]),
        "",
        f"Aim: help under {AIMS['help']} s, first prediction under {AIMS['first']:.0f} s.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="default")
    parser.add_argument("--rounds", type=int, default=8, help="bursts of each variant")
    parser.add_argument(
        "--seconds", type=float, default=0.5, help="of a burst, after as long a warm-up"
    )
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    import torch

    import asdcfer
    from asdcfer.files import atomic_write, write_json
    from asdcfer.models.weights import load_model

    model = load_model(options.model)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > 0.3 * (os.cpu_count() or 1):
        print(
            f"the machine is busy (load {load:.1f}): these numbers will say little", file=sys.stderr
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result = {
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "load_before": load,
            "busy": load > 0.3 * (os.cpu_count() or 1),
            "rounds": options.rounds,
            "version": asdcfer.__version__,
            "torch": torch.__version__,
            "opencv": cv2.__version__,
            "model": model.card.get("name", Path(options.model).name),
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "faces": faces_per_second(model, folder, options.rounds, options.seconds),
            "video": video_speed(model, folder, options.frames),
            "start_up": start_up(options.model, folder),
            "aims": AIMS,
        }
    print(as_markdown(result))
    if options.out:
        write_json(options.out / "recognition_speed.json", result)
        with atomic_write(options.out / "recognition_speed.md") as temporary:
            temporary.write_text(as_markdown(result), encoding="utf-8")


if __name__ == "__main__":
    main()
