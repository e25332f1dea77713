"""Whole frames are searched when it is due, and every face that was missed is found then."""

import numpy as np
import pytest

from asdcfer.recognition.detection import Detection
from asdcfer.recognition.rolling_detection import REST, SOON, RollingDetector

GRAY = np.full((180, 320, 3), 90, np.uint8)


class Scripted:
    """Finds bright squares of 20 pixels; near, only those that moved less than 10."""

    def __init__(self):
        self.whole = self.windows = 0

    def __call__(self, image):
        self.whole += 1
        return squares(image)

    def near(self, image, faces):
        self.windows += 1
        there = squares(image)
        found = [
            one
            for face in faces
            for one in there
            if max(abs(a - b) for a, b in zip(one.box, face.box, strict=True)) < 10
        ]
        return found if len(found) == len(faces) else None


def squares(image):
    rows, columns = np.nonzero(image[..., 0] == 255)
    corners = {
        (x, y)
        for x, y in zip(columns.tolist(), rows.tolist(), strict=True)
        if (x == 0 or image[y, x - 1, 0] != 255) and (y == 0 or image[y - 1, x, 0] != 255)
    }
    return [Detection((float(x), float(y), 20.0, 20.0), None) for x, y in sorted(corners)]


def frame(*places):
    image = GRAY.copy()
    for x, y in places:
        image[y : y + 20, x : x + 20] = 255
    return image


def test_a_still_picture_is_searched_every_rest():
    detector = Scripted()
    rolling = RollingDetector(detector)
    for number in range(51):
        assert len(rolling(frame((40, 40)), number / 25)) == 1
    assert detector.whole == rolling.searched == 6
    assert detector.whole + detector.windows == 51


def test_frames_that_lie_far_apart_are_all_searched():
    detector = Scripted()
    rolling = RollingDetector(detector)
    for number in range(5):
        rolling(frame((40, 40)), number * REST)
    assert detector.whole == 5


def test_a_face_is_followed_and_a_lost_one_is_looked_for_at_once():
    detector = Scripted()
    rolling = RollingDetector(detector)
    places = [(40 + 3 * number, 40) for number in range(8)]
    found = [rolling(frame(place), number / 25)[0].box[0] for number, place in enumerate(places)]
    assert found == [float(x) for x, _ in places]
    assert detector.whole == 1
    assert rolling(frame((200, 120)), 8 / 25)[0].box[0] == 200.0
    assert rolling(GRAY, 9 / 25) == []
    assert detector.whole == 3


def test_a_new_face_is_found_soon():
    rolling = RollingDetector(Scripted())
    faces = [rolling(frame((40, 40)), number / 25) for number in range(5)]
    late = [rolling(frame((40, 40), (250, 100)), number / 25) for number in range(5, 5 + SOON)]
    assert [len(found) for found in faces] == [1] * 5
    assert len(late[-1]) == 2


def test_another_scene_and_another_size_are_searched_at_once():
    detector = Scripted()
    rolling = RollingDetector(detector)
    rolling(frame((40, 40)), 0.0)
    bright = np.full_like(GRAY, 200)
    bright[40:60, 42:62] = 255
    rolling(bright, 0.04)
    assert detector.whole == 2
    rolling(np.ascontiguousarray(bright[:90]), 0.08)
    assert detector.whole == 3


@pytest.mark.parametrize("every", [1, 2, 7])
def test_a_number_of_frames_is_kept_to(every):
    detector = Scripted()
    rolling = RollingDetector(detector, every)
    for number in range(14):
        extra = [(250, 100)] if number > 2 else []
        rolling(frame((40, 40), *extra), number / 2)
    assert detector.whole == 14 // every


def test_a_detector_that_knows_no_windows_searches_every_frame():
    calls = []

    def detector(image):
        calls.append(image.shape)
        return []

    rolling = RollingDetector(detector)
    for number in range(5):
        rolling(GRAY, number / 25)
    assert len(calls) == rolling.searched == 5


def test_a_clock_that_goes_back_is_searched():
    detector = Scripted()
    rolling = RollingDetector(detector)
    for time in (1.0, 1.04, 0.5):
        rolling(frame((40, 40)), time)
    assert detector.whole == 2
