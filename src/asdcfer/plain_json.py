"""JSON of anybody's as plain values: whatever is wrong with it is a `ValueError`."""

import json
from typing import Any


def from_json(text: str | bytes) -> Any:
    """Return the values of a JSON text.

    Args:
        text: of any length: its values take memory in proportion to it.

    Raises:
        ValueError: it is no JSON, or nested deeper than Python reads; the message is one line.

    Example:
        >>> from_json('{"a": [1, null]}')
        {'a': [1, None]}
        >>> from_json("[" * 100_000)
        Traceback (most recent call last):
        ValueError: it is nested too deeply
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
