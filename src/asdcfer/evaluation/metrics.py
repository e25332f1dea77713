"""Metrics: from probabilities and labels to the scores of a result."""

from collections.abc import Sequence

import numpy as np
import torch

from asdcfer.errors import DataError
from asdcfer.evaluation.result import Scores

CALIBRATION_BINS = 15
"""Equal-width bins of confidence behind the calibration error."""

RESAMPLES = 1000
"""Bootstrap resamples behind an interval."""


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return int64 (classes, classes): row = true expression, column = predicted one.

    Example:
        >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).tolist()
        [[1, 0], [1, 1]]
    """
    from sklearn import metrics

    counts: np.ndarray = metrics.confusion_matrix(labels, predicted, labels=np.arange(classes))
    return counts


def calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = CALIBRATION_BINS
) -> float:
    """Return the expected calibration error: `sum_b n_b / n |accuracy_b - confidence_b|`.

    The bins of the winner's probability are of equal width.

    Args:
        probabilities: float (N,C), rows sum to 1; what rounding carried out of 0..1 is cut off.
        labels: int (N,).
        bins: number of bins.

    Source: Guo et al., On calibration of modern neural networks, ICML 2017, eq. 3.

    Example:
        >>> round(calibration_error(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([0, 1])), 3)
        0.4
    """
    from torchmetrics.functional.classification import multiclass_calibration_error

    # A single 1.0000002 makes torchmetrics take all of them for logits, and put a softmax over
    # them.
    given = torch.from_numpy(np.ascontiguousarray(probabilities, np.float64)).clamp(0, 1)
    error = multiclass_calibration_error(
        given,
        torch.from_numpy(np.asarray(labels, np.int64)),
        given.shape[1],
        n_bins=bins,
        norm="l1",
        validate_args=False,
    )
    return float(error)


def bootstrap_intervals(
    confusion: np.ndarray, seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, tuple[float, float]]:
    """Return 95 % bootstrap intervals of accuracy and mean-class accuracy.

    Drawing n images with replacement and counting the cells of their confusion matrix is one
    multinomial draw from the matrix itself, so all resamples are drawn at once and exactly, without
    touching the images.

    Args:
        confusion: int (C,C), rows true.
        seed: of the draws.
        resamples: number of bootstrap samples.

    Returns:
        "accuracy" and "mean_class_accuracy" -> (low, high), the 2.5 and 97.5 percentiles.

    Source: Efron and Tibshirani, An introduction to the bootstrap, 1993, chapter 13 (percentile
        interval).

    Example:
        >>> low, high = bootstrap_intervals(np.array([[60, 40], [40, 60]]))["accuracy"]
        >>> low < 0.6 < high
        True
    """
    total = int(confusion.sum())
    drawn = (
        np.random.default_rng(seed)
        .multinomial(total, confusion.ravel() / total, size=resamples)
        .reshape(resamples, *confusion.shape)
    )
    right = drawn.diagonal(axis1=1, axis2=2)
    per_class = drawn.sum(2)
    recall = np.divide(right, per_class, out=np.full(right.shape, np.nan), where=per_class > 0)
    values = {"accuracy": right.sum(1) / total, "mean_class_accuracy": np.nanmean(recall, axis=1)}
    return {
        name: (float(np.percentile(value, 2.5)), float(np.percentile(value, 97.5)))
        for name, value in values.items()
    }


def score(
    probabilities: np.ndarray,
    labels: np.ndarray,
    expressions: Sequence[str],
    *,
    evaluated_on: str,
    seed: int = 0,
) -> Scores:
    """Return the scores of predicted probabilities.

    Args:
        probabilities: float (N,C), rows sum to 1.
        labels: int (N,) in 0..C-1.
        expressions: C names.
        evaluated_on: name of the images, for messages.
        seed: of the bootstrap.

    Raises:
        DataError: there is no image, or a label is not in 0..C-1.

    Example:
        >>> found = score(np.eye(2), np.array([0, 1]), ["sad", "happy"], evaluated_on="test")
        >>> found.accuracy, found.per_class_recall
        (1.0, {'sad': 1.0, 'happy': 1.0})
    """
    from sklearn import metrics

    labels = np.asarray(labels)
    classes = len(expressions)
    if not len(labels):
        raise DataError(f"there is no image to evaluate on ({evaluated_on})")
    if labels.min() < 0 or labels.max() >= classes:
        raise DataError(
            f"labels on {evaluated_on} must lie in 0..{classes - 1} to be evaluated; found "
            f"{labels.min()}..{labels.max()}"
        )
    predicted = probabilities.argmax(1)
    confusion = confusion_matrix(labels, predicted, classes)
    present = list(np.unique(labels))
    recall = metrics.recall_score(labels, predicted, labels=present, average=None, zero_division=0)
    intervals = bootstrap_intervals(confusion, seed)
    return Scores(
        images=len(labels),
        expressions=list(expressions),
        accuracy=float(metrics.accuracy_score(labels, predicted)),
        mean_class_accuracy=float(recall.mean()),
        macro_f1=float(
            metrics.f1_score(labels, predicted, labels=present, average="macro", zero_division=0)
        ),
        per_class_recall={
            name: float(recall[present.index(i)]) if i in present else None
            for i, name in enumerate(expressions)
        },
        confusion=confusion.tolist(),
        calibration_error=calibration_error(probabilities, labels),
        interval=intervals["accuracy"],
        mean_class_interval=intervals["mean_class_accuracy"],
    )
