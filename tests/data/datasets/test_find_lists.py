"""Which files of a folder are lists of its images."""

import json
from pathlib import Path

import pytest

from asdcfer.data.datasets.find_lists import lists_of
from asdcfer.data.datasets.layout import Layout
from asdcfer.data.datasets.source import Options
from asdcfer.errors import DataError
from tests.data.trees import read_as, tiles


def found(folder: Path, asked: bool = False) -> list[str]:
    return [table.file.name for table, _ in lists_of(Layout(folder), Options(), asked).found]


def test_lists_name_images_or_expressions(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "a.png", "000002.png")
    (folder / "named.csv").write_text("path,label\na.png,happy\n")
    (folder / "numbers.csv").write_text("id,label\n2,happy\n2,sad\n")
    (folder / "weather.csv").write_text("id,label\n1,rain\n2,sun\n")
    (folder / "submission.csv").write_text("path,label\na.png,happy\n")
    (folder / "a.txt").write_text("a.png happy\n")
    assert found(folder) == ["named.csv", "numbers.csv"]
    assert "weather.csv" in found(folder, asked=True)


def test_what_predict_writes_is_no_list_of_labels(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "a.png", "b.png")
    row = "{},0,0,0,1,1,9,9,0.9,0.1,angry,0.9,ok\n"
    head = "file,frame,time,face,x,y,width,height,angry,happy,expression,confidence,status\n"
    (folder / "scores.csv").write_text(head + row.format("a.png") + row.format("b.png"))
    assert found(folder) == []
    with pytest.raises(DataError, match=r"scores.csv, which no source understands"):
        read_as(folder)
    assert set(read_as(folder, kind="list").values()) == {("angry", "train")}


def test_a_list_that_cannot_be_read_is_never_left_out_unseen(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "a.png", "b.png")
    (folder / "x.json").write_text('{"a.png": ')
    (folder / "noise.json").write_text("{]")
    (folder / "y.csv").write_text("file,label\nb.png,sad\n")
    for kind in ("auto", "list"):
        with pytest.raises(DataError, match=r"x.json: no JSON"):
            read_as(folder, kind=kind)
    assert set(read_as(folder, kind="unlabeled")) == {"a.png", "b.png"}
    (folder / "x.json").unlink()
    assert read_as(folder) == read_as(folder, kind="list") == {"b.png": ("sad", "train")}
    (folder / "y.csv").unlink()
    with pytest.raises(DataError, match=r"noise.json: no JSON"):
        read_as(folder, kind="list")


def test_a_json_about_other_things_is_no_list(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "a.png", "b.png")
    about = {"pack": "0" * 64, "count": 2, "expressions": ["angry", "disgust", "happy", "sad"]}
    (folder / "picked.json").write_text(json.dumps(about))
    (folder / "sizes.json").write_text('{"width": 48, "names": {"a": "happy", "b": "sad"}}')
    (folder / "to_label.csv").write_text("file,expression\na.png,happy\nb.png,sad\n")
    assert found(folder) == found(folder, asked=True) == ["to_label.csv"]
    told: list[str] = []
    for kind in ("auto", "list"):
        read = read_as(folder, kind=kind, columns={"label": "expression"}, told=told.append)
        assert sorted(read) == ["a.png", "b.png"]
    assert not any("missing" in line for line in told)
    (folder / "stems.json").write_text('{"a": "happy", "b": "sad"}')
    (folder / "gone.json").write_text('{"z.png": "happy", "y.png": "sad"}')
    assert found(folder) == ["gone.json", "stems.json", "to_label.csv"]


def test_the_columns_that_are_asked_for_are_those_of_one_list(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "a.png", "b.png")
    (folder / "sizes.csv").write_text("path,width\na.png,12\nb.png,12\n")
    (folder / "x.csv").write_text("path,mood\na.png,happy\nb.png,sad\n")
    assert set(read_as(folder, columns={"label": "mood"}).values()) == {
        ("happy", "train"),
        ("sad", "train"),
    }
    with pytest.raises(DataError, match="no such column; it has path, width"):
        read_as(folder, columns={"label": "feeling"})
