"""Consoles: how wide a printed table may be, and which letters they take."""

import codecs
import io
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
    terminal = sys.stdout is not None and sys.stdout.isatty()
    return console if terminal and console.width >= least else Console(width=width)


def escape_what_cannot_be_printed() -> None:
    """Let both outputs write letters outside their encoding as escapes, instead of failing.

    File names hold letters that a console of Windows, or one of the locale C, does not know.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def prints_every_letter() -> bool:
    """Tell whether standard output takes the whole of Unicode."""
    try:
        encoding = None if sys.stdout is None else sys.stdout.encoding
        return codecs.lookup(encoding or "utf-8").name.startswith("utf")
    except LookupError:
        return False
