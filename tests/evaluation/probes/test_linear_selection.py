import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression as Peer
from sklearn.linear_model import Ridge

from asdcfer.evaluation.probes.linear_selection import (
    SearchGrid,
    _in_span,
    fit_linear,
    refit_linear,
    standardized,
)
from asdcfer.evaluation.probes.logistic_regression import LogisticRegression, gram


def blobs(n: int, dim: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Correlated features of very different sizes, as encoders give them."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    centres = rng.normal(size=(classes, dim))
    x = centres[labels] + 3 * rng.normal(size=(n, dim)) @ (
        np.eye(dim) + 0.3 * rng.normal(size=(dim, dim))
    )
    return (x * rng.uniform(0.01, 10, dim) + rng.normal(size=dim)).astype(np.float32), labels


@pytest.mark.parametrize("penalty", [1.0, 0.01, 0.0005])
@pytest.mark.parametrize("metric", [True, False])
def test_solution_is_the_peers(penalty: float, metric: bool) -> None:
    features, labels = blobs(400, 30, 7)
    x, _, _ = standardized([features], "each", torch.device("cpu"))
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
    x, _, _ = standardized([features], "whole", torch.device("cpu"))
    y = torch.from_numpy(labels)
    with_metric, without = (
        LogisticRegression(x, y, 5, metric=m).solve(0.001) for m in (True, False)
    )
    assert with_metric.converged
    assert with_metric.iterations * 2 < without.iterations
    assert with_metric.loss <= without.loss * (1 + 1e-4)


def test_first_direction_from_zero_is_ridge_regression() -> None:
    features, labels = blobs(300, 20, 3)
    x, _, _ = standardized([features], "each", torch.device("cpu"))
    problem = LogisticRegression(x, torch.from_numpy(labels), 3)
    w = x.new_zeros(21, 3)
    direction = -problem._metric(0.1)(problem._gradient(x @ w[:-1], w, 0.1))
    ridge = Ridge(alpha=0.1 * len(x) * 3, fit_intercept=False).fit(
        x.double().numpy(), np.eye(3)[labels] - 1 / 3
    )
    np.testing.assert_allclose(direction[:-1].numpy() / 3, ridge.coef_.T, atol=1e-4)


def test_fewer_images_than_dimensions_gives_the_same_solution() -> None:
    features, labels = blobs(60, 150, 4)
    x, _, _ = standardized([features], "each", torch.device("cpu"))
    y = torch.from_numpy(labels)
    full = LogisticRegression(x, y, 4, metric=False).solve(
        0.05, max_iterations=5000, tolerance=1e-10
    )
    problem, back = _in_span(x, y, 4)
    assert problem.x.shape[1] < 60
    np.testing.assert_allclose(
        back(problem.solve(0.05, tolerance=1e-9).weight).numpy(), full.weight.numpy(), atol=1e-3
    )


def test_gram_in_blocks() -> None:
    x = torch.randn(100, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(gram(x, rows=33), x.T @ x)


def test_raw_features_give_the_standardized_logits_and_constant_features_do_no_harm() -> None:
    features, labels = blobs(300, 10, 3)
    features[:, 4] = 7.0
    fitted = fit_linear(
        features[:200],
        labels[:200],
        features[200:],
        labels[200:],
        3,
        grid=SearchGrid((0.1, 0.01), ("each", "whole")),
    )
    assert {row["scaling"] for row in fitted.curve} == {"each", "whole"}
    best = max(row["accuracy"] for row in fitted.curve)
    assert (fitted.logits(features[200:]).argmax(1) == labels[200:]).mean() == pytest.approx(best)
    assert np.isfinite(fitted.logits(features)).all()


def test_same_input_gives_the_same_weights() -> None:
    features, labels = blobs(200, 12, 3)
    one, two = (fit_linear(features, labels, features[:50], labels[:50], 3) for _ in range(2))
    assert torch.equal(one.weight, two.weight)
    assert one.hyperparameters == two.hyperparameters


def test_refit_uses_the_chosen_penalty() -> None:
    features, labels = blobs(300, 10, 3)
    chosen = fit_linear(features[:200], labels[:200], features[200:], labels[200:], 3)
    again = refit_linear(features[:200], labels[:200], 3, chosen)
    torch.testing.assert_close(again.weight, chosen.weight, atol=2e-3, rtol=1e-2)


def test_blocks_with_the_same_labels_are_joined_and_their_logits_averaged() -> None:
    features, labels = blobs(200, 8, 3)
    other = features + 0.1
    twice, grid = np.concatenate([features, other]), SearchGrid((0.1,))
    joined = fit_linear(twice, np.tile(labels, 2), features, labels, 3, grid=grid)
    in_blocks = fit_linear([features, other], labels, [features, other], labels, 3, grid=grid)
    torch.testing.assert_close(joined.weight, in_blocks.weight)


def test_penalty_must_be_positive() -> None:
    with pytest.raises(ValueError, match="above 0"):
        LogisticRegression(torch.zeros(2, 1), torch.tensor([0, 1]), 2).solve(0.0)
