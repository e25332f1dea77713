"""`asdcfer app`: the address, the errors that a user can cause, and a real start and stop."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import httpx2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from asdcfer.app.limits import Limits
from asdcfer.app.serve import is_local, listen
from asdcfer.app.server import make_app
from asdcfer.errors import AsdcferError
from tests.app import faces
from tests.app.standin import StandIn, encoded
from tests.interrupting import start_interruptible

ASDCFER = (sys.executable, "-c", "from asdcfer.cli import main; main()")


def command(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **variables}
    return subprocess.run(
        [*ASDCFER, "app", *arguments], capture_output=True, text=True, timeout=120, env=environment
    )


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("[::1]", True),
        ("LOCALHOST", True),
        ("0.0.0.0", False),
        ("lab", False),
    ],
)
def test_which_addresses_are_this_machine(host: str, local: bool) -> None:
    assert is_local(host) is local


def test_a_taken_port_and_a_foreign_address_are_one_line() -> None:
    refused = r"cannot listen on 127\.0\.0\.1 port \d+: .*; try another with --port"
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(AsdcferError, match=refused),
    ):
        listen("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(AsdcferError, match=r"cannot listen on 203\.0\.113\.7"):
        listen("203.0.113.7", 0)
    with pytest.raises(AsdcferError, match=r"use --host 127\.0\.0\.1"):
        listen("no such host", 0)
    with listen("127.0.0.1", 0) as held:
        with socket.create_connection(held.getsockname()):
            pass  # the address that is told can be called at once
        with pytest.raises(AsdcferError, match="another with --port"):
            listen("127.0.0.1", held.getsockname()[1])


@pytest.mark.slow
def test_missing_extra_names_the_install_command(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name == "fastapi":
            raise ModuleNotFoundError("refused", name=name)
sys.meta_path.insert(0, Refuse())
"""
    )
    result = command(
        "--port", "0", PYTHONPATH=os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    )
    assert result.returncode == 2
    assert "pip install 'asdcfer[app]'" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_an_upload_over_the_limit_is_answered_over_a_real_connection(served) -> None:
    address = served(make_app(StandIn(), Limits(max_upload_mb=1)))
    response = httpx2.post(f"{address}/recognize", content=b"x" * 30_000_000)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    assert httpx2.get(f"{address}/health").status_code == 200


def test_a_broken_off_upload_leaves_the_page_up(served, photo: bytes, temporary: Path) -> None:
    address = served(make_app(StandIn(), Limits(max_waiting=1, max_wait=0)))
    port = int(address.rsplit(":", 1)[1])
    for path in ("/recognize", "/recognize/video"):
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.sendall(
                f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode()
                + b"Content-Length: 5000000\r\n\r\n"
                + b"x" * 2_000_000
            )
    for _ in range(100):
        if (status := httpx2.post(f"{address}/recognize", content=photo).status_code) != 503:
            break
        threading.Event().wait(0.02)
    assert status == 200
    assert list(temporary.iterdir()) == []


