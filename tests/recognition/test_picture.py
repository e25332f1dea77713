import io

import numpy as np
import pytest
import torch
from PIL import Image

from asdcfer.errors import InputError
from asdcfer.recognition.picture import any_picture, holds_pixels, picture


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


PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)


class Table:
    """As much of a DataFrame as tells it from a picture."""

    iloc = None

    def __array__(self, dtype=None, copy=None):
        return np.zeros((4, 4), np.uint8)

    def __iter__(self):
        return iter(["file"])


@pytest.mark.parametrize(
    "given",
    [
        torch.from_numpy(PIXELS),
        torch.from_numpy(PIXELS).permute(2, 0, 1),
        torch.from_numpy(PIXELS).permute(2, 0, 1).contiguous(),
        Image.fromarray(PIXELS),
    ],
)
def test_tensors_and_pictures_of_pillow_are_pictures(given):
    assert holds_pixels(given)
    assert np.array_equal(picture(given), PIXELS)
    assert np.array_equal(any_picture(given, 100), PIXELS)


def test_gray_tensors():
    gray = torch.from_numpy(PIXELS[..., 0].copy())
    for given in (gray, gray[None], gray[..., None]):
        assert np.array_equal(picture(given), np.repeat(PIXELS[..., :1], 3, 2))


def test_a_picture_of_pillow_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(np.rot90(PIXELS)).save(file, "PNG", exif=exif)
    assert np.array_equal(picture(Image.open(file)), PIXELS)
    assert np.array_equal(any_picture(memoryview(file.getvalue()), 100), PIXELS)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (torch.zeros(3, 6, 8), "not float32"),
        (torch.zeros(2, 3, 6, 8, dtype=torch.uint8), "give a list"),
        (torch.zeros(4, 6, 8, dtype=torch.uint8), "alpha"),
        (torch.zeros(3, 6, 8, dtype=torch.bfloat16), "BFloat16|cannot be read"),
        (np.zeros((3, 6, 8), np.uint8), "channels come last"),
        ("a.jpg", "for files give a list"),
        ({"image": 1}, "not dict"),
    ],
)
def test_what_is_wrong_with_pixels_is_said(given, said):
    with pytest.raises(InputError, match=said):
        picture(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Table(), r"list\(table\['file'\]\)"),
        ({"file": "a.jpg"}, "not dict"),
        ({1, 2}, "not set"),
        (7, "not int"),
        (None, "not NoneType"),
    ],
)
def test_what_is_no_picture_is_refused_at_once(recognizer, given, said):
    with pytest.raises(InputError, match=said):
        recognizer(given)
    with pytest.raises(InputError):
        recognizer([given])


def test_the_recognizer_takes_tensors_alone_in_lists_and_as_frames(recognizer):
    gray = torch.full((3, 80, 90), 100, dtype=torch.uint8)
    assert recognizer(gray) == []
    assert recognizer([gray, Image.new("RGB", (80, 90))]) == [[], []]
    assert list(recognizer(iter([gray]))) == [[]]


def test_open_files_are_read(tmp_path, recognizer):
    """What web frameworks give for an upload has no path."""
    pixels = np.random.default_rng(0).integers(0, 256, (9, 8, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    with open(tmp_path / "a.png", "rb") as file:
        assert np.array_equal(any_picture(file, 1000), pixels)
    data = (tmp_path / "a.png").read_bytes()
    assert np.array_equal(any_picture(io.BytesIO(data), 1000), pixels)
    assert isinstance(recognizer(io.BytesIO(data)), list)
    assert len(recognizer([io.BytesIO(data), data])) == 2
    with pytest.raises(InputError, match="open it with mode 'rb'"):
        any_picture(io.StringIO("text"), 1000)
    with pytest.raises(InputError, match="zero bytes"):
        any_picture(io.BytesIO(), 1000)
