"""Faces of several packs in one size, read when they are asked for."""

import numpy as np

from asdcfer.data.comparable_faces import ComparableFaces
from asdcfer.data.pack import Pack
from asdcfer.data.perceptual_hash import comparable, perceptual_hash


def test_rows_count_through_the_packs_in_any_order(packs: list[Pack]) -> None:
    faces = ComparableFaces(packs)
    whole = np.concatenate([comparable(pack.images) for pack in packs])
    assert len(faces) == len(whole) == 12
    for rows in (np.array([11, 0, 7, 6, 0]), np.arange(12), np.empty(0, np.int64)):
        assert np.array_equal(faces[rows], whole[rows])
    assert np.array_equal(faces[3:9], whole[3:9])
    assert np.array_equal(perceptual_hash(faces).bits, perceptual_hash(whole).bits)


def test_some_rows_stand_for_all(packs: list[Pack]) -> None:
    chosen = np.array([9, 2, 5])
    faces, whole = ComparableFaces(packs, chosen), ComparableFaces(packs)
    assert len(faces) == 3
    assert np.array_equal(faces[np.array([2, 0])], whole[np.array([5, 9])])
