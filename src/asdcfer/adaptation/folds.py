"""Folds of labeled faces: faces of one person or video lie in one fold."""

import warnings
from dataclasses import replace

import numpy as np

from asdcfer.adaptation.given_labels import GivenLabels
from asdcfer.errors import DataError
from asdcfer.progress import SILENT, Progress

FEWEST = 2


def fold_count(given: GivenLabels, wanted: int, progress: Progress = SILENT) -> int:
    """Return how many folds the labels allow.

    No more than the rarest class has faces, and no more than there are groups.

    Args:
        given: labels and groups.
        wanted: folds.
        progress: is told where it is fewer, and which classes come from one person or video alone.

    Raises:
        DataError: a class has one face only, or all faces are of one person or video.

    Example:
        >>> rows = np.arange(6)
        >>> given = GivenLabels(rows, rows % 2, ("a", "b"), rows, "")
        >>> fold_count(given, 5)
        3
    """
    counts = given.counts
    rarest = min(counts, key=lambda name: counts[name])
    if counts[rarest] < FEWEST:
        raise DataError(
            f"{rarest} has 1 label; each class needs {FEWEST} at least, and 5 or more are better"
        )
    groups = len(np.unique(given.groups))
    if groups < FEWEST:
        raise DataError(
            f"all labeled faces are of one {given.grouped_by}; label faces of another, so that the "
            "model can be tested on somebody whom it has not seen"
        )
    count = min(wanted, counts[rarest], groups)
    if count < wanted:
        why = f"{rarest} has {counts[rarest]} labels"
        if groups < counts[rarest]:
            why = f"the labels are of {groups} {given.grouped_by}s"
        progress.message(f"{count} folds in place of {wanted}: {why}")
    for index, name in enumerate(given.names):
        if len(np.unique(given.groups[given.labels == index])) == 1 and counts[name] > 1:
            progress.message(
                f"{name} was labeled in one {given.grouped_by} alone: what is right there cannot "
                "be told from that one"
            )
    return count


def without_single_faces(given: GivenLabels, progress: Progress = SILENT) -> GivenLabels:
    """Return the labels without classes of one face: no fold could test what is learnt of it.

    Where fewer than two classes would remain they are returned as they are.

    Args:
        given: labels and groups.
        progress: is told which classes are left out, and what to do.

    Example:
        >>> rows = np.arange(5)
        >>> given = GivenLabels(rows, np.array([0, 2, 1, 0, 2]), ("a", "b", "c"), rows, "")
        >>> left = without_single_faces(given)
        >>> left.names, left.labels.tolist(), left.rows.tolist()
        (('a', 'c'), [0, 1, 0, 1], [0, 1, 3, 4])
    """
    counts = given.counts
    few = [name for name in given.names if counts[name] < FEWEST]
    names = tuple(name for name in given.names if name not in few)
    if not few or len(names) < 2:
        return given
    one = len(few) == 1
    progress.message(
        f"{', '.join(few)} {'has' if one else 'have'} 1 label{'' if one else ' each'}: left out, "
        f"and the model will not know {'it' if one else 'them'}; label {FEWEST} faces or more of "
        f"{'it' if one else 'each'}, better 5"
    )
    kept = ~np.isin(given.labels, [given.names.index(name) for name in few])
    places = np.array([names.index(n) if n in names else -1 for n in given.names])
    return replace(
        given,
        rows=given.rows[kept],
        labels=places[given.labels[kept]],
        names=names,
        groups=given.groups[kept],
    )


def folds_of(labels: np.ndarray, groups: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Return the fold of each face, int64 (N,), in 0..count-1.

    Each fold has the classes in about equal shares, and no group lies in two folds.

    Args:
        labels: int (N,).
        groups: int (N,).
        count: folds, at most as many as there are groups.
        seed: of the order of the groups.

    Source: scikit-learn's StratifiedKFold, and StratifiedGroupKFold where groups are larger.

    Example:
        >>> folds = folds_of(np.arange(8) % 2, np.arange(8) // 2, 2)
        >>> np.bincount(folds).tolist(), bool((folds[::2] == folds[1::2]).all())
        ([4, 4], True)
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    alone = len(np.unique(groups)) == len(groups)
    kind = StratifiedKFold if alone else StratifiedGroupKFold
    folds = np.zeros(len(labels), np.int64)
    with warnings.catch_warnings():
        # Rare classes are told by `fold_count`, once and in our words.
        warnings.simplefilter("ignore", UserWarning)
        splitter = kind(count, shuffle=True, random_state=seed)
        try:
            for fold, (_, held) in enumerate(splitter.split(labels, labels, groups)):
                folds[held] = fold
        except ValueError:
            # Fewer faces of each class than folds: only inside of other folds.
            folds = np.random.default_rng(seed).permutation(count)[groups % count]
    return folds
