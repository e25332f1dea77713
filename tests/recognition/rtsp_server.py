"""A small RTSP server (RFC 2326) of one live picture: a transport stream over RTP."""

import contextlib
import re
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator

import av

from tests.recognition.live_server import RATE, numbered

_SDP = "".join(
    f"{line}\r\n"
    for line in (
        "v=0",
        "o=- 0 0 IN IP4 127.0.0.1",
        "s=live",
        "t=0 0",
        "m=video 0 RTP/AVP 33",
        "a=control:one",
    )
)
_PACKET = 7 * 188
"""Bytes of transport stream in one packet of RTP."""


class RtspServer(socketserver.ThreadingTCPServer):
    """Serves rtsp://127.0.0.1:PORT/live, inside of the connection or by UDP alone."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, refusal: str) -> None:
        super().__init__(("127.0.0.1", port), _Session)
        self.refusal = refusal
        self.begin = time.monotonic()
        self.broken = threading.Event()

    def now(self) -> int:
        return int((time.monotonic() - self.begin) * RATE)


@contextlib.contextmanager
def rtsp_server(port: int = 0, refusal: str = "") -> Iterator[RtspServer]:
    """Serve; a refusal is the answer to who wants it inside of the connection."""
    with RtspServer(port, refusal) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.broken.set()
            server.shutdown()
            thread.join()


class _Rtp:
    """A file that sends what is written to it as RTP packets."""

    def __init__(self, send: Callable[[bytes], object]) -> None:
        self.send, self.rest, self.sequence = send, b"", 0

    def write(self, data: bytes) -> int:
        self.rest += data
        while len(self.rest) >= 188:
            # Whole packets of the transport stream: receivers keep no part of one.
            size = min(_PACKET, len(self.rest) // 188 * 188)
            part, self.rest = self.rest[:size], self.rest[size:]
            head = struct.pack(">BBHII", 0x80, 33, self.sequence & 0xFFFF, self.sequence, 7)
            self.send(head + part)
            self.sequence += 1
        return len(data)


class _Session(socketserver.StreamRequestHandler):
    server: RtspServer

    def handle(self) -> None:
        self.send = self._interleaved
        with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as self.stack:
            while request := self._request():
                verb, headers = request
                status, answer, body = "200 OK", "", ""
                if verb == "OPTIONS":
                    answer = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
                elif verb == "DESCRIBE":
                    answer, body = "Content-Type: application/sdp\r\n", _SDP
                elif verb == "SETUP":
                    status, answer = self._set_up(headers["transport"])
                elif verb == "PLAY":
                    answer = "Session: 1\r\n"
                self.wfile.write(
                    f"RTSP/1.0 {status}\r\nCSeq: {headers['cseq']}\r\n{answer}"
                    f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
                )
                if verb == "PLAY":
                    self._play()
                    return

    def _set_up(self, transport: str) -> tuple[str, str]:
        wanted = re.search(r"client_port=(\d+)", transport)
        if wanted is None and self.server.refusal:
            return self.server.refusal, ""
        if wanted is None:
            return "200 OK", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n"
        port = int(wanted[1])
        udp = self.stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        self.send = lambda packet: udp.sendto(packet, ("127.0.0.1", port))
        own = udp.getsockname()[1]
        ports = f"client_port={port}-{port + 1};server_port={own}-{own + 1}"
        return "200 OK", f"Transport: RTP/AVP;unicast;{ports}\r\nSession: 1\r\n"

    def _interleaved(self, packet: bytes) -> None:
        self.wfile.write(b"$\x00" + struct.pack(">H", len(packet)) + packet)

    def _request(self) -> tuple[str, dict[str, str]] | None:
        first = self.rfile.readline().decode()
        if not first:
            return None
        headers = {}
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return first.split()[0], headers

    def _play(self) -> None:
        options = {"tune": "zerolatency", "preset": "ultrafast", "g": "25"}
        with av.open(_Rtp(self.send), "w", format="mpegts") as container:
            stream = container.add_stream("libx264", rate=RATE, options=options)
            stream.height, stream.width = 96, 160
            stream.pix_fmt = "yuv420p"
            while not self.server.broken.is_set():
                image = numbered(self.server.now())
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
                time.sleep(1 / RATE)
