"""Candidates: scores, intervals of whole groups, temperature, and which one is kept."""

import numpy as np
import pytest

from asdcfer.adaptation.candidate import (
    Candidate,
    best_of,
    difference,
    group_interval,
    scored,
    settled_temperature,
)
from asdcfer.evaluation.calibration import fit_temperature
from tests.adaptation.standin import given_of

LABELS = np.arange(40) % 2


def candidate(name: str, right: int, **more) -> Candidate:
    """Forty answers, the first of them right."""
    said = np.where(np.arange(40) < right, LABELS, 1 - LABELS)
    return Candidate(name, name, np.eye(2)[said] * 3.0, "shipped", None, True, **more)


def test_the_most_accurate_is_kept_and_of_equal_ones_the_plainest():
    given = given_of(LABELS)
    found = [scored(candidate(name, n), given) for name, n in (("a", 30), ("b", 33), ("c", 33))]
    assert best_of(found).candidate.name == "b"
    assert best_of(found[::-1]).candidate.name == "c"
    assert best_of(found[:1]).candidate.name == "a"
    assert best_of(found).scores.accuracy == 33 / 40


def test_a_difference_is_of_the_same_faces():
    given = given_of(LABELS)
    one, other = scored(candidate("a", 40), given), scored(candidate("b", 20), given)
    gap = difference(one, other, given.groups)
    assert gap.accuracy == pytest.approx(0.5)
    assert gap.interval[0] < 0.5 < gap.interval[1]
    assert gap.sure
    assert not difference(one, one, given.groups).sure


def test_intervals_of_groups_are_wider_than_of_faces_alone():
    values, groups = np.repeat([1.0, 0.0], 50), np.repeat(np.arange(4), 25)
    low, high = group_interval(values, groups)
    narrow = group_interval(values, np.arange(100))
    assert low < narrow[0] < 0.5 < narrow[1] < high


def test_an_interval_agrees_with_draws_one_by_one():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 15, 80)
    values = rng.random(80).round()
    means = []
    for _ in range(4000):
        drawn = rng.integers(0, 15, 15)
        parts = [values[groups == group] for group in drawn]
        means.append(np.concatenate(parts).mean())
    slow = np.percentile(means, [2.5, 97.5])
    np.testing.assert_allclose(group_interval(values, groups), slow, atol=0.03)


def test_few_right_answers_do_not_make_a_model_certain():
    few, many = np.eye(2)[np.arange(6) % 2] * 4.0, np.eye(2)[np.arange(2000) % 2] * 4.0
    assert settled_temperature(few, np.arange(6) % 2, 1.0) > 0.4
    assert settled_temperature(many, np.arange(2000) % 2, 1.0) < 0.15
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(5000, 2)), rng.integers(0, 2, 5000)
    assert settled_temperature(z, y, 1.0) == pytest.approx(fit_temperature(z, y), rel=0.05)


def test_groups_change_the_interval_and_not_the_accuracy():
    alone = scored(candidate("a", 30), given_of(LABELS))
    grouped = scored(candidate("a", 30), given_of(LABELS, np.arange(40) // 10))
    assert grouped.scores.accuracy == alone.scores.accuracy
    assert grouped.scores.interval[0] < alone.scores.interval[0]
