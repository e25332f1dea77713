"""Blocks of a pack hold its faces once each, in order, from wherever they are taken up."""

from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.pack import Pack
from asdcfer.embedding import face_blocks
from asdcfer.embedding.face_blocks import PackBlocks
from asdcfer.errors import DataError
from tests.evaluation.standin import toy_pack


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    return toy_pack(tmp_path / "pack", {"train": 23, "public": 7})


@pytest.mark.parametrize("start", [0, 1, 10, 29, 30])
@pytest.mark.parametrize("at_once", [1, 7, 100])
def test_every_face_once_and_in_order(pack, start, at_once, monkeypatch) -> None:
    monkeypatch.setattr(face_blocks, "ROWS", at_once)
    blocks = list(PackBlocks(pack).blocks(start))
    assert all(len(block.rows) == len(block.images) == block.inputs for block in blocks)
    assert all(len(block.images) <= at_once for block in blocks)
    assert [row["id"] for block in blocks for row in block.rows] == pack.ids[start:]
    images = [image for block in blocks for image in block.images]
    assert np.array_equal(np.array(images).reshape(-1, 24, 24), pack.images[start:])


def test_splits_are_taken_alone_and_named(pack) -> None:
    (block,) = PackBlocks(pack, ["public"]).blocks(0)
    assert block.rows[0] == {"id": "public0023", "split": "public", "expression": "angry"}
    assert np.array_equal(block.images, pack.images[23:])


def test_faces_without_a_label_have_no_expression(tmp_path) -> None:
    unlabeled = toy_pack(tmp_path / "u", {"train": 2}, labeled=False)
    (block,) = PackBlocks(unlabeled).blocks(0)
    assert [row["expression"] for row in block.rows] == [None, None]


def test_other_faces_other_splits_and_other_ids_have_another_identity(pack, tmp_path) -> None:
    same = toy_pack(tmp_path / "again", {"train": 23, "public": 7})
    other = toy_pack(tmp_path / "other", {"train": 23, "public": 7}, seed=1)
    assert PackBlocks(same).identity == PackBlocks(pack).identity
    assert PackBlocks(other).identity != PackBlocks(pack).identity
    assert PackBlocks(pack, ["train"]).identity != PackBlocks(pack).identity


def test_a_split_that_is_not_there_is_told(pack) -> None:
    with pytest.raises(DataError, match="no split 'private'"):
        PackBlocks(pack, ["private"])
