"""Consoles: how wide a printed table may be."""

import sys

from rich.console import Console


def table_console(width: int, least: int = 0) -> Console:
    """Return the console for a table on standard output: as wide as the terminal.

    A file or a pipe has no width and gets the whole table.

    Args:
        width: columns where the output is no terminal.
        least: a terminal narrower than this gets `width` as well, and folds the lines itself: for
            tables with cells that must not be cut.

    Example:
        >>> import contextlib, io
        >>> with contextlib.redirect_stdout(io.StringIO()):
        ...     console = table_console(140)
        >>> console.width
        140
    """
    console = Console()
    return console if sys.stdout.isatty() and console.width >= least else Console(width=width)
