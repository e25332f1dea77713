"""Options of `prepare` are checked where they are made."""

import pytest

from asdcfer.data.datasets.source import Options
from asdcfer.errors import DataError


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"size": 7}, "size 7: expected 8 to 1024 pixels"),
        ({"size": 1025}, "size 1025: expected 8 to 1024 pixels"),
        ({"expressions": 6}, "expressions 6: expected 7 or 8"),
        ({"targets": "median"}, "expected majority, plurality, probability"),
        ({"max_pixels": 0}, "max_pixels 0: expected 1 or more"),
    ],
)
def test_a_value_out_of_range_is_named(values: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Options(**values)
