import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.recognition import camera


def test_no_camera_is_one_clear_line(capfd):
    with pytest.raises(InputError, match="no camera 87"):
        next(camera.camera_frames(87))
    assert capfd.readouterr().err == ""


def test_a_camera_gives_rgb_until_its_time_is_over(monkeypatch):
    class Camera:
        def __init__(self, number):
            self.left = 5

        def isOpened(self):  # noqa: N802 # the name that OpenCV gives it
            return True

        def set(self, *_):
            return True

        def read(self):
            self.left -= 1
            return self.left >= 0, np.full((4, 4, 3), (255, 0, 0), np.uint8)

        def release(self):
            self.left = -1

    monkeypatch.setattr(camera.cv2, "VideoCapture", Camera)
    seen = []
    with pytest.raises(InputError, match="stopped after 5 frames"):
        seen.extend(camera.camera_frames())
    assert [frame.index for frame in seen] == list(range(5))
    assert seen[0].image[0, 0].tolist() == [0, 0, 255]
    assert list(camera.camera_frames(seconds=0)) == []
