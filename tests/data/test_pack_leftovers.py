"""What killed runs left beside a pack: removed, or put back where it was the pack itself."""

import os
from pathlib import Path

import numpy as np

from asdcfer.data.pack import load_pack
from asdcfer.data.pack_leftovers import sweep
from asdcfer.data.pack_writing import PackItem, write_pack


def a_pack(path: Path, count: int) -> None:
    faces = [PackItem(np.zeros((8, 8), np.uint8), f"row {i}") for i in range(count)]
    write_pack(path, faces, expressions=["happy"], source={})


def test_a_pack_set_aside_by_a_run_killed_while_replacing_it_comes_back(tmp_path: Path) -> None:
    a_pack(tmp_path / ".p.4711.old.tmp", 6)
    assert sweep(tmp_path / "p") == []
    assert os.listdir(tmp_path) == ["p"]
    assert len(load_pack(tmp_path / "p")) == 6


def test_a_pack_set_aside_is_removed_where_the_new_one_is_there(tmp_path: Path) -> None:
    a_pack(tmp_path / ".p.4711.old.tmp", 6)
    a_pack(tmp_path / "p", 3)
    assert os.listdir(tmp_path) == ["p"]
    assert len(load_pack(tmp_path / "p")) == 3


def test_half_a_pack_goes_and_those_of_other_names_stay(tmp_path: Path) -> None:
    for name in (".p.a_b.tmp", ".pp.a_b.tmp", ".p.tmp"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "images.u8").touch()
    (tmp_path / ".p.note.tmp").write_text("a file of the user's")
    assert sweep(tmp_path / "p") == [tmp_path / ".p.a_b.tmp"]
    assert sorted(os.listdir(tmp_path)) == [".p.note.tmp", ".p.tmp", ".pp.a_b.tmp"]
