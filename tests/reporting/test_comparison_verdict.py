import math

import numpy as np
import pytest

from asdcfer.reporting.comparison_summary import Measure, summarized
from asdcfer.reporting.comparison_verdict import chance, verdict
from tests.evaluation.standin import toy_result
from tests.reporting.comparison_rows import GRID, results, row, rows


def test_the_best_and_the_next_are_named_with_what_chance_makes() -> None:
    told = verdict(summarized(rows()))
    assert told.startswith("Best linear probe: asdc, 51.0 ± 1.4 %.")
    assert "moco (42.0 ± 2.8 %) is 9.0 points behind asdc: no more than chance makes" in told


def test_a_small_difference_is_called_chance() -> None:
    told = verdict(summarized([row("moco", 0.50), row("asdc", 0.51)]))
    assert "moco (50.0 % (40.0 to 60.0)) is 1.0 points behind asdc: no more than chance" in told


def test_asdc_is_placed_wherever_it_ends() -> None:
    found = [row("a", 0.6), row("b", 0.55), row("c", 0.52), row("asdc", 0.5)]
    random = row("random", 0.55, kind="untrained", training=None)
    told = verdict(summarized([*found, random]))
    assert "asdc is number 4 of 4." in told
    assert "10.0 points behind a" in told
    assert told.endswith("Random weights are ahead of asdc.")


def test_methods_that_saw_labels_are_set_apart() -> None:
    labeled = row("supcon", 0.7, saw_labels=True)
    told = verdict(summarized([labeled, row("a", 0.6), row("asdc", 0.5)]))
    assert told.startswith("Best linear probe without labels: a, 60.0 %")
    assert "asdc (50.0 % (40.0 to 60.0)) is 10.0 points behind a" in told
    assert told.endswith("With labels: supcon, 70.0 % (60.0 to 80.0).")
    alone = verdict(summarized([labeled]))
    assert alone == "Best linear probe: supcon, 70.0 % (60.0 to 80.0)."


def test_words_about_a_row_decide_nothing() -> None:
    told = verdict(
        summarized(
            [
                row("a", 0.7, about="nobody says that its training saw labels", saw_labels=False),
                row("asdc", 0.5),
            ]
        )
    )
    assert told.startswith("Best linear probe: a, 70.0 %")


def test_the_place_by_knn_is_said_where_it_is_another() -> None:
    better = [
        toy_result(0.58, kind="knn", feature=GRID),
        *(each for each in results(0.5) if each.kind != "knn"),
    ]
    ours = row("asdc", 0.5, results=better)
    others = [row("a", 0.6), row("b", 0.55)]
    assert "By kNN asdc is number 1 of 3: 58.0 % (48.0 to 68.0)." in verdict(
        summarized([*others, ours])
    )
    assert "By kNN" not in verdict(summarized([*others, row("asdc", 0.5)]))


def test_nothing_trained_is_nothing_to_compare() -> None:
    assert "nothing to compare" in verdict(summarized(rows()[-2:]))


def test_what_chance_makes_is_how_far_apart_equal_methods_come_out() -> None:
    """Simulated: two methods of the same accuracy, three seeds each."""
    draws = np.random.default_rng(0).normal(0.5, 0.02, (2000, 2, 3))
    apart = np.abs(draws[:, 0].mean(1) - draws[:, 1].mean(1))
    allowed = [
        chance(*(Measure(0.5, float(d), 3, None, {}) for d in pair))
        for pair in draws.std(2, ddof=1)
    ]
    assert (apart < allowed).mean() == pytest.approx(0.955, abs=0.02)


def test_single_seeds_are_compared_by_the_intervals_of_their_images() -> None:
    one = Measure(0.5, None, 1, (0.48, 0.52), {})
    assert chance(one, one) == pytest.approx(0.02 * 2**0.5)
    assert math.isnan(chance(Measure(0.5, None, 1, None, {}), one))
    same = Measure(0.5, 0.0, 2, None, {})
    assert chance(same, same) == 0
