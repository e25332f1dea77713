"""What the page asks of a recognizer: names, the faces of a picture, the frames of a video."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from asdcfer.app.schemas import Attention
from asdcfer.expressions import EXPRESSIONS

Turn = Callable[[], contextlib.AbstractContextManager[None]]
"""Makes a block that holds the recognizer."""


def expressions_of(recognizer: Any) -> list[str]:
    """Return the names of the scores in order, the basic seven where the recognizer names none."""
    return [str(name) for name in getattr(recognizer, "expressions", EXPRESSIONS)]


def recognize_picture(recognizer: Any, picture: bytes, attention: bool) -> list[Any]:
    """Return the faces of a picture, each with its attention where asked for and possible."""
    if attention and getattr(recognizer, "explains", True):
        return list(recognizer(picture, explain=True))
    return list(recognizer(picture))


def attention_of(face: Any) -> Attention | None:
    """Return the attention map of a face and where it lies, or None where it carries none."""
    values, corners = getattr(face, "attention", None), getattr(face, "corners", None)
    if values is None or corners is None:
        return None
    return Attention(
        values=[[round(float(value), 3) for value in row] for row in values],
        corners=[(round(float(x), 2), round(float(y), 2)) for x, y in corners],
    )


def read_video(recognizer: Any, path: Path, every: int, turn: Turn) -> Iterator[Any]:
    """Give every nth frame of a video with its faces, as `recognition.video.Frame`.

    A recognizer with a `follow` of its own tracks and smooths; any other is called on one frame
    after the other. Frames are decoded outside `turn`: up to `every` of them pass between two that
    are recognized, and nobody's photo should wait for those.

    Args:
        recognizer: as the application was given it.
        path: the video.
        every: as in the request.
        turn: held while a frame is recognized.

    Raises:
        InputError: the file breaks off.
    """
    from asdcfer.data.image_io import MAX_PIXELS
    from asdcfer.recognition.frame_sampling import FrameSampling
    from asdcfer.recognition.video import read_frames

    decoded: list[Any] = []
    # `follow` draws one frame for each that it gives, and the list holds just that one.
    given = iter(decoded.pop, None)
    followed = (
        recognizer.follow(given)
        if hasattr(recognizer, "follow")
        else (replace(frame, faces=recognizer(frame.image)) for frame in given)
    )
    with contextlib.closing(
        read_frames(path, FrameSampling(every), getattr(recognizer, "max_pixels", MAX_PIXELS))
    ) as frames:
        for frame in frames:
            decoded.append(frame)
            with turn():
                found = next(followed)
            yield found
