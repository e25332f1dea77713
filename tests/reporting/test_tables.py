"""Tables of a report: lists without twins share a cell, encoders of several widths a row, and only
rivals on the same images compete.
"""

from pathlib import Path
from typing import Any

import pytest

from asdcfer.evaluation.protocol import Protocol
from asdcfer.evaluation.result import Feature, LabelsUsed, Result
from asdcfer.reporting.runs import Run
from asdcfer.reporting.tables import comparison_table, result_table
from tests.evaluation.standin import toy_result


def result(
    accuracy: float, *, dim: int = 8, on: str = "private", images: int = 100, **more: Any
) -> Result:
    return toy_result(
        accuracy,
        encoder="student",
        protocol=Protocol(trained_on=f"{dim}-dimensional", reported_on=on),
        images=images,
        evaluated_on=on,
        feature=Feature(pooling="grid", dim=dim),
        **more,
    )


def runs(*results: list[Result]) -> list[Run]:
    return [Run(Path(f"run{i}"), f"run{i}", results=found) for i, found in enumerate(results)]


def test_lists_without_twins_are_in_the_cell_of_their_list() -> None:
    table = result_table(
        [
            result(0.5),
            result(0.4, twins_removed=40, images=60),
            result(0.3, on="union", twins_removed=3),
        ]
    )
    assert "<small>40.0–60.0, n=100</small><small>no twins 40.00, n=60</small>" in table
    assert table.count("<th ") == 5
    assert "Public + Private" in table
    assert "30.00<small>20.0–40.0, n=100</small>" in table
    assert "exact or near duplicate" in table
    assert "exact or near duplicate" not in result_table([result(0.5)])


def test_encoders_of_different_width_are_compared_in_one_row_that_names_their_protocols() -> None:
    table = comparison_table(runs([result(0.5)], [result(0.6, dim=16)]))
    assert table.count("student: linear, grid<") == 1
    assert "<li>8-dimensional</li><li>16-dimensional</li></ol>" in table
    assert '<td class="n best">60.00<sup>2</sup>' in table
    assert '<td class="n">50.00<sup>1</sup>' in table


def test_a_protocol_stands_once_under_its_table() -> None:
    table = result_table([result(0.5), result(0.4, on="union"), result(0.6, images=90, seed=1)])
    assert table.count("8-dimensional</li>") == 1
    assert table.count("<sup>1</sup>") == 1, "numbers of one protocol share the mark of their row"
    mixed = result_table([result(0.5), result(0.4, dim=8, on="union"), result(0.3, dim=9)])
    assert mixed.count("<li>8-dimensional</li><li>9-dimensional</li>") == 1


def test_what_one_run_tells_apart_stays_apart() -> None:
    table = comparison_table(runs([result(0.5), result(0.55, dim=9)], [result(0.6, dim=16)]))
    assert all(f"student: linear, grid {dim}-d" in table for dim in (8, 9, 16))
    assert "mean of" not in table


@pytest.mark.parametrize("other", [result(0.6, images=50), None])
def test_nothing_stands_out_without_a_rival_on_the_same_images(
    other: Result | None,
) -> None:
    assert "best" not in comparison_table(runs([result(0.5)], [other] if other else []))


def test_draws_of_a_fraction_are_averaged() -> None:
    draws = [
        result(accuracy, labels_used=LabelsUsed(share=0.1, draw=draw, images=9))
        for draw, accuracy in enumerate((0.4, 0.6))
    ]
    assert "50.00<sup>1</sup><small>mean of 2, n=100</small>" in comparison_table(
        runs(draws, [result(0.1)])
    )
