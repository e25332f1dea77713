"""Which faces of a pack were labeled: by id, file name or pixels; and who belongs together."""

import numpy as np
import pytest
from PIL import Image

from asdcfer.adaptation.given_labels import given_labels, labels_of_pack
from asdcfer.adaptation.label_list import LabelEntry, read_labels
from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.errors import DataError
from tests.factories import Heard

IDS = ("a/x.png", "b/x.png", "c/y.png", "film.mp4#0@1", "film.mp4#0@2.5", "film.mp4#1@2", "z")


@pytest.fixture
def pack(tmp_path):
    rng = np.random.default_rng(0)
    items = [
        PackItem(rng.integers(0, 256, (8, 8), dtype=np.uint8), name, more={"group": "Ann"})
        if name == "z"
        else PackItem(rng.integers(0, 256, (8, 8), dtype=np.uint8), name)
        for name in IDS
    ]
    write_pack(tmp_path / "pack", items, expressions=["happy"], source={"name": "x"})
    return load_pack(tmp_path / "pack")


def entries(*pairs, group=None):
    return [LabelEntry(name, label, f"line {i}", group) for i, (name, label) in enumerate(pairs, 2)]


@pytest.mark.parametrize(
    ("name", "row"),
    [("a/x.png", 0), ("y.png", 2), ("y", 2), ("deep/down/y.jpg", 2), ("film.mp4#0@2.5", 4)],
)
def test_faces_are_found_by_id_and_by_file_name(pack, name, row):
    given = given_labels(pack, entries((name, "happy"), ("z", "sad")))
    assert given.rows.tolist() == [row, 6]
    assert [given.names[label] for label in given.labels] == ["happy", "sad"]


def test_faces_of_one_video_or_person_are_one_group(pack):
    said = entries(*((name, label) for name, label in zip(IDS[2:6], "aabb", strict=True)))
    given = given_labels(pack, said)
    assert given.grouped_by == "video"
    assert len(set(given.groups[1:].tolist())) == 1
    assert given.groups[0] != given.groups[1]
    by_person = given_labels(pack, entries(("c/y.png", "a"), ("a/x.png", "b"), group="Bo"))
    assert (by_person.grouped_by, len(set(by_person.groups))) == ("person", 1)
    assert given_labels(pack, entries(("z", "a"), ("c/y.png", "b"))).grouped_by == "person"
    assert given_labels(pack, entries(("a/x.png", "a"), ("c/y.png", "b"))).grouped_by == ""


def test_pictures_are_found_by_their_pixels(pack, tmp_path):
    for row, label in ((0, "happy"), (5, "pain")):
        (tmp_path / "sorted" / label).mkdir(parents=True)
        Image.fromarray(np.asarray(pack.images[row])).save(tmp_path / "sorted" / label / "1.png")
    given = given_labels(pack, read_labels(tmp_path / "sorted"))
    assert (given.rows.tolist(), given.names) == ([0, 5], ("happy", "pain"))


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ([("none.png", "a"), ("nobody", "b")], "2 of 2 labels name no face .* its ids are such as"),
        ([("z", "a"), ("z", "b")], r"z is labeled a \(line 2\) and b \(line 3\); say which"),
        ([("z", "a"), ("y", "a")], "all 2 labels say a; .* two classes"),
        ([("x.png", "a"), ("y", "b")], "may be 2 faces"),
    ],
)
def test_bad_labels_are_one_line(pack, pairs, told):
    with pytest.raises(DataError, match=told):
        given_labels(pack, entries(*pairs))


def test_names_of_no_face_are_told_and_left_out(pack):
    heard = Heard()
    given = given_labels(pack, entries(("z", "a"), ("y", "b"), ("gone.png", "a")), heard)
    assert len(given.rows) == 2
    assert heard.lines[0].startswith("1 of 3 labels name no face")


def test_a_pack_without_labels_of_its_own(pack):
    with pytest.raises(DataError, match="holds no labels of its own"):
        labels_of_pack(pack)
