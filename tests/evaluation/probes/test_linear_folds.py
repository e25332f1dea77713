import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from asdcfer.errors import DataError
from asdcfer.evaluation.probes.linear_folds import FOLDS, fit_by_folds, fold_of
from asdcfer.evaluation.probes.linear_selection import SearchGrid


def points(count: int = 90, dim: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=count)
    x = rng.normal(size=(count, dim)) + 1.2 * np.eye(dim)[labels]
    return x.astype(np.float32), labels


def test_every_image_is_in_one_fold_and_classes_are_spread() -> None:
    labels = np.repeat([0, 1, 2, 3], [11, 7, 2, 1])
    folds = fold_of(labels)
    assert folds[-1] == -1
    assert set(folds[:-1]) == set(range(FOLDS))
    assert np.ptp(np.bincount(folds[:-1], minlength=FOLDS)) <= 1
    for label in (0, 1):
        assert np.ptp(np.bincount(folds[labels == label], minlength=FOLDS)) <= 1
    assert np.array_equal(folds, fold_of(labels))
    assert not np.array_equal(folds, fold_of(labels, seed=1))


def test_answers_are_those_of_a_classifier_that_did_not_know_the_image() -> None:
    x, y = points()
    _, logits, rows = fit_by_folds([x], y, 3, SearchGrid(penalties=(0.1,)))
    folds = fold_of(y)
    split = [(np.flatnonzero(folds != k), np.flatnonzero(folds == k)) for k in range(FOLDS)]

    class Scaled(LogisticRegression):
        """scikit-learn's, on features of deviation 1 over the images that it learns from."""

        def fit(self, x, y):
            self.mean, self.scale = x.mean(0), x.std(0)
            self.C = 1 / (0.1 * len(x))
            return super().fit((x - self.mean) / self.scale, y)

        def predict_proba(self, x):
            return super().predict_proba((x - self.mean) / self.scale)

    slow = cross_val_predict(
        Scaled(tol=1e-8, max_iter=1000), x, y, cv=split, method="predict_proba"
    )
    exponents = np.exp(logits - logits.max(1, keepdims=True))
    assert rows.tolist() == list(range(len(y)))
    assert exponents / exponents.sum(1, keepdims=True) == pytest.approx(slow, abs=2e-3)


def test_the_penalty_is_best_over_all_folds_and_the_result_knows_all_images() -> None:
    x, y = points(60, 40)
    fitted, logits, _ = fit_by_folds([x], y, 3)
    best = max(point["accuracy"] for point in fitted.curve)
    assert (logits.argmax(1) == y).mean() == pytest.approx(best)
    chosen = next(p for p in fitted.curve if p["penalty"] == fitted.hyperparameters["penalty"])
    assert chosen["accuracy"] == best
    assert (fitted.logits(x).argmax(1) == y).mean() >= best


def test_blocks_of_one_list_stay_together() -> None:
    x, y = points()
    rng = np.random.default_rng(5)
    other = x + rng.normal(size=x.shape).astype(np.float32) * 0.01
    _, logits, _ = fit_by_folds([x, other], y, 3, SearchGrid(penalties=(0.1,)))
    # An image whose other view was learnt would be known nearly by heart with a weak penalty.
    _, alone, _ = fit_by_folds([x], y, 3, SearchGrid(penalties=(0.1,)))
    assert abs((logits.argmax(1) == y).mean() - (alone.argmax(1) == y).mean()) < 0.05


def test_single_labels_choose_nothing() -> None:
    x, _ = points(3)
    with pytest.raises(DataError, match="single label"):
        fit_by_folds([x], np.arange(3), 3)
    fitted, logits, rows = fit_by_folds([x], np.array([0, 1, 1]), 2)
    assert fitted.hyperparameters["penalty"] > 0
    assert (rows.tolist(), logits.shape) == ([1, 2], (2, 2))
