"""What may be sent as a label."""

import pytest
from pydantic import ValidationError

from asdcfer.app.labeling_schemas import LabelGiven


def test_a_label_and_what_was_known_before() -> None:
    given = LabelGiven.model_validate_json('{"label": null, "before": "sad"}')
    assert (given.label, given.before) == (None, "sad")


@pytest.mark.parametrize(
    "text", ['{"label": "sad"}', '{"label": "x", "before": 1}', f'{{"label": "{"x" * 201}"}}', "[]"]
)
def test_what_is_left_out_or_too_long_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        LabelGiven.model_validate_json(text)
