"""Faces are found again where they moved to, by the detector of the package too."""

import numpy as np
import pytest

from asdcfer.recognition.detection import Detection
from asdcfer.recognition.detector import YuNet
from asdcfer.recognition.near_search import AROUND, WINDOW, find_near
from tests.recognition import standin


def square_in(image):
    """One detection: the bright square of a picture."""
    rows, columns = np.nonzero(image[..., 0] > 200)
    if not len(rows):
        return []
    left, top = columns.min(), rows.min()
    box = (left, top, columns.max() + 1 - left, rows.max() + 1 - top)
    points = np.full((5, 2), [left, top], np.float32)
    return [Detection(tuple(map(float, box)), points, 0.9)]


def picture(x, y, side, shape=(300, 400, 3)):
    image = np.zeros(shape, np.uint8)
    image[max(0, y) : y + side, max(0, x) : x + side] = 255
    return image


@pytest.mark.parametrize("side", [20, 48, 90, 140])
@pytest.mark.parametrize("moved", [(0, 0), (6, -4), (-5, 7)])
def test_a_window_gives_places_in_pixels_of_the_frame(side, moved):
    before = Detection((150.0, 100.0, float(side), float(side)), None)
    x, y = 150 + moved[0], 100 + moved[1]
    found = find_near(square_in, picture(x, y, side), [before])
    assert found is not None
    tolerance = 2 * AROUND * side / WINDOW
    assert np.abs(np.array(found[0].box) - [x, y, side, side]).max() <= tolerance
    assert np.abs(found[0].landmarks - [x, y]).max() <= tolerance


@pytest.mark.parametrize("place", [(-10, 40), (370, 40), (100, -15), (100, 280)])
def test_faces_at_the_rim(place):
    x, y = place
    before = Detection((float(x), float(y), 40.0, 40.0), None)
    found = find_near(square_in, picture(x, y, 40), [before])
    assert found is not None
    assert found[0].is_same(before)


def test_what_left_shrank_or_is_another_is_lost():
    face = Detection((150.0, 100.0, 60.0, 60.0), None)
    assert find_near(square_in, np.zeros((300, 400, 3), np.uint8), [face]) is None
    assert find_near(square_in, picture(150, 100, 20), [face]) is None
    assert find_near(square_in, picture(300, 200, 60), [face]) is None
    beyond = Detection((500.0, 400.0, 60.0, 60.0), None)
    assert find_near(square_in, picture(150, 100, 60), [beyond]) is None
    # Two faces that became one: which of them is it?
    assert find_near(square_in, picture(150, 100, 60), [face, face.moved(4, 0)]) is None
    assert find_near(square_in, picture(150, 100, 60), []) == []


@pytest.mark.slow
def test_yunet_finds_real_faces_again():
    """Photos of the sample, enlarged, moved a little."""
    image, *_ = standin.moving_frames()
    detector = YuNet(long_side=640)
    faces = detector(image)
    assert faces
    found = detector.near(np.roll(image, (3, -4), (0, 1)), faces)
    assert found is not None
    for face, again in zip(faces, found, strict=True):
        away = np.linalg.norm(again.landmarks - face.landmarks - [-4, 3], axis=1)
        assert away.mean() < 0.1 * max(face.box[2:])
