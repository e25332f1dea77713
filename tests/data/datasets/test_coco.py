"""COCO exports: JSON beside the images or apart, splits by folder or by file name."""

import json
from pathlib import Path
from typing import Any

import pytest

from asdcfer.data.pack import load_pack
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from tests.data.trees import read_as, tiles


def coco(names: list[str], categories: list[str]) -> str:
    value = {
        "info": {},
        "images": [{"id": i, "file_name": name} for i, name in enumerate(names)],
        "categories": [{"id": i + 1, "name": name} for i, name in enumerate(categories)],
        "annotations": [
            {"id": i, "image_id": i, "category_id": i % len(categories) + 1, "bbox": [1, 1, 8, 8]}
            for i in range(len(names))
        ],
    }
    return json.dumps(value)


@pytest.mark.parametrize(
    "place", ["SPLIT/_annotations.coco.json", "annotations/instances_SPLIT.json"]
)
def test_categories_become_expressions(tmp_path: Path, place: str) -> None:
    for split in ("train", "valid"):
        tiles(tmp_path / "in", f"{split}/a.jpg", f"{split}/b.jpg")
        file = tmp_path / "in" / place.replace("SPLIT", split)
        file.parent.mkdir(exist_ok=True)
        names = [f"{split}/a.jpg", f"{split}/b.jpg"] if "instances" in place else ["a.jpg", "b.jpg"]
        file.write_text(coco(names, ["Happy", "Sad"]))
    assert read_as(tmp_path / "in") == {
        "train/a.jpg": ("happy", "train"),
        "train/b.jpg": ("sad", "train"),
        "valid/a.jpg": ("happy", "val"),
        "valid/b.jpg": ("sad", "val"),
    }


def test_the_same_name_in_two_splits_is_the_one_of_the_list(tmp_path: Path) -> None:
    for split, category in (("train2017", "Happy"), ("val2017", "Sad")):
        tiles(tmp_path / "in", f"{split}/a.jpg")
        file = tmp_path / "in" / "annotations" / f"instances_{split}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(coco(["a.jpg"], [category]))
    assert read_as(tmp_path / "in") == {
        "train2017/a.jpg": ("happy", "train"),
        "val2017/a.jpg": ("sad", "val"),
    }


def test_missing_images_and_other_categories(tmp_path: Path) -> None:
    tiles(tmp_path / "in", "a.jpg")
    (tmp_path / "in" / "x.json").write_text(coco(["a.jpg", "b.jpg"], ["smile", "frown"]))
    assert read_as(tmp_path / "in") == {"a.jpg": ("smile", "train")}
    pack = prepare(tmp_path / "in", tmp_path / "out")
    assert load_pack(pack.path).info["skipped"] == [
        {"source_id": "b.jpg", "reason": "missing: x.json names it"}
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"annotations": [{"image_id": 9, "category_id": 1}]},
        {"annotations": [{"image_id": 0, "category_id": 1, "bbox": [1, 2]}]},
        {"annotations": [{"image_id": 0, "category_id": 1, "bbox": [1e999, 2, 3, 4]}]},
        {"categories": 3},
        {"images": None},
    ],
)
def test_a_broken_file_is_one_line(tmp_path: Path, broken: dict[str, Any]) -> None:
    tiles(tmp_path / "in", "a.jpg")
    whole = json.loads(coco(["a.jpg"], ["happy"]))
    (tmp_path / "in" / "x.json").write_text(json.dumps(whole | broken))
    with pytest.raises(DataError, match=r"x.json cannot be read as COCO.*--kind unlabeled"):
        read_as(tmp_path / "in")
