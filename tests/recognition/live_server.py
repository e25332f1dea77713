"""A live stream on this machine: each picture holds the number of the moment it was made at."""

import contextlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import av
import cv2
import numpy as np

RATE = 25
_BITS = 16


def numbered(number: int) -> np.ndarray:
    """Return a picture that holds a number, a bright or dark block for each bit."""
    image = np.full((96, 160, 3), 128, np.uint8)
    for bit in range(_BITS):
        image[16:48, bit * 10 : bit * 10 + 10] = 255 if number >> bit & 1 else 0
    return image


def number_in(image: np.ndarray) -> int:
    """Read the number back, through the losses of a codec."""
    return sum(
        int(image[24:40, bit * 10 + 3 : bit * 10 + 7].mean() > 128) << bit for bit in range(_BITS)
    )


class LiveServer(ThreadingHTTPServer):
    """Serves /mjpeg and /ts (H.264), an endless picture each; /mute never answers.

    Attributes:
        broken: set, it ends its connections, and refuses new ones.
        begin: its clock's 0.
    """

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.begin = time.monotonic()
        self.broken = threading.Event()
        self.served = 0

    def now(self) -> int:
        """Return the number of this moment."""
        return int((time.monotonic() - self.begin) * RATE)

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def age(self, image: np.ndarray) -> float:
        """Return how long ago a picture was made, seconds."""
        return (self.now() - number_in(image)) / RATE

    def moments(self) -> Iterator[np.ndarray]:
        self.served += 1
        while not self.broken.is_set():
            yield numbered(self.now())
            time.sleep(1 / RATE)


@contextlib.contextmanager
def live_server(port: int = 0) -> Iterator[LiveServer]:
    with LiveServer(port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.broken.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: LiveServer

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:  # the name that the library gives it
        kinds = {
            "/mjpeg": ("multipart/x-mixed-replace; boundary=frame", self._mjpeg),
            "/ts": ("video/mp2t", self._ts),
            "/sound": ("video/mp2t", self._sound),
            "/mute": ("video/mp2t", lambda: self.server.broken.wait(30)),
            "/text": ("text/plain", lambda: self.wfile.write(b"no picture\n" * 500)),
        }
        if self.path not in kinds or self.server.broken.is_set():
            self.send_error(404)
            return
        kind, send = kinds[self.path]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        with contextlib.suppress(OSError, ValueError):
            send()

    def _mjpeg(self) -> None:
        for image in self.server.moments():
            data = cv2.imencode(".jpg", image)[1].tobytes()
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
            self.wfile.write(head.encode() + data + b"\r\n")

    def _ts(self) -> None:
        options = {"tune": "zerolatency", "preset": "ultrafast", "g": "25"}
        with av.open(self.wfile, "w", format="mpegts") as container:
            stream = container.add_stream("libx264", rate=RATE, options=options)
            stream.height, stream.width = 96, 160
            stream.pix_fmt = "yuv420p"
            for image in self.server.moments():
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                container.mux(stream.encode(frame))
                self.wfile.flush()

    def _sound(self) -> None:
        with av.open(self.wfile, "w", format="mpegts") as container:
            stream = container.add_stream("mp2", rate=48_000)
            layout = stream.layout
            for number in range(200):
                data = np.zeros((1, 1152 * layout.nb_channels), np.int16)
                frame = av.AudioFrame.from_ndarray(data, format="s16", layout=layout.name)
                frame.sample_rate, frame.pts = 48_000, 1152 * number
                container.mux(stream.encode(frame))
