"""JSON from elsewhere: whatever is wrong with it is a ValueError."""

import pytest

from asdcfer.plain_json import from_json


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"a":' * 200_000, "", "{", b"\xff\xfe\x00", "9" * 10_000, "[1,]"]
)
def test_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(text)


def test_json_is_read() -> None:
    assert from_json('{"a": [1, 2.5, null, "x"]}') == {"a": [1, 2.5, None, "x"]}
    assert from_json(b'"x"') == "x"
