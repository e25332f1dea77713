"""Selection of a linear classifier by folds, where few labels are known and no list chooses."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from asdcfer.errors import DataError
from asdcfer.evaluation.probes.linear_selection import (
    EVERY_PENALTY,
    PATIENCE,
    LinearFit,
    Report,
    Scaling,
    SearchGrid,
    penalty_path,
)

FOLDS = 5
FEW = 4000
"""Labeled images up to which folds choose; from there on a tenth of them says enough."""
FOLDS_NAME = f"{FOLDS} folds of the labeled training images"
"""What results call the list that chose."""


def folds_choose(labels: np.ndarray) -> bool:
    """Whether folds choose: the labels are few, and some class has two.

    Example:
        >>> folds_choose(np.array([0, 0, 1])), folds_choose(np.array([0, 1]))
        (True, False)
    """
    return len(labels) <= FEW and int(np.bincount(labels).max()) > 1


def fold_of(labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the fold of each image, int64 (N,): each class is spread over all of them.

    The only image of a class is in none, -1, since nothing could be learnt of its class without it.

    Example:
        >>> np.bincount(fold_of(np.repeat([0, 1], [10, 5]))).tolist()
        [3, 3, 3, 3, 3]
    """
    folds, given = np.full(len(labels), -1), 0
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        if len(own) > 1:
            order = np.random.default_rng([seed, int(label)]).permutation(own)
            folds[order] = (given + np.arange(len(own))) % FOLDS
            given += len(own)
    return folds


def fit_by_folds(
    features: Sequence[np.ndarray],
    labels: np.ndarray,
    classes: int,
    grid: SearchGrid = EVERY_PENALTY,
    report: Report | None = None,
) -> tuple[LinearFit, np.ndarray, np.ndarray]:
    """Return the linear classifier whose penalty and scaling are best over all folds.

    The order of preference is that of `fit_linear`: accuracy, likelihood, the stronger penalty.

    Args:
        features: blocks of float32 (N,D): each is all of the images once.
        labels: int (N,), two of some class; see `folds_choose`.
        classes: C.
        grid: penalties and scalings to choose from.
        report: told of every penalty.

    Returns:
        The classifier, fitted to all; for each image that was in a fold the logits (M,C) of the
        classifier that did not know it; and the rows (M,) of those images.

    Raises:
        DataError: every class has a single image, so that nothing can be chosen.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
        >>> y = (x[:, 0] > 0).astype(int)
        >>> fitted, logits, rows = fit_by_folds([x], y, 2)
        >>> logits.shape, len(rows), bool((logits.argmax(1) == y[rows]).mean() > 0.9)
        ((60, 2), 60, True)
    """
    if int(np.bincount(labels).max()) < 2:
        raise DataError("every expression has a single label, and none is left to choose by")
    folds = fold_of(labels)
    rows = np.flatnonzero(folds >= 0)
    best: tuple[float, float] | None = None
    chosen, told = (0.0, grid.scalings[0]), np.zeros((len(rows), classes))
    curve: list[dict[str, Any]] = []
    for scaling in grid.scalings:
        fallen, highest = 0, 0.0
        for penalty, logits in _held_out(features, labels, classes, folds, grid, scaling):
            likelihood = torch.from_numpy(logits).log_softmax(1).numpy()
            accuracy = float((logits.argmax(1) == labels[rows]).mean())
            score = (accuracy, float(likelihood[np.arange(len(rows)), labels[rows]].mean()))
            curve.append({"penalty": penalty, "scaling": scaling, "accuracy": accuracy})
            if report:
                report(penalty, accuracy)
            if best is None or score > best:
                best, chosen, told = score, (penalty, scaling), logits
            fallen = fallen + 1 if accuracy < highest else 0
            highest = max(highest, accuracy)
            if fallen >= PATIENCE:
                break
    path = penalty_path(features, labels, classes, penalties=chosen[:1], scaling=chosen[1])
    fitted, _ = next(path)
    path.close()
    return replace(fitted, curve=curve), told, rows


def _held_out(
    features: Sequence[np.ndarray],
    labels: np.ndarray,
    classes: int,
    folds: np.ndarray,
    grid: SearchGrid,
    scaling: Scaling,
) -> Iterator[tuple[float, np.ndarray]]:
    """Give each penalty and the logits of all images in folds, each by who did not learn it."""
    numbers = np.unique(folds[folds >= 0]).tolist()
    paths = [
        penalty_path(
            [block[folds != number] for block in features],
            labels[folds != number],
            classes,
            penalties=grid.penalties,
            scaling=scaling,
        )
        for number in numbers
    ]
    # All folds in step, so that the search may stop where more penalties are of no use.
    for step in zip(*paths, strict=True):
        logits = np.zeros((len(labels), classes))
        for number, (fitted, _) in zip(numbers, step, strict=True):
            held = folds == number
            logits[held] = np.mean([fitted.logits(block[held]) for block in features], axis=0)
        yield step[0][0].hyperparameters["penalty"], logits[folds >= 0]
