"""Alignment of faces: five landmarks give a similarity transform to a canonical square crop.

The same function makes the crops of training on raw photos (`asdcfer prepare --detect`), of
evaluation and of recognition, so that a network always sees faces framed as in its training set.
"""

import math
from collections.abc import Callable

import cv2
import numpy as np

from asdcfer.data.eight_bits import to_gray
from asdcfer.recognition.detection import Detection, Detector
from asdcfer.recognition.detector import YuNet

TEMPLATE = np.array(
    [[0.315, 0.398], [0.685, 0.398], [0.500, 0.602], [0.350, 0.747], [0.650, 0.747]],
    dtype=np.float64,
)
"""Where right eye, left eye, nose, right and left mouth corner lie in the canonical crop, as shares
of its side (x, y).

These are the medians over FER-2013's training faces, found by YuNet on the enlarged images and made
symmetric; `benchmarks/face_template.py` measures them again. FER-2013 frames its faces tightly: the
brow at the top, the chin at the bottom.
"""

BOX_TEMPLATE = np.array([0.116, 0.008, 0.768, 0.981])
"""Where a YuNet box (x, y, width, height) lies in the canonical crop; the framing for detectors
without landmarks. Measured as `TEMPLATE`.
"""

MOST_SUPERSAMPLING = 8
MIN_FACE = 24
"""Faces whose box has a shorter side than this, in pixels of the original picture, are not trained
on and not named.
"""
LONGEST_WARPED = 32_766
"""Longest side that OpenCV warps, pixels; of a longer picture the face's surroundings are cut out
first.
"""


