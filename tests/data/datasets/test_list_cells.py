"""Cells of a row: split, box, votes, and what else is known."""

import pytest

from asdcfer.data.datasets.list_cells import box_of, more_of, said_split, voted_of
from asdcfer.data.datasets.list_columns import Columns
from asdcfer.data.datasets.list_table import Row

BOX = Columns({role: role for role in ("left", "top", "right", "bottom", "width", "height")})


@pytest.mark.parametrize(
    ("cells", "box"),
    [
        ({"left": "1", "top": "2", "right": "5", "bottom": "6"}, (1, 2, 5, 6, False)),
        ({"left": "1", "top": "2", "width": "4", "height": "4"}, (1, 2, 5, 6, False)),
        ({"left": "-1", "top": "-2", "right": "5", "bottom": "6"}, (0, 0, 5, 6, False)),
        ({"left": "0", "top": "0", "right": "0.5", "bottom": "1"}, (0, 0, 0.5, 1, True)),
        ({"left": "5", "top": "2", "right": "1", "bottom": "6"}, None),
        ({"left": "", "top": ""}, None),
        ({}, None),
    ],
)
def test_boxes(cells: dict[str, str], box: tuple[float, ...] | None) -> None:
    assert box_of(Row(1, cells), BOX) == box


def test_a_box_of_words_is_refused() -> None:
    for cells in ({"left": "x", "top": "1"}, {"left": "nan", "top": "1", "right": "2"}):
        with pytest.raises(ValueError, match="expected a number"):
            box_of(Row(1, cells), BOX)
    with pytest.raises(ValueError, match="expected x, y, width, height"):
        box_of(Row(1, {"box": "1 2 3"}), Columns({"box": "box"}))


@pytest.mark.parametrize(
    ("cells", "meant"),
    [
        ({"a": "1", "b": "0"}, "happy"),
        ({"a": "True", "b": "False"}, "happy"),
        ({"a": "0.2", "b": "0.8"}, "no expression: b"),
        ({"a": "5", "b": "5"}, "no expression: no majority"),
        ({"a": "x", "b": "0"}, "no expression: 'x' in the column a"),
        ({"a": "-1", "b": "0"}, "no expression: '-1' in the column a"),
        ({}, None),
    ],
)
def test_votes(cells: dict[str, str], meant: str | None) -> None:
    assert voted_of(Row(1, cells), {"a": "happy", "b": ""}) == meant


def test_splits_and_the_rest() -> None:
    columns = Columns({"split": "fold", "group": "id", "valence": "v"})
    assert said_split(Row(1, {"fold": "3"}), columns) == "fold3"
    assert said_split(Row(1, {"fold": "Testing"}), columns) == "test"
    assert said_split(Row(1, {}), columns) is None
    assert more_of(Row(1, {"id": "P1", "v": "nan"}), columns) == {"group": "P1"}
    assert more_of(Row(1, {"id": "", "v": "0.5"}), columns) == {"valence": 0.5}
