"""Baseline: differences, intervals that hold what they promise, and too little of it."""

import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.summary.baseline import baseline_of, neutral_changes
from asdcfer.summary.score_table import ScoreTable, Track
from tests.summary.standin import NAMES, track


def test_the_change_is_the_difference_of_means():
    shown, rest = track("hhsn" * 10), track("nnnh" * 10)
    changes = neutral_changes([shown], [rest])
    expected = shown.scores.mean(0) - rest.scores.mean(0)
    np.testing.assert_allclose([change for change, *_ in changes], expected, atol=1e-6)
    assert all(low <= change <= high for change, low, high in changes)


@pytest.mark.slow
def test_nothing_changed_lies_inside_the_interval_most_of_the_time():
    generator = np.random.default_rng(0)

    def noise() -> Track:
        scores = generator.dirichlet([4, 2, 2], 80)
        yes = np.ones(80, bool)
        return Track("a", "v", np.arange(80) / 4, scores, yes, ~yes, 0.25)

    inside = 0
    for seed in range(60):
        (_, low, high), *_ = neutral_changes([noise()], [noise()], seed)
        inside += low <= 0 <= high
    assert inside >= 50


def test_five_seconds_of_usable_face_are_wanted():
    with pytest.raises(InputError, match=r"holds 4\.8 seconds of usable face"):
        neutral_changes([track("hhhh")], [track("n" * 19 + "N" * 9)])
    neutral_changes([track("hhhh")], [track("n" * 20)])


def test_the_only_person_of_both_tables_needs_no_name():
    rest = ScoreTable(NAMES, (track("n" * 20, person="face 3"),), ("v",))
    assert baseline_of("face 0", rest, alone=True)[0].person == "face 3"
    with pytest.raises(InputError, match="does not know face 0; it holds face 3"):
        baseline_of("face 0", rest, alone=False)
