"""Select the faces to label next, by one of the ways that there are."""

from collections.abc import Sequence

import numpy as np

from asdcfer.errors import DataError
from asdcfer.selection.central import central_rows
from asdcfer.selection.diverse import diverse_rows, margins
from asdcfer.selection.stratified import stratified_rows
from asdcfer.selection.typical import MOST_CLUSTERS, clustered, typical_rows

SELECTIONS: dict[str, str] = {
    "stratified": "central faces of each expression that a model sees",
    "central": "the face in the middle of each cluster, the largest clusters first",
    "typiclust": "a typical face of each cluster, the largest clusters first",
    "kmeans++": "faces far from each other",
    "uncertain": "faces far from each other of which a model is unsure",
    "random": "any faces",
}
"""Name -> what it selects."""
BY_A_MODEL = ("stratified", "uncertain")
"""Those that want to know what a model says of each face."""


def select_faces(
    method: str,
    points: np.ndarray,
    count: int,
    *,
    taken: Sequence[int] | np.ndarray = (),
    probabilities: np.ndarray | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Return the rows to label next, the most useful first.

    Args:
        method: a name in `SELECTIONS`.
        points: float32 (N,D), of `face_points`.
        count: how many; all that are free where there are not so many.
        taken: rows with a label already, which the selection keeps away from.
        probabilities: (N,C), what a model says; for those of `BY_A_MODEL`.
        seed: of whatever is drawn.

    Returns:
        int64 (count,).

    Raises:
        DataError: an unknown method, one that wants probabilities without them, or a count below
            1.

    Example:
        >>> points = np.repeat(np.eye(3, dtype=np.float32), 10, axis=0)
        >>> sorted((select_faces("typiclust", points, 3) // 10).tolist())
        [0, 1, 2]
    """
    if method not in SELECTIONS:
        raise DataError(f"unknown method {method!r}; choose {', '.join(SELECTIONS)}")
    if count < 1:
        raise DataError(f"count {count}: expected 1 or more")
    taken = np.asarray(taken, np.int64)
    count = min(count, len(points) - len(taken))
    generator = np.random.default_rng(seed)
    if method == "random":
        free = np.setdiff1d(np.arange(len(points)), taken)
        return generator.permutation(free)[:count]
    if method == "kmeans++":
        return diverse_rows(points, count, generator, taken=taken)
    if method == "central":
        return central_rows(points, count, taken=taken, seed=seed)
    if method == "typiclust":
        clusters = clustered(points, min(count + len(taken), MOST_CLUSTERS), seed)
        return typical_rows(points, clusters, count, taken=taken, seed=seed)
    if probabilities is None:
        raise DataError(f'`method="{method}"` needs `model`, a model with a classifier')
    if method == "stratified":
        return stratified_rows(points, probabilities, count, taken=taken, seed=seed)
    # NOTE: our reading. Margins alone take many faces of one kind; squared, they outweigh distance.
    unsure = np.square(1 - margins(probabilities))
    return diverse_rows(points, count, generator, taken=taken, weights=unsure)
