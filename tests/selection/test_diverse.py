"""k-means++ against a slow version of it, and by what it promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.selection import diverse
from asdcfer.selection.diverse import diverse_rows, margins
from tests.reference import selection as reference


@given(
    seed=st.integers(0, 10_000),
    size=st.integers(1, 25),
    taken=st.integers(0, 5),
    weighted=st.booleans(),
    copies=st.booleans(),
)
def test_it_draws_what_the_slow_version_draws(seed, size, taken, weighted, copies) -> None:
    rng = np.random.default_rng(seed)
    # Whole numbers, so that both sums are exact.
    points = rng.integers(0, 2 if copies else 9, (size, 3)).astype(np.float32)
    held = rng.permutation(size)[: min(taken, size - 1)]
    weights = rng.integers(0, 4, size).astype(float) if weighted else np.ones(size)
    count = int(rng.integers(1, size - len(held) + 1))
    found = diverse_rows(
        points,
        count,
        np.random.default_rng(seed),
        taken=held,
        weights=weights if weighted else None,
    )
    random = np.random.default_rng(seed).random
    assert found.tolist() == reference.diverse(
        points.tolist(), count, random, held.tolist(), weights.tolist()
    )
    assert len({*found.tolist(), *held.tolist()}) == count + len(held)


def test_parts_change_nothing(monkeypatch) -> None:
    points = np.random.default_rng(0).normal(size=(100, 5))
    whole = diverse_rows(points, 20, np.random.default_rng(1))
    monkeypatch.setattr(diverse, "_PART", 7)
    assert np.array_equal(diverse_rows(points, 20, np.random.default_rng(1)), whole)


def test_groups_far_apart_are_each_met_before_one_is_met_twice() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(8), 50)
    points = np.eye(8)[groups] * 1000 + rng.normal(size=(400, 8))
    drawn = diverse_rows(points, 8, rng)
    assert sorted(groups[drawn]) == list(range(8))
    more = diverse_rows(points, 5, rng, taken=drawn[:3])
    assert sorted([*groups[drawn[:3]], *groups[more]]) == list(range(8))


def test_what_weighs_nothing_is_drawn_last() -> None:
    points = np.random.default_rng(0).normal(size=(30, 2))
    weights = np.r_[np.zeros(20), np.ones(10)]
    drawn = diverse_rows(points, 30, np.random.default_rng(0), weights=weights)
    assert set(drawn[:10].tolist()) == set(range(20, 30))


def test_more_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="4 points are wanted and 2 are free"):
        diverse_rows(np.zeros((3, 2)), 4, np.random.default_rng(0), taken=[1])


def test_margins() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), 20)
    ordered = np.sort(probabilities, axis=1)
    np.testing.assert_allclose(margins(probabilities), ordered[:, -1] - ordered[:, -2])
    assert margins(np.ones((2, 1))).tolist() == [1, 1]
