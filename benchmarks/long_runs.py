"""Let the server and a training run for long, and compare their end with their beginning.

    python benchmarks/long_runs.py --out docs/results
    python benchmarks/long_runs.py --only traffic --requests 300
    python benchmarks/long_runs.py --only training --steps 100

Two parts; with --out each is put into long_runs.json there, and the page is drawn anew.

* traffic: a day of a busy page in miniature. `asdcfer app` is asked 20,000 times, good and bad
  requests in a drawn order (those of app_load.py, photos of 128 pixels), 8 at once, in ten parts.
* training: 10,000 steps of `asdcfer pretrain` on the bundled faces with an encoder of a few
  thousand parameters, which writes checkpoints and health reports as every training does.

Memory and open files of the process are looked at all along, as the system counts them. They are
compared after the first tenth, when everything is loaded, and at the end. Speed is that of the
processor where the machine does other work: seconds of processor time for each request or step.
The hour of video is measured by video_speed.py.
"""

import argparse
import contextlib
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from app_load import drawn, load, served

TINY = (
    "teacher.encoder.name=nano_resnet",
    "teacher.encoder.arguments={stem: 8, widths: [8, 12, 16], depths: [1, 1, 1]}",
    "teacher.encoder.pooling=global",
    "teacher.encoder.pooling_arguments={}",
    "teacher.batch_size=8",
    "teacher.resolution=[[0.0, 32]]",
    "teacher.views.warp_negatives=0",
    "teacher.options.queue_size=64",
    "teacher.options.projector_hidden=32",
    "teacher.options.projector_dim=16",
    "teacher.log_every=50",
    "teacher.health={every_epochs: 8, images: 100, knn_images: 200}",
)
"""What makes the recipe `sample` small."""
FACES, BATCH = 1000, 8
"""Training faces of the sample, and of a step."""


def traffic(requests: int) -> dict[str, Any]:
    """Return what the server was like in ten parts of its day."""
    with served() as server:
        used = processor_seconds(server.process.pid)
        found = load(server, drawn(requests, seed=1, side=128), at_once=8, looks=10)
        used = processor_seconds(server.process.pid) - used
    return found | {"processor_seconds": round(used, 1)}


def processor_seconds(process: int) -> float:
    """Return the processor time that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def training(steps: int) -> dict[str, Any]:
    """Return what a training was like, at equal distances in its steps."""
    epochs = max(1, round(steps * BATCH / FACES))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "asdcfer", "pretrain", "--recipe", "sample"),
                *("--data", "sample", "--out", str(out), f"teacher.epochs={epochs}"),
                *(f"teacher.checkpoint_epochs={max(1, epochs // 20)}", *TINY),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        looks: list[dict[str, float]] = []
        while process.poll() is None:
            with contextlib.suppress(OSError, ValueError, IndexError, KeyError):
                looks.append(look(process.pid, last_step(out / "teacher" / "metrics.csv")))
            time.sleep(1)
        if process.returncode:
            raise SystemExit(f"the training ended with {process.returncode}")
        seconds = float(rows(out / "teacher" / "metrics.csv")[-1]["seconds"])
        done = last_step(out / "teacher" / "metrics.csv")
    # Those that were taken while the trainer tidied up would count as its end.
    looks = [one for one in looks if 0 < one["step"] < done]
    places = np.linspace(0.1, 1, 10) * done
    at = [min(looks, key=lambda one, place=place: abs(one["step"] - place)) for place in places]
    return {"steps": done, "seconds": round(seconds, 1), "looks": at}


def look(process: int, step: int) -> dict[str, float]:
    """Return memory in megabytes, open files, threads and processor time of a process."""
    place = Path(f"/proc/{process}")
    status = dict(line.split(":\t", 1) for line in (place / "status").read_text().splitlines())
    return {
        "step": step,
        "memory_mb": int(status["VmRSS"].split()[0]) // 1024,
        "open_files": len(list((place / "fd").iterdir())),
        "threads": int(status["Threads"]),
        "processor_seconds": processor_seconds(process),
    }


def rows(file: Path) -> list[dict[str, str]]:
    """Return the rows of a training's metrics."""
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def last_step(file: Path) -> int:
    """Return the last step in a training's metrics."""
    return int(rows(file)[-1]["step"])


