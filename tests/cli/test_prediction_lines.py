"""Lines about a run: one a matter, and none where there is nothing to tell."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

from asdcfer.cli.prediction_lines import (
    line_of_what_is_left,
    line_of_what_is_written,
    lines_of_what_is_missing,
)
from asdcfer.predict.batch import Summary


def run(summary=None, **more):
    values = {"passed_over": Counter(), "table": Path("r.csv"), "camera": None, "written": False}
    return SimpleNamespace(summary=summary or Summary(), **{**values, **more})


def test_what_is_missing():
    assert list(lines_of_what_is_missing(run())) == []
    lines = list(
        lines_of_what_is_missing(
            run(Summary(uncopied=["a: full", "b: full"], silent=["c: no"]), passed_over={".txt": 2})
        )
    )
    assert lines[0].startswith("asdcfer: left out of the folders, as no photo or video: .txt (2)")
    assert lines[1:] == [
        "asdcfer: 2 annotated copies are missing: a: full",
        "asdcfer: 1 annotated copy lacks sound: c: no",
    ]


def test_what_is_written():
    assert line_of_what_is_written(run(Summary(files=1))) == "r.csv: 1 file"
    told = line_of_what_is_written(run(Summary(files=3, failed=1, broken=1, resumed=2)))
    assert told == "r.csv: 5 files (1 could not be read, 1 broke off, 2 were done before)"


def test_what_is_left(tmp_path):
    journal = SimpleNamespace(path=tmp_path / "r.csv.partial")
    assert "nothing of it is kept" in line_of_what_is_left(run(table=None))
    assert line_of_what_is_left(run(journal=journal)) == "r.csv is complete"
    journal.path.touch()
    assert "--out r.csv --resume" in line_of_what_is_left(run(journal=journal))
    assert str(journal.path) in line_of_what_is_left(run(journal=journal, camera=object()))
