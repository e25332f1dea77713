"""The run's record, run.json: what was run, where, on what, with what outcome."""

import os
import platform
import resource
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from asdcfer.files import write_json
from asdcfer.plain_json import from_json
from asdcfer.provenance import commit
from asdcfer.training.engine.hardware import is_first_process

RECORD_FORMAT = 1
PACKAGES = ("asdcfer", "torch", "lightning", "numpy", "scikit-learn", "safetensors", "pydantic")


def versions() -> dict[str, str]:
    """Return the versions of what the numbers depend on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def hardware() -> dict[str, Any]:
    """Return what the machine is: processor, cores, threads, accelerators."""
    import torch

    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore").splitlines()
        model = next(
            (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")),
            model,
        )
    except OSError:
        pass
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "system": platform.system(),
        "cpu": model,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpus": gpus,
    }


def command() -> str:
    """Return what was typed: `asdcfer VERB ...`, or the program that called `asdcfer.api`."""
    program = Path(sys.argv[0])
    # `python -m asdcfer` is its __main__.py.
    name = program.parent.name if program.name == "__main__.py" else program.name
    return " ".join([name or "python", *sys.argv[1:]])


def peak_memory_mb() -> float:
    """Return the most memory this process has held, in MiB."""
    # Linux counts in KiB, macOS in bytes.
    return round(
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        / (2**20 if sys.platform == "darwin" else 2**10),
        1,
    )


class RunRecord:
    """run.json, written whole after each change, by the first process only.

    Args:
        path: run.json; a record that is there is continued.
        replaced: stages of which nothing that is there is true any longer; where no other one is
            left, the record begins anew.
        **about: what is known from the start (recipe, seed, data).
    """

    def __init__(self, path: Path, replaced: Sequence[str] = (), **about: Any) -> None:
        self.path = path
        self.values: dict[str, Any] = {
            "format": RECORD_FORMAT,
            "status": "running",
            "command": command(),
            "commit": commit(),
            "versions": versions(),
            "hardware": hardware(),
            "started": now(),
            "stages": {},
            **about,
        }
        before = read_record(path)
        stages = before.get("stages", {})
        kept = {name: known for name, known in stages.items() if name not in replaced}
        if replaced and not kept:
            before = {}
        if before:
            self.values["stages"] = kept
            self.values["started"] = before.get("started", self.values["started"])
            self.values["resumed"] = [*before.get("resumed", []), now()]
        self._start = time.perf_counter()
        self._seconds = float(before.get("seconds", 0.0))
        self.save()

    def stage(self, name: str, **values: Any) -> None:
        """Add to what is known of one stage."""
        self.values["stages"].setdefault(name, {}).update(values)
        self.save()

    def finish(self, status: str, **values: Any) -> None:
        """Say how the run ended."""
        self.values.update(status=status, finished=now(), **values)
        self.save()

    def save(self) -> None:
        """Write it."""
        self.values["seconds"] = round(self._seconds + time.perf_counter() - self._start, 2)
        self.values["peak_memory_mb"] = peak_memory_mb()
        if is_first_process():
            write_json(self.path, self.values)


def read_record(path: Path) -> dict[str, Any]:
    """Return a record, empty where there is none or it cannot be read."""
    try:
        found = from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def now() -> str:
    """Return the time, to the second, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
