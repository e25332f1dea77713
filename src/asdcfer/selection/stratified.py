"""Stratified faces: central ones of each expression that a model sees, rare ones with the rest."""

from collections.abc import Sequence

import numpy as np

from asdcfer.selection.central import central_rows


def strata_counts(sizes: Sequence[int] | np.ndarray, count: int) -> np.ndarray:
    """Return how many to take of each stratum: in proportion to the square root of its size.

    So a rare stratum gets more than its share, and a frequent one still the most.

    Args:
        sizes: of the strata.
        count: in all, at most the sum of the sizes.

    Returns:
        int64, as many as strata; none is above its size.

    Example:
        >>> strata_counts([900, 100, 0], 8).tolist()
        [6, 2, 0]
    """
    sizes = np.asarray(sizes, np.int64)
    found = np.zeros(len(sizes), np.int64)
    roots = np.sqrt(sizes)
    for _ in range(count):
        # Next is the stratum that is furthest behind its share (D'Hondt's rule for seats).
        behind = np.where(found < sizes, roots / (found + 1), -1.0)
        found[int(behind.argmax())] += 1
    return found


def stratified_rows(
    points: np.ndarray,
    probabilities: np.ndarray,
    count: int,
    *,
    taken: Sequence[int] | np.ndarray = (),
    seed: int = 0,
) -> np.ndarray:
    """Return central points of each class that a model sees, the classes by turns.

    They are the centers of clusters of the class's surer half, where that is large enough.

    NOTE: our reading. Clusters alone follow light, pose and person at least as much as expression;
    even a model that is wrong half of the time says more of it. Its answers only divide the faces:
    which label each gets is for a person to say.

    Args:
        points: float32 (N,D).
        probabilities: (N,C), what the model says.
        count: how many to return, at most N less those taken.
        taken: rows that are there already; they count for the class that the model sees in them.
        seed: of whatever is drawn.

    Returns:
        int64 (count,), in order.

    Raises:
        ValueError: more are wanted than there are.
    """
    held = np.zeros(len(points), bool)
    held[np.asarray(taken, np.int64)] = True
    free = len(points) - int(held.sum())
    if count > free:
        raise ValueError(f"{count} points are wanted and {free} are free")
    seen = probabilities.argmax(1)
    classes = probabilities.shape[1]
    sizes = np.bincount(seen, minlength=classes)
    there = np.bincount(seen[held], minlength=classes)
    wanted = strata_counts(sizes, count + int(held.sum()))
    # Where more of a class are there than it should have, the others make room.
    more = _left(wanted, there, sizes, count)
    turns: list[tuple[float, int, int]] = []
    for label in np.flatnonzero(more):
        rows = _surer_half(
            np.flatnonzero(seen == label), probabilities[:, label], held, int(more[label])
        )
        own = central_rows(
            points[rows], int(more[label]), taken=np.flatnonzero(held[rows]), seed=seed
        )
        turns += [
            ((place + 0.5) / more[label], int(label), int(row))
            for place, row in enumerate(rows[own])
        ]
    return np.asarray([row for *_, row in sorted(turns)], np.int64)


def _surer_half(
    rows: np.ndarray, confidence: np.ndarray, held: np.ndarray, count: int
) -> np.ndarray:
    """Return the half of a class of which the model is surer, with what is taken of the other.

    Fewer than twice as many free ones as are wanted would leave no choice: then all.
    """
    surer = rows[held[rows] | (confidence[rows] >= np.median(confidence[rows]))]
    return np.asarray(surer if (~held[surer]).sum() >= 2 * count else rows)


def _left(wanted: np.ndarray, there: np.ndarray, sizes: np.ndarray, count: int) -> np.ndarray:
    """Return how many more to take of each stratum, `count` in all."""
    more = np.maximum(wanted - there, 0)
    while more.sum() > count:
        more[int(more.argmax())] -= 1
    while more.sum() < count:
        more[int((sizes - there - more).argmax())] += 1
    return np.asarray(more)
