"""What may be written over, and whether a run is complete."""

import os
from pathlib import Path

import pytest

from asdcfer.errors import InputError
from asdcfer.predict.columns import Column
from asdcfer.predict.inputs import collect
from asdcfer.predict.output_paths import (
    copy_names,
    keep_apart,
    nothing_left,
    partial_path,
    photo_copy_name,
    refuse_inputs,
    timeline_path,
    video_copy_name,
)
from asdcfer.predict.table_io import write_table


@pytest.fixture
def inputs(tmp_path):
    for name in ("a.jpg", "b.gif", "v.mp4"):
        (tmp_path / name).write_bytes(b"x")
    return collect([tmp_path])


def test_a_copy_has_one_of_the_names_that_are_reserved_for_it():
    for name in map(Path, ("d/a.jpg", "a.JPEG", "b.gif", "c", "v.mp4", "w.mkv")):
        for copy in (
            photo_copy_name(name, 9),
            photo_copy_name(name, 99_999),
            video_copy_name(name),
        ):
            assert copy in copy_names(name)
    assert photo_copy_name(Path("a.jpg"), 65_501) == Path("a.jpg.png")


def test_no_input_is_named_as_a_result(inputs, tmp_path):
    (tmp_path / "link.csv").symlink_to("a.jpg")
    (tmp_path / "r.csv.partial").symlink_to("v.mp4")
    for out in ("link.csv", "r.csv"):
        with pytest.raises(InputError, match="one of the inputs"):
            refuse_inputs(inputs, tmp_path / out, None, None)
    with pytest.raises(InputError, match="would replace the input"):
        refuse_inputs(inputs, None, tmp_path, None)
    with pytest.raises(InputError, match="one of the inputs"):
        refuse_inputs(inputs, None, None, tmp_path / "a.jpg")
    with pytest.raises(InputError, match=r"b\.gif is a file; the annotated copies want a folder"):
        refuse_inputs(inputs, None, tmp_path / "b.gif", None)
    (tmp_path / "new").mkdir()
    refuse_inputs(inputs, tmp_path / "t.csv", tmp_path / "new", tmp_path / "t.png")


def test_each_output_has_a_place_of_its_own(tmp_path):
    (tmp_path / "t.csv").write_text("rows")
    (tmp_path / "link.csv").symlink_to("t.csv")
    with pytest.raises(InputError, match="`table` and `people` would both write"):
        keep_apart({"table": tmp_path / "t.csv", "plot": None, "people": tmp_path / "link.csv"})
    with pytest.raises(InputError, match=r"one of the inputs .* another name for `people`"):
        keep_apart({"people": tmp_path / "link.csv"}, [None, tmp_path / "t.csv"])
    keep_apart({"table": tmp_path / "t.csv", "people": tmp_path / "p.csv"}, [tmp_path / "a.csv"])


def test_results_that_are_there_are_not_replaced(inputs, tmp_path):
    out, drawn, plot = tmp_path / "r.csv", tmp_path / "drawn", tmp_path / "t.png"
    assert not nothing_left(inputs, out, drawn, plot, False)
    drawn.mkdir()
    assert not nothing_left(inputs, out, drawn, plot, False), "an empty folder holds no results"
    (drawn / "a.jpg").touch()
    with pytest.raises(InputError, match="not empty"):
        nothing_left(inputs, None, drawn, None, False)
    timeline_path(plot, Path("in/v.mp4"), 0).touch()
    with pytest.raises(InputError, match=r"t_0_v\.png is there already"):
        nothing_left(inputs, None, None, plot, False)
    partial_path(out).touch()
    with pytest.raises(InputError, match="`resume=True`"):
        nothing_left(inputs, out, None, None, False)
    assert not nothing_left(inputs, out, drawn, None, True), "a run that goes on"


def test_a_complete_table_leaves_nothing_to_do(inputs, tmp_path):
    out = tmp_path / "r.csv"
    write_table(out, [{"file": str(item.path)} for item in inputs], [Column("file", "text")])
    assert nothing_left(inputs, out, None, None, True)
    with pytest.raises(InputError, match="there already"):
        nothing_left(inputs, out, None, None, False)
    write_table(out, [{"file": str(item.path)} for item in inputs[1:]], [Column("file", "text")])
    with pytest.raises(InputError, match=r"does not hold .*a\.jpg"):
        nothing_left(inputs, out, None, None, True)


@pytest.mark.parametrize("stem", ["a" * 251, "写" * 83, "é" * 125])
def test_names_of_the_greatest_length_have_copies_and_timelines_too(stem, tmp_path):
    name = Path("in") / f"{stem}.gif"
    made = [*copy_names(name)[1:], partial_path(name), timeline_path(tmp_path / "t.png", name, 3)]
    assert all(len(os.fsencode(path.name)) <= 255 for path in made)
    assert len({path.name for path in made}) == len(made)
    assert copy_names(name)[1].name.startswith(stem[:70])
    assert [path.suffix for path in made] == [".png", ".mp4", ".partial", ".png"]
    other = copy_names(Path("in") / f"{stem[:-1]}b.gif")
    assert not {*made} & {*other}, "names that differ only at their end stay apart"
