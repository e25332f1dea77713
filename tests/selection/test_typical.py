"""TypiClust against a slow version of it, and by what it promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.selection import typical
from asdcfer.selection.typical import SMALLEST, clustered, typical_rows, typicality
from tests.reference import selection as reference


@given(seed=st.integers(0, 10_000), size=st.integers(1, 40), neighbors=st.integers(1, 25))
def test_typicality_is_that_of_the_slow_version(seed, size, neighbors) -> None:
    points = np.random.default_rng(seed).normal(size=(size, 3))
    wanted = reference.typicality(points.tolist(), neighbors)
    np.testing.assert_allclose(typicality(points, neighbors), wanted, rtol=1e-6)


@given(seed=st.integers(0, 10_000), size=st.integers(1, 40), clusters=st.integers(1, 8))
def test_it_takes_what_the_slow_version_takes(seed, size, clusters) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(size, 3))
    names = rng.integers(0, clusters, size)
    taken = rng.permutation(size)[: rng.integers(0, size)]
    count = int(rng.integers(1, size - len(taken) + 1))
    found = typical_rows(points, names, count, taken=taken)
    wanted = reference.typical(points.tolist(), names.tolist(), count, taken.tolist(), SMALLEST)
    assert found.tolist() == wanted


def test_the_middle_of_the_largest_cluster_comes_first() -> None:
    rng = np.random.default_rng(0)
    points = np.r_[rng.normal(0, 1, (60, 2)), rng.normal(50, 1, (30, 2)), [[500, 500]]]
    clusters = np.repeat([0, 1, 2], [60, 30, 1])
    first, second, third = typical_rows(points, clusters, 3)
    assert (clusters[first], clusters[second]) == (0, 1)
    assert np.linalg.norm(points[first]) < 1
    # What lies apart waits until nothing else is left.
    assert clusters[third] == 0
    assert typical_rows(points, clusters, 91)[-1] == 90


def test_faces_with_a_label_cover_their_cluster() -> None:
    points = np.random.default_rng(0).normal(size=(40, 2))
    clusters = np.repeat([0, 1], [30, 10])
    assert clusters[typical_rows(points, clusters, 1, taken=[3])[0]] == 1


def test_large_clusters_are_compared_in_part_and_returned_whole(monkeypatch) -> None:
    monkeypatch.setattr(typical, "MOST_COMPARED", 10)
    points = np.random.default_rng(0).normal(size=(50, 2))
    found = typical_rows(points, np.zeros(50, int), 50, seed=3)
    assert sorted(found) == list(range(50))
    assert np.array_equal(typical_rows(points, np.zeros(50, int), 50, seed=3), found)


def test_more_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="3 points are wanted and 2 are free"):
        typical_rows(np.zeros((3, 2)), np.zeros(3, int), 3, taken=[0])


@pytest.mark.parametrize("count", [1, 4, 60, 500])
def test_clusters_are_found_and_points_of_one_place_stay_together(count) -> None:
    places = np.random.default_rng(0).normal(size=(4, 3)) * 10
    points = places[np.arange(200) % 4].astype(np.float32)
    found = clustered(points, count, seed=1)
    assert found.shape == (200,)
    assert all(len(set(found[i::4])) == 1 for i in range(4))
    if count == 4:
        assert len(set(found[:4])) == 4
    assert np.array_equal(found, clustered(points, count, seed=1))
