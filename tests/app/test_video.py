"""POST /recognize/video: lines while it reads, limits, files that break off, and nothing left on
disk in any case.
"""

import json
import socket
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from asdcfer.app.limits import Limits
from asdcfer.app.schemas import VideoEnd, VideoFrame, VideoLine, VideoStart
from asdcfer.app.server import make_app
from asdcfer.errors import InputError
from asdcfer.recognition.video import Frame
from tests.app.standin import StandIn, encoded

Write = Callable[..., Path]


LINE = TypeAdapter(VideoLine)


IMAGE = np.zeros((64, 96, 3), np.uint8)


def lines_of(response) -> list:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/x-ndjson"
    return [LINE.validate_json(line) for line in response.text.splitlines()]


@pytest.mark.parametrize("way", ["raw", "form"])
def test_lines_of_a_video(
    client: TestClient, write_video: Write, tmp_path: Path, temporary: Path, way: str
) -> None:
    body = write_video(tmp_path / "film.mp4", frames=12).read_bytes()
    if way == "raw":
        response = client.post("/recognize/video", content=body, params={"name": "film.mp4"})
    else:
        response = client.post("/recognize/video", files={"file": ("film.mp4", body)})
    start, *frames, end = lines_of(response)
    assert isinstance(start, VideoStart)
    assert isinstance(end, VideoEnd)
    assert (start.file, start.width, start.height, start.duration, start.rate) == (
        "film.mp4",
        96,
        64,
        pytest.approx(1),
        pytest.approx(12),
    )
    assert {(frame.width, frame.height) for frame in frames} == {(96, 64)}
    assert [frame.frame for frame in frames] == list(range(12))
    assert all(isinstance(frame, VideoFrame) for frame in frames)
    assert [frame.time for frame in frames] == pytest.approx(np.arange(12) / 12, abs=1e-3)
    assert [frame.done for frame in frames] == pytest.approx(np.arange(12) / 12, abs=1e-3)
    assert all(len(frame.faces) == 1 for frame in frames)
    assert (end.frames, end.with_faces, end.message) == (12, 12, None)
    assert list(temporary.iterdir()) == []


def test_every_nth_frame(
    client: TestClient, write_video: Write, tmp_path: Path, standin: StandIn
) -> None:
    body = write_video(tmp_path / "film.mp4", frames=10).read_bytes()
    _, *frames, end = lines_of(client.post("/recognize/video?every=4", content=body))
    assert [frame.frame for frame in frames] == [0, 4, 8]
    assert standin.calls == 3
    assert end.frames == 3
    assert client.post("/recognize/video?every=0", content=body).json()["code"] == "invalid"


def test_a_video_without_faces_says_so(
    client: TestClient, write_video: Write, tmp_path: Path
) -> None:
    body = write_video(tmp_path / "black.mp4", frames=4, black=True).read_bytes()
    end = lines_of(client.post("/recognize/video", content=body))[-1]
    assert end.with_faces == 0
    assert end.message == "No face found in any frame of this video."


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"text called .mp4",
        b"\0\0\0\x18ftypisom" + b"\0" * 400,
        np.random.default_rng(0).bytes(9000),
    ],
    ids=["empty", "text", "stub", "noise"],
)
def test_what_is_no_video_is_refused(client: TestClient, temporary: Path, body: bytes) -> None:
    response = client.post("/recognize/video", content=body, params={"name": "../../film.mp4"})
    assert response.status_code == 422
    assert response.json()["code"] in ("empty", "unreadable")
    line = response.json()["error"]
    assert "\n" not in line
    assert str(temporary) not in line
    assert "asdcfer-app-" not in line
    assert list(temporary.iterdir()) == []
    assert client.get("/health").status_code == 200


