import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.recognition.picture import picture


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3)])
def test_gray_and_color_become_rgb(shape):
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    given = picture(array)
    assert given.shape == (4, 5, 3)
    assert given.flags.c_contiguous
    assert np.array_equal(given, np.broadcast_to(array.reshape(4, 5, -1), (4, 5, 3)))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (np.zeros((4, 4, 3), np.float32), "multiply by 255"),
        (np.zeros((4, 4, 4), np.uint8), "alpha"),
        (np.zeros((2, 4, 4, 3), np.uint8), "give a list"),
        (np.zeros((0, 4, 3), np.uint8), "shape"),
        (np.zeros(4, np.uint8), "shape"),
    ],
)
def test_what_is_no_picture_is_named(wrong, reason):
    with pytest.raises(InputError, match=reason):
        picture(wrong)
