"""What `predict` is given: files by their names, or the picture of a camera."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asdcfer.api.data_inputs import PathLike
from asdcfer.errors import InputError
from asdcfer.recognition import stream
from asdcfer.recognition.picture import check_frames, holds_pixels


@dataclass(frozen=True)
class Camera:
    """The picture of a camera or of a stream.

    Attributes:
        source: number of a camera, 0 is the first; or the address of a stream, such as
            "rtsp://10.0.0.7/live" or "http://10.0.0.7/video.mjpg".
        seconds: stop after so long; None goes on until it is interrupted.
        retry: for so long a stream that was lost is tried again, seconds.
    """

    source: int | str = 0
    seconds: float | None = None
    retry: float = stream.RETRY_SECONDS

    @property
    def name(self) -> str:
        """What rows and messages call it; an address without its password."""
        if isinstance(self.source, int):
            return f"webcam:{self.source}"
        return stream.public_address(self.source)


def words_of(inputs: PathLike | Sequence[PathLike]) -> list[str]:
    """Return the names of files, folders and globs as words.

    Raises:
        InputError: there are none, or what is given is no path, such as a picture's pixels.

    Example:
        >>> words_of("photo.jpg"), words_of(["a.png", "films/"])
        (['photo.jpg'], ['a.png', 'films/'])
    """
    many: Any = [inputs] if isinstance(inputs, str | os.PathLike) else inputs
    if holds_pixels(many):
        raise InputError("predict reads files; for pixels call a Recognizer")
    words = []
    for one in check_frames(many):
        if not isinstance(one, str | os.PathLike):
            raise InputError(f"predict reads files; a {type(one).__name__} is no path of one")
        words.append(os.fsdecode(one))
    if not words:
        raise InputError("there is nothing to recognize; name photos, videos or folders")
    return words
