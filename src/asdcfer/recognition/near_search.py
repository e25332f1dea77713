"""Find faces again near where they were in the frame before.

A small window around each face takes a tenth of the time of a whole frame. New faces are not seen
that way, so that whole frames have to be searched now and then, see `rolling_detection`.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from asdcfer.recognition.detection import Detection, Detector

WINDOW = 96
"""Side of a window once it is shrunk or enlarged, pixels.

Measured with YuNet on faces of 50 to 85 pixels: what it finds in a window differs from what it
finds in the whole frame as its answers for the frame shifted by 3 pixels do (median IoU 0.93; 3 %
of the face's size between landmarks), more in smaller and in larger windows.
"""
AROUND = 2.0
"""Side of a window as a multiple of the face's longer side: a face may move by half of its size."""
_LEAST_SIZE, _MOST_SIZE = 0.67, 1.5
"""Sides of a face that is found again, as multiples of those before."""


def find_near(
    find: Detector, image: np.ndarray, faces: Sequence[Detection]
) -> list[Detection] | None:
    """Return each face where it is now, or None where one is not found again.

    Args:
        find: the detector, of upright faces of a middle size.
        image: uint8 (H,W,3) or (H,W).
        faces: of a frame shortly before, of the same size.
    """
    found: list[Detection] = []
    for face in faces:
        again = _again(find, image, face)
        if again is None or any(again.is_same(other) for other in found):
            return None
        found.append(again)
    return found


def _again(find: Detector, image: np.ndarray, face: Detection) -> Detection | None:
    x, y, width, height = face.box
    side = AROUND * max(width, height)
    factor = WINDOW / side
    left, top = round(x + width / 2 - side / 2), round(y + height / 2 - side / 2)
    right, bottom = round(left + side), round(top + side)
    part = image[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if 0 in part.shape:
        return None
    size = (max(1, round(part.shape[1] * factor)), max(1, round(part.shape[0] * factor)))
    method = cv2.INTER_AREA if factor < 0.5 else cv2.INTER_LINEAR
    window = np.zeros((WINDOW, WINDOW, *image.shape[2:]), np.uint8)
    # A window of one size, also at the rim, needs one network.
    small = cv2.resize(part, size, interpolation=method)[:WINDOW, :WINDOW]
    window[: small.shape[0], : small.shape[1]] = small
    near = [
        one.enlarged(factor).moved(max(0, left), max(0, top))
        for one in find(window)
        if one.landmarks is not None
    ]
    near = [one for one in near if _may_be(one, face)]
    return max(near, key=lambda one: one.score, default=None)


def _may_be(one: Detection, before: Detection) -> bool:
    sides = [max(*one.box[2:]), max(*before.box[2:])]
    return one.is_same(before) and _LEAST_SIZE < sides[0] / sides[1] < _MOST_SIZE
