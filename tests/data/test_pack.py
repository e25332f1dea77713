"""Packs come back as they were written, and are refused clearly where they are not whole."""

from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, Skipped, write_pack
from asdcfer.errors import DataError
from asdcfer.files import sha256
from tests.data.pack_faces import NAMES, faces
from tests.data.trees import face


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    pack = load_pack(
        write_pack(
            tmp_path / "p",
            faces(votes=True),
            expressions=NAMES,
            source={"kind": "test"},
            skipped=[Skipped("x", "why")],
        )
    )
    assert np.array_equal(pack.images, np.stack([face(i) for i in range(6)]))
    assert pack.labels.dtype == np.int64
    assert pack.labels.tolist() == [-1, 0, 1, -1, 0, 1]
    assert pack.split.tolist() == ["train"] * 4 + ["test"] * 2
    assert pack.splits == ["train", "test"]
    assert pack.ids == [f"row {i}" for i in range(6)]
    assert pack.expressions == NAMES
    assert len(pack) == 6
    assert pack.votes is not None
    assert pack.votes.dtype == np.float32
    assert pack.votes[0].tolist() == [0.25, 0.75]
    assert pack.rows("test").tolist() == [4, 5]
    assert pack.rows("train", "test").tolist() == list(range(6))
    assert not pack.labeled
    assert pack.info["counts"]["train"] == {"images": 4, "angry": 1, "happy": 1, "unlabeled": 2}
    assert pack.info["skipped"] == [{"source_id": "x", "reason": "why"}]
    assert all(
        sha256(tmp_path / "p" / name) == value for name, value in pack.info["hashes"].items()
    )
    assert not pack.images.flags.writeable


def test_color_images_keep_their_channels(tmp_path: Path) -> None:
    pack = load_pack(
        write_pack(
            tmp_path / "p", [PackItem(face(1, (20, 20, 3)), "a")], expressions=NAMES, source={}
        )
    )
    assert pack.images.shape == (1, 20, 20, 3)
    assert np.array_equal(pack.images[0], face(1, (20, 20, 3)))


def test_a_missing_split_is_named(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path / "p", faces(), expressions=NAMES, source={}))
    with pytest.raises(DataError, match=r"no split 'private'; it has train, test"):
        pack.rows("private")


def test_a_missing_pack_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no pack at .*asdcfer prepare"):
        load_pack(tmp_path / "p")


def test_opening_a_pack_does_not_read_its_images(tmp_path: Path) -> None:
    many = (PackItem(np.zeros((256, 256), np.uint8), str(i)) for i in range(500))
    path = write_pack(tmp_path / "p", many, expressions=NAMES, source={})
    assert isinstance(load_pack(path).images, np.memmap)


def test_what_else_is_known_is_kept_and_checked(tmp_path: Path) -> None:
    image = np.zeros((8, 8), np.uint8)
    faces = [
        PackItem(image, "a", more={"group": "P1", "valence": 0.5}),
        PackItem(image, "b"),
        PackItem(image, "c", more={"group": "P2"}),
    ]
    path = write_pack(tmp_path / "p", faces, expressions=("happy",), source={})
    pack = load_pack(path, verify=True)
    assert pack.more == {"group": ["P1", None, "P2"], "valence": [0.5, None, None]}
    (path / "more.json").write_text('{"group": ["P1"]}')
    with pytest.raises(DataError, match=r"more.json is not a value for each of the 3 images"):
        load_pack(path)


@pytest.mark.parametrize("name", ["labels.npy", "split.npy", "ids.json", "pack.json", "more.json"])
@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"[]", b"[" * 10_000])
def test_whatever_a_file_of_a_pack_holds_is_one_line(tmp_path: Path, name: str, raw: bytes) -> None:
    image = np.zeros((8, 8), np.uint8)
    faces = [PackItem(image, "a", more={"group": "P1"})]
    path = write_pack(tmp_path / "p", faces, expressions=("happy",), source={})
    (path / name).write_bytes(raw)
    with pytest.raises(DataError) as caught:
        load_pack(path)
    assert "\n" not in str(caught.value)
