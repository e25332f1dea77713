import os

import pytest

from asdcfer.errors import InputError
from asdcfer.predict.columns import Column, column_names, face_columns
from asdcfer.predict.journal import Journal, face_rows, failed_row
from asdcfer.predict.table_io import read_table, write_table
from tests.recognition.standin import NAMES, face


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".json", ".jsonl", ".parquet"])
def test_tables_read_back(tmp_path, suffix):
    rows = [
        *face_rows('with "quotes", comma.jpg', 0, 0.0, [face(0), face(1, 0.5)]),
        *face_rows("ü.jpg", 1, 1.5, []),
        failed_row("b", "gone"),
    ]
    path = tmp_path / f"t{suffix}"
    write_table(path, iter(rows), face_columns(NAMES))
    back = read_table(path)
    assert [row["file"] for row in back] == [row["file"] for row in rows]
    assert tuple(back[0]) == column_names(face_columns(NAMES))
    for row, given in zip(back, rows, strict=True):
        for name in column_names(face_columns(NAMES)):
            wanted = given.get(name)
            assert row[name] == (
                ("" if wanted is None else str(wanted)) if suffix in (".csv", ".tsv") else wanted
            )
    write_table(path, [], face_columns(NAMES))
    assert read_table(path) == []


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"\.csv, \.tsv, \.json, \.jsonl, \.parquet"):
        write_table(tmp_path / "a.xlsx", [], [Column("file", "text")])


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".json", ".jsonl", ".parquet"])
def test_file_names_need_not_be_utf_8(tmp_path, suffix):
    name = os.fsdecode(b"caf\xe9.jpg")
    with Journal(tmp_path / "j", {}) as journal:
        journal.add([failed_row(name, "gone")])
        journal.finish(name)
    with Journal(tmp_path / "j", {}, resume=True) as journal:
        assert journal.finished == {name}
        assert [row["file"] for row in journal.rows()] == [name]
        write_table(tmp_path / f"t{suffix}", journal.rows(), face_columns(NAMES))
    (row,) = read_table(tmp_path / f"t{suffix}")
    assert row["file"] == "caf\ufffd.jpg"
