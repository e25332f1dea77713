"""Make faces unrecognizable: a face becomes a few colors, and nothing else of it is kept."""

from collections.abc import Sequence

import cv2
import numpy as np

from asdcfer.recognition.face import Face

CELLS = 6
"""Colors along a side of a face; 36 in all are what is left of it."""
LEAST_CELL = 4
"""Pixels along a side of what one color stands for, at least; small faces keep fewer colors."""
MARGIN = 0.25
"""What is covered beyond a face on each side, as a share of its longer side: hair, ears, chin."""

Region = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels; right and bottom are not in it."""


def blur_faces(image: np.ndarray, faces: Sequence[Face]) -> np.ndarray:
    """Return a copy of a picture in which no pixel of a face is left.

    Args:
        image: uint8 (H,W,3).
        faces: to cover.

    Example:
        >>> photo = np.random.default_rng(0).integers(0, 255, (60, 60, 3), np.uint8)
        >>> covered = blur_faces(photo, [Face((20, 20, 16, 16), None, {}, "happy", 0.9)])
        >>> bool((covered[:16] == photo[:16]).all()), len(np.unique(covered[16:40, 16:40])) > 1
        (True, True)
    """
    result = np.ascontiguousarray(image).copy()
    regions = [face_region(face) for face in faces]
    # From the picture as it was: a face before another one lends it no color.
    colors = [mosaic(image, region) for region in regions]
    for region, few in zip(regions, colors, strict=True):
        cover(result, region, few)
    return result


def face_region(face: Face, margin: float = MARGIN) -> Region:
    """Return what is covered of a face: its box and its crop, with a margin; may leave the picture.

    Args:
        face: its box, and its corners where it has them.
        margin: as a share of the longer side.

    Example:
        >>> face_region(Face((20, 20, 16, 8), None, {}, "happy", 0.9))
        (16, 16, 40, 32)
    """
    x, y, width, height = face.box
    points = np.array([[x, y], [x + width, y + height]], float)
    if face.corners is not None:
        points = np.concatenate([points, face.corners.astype(float)])
    low, high = points.min(0), points.max(0)
    more = margin * float((high - low).max())
    left, top = np.floor(low - more).astype(int).tolist()
    right, bottom = np.ceil(high + more).astype(int).tolist()
    return left, top, right, bottom


def mosaic(image: np.ndarray, region: Region) -> np.ndarray:
    """Return the mean colors of the cells of a region, uint8 (rows,columns,3), at most 6 by 6."""
    part = _inside(image, region)
    if not part.size:
        return np.zeros((1, 1, 3), np.uint8)
    rows, columns = (max(1, min(CELLS, side // LEAST_CELL)) for side in part.shape[:2])
    few: np.ndarray = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    return few


def cover(image: np.ndarray, region: Region, colors: np.ndarray) -> None:
    """Paint a region with a few colors that run into each other, in place.

    Args:
        image: uint8 (H,W,3).
        region: may leave the picture.
        colors: uint8 (rows,columns,3), of `mosaic`.
    """
    part = _inside(image, region)
    if part.size:
        size = (part.shape[1], part.shape[0])
        part[:] = cv2.resize(colors, size, interpolation=cv2.INTER_LINEAR)


def _inside(image: np.ndarray, region: Region) -> np.ndarray:
    left, top, right, bottom = (max(0, side) for side in region)
    return image[top:bottom, left:right]
