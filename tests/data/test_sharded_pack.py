"""A pack of shards holds what one pack of the same faces holds, and says where it is damaged."""

import json
from pathlib import Path

import numpy as np
import pytest

from asdcfer.api import PrepareSettings, audit, prepare
from asdcfer.data.pack import Pack, load_pack
from asdcfer.data.pack_writing import PackItem, write_pack
from asdcfer.data.sharded_pack import write_sharded_pack
from asdcfer.errors import DataError
from tests.data.trees import face, save

SOURCE = {"name": "made"}
NAMES = ["happy", "sad"]


def items(count: int = 11) -> list[PackItem]:
    """Faces of which some are labeled, in two splits that begin at different places."""
    return [
        PackItem(
            face(number % 9),
            f"face {number}",
            "test" if number in (4, 9) else "train",
            number % 3 - 1,
            more={"group": f"g{number}"} if number % 2 else {},
        )
        for number in range(count)
    ]


@pytest.fixture
def both(tmp_path: Path) -> tuple[Pack, Pack]:
    whole = write_pack(tmp_path / "whole", items(), expressions=NAMES, source=SOURCE)
    parts = write_sharded_pack(tmp_path / "parts", items(), 4, expressions=NAMES, source=SOURCE)
    return load_pack(whole, verify=True), load_pack(parts, verify=True)


def test_it_holds_what_one_pack_holds(both: tuple[Pack, Pack]) -> None:
    whole, parts = both
    assert len(parts) == len(whole) == 11
    assert parts.images.shape == whole.images.shape
    for rows in (slice(None), slice(3, 9), np.array([10, 0, 5, 5]), np.arange(11) % 2 == 0, -1, 7):
        assert np.array_equal(parts.images[rows], whole.images[rows])
    assert np.array_equal(np.stack(list(parts.images)), whole.images)
    assert np.array_equal(parts.labels, whole.labels)
    assert parts.split.tolist() == whole.split.tolist()
    assert list(parts.ids) == whole.ids == [parts.ids[row] for row in range(11)]
    assert parts.ids[2:6] == whole.ids[2:6]
    assert parts.more == whole.more
    assert parts.info["counts"] == whole.info["counts"]
    assert sorted(parts.splits) == sorted(whole.splits)
    for beyond in (lambda: parts.images[11], lambda: parts.ids[11]):
        with pytest.raises(IndexError):
            beyond()


def test_the_audit_of_shards_is_that_of_the_whole(both: tuple[Pack, Pack]) -> None:
    first, second = (audit([pack]).pairs for pack in both)
    assert first.first.tolist() == second.first.tolist() == [0, 1]
    assert first.second.tolist() == second.second.tolist() == [9, 10]


def test_the_same_faces_give_the_same_bytes(tmp_path: Path) -> None:
    for name in "xy":
        write_sharded_pack(tmp_path / name, items(), 4, expressions=NAMES, source=SOURCE)
    one, two = (
        {str(f.relative_to(tmp_path / n)): f.read_bytes() for f in (tmp_path / n).rglob("*.*")}
        for n in "xy"
    )
    assert one == two
    assert not list(tmp_path.glob(".*tmp"))


@pytest.mark.parametrize("file", ["images.u8", "labels.npy", "pack.json"])
def test_a_byte_that_changed_in_a_shard_is_found(both: tuple[Pack, Pack], file: str) -> None:
    path = both[1].path / "shard-00001" / file
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="shard-00001"):
        load_pack(both[1].path, verify=True)


def test_a_shard_that_is_gone_or_named_outside_is_refused(both: tuple[Pack, Pack]) -> None:
    index = both[1].path / "pack.json"
    info = json.loads(index.read_text())
    (both[1].path / "shard-00002").rename(both[1].path / "elsewhere")
    with pytest.raises(DataError, match="shard-00002"):
        load_pack(both[1].path)
    info["shards"][2]["name"] = "../whole"
    del info["checksum"]
    index.write_text(json.dumps(info))
    with pytest.raises(DataError, match="no name of a shard"):
        load_pack(both[1].path)


def test_prepare_makes_shards(tmp_path: Path) -> None:
    for number in range(5):
        save(tmp_path / "faces" / f"{number}.png", number)
    settings = PrepareSettings(shard=2)
    pack = prepare(tmp_path / "faces", tmp_path / "out", settings)
    assert [shard["images"] for shard in pack.info["shards"]] == [2, 2, 1]
    whole = prepare(tmp_path / "faces", tmp_path / "whole")
    assert np.array_equal(pack.images[:], whole.images)
    with pytest.raises(DataError, match="1 face or more"):
        prepare(tmp_path / "faces", tmp_path / "none", PrepareSettings(shard=0))
    with pytest.raises(DataError, match="no usable image"):
        write_sharded_pack(tmp_path / "no", [], 3, expressions=[], source=SOURCE)
    assert not (tmp_path / "no").exists()
