"""Sets that name their files: splits of folders are kept, other names are told."""

from pathlib import Path

import pytest

from asdcfer.errors import DataError
from tests.data.trees import kind_of, read_as, tiles


def test_splits_that_folders_give_are_kept(tmp_path: Path) -> None:
    source = tiles(
        tmp_path / "in", "train/KA.HA1.29.tiff", "train/KA.AN1.39.tiff", "test/KL.SA1.3.tiff"
    )
    assert kind_of(source) == "jaffe"
    assert read_as(source)["test/KL.SA1.3.tiff"] == ("sad", "test")
    assert read_as(source)["train/KA.HA1.29.tiff"] == ("happy", "train")


def test_class_folders_with_such_names_agree(tmp_path: Path) -> None:
    source = tiles(tmp_path / "in", "happy/KA.HA1.29.tiff", "angry/KA.AN1.39.tiff")
    assert kind_of(source) == "jaffe"
    assert read_as(source)["happy/KA.HA1.29.tiff"][0] == "happy"


def test_names_among_others_lose_no_image(tmp_path: Path) -> None:
    source = tiles(tmp_path / "in", "KA.HA1.29.tiff", *(f"holiday {i}.png" for i in range(30)))
    with pytest.raises(DataError, match=r"only 1 of 31 images are jaffe.*--kind unlabeled"):
        read_as(source)
    assert len(read_as(source, kind="unlabeled")) == 31
