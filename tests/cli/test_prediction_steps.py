"""Live pictures through the real command: lines at once, a clean end, one line for a fault."""

import json
import signal
import subprocess
import sys
import time

import pytest

from asdcfer.api.prediction_run import Camera
from asdcfer.cli.prediction_steps import live_source, named_files
from asdcfer.errors import InputError
from asdcfer.predict.table_io import read_table
from tests.interrupting import start_interruptible
from tests.recognition.live_server import live_server


def test_what_is_named():
    assert live_source([], None, 30.0) == Camera(0)
    assert live_source(["2"], 5.0, 1.0) == Camera(2, 5.0, 1.0)
    assert live_source(["rtsp://me:pw@h/a"], None, 30.0).name == "rtsp://h/a"
    assert named_files(["a.jpg", "-"]) == ["a.jpg", "-"]
    with pytest.raises(InputError, match="takes one camera"):
        live_source(["0", "1"], None, 30.0)
    with pytest.raises(InputError, match="name photos"):
        named_files([])
    with pytest.raises(InputError, match="--webcam rtsp://h/a"):
        named_files(["rtsp://me:pw@h/a"])


def command(weights, *words, **options):
    line = [sys.executable, "-c", "from asdcfer.cli import main; main()", "predict"]
    return start_interruptible(
        [*line, *map(str, words), "--model", str(weights)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_supervisor_end_a_stream_cleanly(weights, end):
    with live_server() as server:
        address = server.address("mjpeg")
        process = command(weights, "--webcam", address, "--json")
        lines = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.send_signal(end)
        rest, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    lines += map(json.loads, rest.splitlines())
    assert {tuple(line) for line in lines} == {("file", "frame", "time", "faces")}
    assert {line["file"] for line in lines} == {address}
    assert [line["frame"] for line in lines] == sorted({line["frame"] for line in lines})
    (summary,) = told.splitlines()
    assert summary.startswith(f"asdcfer: {address}: {len(lines):,} frames in ")
    assert "0 with a face" in summary


@pytest.mark.slow
def test_a_stream_that_ends_keeps_its_table_and_says_so(weights, tmp_path):
    out = tmp_path / "r.json"
    with live_server() as server:
        address = server.address("ts")
        process = command(weights, "--webcam", address, "--out", out, "--retry", "0.2")
        partial = tmp_path / "r.json.partial"
        deadline = time.monotonic() + 120
        while not (partial.exists() and partial.stat().st_size > 2000):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 1, told
    assert sum("did not come back within 0.2 s" in line for line in told.splitlines()) == 1
    rows = read_table(out)
    assert len(rows) > 2
    assert rows[-1]["status"].startswith("broken off: the stream ended after")
    assert {row["file"] for row in rows} == {address}


@pytest.mark.slow
def test_a_reader_that_goes_away_ends_it(weights):
    with live_server() as server:
        process = command(weights, "--webcam", server.address("mjpeg"), "--json")
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 1
        assert "Traceback" not in process.stderr.read()
        process.stderr.close()


@pytest.mark.slow
def test_no_stream_is_one_line(asdcfer, weights, tmp_path):
    out = tmp_path / "r.csv"
    address = "rtsp://me:secret@127.0.0.1:9/live"
    done = asdcfer("predict", "--webcam", address, "--model", weights, "--out", out)
    assert done.fault == (
        "asdcfer: rtsp://127.0.0.1:9/live: no stream can be opened there (Connection refused)"
    )
    assert not list(tmp_path.glob("r.csv*"))
    done = asdcfer("predict", "--webcam", "ftp://h/a", "--model", weights)
    assert "neither the number of a camera nor the address of a stream" in done.fault
