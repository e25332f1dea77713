"""Frames of a video one after the other, by PyAV, in constant memory.

A file that breaks off gives its good frames first, then says so.
"""

import os
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from asdcfer.data.image_io import MAX_PIXELS
from asdcfer.errors import InputError
from asdcfer.recognition.container_length import cut_note
from asdcfer.recognition.face import Face
from asdcfer.recognition.frame_sampling import FrameSampling
from asdcfer.recognition.picture import picture
from asdcfer.recognition.seek import find_entry
from asdcfer.recognition.video_picture import ShownFrames, pixel_aspect
from asdcfer.recognition.video_source import VideoHeader, clock_start, header_of, open_video

FRAME_SECONDS = 1 / 25
"""Time between frames that carry no clock, seconds."""
_MISSING_SECONDS = 1.0
"""A file whose last frame lies this much before its declared end has broken off; less is the usual
slack of headers.
"""
_CLOCK_RESTARTS = 0.5
"""A step back in time of more than this, seconds, is a new recording in the same file; less is a
careless clock.
"""


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame.

    Attributes:
        index: number in the file, from 0.
        time: seconds from the start of the file, which may begin with sound alone.
        image: uint8 (H,W,3) RGB, as a player shows it: upright, in square pixels.
        faces: what was recognized in it.
    """

    index: int
    time: float
    image: np.ndarray
    faces: list[Face] = field(default_factory=list)


def read_frames(
    path: str | os.PathLike[str],
    sampling: FrameSampling | None = None,
    max_pixels: int = MAX_PIXELS,
) -> Generator[Frame, None, None]:
    """Yield the frames of a video.

    Args:
        path: any file that FFmpeg decodes.
        sampling: which frames; None takes all. What comes after its end is not read.
        max_pixels: frames with more are refused.

    Raises:
        InputError: missing, empty or not a video; or, after the good frames, "broke off after frame
            N (T s)".
    """
    sampling = sampling or FrameSampling()
    path, taken = Path(path), sampling.chooser()
    container, stream = open_video(path, max_pixels)
    import av

    with container:
        header = header_of(container, stream)
        if header.width * header.height > max_pixels:
            raise InputError(
                f"{path}: frames of {header.width} x {header.height} pixels are more than the "
                f"{max_pixels:,} allowed (raise it with `max_pixels`)"
            )
        stream.thread_type = "AUTO"
        # The size may change on the way: the decoder itself refuses what the header did not tell.
        stream.codec_context.options = {"max_pixels": str(max_pixels)}
        frames = _Decoded(container, stream)
        picture_of, index = ShownFrames(pixel_aspect(stream)), -1
        # A stream without a container begins anywhere, and its first frame tells where.
        start = None if stream.start_time is None else clock_start(container, stream)
        clock = _Clock(start, 1 / (header.rate or 25))
        try:
            for index, decoded in _numbered(frames, path, sampling.start + (start or 0.0)):
                clock.show(decoded.time, index)
                if sampling.is_over(clock.time):
                    return
                if taken(index, clock.time):
                    yield Frame(index, clock.time, picture_of(decoded))
        except (av.FFmpegError, ValueError) as error:
            reason = cut_note(path) or getattr(error, "strerror", None) or str(error)
            raise InputError(_broken(path, index, clock.time, reason)) from error
    reason = _break(path, header, index + 1, clock.time + clock.gap, frames.damaged_end)
    if reason:
        raise InputError(_broken(path, index, clock.time, reason))
    if index < 0:
        raise InputError(f"{path}: no frame of this video can be read")


def _numbered(frames: "_Decoded", path: Path, moment: float) -> Iterator[tuple[int, Any]]:
    """Yield frames with their numbers in the file, those long before a moment left out.

    Args:
        frames: of a file that was just opened.
        path: of the file.
        moment: time stamp, seconds.
    """
    entry = find_entry(path, moment) if moment > 0 else None
    if entry is None:
        yield from enumerate(frames)
        return
    frames.container.seek(entry.stamp, stream=frames.stream)
    number: int | None = None
    for decoded in frames:
        if number is None and decoded.pts == entry.stamp:
            number = entry.number(decoded.pts)
        if number is not None:
            yield number, decoded
            number += 1


def numbered_frames(pictures: Iterable[Any]) -> Iterator[Frame]:
    """Yield pictures that carry no clock as frames, 25 a second.

    Args:
        pictures: pixels, see `picture.picture`.

    Raises:
        InputError: one is no picture.
    """
    for index, image in enumerate(pictures):
        yield Frame(index, index * FRAME_SECONDS, picture(image))


class _Clock:
    """The time of the frame that is shown.

    Args:
        start: the time stamp, seconds, that is called 0; None takes that of the first frame.
        gap: seconds between frames that carry no time.
    """

    def __init__(self, start: float | None, gap: float) -> None:
        self.start, self.gap, self.time = start, gap, 0.0

    def show(self, stamp: float | None, index: int) -> None:
        """Go on to a frame: its time stamp in seconds or None, and its number in the file."""
        if self.start is None:
            self.start = stamp or 0.0
        given = index * self.gap if stamp is None else stamp - self.start
        if given < self.time - _CLOCK_RESTARTS:
            # Recordings that were joined end to end start their clock again.
            self.start += given - self.time - self.gap
            given = self.time + self.gap
        self.time = max(self.time, given)


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
