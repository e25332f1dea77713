"""Light for the face detector: a dark picture is brightened before faces are looked for.

YuNet has learnt from pictures in daylight and knows hardly a face without it. What names an
expression does not care: it takes brightness and contrast out of each face itself.
"""

import math

import cv2
import numpy as np

DIM = 128
"""A picture is dark where 99 % of its values are lower. Of 500 faces of FER-2013 four are."""
LIGHT = 200
"""Level to which that value of a dark picture is brought.

Measured on 100 faces of PublicTest, enlarged: YuNet finds 87. With a quarter of the light it finds
73, with a tenth 36, with a twentieth 1; brightened to 200 these are 87, 87 and 80, to 240 one less.
"""
MOST = 16.0
"""Factor by which a picture is brightened at most: beyond it there is nothing but noise."""
SHARE = 0.99
"""Of the values that the level has to exceed: a lamp in the dark is no daylight."""
SAMPLED = 2_000
"""Pixels that are looked at, about, on a grid over the picture."""


def brightened(image: np.ndarray) -> np.ndarray:
    """Return a dark picture with more light, any other as it is.

    Args:
        image: uint8 (H,W,3) or (H,W).

    Returns:
        uint8 of the same shape; the picture itself where it is not dark.

    Example:
        >>> face = np.full((40, 40), 20, np.uint8)
        >>> brightened(face)[0, 0], brightened(face + 150)[0, 0]
        (np.uint8(200), np.uint8(170))
    """
    height, width = image.shape[:2]
    step = max(1, math.floor(math.sqrt(height * width / SAMPLED)))
    values = image[::step, ::step].ravel()
    rank = math.floor(SHARE * (values.size - 1))
    level = float(np.partition(values, rank)[rank])
    if level >= DIM:
        return image
    return cv2.convertScaleAbs(image, alpha=min(MOST, LIGHT / max(level, 1.0)))
