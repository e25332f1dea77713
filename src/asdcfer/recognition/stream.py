"""Frames of a live stream (RTSP, HTTP, ...), by PyAV: always the newest one, and back after a loss.

A thread of its own reads and decodes what arrives and keeps the last frame only, so that slow
recognition leaves frames out and never falls behind.
"""

import errno
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from asdcfer.data.image_io import MAX_PIXELS
from asdcfer.errors import InputError
from asdcfer.recognition.ffmpeg_memory import bound_ffmpeg
from asdcfer.recognition.video import Frame
from asdcfer.recognition.video_picture import ShownFrames, pixel_aspect
from asdcfer.recognition.video_source import CONTAINERS, picture_stream

_SCHEMES = ("rtsp", "rtsps", "rtp", "http", "https", "rtmp", "rtmps", "srt", "tcp", "udp")
_ADDRESS = re.compile(rf"({'|'.join(_SCHEMES)})://.", re.IGNORECASE)
_PASSWORD = re.compile(r"(?<=://)[^/]*@")

OPEN_SECONDS, READ_SECONDS = 10.0, 5.0
"""A server that says nothing for so long is given up: at the beginning, and on the way."""
RETRY_SECONDS = 30.0
"""For so long a stream that was lost is tried again."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 8.0
"""Pauses between tries double from one to the other, seconds."""
_STEADY_SECONDS = 5.0
"""A connection that held for so long is none of a series of failures."""

_NO_WAIT, _CATCH_UP = 0.005, 1.0
"""Packets that come faster than this, seconds, had been waiting; they are skipped for so long."""

_OPTIONS = {
    "protocol_whitelist": ",".join((*_SCHEMES, "tls", "httpproxy", "crypto", "data")),
    "format_whitelist": f"{CONTAINERS},rtsp,rtp,sdp,mpjpeg,live_flv",
    # FFmpeg looks at five seconds of a stream before it gives the first frame, unless it is told.
    "analyzeduration": "1000000",
}


_TRANSPORTS = ("tcp", "udp")
"""Of RTSP, in the order they are tried: pictures of which UDP lost a part are smeared, but some
servers have nothing else.
"""


def is_address(text: str) -> bool:
    """Whether a text is the address of a stream.

    Example:
        >>> is_address("rtsp://10.0.0.7/live"), is_address("0"), is_address("photo.jpg")
        (True, False, False)
    """
    return _ADDRESS.match(text) is not None


def check_address(text: str) -> None:
    """Raise InputError unless a text is the address of a stream."""
    if not is_address(text):
        raise InputError(
            f"{text} is neither the number of a camera nor the address of a stream "
            f"({', '.join(f'{scheme}://' for scheme in _SCHEMES)})"
        )


def public_address(address: str) -> str:
    """Return an address without the name and password in it, as tables and messages show it.

    Example:
        >>> public_address("rtsp://me:secret@10.0.0.7/live")
        'rtsp://10.0.0.7/live'
    """
    return _PASSWORD.sub("", address)


def stream_frames(
    address: str,
    seconds: float | None = None,
    retry: float = RETRY_SECONDS,
    tell: Callable[[str], None] = lambda line: None,
    max_pixels: int = MAX_PIXELS,
) -> Iterator[Frame]:
    """Yield the newest frame of a stream each time; those that came in between are left out.

    A stream that is lost is tried again, after pauses that grow.

    Args:
        address: such as "rtsp://10.0.0.7/live" or "http://10.0.0.7/video.mjpg".
        seconds: stop after so long; None goes on for ever.
        retry: for so long a stream that was lost is tried again, seconds.
        tell: takes a line about a stream that is lost, and one when it is back.
        max_pixels: larger frames are refused.

    Yields:
        `Frame(index, time, image)`: its number among those received, so that a gap tells how many
        were left out, and seconds since the first frame.

    Raises:
        InputError: it is no address, cannot be opened, holds no video, is a file and no stream; or,
            after frames, it does not come back.
    """
    check_address(address)
    receiver = _Receiver(address, retry, max_pixels)
    receiver.start()
    begin = time.monotonic()
    try:
        first, last = None, -1
        while seconds is None or time.monotonic() - begin < seconds:
            newest = receiver.newer_than(last, 0.2)
            while receiver.notes:
                tell(receiver.notes.popleft())
            if newest is None:
                continue
            last, arrived, decoded, picture_of = newest
            first = arrived if first is None else first
            yield Frame(last, arrived - first, picture_of(decoded))
    finally:
        receiver.stop()


class _Receiver(threading.Thread):
    """Reads a stream and keeps its newest frame."""

    def __init__(self, address: str, retry: float, max_pixels: int) -> None:
        super().__init__(name="asdcfer stream", daemon=True)
        self.address, self.retry, self.max_pixels = address, retry, max_pixels
        self.name_shown = public_address(address)
        self.notes: deque[str] = deque()
        self._changed = threading.Condition()
        self._newest: tuple[int, float, Any, Any] | None = None
        self._received = 0
        self._fault: Exception | None = None
        self._stopped = threading.Event()

    def newer_than(self, index: int, wait: float) -> tuple[int, float, Any, Any] | None:
        """Return number, time, frame and what shows it, of the newest; None where none came.

        Raises:
            InputError: there will be none.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._has_news(index), wait)
            if self._newest is not None and self._newest[0] > index:
                return self._newest
            if self._fault is not None:
                raise self._fault
            return None

    def _has_news(self, index: int) -> bool:
        return self._fault is not None or (self._newest is not None and self._newest[0] > index)

    def stop(self) -> None:
        """Read no more; a read that waits for the server ends by itself later."""
        self._stopped.set()
        self.join(1.0)

    def run(self) -> None:
        """Read until it is stopped, or the stream is lost for good."""
        try:
            self._receive()
        except Exception as error:  # of this thread; the caller's thread raises it
            with self._changed:
                self._fault = error
                self._changed.notify_all()

    def _receive(self) -> None:
        pause, lost = _FIRST_PAUSE, 0.0
        while not self._stopped.is_set():
            before, begin = self._received, time.monotonic()
            try:
                reason = self._read(lost)
            except _Lost as error:
                if not self._received:
                    raise InputError(
                        f"{self.name_shown}: no stream can be opened there ({error})"
                    ) from None
                reason = str(error)
            if not self._received:
                raise InputError(f"{self.name_shown}: the stream ended before its first frame")
            now = time.monotonic()
            if self._received > before and (not lost or now - begin > _STEADY_SECONDS):
                pause, lost = _FIRST_PAUSE, now
                self.notes.append(
                    f"asdcfer: {self.name_shown}: lost after {self._received:,} frames "
                    f"({reason}); trying again for {self.retry:g} s"
                )
            if now - lost + pause > self.retry:
                raise InputError(
                    f"{self.name_shown}: the stream ended after {self._received:,} frames "
                    f"({reason}) and did not come back within {self.retry:g} s"
                )
            self._stopped.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _read(self, lost: float) -> str:
        """Keep the newest frame until the stream ends; return why it did."""
        import av

        container = self._open()
        with container:
            stream = picture_stream(container, self.name_shown)
            self._check(container, stream)
            # Threads by frame would hold back as many frames as there are threads.
            stream.thread_type = "SLICE"
            stream.codec_context.options = {"max_pixels": str(self.max_pixels)}
            stream.codec_context.flags |= av.codec.context.Flags.low_delay.value
            picture_of = ShownFrames(pixel_aspect(stream))
            opened = asked = time.monotonic()
            live = False
            try:
                for packet in container.demux(stream):
                    now = time.monotonic()
                    # What came while the stream was looked at is old, and comes without a wait.
                    live = live or now - asked > _NO_WAIT or now - opened > _CATCH_UP
                    for decoded in _decoded(packet):
                        if live:
                            self._keep(decoded, picture_of, lost)
                            lost = 0.0
                    if self._stopped.is_set():
                        return "stopped"
                    asked = time.monotonic()
            except (av.FFmpegError, OSError, ValueError) as error:
                return _why(error, READ_SECONDS)
        return "the server ended it"

    def _open(self) -> Any:
        import av

        bound_ffmpeg(self.max_pixels)

        for transport in _TRANSPORTS:
            try:
                return av.open(
                    self.address,
                    options={**_OPTIONS, "rtsp_transport": transport},
                    timeout=(OPEN_SECONDS, READ_SECONDS),
                )
            except (av.FFmpegError, OSError, ValueError) as error:
                refused = isinstance(error, av.error.HTTPClientError) or (
                    getattr(error, "errno", None) == errno.EPROTONOSUPPORT
                )
                other = self.address.lower().startswith("rtsp") and transport != _TRANSPORTS[-1]
                if not (refused and other):
                    raise _Lost(_why(error, OPEN_SECONDS)) from error
        raise AssertionError  # the last one returns or raises

    def _check(self, container: Any, stream: Any) -> None:
        if stream.codec_context is None:
            raise InputError(f"{self.name_shown}: its video codec is not known")
        if stream.width * stream.height > self.max_pixels:
            raise InputError(
                f"{self.name_shown}: frames of {stream.width} x {stream.height} pixels are more "
                f"than the {self.max_pixels:,} allowed (raise it with `max_pixels`)"
            )
        if container.duration and container.format.name not in ("mpegts", "rtsp"):
            raise InputError(
                f"{self.name_shown}: a file of {container.duration / 1e6:.1f} s and no live "
                "stream; download it and name the file"
            )

    def _keep(self, decoded: Any, picture_of: ShownFrames, lost: float) -> None:
        if lost:
            back = time.monotonic() - lost
            self.notes.append(f"asdcfer: {self.name_shown}: back after {back:.1f} s")
        with self._changed:
            self._newest = (self._received, time.monotonic(), decoded, picture_of)
            self._received += 1
            self._changed.notify_all()


class _Lost(Exception):  # noqa: N818 # the stream is, and may come back
    """A stream could not be opened."""


def _decoded(packet: Any) -> list[Any]:
    """Return the frames of a packet; none of one that is damaged, as the first after a loss is."""
    import av

    try:
        return list(packet.decode())
    except av.error.InvalidDataError:
        return []


def _why(error: Exception, seconds: float) -> str:
    import av

    if isinstance(error, av.error.ExitError):
        return f"nothing came for {seconds:g} s"
    if getattr(error, "errno", None) == errno.EIO:
        return "its host is not known, refuses, or the line broke"
    return str(getattr(error, "strerror", None) or error)
