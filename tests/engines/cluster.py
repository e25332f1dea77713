"""Programs that start Ray, in processes of their own: it warns, listens and keeps threads."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MARK = "ASDCFER_TEST_OF_RAY"
"""A variable that Ray's processes inherit, by which a test finds its own."""


def needs_ray() -> None:
    """Skip a test where Ray is not installed."""
    pytest.importorskip("ray", reason="needs ray: pip install 'asdcfer[ray]'")


def surroundings(home: Path) -> dict[str, str]:
    """Return the environment of a program whose home folder and processes can be looked at."""
    paths = [str(ROOT / "src"), str(ROOT)]
    return os.environ | {
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join(paths),
        "OMP_NUM_THREADS": "1",
        MARK: str(home),
    }


def run(home: Path, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run Python with some words, and return what it said."""
    home.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        timeout=600,
        env=surroundings(home),
        **options,
    )


def processes(home: Path) -> dict[int, str]:
    """Return the processes that were started in `surroundings(home)`, by what they are called."""
    mark = f"{MARK}={home}".encode()
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark in (folder / "environ").read_bytes().split(b"\0"):
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue  # it ended, or is another user's
    return found


def workers(home: Path) -> list[int]:
    """Return the processes of Ray that do pieces of work."""
    return [pid for pid, name in processes(home).items() if name.startswith("ray::_Worker")]
