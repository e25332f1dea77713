"""Sharpness: against loops; light and the size of a photo leave it alone, blur does not."""

import cv2
import numpy as np
import pytest

from asdcfer.predict.recognizer import Recognizer
from asdcfer.recognition.sharpness import SIDE, sharpness
from tests.recognition import standin
from tests.reference.sharpness import sharpness as by_loops


def test_it_is_what_loops_compute(faces):
    for face in faces[:3]:
        assert sharpness(face) == pytest.approx(by_loops(face), rel=2e-3)


def test_neither_light_nor_contrast_changes_it(faces):
    for face in faces[:20]:
        darker = np.round(face * 0.5 + 20).astype(np.uint8)
        assert sharpness(darker) == pytest.approx(sharpness(face), rel=0.03)


def test_more_blur_is_less_sharp(faces):
    for face in faces:
        values = [sharpness(face)]
        values += [sharpness(cv2.GaussianBlur(face, (0, 0), sigma)) for sigma in (0.5, 1, 2, 4)]
        assert values == sorted(values, reverse=True)


def test_an_even_crop_has_none_and_color_counts_as_gray(faces):
    assert sharpness(np.full((SIDE, SIDE), 90, np.uint8)) == 0
    assert sharpness(np.repeat(faces[0][..., None], 3, 2)) == pytest.approx(sharpness(faces[0]))
    with pytest.raises(ValueError, match="48 x 48"):
        sharpness(np.zeros((64, 64), np.uint8))


@pytest.mark.slow
def test_one_face_in_photos_of_several_sizes_is_as_sharp(model):
    own = Recognizer(model, device="cpu")
    photo = standin.hopper()

    def seen(side: int) -> float:
        small = cv2.resize(photo, (side, side * 600 // 512), interpolation=cv2.INTER_AREA)
        return own(small)[0].quality.sharpness

    assert seen(400) == pytest.approx(seen(512), rel=0.1)
    assert seen(300) == pytest.approx(seen(512), rel=0.1)
    assert own(cv2.GaussianBlur(photo, (0, 0), 8))[0].quality.sharpness < 0.6 * seen(512)
