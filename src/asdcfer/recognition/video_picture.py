"""A decoded frame as a player shows it: square pixels, turned and mirrored as the file says."""

from fractions import Fraction
from typing import Any

import cv2
import numpy as np

_MOST_UNEVEN = 8
"""Pixels longer than this many times their other side are a mistake of the header."""


def pixel_aspect(stream: Any) -> Fraction:
    """Return width over height of a stream's pixels, 1 where it says nothing or nonsense."""
    aspect = stream.sample_aspect_ratio
    if not aspect or not Fraction(1, _MOST_UNEVEN) <= aspect <= _MOST_UNEVEN:
        return Fraction(1)
    return Fraction(aspect)


def shown_size(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """Return the size of a frame in square pixels; as in players, it only grows.

    Example:
        >>> shown_size(720, 576, Fraction(16, 15)), shown_size(720, 480, Fraction(8, 9))
        ((768, 576), (720, 540))
    """
    if aspect > 1:
        return round(width * aspect), height
    return width, round(height / aspect)


class ShownFrames:
    """Turns the decoded frames of one video into pictures, as a player shows them.

    What a frame carries to turn it is looked at in the first one, and wherever its angle changes.

    Args:
        aspect: width over height of the pixels.
    """

    def __init__(self, aspect: Fraction) -> None:
        self._aspect = aspect
        self._angle: float | None = None
        self._matrix: tuple[int, int, int, int] | None = None

    def __call__(self, frame: Any) -> np.ndarray:
        """Return a frame of PyAV as RGB uint8 (H,W,3)."""
        if frame.rotation != self._angle:
            self._angle, self._matrix = frame.rotation, display_matrix(frame)
        image = frame.to_ndarray(format="rgb24")
        size = shown_size(image.shape[1], image.shape[0], self._aspect)
        if size != image.shape[1::-1]:
            image = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        return turned(image, self._matrix)


def display_matrix(frame: Any) -> tuple[int, int, int, int] | None:
    """Return a, b, c, d of the matrix that a frame carries, None where it carries none.

    x' = a x + c y,  y' = b x + d y, in pixels that go right and down; phones write portrait video
    that way, and front cameras mirrored video.
    """
    # A frame that was asked for its side data, in PyAV, holds itself, its pixels and the threads
    # of its conversion until Python looks for such cycles: a copy of few pixels is asked.
    for data in frame.reformat(width=16, height=16, format="gray").side_data:
        if data.type.name == "DISPLAYMATRIX":
            a, b, _, c, d, *_ = np.frombuffer(bytes(data), "=i4").tolist()
            return a, b, c, d
    return None


def turned(image: np.ndarray, matrix: tuple[int, int, int, int] | None) -> np.ndarray:
    """Turn and mirror a picture as a display matrix says, to the nearest quarter turn.

    Example:
        >>> turned(np.array([[1, 2]]), (-1, 0, 0, 1)).tolist()  # mirrored left to right
        [[2, 1]]
        >>> turned(np.array([[1, 2]]), (0, 1, -1, 0)).tolist()  # a quarter turn clockwise
        [[1], [2]]
    """
    if matrix is None:
        return image
    a, b, c, d = matrix
    across, down = a, d
    if abs(b) + abs(c) > abs(a) + abs(d):
        image = image.swapaxes(0, 1)
        across, down = c, b
    if across < 0:
        image = image[:, ::-1]
    if down < 0:
        image = image[::-1]
    return np.ascontiguousarray(image)
