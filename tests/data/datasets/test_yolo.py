"""YOLO exports in their two arrangements, with every way to name the classes."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from tests.data.trees import read_as, tiles

NAMES = ["Anger", "Contempt", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise"]
MEANT = ["angry", "contempt", "disgust", "fear", "happy", "neutral", "sad", "surprise"]


def export(root: Path, pattern: str = "SPLIT/KIND/NUMBER", names: str | None = None) -> Path:
    for split in ("train", "valid", "test"):
        for i in range(8):
            place = pattern.replace("SPLIT", split).replace("NUMBER", f"f_{i}")
            tiles(root, place.replace("KIND", "images") + ".png")
            text = root / (place.replace("KIND", "labels") + ".txt")
            text.parent.mkdir(parents=True, exist_ok=True)
            text.write_text(f"{i} 0.5 0.5 0.9 0.9\n")
    (root / "data.yaml").write_text(names or f"train: ../train/images\nnc: 8\nnames: {NAMES}\n")
    return root


@pytest.mark.parametrize(
    "pattern", ["SPLIT/KIND/NUMBER", "KIND/SPLIT/NUMBER", "archive/data/SPLIT/KIND/NUMBER"]
)
def test_class_numbers_become_expressions_by_the_names(tmp_path: Path, pattern: str) -> None:
    told: list[str] = []
    read = read_as(export(tmp_path / "YOLO_format", pattern), told=told.append)
    assert len(read) == 24
    for name, (label, split) in read.items():
        assert label == MEANT[int(name[-5])]
        assert split == next(s for s in ("train", "val", "test") if s in name)
    assert any("'Anger' as angry" in line for line in told)


def test_names_may_be_a_mapping_or_classes_txt(tmp_path: Path) -> None:
    mapping = "names:\n" + "".join(f"  {i}: {name}\n" for i, name in enumerate(NAMES))
    assert read_as(export(tmp_path / "a", names=mapping))["train/images/f_4.png"][0] == "happy"
    export(tmp_path / "b")
    (tmp_path / "b" / "data.yaml").unlink()
    with pytest.raises(DataError, match="classes of its boxes are numbers"):
        read_as(tmp_path / "b")
    assert read_as(tmp_path / "b", labels_order="affectnet")["train/images/f_1.png"][0] == "happy"
    (tmp_path / "b" / "classes.txt").write_text("\n".join(NAMES))
    assert read_as(tmp_path / "b")["train/images/f_4.png"][0] == "happy"


def test_lists_of_images_are_splits(tmp_path: Path) -> None:
    """As Darknet and Ultralytics take them: a path in each line, also of another machine."""
    for i in range(8):
        tiles(tmp_path / "in", f"images/f_{i}.png")
        (tmp_path / "in" / "labels").mkdir(exist_ok=True)
        (tmp_path / "in" / "labels" / f"f_{i}.txt").write_text(f"{i} 0.5 0.5 0.9 0.9\n")
    (tmp_path / "in" / "data.yaml").write_text(f"names: {NAMES}\n")
    for split, numbers in (("train", range(5)), ("val", range(5, 7)), ("test", range(7, 8))):
        lines = "".join(f"/content/set/images/f_{i}.png\n" for i in numbers)
        (tmp_path / "in" / f"{split}.txt").write_text(lines)
    splits = [split for _, (_, split) in sorted(read_as(tmp_path / "in").items())]
    assert splits == ["train"] * 5 + ["val"] * 2 + ["test"]


def test_each_box_is_a_face_and_an_empty_file_none(tmp_path: Path) -> None:
    pixels = np.zeros((40, 40), np.uint8)
    pixels[:, 20:] = 200
    for kind in ("images", "labels"):
        (tmp_path / "in" / "train" / kind).mkdir(parents=True)
    Image.fromarray(pixels).save(tmp_path / "in" / "train" / "images" / "a.png")
    Image.fromarray(pixels).save(tmp_path / "in" / "train" / "images" / "b.png")
    labels = tmp_path / "in" / "train" / "labels"
    (labels / "a.txt").write_text("0 0.25 0.5 0.5 1\n1 0.5 0 1 0 1 1 0.5 1\n")
    (labels / "b.txt").write_text("")
    (tmp_path / "in" / "data.yaml").write_text("names: [happy, sad]\n")
    pack = prepare(tmp_path / "in", tmp_path / "out", Options(size=8))
    assert pack.ids == ["train/images/a.png", "train/images/a.png#2"]
    assert [image.max() for image in pack.images] == [0, 200]
    assert [pack.expressions[label] for label in pack.labels] == ["happy", "sad"]
    assert {"source_id": "train/images/b.png", "reason": "no box: b.txt is empty"} in pack.info[
        "skipped"
    ]


def test_a_wrong_row_is_named(tmp_path: Path) -> None:
    export(tmp_path / "in")
    (tmp_path / "in" / "train" / "labels" / "f_0.txt").write_text("0 0.5 nan 1 1\n")
    with pytest.raises(DataError, match=r"f_0.txt, row 1: .*expected a class number and a box"):
        read_as(tmp_path / "in")


def test_a_class_that_is_no_expression_is_named(tmp_path: Path) -> None:
    export(tmp_path / "in", names=f"names: {[*NAMES[:-1], 'Bored']}\n")
    with pytest.raises(DataError, match=r"unknown label 'Bored'; expected .*--own-classes"):
        read_as(tmp_path / "in")
    assert read_as(tmp_path / "in", own_classes=True)["test/images/f_7.png"] == ("Bored", "test")


def test_classes_of_ones_own(tmp_path: Path) -> None:
    export(tmp_path / "in", names=f"names: {[f'kind {i}' for i in range(8)]}\n")
    assert read_as(tmp_path / "in")["test/images/f_7.png"] == ("kind 7", "test")
