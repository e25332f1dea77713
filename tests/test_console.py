"""Consoles: a table is as wide as the terminal, and whole where there is none."""

import pytest

from asdcfer.console import table_console


@pytest.mark.parametrize(
    ("terminal", "columns", "width"), [(True, 80, 80), (True, 40, 140), (False, 80, 140)]
)
def test_the_width_is_that_of_a_terminal_that_is_wide_enough(
    monkeypatch, terminal: bool, columns: int, width: int
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("COLUMNS", str(columns))
    assert table_console(140, least=60).width == width
