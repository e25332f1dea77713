"""Settings: a mistake is one line that names the place and the nearest valid name."""

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from asdcfer.errors import RecipeError
from asdcfer.validation import validate_options


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rate: float | Literal["auto"] = Field(0.1, ge=0)


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    epochs: int = 3
    inner: Inner = Inner()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epoch": 3}, r"unknown key teacher\.epoch; did you mean teacher\.epochs\?"),
        ({"zebra": 3}, r"unknown key teacher\.zebra; valid here: epochs, inner"),
        (
            {"inner": {"rat": 1}},
            r"unknown key teacher\.inner\.rat; did you mean teacher\.inner\.rate",
        ),
        ({"epochs": "many"}, r"teacher\.epochs: input should be a valid integer.*\(got 'many'\)"),
        ({"inner": {"rate": -1}}, r"teacher\.inner\.rate: .*greater than or equal to 0"),
        ({"epochs": "many", "zebra": 1}, r"unknown key teacher\.zebra"),
    ],
)
def test_a_mistake_is_one_line(values: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        validate_options(Outer, values, "teacher")
    assert "\n" not in str(caught.value)


def test_text_of_a_command_line_becomes_numbers() -> None:
    made = validate_options(Outer, {"epochs": "7", "inner": {"rate": "0.5"}})
    assert (made.epochs, made.inner.rate) == (7, 0.5)
