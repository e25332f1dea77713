import pytest

from asdcfer.reporting.comparison_summary import (
    column_of,
    columns_of,
    mean_curves,
    robust_accuracy,
    scores,
    summarized,
)
from tests.evaluation.standin import toy_result
from tests.reporting.comparison_rows import GRID, results, row, rows


def test_contestants_come_best_first_then_references_then_failures() -> None:
    found = summarized(rows())
    assert [each.name for each in found] == ["asdc", "moco", "light_encoder", "mine:Own"]
    assert [each.kind for each in found] == ["trained", "trained", "as it is", "failed"]
    assert found[-1].notes == ["seed 0 failed: the loss is <not> finite"]
    assert found[0].notes == ["teacher: resnet18, its own training not counted"]


def test_a_measure_is_mean_and_deviation_over_seeds_of_the_mean_over_draws() -> None:
    asdc, _, light, _ = summarized(rows())
    linear = asdc.measures["linear"]
    assert linear.mean == pytest.approx(0.51)
    assert linear.deviation == pytest.approx(0.02 / 2**0.5)
    assert linear.values == {0: 0.50, 1: 0.52}
    assert asdc.measures["each:5"].values[0] == pytest.approx(0.30), "the linear classifier alone"
    assert light.measures["linear"].deviation is None
    assert light.measures["linear"].interval == pytest.approx((0.5, 0.7))
    assert asdc.measures["without_twins"].mean == pytest.approx(0.50)
    assert asdc.measures["ferplus"].mean == pytest.approx(0.71)
    assert asdc.measures["transfer:other"].mean == pytest.approx(0.36)
    assert asdc.measures["linear_global"].mean == pytest.approx(0.41)
    assert asdc.measures["linear_flattened"].mean == pytest.approx(0.52)


def test_columns_stand_in_one_order_and_know_what_they_mean() -> None:
    titles = [column.title for column in columns_of(summarized(rows()))]
    assert titles == [
        *("kNN", "linear", "linear, global", "linear, un-pooled", "5 a class", "10 % labels"),
        *("robustness", "no twins", "FER+", "on other"),
    ]
    assert (
        column_of("each:10").meaning == "linear classifier of 10 labels a class, mean of many draws"
    )


def test_parts_of_the_labels_are_ordered_by_their_number() -> None:
    few = [
        toy_result(
            kind="few_shot",
            feature=GRID,
            labels_used={"per_class": count, "draw": 0, "images": count},
        )
        for count in (10, 1, 5)
    ]
    found = summarized([row("moco", 0.4, results=[*results(0.4)[:2], *few])])
    titles = [column.title for column in columns_of(found)]
    assert titles[2:5] == ["1 a class", "5 a class", "10 a class"]


def test_robustness_leaves_the_intact_faces_out() -> None:
    (robust,) = (r for r in results(0.5) if r.kind == "robustness")
    assert robust_accuracy(robust) == pytest.approx((0.4 + 0.2) / 2)
    curves = mean_curves([row("a", 0.4), row("a", 0.6, 1)])
    assert curves["blur"].accuracy == pytest.approx([0.5, 0.4])
    assert mean_curves([]) == {}


def test_a_pack_of_ferplus_has_its_own_labels_in_the_main_columns() -> None:
    own = [toy_result(0.7, feature=GRID, evaluated_on="ferplus")]
    keys = [key for key, *_ in scores(row("a", 0.7, results=own, transfers={}))]
    assert keys == ["linear"]


def test_facts_are_means_over_what_was_trained() -> None:
    asdc, _, light, broken = summarized(rows())
    assert asdc.fact("minutes") == 14.5
    assert light.fact("minutes") is None
    assert (asdc.dims("linear"), asdc.dims("linear_global"), broken.dims("linear")) == (
        1088,
        64,
        None,
    )
