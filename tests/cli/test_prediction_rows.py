import json

import numpy as np
import pytest

from asdcfer.cli.prediction_rows import print_frame, print_json, print_table
from asdcfer.predict.columns import column_names, face_columns
from asdcfer.predict.face_table import FaceTable
from asdcfer.predict.journal import Journal, face_rows, failed_row
from asdcfer.recognition.video import Frame
from tests.recognition.standin import NAMES, face


@pytest.fixture
def journal(tmp_path):
    """A photo with a face, one that cannot be read, and a video of ten frames."""
    with Journal(tmp_path / "journal", {}) as journal:
        journal.add(face_rows("a.jpg", 0, 0.0, [face(score=0.9)]))
        journal.add([failed_row("b.jpg", "gone")])
        add_video(journal, "in/v.mp4")
        yield journal


def add_video(journal, name):
    for frame in range(10):
        journal.add(face_rows(name, frame, frame / 10, [face(score=0.8)]))
    journal.finish(name, video=True)


def test_json_has_every_row_and_column(journal, capsys):
    columns = column_names(face_columns(NAMES))
    print_json(FaceTable(journal.rows, NAMES))
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 12
    assert all(tuple(row) == columns for row in rows)
    assert (rows[1]["status"], rows[1]["happy"]) == ("error: gone", None)


def test_the_table_has_one_line_a_face_and_a_video(journal, capsys):
    print_table(FaceTable(journal.rows, NAMES))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    photo, failed, video = (line.split() for line in lines[1:])
    assert photo[:4] == ["a.jpg", "0", "happy", "90%"]
    assert failed == ["b.jpg", "error:", "gone"]
    assert video == ["in/v.mp4", "0", "happy", "80%", "10", "0.0", "to", "0.9", "ok"]


def test_a_long_table_is_cut_and_says_so(tmp_path, capsys):
    with Journal(tmp_path / "journal", {}) as journal:
        journal.add([row for n in range(50) for row in face_rows(f"{n}.jpg", 0, 0.0, [face()])])
        print_table(FaceTable(journal.rows, NAMES))
    assert "... and 10 more" in capsys.readouterr().out


def test_a_frame_of_a_live_picture_is_one_line(capsys):
    image = np.zeros((8, 8, 3), np.uint8)
    print_frame("rtsp://h/a", Frame(7, 0.28, image, [face(2, 0.9), face(3, 0.6)]))
    print_frame("rtsp://h/a", Frame(9, 0.36, image))
    one, other = map(json.loads, capsys.readouterr().out.splitlines())
    assert (one["file"], one["frame"], one["time"]) == ("rtsp://h/a", 7, 0.28)
    assert [(f["face"], f["happy"], f["expression"]) for f in one["faces"]] == [
        (2, 0.9, "happy"),
        (3, 0.6, "happy"),
    ]
    assert other["faces"] == []
