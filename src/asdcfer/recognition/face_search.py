"""Find faces of every size and turn with a detector of upright faces of a middle size.

A detector such as YuNet knows faces of some 10 to 400 pixels that stand upright. So each picture is
looked at twice, in its own size and small, where a close-up has a middle size; and where nothing is
found, or nothing sure, it is turned by quarters. Landmarks of a turned face say how it lies, so
that its crop stands upright.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from asdcfer.recognition.detection import Detection, Detector, reduced

SURE = 0.9
"""Score from which a face is taken as it is.

Measured with YuNet: upright faces of 90 pixels and more have 0.93, the same lying on their side at
most 0.89. Of 250 faces of FER-2013, enlarged to 96 pixels, 137 views have 0.8 to 0.9 upright, and
none of these has more in another turn.
"""
CLOSE_UP_SIDE = 256
"""Long side of the small picture, pixels: a face that fills it has a middle size."""
CLOSE_UP = 200
"""Shorter side of a face, in pixels of the picture that was looked at first, from which the small
one is believed; it would find smaller ones as well, and some where there are none.
"""
TURNED_SHARE = 1.6
"""A picture that is turned as a whole is shrunk by this factor more: it is looked at three times,
and most pictures without a face have none in any turn.
"""
AROUND, AROUND_SIDE = 2.2, 96
"""Surroundings of one face that are turned alone, as a multiple of its longer side; and their side,
pixels.
"""
MOST_ALONE = 4
"""Faces of a picture that are looked at alone, the largest ones; each takes a tenth of the time."""
MARGIN = 0.02
"""Score by which a face must be surer in another turn to be taken for one that lies."""


def search(find: Detector, image: np.ndarray, long_side: int) -> list[Detection]:
    """Return the faces of a picture, whatever their size and turn.

    Args:
        find: the detector, of upright faces of a middle size.
        image: uint8 (H,W,3) or (H,W).
        long_side: the picture is shrunk to this long side first, pixels.
    """
    side = int(long_side / TURNED_SHARE)
    found = _in_two_sizes(find, image, long_side) or _turned(find, image, side, (1, 2, 3))
    turns: Counter[float] = Counter()
    doubtful = [face for face in found if face.score < SURE]
    doubtful.sort(key=lambda face: -face.box[2] * face.box[3])
    faces = [face for face in found if face.score >= SURE] + doubtful[MOST_ALONE:]
    for face in doubtful[:MOST_ALONE]:
        turn, better = _alone(find, image, face)
        faces.append(better)
        turns[turn] += 1
    quarters = [int(turn) for turn, _ in turns.most_common() if turn in (1, 2, 3)]
    if quarters:
        # One face lies on its side, and so the picture may: then others were missed altogether.
        faces = _merged(_turned(find, image, side, quarters[:1]), faces)
    return faces


def _in_two_sizes(find: Detector, image: np.ndarray, long_side: int) -> list[Detection]:
    large, factor = reduced(image, long_side)
    faces = find(large)
    small, shrunk = reduced(large, CLOSE_UP_SIDE)
    if shrunk < 0.6:  # else it has been looked at in this size
        close = (face.enlarged(shrunk) for face in find(small))
        faces = _merged(faces, [face for face in close if min(face.box[2:]) >= CLOSE_UP])
    return [face.enlarged(factor) for face in faces]


def _turned(
    find: Detector, image: np.ndarray, long_side: int, turns: Sequence[int]
) -> list[Detection]:
    """Turn the picture, and return the faces of the turn in which they are the surest."""
    small, factor = reduced(image, long_side)
    best: list[Detection] = []
    for turn in turns:
        faces = _in_two_sizes(find, np.ascontiguousarray(np.rot90(small, turn)), long_side)
        if sum(face.score for face in faces) > sum(face.score for face in best):
            best = [face.turned_back(turn, small.shape) for face in faces]
    return [face.enlarged(factor) for face in best]


def _alone(find: Detector, image: np.ndarray, face: Detection) -> tuple[float, Detection]:
    """Look at one doubtful face in eight turns, half a quarter apart.

    Returns:
        The quarter turns to the left that make it upright, and the face as it is found then; 0 and
        the face itself where it stands upright already.
    """
    x, y, width, height = face.box
    center, half = (x + width / 2, y + height / 2), AROUND * max(width, height) / 2
    left, top = (max(0, int(middle - half)) for middle in center)
    part = image[top : int(center[1] + half) + 1, left : int(center[0] + half) + 1]
    small, factor = reduced(part, AROUND_SIDE)
    middle = ((center[0] - left) * factor, (center[1] - top) * factor)
    upright, best, chosen = 0.0, 0.0, (0.0, face)
    for turn, found in _in_eight_turns(find, small, middle):
        one = found.enlarged(factor).moved(left, top)
        if not one.is_same(face):
            continue
        if turn == 0:
            upright = max(upright, one.score)
        elif one.score > max(best, upright + MARGIN):
            best, chosen = one.score, (turn, one)
    return chosen


def _in_eight_turns(
    find: Detector, image: np.ndarray, middle: tuple[float, float]
) -> Iterator[tuple[float, Detection]]:
    """Yield each face and the quarter turns to the left in which it was found, upright first."""
    matrix = cv2.getRotationMatrix2D(middle, 45, 1)
    size = (image.shape[1], image.shape[0])
    slanted = cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    for turn in range(4):
        for face in find(np.ascontiguousarray(np.rot90(image, turn))):
            yield turn, face.turned_back(turn, image.shape)
    for turn in range(4):
        for face in find(np.ascontiguousarray(np.rot90(slanted, turn))):
            yield turn + 0.5, face.turned_back(turn, image.shape).slanted_back(matrix)


def _merged(faces: list[Detection], more: list[Detection]) -> list[Detection]:
    """Add faces to others; of a doubtful face that is found twice the surer finding stays."""
    result = list(faces)
    for one in more:
        rivals = [face for face in result if face.is_same(one)]
        if all(face.score < min(SURE, one.score) for face in rivals):
            result = [face for face in result if all(face is not rival for rival in rivals)]
            result.append(one)
    return result