def test_a_photo_sent_as_video_is_refused(client: TestClient, photo: bytes) -> None:
    response = client.post("/recognize/video", content=photo, params={"name": "a.jpg"})
    assert (response.status_code, response.json()["code"]) == (422, "unreadable")
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(300)
    response = client.post("/recognize/video", content=heic, params={"name": "IMG_1.mov"})
    assert (response.status_code, response.json()["code"]) == (415, "is_photo")
    assert "HEIC" in response.json()["error"]


def test_a_play_list_fetches_nothing(client: TestClient) -> None:
    """FFmpeg would follow the addresses in a play list: to other hosts, or to files of this
    machine.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        port = listener.getsockname()[1]
        lists = [
            f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n",
            f"ffconcat version 1.0\nfile 'http://127.0.0.1:{port}/a.mp4'\n",
            "ffconcat version 1.0\nfile '/etc/hostname'\n",
        ]
        for text in lists:
            for name in ("a.mp4", "a.m3u8", ""):
                response = client.post(
                    "/recognize/video", content=text.encode(), params={"name": name}
                )
                assert (response.status_code, response.json()["code"]) == (422, "unreadable")
        with pytest.raises(TimeoutError):
            listener.accept()


def test_limits_on_length_pixels_and_bytes(
    standin: StandIn, write_video: Write, tmp_path: Path, temporary: Path
) -> None:
    body = write_video(tmp_path / "film.mp4", frames=30).read_bytes()
    for limits, code in [
        (Limits(max_seconds=1), "too_long"),
        (Limits(max_pixels=96 * 64 - 1), "too_many_pixels"),
        (Limits(max_upload_mb=0.001), "too_large"),
    ]:
        response = TestClient(make_app(standin, limits), base_url="http://localhost").post(
            "/recognize/video", content=body
        )
        assert (response.status_code, response.json()["code"]) == (413, code)
    assert standin.calls == 0
    assert list(temporary.iterdir()) == []


def test_a_header_that_lies_about_the_length_is_stopped_at_the_limit(
    standin: StandIn, write_video: Write, tmp_path: Path
) -> None:
    body = write_video(tmp_path / "film.mp4", frames=12).read_bytes()

    def endless(recognizer, path: Path, every: int, turn):
        number = 0
        while True:
            yield Frame(number, number / 10, IMAGE)
            number += 1

    client = TestClient(
        make_app(standin, Limits(max_seconds=3), read_video=endless), base_url="http://localhost"
    )
    *_, last, end = lines_of(client.post("/recognize/video", content=body))
    assert last.time == 3
    assert end.message.startswith("Stopped at 3 s")


def test_a_video_that_breaks_off_keeps_its_frames(
    client: TestClient, write_video: Write, tmp_path: Path, temporary: Path
) -> None:
    whole = write_video(tmp_path / "film.mkv", frames=60).read_bytes()
    _, *frames, end = lines_of(
        client.post(
            "/recognize/video", content=whole[: len(whole) // 2], params={"name": "film.mkv"}
        )
    )
    assert 10 < len(frames) < 60
    assert end.frames == len(frames)
    assert end.message.startswith("The video broke off after frame ")
    assert "asdcfer-app-" not in end.message
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("bug", "told"),
    [
        (InputError("it broke at 7"), "it broke at 7"),
        (RuntimeError("secret"), "Recognition failed"),
    ],
)
def test_an_error_in_the_middle_or_at_once(
    standin: StandIn, write_video: Write, tmp_path: Path, temporary: Path, bug: Exception, told: str
) -> None:
    body = write_video(tmp_path / "film.mp4").read_bytes()

    def broken(after: int):
        def read(recognizer, path: Path, every: int, turn):
            assert path.exists()
            for number in range(after):
                yield Frame(number, number / 10, IMAGE)
            raise bug

        return TestClient(make_app(standin, read_video=read), base_url="http://localhost").post(
            "/recognize/video", content=body
        )

    *frames, end = lines_of(broken(3))
    assert len(frames) == 4
    assert end.type == "end"
    assert told.lower() in end.message.lower()
    (error,) = lines_of(broken(0))
    assert error.type == "error"
    assert told.lower() in error.error.lower()
    assert "secret" not in error.error
    assert list(temporary.iterdir()) == []


def test_a_reader_who_leaves_stops_the_work_and_the_file_goes(
    write_video: Write, tmp_path: Path, temporary: Path, served, photo: bytes
) -> None:
    """Over a real connection: the page is closed in the middle of a video."""
    body = write_video(tmp_path / "film.mp4").read_bytes()
    closed = threading.Event()

    def slow(recognizer, path: Path, every: int, turn):
        try:
            for number in range(100_000):
                time.sleep(0.01)
                yield Frame(number, number / 1000, IMAGE)
        finally:
            closed.set()

    address = served(make_app(StandIn(), Limits(max_waiting=1, max_wait=0), read_video=slow))
    port = int(address.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(
            f"POST /recognize/video HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode()
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        got = b""
        while got.count(b"\n{") < 3 and b'"frame":2' not in got:
            got += wire.recv(4096)
        assert len(list(temporary.glob("asdcfer-app-*"))) == 1
        import httpx2

        assert httpx2.post(f"{address}/recognize", content=photo).status_code == 503
    assert closed.wait(60), "the reading went on after the reader had left"
    until = time.monotonic() + 60
    while list(temporary.iterdir()) and time.monotonic() < until:
        time.sleep(0.02)
    assert list(temporary.iterdir()) == []
    while (
        status := httpx2.post(f"{address}/recognize", content=photo).status_code
    ) == 503 and time.monotonic() < until:
        time.sleep(0.02)
    assert status == 200


@pytest.mark.slow
def test_a_photo_is_answered_while_a_video_is_read(
    write_video: Write, tmp_path: Path, served, photo: bytes
) -> None:
    import httpx2

    body = write_video(tmp_path / "film.mp4").read_bytes()
    begun, go_on = threading.Event(), threading.Event()

    def long(recognizer, path: Path, every: int, turn):
        for number in count():
            yield Frame(number, number / 1000, IMAGE)
            if go_on.wait(0.002):
                return

    address = served(make_app(StandIn(), read_video=long))
    lines: list[str] = []

    def watch() -> None:
        with httpx2.stream("POST", f"{address}/recognize/video", content=body) as response:
            for line in response.iter_lines():
                lines.append(line)
                begun.set()

    thread = threading.Thread(target=watch)
    thread.start()
    assert begun.wait(60)
    for _ in range(5):
        assert httpx2.post(f"{address}/recognize", content=photo).status_code == 200
        assert httpx2.get(address).status_code == 200
    assert thread.is_alive()
    go_on.set()
    thread.join(10)
    assert json.loads(lines[-1])["type"] == "end"


def test_webm_without_a_length_has_no_share_done(client: TestClient, tmp_path: Path) -> None:
    """What a browser's recorder writes: a Matroska stream without duration."""
    import av

    class Pipe:  # cannot seek, so that no length is written back into the header
        def __init__(self) -> None:
            self.data = b""

        def write(self, data: bytes) -> int:
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with av.open(pipe, "w", format="matroska") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for _ in range(5):
            for packet in stream.encode(
                av.VideoFrame.from_ndarray(np.full((48, 64, 3), 99, np.uint8), format="rgb24")
            ):
                container.mux(packet)
        container.mux(stream.encode(None))
    start, *frames, end = lines_of(client.post("/recognize/video", content=pipe.data))
    assert start.duration is None
    assert [frame.done for frame in frames] == [None] * 5
    assert end.frames == 5


def test_an_animated_gif_is_read_as_a_photo(client: TestClient) -> None:
    assert (
        client.post(
            "/recognize", content=encoded(np.full((40, 50, 3), 200, np.uint8), "GIF")
        ).json()["width"]
        == 50
    )