def similarity(points: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the similarity transform that takes points nearest to targets in least squares.

    It is made of a rotation, one scale and a shift, without a mirror image:

    min over s > 0, R, t of  sum_i | s R p_i + t - q_i |^2

    In the plane it has a closed form: with centered points as complex numbers p and q,  s e^{i
    angle} = sum conj(p) q / sum |p|^2.

    Args:
        points: (n,2), n >= 2, not all the same.
        targets: (n,2).

    Returns:
        float64 (2,3) matrix [s R | t].

    Raises:
        ValueError: fewer than two different points.

    Source: Umeyama, "Least-squares estimation of transformation parameters between two point
        patterns", PAMI 13(4), 1991, eqs. 34-43 (here in 2-D).

    Example:
        >>> square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
        >>> similarity(square, 2 * square + [3, 5]).round(6).tolist()
        [[2.0, -0.0, 3.0], [0.0, 2.0, 5.0]]
    """
    points, targets = np.asarray(points, np.float64), np.asarray(targets, np.float64)
    p_mean, q_mean = points.mean(0), targets.mean(0)
    p, q = (points - p_mean) @ [1, 1j], (targets - q_mean) @ [1, 1j]
    spread = float((p * p.conj()).real.sum())
    if len(points) < 2 or not spread > 1e-12:
        raise ValueError("a similarity transform needs at least two different points")
    turn = complex((p.conj() * q).sum() / spread)
    matrix = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    return np.column_stack([matrix, q_mean - matrix @ p_mean])


def face_transform(
    landmarks: np.ndarray | None, box: tuple[float, float, float, float]
) -> np.ndarray:
    """Return the (2,3) transform from pixels of a picture to the unit square of the crop.

    It comes from the landmarks where they are given and not all in one place; otherwise from the
    box, upright.
    """
    if landmarks is not None:
        try:
            transform = similarity(landmarks, TEMPLATE)
        except ValueError:
            transform = None
        # Landmarks of a profile can coincide almost; a face a hundred times its box is no
        # alignment.
        if transform is not None and 0.2 < _scale(transform) * max(box[2], box[3]) < 5:
            return transform
    x, y, width, height = box
    scale = 1 / max(width / BOX_TEMPLATE[2], height / BOX_TEMPLATE[3], 1e-6)
    center = BOX_TEMPLATE[:2] + BOX_TEMPLATE[2:] / 2
    return np.array(
        [
            [scale, 0, center[0] - scale * (x + width / 2)],
            [0, scale, center[1] - scale * (y + height / 2)],
        ]
    )


def aligned(image: np.ndarray, transform: np.ndarray, size: int) -> np.ndarray:
    """Cut the canonical crop out of a picture.

    Args:
        image: uint8 (H,W) or (H,W,3).
        transform: (2,3) from `face_transform`.
        size: side of the crop, pixels.

    Returns:
        uint8 (size,size) or (size,size,3). Beyond the picture its rim is repeated.

    Example:
        >>> picture = np.arange(100, dtype=np.uint8).reshape(10, 10)
        >>> np.array_equal(aligned(picture, np.array([[0.1, 0, 0], [0, 0.1, 0]]), 10), picture)
        True
    """
    # A plain warp that shrinks would skip pixels; so it warps to a multiple of the size and
    # averages down (low-pass).
    factor = min(MOST_SUPERSAMPLING, max(1, math.ceil(1 / (_scale(transform) * size) - 0.05)))
    side = size * factor
    # Pixel centers lie at half-integers of the unit square's grid, OpenCV's at integers.
    matrix = np.asarray(transform, np.float64) * side
    matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    if max(image.shape[:2]) > LONGEST_WARPED:
        image, matrix = _surroundings(image, matrix, corners(transform))
    crop = cv2.warpAffine(
        image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return crop if factor == 1 else cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA)


def corners(transform: np.ndarray) -> np.ndarray:
    """Return where the corners of the crop lie in the picture.

    Returns:
        float32 (4,2) in pixels: top left, top right, bottom right, bottom left.

    Example:
        >>> corners(np.array([[0.1, 0, 0], [0, 0.1, 0]])).tolist()
        [[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]]
    """
    inverse = np.linalg.inv(np.asarray(transform)[:, :2])
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    return np.asarray((square - np.asarray(transform)[:, 2]) @ inverse.T, np.float32)


def transform_of(corners: np.ndarray) -> np.ndarray:
    """Return the (2,3) transform whose crop has these corners: the inverse of `corners`.

    Args:
        corners: (4,2), as `Face.corners`.

    Example:
        >>> transform = np.array([[0.1, 0.02, -3], [-0.02, 0.1, 5]])
        >>> np.allclose(transform_of(corners(transform)), transform, atol=1e-6)
        True
    """
    points = np.asarray(corners, np.float64)
    across, down = points[1] - points[0], points[3] - points[0]
    turn = np.linalg.inv(np.stack([across, down], axis=1))
    return np.column_stack([turn, -turn @ points[0]])


def _surroundings(
    image: np.ndarray, matrix: np.ndarray, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cut out the part of a picture that a warp to these corners looks at.

    Returns:
        The part, and the matrix that takes it to the same crop.
    """
    sides = np.array(image.shape[1::-1])
    # Two pixels more each way, for the interpolation; a face beyond the picture's rim needs that
    # rim.
    first = np.clip(np.floor(points.min(0)) - 2, 0, sides - 1).astype(int)
    last = np.clip(np.ceil(points.max(0)) + 3, first + 1, sides).astype(int)
    part = image[first[1] : last[1], first[0] : last[0]]
    # A face that is itself longer than OpenCV warps is far larger than any crop: leaving out pixels
    # does not show.
    skip = -(-max(part.shape[:2]) // LONGEST_WARPED)
    shifted = matrix.copy()
    shifted[:, 2] += matrix[:, :2] @ first
    shifted[:, :2] *= skip
    return np.ascontiguousarray(part[::skip, ::skip]), shifted


def in_channels(crop: np.ndarray, channels: int) -> np.ndarray:
    """Return a uint8 crop as gray (S,S) for one channel, as RGB (S,S,3) for three."""
    if channels == 1:
        return crop if crop.ndim == 2 else to_gray(crop)
    return crop if crop.ndim == 3 else cv2.cvtColor(crop, cv2.COLOR_GRAY2RGB)


def whole_image(image: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Treat a picture as one face that is already cropped.

    Returns:
        The picture at (size,size), stretched where it is not square, and its (2,3) transform.
    """
    height, width = image.shape[:2]
    transform = np.array([[1 / width, 0, 0], [0, 1 / height, 0]])
    if (height, width) == (size, size):
        return image, transform
    shrinks = height >= size and width >= size
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (size, size), interpolation=interpolation), transform


def face_crops(
    size: int = 48,
    detector: Detector | None = None,
    min_face: float = MIN_FACE,
    refuse: Callable[[np.ndarray, Detection, np.ndarray], bool] | None = None,
) -> Callable[[np.ndarray], list[np.ndarray]]:
    """Return a function from a picture to its aligned faces, for making packs of raw photos.

    Args:
        size: side of the crops, pixels.
        detector: None takes YuNet with its defaults.
        min_face: smaller faces are left out, pixels.
        refuse: picture, detection and transform -> whether that face is left out too.

    Returns:
        A function: uint8 (H,W,3) or (H,W) -> list of uint8 (size,size,3) or (size,size), the
        largest face first; empty where there is none.

    Example:
        >>> face_crops(48)(np.zeros((64, 64, 3), np.uint8))
        []
    """
    find = detector or YuNet()

    def crops(image: np.ndarray) -> list[np.ndarray]:
        found = largest_first([d for d in find(image) if min(d.box[2:]) >= min_face])
        placed = [(d, face_transform(d.landmarks, d.box)) for d in found]
        return [
            aligned(image, transform, size)
            for d, transform in placed
            if refuse is None or not refuse(image, d, transform)
        ]

    return crops


def largest_first(detections: list[Detection]) -> list[Detection]:
    """Return detections by the area of their boxes, the largest first."""
    return sorted(detections, key=lambda d: -d.box[2] * d.box[3])


def _scale(transform: np.ndarray) -> float:
    return math.sqrt(abs(float(np.linalg.det(np.asarray(transform)[:, :2]))))
