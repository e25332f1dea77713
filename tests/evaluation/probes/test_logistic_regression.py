"""Logistic regression against another solver, and why it needs few iterations."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression as Peer
from sklearn.linear_model import Ridge

from asdcfer.evaluation.probes.linear_selection import (
    standardize,
)
from asdcfer.evaluation.probes.logistic_regression import LogisticRegression, gram
from tests.evaluation.standin import blobs


@pytest.mark.parametrize("penalty", [1.0, 0.01, 0.0005])
@pytest.mark.parametrize("metric", [True, False])
def test_solution_is_the_peers(penalty: float, metric: bool) -> None:
    features, labels = blobs(400, 30, 7)
    x, _, _ = standardize([features], "each", torch.device("cpu"))
    found = LogisticRegression(x, torch.from_numpy(labels), 7, metric=metric).solve(
        penalty, max_iterations=2000, tolerance=1e-9
    )
    peer = Peer(C=1 / (penalty * len(x)), max_iter=10_000, tol=1e-8).fit(x.double().numpy(), labels)
    np.testing.assert_allclose(found.weight.T.numpy(), peer.coef_, atol=1e-2)
    ours, theirs = (
        (x @ found.weight + found.bias).numpy(),
        peer.decision_function(x.double().numpy()),
    )
    np.testing.assert_allclose(
        ours - ours.mean(1, keepdims=True), theirs - theirs.mean(1, keepdims=True), atol=3e-2
    )


def test_the_datas_metric_saves_iterations() -> None:
    features, labels = blobs(2000, 100, 5)
    x, _, _ = standardize([features], "whole", torch.device("cpu"))
    y = torch.from_numpy(labels)
    with_metric, without = (
        LogisticRegression(x, y, 5, metric=m).solve(0.001) for m in (True, False)
    )
    assert with_metric.converged
    assert with_metric.iterations * 2 < without.iterations
    assert with_metric.loss <= without.loss * (1 + 1e-4)


def test_first_direction_from_zero_is_ridge_regression() -> None:
    features, labels = blobs(300, 20, 3)
    x, _, _ = standardize([features], "each", torch.device("cpu"))
    problem = LogisticRegression(x, torch.from_numpy(labels), 3)
    w = x.new_zeros(21, 3)
    direction = -problem._metric(0.1)(problem._gradient(x @ w[:-1], w, 0.1))
    ridge = Ridge(alpha=0.1 * len(x) * 3, fit_intercept=False).fit(
        x.double().numpy(), np.eye(3)[labels] - 1 / 3
    )
    np.testing.assert_allclose(direction[:-1].numpy() / 3, ridge.coef_.T, atol=1e-4)


def test_gram_in_blocks() -> None:
    x = torch.randn(100, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(gram(x, rows=33), x.T @ x)


def test_penalty_must_be_positive() -> None:
    with pytest.raises(ValueError, match="above 0"):
        LogisticRegression(torch.zeros(2, 1), torch.tensor([0, 1]), 2).solve(0.0)
