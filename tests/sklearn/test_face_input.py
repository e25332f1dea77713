"""What faces may be, and one line for what they may not be."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from asdcfer.data.image_io import ImageError
from asdcfer.errors import InputError
from asdcfer.models.preprocessing import Preprocessing
from asdcfer.sklearn.face_input import check_faces, pixels_of


def test_forms() -> None:
    gray = np.zeros((2, 9, 8), np.uint8)
    assert check_faces(gray) is gray
    assert check_faces(torch.from_numpy(gray)).shape == (2, 9, 8)
    assert [face.shape for face in check_faces([gray[0], np.zeros((5, 5, 3), np.uint8)])] == [
        (9, 8),
        (5, 5, 3),
    ]
    assert check_faces(gray.reshape(2, 72)[:, :64]).shape == (2, 8, 8)
    assert check_faces([Path("a.png"), "b.png"]) == ["a.png", "b.png"]
    assert check_faces(np.array(["a.png", "b.png"])) == ["a.png", "b.png"]
    assert check_faces(np.array([["a.png"], ["b.png"]], object)) == ["a.png", "b.png"]
    assert check_faces(("a.png", "b.png")) == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("faces", "told"),
    [
        ("a.png", r"give \['a.png'\]"),
        (Path("a.png"), "faces are a list"),
        ([], "there is no face"),
        (np.zeros((0, 8, 8), np.uint8), "there is no face"),
        (np.zeros((2, 65), np.uint8), "rows of 65 numbers are no faces"),
        (np.zeros((2, 49), np.uint8), "S of 8 or more"),
        (["a.png", np.zeros((8, 8), np.uint8)], "not some of each"),
        (np.array([["a", "b"]]), "paths are one column"),
        (7, "not a int"),
    ],
)
def test_what_is_no_faces_is_told(faces, told) -> None:
    with pytest.raises(InputError, match=told):
        check_faces(faces)


@pytest.mark.parametrize(("channels", "shape"), [(1, (16, 16)), (3, (16, 16, 3))])
def test_pictures_come_in_the_size_and_the_channels_of_the_encoder(tmp_path, channels, shape):
    Image.new("RGB", (40, 30)).save(tmp_path / "a.png")
    wanted = Preprocessing(size=16, channels=channels)
    paths = [str(tmp_path / "a.png"), str(tmp_path / "none.png")]
    (one,) = pixels_of(paths, 0, 1, wanted)
    assert one.shape == shape
    with pytest.raises(ImageError, match="no such file"):
        pixels_of(paths, 1, 2, wanted)
    gray = np.arange(3 * 64, dtype=np.uint8).reshape(3, 8, 8)
    assert np.array_equal(pixels_of(gray, 1, 2, wanted), gray[1:2])
