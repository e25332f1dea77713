"""Linear heads on frozen features of few labeled faces, with answers for faces they never saw."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from asdcfer.adaptation.folds import folds_of
from asdcfer.adaptation.given_labels import GivenLabels
from asdcfer.evaluation.probes.linear_selection import PENALTIES, penalty_path

INNER_FOLDS = 3
"""Folds inside of what a head learns from, which choose its penalty."""
GRID = PENALTIES[::2]
"""Penalties to choose from: few labels tell no finer ones apart."""


@dataclass(frozen=True)
class LinearHead:
    """A linear classifier of raw features.

    Attributes:
        weight: float32 (D,C).
        bias: float32 (C,).
        penalty: as chosen; None where nothing was fitted.
    """

    weight: np.ndarray
    bias: np.ndarray
    penalty: float | None = None

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Return float32 (N,C) of features (N,D)."""
        found: np.ndarray = features @ self.weight + self.bias
        return found

    def after(self, first: "LinearHead") -> "LinearHead":
        """Return this head on what another one answers, as one head of that one's features.

        Example:
            >>> doubled = LinearHead(np.eye(2) * 2, np.ones(2))
            >>> doubled.after(doubled).logits(np.ones((1, 2))).tolist()
            [[7.0, 7.0]]
        """
        return LinearHead(
            first.weight @ self.weight, first.bias @ self.weight + self.bias, self.penalty
        )


def cross_validated_head(
    features: np.ndarray, given: GivenLabels, folds: np.ndarray, seed: int = 0
) -> tuple[np.ndarray, LinearHead]:
    """Return what heads say of faces that they did not learn from, and the head of all faces.

    For each fold a head learns from the others; its penalty is chosen by folds among those alone,
    so that the answers for the fold are those of a head which nobody tuned to it.

    Args:
        features: float32 (N,D), of the labeled faces.
        given: their labels and groups.
        folds: int (N,), fold of each face.
        seed: of the folds inside.

    Returns:
        Logits float32 (N,C), and the head fitted to all faces.

    Example:
        >>> rows = np.arange(40)
        >>> x = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
        >>> given = GivenLabels(rows, (x[:, 0] > 0).astype(int), ("no", "yes"), rows, "")
        >>> logits, head = cross_validated_head(x, given, rows % 4)
        >>> float((logits.argmax(1) == given.labels).mean()) > 0.7, head.weight.shape
        (True, (5, 2))
    """
    out = np.zeros((len(features), len(given.names)), np.float32)
    for fold in np.unique(folds):
        own, held = folds != fold, folds == fold
        head = fitted_head(features[own], given.labels[own], given.groups[own], len(given.names))
        out[held] = head.logits(features[held])
    everything = fitted_head(features, given.labels, given.groups, len(given.names), seed)
    return out, everything


def fitted_head(
    features: np.ndarray, labels: np.ndarray, groups: np.ndarray, classes: int, seed: int = 0
) -> LinearHead:
    """Return the head fitted to all faces with the penalty that folds among them choose.

    The order of preference is accuracy over all inner folds, then likelihood.

    Args:
        features: float32 (N,D).
        labels: int (N,).
        groups: int (N,), never torn apart.
        classes: C.
        seed: of the folds.
    """
    count = min(INNER_FOLDS, len(np.unique(groups)))
    inner = folds_of(labels, groups, count, seed) if count > 1 else np.zeros(len(labels), np.int64)
    right, likelihood = np.zeros(len(GRID)), np.zeros(len(GRID))
    for fold in range(count if count > 1 else 0):
        own, held = inner != fold, inner == fold
        if not own.any() or not held.any():
            continue
        truth = torch.from_numpy(labels[held])
        path = penalty_path(features[own], labels[own], classes, penalties=GRID, device="cpu")
        for place, (fitted, _) in enumerate(path):
            logits = torch.from_numpy(fitted.logits(features[held])).double()
            right[place] += int((logits.argmax(1) == truth).sum())
            likelihood[place] -= float(F.cross_entropy(logits, truth, reduction="sum"))
    best = max(range(len(GRID)), key=lambda place: (right[place], likelihood[place]))
    penalty = GRID[best]
    fitted, _ = next(penalty_path(features, labels, classes, penalties=[penalty], device="cpu"))
    return LinearHead(fitted.weight.numpy(), fitted.bias.numpy(), penalty)
