"""The sheet of selected faces shows each face where it should be."""

import numpy as np
import pytest
from PIL import Image

from asdcfer.selection.face_sheet import COLUMNS, THUMBNAIL, draw_faces


@pytest.mark.parametrize("count", [1, 10, 11, 300])
def test_faces_lie_in_rows_in_their_order(tmp_path, count) -> None:
    faces = [np.full((9, 9), 40 + i % 200, np.uint8) for i in range(count)]
    draw_faces(tmp_path / "s.png", faces, ["a very long caption, cut in the end"] * count)
    sheet = np.asarray(Image.open(tmp_path / "s.png"))
    across = min(count, COLUMNS)
    width, height = sheet.shape[1] // across, sheet.shape[0] // -(-min(count, 200) // COLUMNS)
    for i in range(min(count, 200)):
        row, column = divmod(i, COLUMNS)
        middle = sheet[height * row + THUMBNAIL // 2, width * column + THUMBNAIL // 2]
        assert (middle == 40 + i % 200).all()


def test_color_stays(tmp_path) -> None:
    face = np.zeros((9, 9, 3), np.uint8)
    face[..., 0] = 200
    draw_faces(tmp_path / "s.png", [face], ["a"])
    assert np.asarray(Image.open(tmp_path / "s.png"))[40, 40].tolist() == [200, 0, 0]
