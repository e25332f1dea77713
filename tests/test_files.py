"""Files written whole: nothing half-made stays, and permissions are those of any new file of the
user.
"""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from asdcfer.errors import AsdcferError
from asdcfer.files import (
    atomic_folder,
    atomic_write,
    remove_folder,
    remove_leftovers,
    write_json,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.parametrize(
    ("mask", "file", "folder"),
    [(0o022, 0o644, 0o755), (0o002, 0o664, 0o775), (0o077, 0o600, 0o700)],
)
def test_permissions_follow_the_umask(tmp_path, umask, mask, file, folder) -> None:
    umask(mask)
    with atomic_write(tmp_path / "a.safetensors") as temporary:
        save_file({"x": torch.zeros(2)}, temporary)
        # safetensors writes through a private temporary file of its own.
        temporary.chmod(0o600)
    with atomic_folder(tmp_path / "pack") as temporary:
        (temporary / "inner").mkdir(mode=0o700)
        save_file({"x": torch.zeros(2)}, temporary / "inner" / "state.safetensors")
        (temporary / "pack.json").write_text("{}")
    write_json(tmp_path / "b.json", {})
    assert {p.relative_to(tmp_path).as_posix(): mode(p) for p in tmp_path.rglob("*")} == {
        "a.safetensors": file,
        "b.json": file,
        "pack": folder,
        "pack/inner": folder,
        "pack/inner/state.safetensors": file,
        "pack/pack.json": file,
    }


def write_half(target: Path) -> None:
    with atomic_write(target) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError


def write_half_a_folder(target: Path) -> None:
    with atomic_folder(target) as temporary:
        (temporary / "a").write_text("second")
        raise ZeroDivisionError


def write_to_a_full_disk(target: Path) -> None:
    with atomic_write(target) as temporary:
        temporary.symlink_to("/dev/full")
        with temporary.open("w") as file:
            file.write("new")


@pytest.mark.parametrize("old", [None, "old"])
def test_a_block_that_raises_leaves_what_was_there(tmp_path, old) -> None:
    target = tmp_path / "a.txt"
    if old:
        target.write_text(old)
    with pytest.raises(ZeroDivisionError):
        write_half(target)
    assert [p.read_text() for p in tmp_path.iterdir()] == [old] * bool(old)


def test_a_folder_is_replaced_only_when_the_new_one_is_complete(tmp_path) -> None:
    target = tmp_path / "pack"
    with atomic_folder(target) as temporary:
        (temporary / "a").write_text("first")
    with pytest.raises(ZeroDivisionError):
        write_half_a_folder(target)
    assert (target / "a").read_text() == "first"
    assert list(tmp_path.iterdir()) == [target]
    with atomic_folder(target) as temporary:
        (temporary / "b").write_text("third")
    assert [p.name for p in target.iterdir()] == ["b"]
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_one_clear_line(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("old")
    message = r"cannot write .*a\.txt: No space left on device; nothing there was changed"
    with pytest.raises(AsdcferError, match=message):
        write_to_a_full_disk(tmp_path / "a.txt")
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(AsdcferError, match="is a file; a folder is wanted there"),
        atomic_write(tmp_path / "file" / "a.txt"),
    ):
        pass
    with (
        pytest.raises(AsdcferError, match="cannot make the folder"),
        atomic_folder(tmp_path / "file" / "inner" / "pack"),
    ):
        pass
    (tmp_path / "folder").mkdir()
    with (
        pytest.raises(AsdcferError, match="cannot write"),
        atomic_write(tmp_path / "folder") as temporary,
    ):
        temporary.write_text("x")


def test_a_full_disk_under_tensors_is_the_same_line(tmp_path) -> None:
    # Stands in for safetensors on a full disk, which no test can make without being root.
    said = "Error while serializing: I/O error: No space left on device (os error 28)"
    with (
        pytest.raises(
            AsdcferError, match=r"cannot write .*a\.safetensors: No space left on device; nothing"
        ),
        atomic_write(tmp_path / "a.safetensors"),
    ):
        raise SafetensorError(said)
    with (
        pytest.raises(AsdcferError, match=r"cannot write .*step: No space left on device; nothing"),
        atomic_folder(tmp_path / "step"),
    ):
        raise SafetensorError(said)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_knows_no_permissions_gets_its_files(tmp_path, monkeypatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refused)
    write_json(tmp_path / "a.json", {})
    with atomic_folder(tmp_path / "pack") as temporary:
        (temporary / "inner").write_text("{}")
    assert (tmp_path / "a.json").is_file()
    assert (tmp_path / "pack" / "inner").is_file()


@pytest.mark.parametrize("stem", ["a" * 251, "写" * 83, "Dr. " + "who and what " * 19])
def test_a_name_may_be_as_long_as_names_can_be(tmp_path, stem) -> None:
    write_json(tmp_path / f"{stem}.png", {})
    with atomic_folder(tmp_path / f"{stem}.dir") as temporary:
        (temporary / "a").touch()
    with atomic_folder(tmp_path / f"{stem}.dir") as temporary:
        (temporary / "b").touch()
    assert {path.name for path in tmp_path.iterdir()} == {f"{stem}.png", f"{stem}.dir"}
    with atomic_write(tmp_path / f"{stem}.png") as temporary:
        assert temporary.suffix == ".png"
        assert len(os.fsencode(temporary.name)) < 143
        temporary.touch()


GONE = 4_194_999
"""A number that no process has: the kernel's largest is below."""


def test_what_processes_that_are_gone_left_is_removed_and_nothing_else(tmp_path) -> None:
    left = [f".a.{GONE}.tmp.csv", f".b.{GONE}.tmp", f"deep/.step-00000003.{GONE}.tmp"]
    kept = [f".a.{os.getppid()}.tmp.csv", ".a.tmp", ".c.x1y2.tmp", f"a.{GONE}.tmp", ".notes"]
    (tmp_path / "deep").mkdir()
    for name in (*left[:2], *kept):
        (tmp_path / name).touch()
    (tmp_path / left[2]).mkdir()
    (tmp_path / left[2] / "state.json").touch()
    assert remove_leftovers(tmp_path / "a.csv", beside=True) == [tmp_path / left[0]]
    assert sorted(remove_leftovers(tmp_path)) == sorted(tmp_path / name for name in left[1:])
    assert sorted(os.listdir(tmp_path)) == sorted([*kept, "deep"])
    assert os.listdir(tmp_path / "deep") == []


def test_a_folder_goes_at_once(tmp_path, monkeypatch) -> None:
    (tmp_path / "step-00000003").mkdir()
    (tmp_path / "step-00000003" / "state.json").touch()
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_, **__: None)
        remove_folder(tmp_path / "step-00000003")
    assert os.listdir(tmp_path) == [f".step-00000003.{os.getpid()}.tmp"], "killed in the middle"
    remove_folder(tmp_path / "nothing")
