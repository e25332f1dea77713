"""A detected face, and how it lies in a picture that was shrunk, cut or turned."""

import math
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np

SAME = 0.3
"""Two boxes that share this part of what they cover together (IoU) are of one face."""
INSIDE = 0.6
"""A box of which this part lies in another is of the same face, too."""


@dataclass(frozen=True, eq=False)
class Detection:
    """One detected face.

    Attributes:
        box: x, y, width, height in pixels of the picture; may reach over its rim.
        landmarks: float32 (5,2) in pixels: right eye, left eye, nose, right and left mouth corner;
            None where the detector gives none.
        score: the detector's confidence, 0..1; NaN where the detector gives none.
    """

    box: tuple[float, float, float, float]
    landmarks: np.ndarray | None
    score: float = math.nan

    def enlarged(self, factor: float) -> "Detection":
        """Return a face of a picture that was shrunk by `factor` in pixels of the whole one."""
        x, y, width, height = (value / factor for value in self.box)
        landmarks = self.landmarks
        if landmarks is not None:
            landmarks = (landmarks / factor).astype(np.float32)
        return replace(self, box=(x, y, width, height), landmarks=landmarks)

    def moved(self, left: float, top: float) -> "Detection":
        """Return a face of a part of a picture, cut out there, in pixels of the whole one."""
        x, y, width, height = self.box
        landmarks = self.landmarks
        if landmarks is not None:
            landmarks = (landmarks + np.array([left, top])).astype(np.float32)
        return replace(self, box=(x + left, y + top, width, height), landmarks=landmarks)

    def turned_back(self, turn: int, shape: tuple[int, ...]) -> "Detection":
        """Return a face of a turned picture in pixels of the picture before.

        Args:
            turn: by how many quarters to the left it was turned, as by `np.rot90`.
            shape: of the picture before.
        """
        x, y, width, height = self.box
        points = _turned_back(np.array([[x, y], [x + width, y + height]]), turn, shape)
        (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
        landmarks = self.landmarks
        if landmarks is not None:
            landmarks = _turned_back(landmarks, turn, shape).astype(np.float32)
        return replace(self, box=(left, top, right - left, bottom - top), landmarks=landmarks)

    def slanted_back(self, matrix: np.ndarray) -> "Detection":
        """Return a face of a picture turned by half a quarter in pixels of the picture before.

        Args:
            matrix: float (2,3), from pixels before to pixels after. The box comes back upright
                around its center, its sides brought halfway to each other.
        """
        inverse = cv2.invertAffineTransform(matrix)
        x, y, width, height = self.box
        across, down = inverse @ [x + width / 2, y + height / 2, 1]
        side = (width + height) / 2
        landmarks = self.landmarks
        if landmarks is not None:
            landmarks = (landmarks @ inverse[:, :2].T + inverse[:, 2]).astype(np.float32)
        box = (float(across - side / 2), float(down - side / 2), side, side)
        return replace(self, box=box, landmarks=landmarks)

    def is_same(self, other: "Detection") -> bool:
        """Whether two boxes overlap so far that they are of one face."""
        (x, y, width, height), (u, v, wide, high) = self.box, other.box
        across = min(x + width, u + wide) - max(x, u)
        down = min(y + height, v + high) - max(y, v)
        if across <= 0 or down <= 0:
            return False
        shared, areas = across * down, (width * height, wide * high)
        return shared / (sum(areas) - shared) > SAME or shared / min(areas) > INSIDE


class Detector(Protocol):
    """Anything that finds faces in an RGB uint8 picture (H,W,3), in any order."""

    def __call__(self, image: np.ndarray, /) -> list[Detection]:
        """Return the faces of one picture."""
        ...


def reduced(image: np.ndarray, long_side: int) -> tuple[np.ndarray, float]:
    """Shrink a picture so that its long side is at most `long_side` pixels.

    Returns:
        The picture and the factor applied; a small picture stays as it is.

    Example:
        >>> small, factor = reduced(np.zeros((300, 2000, 3), np.uint8), 1000)
        >>> small.shape, factor
        ((150, 1000, 3), 0.5)
    """
    height, width = image.shape[:2]
    factor = min(1.0, long_side / max(height, width))
    if factor == 1.0:
        return image, 1.0
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA), factor


def _turned_back(points: np.ndarray, turn: int, shape: tuple[int, ...]) -> np.ndarray:
    height, width = shape[:2]
    x, y = points[:, 0], points[:, 1]
    if turn == 1:
        x, y = width - y, x
    elif turn == 2:
        x, y = width - x, height - y
    elif turn == 3:
        x, y = y, height - x
    return np.stack([x, y], axis=1)
