"""Lines about a run: one a matter, and none where there is nothing to tell."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

from asdcfer.api.prediction_run import Camera
from asdcfer.cli.prediction_lines import (
    line_of_a_live_picture,
    line_of_what_is_left,
    line_of_what_is_written,
    lines_of_what_is_missing,
)
from asdcfer.predict.batch import Summary
from asdcfer.predict.live import LiveSummary


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


def test_blurred_copies_without_a_face_are_to_be_looked_at():
    (line,) = lines_of_what_is_missing(run(Summary(uncovered=["a.jpg"])))
    assert line == (
        "asdcfer: in 1 blurred copy nothing is covered, as no face was found; look at it: a.jpg"
    )
    (line,) = lines_of_what_is_missing(run(Summary(uncovered=["a.jpg", "b.mp4"])))
    assert "in 2 blurred copies nothing is covered" in line


def test_what_is_written():
    one = run(Summary(files=1), statuses=Counter(ok=1))
    assert line_of_what_is_written(one) == "r.csv: 1 file; 1 row: 1 ok"
    statuses = Counter({"blurred": 3, "no face": 1, "ok": 1200})
    many = run(Summary(files=3, failed=1, broken=1, resumed=2), statuses=statuses)
    assert line_of_what_is_written(many) == (
        "r.csv: 5 files (1 could not be read, 1 broke off, 2 were done before); 1,204 rows: "
        "1,200 ok, 3 blurred, 1 no face"
    )


def test_what_is_left(tmp_path):
    journal = SimpleNamespace(path=tmp_path / "r.csv.partial")
    assert "nothing of it is kept" in line_of_what_is_left(run(table=None))
    assert line_of_what_is_left(run(journal=journal)) == "r.csv is complete"
    journal.path.touch()
    assert "--out r.csv --resume" in line_of_what_is_left(run(journal=journal))
    assert str(journal.path) in line_of_what_is_left(run(journal=journal, camera=object()))


def test_a_live_picture():
    live = LiveSummary(files=1, frames=1500, with_face=1200, seconds=60.0, left_out=30)
    assert line_of_a_live_picture(run(live, camera=Camera("rtsp://me:pw@h/a"))) == (
        "asdcfer: rtsp://h/a: 1,500 frames in 60.0 s (25.0 a second), 1,200 with a face, "
        "30 left out for newer ones"
    )
    assert line_of_a_live_picture(run(LiveSummary(files=1), camera=Camera(1))) == (
        "asdcfer: webcam:1: 0 frames in 0.0 s, 0 with a face"
    )
    lost = run(LiveSummary(files=1, broken=1, fault="it ended"))
    assert list(lines_of_what_is_missing(lost)) == ["asdcfer: it ended"]
