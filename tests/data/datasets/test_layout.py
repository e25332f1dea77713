"""The walk that all sources share: wrappers, other files, second copies."""

import shutil
from pathlib import Path

from asdcfer.data.datasets.layout import Layout
from tests.data.trees import read_as, tiles

TREE = [
    f"{split}/{name}/{i}.png"
    for split in ("train", "validation")
    for name in ("angry", "happy")
    for i in range(2)
]


def names(path: Path) -> list[str]:
    return [place.name for place in Layout(path).images]


def test_wrappers_of_an_archive_are_stepped_into(tmp_path: Path) -> None:
    tiles(tmp_path / "archive (3)" / "FER data", *TREE)
    (tmp_path / "archive (3)" / "readme.txt").write_text("words")
    assert names(tmp_path) == TREE
    layout = Layout(tmp_path)
    assert layout.whole[0].name == f"archive (3)/FER data/{TREE[0]}"
    assert [skipped.source_id for skipped in layout.skipped()] == ["archive (3)/readme.txt"]
    assert layout.skipped([tmp_path / "archive (3)" / "readme.txt"]) == []


def test_a_folder_of_a_split_or_a_class_is_no_wrapper(tmp_path: Path) -> None:
    tiles(tmp_path / "a", "train/happy/1.png")
    tiles(tmp_path / "b", "happy/x/1.png")
    assert names(tmp_path / "a") == ["train/happy/1.png"]
    assert names(tmp_path / "b") == ["happy/x/1.png"]


def test_a_second_copy_of_the_tree_is_read_once_and_told(tmp_path: Path) -> None:
    """As jonathanoheix/face-expression-recognition-dataset unpacks."""
    tiles(tmp_path / "archive" / "images", *TREE)
    shutil.copytree(tmp_path / "archive" / "images", tmp_path / "copy")
    shutil.move(tmp_path / "copy", tmp_path / "archive" / "images" / "images")
    told: list[str] = []
    read = read_as(tmp_path / "archive", told=told.append)
    assert sorted(read) == sorted(TREE)
    assert {label for label, _ in read.values()} == {"angry", "happy"}
    assert any("8 images lie in it twice" in line and "images/train" in line for line in told)


def test_a_second_copy_beside_the_first_is_read_once(tmp_path: Path) -> None:
    tiles(tmp_path / "in" / "data", *TREE)
    shutil.copytree(tmp_path / "in" / "data", tmp_path / "in" / "data - copy")
    assert names(tmp_path / "in") == [f"data/{name}" for name in TREE] or names(
        tmp_path / "in"
    ) == [f"data - copy/{name}" for name in TREE]


def test_a_copy_that_differs_is_none(tmp_path: Path) -> None:
    tiles(tmp_path / "a", *TREE, *(f"more/{name}" for name in TREE))
    assert len(names(tmp_path / "a")) == 2 * len(TREE)


def test_equal_folders_of_persons_or_splits_are_no_copies(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for person in ("A", "B"):
            for name in ("angry", "happy"):
                source = tiles(tmp_path, "one.png") / "one.png"
                target = tmp_path / "in" / split / person / name / "1.png"
                target.parent.mkdir(parents=True)
                shutil.copy(source, target)
    assert len(names(tmp_path / "in")) == 8


def test_a_file_has_no_images_below_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x")
    layout = Layout(tmp_path / "a.csv")
    assert (layout.root, list(layout.images), layout.others) == (tmp_path / "a.csv", [], [])
