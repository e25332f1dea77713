"""The nearest valid name, at the end of the message about one that is unknown."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, valid: Iterable[str], prefix: str = "") -> str:
    """Return the end of an error message: the nearest valid name, or all where none is near.

    Args:
        name: what was written.
        valid: what could have been written.
        prefix: dotted place of the key, put before the suggestion.

    Example:
        >>> did_you_mean("epoch", ["epochs", "seed"], "teacher")
        '; did you mean teacher.epochs?'
        >>> did_you_mean("zebra", ["epochs", "seed"])
        '; valid here: epochs, seed'
    """
    valid = sorted(valid)
    close = difflib.get_close_matches(name, valid, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {prefix + '.' if prefix else ''}{close[0]}?"
    return f"; valid here: {', '.join(valid)}" if valid else ""
