"""Typical faces: one from the middle of each cluster, the largest clusters first."""

from collections.abc import Sequence

import numpy as np

NEIGHBORS = 20
MOST_CLUSTERS = 500
SMALLEST = 5
"""Clusters of fewer faces are taken last: what lies apart is often no face at all."""
MOST_COMPARED = 4096
"""Faces of a cluster that are compared with each other; of more, so many are drawn.

NOTE: our reading. The number of comparisons goes with the square of the cluster.
"""


def typicality(points: np.ndarray, neighbors: int = NEIGHBORS) -> np.ndarray:
    """Return how typical each point is: one over its mean distance from its nearest neighbors.

    Args:
        points: float (N,D).
        neighbors: of each point, fewer where there are not so many others.

    Returns:
        float64 (N,), above 0; infinite for a point with as many copies.

    Example:
        >>> typicality(np.array([[0.0], [1.0], [5.0]]), 1).tolist()
        [1.0, 1.0, 0.25]
    """
    count = len(points)
    few = min(neighbors, count - 1)
    if few < 1:
        return np.ones(count)
    points = np.asarray(points, np.float64)
    points = points - points.mean(0)
    lengths = np.einsum("ij,ij->i", points, points)
    means = np.empty(count)
    for first in range(0, count, 512):
        part = points[first : first + 512]
        squares = lengths[first : first + 512, None] + lengths - 2 * part @ points.T
        rows = np.arange(len(part))
        squares[rows, first + rows] = np.inf
        nearest = np.partition(squares, few - 1, axis=1)[:, :few]
        means[first : first + 512] = np.sqrt(np.maximum(nearest, 0)).mean(1)
    with np.errstate(divide="ignore"):
        return np.asarray(1 / means)


def typical_rows(
    points: np.ndarray,
    clusters: np.ndarray,
    count: int,
    *,
    taken: Sequence[int] | np.ndarray = (),
    seed: int = 0,
) -> np.ndarray:
    """Return typical points of clusters, one cluster after the other.

    The next point is the most typical one that is left of a cluster: of those with the fewest
    points taken, the largest; of clusters with fewer than `SMALLEST` points only where no other has
    a point left.

    Args:
        points: float (N,D).
        clusters: int (N,), the cluster of each.
        count: how many to return, at most N less those taken.
        taken: rows that are there already, and are not returned.
        seed: of the draw of the points that are compared in large clusters.

    Returns:
        int64 (count,), in order.

    Raises:
        ValueError: more are wanted than there are.

    Source: Hacohen, Dekel and Weinshall, "Active learning on a budget: opposite strategies suit
        high and low budgets", ICML 2022 (TypiClust).
    """
    held = np.zeros(len(points), bool)
    held[np.asarray(taken, np.int64)] = True
    if count > len(points) - held.sum():
        raise ValueError(f"{count} points are wanted and {len(points) - held.sum()} are free")
    generator = np.random.default_rng(seed)
    members = [np.flatnonzero(clusters == cluster) for cluster in np.unique(clusters)]
    queues = [_by_typicality(points, rows, held, generator) for rows in members]
    counts = [int(held[rows].sum()) for rows in members]
    places = [0] * len(queues)
    found: list[int] = []
    while len(found) < count:
        open_ones = (i for i, queue in enumerate(queues) if places[i] < len(queue))
        best = min(
            open_ones, key=lambda i: (len(members[i]) < SMALLEST, counts[i], -len(members[i]), i)
        )
        found.append(int(queues[best][places[best]]))
        places[best] += 1
        counts[best] += 1
    return np.asarray(found, np.int64)


def _by_typicality(
    points: np.ndarray, rows: np.ndarray, held: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Return the free rows of a cluster, the most typical first, those not compared last."""
    compared, rest = rows, rows[:0]
    if len(rows) > MOST_COMPARED:
        order = generator.permutation(rows)
        compared, rest = np.sort(order[:MOST_COMPARED]), order[MOST_COMPARED:]
    order = np.argsort(-typicality(points[compared]), kind="stable")
    ordered = np.concatenate([compared[order], rest])
    return np.asarray(ordered[~held[ordered]])


def clustered(points: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Return the cluster of each point, by k-means.

    Args:
        points: float32 (N,D).
        count: of clusters, at most N; more than 50 are found in small batches.
        seed: of the start.

    Returns:
        int64 (N,), in 0..count-1; a cluster may be empty.
    """
    import warnings

    from sklearn.cluster import KMeans, MiniBatchKMeans
    from sklearn.exceptions import ConvergenceWarning

    count = min(count, len(points))
    if count > 50:
        method = MiniBatchKMeans(count, random_state=seed, n_init=1, batch_size=5000)
    else:
        method = KMeans(count, random_state=seed, n_init=1)
    with warnings.catch_warnings():
        # Fewer different points than clusters: some stay empty, which does no harm.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return np.asarray(method.fit_predict(points), np.int64)
