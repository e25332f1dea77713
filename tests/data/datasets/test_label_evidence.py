"""Labels that no source understands are not lost unseen."""

from pathlib import Path

import pytest

from asdcfer.data.datasets.label_evidence import looks_labeled
from asdcfer.data.datasets.layout import Layout
from asdcfer.errors import DataError
from tests.data.trees import read_as, tiles


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels/a1_mood.txt", "good"),
        ("a1.xml", "<annotation/>"),
        ("a1.npy", ""),
        ("7.xml", "<annotation/>"),
        ("labels.npy", ""),
        ("train_labels.csv.gz", ""),
        ("Emotion_labels.zip", ""),
        (
            "export.json",
            '[{"data": {"image": "x-1.jpg"}, "choices": ["happy"]}, {"data": "x-2.jpg"}]',
        ),
        ("notes.txt", "a1.png is fine, a2.png is not"),
        ("table.csv", "what\tever a1.png b\nx a2.png c"),
    ],
)
def test_files_that_look_like_labels_stop_the_fall_back(
    tmp_path: Path, name: str, text: str
) -> None:
    tiles(tmp_path / "in", "a1.png", "a2.png", "7.png")
    file = tmp_path / "in" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    found = looks_labeled(Layout(tmp_path / "in"))
    assert found is not None
    assert name in found.what
    with pytest.raises(DataError, match=r"look like labels.*--kind unlabeled.*--kind list"):
        read_as(tmp_path / "in")
    assert len(read_as(tmp_path / "in", kind="unlabeled")) == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notes.txt", "a holiday"),
        ("a1.png.json", "{}"),
        ("a1.aae", ""),
        ("readme.txt", "see a1.png"),
        ("a.csv", "1,2"),
        ("photos.zip", ""),
    ],
)
def test_files_of_cameras_and_notes_are_none(tmp_path: Path, name: str, text: str) -> None:
    tiles(tmp_path / "in", "a1.png", "a2.png")
    (tmp_path / "in" / name).write_text(text)
    assert looks_labeled(Layout(tmp_path / "in")) is None
    assert len(read_as(tmp_path / "in")) == 2
