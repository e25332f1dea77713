"""Persons of a run: rows, names file and pictures go together, and no name is lost."""

import pytest

from asdcfer.errors import InputError
from asdcfer.predict.people.names_file import read_people, write_people
from asdcfer.predict.people.naming import check_names_path, name_people, with_people
from tests.predict.people.standin import GrayLikeness, line

TRACKS = [line("a", 0, 0.1, frames=1), line("b", 0, 0.1, frames=8), line("b", 1, 0.9)]


def test_rows_names_and_pictures(tmp_path):
    path = tmp_path / "who.csv"
    found = name_people(path, TRACKS, GrayLikeness.vectors)
    rows = [{"file": "b", "face": 1}, {"file": "b", "status": "no face"}, {"file": "a", "face": 0}]
    named = list(with_people(rows, found))
    assert [row.get("person") for row in named] == ["person 2", None, "person 1"]
    people = read_people(path)
    assert [one.tracks for one in people] == [2, 1]
    assert (tmp_path / people[0].example).read_bytes() == b"picture"
    assert people[0].example == "who_pictures/person 1.jpg"


def test_names_are_kept_those_of_other_files_too(tmp_path):
    path = tmp_path / "who.csv"
    first, second = name_people(path, TRACKS, GrayLikeness.vectors).people
    write_people(path, [first.__class__(**{**vars(first), "name": "Ann"}), second])
    found = name_people(path, [line("c", 0, 0.9)], GrayLikeness.vectors)
    assert [one.person for one in found.people] == ["person 3"], "numbers are not given twice"
    assert [(one.person, one.name) for one in read_people(path)] == [
        ("person 3", "person 3"),
        ("person 1", "Ann"),
        ("person 2", "person 2"),
    ]
    again = name_people(path, TRACKS, GrayLikeness.vectors)
    assert [one.name for one in again.people] == ["Ann", "person 2"]


def test_what_is_no_names_file_is_not_replaced(tmp_path):
    (tmp_path / "scores.csv").write_text("file,frame\na,0\n")
    with pytest.raises(InputError, match="a names file has the columns"):
        check_names_path(tmp_path / "scores.csv")
    with pytest.raises(InputError, match=r"must end in \.csv"):
        check_names_path(tmp_path / "people.json")
    check_names_path(tmp_path / "new.csv")
