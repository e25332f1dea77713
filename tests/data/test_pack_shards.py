"""Images and ids of shards, read when they are asked for."""

from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.pack_shards import ShardedIds, ShardedImages, joined_more, read_rows
from asdcfer.data.sample import sample_pack


def test_rows_are_counted_through_the_shards() -> None:
    pack = sample_pack()
    images = ShardedImages([pack.path] * 3, [1500] * 3, (48, 48))
    assert (len(images), images.ndim, images.dtype) == (4500, 3, np.dtype(np.uint8))
    rows = np.array([4499, 0, 1500, 1499])
    assert np.array_equal(images[rows], pack.images[rows % 1500])
    assert np.array_equal(images[rows, 3], pack.images[rows % 1500, 3])
    assert np.array_equal(images.shard(2), pack.images)
    ids = ShardedIds([pack.path] * 2, [1500] * 2)
    assert len(ids) == 3000
    assert ids[1501] == pack.ids[1] == ids[-1499]


def test_what_one_shard_does_not_know_is_none() -> None:
    assert joined_more([{}, {"group": ["a", None]}], [1, 2]) == {"group": [None, "a", None]}
    assert joined_more([{}, {}], [1, 2]) == {}


def test_rows_are_read_in_any_order_and_a_file_that_ends_is_told(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (9, 4, 5, 3), dtype=np.uint8)
    images.tofile(tmp_path / "images.u8")
    for rows in ([], [3], [0, 1, 2, 3], [8, 7, 6], [2, 2, 3, 0, 1, 8], list(range(9))):
        found = read_rows(tmp_path / "images.u8", np.array(rows, np.int64), (4, 5, 3))
        assert np.array_equal(found, images[rows])
        assert found.shape == (len(rows), 4, 5, 3)
    with pytest.raises(OSError, match="ends before image 9"):
        read_rows(tmp_path / "images.u8", np.array([7, 8, 9]), (4, 5, 3))
