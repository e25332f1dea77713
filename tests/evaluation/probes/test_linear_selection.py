import numpy as np
import pytest
import torch

from asdcfer.evaluation.probes.linear_selection import (
    SearchGrid,
    _in_span,
    fit_linear,
    refit_linear,
    standardize,
)
from asdcfer.evaluation.probes.logistic_regression import LogisticRegression
from tests.evaluation.standin import blobs


def test_fewer_images_than_dimensions_gives_the_same_solution() -> None:
    features, labels = blobs(60, 150, 4)
    x, _, _ = standardize([features], "each", torch.device("cpu"))
    y = torch.from_numpy(labels)
    full = LogisticRegression(x, y, 4, metric=False).solve(
        0.05, max_iterations=5000, tolerance=1e-10
    )
    problem, back = _in_span(x, y, 4)
    assert problem.x.shape[1] < 60
    np.testing.assert_allclose(
        back(problem.solve(0.05, tolerance=1e-9).weight).numpy(), full.weight.numpy(), atol=1e-3
    )


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
