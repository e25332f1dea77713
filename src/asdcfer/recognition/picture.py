"""Checks of an array that is given as a picture."""

from typing import Any

import numpy as np

from asdcfer.errors import InputError


def picture(image: Any) -> np.ndarray:
    """Return an array as an RGB uint8 picture (H,W,3), or say what is wrong with it.

    Raises:
        InputError: not uint8, empty, or of another shape.

    Example:
        >>> picture(np.zeros((4, 5), np.uint8)).shape
        (4, 5, 3)
    """
    array = np.asarray(image)
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
            else " (drop the alpha channel)"
            if array.ndim == 3
            else ""
        )
        raise InputError(f"a picture has shape (H,W,3) RGB or (H,W) gray, not {array.shape}{hint}")
    return np.ascontiguousarray(array)
