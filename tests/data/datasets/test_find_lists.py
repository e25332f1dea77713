"""Which files of a folder are lists of its images."""

from pathlib import Path

import pytest

from asdcfer.data.datasets.find_lists import lists_of
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.source import Options
from asdcfer.errors import DataError
from tests.data.trees import read_as, tiles


def found(folder: Path, forced: bool = False) -> list[str]:
    return [table.file.name for table, _ in lists_of(Layout(folder), Options(), forced)]


def test_lists_name_images_or_expressions(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "a.png", "000002.png")
    (folder / "named.csv").write_text("path,label\na.png,happy\n")
    (folder / "numbers.csv").write_text("id,label\n2,happy\n2,sad\n")
    (folder / "weather.csv").write_text("id,label\n1,rain\n2,sun\n")
    (folder / "submission.csv").write_text("path,label\na.png,happy\n")
    (folder / "a.txt").write_text("a.png happy\n")
    assert found(folder) == ["named.csv", "numbers.csv"]
    assert "weather.csv" in found(folder, forced=True)


def test_what_predict_writes_is_no_list_of_labels(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "a.png", "b.png")
    row = "{},0,0,0,1,1,9,9,0.9,0.1,angry,0.9,ok\n"
    head = "file,frame,time,face,x,y,width,height,angry,happy,expression,confidence,status\n"
    (folder / "scores.csv").write_text(head + row.format("a.png") + row.format("b.png"))
    assert found(folder) == []
    with pytest.raises(DataError, match=r"scores.csv, which no source understands"):
        read_as(folder)
    assert set(read_as(folder, kind="list").values()) == {("angry", "train")}


def test_a_list_that_is_asked_for_must_be_readable(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "a.png")
    (folder / "x.json").write_text('{"a.png": ')
    assert found(folder) == []
    with pytest.raises(DataError, match="no JSON"):
        found(folder, forced=True)
