"""Few shots over many draws: means, spread, both classifiers against slow ones, and no choice."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from asdcfer.evaluation.probes.few_labels import draw_labels
from asdcfer.evaluation.probes.few_shot import (
    PENALTY,
    FewShotProbe,
    knn_answers,
    linear_answers,
    mean_scores,
    standardize_by_training,
)
from asdcfer.evaluation.probes.run import run_probes
from asdcfer.reporting.console_tables import label_of
from asdcfer.reporting.page import few_label_points
from tests.evaluation.standin import toy_context, toy_pack


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    return toy_context(toy_pack(tmp_path_factory.mktemp("few") / "pack"))


def test_a_result_is_the_mean_over_draws_and_says_how_much_they_vary(context):
    (result,) = FewShotProbe(shots=(2,), trials=5, classifiers=("knn",)).run(context)
    task = context.roles
    train, test = standardize_by_training(context.features(task.train), context.features(task.test))
    accuracies = []
    for trial in range(5):
        rows = draw_labels(task.labels, task.train, per_class=2, seed=trial)
        place = np.searchsorted(task.train, rows)
        votes = torch.zeros(len(test), 3)
        for i, asked in enumerate(test):
            for row, known in zip(rows, train[place], strict=True):
                votes[i, task.labels[row]] += torch.exp(known @ asked / 0.07)
        right = votes.argmax(1).numpy() == task.labels[task.test]
        accuracies.append(right.mean())
    assert result.accuracy == pytest.approx(np.mean(accuracies))
    assert result.spread.deviation == pytest.approx(np.std(accuracies, ddof=1))
    assert min(accuracies) <= result.interval[0] <= result.accuracy <= result.interval[1]
    assert np.sum(result.confusion) == 5 * result.images == 5 * len(task.test)
    assert result.protocol.chosen_on is None
    assert "single draws deviate by" in str(result.protocol)
    assert "2 labeled training images of each expression, mean of 5" in str(result.protocol)


def test_the_linear_classifier_is_the_logistic_regression_of_the_shots():
    torch.manual_seed(0)
    bank, labels = torch.randn(9, 40), torch.arange(9) % 3
    asked = torch.randn(20, 40)
    found = linear_answers(bank, labels, asked, 3)
    mean = bank.mean(0)
    slow = LogisticRegression(C=1 / (PENALTY * len(bank)), tol=1e-10, max_iter=5000)
    slow.fit((bank - mean).double().numpy(), labels.numpy())
    expected = slow.predict_proba((asked - mean).double().numpy())
    assert np.allclose(found.numpy(), expected, atol=5e-3)


def test_one_shot_of_each_is_found_by_both():
    bank, labels = torch.eye(4), torch.arange(4)
    asked = bank + 0.1 * torch.rand(4, 4)
    for answer in (knn_answers, linear_answers):
        probabilities = answer(bank, labels, asked, 4)
        assert probabilities.argmax(1).tolist() == [0, 1, 2, 3]
        assert torch.allclose(probabilities.sum(1), torch.ones(4), atol=1e-5)


def test_more_shots_help_and_labels_of_validation_and_test_do_not_matter(context):
    probe = FewShotProbe(shots=(1, 10), trials=10)
    results = list(probe.run(context))
    assert [(r.hyperparameters["classifier"], r.labels_used.per_class) for r in results] == [
        ("knn", 1),
        ("knn", 10),
        ("linear", 1),
        ("linear", 10),
    ]
    assert results[1].accuracy > results[0].accuracy
    assert results[3].accuracy > results[2].accuracy
    assert len({r.file_name for r in results}) == len({label_of(r) for r in results}) == 4
    # The plot of parts of the labels is of single draws.
    assert few_label_points(results) == {}


def test_it_is_run_by_its_name_and_repeats(context):
    one, other = (run_probes(context, [FewShotProbe(shots=(1,), trials=3)]) for _ in range(2))
    assert [r.accuracy for r in one] == [r.accuracy for r in other]
    assert {r.evaluated_on for r in one} == {"private"}
    assert "knn, 1 label a class, mean of 3 draws" in label_of(one[0])


def test_scores_of_equal_draws_are_those_of_one_and_do_not_spread(context):
    (result,) = FewShotProbe(shots=(1,), trials=2, classifiers=("knn",)).run(context)
    scores, spread = mean_scores([result, result])
    assert scores.accuracy == result.accuracy
    assert spread.deviation == 0
    with pytest.raises(ValueError, match="trials"):
        FewShotProbe(trials=1)


def test_features_of_the_cache_cannot_be_written_and_need_not_be() -> None:
    features = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    features.setflags(write=False)
    one, other = standardize_by_training(features, features)
    assert torch.equal(one, other)
