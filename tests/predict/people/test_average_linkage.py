"""Average linkage: against the book's version; pairs that cannot join never do."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asdcfer.predict.people.average_linkage import average_linkage
from tests.reference.average_linkage import average_linkage as by_the_book


def as_sets(groups: np.ndarray) -> list[set[int]]:
    return sorted(
        ({int(i) for i in np.flatnonzero(groups == group)} for group in np.unique(groups)), key=min
    )


@given(st.integers(0, 10_000), st.integers(1, 14), st.floats(0.1, 2), st.integers(0, 12))
def test_groups_are_those_of_the_book(seed, count, threshold, pairs):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, 2))
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    apart = {tuple(map(int, rng.integers(0, count, 2))) for _ in range(pairs)}
    apart = {(a, b) for a, b in apart if a != b}
    found = average_linkage(distances, threshold, apart)
    assert as_sets(found) == sorted(by_the_book(distances, threshold, apart), key=min)
    assert all(found[a] != found[b] for a, b in apart)


def test_groups_are_numbered_by_their_first_members():
    distances = np.array([[0, 9, 9, 1], [9, 0, 1, 9], [9, 1, 0, 9], [1, 9, 9, 0]], float)
    assert average_linkage(distances, 2).tolist() == [0, 1, 1, 0]
    assert average_linkage(np.zeros((0, 0)), 1).tolist() == []
    assert average_linkage(np.zeros((1, 1)), 1).tolist() == [0]


def test_a_group_is_no_nearer_than_its_mean_says():
    points = np.array([0, 1, 2, 3.9])
    distances = np.abs(points[:, None] - points)
    # 3.9 lies 1.9 from its neighbor, but 2.9 from the group of three
    assert average_linkage(distances, 2).tolist() == [0, 0, 0, 1]
    assert average_linkage(distances, 1.4).tolist() == [0, 0, 1, 2]
