"""Options in the messages of `asdcfer.api`, as they are typed on the command line."""

import re

RENAMED = {"table": "out"}
"""Argument of a function -> the option that stands for it, where that has another name."""
_ARGUMENT = re.compile(r"`([a-z][a-z0-9_]*)(?:=([^`]*))?`")


def as_typed(message: str) -> str:
    """Return a message whose arguments, in backticks, are written as options.

    Args:
        message: of an error or of a progress; `errors` says how arguments stand in it.

    Example:
        >>> as_typed("go on with `resume=True`, or choose another `table`")
        'go on with --resume, or choose another --out'
        >>> as_typed('use `device="cpu"`, or `detect=False`; `asdcfer models` lists names')
        'use --device cpu, or --no-detect; `asdcfer models` lists names'
    """
    return _ARGUMENT.sub(_option, message)


def _option(argument: re.Match[str]) -> str:
    name, value = argument.groups()
    flag = RENAMED.get(name, name).replace("_", "-")
    if value is None or value == "True":
        return f"--{flag}"
    if value == "False":
        return f"--no-{flag}"
    return f"--{flag} " + value.strip("\"'")
