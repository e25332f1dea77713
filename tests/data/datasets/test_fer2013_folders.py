"""The folders of FER-2013's Kaggle release."""

from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from asdcfer.expressions import (
    EXPRESSIONS,
)
from tests.data.trees import CLASSES, face, kaggle_fer, kind_of, save, summary


def test_kaggle_fer_tells_its_two_test_splits_apart_by_file_name(tmp_path: Path) -> None:
    source = kaggle_fer(tmp_path / "fer")
    assert kind_of(source) == "fer2013_folders"
    pack = prepare(source, tmp_path / "out")
    assert pack.splits == ["train", "public", "private"]
    assert pack.expressions == EXPRESSIONS
    assert len(pack) == 21
    expected = {
        ("train", name, f"train/{name}/Training_{100 + i}.jpg") for i, name in enumerate(CLASSES)
    }
    expected |= {
        ("public", name, f"test/{name}/PublicTest_{200 + i}.jpg") for i, name in enumerate(CLASSES)
    }
    expected |= {
        ("private", name, f"test/{name}/PrivateTest_{300 + i}.jpg")
        for i, name in enumerate(CLASSES)
    }
    assert set(summary(pack)) == expected
    row = pack.ids.index("test/happy/PublicTest_203.jpg")
    assert np.abs(pack.images[row].astype(int) - face(13)).mean() < 4, "pixels belong to their id"


def test_kaggle_fer_inside_the_folder_of_an_archive(tmp_path: Path) -> None:
    kaggle_fer(tmp_path / "archive" / "fer2013")
    (tmp_path / "archive" / "readme.txt").write_text("hello")
    assert kind_of(tmp_path / "archive") == "fer2013_folders"
    assert len(prepare(tmp_path / "archive", tmp_path / "out")) == 21


def test_kaggle_fer_takes_one_foreign_name_by_its_folders_and_refuses_unknown_classes(
    tmp_path: Path,
) -> None:
    source = kaggle_fer(tmp_path / "fer")
    save(source / "train" / "happy" / "holiday.jpg", 50)
    pack = prepare(source, tmp_path / "out")
    assert pack.splits == ["train", "public", "private"]
    assert ("train", "happy", "train/happy/holiday.jpg") in summary(pack)
    assert len(pack) == 22
    save(source / "train" / "bored" / "Training_1.jpg", 51)
    with pytest.raises(
        DataError,
        match=(
            r"train/bored/Training_1.jpg: unknown label 'bored'; expected a folder named angry, "
            r"disgust"
        ),
    ):
        prepare(source, tmp_path / "out")
