"""Selection of a linear classifier: a second list of images chooses penalty and scaling."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from asdcfer.devices import resolve_device
from asdcfer.evaluation.probes.logistic_regression import LogisticRegression

PENALTIES = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
"""From strong to weak, for features of deviation 1; the search stops when accuracy has fallen three
times in a row.
"""
PATIENCE = 3
ROWS = 2048

Scaling = Literal["each", "whole"]
Report = Callable[[float, float], None]
"""Called with (penalty, accuracy on the validation list)."""


@dataclass(frozen=True)
class SearchGrid:
    """What a linear classifier is chosen from.

    Attributes:
        penalties: to try, from strong to weak.
        scalings: "each" divides every feature by its own deviation, "whole" all by one: their
            relative sizes then stay.
    """

    penalties: Sequence[float] = PENALTIES
    scalings: Sequence[Scaling] = ("each",)


EVERY_PENALTY = SearchGrid()


@dataclass
class LinearFit:
    """A linear classifier of raw features.

    Attributes:
        weight: float32 (D,C), standardization folded in.
        bias: float32 (C,).
        hyperparameters: penalty and scaling, as chosen.
        curve: accuracy on the validation list for every penalty tried.
    """

    weight: Tensor
    bias: Tensor
    hyperparameters: dict[str, Any]
    curve: list[dict[str, float]] = field(default_factory=list)

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Return float32 (N,C) of raw features (N,D)."""
        parts = [
            _float(features[i : i + ROWS], self.weight.device) @ self.weight + self.bias
            for i in range(0, len(features), ROWS)
        ]
        return (
            torch.cat(parts).cpu().numpy() if parts else np.zeros((0, len(self.bias)), np.float32)
        )


def fit_linear(
    features: np.ndarray | Sequence[np.ndarray],
    labels: np.ndarray,
    validation_features: np.ndarray | Sequence[np.ndarray],
    validation_labels: np.ndarray,
    classes: int,
    *,
    grid: SearchGrid = EVERY_PENALTY,
    device: str = "auto",
    report: Report | None = None,
) -> LinearFit:
    """Return the linear classifier whose penalty and scaling are best on the validation list.

    The order of preference is accuracy, then likelihood, then the stronger penalty.

    Args:
        features: float32 (N,D), or several such blocks with the same labels (images and their
            mirrors): each block is all of the training list once.
        labels: int (N,).
        validation_features: float32 (M,D), or several such blocks whose logits are averaged.
        validation_labels: int (M,).
        classes: C.
        grid: penalties and scalings to choose from.
        device: "auto" takes a GPU where there is one.
        report: told of every penalty tried.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
        >>> y = (x[:, 0] > 0).astype(int)
        >>> fitted = fit_linear(x[:40], y[:40], x[40:], y[40:], 2)
        >>> float((fitted.logits(x).argmax(1) == y).mean()) > 0.9
        True
    """
    validation = _blocks(validation_features)
    wanted = torch.from_numpy(np.asarray(validation_labels, np.int64))
    best: tuple[float, float] | None = None
    chosen: LinearFit | None = None
    curve: list[dict[str, Any]] = []
    for scaling in grid.scalings:
        fallen, highest = 0, 0.0
        path = penalty_path(
            features, labels, classes, penalties=grid.penalties, scaling=scaling, device=device
        )
        for fitted, converged in path:
            logits = torch.from_numpy(
                np.mean([fitted.logits(block) for block in validation], axis=0)
            )
            accuracy = (logits.argmax(1) == wanted).double().mean().item()
            score = (accuracy, -torch.nn.functional.cross_entropy(logits.double(), wanted).item())
            penalty = fitted.hyperparameters["penalty"]
            curve.append(
                {
                    "penalty": penalty,
                    "scaling": scaling,
                    "accuracy": accuracy,
                    "iterations": fitted.hyperparameters["iterations"],
                    "converged": converged,
                }
            )
            if report:
                report(penalty, accuracy)
            if best is None or score > best:
                best, chosen = score, fitted
            fallen = fallen + 1 if accuracy < highest else 0
            highest = max(highest, accuracy)
            if fallen >= PATIENCE:
                break
        path.close()
    assert chosen is not None, "at least one penalty and one scaling are needed"
    chosen.curve = curve
    return chosen


