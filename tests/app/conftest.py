"""Pictures, videos, clients and the browser for the app's tests."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="the extra [app] is not installed")
import av
from fastapi.testclient import TestClient

from asdcfer.app.prompt_http import PromptProtocol
from asdcfer.app.server import make_app
from asdcfer.data.image_formats import formats
from tests.app import faces
from tests.app.chromium import Page, complaints_of, start_chromium
from tests.app.standin import StandIn, encoded
from tests.heic_files import write_heic


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
                app,
                log_level="error",
                http=PromptProtocol,
                ws="none",
                loop="asyncio",
                timeout_graceful_shutdown=2,
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True)
        thread.start()
        running.append((server, thread, held))
        until = time.monotonic() + 120
        while not server.started and time.monotonic() < until:
            time.sleep(0.02)
        assert server.started
        return f"http://127.0.0.1:{held.getsockname()[1]}"

    yield start
    for server, thread, held in running:
        server.should_exit = True
        thread.join(10)
        held.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory, write_video: Callable[..., Path]) -> Path:
    """The pictures and films that the tests open."""
    pytest.importorskip("skimage", reason="scikit-image is not installed")
    folder = tmp_path_factory.mktemp("files")
    (folder / "astronaut.jpg").write_bytes(encoded(faces.astronaut(), "JPEG", quality=92))
    (folder / "pair.jpg").write_bytes(encoded(faces.pair(), "JPEG", quality=92))
    (folder / "wall.png").write_bytes(encoded(np.full((300, 400, 3), 140, np.uint8), "PNG"))
    (folder / "cut.jpg").write_bytes(encoded(faces.astronaut())[:9000])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("not a picture")
    (folder / "text.mp4").write_text("not a video")
    (folder / "huge.jpg").write_bytes(b"\xff" * 6_000_000)
    Image.fromarray(faces.astronaut()).save(folder / "scan.tif")
    if "AVIF" in formats():
        Image.fromarray(faces.astronaut()).save(folder / "IMG_0002.AVIF", "AVIF")
    if "HEIF" in formats():
        write_heic(folder / "IMG_0001.HEIC", faces.astronaut(), 256)
    faces.film(folder / "film.webm", sound=True)
    blank = write_video(folder / "blank.mkv", frames=40, size=(320, 240), black=True).read_bytes()
    (folder / "blank.mkv").write_bytes(blank[: len(blank) // 2])
    # Its headers and its index are whole; what they lead to is zeros.
    film = bytearray(write_video(folder / "wiped.avi").read_bytes())
    begin, end = film.index(b"movi") + 4, film.index(b"idx1")
    film[begin:end] = bytes(end - begin)
    (folder / "wiped.avi").write_bytes(film)
    frames = [
        encoded(np.roll(faces.astronaut(), shift, axis=1), "JPEG") for shift in range(0, 20, 2)
    ]
    (folder / "camera.mjpeg").write_bytes(b"".join(frames))
    return folder


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """A served page around the real detector, alignment and an untrained network."""
    import uvicorn

    from asdcfer.app.limits import Limits

    held = socket.create_server(("127.0.0.1", 0))
    app = make_app(faces.real_recognizer(), Limits(max_upload_mb=5), model="untrained")
    server = uvicorn.Server(
        uvicorn.Config(
            app, log_level="error", ws="none", loop="asyncio", timeout_graceful_shutdown=2
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{held.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    held.close()


@pytest.fixture(scope="session")
def browser(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Headless Chromium with a profile of its own and the astronaut as its camera."""
    pytest.importorskip("selenium", reason="selenium is not installed")
    driver = start_chromium(tmp_path_factory.mktemp("chromium"), files / "camera.mjpeg")
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Page]:
    """A fresh page; afterwards no request of it may have gone elsewhere, and nothing may have been
    refused by its own policy.
    """
    for kind in ("performance", "browser"):
        browser.get_log(kind)
    browser.set_window_size(1280, 1000)
    yield Page(browser, address)
    asked = []
    for entry in browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.append(message["params"]["request"]["url"])
        elif message["method"] in ("Network.webSocketCreated", "Network.webTransportCreated"):
            asked.append(message["params"]["url"])
    elsewhere = [
        url
        for url in asked
        if urlsplit(url).scheme not in ("blob", "data", "file", "chrome")
        and not url.startswith(f"{address}/")
    ]
    assert len(asked) > 5
    assert elsewhere == []
    assert complaints_of(browser) == []
