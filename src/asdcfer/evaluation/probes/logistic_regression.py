"""Multinomial logistic regression with an L2 penalty, solved to convergence and without randomness.

The method is L-BFGS in the geometry of the data: its first metric is the Hessian at zero weights,
`X'X / (n C) + penalty I`, factored once for each penalty. Two things follow. The first step from
zero *is* the closed-form ridge regression on the labels, so every solution starts from ridge; and
some ten iterations are enough where plain L-BFGS takes hundreds. Logits are linear in the step, so
the line search costs no pass over the data.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

HISTORY = 12
MAX_ITERATIONS = 100
TOLERANCE = 1e-6
"""Relative: stop when the decrease that the metric predicts falls below this share of the loss."""
WIDEST_METRIC = 12_288
"""Features wider than this are solved without the data's metric: factoring it would take more time
and memory than it saves.
"""


@dataclass(frozen=True)
class Solution:
    """Weights of one penalty.

    Attributes:
        weight: (D,C), for the standardized features.
        bias: (C,).
        loss: mean cross-entropy plus penalty, at the solution.
        iterations: taken.
        converged: whether the tolerance was met.
    """

    weight: Tensor
    bias: Tensor
    loss: float
    iterations: int
    converged: bool


class LogisticRegression:
    """`min_W,b mean_i CE(x_i W + b, y_i) + penalty / 2 |W|^2` for one data set, many penalties.

    Args:
        x: float (N,D), centered (its columns have mean zero); it is kept, not copied.
        y: int64 (N,), in 0..C-1.
        classes: C.
        metric: None decides by D; False uses plain L-BFGS.

    Source: Nocedal and Wright, Numerical optimization, 2nd ed., algorithm 7.4 (two-loop recursion);
        the metric is the Hessian at zero, cf. the bound of Böhning, 1992.

    Example:
        >>> x = torch.tensor([[-1.0], [-0.5], [0.5], [1.0]])
        >>> fitted = LogisticRegression(x, torch.tensor([0, 0, 1, 1]), 2).solve(0.01)
        >>> (x @ fitted.weight + fitted.bias).argmax(1).tolist()
        [0, 0, 1, 1]
    """

    def __init__(self, x: Tensor, y: Tensor, classes: int, metric: bool | None = None) -> None:
        self.x, self.y, self.classes = x, y, classes
        self.target = F.one_hot(y, classes).to(x.dtype)
        self.use_metric = x.shape[1] <= WIDEST_METRIC if metric is None else metric
        self._gram: Tensor | None = None

    def solve(
        self,
        penalty: float,
        start: Solution | None = None,
        max_iterations: int = MAX_ITERATIONS,
        tolerance: float = TOLERANCE,
    ) -> Solution:
        """Return the solution for one penalty.

        Args:
            penalty: above 0.
            start: of a neighboring penalty, to begin with; None begins with ridge regression.
            max_iterations: at most this many.
            tolerance: see `TOLERANCE`.
        """
        if not penalty > 0:
            raise ValueError(f"penalty must be above 0, not {penalty}")
        x = self.x
        metric = self._metric(penalty)
        # Bias is the last row of one tensor, so that the recursion sees a single vector.
        w = (
            x.new_zeros(x.shape[1] + 1, self.classes)
            if start is None
            else torch.cat([start.weight, start.bias[None]])
        )
        z = x @ w[:-1] + w[-1]
        loss = self._loss(z, w, penalty)
        steps: list[tuple[Tensor, Tensor, Tensor]] = []
        gradient = self._gradient(z, w, penalty)
        for iteration in range(max_iterations):
            direction = -_two_loop(gradient, steps, metric)
            slope = (gradient.double() * direction.double()).sum()
            if -slope <= 2 * tolerance * max(loss, 1e-12):
                return Solution(w[:-1], w[-1], loss, iteration, True)
            dz = x @ direction[:-1] + direction[-1]
            length, new_loss = self._line_search(z, dz, w, direction, penalty)
            if not new_loss < loss:
                # Rounding hides any further decrease.
                return Solution(w[:-1], w[-1], loss, iteration, True)
            w = w + length * direction
            # Fresh logits now and then: sums of steps gather rounding errors.
            z = x @ w[:-1] + w[-1] if iteration % 10 == 9 else z + length * dz
            loss = new_loss
            new_gradient = self._gradient(z, w, penalty)
            s, change = length * direction, new_gradient - gradient
            curvature = (s.double() * change.double()).sum()
            if curvature > 0:
                steps = [*steps[-HISTORY + 1 :], (s, change, curvature)]
            gradient = new_gradient
        return Solution(w[:-1], w[-1], loss, max_iterations, False)

    def _loss(self, z: Tensor, w: Tensor, penalty: float) -> float:
        return float(
            F.cross_entropy(z.double(), self.y) + penalty / 2 * w[:-1].double().square().sum()
        )

    def _gradient(self, z: Tensor, w: Tensor, penalty: float) -> Tensor:
        residual = (z.softmax(1) - self.target) / len(z)
        # Written this way round, the thin product reads x in the order in which it lies: several
        # times faster than x' r.
        gradient = (residual.T @ self.x).T + penalty * w[:-1]
        return torch.cat([gradient, residual.sum(0, keepdim=True)])

    def _line_search(
        self, z: Tensor, dz: Tensor, w: Tensor, direction: Tensor, penalty: float
    ) -> tuple[float, float]:
        """Return the step that minimizes the loss along a direction by Newton, and its loss."""
        rows = torch.arange(len(z), device=z.device)
        cross = float((w[:-1].double() * direction[:-1].double()).sum())
        square = float(direction[:-1].double().square().sum())
        true_slope = dz[rows, self.y]
        length = 1.0
        for _ in range(8):
            p = (z + length * dz).softmax(1)
            mean = (p * dz).sum(1)
            first = float((mean - true_slope).mean()) + penalty * (cross + length * square)
            second = float(((p * dz.square()).sum(1) - mean.square()).mean()) + penalty * square
            change = first / max(second, 1e-30)
            # The loss is convex along the line; halving keeps a far step from overshooting where it
            # is flat.
            length = (
                max(length - change, length / 4) if change > 0 else min(length - change, length * 4)
            )
            if abs(change) < 1e-2 * length:
                break
        moved = w + length * direction
        return length, self._loss(z + length * dz, moved, penalty)

    def _metric(self, penalty: float) -> Callable[[Tensor], Tensor]:
        """Return the inverse of the Hessian at zero weights, as a function of the gradient."""
        if not self.use_metric:
            scale = float(self.x.square().mean()) / self.classes + penalty
            return lambda g: torch.cat([g[:-1] / scale, g[-1:] * self.classes])
        if self._gram is None:
            self._gram = gram(self.x) / len(self.x)
        hessian = self._gram / self.classes
        floor = penalty
        for _ in range(12):
            hessian.diagonal().copy_(self._gram.diagonal() / self.classes + floor)
            factor, failed = torch.linalg.cholesky_ex(hessian)
            if not failed:
                break
            # Too near to singular for this precision; a slightly larger penalty in the metric only
            # costs iterations.
            floor = max(floor * 4, 1e-7 * float(hessian.diagonal().mean()))
        return lambda g: torch.cat([torch.cholesky_solve(g[:-1], factor), g[-1:] * self.classes])


def gram(x: Tensor, rows: int = 4096) -> Tensor:
    """Return `x'x`, (D,D), summed over blocks of rows."""
    total = x.new_zeros(x.shape[1], x.shape[1])
    for part in torch.split(x, rows):
        total.addmm_(part.T, part)
    return total


def _two_loop(
    gradient: Tensor, steps: list[tuple[Tensor, Tensor, Tensor]], metric: Callable[[Tensor], Tensor]
) -> Tensor:
    q = gradient.clone()
    weights = []
    for s, y, curvature in reversed(steps):
        alpha = ((s * q).sum() / curvature).to(q.dtype)
        q -= alpha * y
        weights.append(alpha)
    r = metric(q)
    for (s, y, curvature), alpha in zip(steps, reversed(weights), strict=True):
        r += (alpha - ((y * r).sum() / curvature).to(q.dtype)) * s
    return r
