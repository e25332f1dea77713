"""YAML of anybody's as plain values, bounded in size and depth.

What is read is made of dictionaries, lists, texts, numbers, dates, True, False and None. A text
that names Python objects, that repeats a part of itself by reference (a kilobyte can mean more
values than a machine holds), or that is nested deeper than any settings are, is refused.
"""

from typing import Any

import yaml

LONGEST_YAML = 1_000_000
"""Characters of the longest YAML text that is read; recipes have a few thousand."""
DEEPEST = 100
"""Levels of the deepest YAML text that is read."""


class _PlainLoader(yaml.SafeLoader):
    """YAML's own safe loader, without references and of bounded depth."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose the value that comes next."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise yaml.YAMLError(f"line {line}: references are not read")
        if self._depth >= DEEPEST:
            raise yaml.YAMLError(f"it is nested deeper than {DEEPEST} levels")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def from_yaml(text: str) -> Any:
    r"""Return the values of a YAML text.

    Args:
        text: at most `LONGEST_YAML` characters; `&` and `*`, `!python` tags and more than one
            document are refused.

    Raises:
        ValueError: it is no such text; the message is one line.

    Example:
        >>> from_yaml("teacher: {epochs: 3}")
        {'teacher': {'epochs': 3}}
        >>> from_yaml("a: &a [1]\nb: *a")
        Traceback (most recent call last):
        ValueError: line 2: references are not read
    """
    if len(text) > LONGEST_YAML:
        raise ValueError(f"it is longer than {LONGEST_YAML:,} characters")
    try:
        return yaml.load(text, _PlainLoader)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise ValueError(" ".join(str(error).split())) from error
