"""Lists as rows of cells, whatever the sign between them."""

from pathlib import Path

import pytest

from asdcfer.data.datasets.list_table import read_table
from asdcfer.errors import DataError


@pytest.mark.parametrize(
    ("name", "text", "columns", "cells"),
    [
        ("a.csv", "path,label\na b.png,x\n", ("path", "label"), ["a b.png", "x"]),
        ("a.csv", "path;label\na,b.png;x\n", ("path", "label"), ["a,b.png", "x"]),
        ("a.txt", "my face.png 3 4\n", ("1", "2", "3"), ["my face.png", "3", "4"]),
        ("a.csv", "path,label\na.png\n", ("path", "label"), ["a.png"]),
        ("a.csv", "# mine\n\n#, 2024\npath,label\na.png,x\n", ("path", "label"), ["a.png", "x"]),
        ("a.csv", "path,label\na.png,x,y\n", ("path", "label", "3"), ["a.png", "x", "y"]),
        ("a.jsonl", '{"path": "a.png", "label": 3}\n', ("path", "label"), ["a.png", "3"]),
    ],
)
def test_cells(tmp_path: Path, name: str, text: str, columns: tuple[str, ...], cells: list[str]):
    (tmp_path / name).write_text(text)
    table = read_table(tmp_path / name)
    assert table.columns == columns
    assert list(table.rows[0].cells.values()) == cells


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"\xff\x00\x81", "no list of text in UTF-8"),
        ("a.csv", b"path\xe9\x81,label\n", "no list of text in UTF-8"),
        ("a.jsonl", b'{"a": 1}\n{', "row 2: no JSON"),
        ("a.jsonl", b"[1]\n", "row 1: expected an object"),
        ("a.json", b"3", "expected a JSON list"),
        ("a.json", b"[" * 200_000, "no JSON"),
        ("a.csv", b'path,label\n"' + b"x" * 200_000 + b'",y\n', "cannot be read as a list"),
    ],
)
def test_a_file_that_is_none_says_why(tmp_path: Path, name: str, data: bytes, message: str):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=message):
        read_table(tmp_path / name)
    with pytest.raises(DataError, match="cannot be read"):
        read_table(tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("utf-16-le", ""),
        ("cp1252", "a.csv is no UTF-8 and was read as Windows-1252"),
    ],
)
def test_encodings_that_spreadsheets_write(tmp_path: Path, encoding: str, note: str) -> None:
    (tmp_path / "a.csv").write_text("path;label\ncafé.png;dégoût\n", encoding=encoding)
    table = read_table(tmp_path / "a.csv")
    assert table.rows[0].cells == {"path": "café.png", "label": "dégoût"}
    assert table.note == note


def test_remarks_keep_the_numbers_of_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("# one\n# two\npath,label\na.png,x\n")
    assert [row.number for row in read_table(tmp_path / "a.csv").rows] == [4]