def pace(looks: list[dict[str, float]]) -> tuple[float, float]:
    """Return milliseconds of processor time a step, in the first and the last third."""

    def of(first: dict[str, float], last: dict[str, float]) -> float:
        steps = max(1.0, last["step"] - first["step"])
        return 1000 * (last["processor_seconds"] - first["processor_seconds"]) / steps

    third = len(looks) // 3
    return of(looks[0], looks[third]), of(looks[-1 - third], looks[-1])


def page(found: dict[str, Any]) -> str:
    """Return the page of results."""
    lines = [
        "# Long runs",
        "",
        "Generated by `python benchmarks/long_runs.py --out docs/results`; its head tells the",
        "protocol. An hour of video in constant memory is on the page of",
        "[the speed of videos](video_speed.md).",
        "",
    ]
    if "traffic" in found:
        day = found["traffic"]
        first, last = day["looks"][1], day["looks"][-1]
        right = day["requests"] - day["wrong_count"]
        early, late = (np.mean(day["requests_per_second"][part]) for part in (SOME, LAST))
        lines += [
            "## A day of the page in miniature",
            "",
            f"{day['requests']:,} requests, {day['at_once']} at once: {right:,} were answered as",
            f"they are due, {day['wrong_count']} were not. Each took",
            f"{1000 * day['processor_seconds'] / day['requests']:.0f} ms of a processor.",
            "",
            "| | after a tenth | at the end |",
            "|---|---:|---:|",
            f"| memory, MB | {first['memory_mb']} | {last['memory_mb']} |",
            f"| open files | {first['open_files']} | {last['open_files']} |",
            f"| files in the temporary folder | {first['left_in_tmp']} | {last['left_in_tmp']} |",
            f"| requests a second (first and last three tenths) | {early:.1f} | {late:.1f} |",
            "",
            f"Memory after each tenth: {told(day['looks'][1:], 'memory_mb')} MB.",
            "",
        ]
    if "training" in found:
        run = found["training"]
        first, last = run["looks"][0], run["looks"][-1]
        early, late = pace(run["looks"])
        lines += [
            f"## {run['steps']:,} steps of training",
            "",
            "| | after a tenth | at the end |",
            "|---|---:|---:|",
            f"| memory, MB | {first['memory_mb']} | {last['memory_mb']} |",
            f"| open files | {first['open_files']} | {last['open_files']} |",
            f"| ms of a processor a step (first and last third) | {early:.1f} | {late:.1f} |",
            "",
            f"Memory after each tenth: {told(run['looks'], 'memory_mb')} MB.",
            "",
        ]
    lines += [f"Measured on {found['machine']}, busy with other work."]
    return "\n".join(lines) + "\n"


SOME, LAST = slice(0, 3), slice(-3, None)


def told(looks: list[dict[str, Any]], name: str) -> str:
    """Return the values of one measure in a line."""
    return ", ".join(f"{one[name]:.0f}" for one in looks)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("traffic", "training"))
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--out", type=Path, help="folder of long_runs.json and long_runs.md")
    options = parser.parse_args()
    for name, measure in (
        ("traffic", lambda: traffic(options.requests)),
        ("training", lambda: training(options.steps)),
    ):
        if options.only not in (None, name):
            continue
        part = measure()
        print(json.dumps({name: part}, indent=1), flush=True)
        if options.out is None:
            continue
        options.out.mkdir(parents=True, exist_ok=True)
        file = options.out / "long_runs.json"
        found = json.loads(file.read_text()) if file.is_file() else {}
        found |= {name: part, "machine": f"{os.cpu_count()} cores, {platform.machine()}"}
        file.write_text(json.dumps(found, indent=1) + "\n")
        (options.out / "long_runs.md").write_text(page(found))


if __name__ == "__main__":
    main()
