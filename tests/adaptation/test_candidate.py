"""Candidates: scores, intervals of whole groups, temperature, and which one is kept."""

import numpy as np
import pytest

from asdcfer.adaptation.candidate import (
    Candidate,
    best_of,
    difference,
    group_interval,
    kept_of,
    scored,
    settled_temperature,
    standard_error,
)
from asdcfer.evaluation.calibration import fit_temperature
from tests.adaptation.standin import given_of

LABELS = np.arange(40) % 2


def candidate(name: str, right: int, learnt: bool = True, first: int = 0) -> Candidate:
    """Forty answers; those from `first` on are right, as many as `right`."""
    place = np.arange(40)
    said = np.where((place >= first) & (place < first + right), LABELS, 1 - LABELS)
    return Candidate(name, name, np.eye(2)[said] * 3.0, "shipped", None, learnt)


def test_the_most_accurate_is_kept_and_of_equal_ones_the_plainest():
    given = given_of(LABELS)
    found = [scored(candidate(name, n), given) for name, n in (("a", 30), ("b", 33), ("c", 33))]
    assert best_of(found).candidate.name == "b"
    assert best_of(found[::-1]).candidate.name == "c"
    assert best_of(found[:1]).candidate.name == "a"
    assert best_of(found).scores.accuracy == 33 / 40


def test_what_learnt_from_labels_is_kept_where_it_proved_better():
    given = given_of(LABELS)

    def kept(*found: Candidate) -> str:
        return kept_of([scored(each, given) for each in found], given.groups).candidate.name

    shipped, refreshed = candidate("shipped", 28, False), candidate("refreshed", 30, False)
    # One right answer more, and none wrong beside it, is just a standard error.
    assert kept(shipped, refreshed, candidate("linear", 31)) == "refreshed"
    assert kept(shipped, refreshed, candidate("linear", 32)) == "linear"
    # As many more, but of other faces: by luck, it may be.
    assert kept(shipped, refreshed, candidate("linear", 32, first=8)) == "refreshed"
    # What learnt nothing needs no proof; of equal ones the plainest stays.
    assert kept(shipped, candidate("refreshed", 29, False)) == "refreshed"
    assert kept(shipped, candidate("refreshed", 28, False), candidate("linear", 20)) == "shipped"
    # With classes of one's own all have learnt.
    assert kept(candidate("a", 20), candidate("b", 21)) == "b"


def test_in_groups_more_is_needed():
    shipped, linear = candidate("shipped", 30, False), candidate("linear", 34)
    alone, together = given_of(LABELS), given_of(LABELS, np.arange(40) // 10)
    for given, name in ((alone, "linear"), (together, "shipped")):
        found = [scored(each, given) for each in (shipped, linear)]
        assert kept_of(found, given.groups).candidate.name == name


def test_the_standard_error_is_that_of_draws():
    rng = np.random.default_rng(1)
    values = rng.normal(size=50)
    usual = values.std(ddof=1) / np.sqrt(50)
    assert standard_error(values, np.arange(50)) == pytest.approx(usual)
    groups = rng.integers(0, 25, 400)
    clustered = rng.normal(size=25)[groups] + 0.1 * rng.normal(size=400)
    parts = [clustered[groups == group] for group in range(25)]
    means = [
        np.concatenate([parts[i] for i in rng.integers(0, 25, 25)]).mean() for _ in range(4000)
    ]
    assert standard_error(clustered, groups) == pytest.approx(np.std(means), rel=0.1)
    assert standard_error(values, np.zeros(50, int)) == float("inf")


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
