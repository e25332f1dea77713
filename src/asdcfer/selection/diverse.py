"""Diverse faces: k-means++, each face drawn by its distance from those that are taken."""

from collections.abc import Sequence

import numpy as np


def diverse_rows(
    points: np.ndarray,
    count: int,
    generator: np.random.Generator,
    *,
    taken: Sequence[int] | np.ndarray = (),
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Draw points far from each other, one after the other.

    The next point is i with a probability in proportion to `w_i min_j |x_i - x_j|^2`, where j goes
    over the points that are taken; the first by `w_i` alone, where none is. Where all that are left
    lie on taken ones, the weights alone decide.

    Args:
        points: float (N,D).
        count: how many to draw, at most N less those taken.
        generator: of random numbers, one for each point that is drawn.
        taken: rows that are there already, and are not drawn.
        weights: (N,), 0 or more; None is 1 for all.

    Returns:
        int64 (count,), in the order in which they were drawn.

    Raises:
        ValueError: more are wanted than there are.

    Source: Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007;
        with weights as Ash et al. draw by their gradients, ICLR 2020 (BADGE).

    Example:
        >>> points = np.array([[0.0], [0.1], [9.0], [9.1]])
        >>> drawn = diverse_rows(points, 2, np.random.default_rng(0))
        >>> sorted(points[drawn, 0].round().tolist())
        [0.0, 9.0]
    """
    free = np.ones(len(points), bool)
    free[np.asarray(taken, np.int64)] = False
    if count > free.sum():
        raise ValueError(f"{count} points are wanted and {free.sum()} are free")
    points = np.asarray(points, np.float32)
    weight = np.ones(len(points)) if weights is None else np.asarray(weights, np.float64)
    nearest = np.full(len(points), np.inf)
    for held in np.flatnonzero(~free).tolist():
        np.minimum(nearest, _squares(points, held), out=nearest)
    drawn = []
    for _ in range(count):
        row = _drawn(weight, nearest, free, generator.random())
        drawn.append(row)
        free[row] = False
        np.minimum(nearest, _squares(points, row), out=nearest)
    return np.asarray(drawn, np.int64)


def _drawn(weight: np.ndarray, nearest: np.ndarray, free: np.ndarray, part: float) -> int:
    """Return the free row at which a part, 0..1, of the sum of all shares is reached."""
    shares = weight * (nearest if np.isfinite(nearest).all() else 1.0) * free
    for fallback in (weight * free, free.astype(np.float64)):
        if shares.sum() > 0:
            break
        shares = fallback
    sums = np.cumsum(shares)
    row = int(np.searchsorted(sums, part * sums[-1], side="right"))
    # Rounding may lead behind the last share that is above 0.
    return min(row, int(np.flatnonzero(shares)[-1]))


def _squares(points: np.ndarray, row: int) -> np.ndarray:
    """Return the squared distances of all points from one, in parts of bounded memory."""
    found = np.empty(len(points))
    for first in range(0, len(points), _PART):
        part = points[first : first + _PART] - points[row]
        found[first : first + _PART] = np.einsum("ij,ij->i", part, part)
    return found


_PART = 16_384


def margins(probabilities: np.ndarray) -> np.ndarray:
    """Return how far the likeliest class is before the next, 0..1; 1 where there is one class.

    Args:
        probabilities: (N,C), rows sum to 1.

    Example:
        >>> margins(np.array([[0.5, 0.5, 0.0], [0.75, 0.25, 0.0]])).tolist()
        [0.0, 0.5]
    """
    if probabilities.shape[1] == 1:
        return np.ones(len(probabilities))
    two = np.partition(probabilities, -2, axis=1)[:, -2:]
    return np.asarray(two[:, 1] - two[:, 0], np.float64)
