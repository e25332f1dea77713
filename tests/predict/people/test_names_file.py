"""Names file: written, edited, read back; what is no such file is one line."""

import pytest

from asdcfer.errors import InputError
from asdcfer.predict.people.names_file import COLUMNS, Person, read_people, write_people

ANN = Person("person 1", "Ann", 3, 90, 1.5, "a, b.mp4", 0, "people_pictures/person 1.jpg")
BOB = Person("person 2", "person 2", 1, 2, 0.0, "ü.jpg", 4)


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "people.csv"
    write_people(path, [ANN, BOB])
    assert read_people(path) == [ANN, BOB]
    assert path.read_text().splitlines()[0].split(",") == [column.name for column in COLUMNS]


def test_an_edited_file_of_a_spreadsheet_is_read(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("\ufeffperson,name,file,face\nperson 1, Ann ,v.mp4,0.0\nperson 2,,v.mp4,3\n")
    assert [(one.person, one.name, one.face) for one in read_people(path)] == [
        ("person 1", "Ann", 0),
        ("person 2", "person 2", 3),
    ]


def test_a_name_that_is_not_utf8_can_be_written(tmp_path):
    write_people(tmp_path / "p.csv", [Person("person 1", "x", 1, 1, 0, "caf\udce9.jpg", 0)])
    assert read_people(tmp_path / "p.csv")[0].file == "caf\ufffd.jpg"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file,face,person\nv,0,Ann\n", "row 1: a names file has the columns person, name"),
        ("person,name,file,face\na,b,c,x\n", "a number"),
        ("person,name,file,face\na\n", "row 1"),
        ("person,name,file,face\na,b,c,inf\n", "row 1"),
    ],
)
def test_other_files_are_told(tmp_path, text, reason):
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(InputError, match=reason):
        read_people(tmp_path / "p.csv")


def test_a_missing_or_binary_file_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_people(tmp_path / "none.csv")
    (tmp_path / "b.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        read_people(tmp_path / "b.csv")
