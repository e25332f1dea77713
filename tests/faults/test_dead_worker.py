"""A process of a training that is killed: the others say so in a line, end, and can go on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from asdcfer.models.weights import load_encoder
from tests.faults.launcher import ROOT, THOROUGH, Launcher

pytestmark = [pytest.mark.slow, pytest.mark.faults]


def children(process: int) -> list[int]:
    words = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(word) for word in words]


def test_one_of_two_processes_is_killed(launcher: Launcher, inputs: Path, tmp_path: Path) -> None:
    words = ["pretrain", "--recipe", "tiny.yaml", "--out", str(tmp_path / "out")]
    words += ["--device", "cpu", "--devices", "2", "teacher.epochs=40"]
    with subprocess.Popen(
        [sys.executable, "-m", "asdcfer", *words],
        cwd=inputs,
        env={**launcher.env, "PYTHONPATH": str(ROOT / "src")},
        stderr=subprocess.PIPE,
        text=True,
    ) as first:
        while not list((tmp_path / "out" / "teacher").glob("checkpoint/step-*")):
            assert first.poll() is None
            time.sleep(0.01)
        (second,) = children(first.pid)
        os.kill(second, signal.SIGKILL)
        said = first.communicate(timeout=300)[1]
    assert first.returncode == 2, said
    assert "Traceback" not in said, said
    last = said.strip().splitlines()[-1]
    assert last.startswith("asdcfer: another process of this training has ended"), said
    assert "go on with the same and --resume" in last
    if THOROUGH:
        subprocess.run(
            [sys.executable, "-m", "asdcfer", *words, "--resume"],
            cwd=inputs,
            env={**launcher.env, "PYTHONPATH": str(ROOT / "src")},
            check=True,
        )
        assert load_encoder(tmp_path / "out").feature_dim > 0
