"""Central faces: the middle of each cluster first, the clusters by turns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.selection.central import central_rows
from asdcfer.selection.typical import clustered


@pytest.mark.slow
@settings(max_examples=25)
@given(seed=st.integers(0, 1000), size=st.integers(2, 30))
def test_the_first_round_takes_the_middle_of_each_cluster_the_largest_first(seed, size) -> None:
    points = np.random.default_rng(seed).normal(size=(size, 3)).astype(np.float32)
    count = size // 2
    found = central_rows(points, count, seed=seed)
    clusters = clustered(points, count, seed)
    middles = []
    for cluster in set(clusters.tolist()):
        rows = [row for row in range(size) if clusters[row] == cluster]
        mean = sum(points[row] for row in rows) / len(rows)
        away = [float(((points[row] - mean) ** 2).sum()) for row in rows]
        middles.append((-len(rows), cluster, rows[away.index(min(away))]))
    wanted = [row for *_, row in sorted(middles)]
    assert found[: len(wanted)].tolist() == wanted[:count]
    assert len(set(found.tolist())) == count


def test_groups_apart_give_one_face_each_and_those_with_a_label_wait() -> None:
    points = np.repeat([[0.0, 0], [50, 0], [0, 50]], [30, 20, 10], axis=0).astype(np.float32)
    points += np.random.default_rng(0).normal(size=points.shape).astype(np.float32)
    assert (np.searchsorted([30, 50, 60], central_rows(points, 3), "right")).tolist() == [0, 1, 2]
    found = central_rows(points, 2, taken=[4])
    assert (np.searchsorted([30, 50, 60], found, "right")).tolist() == [1, 2]


def test_all_are_given_and_more_are_refused() -> None:
    points = np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32)
    assert sorted(central_rows(points, 7, taken=[0, 5]).tolist()) == [1, 2, 3, 4, 6, 7, 8]
    assert central_rows(points, 0).tolist() == []
    with pytest.raises(ValueError, match="8 points are wanted and 7 are free"):
        central_rows(points, 8, taken=[0, 5])
