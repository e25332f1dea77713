"""A face comes back to its place from a picture that was shrunk, cut, turned or slanted."""

import cv2
import numpy as np
import pytest

from asdcfer.recognition.detection import Detection

POINTS = np.array([[3, 4], [9, 4], [6, 7], [4, 9], [8, 9]], np.float32)
FACE = Detection((2, 3, 8, 9), POINTS, 0.5)


def test_shrunk_and_cut():
    back = Detection((1, 1, 4, 4.5), POINTS / 2, 0.5).enlarged(0.5).moved(10, 20)
    assert back.box == (12, 22, 8, 9)
    assert np.allclose(back.landmarks, POINTS + np.array([10, 20]))
    assert back.landmarks.dtype == np.float32
    bare = Detection((1, 1, 4, 4), None)
    assert bare.enlarged(2).moved(1, 1).turned_back(1, (9, 9)).landmarks is None


@pytest.mark.parametrize("turn", range(4))
def test_turned_by_quarters(turn):
    """Marks in a picture are where the turned picture shows them."""
    picture = np.zeros((20, 30), np.uint8)
    for number, (x, y) in enumerate(POINTS.astype(int), 1):
        picture[y, x] = number
    turned = np.rot90(picture, turn)
    there = [np.argwhere(turned == number)[0, ::-1] + 0.5 for number in range(1, 6)]
    xs, ys = np.array(there).T
    box = (xs.min() - 1, ys.min() - 1, np.ptp(xs) + 2, np.ptp(ys) + 2)
    back = Detection(box, np.array(there, np.float32)).turned_back(turn, picture.shape)
    assert np.allclose(back.landmarks, POINTS + 0.5)
    assert back.box == pytest.approx((2.5, 3.5, 8, 7))


def test_slanted():
    matrix = cv2.getRotationMatrix2D((6, 7), 45, 1)
    after = (POINTS @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    back = Detection((2, 3, 8, 8), after).slanted_back(matrix)
    assert np.allclose(back.landmarks, POINTS, atol=1e-4)
    assert back.box == pytest.approx((2, 3, 8, 8)), "the center of the turn stays where it is"
    assert Detection((2, 3, 8, 8), None).slanted_back(matrix).landmarks is None


@pytest.mark.parametrize(
    ("box", "same"),
    [
        ((2, 3, 8, 9), True),
        ((4, 3, 8, 9), True),
        ((8, 3, 8, 9), False),
        ((4, 5, 3, 3), True),
        ((40, 3, 8, 9), False),
        ((10, 3, 8, 9), False),
    ],
)
def test_boxes_of_one_face_overlap(box, same):
    assert FACE.is_same(Detection(box, None)) is same
    assert Detection(box, None).is_same(FACE) is same
