"""Dark pictures are brightened for the detector, and all others are left as they are."""

import cv2
import numpy as np
import pytest

from asdcfer.predict.recognizer import Recognizer
from asdcfer.recognition.detector import YuNet
from asdcfer.recognition.low_light import DIM, LIGHT, MOST, brightened
from tests.recognition import standin


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (48, 48), (600, 512), (48, 48, 3), (2000, 3, 3)])
def test_a_dark_picture_reaches_the_level_and_a_light_one_stays(shape):
    values = np.random.default_rng(0).integers(0, 24, shape, np.uint8)
    values[-1, -1] = values[0, 0] = 24
    bright = brightened(values)
    assert bright.shape == shape
    assert bright.dtype == np.uint8
    assert float(bright.max()) == pytest.approx(LIGHT, abs=LIGHT / 24 + 1)
    light = values + np.uint8(DIM)
    assert brightened(light) is light


def test_it_is_brighter_by_one_factor_and_never_by_more_than_the_most():
    dark = np.arange(0, 50, dtype=np.uint8).repeat(50).reshape(50, 50)
    factor = LIGHT / 49
    assert np.abs(brightened(dark) - factor * dark).max() <= factor * 0.6
    assert brightened(np.ones((30, 30), np.uint8)).max() == MOST
    assert brightened(np.zeros((30, 30, 3), np.uint8)).max() == 0


def test_a_lamp_makes_no_daylight():
    night = np.full((100, 100, 3), 10, np.uint8)
    night[:5, :5] = 255
    assert brightened(night)[50, 50, 0] == 160


@pytest.mark.parametrize("share", [0.25, 0.1, 0.05])
def test_faces_are_found_in_the_dark_where_they_are_in_the_light(share):
    photo = standin.both()
    wanted = sorted(YuNet()(photo), key=lambda face: face.box[0])
    dark = cv2.convertScaleAbs(photo, alpha=share)
    found = sorted(YuNet()(dark), key=lambda face: face.box[0])
    assert len(found) == len(wanted) == 2
    for one, other in zip(found, wanted, strict=True):
        assert one.is_same(other)
        assert np.abs(one.landmarks - other.landmarks).max() < 0.05 * max(other.box[2:])
    near = YuNet().near(dark, found)
    assert near is not None
    assert all(one.is_same(other) for one, other in zip(near, found, strict=True))


def test_dark_noise_holds_no_face():
    noise = np.random.default_rng(1).normal(8, 4, (240, 320, 3)).clip(0, 255).astype(np.uint8)
    assert YuNet()(noise) == []


@pytest.mark.slow
def test_a_dark_face_is_named_as_in_the_light():
    own = Recognizer("nano", device="cpu")
    photo = standin.hopper()
    light, dark = own(photo)[0], own(cv2.convertScaleAbs(photo, alpha=0.1))[0]
    assert dark.status == light.status == "ok"
    for name, score in light.scores.items():
        assert dark.scores[name] == pytest.approx(score, abs=0.1)
