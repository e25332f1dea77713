"""Folder data sets: layouts, label maps, splits, what is recognized, and what is refused."""

from pathlib import Path

import pytest

from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare
from tests.data.trees import contents, kaggle_fer, rafdb


@pytest.mark.parametrize("make", [kaggle_fer, rafdb])
def test_folders_give_the_same_bytes_wherever_they_lie(tmp_path: Path, make) -> None:
    (tmp_path / "b").mkdir()
    prepare(make(tmp_path / "a" / "x"), tmp_path / "one")
    prepare(make(tmp_path / "b" / "y"), tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_label_belongs_to_the_first_face_that_is_found(tmp_path: Path) -> None:
    source = kaggle_fer(tmp_path / "fer")
    pack = prepare(
        source, tmp_path / "out", Options(crop=lambda image: [image[:24, :24], image[24:, 24:]])
    )
    assert len(pack) == 21
    assert pack.info["source"]["detected"] is True
    unlabeled = prepare(
        source,
        tmp_path / "out",
        Options(crop=lambda image: [image[:24, :24], image[24:, 24:]]),
        kind="unlabeled",
    )
    assert len(unlabeled) == 42
    assert unlabeled.ids[1] == unlabeled.ids[0] + "#2"
