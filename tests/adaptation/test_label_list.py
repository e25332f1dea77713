"""Labels as people write them: lists, folders, synonyms, empty cells, and what is no class."""

import numpy as np
import pytest
from PIL import Image

from asdcfer.adaptation.label_list import class_name, class_names, read_labels
from asdcfer.errors import DataError


def said(path):
    return [(entry.name, entry.label, entry.group) for entry in read_labels(path)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("file,label\na.png,Happiness\nb.png,\nc.png,pain\n", [("a.png", "happy", None)]),
        ("id;expression;person\nv.mp4#0@1;sad;Ann\n", [("v.mp4#0@1", "sad", "Ann")]),
        # The list that `pick` writes: the id names the face, not the file beside it.
        ("file,expression,suggestion,id\nfaces/1.png,Freude,sad,x\n", [("x", "happy", None)]),
        ("file,label\na.png,unknown\nb.png,happy\n", [("b.png", "happy", None)]),
    ],
)
def test_lists(tmp_path, text, expected):
    (tmp_path / "few.csv").write_text(text)
    found = said(tmp_path / "few.csv")
    assert found[0] == expected[0]


def test_a_folder_with_a_subfolder_for_each_class(tmp_path):
    for name, file in (("Happy", "a.png"), ("pain", "deep/b.png"), ("unknown", "c.png")):
        (tmp_path / "sorted" / name / file).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "sorted" / name / file)
    (tmp_path / "sorted" / "pain" / "notes.txt").write_text("no face")
    assert said(tmp_path / "sorted") == [("a.png", "happy", None), ("b.png", "pain", None)]


def test_the_folder_of_pick_is_the_list_in_it(tmp_path):
    (tmp_path / "faces").mkdir()
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "faces" / "0001.png")
    (tmp_path / "to_label.csv").write_text("file,expression,id\nfaces/0001.png,sad,x\n")
    assert said(tmp_path) == [("x", "sad", None)]
    (tmp_path / "to_label.csv").write_text("file,expression,id\nfaces/0001.png,,x\n")
    with pytest.raises(DataError, match=r"to_label.csv labels no face; fill in its labels first"):
        read_labels(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "there are no labels at"),
        ("file,label\na.png,3\n", "line 2: the label 3 is a number"),
        ('file,label\na.png,"pain, mild"\n', "leave out commas"),
        ("file,label\na.png,\n", "labels no face"),
        ("file,score\na.png,0.5\n", "no column was understood as label"),
        ("file,label\n", "holds only the header file, label; write a line for each face"),
        ("\n", "holds nothing; write a line for each face"),
    ],
)
def test_bad_lists_are_one_line(tmp_path, text, told):
    if text is not None:
        (tmp_path / "few.csv").write_text(text)
    with pytest.raises(DataError, match=told) as error:
        read_labels(tmp_path / "few.csv")
    assert "\n" not in str(error.value)


def test_a_folder_without_classes(tmp_path):
    with pytest.raises(DataError, match="no subfolder for a class"):
        read_labels(tmp_path)


def test_names_of_classes_are_ours_first():
    assert class_name(" Joy ", "line 1") == "happy"
    assert class_names({"pain", "neutral", "angry"}) == ("angry", "neutral", "pain")
