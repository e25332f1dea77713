"""Faces of image files: cut out by their boxes, in order, with what is known of them."""

from pathlib import Path

import numpy as np

from asdcfer.data.datasets.decode_ahead import Decoded
from asdcfer.data.datasets.folder_walk import Box, Item
from asdcfer.data.datasets.source import Options
from asdcfer.data.pack_writing import Skipped
from tests.data.trees import face, save


def test_boxes_are_cut_and_those_outside_are_listed(tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", 0, (40, 60, 3))
    skipped: list[Skipped] = []
    items = [
        Item(file, "pixels", box=Box(10, 0, 50, 40), more=(("group", "P1"),)),
        Item(file, "parts", box=Box(1 / 6, 0, 5 / 6, 1, relative=True), votes=(0.25, 0.75)),
        Item(file, "outside", box=Box(100, 0, 150, 40)),
        Item(file, "whole", label=1),
    ]
    faces = list(Decoded(items, Options(size=40, color=True), skipped))
    assert [one.source_id for one in faces] == ["pixels", "parts", "whole"]
    assert np.array_equal(faces[0].image, face(0, (40, 60, 3))[:, 10:50])
    assert np.array_equal(faces[0].image, faces[1].image)
    assert faces[0].more == {"group": "P1"}
    assert faces[1].votes is not None
    assert skipped == [Skipped("outside", "box outside the picture")]


def test_a_box_names_the_one_face_that_is_searched_for(tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", 0, (100, 100, 3))
    seen = []

    def crop(image: np.ndarray) -> list[np.ndarray]:
        seen.append(image.shape)
        return [image, image]

    items = [Item(file, "a", box=Box(20, 20, 60, 60))]
    assert len(list(Decoded(items, Options(size=8, crop=crop), []))) == 1
    assert seen == [(60, 60, 3)]
