"""Open a video: names and containers that are taken, the stream a player shows, and its header."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asdcfer.data.image_formats import phone_format
from asdcfer.data.video_formats import VIDEO_SUFFIXES
from asdcfer.errors import InputError
from asdcfer.recognition.container_length import cut_note
from asdcfer.recognition.ffmpeg_memory import bound_ffmpeg
from asdcfer.recognition.video_picture import pixel_aspect, shown_size

__all__ = ["CONTAINERS", "VIDEO_SUFFIXES", "VideoHeader", "header_of", "open_video", "read_header"]

CONTAINERS = ",".join(
    (
        "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegvideo,mpegts,ogg,flv,asf,gif",
        "h264,hevc,vvc,m4v,h263,vc1,mjpeg,ivf,obu,av1,dv,mxf,gxf,yuv4mpegpipe,nut,rm,wtv",
    )
)
"""Containers, and streams without one, that FFmpeg may open. Never its play lists (HLS, concat,
...): they name other files, themselves too, and other hosts, and it reads those.
"""

_ESTIMATED = frozenset({"mpegts", "mpeg", "dv"})
"""FFmpeg's names of containers without a header; it gives their length by their last frame, so that
a file that was cut never seems too short.
"""
_FASTEST = 1000.0
"""Frames a second above which a header's rate is taken for a mistake."""
_NO_PICTURES = ("attached_pic", "timed_thumbnails", "still_image")
"""Streams of single pictures about a video or a song: its cover, the pictures of its chapters."""

_PICTURE_CODECS = frozenset({"mjpeg", "png", "bmp", "gif", "webp", "tiff"})
"""Codecs of single pictures, in which previews are kept; films too, where no other stream is."""


@dataclass(frozen=True)
class VideoHeader:
    """What the header of a video says.

    Attributes:
        width: of a frame as it is stored, pixels, but as wide as its pixels are shown.
        height: of a frame as it is stored, pixels, but as high as its pixels are shown.
        frames: how many; None where the header says nothing, as for the following two.
        seconds: when the pictures end, on the file's clock.
        rate: frames a second.
        estimated: whether `seconds` is FFmpeg's estimate and not from a header.
        starts: when the pictures begin, on the file's clock: later than 0 where sound comes first.
    """

    width: int
    height: int
    frames: int | None
    seconds: float | None
    rate: float | None
    estimated: bool = False
    starts: float = 0.0


def read_header(path: str | os.PathLike[str]) -> VideoHeader:
    """Return what a video's header says.

    Raises:
        InputError: not a video.
    """
    container, stream = open_video(path)
    with container:
        return header_of(container, stream)


def open_video(path: str | os.PathLike[str], max_pixels: int = 0) -> tuple[Any, Any]:
    """Open a video with PyAV, and choose the stream of pictures that a player shows.

    Args:
        path: of the file.
        max_pixels: of the largest frame that is going to be decoded, see `bound_ffmpeg`.

    Returns:
        The container, which the caller closes, and its stream.

    Raises:
        InputError: missing, empty, not a video, or without a stream that can be decoded.
    """
    import av

    path = Path(path)
    _check_file(path)
    bound_ffmpeg(max_pixels)
    with ExitStack() as undone:
        try:
            container = av.open(
                av_name(path),
                options={"format_whitelist": CONTAINERS, "protocol_whitelist": "file"},
            )
        except (av.FFmpegError, OSError, ValueError) as error:
            reason = cut_note(path) or getattr(error, "strerror", None) or str(error)
            raise InputError(f"{path}: not a video that can be read ({reason})") from error
        undone.callback(container.close)
        stream = picture_stream(container, path)
        if stream.codec_context is None:
            raise InputError(f"{path}: its video codec is not known; convert it to H.264 first")
        undone.pop_all()
    return container, stream


def av_name(path: Path) -> str:
    """Return a path as FFmpeg takes it.

    By itself it takes what stands before a colon for the name of a protocol.

    Example:
        >>> av_name(Path("12:30.mp4"))
        'file:12:30.mp4'
    """
    return f"file:{path}"


def _check_file(path: Path) -> None:
    try:
        if not path.is_file():
            there = path.exists() and not path.is_dir()
            raise InputError(f"{path}: {'a pipe or device, not a' if there else 'no such'} file")
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror or error})") from None
    if not head:
        raise InputError(f"{path}: empty (zero bytes)")
    if kind := phone_format(head):
        # FFmpeg would give its first tile as a video.
        raise InputError(f"{path}: a {kind} picture under the name of a video; name it as a photo")


def picture_stream(container: Any, path: str | os.PathLike[str]) -> Any:
    """Return the stream of pictures that a player shows, of an open container.

    Args:
        container: of PyAV.
        path: how an error names it.

    Raises:
        InputError: there is none.
    """
    streams = [one for one in container.streams.video if not _is_extra(one)]
    if not streams:
        extra = " but a cover or thumbnails" if container.streams.video else ""
        raise InputError(f"{path}: holds no video stream{extra}")
    # A camera's preview stands beside the film without a flag; alone it is what there is.
    films = [one for one in streams if one.frames != 1 and not _is_of_pictures(one)] or streams
    best = container.streams.best("video")
    return best if best in films else films[0]


def _is_of_pictures(stream: Any) -> bool:
    return stream.codec_context is not None and stream.codec_context.name in _PICTURE_CODECS


def _is_extra(stream: Any) -> bool:
    return any(
        getattr(type(stream.disposition), name) in stream.disposition for name in _NO_PICTURES
    )


def header_of(container: Any, stream: Any) -> VideoHeader:
    """Return what the header of an open video says about a stream of it."""
    rate = next(
        (
            float(one)
            for one in (stream.average_rate, stream.base_rate, stream.guessed_rate)
            if one and float(one) <= _FASTEST
        ),
        None,
    )
    width, height = shown_size(stream.width, stream.height, pixel_aspect(stream))
    starts = max(0.0, _starts(stream) - clock_start(container, stream))
    return VideoHeader(
        width,
        height,
        stream.frames or None,
        _ends(container, stream, starts),
        rate,
        container.format.name in _ESTIMATED,
        starts,
    )


def clock_start(container: Any, stream: Any) -> float:
    """Return the time stamp, seconds, that players call 0: that of the first sound or picture.

    Sound before 0 is what an encoder puts there to begin; it is not played.
    """
    first = _starts(stream)
    if first < 0 or container.start_time is None:
        return first
    return max(0.0, min(first, float(container.start_time) / 1_000_000))


def _starts(stream: Any) -> float:
    return float(stream.start_time * stream.time_base) if stream.start_time else 0.0


def _ends(container: Any, stream: Any, starts: float) -> float | None:
    """Return when the pictures end.

    The stream says it, or its tag (Matroska), or the file where it holds no other stream, such as
    longer sound.
    """
    if stream.duration:
        return starts + float(stream.duration * stream.time_base)
    clock = stream.metadata.get("DURATION", "").split(":")
    if len(clock) == 3:
        try:
            ends = int(clock[0]) * 3600 + int(clock[1]) * 60 + float(clock[2])
            # It is the last time stamp, and the first need not be 0.
            return max(0.0, ends - clock_start(container, stream))
        except ValueError:
            pass
    if not container.duration or len(container.streams) != 1:
        return None
    seconds = float(container.duration) / 1_000_000
    return (
        max(0.0, seconds - clock_start(container, stream))
        if _ends_absolutely(container)
        else seconds
    )


def _ends_absolutely(container: Any) -> bool:
    """Whether what a container calls its length is its last time stamp."""
    return "matroska" in container.format.name
