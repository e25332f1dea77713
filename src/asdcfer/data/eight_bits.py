"""Pixels of any kind of picture in 8 bits, as RGB or gray.

16-bit pictures keep their high byte; CMYK, palette and gray become RGB; transparent parts lie on
white.
"""

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

_STRIP = 1 << 20
"""Pixels of a deep picture that are brought to 8 bits at once."""


def eight_bits(image: Image.Image, color: bool) -> Pixels:
    """Return a picture of Pillow, of any mode, as uint8 RGB (H,W,3) or gray (H,W)."""
    if image.mode.startswith("I") or image.mode == "F":
        shape = (image.height, image.width, 3) if color else (image.height, image.width)
        deep = np.empty(shape, np.uint8)
        level_of = _to_eight_bits(image)
        for rows, values in _strips(image):
            level = level_of(values)
            deep[rows] = level[..., None] if color else level
        return deep
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image)
    if not color and image.mode in ("1", "L"):
        return np.array(image.convert("L"))
    rgb = np.array(image.convert("RGB"))
    return rgb if color else to_gray(rgb)


def to_gray(images: Pixels) -> Pixels:
    """Return RGB as gray in whole levels: of `prepare`, of training, and of recognition alike.

    `models.preprocessing` does the same in floating point, also inside an exported graph.

    Args:
        images: uint8 (...,H,W,3), of at least one pixel.

    Returns:
        uint8 (...,H,W).

    Example:
        >>> to_gray(np.array([[[255, 255, 255], [255, 0, 0]]], np.uint8)).tolist()
        [[255, 76]]
    """
    # OpenCV takes one picture: those of a batch are laid one below the other.
    rows = np.ascontiguousarray(images).reshape(-1, *images.shape[-2:])
    return np.asarray(cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY), np.uint8).reshape(images.shape[:-1])


def _strips(image: Image.Image) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Give a picture's values from top to bottom, a few rows at a time.

    Whole, in 64 bits, a large scan would take gigabytes.
    """
    step = max(1, _STRIP // image.width)
    for top in range(0, image.height, step):
        bottom = min(top + step, image.height)
        yield slice(top, bottom), np.asarray(image.crop((0, top, image.width, bottom)))


def _to_eight_bits(image: Image.Image) -> Callable[[NDArray[Any]], Pixels]:
    """Return what brings the values of a deep picture to 0..255.

    The high byte of 16-bit ones, dark or not; others as their largest value demands.
    """
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        # Pillow gives 16-bit PNG as "I;16" or "I" by version, and PPM always as "I".
        return lambda values: (values >> 8).astype(np.uint8)
    if image.mode == "F":
        unit = max(_finite(values).max(initial=0) for _, values in _strips(image)) <= 1
        return lambda values: (_finite(values) * (255 if unit else 1)).clip(0, 255).astype(np.uint8)
    # A 32-bit picture that holds 8-bit values is left alone.
    deep = max(values.max(initial=0) for _, values in _strips(image)) > 255
    return lambda values: (values >> 8 if deep else values).clip(0, 255).astype(np.uint8)


def _finite(values: NDArray[Any]) -> NDArray[np.float64]:
    return np.nan_to_num(values.astype(np.float64), posinf=0, neginf=0)
