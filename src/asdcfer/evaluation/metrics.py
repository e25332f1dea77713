"""Metrics: from probabilities and labels to the one JSON form in which every result of this project
is kept.

Accuracies are fractions in 0..1 everywhere in the files; tables multiply by 100 when they print.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from asdcfer.errors import DataError
from asdcfer.files import write_json
from asdcfer.provenance import commit

CALIBRATION_BINS = 15
"""Equal-width bins of confidence behind the calibration error."""

RESAMPLES = 1000
"""Bootstrap resamples behind an interval."""

RESULT_KEYS = (
    "kind",
    "protocol",
    "accuracy",
    "mean_class_accuracy",
    "macro_f1",
    "per_class_recall",
    "confusion",
    "calibration_error",
    "interval",
    "images",
    "recipe",
    "commit",
    "seed",
    "feature",
    "evaluated_on",
    "chosen_on",
    "hyperparameters",
    "weights_hash",
    "seconds",
)
"""The keys that every result has."""


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return int64 (classes, classes): row = true expression, column = predicted one.

    Example:
        >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).tolist()
        [[1, 0], [1, 1]]
    """
    from sklearn import metrics

    return metrics.confusion_matrix(labels, predicted, labels=np.arange(classes))


def calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = CALIBRATION_BINS
) -> float:
    """Return the expected calibration error: `sum_b n_b / n |accuracy_b - confidence_b|` over
    equal-width bins of the winner's probability.

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
) -> dict[str, list[float]]:
    """Return 95 % bootstrap intervals of accuracy and mean-class accuracy.

    Drawing n images with replacement and counting the cells of their confusion matrix is one
    multinomial draw from the matrix itself, so all resamples are drawn at once and exactly, without
    touching the images.

    Args:
        confusion: int (C,C), rows true.
        seed: of the draws.
        resamples: number of bootstrap samples.

    Returns:
        "accuracy" and "mean_class_accuracy" -> [low, high], the 2.5 and 97.5 percentiles.

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
        name: [float(x) for x in np.percentile(value, [2.5, 97.5])]
        for name, value in values.items()
    }


def result(
    *,
    kind: str,
    protocol: str,
    probabilities: np.ndarray,
    labels: np.ndarray,
    expressions: Sequence[str],
    evaluated_on: str,
    chosen_on: str | None = None,
    recipe: str | None = None,
    seed: int = 0,
    feature: Mapping[str, Any] | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    weights_hash: str | None = None,
    seconds: float = 0.0,
    **more: Any,
) -> dict[str, Any]:
    """Return one result: every number that a report shows, and everything needed to know what it
    means.

    Args:
        kind: "knn", "linear", "fraction", "finetune", "evaluate", "robustness".
        protocol: one sentence: what was frozen, trained on what, chosen on what, reported on what.
        probabilities: float (N,C), rows sum to 1.
        labels: int (N,) in 0..C-1.
        expressions: C names.
        evaluated_on: "private", "union", "ferplus", "test", ...
        chosen_on: where hyper-parameters were chosen; None where nothing was chosen.
        recipe: of the encoder.
        seed: of whatever was random here, and of the bootstrap.
        feature: pooling and dim.
        hyperparameters: as chosen.
        weights_hash: of the encoder.
        seconds: spent on this result.
        **more: further keys, JSON-able.

    Returns:
        A JSON-able dict with `RESULT_KEYS`. `per_class_recall` is None for an expression that has
        no test image; means are over those that have some.

    Raises:
        DataError: there is no image, or a label is not in 0..C-1.

    Example:
        >>> r = result(kind="linear", protocol="toy", probabilities=np.eye(2), labels=np.array([0, 1]), expressions=["sad", "happy"], evaluated_on="test")
        >>> r["accuracy"], r["per_class_recall"]
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
    present = np.unique(labels)
    recall = metrics.recall_score(labels, predicted, labels=present, average=None, zero_division=0)
    intervals = bootstrap_intervals(confusion, seed)
    return {
        "kind": kind,
        "protocol": protocol,
        "accuracy": float(metrics.accuracy_score(labels, predicted)),
        "mean_class_accuracy": float(recall.mean()),
        "macro_f1": float(
            metrics.f1_score(labels, predicted, labels=present, average="macro", zero_division=0)
        ),
        "per_class_recall": {
            name: float(recall[list(present).index(i)]) if i in present else None
            for i, name in enumerate(expressions)
        },
        "confusion": confusion.tolist(),
        "calibration_error": calibration_error(probabilities, labels),
        "interval": intervals["accuracy"],
        "mean_class_interval": intervals["mean_class_accuracy"],
        "images": len(labels),
        "expressions": list(expressions),
        "recipe": recipe,
        "commit": commit(),
        "seed": seed,
        "feature": dict(feature or {}),
        "evaluated_on": evaluated_on,
        "chosen_on": chosen_on,
        "hyperparameters": dict(hyperparameters or {}),
        "weights_hash": weights_hash,
        "seconds": round(float(seconds), 3),
        **more,
    }


def write_result(path: str | Path, value: Mapping[str, Any]) -> Path:
    """Write a result as JSON, whole or not at all, and return its path."""
    missing = [key for key in RESULT_KEYS if key not in value]
    if missing:
        raise ValueError(f"a result lacks {', '.join(missing)}")
    write_json(path, value)
    return Path(path)
