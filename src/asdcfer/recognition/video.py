"""Frames of a video one after the other, by PyAV, in constant memory.

A file that breaks off gives its good frames first, then says so.
"""

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.data.image_io import MAX_PIXELS
from asdcfer.errors import InputError
from asdcfer.recognition.container_length import cut_note
from asdcfer.recognition.face import Face

VIDEO_SUFFIXES = frozenset(
    {
        ".mp4",
        ".m4v",
        ".mov",
        ".mkv",
        ".webm",
        ".avi",
        ".mpg",
        ".mpeg",
        ".ts",
        ".mts",
        ".wmv",
        ".flv",
        ".ogv",
        ".3gp",
    }
)

CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegvideo,mpegts,ogg,flv,asf,gif"
"""Containers that FFmpeg may open. Never its play lists (HLS, concat, ...): they name other files,
themselves too, and other hosts, and it reads those.
"""

_MISSING_SECONDS = 1.0
"""A file whose last frame lies this much before its declared end has broken off; less is the usual
slack of headers.
"""
_CLOCK_RESTARTS = 0.5
"""A step back in time of more than this, seconds, is a new recording in the same file; less is a
careless clock.
"""
_ESTIMATED = frozenset({"mpegts", "mpeg"})
"""FFmpeg's names of containers without a header; it gives their length by their last frame, so that
a file that was cut never seems too short.
"""


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame.

    Attributes:
        index: number in the file, from 0.
        time: seconds from the start.
        image: uint8 (H,W,3) RGB, upright.
        faces: what was recognized in it.
    """

    index: int
    time: float
    image: np.ndarray
    faces: list[Face] = field(default_factory=list)


@dataclass(frozen=True)
class VideoHeader:
    """What the header of a video says.

    Attributes:
        width: of a frame as it is stored, pixels.
        height: of a frame as it is stored, pixels.
        frames: how many; None where the header says nothing, as for the following two.
        seconds: how long the pictures last.
        rate: frames a second.
        estimated: whether `seconds` is FFmpeg's estimate and not from a header.
    """

    width: int
    height: int
    frames: int | None
    seconds: float | None
    rate: float | None
    estimated: bool = False


def read_header(path: str | os.PathLike[str]) -> VideoHeader:
    """Return what a video's header says.

    Raises:
        InputError: not a video.
    """
    container = _open(Path(path))
    with container:
        return _header(container)


def read_frames(
    path: str | os.PathLike[str], every: int = 1, max_pixels: int = MAX_PIXELS
) -> Generator[Frame, None, None]:
    """Yield the frames of a video.

    Args:
        path: any file that FFmpeg decodes.
        every: yield every nth frame only, from the first.
        max_pixels: frames with more are refused.

    Raises:
        InputError: missing, empty or not a video; or, after the good frames, "broke off after frame
            N (T s)".
    """
    if every < 1:
        raise InputError(f"every nth frame: n must be at least 1, not {every}")
    path = Path(path)
    container = _open(path)
    import av

    with container:
        header = _header(container)
        if header.width * header.height > max_pixels:
            raise InputError(
                f"{path}: frames of {header.width} x {header.height} pixels are more than the "
                f"{max_pixels:,} allowed"
            )
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        # The size may change on the way: the decoder itself refuses what the header did not tell.
        stream.codec_context.options = {"max_pixels": str(max_pixels)}
        frames = _Decoded(container, stream)
        start = float(stream.start_time * stream.time_base) if stream.start_time else 0.0
        index, time, gap = -1, 0.0, 1 / (header.rate or 25)
        try:
            for index, decoded in enumerate(frames):
                given = decoded.time - start if decoded.time is not None else index * gap
                if given < time - _CLOCK_RESTARTS:
                    # Recordings that were joined end to end start their clock again.
                    start += given - time - gap
                    given = time + gap
                time = max(time, given)
                if index % every == 0:
                    yield Frame(index, time, _upright(decoded))
        except (av.FFmpegError, ValueError) as error:
            reason = cut_note(path) or getattr(error, "strerror", None) or str(error)
            raise InputError(_broken(path, index, time, reason)) from error
    reason = _break(path, header, index + 1, time + gap, frames.damaged_end)
    if reason:
        raise InputError(_broken(path, index, time, reason))
    if index < 0:
        raise InputError(f"{path}: no frame of this video can be read")


class _Decoded:
    """Decoded frames without a damaged last one, of which the decoder would invent the rest.

    Attributes:
        damaged_end: known at the end: the last packet, or the frame that it gave, was cut.
    """

    def __init__(self, container: Any, stream: Any) -> None:
        self.container, self.stream = container, stream
        self.damaged_end = False

    def __iter__(self) -> Iterator[Any]:
        import av

        held = last = failure = None
        try:
            for packet in self.container.demux(self.stream):
                last = packet if packet.size else last
                for frame in packet.decode():
                    if held is not None:
                        yield held
                    held = frame
        except (av.FFmpegError, ValueError) as error:
            failure = error  # the frame before it is good, and comes first
        cut_packet = last is not None and last.is_corrupt
        cut_frame = held is not None and (
            held.is_corrupt or (cut_packet and last is not None and held.pts == last.pts)
        )
        self.damaged_end = bool(cut_packet or cut_frame)
        if held is not None and not cut_frame:
            yield held
        if failure is not None:
            raise failure


def _break(
    path: Path, header: VideoHeader, frames: int, seconds: float, damaged_end: bool
) -> str | None:
    """Return why a video that was read to its end did not end there, or None.

    FFmpeg takes a file that was cut for one that ends. It is one that was cut when frames are
    missing and the container or the last frame says so; or when many are missing. Some headers
    guess one of their two measures a little wrongly, so that a small lack counts only when both
    agree.
    """
    gap = 1 / (header.rate or 25)
    if header.frames is not None and frames >= header.frames:
        return None
    if (
        header.frames is None
        and header.seconds is not None
        and not header.estimated
        and seconds > header.seconds - gap / 2
    ):
        return None
    note = cut_note(path) or ("its last frame is cut" if damaged_end else None)
    if note:
        return note
    lacks_seconds = header.seconds is not None and seconds < header.seconds - _MISSING_SECONDS
    if header.frames is not None:
        # A file may hold more frames than it shows (the edit list of a trimmed MP4): then its
        # seconds are those that it shows.
        reached = (
            header.seconds is not None
            and not header.estimated
            and seconds > 0.9 * header.seconds - 1.5 * gap
        )
        many_lack = frames < 0.9 * header.frames - 1 and not reached
        if many_lack or (frames < 0.98 * header.frames - 1 and lacks_seconds):
            return f"its header promises {header.frames} frames"
    elif lacks_seconds:
        return f"its header promises {header.seconds:.1f} s"
    return None


def _broken(path: Path, index: int, time: float, reason: str) -> str:
    if index < 0:
        return f"{path}: no frame of this video can be read ({reason})"
    return (
        f"{path}: the video broke off after frame {index} ({time:.2f} s): {reason}; the frames "
        "before it are kept"
    )


def _open(path: Path) -> Any:
    import av

    try:
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        if path.stat().st_size == 0:
            raise InputError(f"{path}: empty (zero bytes)")
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror or error})") from None
    try:
        container = av.open(
            str(path), options={"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}
        )
    except (av.FFmpegError, OSError, ValueError) as error:
        reason = cut_note(path) or getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: not a video that can be read ({reason})") from error
    if not container.streams.video:
        container.close()
        raise InputError(f"{path}: holds no video stream")
    if container.streams.video[0].codec_context is None:
        container.close()
        raise InputError(f"{path}: its video codec is not known; convert it to H.264 first")
    return container


def _header(container: Any) -> VideoHeader:
    stream = container.streams.video[0]
    rate = float(stream.average_rate) if stream.average_rate else None
    return VideoHeader(
        stream.width,
        stream.height,
        stream.frames or None,
        _seconds(container, stream),
        rate,
        container.format.name in _ESTIMATED,
    )


def _seconds(container: Any, stream: Any) -> float | None:
    """Return how long the pictures last.

    The stream says it, or its tag (Matroska), or the file where it holds no other stream, such as
    longer sound.
    """
    if stream.duration:
        return float(stream.duration * stream.time_base)
    clock = stream.metadata.get("DURATION", "").split(":")
    if len(clock) == 3:
        try:
            return int(clock[0]) * 3600 + int(clock[1]) * 60 + float(clock[2])
        except ValueError:
            pass
    return (
        container.duration / 1_000_000
        if container.duration and len(container.streams) == 1
        else None
    )


def _upright(frame: Any) -> np.ndarray:
    """Return a decoded frame as RGB, turned as its display matrix says.

    Phones write portrait video that way.
    """
    image = frame.to_ndarray(format="rgb24")
    quarter_turns = round((getattr(frame, "rotation", 0) or 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(image, quarter_turns)) if quarter_turns else image
