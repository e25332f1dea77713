"""Files in the order of a list: videos one by one, photos read and in batches bounded in size."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from asdcfer.data.image_io import read_image
from asdcfer.errors import InputError
from asdcfer.predict.inputs import Input
from asdcfer.recognition.video_source import read_header

_BATCH_FILES = 32
_BATCH_PIXELS = 24_000_000
"""Photos held at once, at most: so many, or of so many pixels together."""


def pieces(inputs: Iterable[Input]) -> Iterator[list[Input]]:
    """Yield files that are recognized together or apart, wherever they are: in order.

    Batches never reach over the end of a piece, so the same pieces give the same bits.

    Example:
        >>> names = ("a.jpg", "b.jpg", "c.mp4")
        >>> files = [Input(Path(n), "video" if "mp4" in n else "photo", Path(n)) for n in names]
        >>> [len(piece) for piece in pieces(files)]
        [2, 1]
    """
    piece: list[Input] = []
    for item in inputs:
        if piece and (item.kind != "photo" or len(piece) >= _BATCH_FILES):
            yield piece
            piece = []
        piece.append(item)
        if item.kind != "photo":
            yield piece
            piece = []
    if piece:
        yield piece


Photo = tuple[Input, np.ndarray | InputError]
"""A file, and its picture or why there is none."""


def batches(inputs: Iterable[Input], max_pixels: int) -> Iterator[Input | list[Photo]]:
    """Yield, in order, videos one by one and photos in batches bounded in number and pixels."""
    batch: list[Photo] = []
    pixels = 0
    for item in inputs:
        result = _photo(item, max_pixels)
        size = result.shape[0] * result.shape[1] if isinstance(result, np.ndarray) else 0
        if batch and (
            result is None or pixels + size > _BATCH_PIXELS or len(batch) >= _BATCH_FILES
        ):
            yield batch
            batch, pixels = [], 0
        if result is None:
            yield item
        else:
            batch.append((item, result))
            pixels += size
    if batch:
        yield batch


def _photo(item: Input, max_pixels: int) -> np.ndarray | InputError | None:
    """Return the picture of a file, or why there is none; None for a video."""
    if item.fault:
        return InputError(item.fault)
    if item.kind == "video":
        return None
    try:
        return read_image(item.path, max_pixels)
    except InputError as error:
        if item.kind != "unknown":
            return error
        if _is_video(item.path):
            return None
        return InputError(_NEITHER) if getattr(error, "reason", "") == "not an image" else error


_NEITHER = (
    "neither a picture nor a video in a format that can be read; save a picture as JPEG, a video "
    "as MP4 (H.264)"
)


def _is_video(path: Path) -> bool:
    try:
        read_header(path)
    except (InputError, OSError):
        return False
    return True
