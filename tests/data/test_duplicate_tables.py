"""Tables of duplicates: CSV and summary; packs of one name; the same packs give the same files."""

import csv
from pathlib import Path

import pytest

from asdcfer.data.contact_sheet import contact_sheet
from asdcfer.data.duplicate_tables import COLUMNS, place, summary, write_csv
from asdcfer.data.duplicates import find_duplicates
from asdcfer.data.pack import Pack
from asdcfer.errors import DataError
from tests.data.trees import pack_of


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


def test_rows_count_through_the_packs(packs: list[Pack]) -> None:
    assert [place(packs, row) for row in (0, 6, 7, 11)] == [(0, 0), (0, 6), (1, 0), (1, 4)]
    with pytest.raises(DataError):
        place(packs, 12)


def test_the_same_packs_give_the_same_files(packs: list[Pack], tmp_path: Path) -> None:
    for name in "xy":
        pairs = find_duplicates(packs)
        write_csv(tmp_path / f"{name}.csv", packs, pairs)
        contact_sheet(tmp_path / f"{name}.png", packs, pairs)
    assert (tmp_path / "x.csv").read_bytes() == (tmp_path / "y.csv").read_bytes()
    assert (tmp_path / "x.png").read_bytes() == (tmp_path / "y.png").read_bytes()
