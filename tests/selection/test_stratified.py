"""Stratified faces: shares of the strata, which faces of each, and what was taken before."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.selection.stratified import strata_counts, stratified_rows

POINTS = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)


def said(sizes: list[int], sure: float = 0.9) -> np.ndarray:
    """What a model says of as many faces of each class, in their order."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    rest = (1 - sure) / (len(sizes) - 1)
    return np.where(np.eye(len(sizes))[labels] > 0, sure, rest)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=8), st.integers(0, 90))
def test_counts_add_up_and_follow_the_square_roots(sizes, wanted) -> None:
    count = min(wanted, sum(sizes))
    found = strata_counts(sizes, count)
    assert found.sum() == count
    assert all(0 <= each <= size for each, size in zip(found, sizes, strict=True))
    if min(sizes) > count:
        shares = count * np.sqrt(sizes) / np.sqrt(sizes).sum()
        assert np.abs(found - shares).max() <= len(sizes)
    for (size, each), (other, fewer) in itertools.product(zip(sizes, found, strict=True), repeat=2):
        assert size <= other or each >= fewer


def test_a_rare_class_gets_more_than_its_share_and_the_first_are_mixed() -> None:
    found = stratified_rows(POINTS, said([180, 20]), 12)
    labels = (found >= 180).astype(int)
    assert np.bincount(labels).tolist() == [9, 3]
    assert set(labels[:4].tolist()) == {0, 1}
    assert np.array_equal(found, stratified_rows(POINTS, said([180, 20]), 12))


def test_faces_of_which_the_model_is_surer_come_first() -> None:
    probabilities = said([100, 100])
    probabilities[50:100] = [0.6, 0.4]
    probabilities[150:] = [0.4, 0.6]
    found = stratified_rows(POINTS, probabilities, 20)
    assert ((found % 100) < 50).all()
    # Where the surer half leaves no choice, all are looked at.
    assert len(set(stratified_rows(POINTS, probabilities, 150).tolist())) == 150


def test_what_is_there_counts_for_its_class() -> None:
    taken = np.arange(20)
    found = stratified_rows(POINTS, said([100, 100]), 10, taken=taken)
    assert (found >= 100).all()
    assert len(set(found.tolist())) == 10
    every = stratified_rows(POINTS, said([100, 100]), 180, taken=taken)
    assert sorted(every.tolist()) == list(range(20, 200))
    with pytest.raises(ValueError, match="181 points are wanted and 180 are free"):
        stratified_rows(POINTS, said([100, 100]), 181, taken=taken)
