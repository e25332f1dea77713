"""Pictures, videos and clients for the app's tests."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the extra [app] is not installed")
import av
from fastapi.testclient import TestClient

from asdcfer.app.server import make_app
from tests.app.standin import StandIn, encoded


@pytest.fixture
def photo() -> bytes:
    """A JPEG of 120 x 80 gray pixels."""
    return encoded(np.full((80, 120, 3), 128, np.uint8))


@pytest.fixture(scope="session")
def write_video() -> Callable[..., Path]:
    """A writer of small MPEG-4 videos."""

    def write(
        path: Path,
        frames: int = 12,
        size: tuple[int, int] = (96, 64),
        rate: int = 12,
        black: bool = False,
    ) -> Path:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("mpeg4", rate=rate)
            stream.width, stream.height, stream.pix_fmt, stream.bit_rate = *size, "yuv420p", 400_000
            random = np.random.default_rng(0)
            for index in range(frames):
                picture = (
                    np.zeros((size[1], size[0], 3), np.uint8)
                    if black
                    else random.integers(0, 255, (size[1], size[0], 3), np.uint8)
                )
                picture[:, : 4 * index] //= 2
                for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                    container.mux(packet)
            for packet in stream.encode(None):
                container.mux(packet)
        return path

    return write


@pytest.fixture
def standin() -> StandIn:
    """A fresh stand-in."""
    return StandIn()


@pytest.fixture
def client(standin: StandIn) -> TestClient:
    """A client of an app around the stand-in, under a name of this machine."""
    return TestClient(make_app(standin), base_url="http://127.0.0.1:7860")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where temporary files go: a test can look whether any is left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def served() -> Iterator[Callable[[object], str]]:
    """Starts a real server around an app and gives its address; stopped after the test."""
    import uvicorn

    running = []

    def start(app: object) -> str:
        held = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(
                app, log_level="error", ws="none", loop="asyncio", timeout_graceful_shutdown=2
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True)
        thread.start()
        running.append((server, thread, held))
        until = time.monotonic() + 20
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        assert server.started
        return f"http://127.0.0.1:{held.getsockname()[1]}"

    yield start
    for server, thread, held in running:
        server.should_exit = True
        thread.join(10)
        held.close()
