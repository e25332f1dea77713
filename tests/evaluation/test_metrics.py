import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asdcfer.errors import DataError
from asdcfer.evaluation.metrics import (
    bootstrap_intervals,
    calibration_error,
    confusion_matrix,
    score,
)
from asdcfer.evaluation.result import Scores
from tests.reference import metrics as slow

NAMES = ("a", "b", "c")


def made(seed: int = 0, n: int = 200, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(classes), n), rng.integers(0, classes, n)


def scored(p: np.ndarray, y: np.ndarray, seed: int = 0) -> Scores:
    return score(p, y, NAMES, evaluated_on="test", seed=seed)


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 60))
def test_every_number_is_the_slow_references(seed: int, n: int) -> None:
    p, y = made(seed, n)
    found = scored(p, y)
    table = slow.confusion(y, p.argmax(1), 3)
    assert found.confusion == table
    assert found.accuracy == pytest.approx(slow.accuracy(table))
    assert found.mean_class_accuracy == pytest.approx(slow.mean_class_accuracy(table))
    assert found.macro_f1 == pytest.approx(slow.macro_f1(table))
    assert found.calibration_error == pytest.approx(slow.calibration_error(p, y, 15), abs=1e-6)


def test_probability_that_rounding_carried_above_one_changes_nothing() -> None:
    p, y = made()
    p[3] = [1 + 2e-7, 0, 0]
    assert calibration_error(p, y) == pytest.approx(
        slow.calibration_error(np.clip(p, 0, 1), y, 15), abs=1e-6
    )


def test_absent_expression_has_no_recall_and_is_left_out_of_means() -> None:
    found = scored(np.eye(3)[[0, 1, 1]], np.array([0, 0, 1]))
    assert found.per_class_recall == {"a": 0.5, "b": 1.0, "c": None}
    assert found.mean_class_accuracy == 0.75


def test_bootstrap_on_the_matrix_is_the_bootstrap_on_images() -> None:
    p, y = made(3, 400)
    predicted = p.argmax(1)
    fast = bootstrap_intervals(confusion_matrix(y, predicted, 3), seed=1, resamples=4000)
    loop = slow.bootstrap_intervals(y, predicted, 3, seed=2, resamples=1000)
    for name in fast:
        assert fast[name] == pytest.approx(tuple(loop[name]), abs=0.012)


def test_bootstrap_covers_and_repeats() -> None:
    table = np.array([[80, 20], [30, 70]])
    once = bootstrap_intervals(table, seed=5)
    assert once == bootstrap_intervals(table, seed=5) != bootstrap_intervals(table, seed=6)
    # The normal approximation of a binomial proportion of 0.75 on 200 images.
    assert once["accuracy"] == pytest.approx((0.69, 0.81), abs=0.012)


def test_calibrated_and_overconfident() -> None:
    confident = np.tile([0.95, 0.05], (100, 1))
    assert calibration_error(confident, np.array([0] * 95 + [1] * 5)) == pytest.approx(0, abs=1e-6)
    assert calibration_error(confident, np.array([0] * 50 + [1] * 50)) == pytest.approx(
        0.45, abs=1e-6
    )


def test_no_images_and_foreign_labels_are_refused() -> None:
    with pytest.raises(DataError, match="no image"):
        scored(np.zeros((0, 3)), np.zeros(0, int))
    with pytest.raises(DataError, match=r"0\.\.2"):
        scored(np.full((2, 3), 1 / 3), np.array([0, -1]))
