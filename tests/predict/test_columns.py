"""Columns: what is declared is what every table, and the documentation, has."""

from dataclasses import replace
from pathlib import Path

from asdcfer.predict.columns import (
    AFTER_SCORES,
    BEFORE_SCORES,
    FRAME_COLUMNS,
    PEOPLE_COLUMNS,
    column_names,
    face_columns,
    face_values,
    score_columns,
)
from asdcfer.predict.journal import face_rows
from asdcfer.recognition.face import UNCERTAIN
from tests.recognition.standin import NAMES, face

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "recognize_a_folder.md"


def test_the_documentation_tells_every_column():
    text = PAGE.read_text(encoding="utf-8")
    for column in (*FRAME_COLUMNS, *BEFORE_SCORES, *AFTER_SCORES, *PEOPLE_COLUMNS):
        assert f"| `{column.name}` | {column.kind} | {column.meaning} |\n" in text


def test_a_face_has_a_value_in_every_column_of_its_own():
    row = face_values(face(3, 0.25))
    names = column_names(face_columns(NAMES))
    assert tuple(row) == names[len(FRAME_COLUMNS) :]
    assert (row["face"], row["happy"], row["sad"], row["expression"]) == (3, 0.25, 0.75, "happy")


def test_an_expression_is_one_of_the_models_or_uncertain():
    (column,) = [c for c in face_columns(NAMES) if c.name == "expression"]
    assert column.choices == ("happy", "sad", UNCERTAIN)
    (column,) = [c for c in face_columns(("sad", UNCERTAIN)) if c.name == "expression"]
    assert column.choices == ("sad", UNCERTAIN)


def test_classes_named_like_a_column_keep_both():
    names = ("status", "file", "file (score)", "happy")
    found = column_names(face_columns(names))
    assert len(set(found)) == len(found)
    scores = dict(zip(names, (0.1, 0.2, 0.3, 0.4), strict=True))
    (row,) = face_rows("a.jpg", 3, 0.5, [replace(face(), scores=scores)])
    assert set(row) == set(found)
    assert (row["file"], row["status"], row["happy"]) == ("a.jpg", "ok", 0.4)
    assert [row[column] for column in score_columns(names).values()] == [0.1, 0.2, 0.3, 0.4]
