"""The audit: planted duplicates are found, others are not; twins; and FER-2013's known order of
magnitude.
"""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.duplicate_tables import summary
from asdcfer.data.duplicates import LARGEST_GROUP, find_duplicates, near_duplicates
from asdcfer.data.pack import Pack
from asdcfer.data.sample import sample_pack
from asdcfer.errors import DataError
from tests.data.trees import needs_fer, pack_of


def test_planted_duplicates_are_found_and_no_others(packs: list[Pack]) -> None:
    pairs = find_duplicates(packs)
    found = {
        (int(i), int(j)): bool(e)
        for i, j, e in zip(pairs.first, pairs.second, pairs.exact, strict=True)
    }
    assert found == {(0, 4): True, (1, 5): False, (2, 7): True, (3, 8): False, (9, 10): False}
    assert (pairs.distance[pairs.exact] == 0).all()
    assert (pairs.hamming[pairs.exact] == 0).all()
    assert (pairs.distance[~pairs.exact] >= 0).all()


def test_twins_are_test_images_with_an_exact_or_near_copy_in_training(packs: list[Pack]) -> None:
    assert near_duplicates(packs[0], "train", "test").tolist() == [4, 5]
    assert near_duplicates(packs[0], "test", "train").tolist() == [0, 1]
    with pytest.raises(DataError, match="no split 'private'"):
        near_duplicates(packs[0])


def test_twins_agree_with_the_pairs(packs: list[Pack]) -> None:
    pack, pairs = packs[0], find_duplicates(packs[:1])
    crossing = [
        int(j)
        for i, j in zip(pairs.first, pairs.second, strict=True)
        if pack.split[i] == "train" and pack.split[j] == "test"
    ]
    assert near_duplicates(pack, "train", "test").tolist() == sorted(set(crossing))


def test_many_copies_of_one_image_are_no_flood(tmp_path: Path) -> None:
    black, count = np.zeros((48, 48), np.uint8), LARGEST_GROUP + 50
    pack = pack_of(tmp_path / "black", [black] * count, ["train"] * count)
    pairs = find_duplicates([pack])
    assert len(pairs) == count - 1
    assert pairs.exact.all()
    assert (pairs.first == 0).all()
    few = pack_of(tmp_path / "few", [black] * 5, ["train"] * 5)
    assert len(find_duplicates([few])) == 10


@pytest.mark.slow
def test_a_search_takes_few_bytes_an_image(tmp_path: Path) -> None:
    def taken(images: int) -> int:
        draw = np.random.default_rng(images)
        noise = list(draw.integers(0, 256, (images, 48, 48), dtype=np.uint8))
        pack = pack_of(tmp_path / str(images), noise, ["train"] * images)
        del noise
        find_duplicates([pack])  # what is imported and remembered once
        tracemalloc.start()
        pairs = find_duplicates([pack])
        summary([pack], pairs)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(pairs) == 0
        return most

    # Sketch, low frequencies, hash, group and order: 500 bytes, and here sketches on their way.
    assert taken(6000) - taken(2000) < 1000 * 4000


def test_the_sample_holds_no_duplicates() -> None:
    assert len(find_duplicates([sample_pack()])) == 0


@needs_fer
@pytest.mark.slow
def test_fer2013_has_its_known_duplicates(real_fer: Pack) -> None:
    pack, pairs = real_fer, find_duplicates([real_fer])
    # Counted independently: 35,887 rows, 34,036 different ones.
    redundant = len(pack) - len({image.tobytes() for image in pack.images})
    assert redundant == 1851
    assert len(set(pairs.second[pairs.exact].tolist())) == redundant
    assert 1800 < len(np.unique(pairs.second[~pairs.exact])) < 4000
    found = near_duplicates(pack, "train", "private")
    across = {
        (a, b) for a, b in zip(pack.split[pairs.first], pack.split[pairs.second], strict=True)
    }
    assert {("train", "private"), ("train", "public"), ("public", "private")} <= across
    crossing = (pack.split[pairs.first] == "train") & (pack.split[pairs.second] == "private")
    assert found.tolist() == np.unique(pairs.second[crossing]).tolist()
    assert 500 < len(found) < 1000
