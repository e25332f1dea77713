"""Faces to label: in which order, which neighbors in time, from a pack or from a folder."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.errors import DataError
from asdcfer.expressions import EXPRESSIONS
from asdcfer.selection.faces_to_label import faces_of_folder, faces_of_pack
from asdcfer.selection.pick_list import Listed

IDS = ["v.mp4#1@2", "v.mp4#1@0.5", "v.mp4#2@1", "v.mp4#1@1", "v.mp4#1@3.25", "v.mp4#1@9", "a.png"]


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """Five moments of a track out of order, one of another, and a photo; the last has a label."""
    items = [
        PackItem(np.full((8, 8), row, np.uint8), name, "train", 1 if name == "a.png" else -1)
        for row, name in enumerate(IDS)
    ]
    return load_pack(
        write_pack(tmp_path / "pack", items, expressions=["calm", "tense"], source={"name": "x"})
    )


def test_a_pack_gives_the_faces_without_a_label_in_its_order(pack: Pack) -> None:
    faces = faces_of_pack(pack)
    assert faces.ids == IDS[:-1]
    assert (faces.words, faces.count) == (("calm", "tense"), 7)
    assert [int(faces.picture(row)[0, 0]) for row in faces.pictures] == [0, 1, 2, 3, 4, 5]
    pack.labels = np.zeros(7, np.int64)
    assert faces_of_pack(pack).ids == IDS


def test_neighbors_are_the_nearest_moments_of_the_same_track(pack: Pack) -> None:
    before, after = faces_of_pack(pack).neighbors(0)
    assert [(one.picture, one.seconds) for one in before] == [(1, -1.5), (3, -1.0)]
    assert [(one.picture, one.seconds) for one in after] == [(4, 1.25), (5, 7.0)]
    before, after = faces_of_pack(pack).neighbors(1)
    assert (before, [one.picture for one in after]) == ([], [3, 0])
    assert faces_of_pack(pack).neighbors(2) == ([], [])


def test_a_list_gives_its_faces_in_its_order_labeled_or_not(pack: Pack) -> None:
    faces = faces_of_pack(pack, [Listed("a.png", ""), Listed(IDS[3], "", "calm")])
    assert faces.ids == ["a.png", IDS[3]]
    assert faces.pictures.tolist() == [6, 3]
    assert faces.suggestions == {IDS[3]: "calm"}
    assert faces.neighbors(0) == ([], [])
    with pytest.raises(DataError, match=r"1 of 2 faces of the list .*, the first nobody"):
        faces_of_pack(pack, [Listed("nobody", ""), Listed("a.png", "")])


@pytest.mark.parametrize(
    ("about", "words"),
    [('{"expressions": ["calm", "tense"]}', ("calm", "tense")), ("[]", EXPRESSIONS)],
)
def test_a_folder_of_pick_needs_no_pack(tmp_path: Path, about: str, words: tuple) -> None:
    (tmp_path / "faces").mkdir()
    for name, gray in (("1", 10), ("2", 20)):
        Image.fromarray(np.full((6, 6), gray, np.uint8)).save(tmp_path / f"faces/{name}.png")
    (tmp_path / "to_label.csv").write_text(
        "file,id,suggestion\nfaces/2.png,b,sad\nfaces/1.png,a,\n"
    )
    (tmp_path / "picked.json").write_text(about)
    faces = faces_of_folder(tmp_path)
    assert (faces.ids, faces.words, faces.suggestions) == (["b", "a"], words, {"b": "sad"})
    assert [int(faces.picture(number).max()) for number in range(2)] == [20, 10]
    assert faces.neighbors(1) == ([], [])
    (tmp_path / "to_label.csv").write_text("file,id\n")
    with pytest.raises(DataError, match="holds no face"):
        faces_of_folder(tmp_path)
