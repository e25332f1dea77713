import pytest

from asdcfer.api.comparison.settings import CompareSettings, Measures
from asdcfer.errors import RecipeError


def test_time_is_a_quarter_of_an_hour_unless_steps_are_counted() -> None:
    assert CompareSettings().time == "15m"
    assert CompareSettings(budget="2h").time == "2h"
    assert CompareSettings(steps=5).time is None
    CompareSettings().check()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"budget": "1h", "steps": 3}, "two budgets"),
        ({"budget": "soon"}, "'soon' is no duration"),
        ({"steps": 0}, "expected 1 or more"),
        ({"seeds": ()}, "`seeds=`"),
        ({"seeds": (1, 1)}, "`seeds=1,1`: expected different numbers"),
        ({"seeds": (-1,)}, "from 0 on"),
        ({"measures": Measures(trials=1)}, "`trials` must be at least 2"),
        ({"measures": Measures(draws=0)}, "`draws` must be at least 1"),
        ({"measures": Measures(shares=(2.0,))}, "up to 1"),
    ],
)
def test_what_cannot_be_is_refused(changes, said) -> None:
    with pytest.raises(RecipeError, match=said):
        CompareSettings(**changes).check()