def penalty_path(
    features: np.ndarray | Sequence[np.ndarray],
    labels: np.ndarray,
    classes: int,
    *,
    penalties: Sequence[float] = PENALTIES,
    scaling: Scaling = "each",
    device: str = "auto",
) -> Generator[tuple[LinearFit, bool], None, None]:
    """Yield the linear classifier of each penalty, and whether its solution converged.

    Each solution begins with the one before it.

    Args:
        features: as of `fit_linear`.
        labels: int (N,).
        classes: C.
        penalties: in this order.
        scaling: of features.
        device: as of `fit_linear`.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
        >>> y = (x[:, 0] > 0).astype(int)
        >>> path = penalty_path(x, y, 2, penalties=[1.0, 0.01])
        >>> [float((fitted.logits(x).argmax(1) == y).mean()) > 0.8 for fitted, _ in path]
        [True, True]
    """
    blocks, where = _blocks(features), torch.device(resolve_device(device))
    truth = torch.from_numpy(np.tile(np.asarray(labels, np.int64), len(blocks))).to(where)
    x, mean, scale = standardize(blocks, scaling, where)
    # Several paths may wait side by side, and none needs the features as they were given.
    del features, blocks
    problem, back = _in_span(x, truth, classes)
    solution = None
    for penalty in penalties:
        solution = problem.solve(penalty, solution)
        about = {"penalty": penalty, "scaling": scaling, "iterations": solution.iterations}
        fitted = _folded(back(solution.weight), solution.bias, mean, scale, about)
        yield fitted, solution.converged


def refit_linear(
    features: np.ndarray | Sequence[np.ndarray],
    labels: np.ndarray,
    classes: int,
    chosen: LinearFit,
    device: str = "auto",
) -> LinearFit:
    """Return the classifier fitted to other features with the chosen penalty and scaling."""
    blocks, where = _blocks(features), torch.device(resolve_device(device))
    truth = torch.from_numpy(np.tile(np.asarray(labels, np.int64), len(blocks))).to(where)
    x, mean, scale = standardize(blocks, chosen.hyperparameters["scaling"], where)
    problem, back = _in_span(x, truth, classes)
    solution = problem.solve(chosen.hyperparameters["penalty"])
    return _folded(back(solution.weight), solution.bias, mean, scale, dict(chosen.hyperparameters))


def standardize(
    blocks: Sequence[np.ndarray], scaling: Scaling, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the joined blocks (N,D) float32 with mean 0 and deviation 1, and how that was done.

    Mean and scale are float64 (D,).
    """
    count, dim = sum(map(len, blocks)), blocks[0].shape[1]
    x = torch.empty(count, dim, device=device)
    total = torch.zeros(dim, dtype=torch.float64, device=device)
    done = 0
    for block in blocks:
        for start in range(0, len(block), ROWS):
            part = _float(block[start : start + ROWS], device)
            x[done : done + len(part)] = part
            total += part.sum(0, dtype=torch.float64)
            done += len(part)
    mean = total / count
    square = torch.zeros_like(total)
    for part in torch.split(x, ROWS):
        part -= mean.float()
        square += part.square().sum(0, dtype=torch.float64)
    deviation = (square / count).sqrt()
    if scaling == "whole":
        scale = torch.full_like(deviation, float(deviation.square().mean().sqrt()))
    else:
        # A feature that hardly moves is left small: scaling it up would amplify its rounding.
        scale = deviation.clamp_min(1e-3 * float(deviation.square().mean().sqrt()))
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    for part in torch.split(x, ROWS):
        part /= scale.float()
    return x, mean, scale


def _in_span(
    x: Tensor, y: Tensor, classes: int
) -> tuple[LogisticRegression, Callable[[Tensor], Tensor]]:
    """Return the problem, and the way from its weights back to weights of x.

    With fewer images than dimensions the penalty keeps the solution in the span of the images:
    coordinates there, as many as images, say all.
    """
    n, dim = x.shape
    if n >= dim:
        return LogisticRegression(x, y, classes), lambda w: w
    values, vectors = torch.linalg.eigh((x @ x.T).double())
    kept = values > 1e-7 * values[-1]
    root = values[kept].sqrt()
    coordinates = (vectors[:, kept] * root).float()
    basis = (vectors[:, kept] / root).float()
    return LogisticRegression(coordinates, y, classes), lambda w: x.T @ (basis @ w)


def _folded(
    weight: Tensor, bias: Tensor, mean: Tensor, scale: Tensor, hyperparameters: dict[str, Any]
) -> LinearFit:
    raw = weight.double() / scale[:, None]
    return LinearFit(raw.float(), (bias.double() - mean @ raw).float(), hyperparameters)


def _blocks(features: np.ndarray | Sequence[np.ndarray]) -> list[np.ndarray]:
    return [features] if isinstance(features, np.ndarray) else list(features)


def _float(part: np.ndarray, device: torch.device) -> Tensor:
    # A copy: what comes from the cache is read-only memory of a file.
    return torch.from_numpy(np.array(part, np.float32)).to(device)
