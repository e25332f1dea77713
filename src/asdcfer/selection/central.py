"""Central faces: the one in the middle of each cluster, the largest clusters first."""

from collections.abc import Sequence

import numpy as np

from asdcfer.selection.typical import MOST_CLUSTERS, clustered


def central_rows(
    points: np.ndarray, count: int, *, taken: Sequence[int] | np.ndarray = (), seed: int = 0
) -> np.ndarray:
    """Return the point nearest to the mean of each cluster, the largest clusters first.

    There are as many clusters as points are wanted or taken. A cluster that holds a point that is
    taken comes after those that hold none; further points of a cluster are any of it.

    Args:
        points: float32 (N,D).
        count: how many to return, at most N less those taken.
        taken: rows that are there already, and are not returned.
        seed: of the clusters, and of what is drawn from them.

    Returns:
        int64 (count,), in order.

    Raises:
        ValueError: more are wanted than there are.

    Source: Pourahmadi, Nooralinejad and Pirsiavash, "A simple baseline for low-budget active
        learning", 2021 (K-means).

    Example:
        >>> points = np.array([[0.0], [1.0], [2.0], [9.0], [9.2]], np.float32)
        >>> points[central_rows(points, 2), 0].tolist()[0]
        1.0
    """
    held = np.zeros(len(points), bool)
    held[np.asarray(taken, np.int64)] = True
    if count > len(points) - held.sum():
        raise ValueError(f"{count} points are wanted and {len(points) - held.sum()} are free")
    if count < 1:
        return np.zeros(0, np.int64)
    generator = np.random.default_rng(seed)
    clusters = clustered(points, min(count + int(held.sum()), MOST_CLUSTERS), seed)
    members = [np.flatnonzero(clusters == cluster) for cluster in np.unique(clusters)]
    queues = [_center_first(points, rows, held, generator) for rows in members]
    # Each point with how many of its cluster come before it: one round over the clusters after
    # the other.
    turns = [
        (int(held[rows].sum()) + place, -len(rows), number, int(row))
        for number, (rows, queue) in enumerate(zip(members, queues, strict=True))
        for place, row in enumerate(queue[:count])
    ]
    return np.asarray([row for *_, row in sorted(turns)[:count]], np.int64)


def _center_first(
    points: np.ndarray, rows: np.ndarray, held: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Return the free rows of a cluster: the most central one, then the others in any order."""
    free = rows[~held[rows]]
    if not len(free):
        return np.asarray(free)
    away = np.square(points[free] - points[rows].mean(0)).sum(1)
    first = int(away.argmin())
    rest = generator.permutation(np.delete(free, first))
    return np.asarray(np.concatenate([free[[first]], rest]))
