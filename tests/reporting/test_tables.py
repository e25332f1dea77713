"""Tables of a report: lists without twins share a cell, encoders of several widths a row, and only
rivals on the same images compete.
"""

from pathlib import Path
from typing import Any

import pytest

from asdcfer.reporting.runs import Run
from asdcfer.reporting.tables import comparison_table, result_table


def result(
    accuracy: float, *, dim: int = 8, on: str = "private", images: int = 100, **more: Any
) -> dict[str, Any]:
    return {
        "kind": "linear",
        "encoder": "student",
        "protocol": f"{dim}-dimensional; reported on {on}",
        "accuracy": accuracy,
        "mean_class_accuracy": 0.5,
        "macro_f1": 0.5,
        "calibration_error": 0.1,
        "interval": [accuracy - 0.1, accuracy + 0.1],
        "images": images,
        "evaluated_on": on,
        "feature": {"pooling": "grid", "dim": dim},
        "hyperparameters": {},
        **more,
    }


def runs(*results: list[dict[str, Any]]) -> list[Run]:
    return [Run(Path(f"run{i}"), f"run{i}", results=found) for i, found in enumerate(results)]


def test_lists_without_twins_are_in_the_cell_of_their_list() -> None:
    table = result_table(
        [
            result(0.5),
            result(0.4, on="private without twins", images=60),
            result(0.3, on="union without twins"),
        ]
    )
    assert "<small>40.0–60.0, n=100</small><small>no twins 40.00, n=60</small>" in table
    assert (
        table.count("<th ") == 5
        and "Public + Private" in table
        and "30.00<small>20.0–40.0, n=100</small>" in table
    )
    assert "exact or near duplicate" in table and "exact or near duplicate" not in result_table(
        [result(0.5)]
    )


def test_encoders_of_different_width_are_compared_in_one_row_that_names_their_protocols() -> None:
    table = comparison_table(runs([result(0.5)], [result(0.6, dim=16)]))
    assert table.count("student: linear, grid<") == 1
    assert "<p>run0: 8-dimensional</p><p>run1: 16-dimensional</p>" in table
    assert '<td class="n best">60.00' in table and '<td class="n">50.00' in table


def test_what_one_run_tells_apart_stays_apart() -> None:
    table = comparison_table(runs([result(0.5), result(0.55, dim=9)], [result(0.6, dim=16)]))
    assert (
        all(f"student: linear, grid {dim}-d" in table for dim in (8, 9, 16))
        and "mean of" not in table
    )


@pytest.mark.parametrize("other", [result(0.6, images=50), None])
def test_nothing_stands_out_without_a_rival_on_the_same_images(
    other: dict[str, Any] | None,
) -> None:
    assert "best" not in comparison_table(runs([result(0.5)], [other] if other else []))


def test_draws_of_a_fraction_are_averaged() -> None:
    draws = [
        result(accuracy, labels_used={"share": 0.1, "draw": draw, "images": 9})
        for draw, accuracy in enumerate((0.4, 0.6))
    ]
    assert "50.00<small>mean of 2, n=100</small>" in comparison_table(runs(draws, [result(0.1)]))
