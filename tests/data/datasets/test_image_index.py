"""Images found by the ends of their paths, and never another split's or class's."""

from pathlib import Path

import pytest

from asdcfer.data.datasets.image_index import ImageIndex
from asdcfer.data.datasets.layout import Layout
from tests.data.trees import tiles


@pytest.fixture
def index(tmp_path: Path) -> ImageIndex:
    tiles(
        tmp_path / "in",
        "train/a.png",
        "test/a.png",
        "train/b.png",
        "happy/c.jpg",
        "x/d.png",
        "y/d.png",
        "e e.png",
        "0007.png",
        "x/08.png",
        "y/008.png",
    )
    return ImageIndex(Layout(tmp_path / "in"))


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ("train/a.png", "train/a.png"),
        ("TEST\\A.PNG", "test/a.png"),
        ("/data/set/train/b.png", "train/b.png"),
        ("b", "train/b.png"),
        ("b.png", "train/b.png"),
        ("a.png", None),
        ("test/b.png", None),
        ("sad/c.jpg", None),
        ("other/c.jpg", "happy/c.jpg"),
        ("d.png", None),
        ("y/d.png", "y/d.png"),
        ("b.jpg", "train/b.png"),
        ("a.jpg", None),
        ("https://example.org/set/b.png?raw=1#x", "train/b.png"),
        ("file:///home/me/my%20set/e%20e.png", "e e.png"),
        ("7", "0007.png"),
        ("7.jpg", "0007.png"),
        ("8", None),
        ("", None),
        ("/", None),
        ("a\0b", None),
        ("x" * 5000, None),
        ("../../../etc/passwd", None),
    ],
)
def test_the_longest_end_of_a_path_decides(
    tmp_path: Path, index: ImageIndex, listed: str, found: str | None
) -> None:
    expected = None if found is None else tmp_path / "in" / found
    assert index.find(listed, tmp_path / "in") == expected


def test_a_list_in_a_folder_names_no_image_outside(tmp_path: Path, index: ImageIndex) -> None:
    tiles(tmp_path / "elsewhere", "e.png")
    tiles(tmp_path / "in-the-vicinity", "e.png")
    (tmp_path / "in" / "link.png").symlink_to(tmp_path / "elsewhere" / "e.png")
    for named in (
        str(tmp_path / "elsewhere" / "e.png"),
        "../elsewhere/e.png",
        "../in-the-vicinity/e.png",
        "train/../../elsewhere/e.png",
        "link.png",
    ):
        assert index.find(named, tmp_path / "in") is None, named
    inside = index.find("../in/train/b.png", tmp_path / "in")
    assert inside.resolve() == (tmp_path / "in/train/b.png").resolve()


def test_a_list_that_is_named_itself_names_images_anywhere(tmp_path: Path) -> None:
    tiles(tmp_path / "elsewhere", "e.png")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "list.csv").write_text("path,label\n")
    index = ImageIndex(Layout(tmp_path / "in" / "list.csv"))
    for named in (str(tmp_path / "elsewhere" / "e.png"), "../elsewhere/e.png"):
        assert index.find(named, tmp_path / "in") is not None
