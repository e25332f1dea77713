"""Head pose: yaw, pitch and roll of a face from its five landmarks.

A head of five points is turned, scaled and shifted until its picture, seen from far away, lies on
the landmarks.
"""

import math
from typing import NamedTuple

import numpy as np

from asdcfer.recognition.alignment import TEMPLATE

NOSE = 0.45
"""How far the nose stands out before the plane of eyes and mouth corners, in distances of the eyes.

Where noses in FER-2013 stray from the middle of the face, the eyes come closer as they do for a
nose of 0.44 to 0.51 (turns of 20 to 40 degrees); `benchmarks/face_template.py` measures it again.
"""
HEAD = np.column_stack(
    [(TEMPLATE - [0.5, 0.5]) / (TEMPLATE[1, 0] - TEMPLATE[0, 0]), [0, 0, -NOSE, 0, 0]]
)
"""Right eye, left eye, nose, right and left mouth corner of a head that looks at the camera.

x to the right of the picture, y down, z away from the camera; the unit is the distance of the eyes.
Across and down they are `alignment.TEMPLATE`, so that the average face of FER-2013 has no pitch.
"""
_STEPS = 2
"""Steps of the fit: more change no angle by a hundredth of a degree where landmarks are 2 % off."""


class HeadPose(NamedTuple):
    """How a head is turned, degrees.

    Attributes:
        yaw: to the right of the picture is more than 0, -90..90.
        pitch: up is more than 0, -180..180.
        roll: tilted clockwise in the picture is more than 0, -180..180.
    """

    yaw: float
    pitch: float
    roll: float


def head_pose(landmarks: np.ndarray) -> HeadPose | None:
    """Return how the head turns whose landmarks these are.

    min over s > 0, R, t of  sum_i | s (R X_i)_xy + t - p_i |^2,  R = Rz(roll) Ry(-yaw) Rx(-pitch)

    for the points X of `HEAD`: a camera that is far away compared to the depth of a head.

    Args:
        landmarks: (5,2) in pixels: right eye, left eye, nose, right and left mouth corner.

    Returns:
        None where the landmarks are not finite, or lie in one place or on one line.

    Source: DeMenthon and Davis, "Model-based object pose in 25 lines of code", IJCV 15, 1995 (the
        camera model); the fit is Gauss and Newton's, from the best affine camera.

    Example:
        >>> pose = head_pose(100 * HEAD[:, :2] + 250)
        >>> [abs(round(angle, 3)) for angle in pose]
        [0.0, 0.0, 0.0]
    """
    points = np.asarray(landmarks, np.float64)
    if points.shape != (5, 2) or not np.isfinite(points).all():
        return None
    points = points - points.mean(0)
    left, sizes, right = np.linalg.svd(points.T @ _FROM_POINTS, full_matrices=False)
    if not sizes[1] > 1e-6 * sizes[0]:
        return None
    rows = left @ right
    turn = np.vstack([rows, np.cross(rows[0], rows[1])])
    for _ in range(_STEPS):
        turn = _refined(turn, points)
    return HeadPose(
        yaw=math.degrees(math.asin(max(-1.0, min(1.0, float(turn[2, 0]))))),
        pitch=math.degrees(math.atan2(-float(turn[2, 1]), float(turn[2, 2]))),
        roll=math.degrees(math.atan2(float(turn[1, 0]), float(turn[0, 0]))),
    )


_CENTERED = HEAD - HEAD.mean(0)
_FROM_POINTS = _CENTERED @ np.linalg.inv(_CENTERED.T @ _CENTERED)
"""(5,3): points (2,5) times it are the affine camera that fits them best."""


def _refined(turn: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return a rotation one step of Gauss and Newton nearer to the landmarks."""
    x, y, z = turn @ _CENTERED.T
    scale = float((x @ points[:, 0] + y @ points[:, 1]) / max(x @ x + y @ y, 1e-12))
    nothing = np.zeros(5)
    # A small turn (a, b, c) about the axes moves a point by (b z - c y, c x - a z); and its size.
    moved = np.stack(
        [
            np.concatenate([nothing, -scale * z]),
            np.concatenate([scale * z, nothing]),
            np.concatenate([-scale * y, scale * x]),
            np.concatenate([x, y]),
        ]
    )
    away = np.concatenate([points[:, 0] - scale * x, points[:, 1] - scale * y])
    normal = moved @ moved.T
    normal += 1e-9 * np.trace(normal) * np.eye(4)
    turned: np.ndarray = _rotation(np.linalg.solve(normal, moved @ away)[:3]) @ turn
    return turned


def _rotation(vector: np.ndarray) -> np.ndarray:
    """Return the rotation about an axis by its length in radians (Rodrigues' formula)."""
    angle = min(float(np.linalg.norm(vector)), 0.5)
    if angle < 1e-12:
        return np.eye(3)
    a, b, c = vector / np.linalg.norm(vector)
    cross = np.array([[0, -c, b], [c, 0, -a], [-b, a, 0]])
    result: np.ndarray = np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross
    return result
