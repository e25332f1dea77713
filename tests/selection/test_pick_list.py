"""The list of a folder to label in: what is read of it, and what is refused."""

from pathlib import Path

import pytest

from asdcfer.errors import DataError
from asdcfer.selection.pick_list import COLUMNS, LIST, Listed, read_pick_list


def test_a_list_is_read_by_its_folder_or_by_its_name_each_face_once(tmp_path: Path) -> None:
    rows = ["faces/1.png,,happy,0.9,b,train", "faces/2.png,,,,a,train", "faces/1.png,,,,b,train"]
    (tmp_path / LIST).write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
    found = read_pick_list(tmp_path)
    assert found == read_pick_list(tmp_path / LIST)
    assert [one.id for one in found] == ["b", "a"]
    assert found[1] == Listed("a", "faces/2.png")


@pytest.mark.parametrize("text", [None, "file,expression\na.png,\n", b"\xff\xfe\x00id"])
def test_what_is_no_list_is_named_in_one_line(tmp_path: Path, text: str | bytes | None) -> None:
    if text is not None:
        (tmp_path / LIST).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=r"no folder that `asdcfer pick` made: to_label\.csv"):
        read_pick_list(tmp_path)
