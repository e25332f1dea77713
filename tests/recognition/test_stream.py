"""Streams: the newest frame, however slow its reader; back after a loss; one line for a fault."""

import itertools
import threading
import time

import pytest

from asdcfer.errors import InputError
from asdcfer.recognition import stream
from asdcfer.recognition.stream import check_address, public_address, stream_frames
from tests.recognition import standin
from tests.recognition.live_server import RATE, live_server, number_in, numbered
from tests.recognition.rtsp_server import rtsp_server

LAG = 1.0
"""Seconds that are promised; 0.15 are usual."""


def test_numbers_survive_a_picture():
    assert [number_in(numbered(number)) for number in (0, 1, 777, 65_535)] == [0, 1, 777, 65_535]


@pytest.mark.slow
@pytest.mark.parametrize("path", ["mjpeg", "ts"])
@pytest.mark.parametrize("pause", [0.0, 0.3], ids=["fast", "slow"])
def test_a_reader_has_the_newest_frame(path, pause):
    with live_server() as server:
        ages, frames = [], []
        for frame in stream_frames(server.address(path), seconds=3.0):
            ages.append(server.age(frame.image))
            frames.append(frame)
            time.sleep(pause)
    assert len(frames) >= 4
    assert max(ages) < LAG
    numbers = [number_in(frame.image) for frame in frames]
    assert numbers == sorted(numbers)
    assert [frame.index for frame in frames] == sorted({frame.index for frame in frames})
    if pause:
        assert frames[-1].index > 1.5 * len(frames), "frames in between are left out"
    assert all(a.time < b.time for a, b in itertools.pairwise(frames))
    assert not [t for t in threading.enumerate() if t.name == "asdcfer stream"]


@pytest.mark.slow
@pytest.mark.parametrize("path", ["mjpeg", "ts"])
def test_a_lost_stream_comes_back(path):
    told = []
    with live_server() as first:
        port = first.server_port
        frames = stream_frames(first.address(path), seconds=90.0, tell=told.append)
        before = [next(frames) for _ in range(3)]
    time.sleep(0.5)
    with live_server(port) as second:
        deadline = time.monotonic() + 60
        for frame in frames:
            if len(told) == 2 and server_made(second, frame):
                break
            assert time.monotonic() < deadline, told
        assert second.age(frame.image) < LAG
        frames.close()
    assert frame.index > before[-1].index
    assert frame.time > before[-1].time + 0.5
    lost, back = told
    assert ": lost after " in lost
    assert "; trying again for 30 s" in lost
    assert ": back after " in back


def server_made(server, frame):
    """Whether a picture is of this server, whose clock began anew."""
    return number_in(frame.image) <= server.now()


@pytest.mark.slow
def test_a_stream_that_ends_for_good_is_one_line():
    told = []
    with live_server() as server:
        frames = stream_frames(server.address("mjpeg"), retry=1.0, tell=told.append)
        next(frames)
    begin = time.monotonic()
    with pytest.raises(InputError, match=r"ended after \d+ frames .* come back within 1 s"):
        for _ in frames:
            pass
    assert time.monotonic() - begin < 20  # the usual patience is 30 s
    assert len(told) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("none", "404 Not Found"),
        ("sound", "holds no video stream"),
        ("text", "no stream can be opened there"),
        ("mute", "nothing came for 0.5 s"),
    ],
)
def test_what_is_no_stream_is_one_line(path, reason, monkeypatch):
    if path == "mute":
        monkeypatch.setattr(stream, "OPEN_SECONDS", 0.5)
    with live_server() as server, pytest.raises(InputError, match=reason) as caught:
        next(stream_frames(server.address(path)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://127.0.0.1:9/a", "Connection refused"),
        ("rtsp://me:secret@127.0.0.1:9/a", "rtsp://127.0.0.1:9/a: .*Connection refused"),
        ("tcp://127.0.0.1:9", "Connection refused"),
        ("file:///etc/passwd", "neither the number of a camera nor the address"),
        ("rtsp:/a", "neither"),
        ("concat:a.mp4|b.mp4", "neither"),
    ],
)
def test_a_wrong_address_is_one_line(address, reason):
    with pytest.raises(InputError, match=reason) as caught:
        next(stream_frames(address))
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_passwords_are_not_shown():
    assert public_address("rtsp://me:p@ss@10.0.0.7:554/live") == "rtsp://10.0.0.7:554/live"
    assert public_address("http://10.0.0.7/a@b") == "http://10.0.0.7/a@b"
    check_address("rtsp://me:p@ss@10.0.0.7:554/live")


@pytest.mark.slow
def test_a_file_is_no_stream(tmp_path):
    import functools
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    standin.write_video(tmp_path / "a.mp4", [numbered(i) for i in range(30)], movflags="faststart")
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/a.mp4"
        with pytest.raises(InputError, match=r"a file of 1\.2 s and no live stream"):
            next(stream_frames(address))
        server.shutdown()


@pytest.mark.slow
def test_larger_frames_are_refused():
    with live_server() as server, pytest.raises(InputError, match="more than the 100 allowed"):
        next(stream_frames(server.address("mjpeg"), max_pixels=100))


@pytest.mark.slow
@pytest.mark.parametrize("refusal", ["", "461 Unsupported Transport", "400 Bad Request"])
def test_a_camera_of_the_network(refusal):
    """By RTSP, inside of the connection, or by UDP where the camera has nothing else."""
    told = []
    with rtsp_server(refusal=refusal) as server:
        port = server.server_address[1]
        frames = stream_frames(f"rtsp://me:secret@127.0.0.1:{port}/live", tell=told.append)
        ages = [
            (server.now() - number_in(frame.image)) / RATE for frame in itertools.islice(frames, 20)
        ]
    assert max(ages) < LAG
    with rtsp_server(port, refusal):
        for _ in frames:
            if len(told) == 2:
                break
    frames.close()
    assert [line.split(": ")[1] for line in told] == [f"rtsp://127.0.0.1:{port}/live"] * 2
