import numpy as np
import pytest

from asdcfer.recognition.draw import attention_overlay, draw_faces
from asdcfer.recognition.face import Face
from tests.recognition import standin
from tests.recognition.standin import face


def test_drawing_changes_the_face_and_leaves_the_original(recognizer):
    image = standin.both().copy()
    before = image.copy()
    faces = recognizer(image, explain=True)
    drawn = draw_faces(image, faces)
    assert np.array_equal(image, before)
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8
    changed = (drawn != image).any(2)
    x, y, width, height = (int(v) for v in faces[0].box)
    assert changed[y : y + height, x : x + width].mean() > 0.5
    assert not changed[400:, :100].any()
    overlay = (attention_overlay(image, faces[0]) != image).any(2)
    assert overlay[y : y + height, x : x + width].mean() > 0.5
    assert not overlay[:, :512].any()
    assert np.array_equal(attention_overlay(image, face()), image)


@pytest.mark.parametrize("box", [(0, 0, 10, 10), (90, 90, 10, 10), (0, 0, 100, 100), (50, 0, 0, 0)])
def test_drawing_at_the_rim_of_a_small_picture(box):
    odd = Face(
        box,
        np.full((5, 2), 99.0, np.float32),
        {"happy": 1.0, "sad": 0.0},
        "uncertain",
        1.0,
        status="too small",
        corners=np.array([[-50, -50], [150, -50], [150, 150], [-50, 150]], np.float32),
        attention=np.ones((3, 3), np.float32),
    )
    assert draw_faces(np.zeros((100, 100, 3), np.uint8), [odd]).shape == (100, 100, 3)
    outside = Face(
        box,
        None,
        {"happy": 1.0},
        "happy",
        1.0,
        corners=np.array([[500, 500], [600, 500], [600, 600], [500, 600]], np.float32),
        attention=np.ones((3, 3), np.float32),
    )
    assert draw_faces(np.zeros((100, 100, 3), np.uint8), [outside], bars=False).any() or box[2] == 0
