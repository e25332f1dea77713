"""Score tables: read back what predict writes, and say what is no such table."""

import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.predict.columns import face_columns
from asdcfer.predict.journal import face_rows
from asdcfer.predict.people.names_file import Person, write_people
from asdcfer.predict.table_io import write_table
from asdcfer.recognition.face import Face
from asdcfer.summary.people import summarize_person
from asdcfer.summary.score_table import read_names, read_person_names, read_scores, table_of_rows
from tests.recognition.standin import face
from tests.summary.standin import NAMES, table


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_every_format_gives_the_same_tracks(tmp_path, suffix):
    found = read_scores(table(tmp_path / f"t.{suffix}", {("v.mp4", 0): "hhS", ("v.mp4", 1): "nn"}))
    assert found.expressions == NAMES
    assert list(found.people) == ["face 0", "face 1"]
    (first,) = found.people["face 0"]
    assert first.step == 0.25
    assert first.usable.tolist() == [True, True, False]
    assert first.uncertain.tolist() == [False, False, True]
    np.testing.assert_allclose(first.scores[0], [0.8, 0.1, 0.1])


def test_rows_of_predict_itself(tmp_path):
    face = Face((0, 0, 9, 9), None, {"happy": 0.9, "sad": 0.1}, "happy", 0.9, id=2)
    rows = [
        *face_rows("a.mp4", 0, 0.0, [face]),
        *face_rows("a.mp4", 1, 0.04, []),
        *face_rows("a.mp4", 2, 0.08, [face]),
        {"file": "b.jpg", "status": "error: no picture"},
    ]
    write_table(tmp_path / "t.csv", rows, face_columns(("happy", "sad")))
    found = read_scores(tmp_path / "t.csv")
    assert found.files == ("a.mp4", "b.jpg")
    (track,) = found.people["face 2"]
    assert track.step == pytest.approx(0.04), "frames without a face are frames as well"


def test_rows_at_hand_are_read_as_those_of_a_file(tmp_path):
    face = Face((0, 0, 9, 9), None, {"face": 0.9, "sad": 0.1}, "face", 0.9, id=2)
    rows = [*face_rows("a.mp4", 0, 0.0, []), *face_rows("a.mp4", 1, 0.04, [face])]
    names = {("a.mp4", "2"): "Ann"}
    write_table(tmp_path / "t.csv", rows, face_columns(("face", "sad")))
    written = read_scores(tmp_path / "t.csv", names)
    found = table_of_rows(rows, ("face (score)", "sad"), names)
    assert found.expressions == written.expressions
    assert list(found.people) == list(written.people) == ["Ann"]
    np.testing.assert_array_equal(found.tracks[0].scores, written.tracks[0].scores)
    with pytest.raises(InputError, match="the table holds no face"):
        table_of_rows(rows[:1], ("face (score)", "sad"))


def test_faces_of_one_name_are_one_person(tmp_path):
    path = table(tmp_path / "t.csv", {("x", 0): "hh", ("x", 4): "ss", ("y", 0): "nn"})
    (tmp_path / "who.csv").write_text("file,face,person\nx,0,Ann\nx,4,Ann\n")
    found = read_scores(path, read_names(tmp_path / "who.csv"))
    assert {name: len(tracks) for name, tracks in found.people.items()} == {
        "Ann": 2,
        "y, face 0": 1,
    }
    (tmp_path / "two.csv").write_text("file,face,person\nx,0,Ann\nx,0,Bob\n")
    with pytest.raises(InputError, match="row 2: face 0 of x is both Ann and Bob"):
        read_names(tmp_path / "two.csv")
    (tmp_path / "no.csv").write_text("file,person\nx,Ann\n")
    with pytest.raises(InputError, match="file, face and person"):
        read_names(tmp_path / "no.csv")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no rows"),
        ("a,b\n1,2\n", "no column"),
        ("file,frame,time,face,x,y,width,height,expression,confidence,status\n", "holds no rows"),
        (
            "file,frame,time,face,x,y,width,height,expression,confidence,status\nv,0,0,0,,,,,,,\n",
            "no column of an expression",
        ),
        (
            "file,frame,time,face,x,y,width,height,happy,expression,confidence,status\n"
            "v,0,0,0,,,,,lots,,,\n",
            "row 1: happy is 'lots', not a number",
        ),
        (
            "file,frame,time,face,x,y,width,height,happy,expression,confidence,status\n"
            "v,0,0,,,,,,,,,no face\n",
            "holds no face",
        ),
    ],
)
def test_what_is_no_table_of_predict_says_why(tmp_path, content, message):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(InputError, match=message):
        read_scores(tmp_path / "t.csv")


def test_a_table_that_is_not_there_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match="write one with predict"):
        read_scores(tmp_path / "t.csv")
    (tmp_path / "t.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read as a table"):
        read_scores(tmp_path / "t.json")


def test_turned_and_blurred_faces_are_neither_usable_nor_uncertain_and_shares_still_sum_to_one(
    tmp_path,
):
    statuses = ["ok", "turned away", "ok", "blurred", "uncertain", "too small", "ok"]
    rows = [
        row
        for number, status in enumerate(statuses)
        for row in face_rows("a.mp4", number, number / 25, [face(score=0.75, status=status)])
    ]
    path = tmp_path / "t.csv"
    write_table(path, rows, face_columns(("happy", "sad")))
    table = read_scores(path)
    assert table.expressions == ("happy", "sad"), "measures of quality are no expressions"
    row = summarize_person("a", list(table.tracks), table.expressions, [])
    assert (row["frames"], row["usable"], row["uncertain"], row["other"]) == (7, 3, 1, 3)
    assert row["share_happy"] + row["share_sad"] == 1


def test_persons_of_predict_are_called_by_their_names_file(tmp_path):
    who = {0: ("person 1", "Ann"), 1: ("person 2", "person 2"), 2: ("person 3", "person 3")}
    rows = []
    for number, (person, name) in who.items():
        (row,) = face_rows("a.mp4", number, number / 25, [face(number)])
        rows.append({**row, "person": person, "name": name})
    for suffix in ("csv", "json", "parquet"):
        path = tmp_path / f"t.{suffix}"
        write_table(path, rows, face_columns(("happy", "sad"), people=True))
        assert list(read_scores(path).people) == ["Ann", "person 2", "person 3"]
        people = {"person 1": "Ann", "person 2": "Bob", "person 3": "Ann"}
        found = read_scores(path, people=people).people
        assert {name: len(tracks) for name, tracks in found.items()} == {"Ann": 2, "Bob": 1}
    names = {("a.mp4", "0"): "Eve"}
    assert next(iter(read_scores(path, names).people)) == "Eve", "a name of a face goes first"


def test_both_kinds_of_names_are_told_apart(tmp_path):
    (tmp_path / "who.csv").write_text("file,face,person\nx,0,Ann\n")
    assert read_person_names(tmp_path / "who.csv") is None
    write_people(tmp_path / "people.csv", [Person("person 1", "Ann", 1, 1, 0.0, "x", 0)])
    assert read_person_names(tmp_path / "people.csv") == {"person 1": "Ann"}
    with pytest.raises(InputError, match="cannot be read"):
        read_person_names(tmp_path / "none.csv")
