"""Average linkage by the book: every mean over pairs is computed anew."""

from collections.abc import Collection

import numpy as np


def average_linkage(
    distances: np.ndarray, threshold: float, apart: Collection[tuple[int, int]] = ()
) -> list[set[int]]:
    """Return the groups, by the mean of all pairs between two of them."""
    groups = [{place} for place in range(len(distances))]

    def between(a: set[int], b: set[int]) -> float:
        pairs = [(i, j) for i in a for j in b]
        if any((i, j) in apart or (j, i) in apart for i, j in pairs):
            return float("inf")
        return float(np.mean([distances[i, j] for i, j in pairs]))

    while len(groups) > 1:
        value, a, b = min(
            (between(groups[a], groups[b]), a, b)
            for a in range(len(groups))
            for b in range(a + 1, len(groups))
        )
        if value > threshold:
            break
        groups[a] |= groups.pop(b)
    return groups
