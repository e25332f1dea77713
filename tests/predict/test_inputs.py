import pytest

from asdcfer.errors import InputError
from asdcfer.predict.inputs import collect


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
