"""Verbs that spread their work over Ray: options, refusals, errors of a worker, and Ctrl-C."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from asdcfer import api
from asdcfer.data.pack_writing import PackItem, write_pack
from tests.engines import cluster
from tests.interrupting import start_interruptible


def test_what_is_typed_arrives(asdcfer, monkeypatch, tmp_path) -> None:
    seen = []
    monkeypatch.setattr("asdcfer.engines.engine.require", lambda *words: None)
    monkeypatch.setattr(api, "embed", lambda faces, out, settings, progress: seen.append(settings))
    for words in ("", "--engine ray --address auto --workers 32"):
        with pytest.raises(AttributeError):  # the stand-in returns no result
            asdcfer("embed", "faces", "--out", tmp_path / "f.npy", *words.split())
    assert [one.engine for one in seen] == [api.Engine(), api.Engine("ray", "auto", 32)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--address auto", "asdcfer: --address is for --engine ray; give both, or neither"),
        ("--engine spark", "asdcfer: --engine spark: choose local or ray"),
        (
            "--engine ray",
            "asdcfer: --engine ray needs ray: pip install 'asdcfer[ray]', or leave it away",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(asdcfer, monkeypatch, tmp_path, words, told) -> None:
    monkeypatch.setattr("asdcfer.extras.find_spec", lambda name: None)
    done = asdcfer("embed", "sample", "--out", tmp_path / "f.npy", *words.split())
    assert done.fault == told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_an_error_of_a_worker_is_the_line_of_a_run_without(toy_run, tmp_path) -> None:
    cluster.needs_ray()
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "a.png").write_text("no picture")
    words = ["embed", str(tmp_path / "faces"), "--model", str(toy_run / "run"), "--device", "cpu"]
    told = []
    for more in ([], ["--engine", "ray", "--workers", "1"]):
        line = [*words, "--out", str(tmp_path / "f.npy"), *more]
        done = cluster.run(tmp_path / "home", "-m", "asdcfer", *line)
        assert (done.returncode, done.stdout) == (2, "")
        told.append([line for line in done.stderr.splitlines() if line.startswith("asdcfer: ")])
    assert told[0] == told[1]
    assert told[0][0].startswith("asdcfer: no face can be used; the first of 1: a.png")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A pack of some thousand faces, so that a command on it takes a while."""
    image = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    items = (PackItem(image, f"face {number}") for number in range(20_000))
    return write_pack(tmp_path / "many", items, expressions=["a"], source={"name": "many"})


@pytest.mark.slow
def test_an_interrupted_run_leaves_no_process_and_is_gone_on_with_without_ray(
    many, tmp_path
) -> None:
    cluster.needs_ray()
    home, out = tmp_path / "home", tmp_path / "f.npy"
    home.mkdir()
    words = ["embed", str(many), "--model", "nano", "--device", "cpu"]
    line = [*words, "--out", str(out), "--engine", "ray", "--workers", "1"]
    process = start_interruptible(
        [sys.executable, "-m", "asdcfer", *line],
        env=cluster.surroundings(home),
        stderr=subprocess.PIPE,
        text=True,
    )
    rows = tmp_path / "f.npy.partial" / "rows.jsonl"
    while process.poll() is None and not (rows.is_file() and rows.stat().st_size):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate()
    assert not out.exists(), "it ended before it could be interrupted"
    assert process.returncode == 130, told
    assert told.endswith(
        "asdcfer: interrupted; what was finished is kept; go on with the same command and "
        "--resume\n"
    )
    assert cluster.processes(home) == {}
    for more in (["--out", str(out), "--resume"], ["--out", str(tmp_path / "whole.npy")]):
        done = cluster.run(home, "-m", "asdcfer", *words, *more)
        assert done.returncode == 0, done.stderr
    assert out.read_bytes() == (tmp_path / "whole.npy").read_bytes()
