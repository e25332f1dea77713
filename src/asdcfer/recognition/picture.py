"""What is given as a picture: files, arrays, tensors, pictures of Pillow; and what is none."""

import os
from collections.abc import Iterable, Mapping, Set
from typing import Any

import numpy as np
from PIL import Image

from asdcfer.data.image_io import from_pillow, read_image
from asdcfer.errors import InputError

_WANTED = (
    "a picture is a path, bytes, an open file, an RGB uint8 array or tensor, a picture of Pillow, "
    "a list or an iterator of those"
)


def is_file(source: Any) -> bool:
    """Whether something names a file, holds its bytes, or is an open one."""
    return isinstance(source, str | os.PathLike | bytes | bytearray | memoryview) or (
        callable(getattr(source, "read", None)) and not holds_pixels(source)
    )


def holds_pixels(source: Any) -> bool:
    """Whether something is pixels: an array, a tensor, a picture of Pillow.

    Example:
        >>> holds_pixels(np.zeros((4, 5), np.uint8)), holds_pixels([1, 2]), holds_pixels("a.jpg")
        (True, False, False)
    """
    return isinstance(source, np.ndarray | Image.Image) or (
        hasattr(source, "__array__") and not _is_table(source)
    )


def check_frames(source: Any) -> Iterable[Any]:
    """Return what gives one frame after the other, or say what is wrong with it.

    Raises:
        InputError: it gives none, or names instead of pictures, as tables do.
    """
    if _is_table(source):
        raise InputError(
            f"a table ({type(source).__name__}) is no picture; give the list of its paths, such as "
            "list(table['file'])"
        )
    if isinstance(source, Mapping | Set) or not isinstance(source, Iterable):
        raise InputError(f"{_WANTED}, not {type(source).__name__}")
    return source


def any_picture(source: Any, max_pixels: int) -> np.ndarray:
    """Return one picture, of a file or of pixels, as RGB uint8 (H,W,3).

    Raises:
        InputError: it is neither, or cannot be read.
    """
    if is_file(source):
        return read_image(_path_or_bytes(source), max_pixels)
    if holds_pixels(source):
        return picture(source)
    check_frames(source)  # says what a table is
    raise InputError(f"{_WANTED}; this list holds a {type(source).__name__}")


def _path_or_bytes(source: Any) -> str | os.PathLike[str] | bytes:
    """Return what `read_image` takes: what an open file still holds, or the source as it is."""
    if callable(getattr(source, "read", None)) and not isinstance(source, str | os.PathLike):
        source = source.read()
        if not isinstance(source, bytes | bytearray | memoryview):
            raise InputError(f"{_WANTED}; this file is open as text, open it with mode 'rb'")
    return bytes(source) if isinstance(source, bytearray | memoryview) else source


def picture(image: Any) -> np.ndarray:
    """Return pixels as an RGB uint8 picture (H,W,3), or say what is wrong with them.

    Args:
        image: an array (H,W,3) or (H,W); a tensor, also (3,H,W) and (1,H,W), as torchvision reads
            files; a picture of Pillow.

    Raises:
        InputError: not uint8, empty, or of another shape.

    Example:
        >>> picture(np.zeros((4, 5), np.uint8)).shape
        (4, 5, 3)
    """
    if is_file(image):
        raise InputError("an iterator gives pixels, frame by frame; for files give a list")
    if isinstance(image, Image.Image):
        return from_pillow(image)
    array = _as_array(image)
    if array.dtype.kind not in "biufc":
        raise InputError(f"{_WANTED}, not {type(image).__name__}")
    if array.dtype != np.uint8:
        raise InputError(
            f"a picture is uint8 in 0..255, not {array.dtype}; multiply by 255 and convert first"
        )
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=2)
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        hint = (
            " (for several pictures give a list)"
            if array.ndim == 4
            else " (channels come last: image.transpose(1, 2, 0))"
            if array.ndim == 3 and array.shape[0] in (1, 3)
            else " (drop the alpha channel)"
            if array.ndim == 3
            else ""
        )
        raise InputError(f"a picture has shape (H,W,3) RGB or (H,W) gray, not {array.shape}{hint}")
    return np.ascontiguousarray(array)


def _as_array(image: Any) -> np.ndarray:
    """Return an array, or a tensor with its channels last."""
    is_tensor = hasattr(image, "detach") and hasattr(image, "cpu")
    try:
        array = np.asarray(image.detach().cpu() if is_tensor else image)
    except Exception as error:  # of whatever library the tensor is
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"a {type(image).__name__} cannot be read as a picture ({line}); give a uint8 array"
        ) from error
    if is_tensor and array.ndim == 3 and array.shape[0] in (1, 3) and array.shape[2] not in (1, 3):
        return np.moveaxis(array, 0, 2)
    return array


def _is_table(source: Any) -> bool:
    """Whether something is a table or a column of one (pandas, polars, Arrow)."""
    return any(hasattr(source, name) for name in ("iloc", "__dataframe__", "to_pandas"))
