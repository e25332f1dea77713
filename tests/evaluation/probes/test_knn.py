import numpy as np
import pytest
import torch

from asdcfer.evaluation.probes.knn import (
    NEIGHBORS,
    TEMPERATURES,
    KnnProbe,
    choose_knn,
    knn_accuracy,
    nearest,
    vote,
)
from tests.evaluation.standin import toy_context, toy_pack
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


def test_nothing_asked_gives_nothing_of_the_same_kinds() -> None:
    bank = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    some, none = nearest(bank, bank[:2], 9), nearest(bank, bank[:0], 9)
    for with_rows, without in zip(some, none, strict=True):
        assert without.shape == (0, 6)
        assert without.dtype == with_rows.dtype


def test_of_many_queries_each_has_the_neighbors_that_it_has_alone() -> None:
    rng = np.random.default_rng(0)
    bank, queries = rng.normal(size=(9, 3)), rng.normal(size=(1030, 3))
    cosines, indices = nearest(bank, queries, 2)
    for row in (0, 1, 511, 512, 1029):
        alone = nearest(bank, queries[row : row + 1], 2)
        torch.testing.assert_close(cosines[row : row + 1], alone[0])
        assert torch.equal(indices[row : row + 1], alone[1])


def test_the_grid_widens_evenly_and_each_of_its_temperatures_is_of_use() -> None:
    # Neighbors by the steps 1, 2 and 5 of a decade; of a temperature above 1 the neighbors of a
    # face would count alike.
    assert {int(str(k)[0]) * 10 ** (len(str(k)) - 1) for k in NEIGHBORS} == {*NEIGHBORS}
    assert {str(k)[0] for k in NEIGHBORS} == {"1", "2", "5"}
    assert sorted({*NEIGHBORS}) == list(NEIGHBORS)
    assert sorted({*TEMPERATURES}) == list(TEMPERATURES)
    assert 0 < TEMPERATURES[0] < TEMPERATURES[-1] < 1


@pytest.mark.slow
def test_the_probe_tells_what_the_loop_tells(tmp_path) -> None:
    context = toy_context(toy_pack(tmp_path / "pack", {"train": 24, "public": 12, "private": 15}))
    result, *_ = KnnProbe().run(context)
    task = context.roles
    answers = loop_knn(
        context.features(task.train),
        task.labels[task.train],
        context.features(task.test),
        3,
        result.hyperparameters["k"],
        result.hyperparameters["temperature"],
    ).argmax(1)
    assert result.accuracy == pytest.approx((answers == task.labels[task.test]).mean())
    assert result.images == len(task.test)
