import numpy as np
import pytest

from asdcfer.evaluation.result import Curve
from asdcfer.reporting import figures, plots
from tests.evaluation.standin import toy_result

IMAGE = '<img alt="{}'


@pytest.mark.slow
def test_every_plot_of_a_result_is_an_image_with_words() -> None:
    result = toy_result(per_class_recall={"angry": 0.5, "happy": None, "sad": 0.25})
    for drawn, words in (
        (plots.confusion(result), "confusion matrix of 3"),
        (
            plots.class_bars([("a", figures.BLUE, result), ("b", figures.RED, result)]),
            "recall of each",
        ),
        (plots.fraction_curve({"a": [(10, 0.4, 0.1), (100, 0.5, 0.0)]}), "accuracy of the linear"),
    ):
        assert drawn.startswith(IMAGE.format(words))
        assert "data:image/svg+xml;base64," in drawn


def test_each_curve_of_an_axis_is_an_image_of_its_own() -> None:
    curve = Curve(unit="share", levels=[1.0, 0.5], accuracy=[0.5, 0.25])
    drawn = plots.axis_curves({"rotation": curve, "low_light": curve})
    assert drawn.count("<img") == 2
    assert IMAGE.format("accuracy under low_light") in drawn


def test_training_curves_need_a_known_column() -> None:
    assert plots.training_curves({"teacher": {"step": np.arange(3.0)}}) == ""
    columns = {"epoch": np.array([1.0, 2.0]), "loss": np.array([2.0, np.nan])}
    drawn = plots.training_curves({"teacher": columns})
    assert drawn.startswith("<div>" + IMAGE.format("training curve: loss"))
    assert drawn.count("<img") == 1


@pytest.mark.parametrize("labels", [np.array([0, 1, 1]), np.array([-1, -1, -1])])
def test_map_of_features_is_drawn_with_and_without_labels(labels) -> None:
    drawn = plots.feature_map(np.eye(3)[:, :2], labels, ("angry", "happy"), "t-SNE")
    assert "data:image/png;base64," in drawn
