"""Agglomerative clustering by average linkage, with pairs that cannot join."""

from collections.abc import Iterable

import numpy as np


def average_linkage(
    distances: np.ndarray,
    threshold: float,
    apart: Iterable[tuple[int, int]] = (),
) -> np.ndarray:
    """Join the nearest two groups again and again, while they are near enough.

    The distance of two groups is the mean over their pairs; groups with a pair that cannot join are
    infinitely far from each other.

    Args:
        distances: (n,n), symmetric; it is not changed.
        threshold: largest distance at which groups are joined.
        apart: pairs that never are in one group.

    Returns:
        int (n,), the group of each, numbered in the order of first members.

    Example:
        >>> points = np.array([0.0, 0.1, 1.0, 1.1])
        >>> distances = np.abs(points[:, None] - points)
        >>> average_linkage(distances, 0.5).tolist()
        [0, 0, 1, 1]
        >>> average_linkage(distances, 0.5, apart=[(0, 1)]).tolist()
        [0, 1, 2, 2]
    """
    count = len(distances)
    far = np.array(distances, np.float32)
    np.fill_diagonal(far, np.inf)
    for a, b in apart:
        far[a, b] = far[b, a] = np.inf
    group, sizes = np.arange(count), np.ones(count)
    nearest = far.argmin(1) if count else np.zeros(0, int)
    least = far[np.arange(count), nearest]
    while count and least.min() <= threshold:
        a = int(least.argmin())
        b = int(nearest[a])
        _join(far, group, sizes, a, b)
        least[b] = np.inf
        # The mean of two rows is never under both, so that only rows that pointed here change.
        stale = np.flatnonzero(np.isfinite(least) & ((nearest == a) | (nearest == b)))
        for row in {a, *stale.tolist()}:
            nearest[row] = far[row].argmin()
            least[row] = far[row, nearest[row]]
    return np.unique(_first_members(group), return_inverse=True)[1].reshape(-1)


def _join(far: np.ndarray, group: np.ndarray, sizes: np.ndarray, a: int, b: int) -> None:
    """Put group b into group a."""
    row = (sizes[a] * far[a] + sizes[b] * far[b]) / (sizes[a] + sizes[b])
    far[a], far[:, a] = row, row
    far[a, a] = np.inf
    far[b], far[:, b] = np.inf, np.inf
    sizes[a] += sizes[b]
    group[group == b] = a


def _first_members(group: np.ndarray) -> np.ndarray:
    first: dict[int, int] = {}
    return np.array([first.setdefault(one, place) for place, one in enumerate(group.tolist())], int)
