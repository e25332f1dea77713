"""Annotated copies of photos and videos, in a folder of their own."""

import contextlib
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from asdcfer.errors import InputError
from asdcfer.files import atomic_write
from asdcfer.predict.output_paths import photo_copy_name, video_copy_name
from asdcfer.predict.sound_copy import SoundCopy
from asdcfer.recognition.blur import blur_faces
from asdcfer.recognition.draw import draw_faces
from asdcfer.recognition.face import Face
from asdcfer.recognition.video_source import av_name

_TICK = Fraction(1, 1000)
"""Unit of the times in an annotated video, seconds."""
_H264 = {"crf": "20", "preset": "veryfast", "bf": "0"}
"""No frames that are stored before the ones they follow: the MP4 writer takes its length from the
last one stored, and uneven times make that wrong.
"""


class Drawing(Protocol):
    """Takes the frames of one video."""

    def add(self, image: np.ndarray, faces: Sequence[Face], time: float | None = None) -> None:
        """Draw and append a frame.

        Args:
            image: uint8 (H,W,3) RGB.
            faces: of this frame.
            time: it is shown from then on, seconds; None takes one gap after the frame before it.
        """
        ...


def write_photo(
    folder: Path, name: Path, image: np.ndarray, faces: Sequence[Face], blur: bool = False
) -> Path:
    """Write the annotated copy of a photo below a folder, and return its path.

    Nothing but pixels is copied: no EXIF data, no thumbnail.

    Args:
        folder: that copies go to.
        name: of the photo below it.
        image: uint8 (H,W,3) RGB.
        faces: of it.
        blur: make the faces unrecognizable.
    """
    if blur:
        image = blur_faces(image, faces)
        faces = [replace(face, landmarks=None) for face in faces]
    target = folder / photo_copy_name(name, max(image.shape[:2]))
    with atomic_write(target) as temporary:
        Image.fromarray(draw_faces(image, faces)).save(temporary, quality=92)
    return target


@contextlib.contextmanager
def video_writer(
    folder: Path, name: Path, rate: float, sound: SoundCopy | None = None
) -> Iterator[Drawing]:
    """Give a writer of the annotated copy of a video (MP4).

    What was added is kept, even when the block raises an `InputError` of the source.

    Args:
        folder: that copies go to.
        name: of the video below it.
        rate: frames a second, where they carry no time of their own.
        sound: that goes with it; its `fault` tells afterwards what is missing.
    """
    target = folder / video_copy_name(name)
    broken: InputError | None = None
    with atomic_write(target) as temporary:
        writer = _Mp4(temporary, rate, sound)
        try:
            yield writer
        except InputError as error:
            broken = error
        finally:
            writer.close()
        if not writer.frames:
            # Nothing to keep; the rename at the end of atomic_write still wants a file.
            temporary.touch()
    if not writer.frames:
        target.unlink(missing_ok=True)
    if broken is not None:
        raise broken


class _Mp4:
    """H.264 by PyAV, or MPEG-4 where that encoder is missing.

    The file is opened at the first frame, whose size it takes.
    """

    def __init__(
        self, path: str | os.PathLike[str], rate: float, sound: SoundCopy | None = None
    ) -> None:
        self.path, self.rate, self.frames = path, Fraction(rate).limit_denominator(1001), 0
        self.sound = sound
        self._shown = -1
        self._container: Any = None
        self._stream: Any = None

    def add(self, image: np.ndarray, faces: Sequence[Face], time: float | None = None) -> None:
        """Draw and encode a frame, see `Drawing`.

        Its time, and not its number, says when it is shown, since the gaps between frames may vary.
        """
        import av

        height, width = (
            side - side % 2 for side in image.shape[:2]
        )  # the encoder wants even sides
        if self._container is None:
            self._open(width, height)
        drawn = _fitted(draw_faces(image, faces), self._stream.width, self._stream.height)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(drawn), format="rgb24")
        gap = max(1, round(1 / (self.rate * _TICK)))
        # No two frames can be shown at once, and none before another that came first.
        self._shown = max(
            self._shown + 1,
            (self._shown + gap if self.frames else 0) if time is None else round(time / _TICK),
        )
        frame.pts, frame.time_base = self._shown, _TICK
        self._add_sound(float(self._shown * _TICK))
        self._container.mux(self._stream.encode(frame))
        self.frames += 1

    def close(self) -> None:
        """Write what the encoder still holds, and the end of the file."""
        if self._container is not None:
            self._container.mux(self._stream.encode(None))
            self._add_sound(math.inf)
            self._container.close()

    def _open(self, width: int, height: int) -> None:
        import av

        self._add_streams(width, height)
        try:
            self._container.start_encoding()
        except (av.FFmpegError, ValueError) as error:
            if self.sound is None:
                raise
            # MP4 knows this kind of sound, but not the way this one was made.
            self.sound.give_up(f"its sound cannot be in an MP4 file ({_reason(error)})")
            self._container.close()
            self._add_streams(width, height)

    def _add_streams(self, width: int, height: int) -> None:
        import av

        self._container = av.open(av_name(Path(self.path)), "w")
        try:
            self._stream = self._container.add_stream("libx264", rate=self.rate, options=_H264)
        except (ValueError, av.FFmpegError):
            self._stream = self._container.add_stream("mpeg4", rate=self.rate)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.codec_context.time_base = _TICK
        if self.sound is not None and not self.sound.fault:
            self.sound.add_to(self._container)

    def _add_sound(self, until: float) -> None:
        """Write the sound before a time, seconds, beside the pictures that are shown then."""
        import av

        if self.sound is None:
            return
        try:
            for packet in self.sound.before(until):
                self._container.mux(packet)
        except (av.FFmpegError, ValueError) as error:
            self.sound.give_up(f"its sound breaks off ({_reason(error)})")


def _reason(error: Exception) -> str:
    """Return what an error of FFmpeg says, without the temporary file that it names."""
    return str(getattr(error, "strerror", None) or error)


def _fitted(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return a frame in the size of the first one.

    An odd last row or column is cut off; a frame of another size is scaled whole onto black.
    """
    if 0 <= image.shape[0] - height < 2 and 0 <= image.shape[1] - width < 2:
        return image[:height, :width]
    import cv2

    factor = min(width / image.shape[1], height / image.shape[0])
    small = cv2.resize(
        image,
        (max(1, int(image.shape[1] * factor)), max(1, int(image.shape[0] * factor))),
        interpolation=cv2.INTER_AREA,
    )
    canvas = np.zeros((height, width, 3), np.uint8)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas
