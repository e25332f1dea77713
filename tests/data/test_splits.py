"""Roles of splits, and rows taken from them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.sample import sample_pack
from asdcfer.data.splits import evenly_spaced, held_out, task_of
from asdcfer.errors import DataError


@given(st.integers(0, 300), st.integers(1, 300))
def test_evenly_spaced_rows_are_in_order_and_nowhere_twice_as_far_apart(length, count) -> None:
    rows = evenly_spaced(np.arange(length), count)
    assert len(rows) == min(length, count)
    gaps = np.diff(rows)
    assert (gaps >= 1).all()
    assert gaps.size == 0 or gaps.max() - gaps.min() <= 1


def test_the_sample_is_tuned_on_public_and_reported_on_private() -> None:
    task = task_of(sample_pack())
    assert (task.validation_name, task.test_name, task.refit) == ("public", "private", False)
    assert task.has_union
    parts = np.concatenate([task.train, task.validation, task.test])
    assert sorted(parts.tolist()) == list(range(1500))


def test_held_out_rows_are_a_tenth_of_each_expression() -> None:
    labels = np.repeat([0, 1, 2], [50, 20, 1])
    rows = held_out(labels, np.arange(71), seed=3)
    assert np.bincount(labels[rows], minlength=3).tolist() == [5, 2, 0]
    assert np.array_equal(rows, held_out(labels, np.arange(71), seed=3))


def test_labels_without_a_face_of_a_split_are_named() -> None:
    pack = sample_pack()
    labels = np.where(pack.split == "private", -1, pack.labels)
    with pytest.raises(DataError, match=r"split 'private' .* has no labeled image"):
        task_of(pack, labels)


def test_a_pack_of_one_split_is_answered_with_what_to_do(tmp_path) -> None:
    black = np.zeros((48, 48), np.uint8)
    faces = [PackItem(black, f"row {i}", "train", i % 2) for i in range(4)]
    write_pack(tmp_path / "one", faces, expressions=["happy", "sad"], source={"name": "mine"})
    with pytest.raises(DataError, match=r"no split 'private' or 'test' to report on; .*`labels=pa"):
        task_of(load_pack(tmp_path / "one"))