def test_an_upload_that_stands_still_is_given_up(served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asdcfer.app.uploads.STALLED", 0.2)
    port = int(served(make_app(StandIn())).rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(
            b"POST /recognize HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n\r\nxxx"
        )
        answer = b""
        while b"stalled" not in answer and (more := wire.recv(4096)):
            answer += more
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"Nothing of the upload arrived for 0.2 seconds." in answer


def test_an_upload_that_creeps_is_given_up(served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asdcfer.app.uploads.STALLED", 0.5)
    port = int(served(make_app(StandIn())).rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(b"POST /recognize HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\n")
        wire.settimeout(0.1)
        answer, began = b"", time.monotonic()
        while b"stalled" not in answer and time.monotonic() - began < 60:
            with contextlib.suppress(TimeoutError):
                answer += wire.recv(4096)
            with contextlib.suppress(OSError):
                wire.sendall(b"x")
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"slower than 50,000 bytes a second" in answer


@pytest.mark.slow
def test_a_reader_who_takes_nothing_is_given_up(
    served, monkeypatch: pytest.MonkeyPatch, photo: bytes, write_video, temporary: Path
) -> None:
    monkeypatch.setattr("asdcfer.app.security.UNREAD", 0.3)
    film = write_video(temporary.parent / "film.mp4").read_bytes()

    def endless(*_: object):
        picture = np.full((40, 40, 3), 200, np.uint8)
        crowd = 100 * StandIn()(picture)  # a long line each, to fill what the system holds back
        return (SimpleNamespace(index=0, time=0.0, image=picture, faces=crowd) for _ in count())

    app = make_app(StandIn(), Limits(max_waiting=1), read_video=endless)
    port = int((address := served(app)).rsplit(":", 1)[1])
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.connect(("127.0.0.1", port))
        head = f"POST /recognize/video HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        wire.sendall(f"{head}Content-Length: {len(film)}\r\n\r\n".encode() + film)
        # Its place comes free although it is still connected, and its film is gone.
        answer = httpx2.post(f"{address}/recognize", content=photo, timeout=30)
        assert answer.status_code == 200
    assert list(temporary.iterdir()) == []


def test_the_real_recognizer_behind_the_interface() -> None:
    pytest.importorskip("skimage", reason="scikit-image is not installed")
    client = TestClient(make_app(faces.real_recognizer()), base_url="http://localhost")
    answer = client.post(
        "/recognize?attention=true", content=encoded(faces.pair(), "JPEG", quality=92)
    ).json()
    assert (answer["width"], answer["height"], len(answer["faces"])) == (1024, 512, 2)
    hopper, astronaut = answer["faces"]
    assert 660 < hopper["box"]["x"] < 720
    assert 150 < astronaut["box"]["x"] < 200
    for face in answer["faces"]:
        assert len(face["landmarks"]) == 5
        assert len(face["attention"]["corners"]) == 4
        assert all(0 <= value <= 1 for row in face["attention"]["values"] for value in row)
    assert client.post("/recognize", content=b"text").json()["code"] == "unreadable"
    cut = client.post("/recognize", content=encoded(faces.astronaut())[:9000])
    assert cut.status_code == 422
    assert "roken picture" in cut.json()["error"]
    assert "the bytes" not in cut.json()["error"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="stops the server by SIGINT")
def test_start_answer_stop(tmp_path: Path) -> None:
    from asdcfer.models.weights import save_model

    model = save_model(tmp_path / "mine", faces.real_recognizer().runtime.model, {"name": "mine"})
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(tmp_path)}
    arguments = [*ASDCFER, "app", "--port", "0", "--model", str(model), "--max-upload-mb", "3"]
    with start_interruptible(
        arguments, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            line = process.stderr.readline()
            address = re.search(r"http://127\.0\.0\.1:\d+", line).group()
            assert httpx2.get(f"{address}/health").json()["limits"]["max_upload_mb"] == 3
            assert "asdcfer" in httpx2.get(address).text
            answer = httpx2.post(
                f"{address}/recognize", files={"file": ("a.jpg", encoded(faces.astronaut()))}
            ).json()
            assert len(answer["faces"]) == 1
        finally:
            process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(20) == 0
        assert "Traceback" not in rest
    missing = command("--port", "0", "--model", str(tmp_path / "nothing.safetensors"))
    assert missing.returncode == 2
    assert len(missing.stderr.strip().splitlines()) == 1
    assert "Traceback" not in missing.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="stops the server by signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)])
def test_a_server_stopped_in_the_middle_of_a_video_leaves_nothing_on_disk(
    tmp_path: Path, write_video, number: int, status: int
) -> None:
    from asdcfer.models.weights import save_model

    model = save_model(tmp_path / "mine", faces.real_recognizer().runtime.model, {"name": "mine"})
    film = write_video(tmp_path / "film.mp4", frames=4000, size=(640, 360), rate=25, black=True)
    folder = tmp_path / "uploads"
    folder.mkdir()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(folder)}
    with start_interruptible(
        [*ASDCFER, "app", "--port", "0", "--model", str(model)],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        try:
            port = int(re.search(r"http://127\.0\.0\.1:(\d+)", process.stderr.readline()).group(1))
            with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
                body = film.read_bytes()
                wire.sendall(
                    b"POST /recognize/video HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    + f"Content-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )
                got = b""
                while b'"frame":1,' not in got:
                    got += wire.recv(4096)
                assert len(list(folder.rglob("video*"))) == 1
                process.send_signal(number)
                assert process.wait(60) == status
        finally:
            process.kill()
    assert list(folder.iterdir()) == []


@pytest.mark.slow
def test_the_commands_options_reach_the_recognizer(tmp_path: Path) -> None:
    missing = command("--port", "0", "--detector-model", str(tmp_path / "nothing.onnx"))
    assert missing.returncode == 2
    assert "nothing.onnx" in missing.stderr
    assert len(missing.stderr.strip().splitlines()) == 1
    refused = command("--max-pixels", "0")
    assert refused.returncode == 2
    assert "--max-pixels" in refused.stderr
    assert "runs/mine/model" in command("--help").stdout
