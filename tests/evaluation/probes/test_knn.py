import numpy as np
import pytest
import torch

from asdcfer.evaluation.probes.knn import choose_knn, knn_accuracy, nearest, vote
from tests.reference.knn import loop_knn


@pytest.mark.parametrize("k", [1, 3, 20])
def test_knn_is_the_loops(k: int) -> None:
    rng = np.random.default_rng(k)
    bank, queries = (
        rng.normal(size=(30, 5)).astype(np.float32),
        rng.normal(size=(11, 5)).astype(np.float32),
    )
    labels = rng.integers(0, 4, 30)
    cosines, indices = nearest(bank, queries, k)
    found = vote(cosines, torch.from_numpy(labels)[indices], 4, 0.1).numpy()
    np.testing.assert_allclose(found, loop_knn(bank, labels, queries, 4, k, 0.1), atol=1e-5)


def test_knn_choice_is_the_best_of_the_grid_and_never_wider_than_the_bank() -> None:
    rng = np.random.default_rng(0)
    labels, truth = rng.integers(0, 3, 40), rng.integers(0, 3, 25)
    bank = (np.eye(3)[labels] + rng.normal(0, 0.7, (40, 3))).astype(np.float32)
    queries = (np.eye(3)[truth] + rng.normal(0, 0.7, (25, 3))).astype(np.float32)
    chosen, probabilities = choose_knn(
        bank, labels, queries, truth, 3, neighbors=(1, 5, 200), temperatures=(0.05, 0.5)
    )
    scores = {
        (k, t): (loop_knn(bank, labels, queries, 3, k, t).argmax(1) == truth).mean()
        for k in (1, 5)
        for t in (0.05, 0.5)
    }
    assert chosen["k"] in (1, 5)
    assert (probabilities.argmax(1) == truth).mean() == pytest.approx(max(scores.values()))


def test_knn_accuracy_of_itself_is_one() -> None:
    x = torch.randn(10, 4, generator=torch.Generator().manual_seed(0))
    y = torch.arange(10) % 3
    assert knn_accuracy(x, y, x, y, k=1) == 1.0
