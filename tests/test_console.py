"""Consoles: tables are as wide as the terminal, and letters outside its encoding are escaped."""

import io
import json
import sys

import pytest

from asdcfer.cli.prediction_rows import print_json, print_table
from asdcfer.console import escape_what_cannot_be_printed, prints_every_letter, table_console
from asdcfer.predict.face_table import FaceTable
from asdcfer.predict.journal import Journal, face_rows
from tests.recognition.standin import NAMES, face


@pytest.mark.parametrize(
    ("terminal", "columns", "width"), [(True, 80, 80), (True, 40, 140), (False, 80, 140)]
)
def test_the_width_is_that_of_a_terminal_that_is_wide_enough(
    monkeypatch, terminal: bool, columns: int, width: int
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    monkeypatch.setenv("COLUMNS", str(columns))
    assert table_console(140, least=60).width == width


@pytest.mark.parametrize(
    ("encoding", "every"), [("cp1252", False), ("ascii", False), ("utf8", True)]
)
def test_letters_that_an_output_does_not_know_are_escaped(
    monkeypatch, tmp_path, encoding: str, every: bool
) -> None:
    name = "写真 é 😀.jpg"
    with Journal(tmp_path / "rows", {}) as journal:
        journal.add(face_rows(name, 0, 0.0, [face()]))
        said = []
        for show in (print_table, print_json):
            raw = io.BytesIO()
            monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding=encoding))
            monkeypatch.setattr("sys.stderr", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
            escape_what_cannot_be_printed()
            assert prints_every_letter() is every
            show(FaceTable(journal.rows, NAMES))
            sys.stdout.flush()
            said.append(raw.getvalue().decode(encoding))
    (row,) = json.loads(said[1])
    assert (row["file"], row["status"]) == (name, "ok")
    assert ("写真" in said[0]) is every
    assert ".jpg" in said[0]


def test_an_output_that_is_closed_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert table_console(90).width == 90
    assert prints_every_letter()
