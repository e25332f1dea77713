import numpy as np
import pytest

from asdcfer.reporting import comparison_plots as plots
from asdcfer.reporting.comparison_summary import Measure, summarized
from tests.reporting.comparison_rows import row, rows


def test_twenty_methods_look_different() -> None:
    found = plots.looks(summarized([row(f"m{i}", 0.3 + i / 100) for i in range(20)]))
    assert len(set(found.values())) == 20


def test_curves_are_means_over_seeds_with_their_deviation() -> None:
    found = next(each for each in summarized(rows()) if each.name == "moco")
    points = plots.mean_curve(found)
    assert [minutes for minutes, *_ in points] == [5.0, 14.0]
    assert points[1][1] == pytest.approx(0.32)
    assert points[1][2] == pytest.approx(0.04 / 2**0.5)
    labels = plots.label_points(found)
    assert [images for images, *_ in labels] == [35, 98, 1000]
    assert labels[-1][1] == pytest.approx(0.42)


def test_error_bars_are_deviations_else_intervals() -> None:
    np.testing.assert_allclose(plots.reach(Measure(0.5, 0.02, 3, None, {})), [[2], [2]])
    np.testing.assert_allclose(plots.reach(Measure(0.5, None, 1, (0.4, 0.7), {})), [[10], [20]])
    assert plots.reach(Measure(0.5, None, 1, None, {})) is None


@pytest.mark.slow
def test_every_picture_is_drawn() -> None:
    found = summarized(rows())
    for drawn in (
        plots.while_training(found),
        plots.over_minutes(found),
        plots.probe_bars(found, "linear", "linear"),
        plots.few_labels(found),
        plots.legend_of(found),
    ):
        assert drawn.startswith('<img alt="')
    assert plots.robustness(found).count("<img") == 2


def test_what_nobody_measured_is_not_drawn() -> None:
    bare = summarized([row("a", 0.5, training=None, results=[], transfers={})])
    assert plots.while_training(bare) == plots.few_labels(bare) == plots.robustness(bare) == ""
