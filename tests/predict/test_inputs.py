import os
from collections import Counter
from pathlib import Path

import pytest

from asdcfer.errors import InputError
from asdcfer.predict.inputs import as_words, collect


def test_inputs_are_collected_once_sorted_and_by_kind(tmp_path):
    for name in (
        "b.jpg",
        "a/c.PNG",
        "a/d.mp4",
        "a/notes.txt",
        ".hidden/e.jpg",
        "a/.f.jpg",
        "drawn/g.jpg",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = collect([tmp_path], [tmp_path / "drawn"])
    assert [(str(item.name), item.kind) for item in found] == [
        ("a/c.PNG", "photo"),
        ("a/d.mp4", "video"),
        ("b.jpg", "photo"),
    ]
    assert (
        len(collect([tmp_path / "b.jpg", tmp_path, f"{tmp_path}/*.jpg"], [tmp_path / "drawn"])) == 3
    )
    assert [item.path.name for item in collect([f"{tmp_path}/**/*.PNG"])] == ["c.PNG"]
    assert [
        item.kind for item in collect([tmp_path / "a" / "notes.txt", tmp_path / "gone.jpg"])
    ] == ["unknown", "photo"]
    with pytest.raises(InputError, match="no file matches"):
        collect([f"{tmp_path}/*.bmp"])
    with pytest.raises(InputError, match="no photo or video"):
        collect([_folder(tmp_path)])


def _folder(parent):
    (parent / "none").mkdir()
    return parent / "none"


def test_a_file_whose_name_looks_like_a_glob_is_itself(tmp_path):
    odd = tmp_path / "photo[1].jpg"
    odd.write_bytes(b"x")
    assert [item.path for item in collect([odd])] == [odd]


def test_files_of_one_name_get_copies_of_different_names(tmp_path):
    for name in ("a/x.jpg", "b/x.jpg", "c/a/x.jpg", "c/y.gif", "c/y.gif.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    def named(*sources):
        return [str(item.name) for item in collect([tmp_path / source for source in sources])]

    assert named("a/x.jpg", "b/x.jpg") == ["a/x.jpg", "b/x.jpg"] == named("a", "b")
    assert named("a/x.jpg", "b/x.jpg", "c") == [
        "a/x.jpg",
        "b/x.jpg",
        "c/a/x.jpg",
        "c/y.gif",
        "c/y.gif_2.png",
    ]
    assert named("a", "c") == ["x.jpg", "a/x.jpg", "y.gif", "y.gif_2.png"], (
        "names that differ stay short"
    )


def test_links_to_themselves_and_names_too_long_are_files_that_cannot_be_read(tmp_path):
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    long = tmp_path / ("n" * 300)
    assert [item.path for item in collect([tmp_path / "loop.jpg", long])] == [
        tmp_path / "loop.jpg",
        long,
    ]
    assert [item.path.name for item in collect([tmp_path])] == ["loop.jpg"]


def written(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_links_to_folders_are_followed_once_and_loops_are_cut(tmp_path):
    written(tmp_path / "study/P01/a.png", tmp_path / "nas/P02/b.png")
    (tmp_path / "study/P02").symlink_to(tmp_path / "nas/P02")
    (tmp_path / "study/again").symlink_to(tmp_path / "nas/P02")
    (tmp_path / "study/P01/up").symlink_to(tmp_path / "study")
    (tmp_path / "nas/P02/back").symlink_to(tmp_path / "study")
    assert [str(item.name) for item in collect([tmp_path / "study"])] == ["P01/a.png", "P02/b.png"]
    assert len(collect([tmp_path / "study", tmp_path / "nas"])) == 2


def test_what_is_in_a_folder_and_is_not_read_is_counted(tmp_path):
    names = ["a.jpg", "b.txt", "c.TXT", "d", ".e.jpg", "f.cr2", "sub/.hidden/g.jpg", "sub/h.jpg"]
    written(*(tmp_path / name for name in names))
    passed_over = Counter()
    assert len(collect([tmp_path], passed_over=passed_over)) == 2
    assert passed_over == {".txt": 2, "no suffix": 1, ".cr2": 1, "hidden": 2}
    assert as_words(passed_over) == ".txt (2), hidden (2), .cr2 (1), no suffix (1)"
    many = Counter({f".{number}": 20 - number for number in range(11)})
    assert as_words(many).endswith("others (33)")


def test_folders_without_a_photo_among_others_are_counted_and_alone_refused(tmp_path):
    written(tmp_path / "P1/a.jpg", tmp_path / "P2/notes.txt")
    passed_over = Counter()
    assert len(collect([f"{tmp_path}/P*"], passed_over=passed_over)) == 1
    assert passed_over == {"a folder without a photo or video": 1}
    with pytest.raises(
        InputError, match=r"P2 holds no photo or video, only \.txt \(1\)"
    ) as refused:
        collect([tmp_path / "P2"])
    assert len(str(refused.value)) < 250 + len(str(tmp_path))


def test_links_that_lead_nowhere_have_a_fault_of_their_own(tmp_path):
    written(tmp_path / "in/a.jpg")
    (tmp_path / "in/P02").symlink_to(tmp_path / "unmounted")
    (tmp_path / "in/b.jpg").symlink_to(tmp_path / "gone.jpg")
    link, *photos = collect([tmp_path / "in"])
    assert link.fault == f"a link to {tmp_path / 'unmounted'}, where nothing is"
    assert [(photo.name.name, photo.fault) for photo in photos] == [("a.jpg", ""), ("b.jpg", "")]


def test_a_closed_folder_has_the_systems_reason(tmp_path, monkeypatch):
    written(tmp_path / "in/a.jpg", tmp_path / "in/closed/b.jpg")
    scan = os.scandir

    def refusing(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    photo, folder = collect([tmp_path / "in"])
    assert (photo.name.name, folder.name.name) == ("a.jpg", "closed")
    assert folder.fault == "the folder cannot be read (Permission denied)"
    (closed,) = collect([tmp_path / "in/closed"])
    assert closed.fault
