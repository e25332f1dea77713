"""The audit: planted duplicates are found, others are not; CSV, summary, contact sheet, twins; and
FER-2013's known order of magnitude.
"""

import csv
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.contact_sheet import contact_sheet
from asdcfer.data.duplicates import (
    COLUMNS,
    LARGEST_GROUP,
    find_duplicates,
    near_duplicates,
    place,
    summary,
    write_csv,
)
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
    assert [place(packs, row) for row in (0, 6, 7, 11)] == [(0, 0), (0, 6), (1, 0), (1, 4)]
    with pytest.raises(DataError):
        place(packs, 12)


def test_the_csv_names_both_images(packs: list[Pack], tmp_path: Path) -> None:
    path = write_csv(tmp_path / "out" / "d.csv", packs, find_duplicates(packs))
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 5
    first = {
        "pack_a": "a",
        "id_a": "a0",
        "split_a": "train",
        "label_a": "angry",
        "pack_b": "a",
        "id_b": "a4",
        "split_b": "test",
        "label_b": "happy",
    }
    assert rows[0] == first | {"kind": "exact", "hamming": "0", "pixel_distance": "0.0000"}
    assert [(row["id_a"], row["id_b"], row["kind"]) for row in rows[2:]] == [
        ("a2", "b0", "exact"),
        ("a3", "b1", "near"),
        ("b2", "b3", "near"),
    ]


def test_the_summary_counts_by_split_and_pack(packs: list[Pack]) -> None:
    assert summary(packs, find_duplicates(packs)) == [
        {
            "a": "a:train",
            "b": "a:test",
            "exact": 1,
            "near": 1,
            "images_a": 2,
            "images_b": 2,
            "labels_differ": 1,
        },
        {
            "a": "a:train",
            "b": "b:train",
            "exact": 1,
            "near": 1,
            "images_a": 2,
            "images_b": 2,
            "labels_differ": 0,
        },
        {
            "a": "b:train",
            "b": "b:train",
            "exact": 0,
            "near": 1,
            "images_a": 2,
            "images_b": 2,
            "labels_differ": 0,
        },
    ]


def test_packs_of_the_same_name_are_told_apart(packs: list[Pack], tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    other = pack_of(tmp_path / "x" / "a", [packs[0].images[0]], ["train"])
    rows = summary([packs[0], other], find_duplicates([packs[0], other]))
    assert ("a#1:train", "a#2:train") in {(row["a"], row["b"]) for row in rows}


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


def test_the_same_packs_give_the_same_files(packs: list[Pack], tmp_path: Path) -> None:
    for name in "xy":
        pairs = find_duplicates(packs)
        write_csv(tmp_path / f"{name}.csv", packs, pairs)
        contact_sheet(tmp_path / f"{name}.png", packs, pairs)
    assert (tmp_path / "x.csv").read_bytes() == (tmp_path / "y.csv").read_bytes()
    assert (tmp_path / "x.png").read_bytes() == (tmp_path / "y.png").read_bytes()


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
