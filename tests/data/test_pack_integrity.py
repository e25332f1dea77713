"""Integrity of packs: files that do not go together or have changed are named."""

import json
from pathlib import Path

import numpy as np
import pytest

from asdcfer.checksum import with_checksum
from asdcfer.data.pack import load_pack
from asdcfer.data.pack_writing import write_pack
from asdcfer.errors import DataError
from tests.data.pack_faces import NAMES, faces


def says(path: Path, **values: object) -> None:
    """Let pack.json say something else; None for nothing."""
    info = json.loads((path / "pack.json").read_text()) | values
    said = {key: value for key, value in info.items() if value is not None}
    (path / "pack.json").write_text(json.dumps(with_checksum(said)))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda p: (p / "pack.json").unlink(), "is not a pack .*an interrupted run left it"),
        (lambda p: [f.unlink() for f in p.iterdir()], "is not a pack .*it has no pack.json"),
        (lambda p: (p / "images.u8").write_bytes(b"short"), "holds 5 bytes where 13824 are due"),
        (lambda p: (p / "pack.json").write_text("{"), "cannot be read as a pack"),
        (lambda p: (p / "labels.npy").unlink(), "cannot be read as a pack"),
        (lambda p: (p / "ids.json").write_text("[]"), "is inconsistent"),
        (lambda p: (p / "pack.json").write_text(json.dumps({"format": 99})), "a pack of format 99"),
        (lambda p: (p / "pack.json").write_text("[]"), "cannot be read as a pack"),
        (lambda p: says(p, splits=None), r"cannot be read as a pack \(pack.json has no 'splits'\)"),
        (
            lambda p: says(p, expressions=None),
            r"cannot be read as a pack \(pack.json has no 'expressions'\)",
        ),
        (
            lambda p: says(p, splits=["train"]),
            "is inconsistent: split.npy holds 0 to 1, and pack.json names 1 splits",
        ),
        (
            lambda p: says(p, splits={"train": 0}),
            "is inconsistent: splits in pack.json is no list of names",
        ),
        (
            lambda p: says(p, expressions=["angry"]),
            "is inconsistent: labels.npy holds -1 to 1, and pack.json names 1 expressions",
        ),
        (
            lambda p: says(p, expressions="ab"),
            "is inconsistent: expressions in pack.json is no list of names",
        ),
        (lambda p: says(p, shape=[6 * 48, 48]), "is inconsistent: the shape in pack.json"),
        (lambda p: np.save(p / "labels.npy", np.full(6, -2)), "labels.npy holds -2 to -2"),
        (lambda p: np.save(p / "labels.npy", np.zeros(6)), "labels.npy holds float64"),
        (lambda p: np.save(p / "split.npy", np.full(6, -1)), "split.npy holds -1 to -1"),
        (
            lambda p: np.save(p / "votes.npy", np.ones((6, 3), np.float32)),
            r"votes.npy has shape \(6, 3\) where \(6, 2\) is due",
        ),
        (
            lambda p: np.save(p / "votes.npy", np.ones((5, 2), np.float32)),
            r"votes.npy has shape \(5, 2\) where \(6, 2\) is due",
        ),
    ],
)
def test_a_damaged_pack_is_refused_with_a_reason(tmp_path: Path, damage, message: str) -> None:
    damage(write_pack(tmp_path / "p", faces(), expressions=NAMES, source={}))
    with pytest.raises(DataError, match=message) as refused:
        load_pack(tmp_path / "p")
    assert str(tmp_path / "p") in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["images.u8", "labels.npy", "split.npy", "ids.json", "votes.npy"])
def test_a_file_that_has_changed_is_named_where_hashes_are_compared(
    tmp_path: Path, name: str
) -> None:
    path = write_pack(tmp_path / "p", faces(votes=True), expressions=NAMES, source={})
    assert len(load_pack(path, verify=True)) == 6
    data = bytearray((path / name).read_bytes())
    # The lowest bit of the last number, or a letter: no shape, no range and no syntax changes with
    # it.
    data[
        {"ids.json": data.index(b"row 0") if name == "ids.json" else 0, "votes.npy": -4}.get(
            name, -8
        )
    ] ^= 1
    (path / name).write_bytes(data)
    load_pack(path)
    with pytest.raises(
        DataError,
        match=(
            rf"/p/{name} is not the file that was prepared: its bytes have changed; make the pack "
            r"again: asdcfer prepare SOURCE"
        ),
    ):
        load_pack(path, verify=True)


def test_a_file_without_a_hash_or_one_that_has_gone_does_not_pass_either(tmp_path: Path) -> None:
    path = write_pack(tmp_path / "p", faces(votes=True), expressions=NAMES, source={})
    (path / "votes.npy").unlink()
    with pytest.raises(
        DataError,
        match=r"/p/votes\.npy cannot be read: No such file or directory; make the pack again",
    ):
        load_pack(path, verify=True)
    says(path, hashes=None)
    assert len(load_pack(path)) == 6
    with pytest.raises(DataError, match=r"pack\.json has no hash of images\.u8"):
        load_pack(path, verify=True)
