"""AffectNet: official and numbered folders."""

from pathlib import Path

import numpy as np
import pytest

from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from asdcfer.expressions import (
    AFFECTNET_LABELS,
    EXPRESSIONS,
    EXPRESSIONS_WITH_CONTEMPT,
)
from tests.data.trees import kind_of, save, summary


def test_affectnet_official_folders(tmp_path: Path) -> None:
    for split in ("train_set", "val_set"):
        for i in range(8):
            save(tmp_path / "an" / split / "images" / f"{i}.jpg", i, (60, 60, 3))
            (tmp_path / "an" / split / "annotations").mkdir(parents=True, exist_ok=True)
            np.save(tmp_path / "an" / split / "annotations" / f"{i}_exp.npy", np.array(str(i)))
    assert kind_of(tmp_path / "an") == "affectnet"
    pack = prepare(tmp_path / "an", tmp_path / "out")
    assert pack.expressions == EXPRESSIONS_WITH_CONTEMPT
    assert pack.info["skipped"] == []
    assert summary(pack) == [
        (s, AFFECTNET_LABELS[i], f"{s}_set/images/{i}.jpg")
        for s in ("train", "val")
        for i in range(8)
    ]
    seven = prepare(tmp_path / "an", tmp_path / "seven", Options(expressions=7))
    assert seven.expressions == EXPRESSIONS
    assert len(seven) == 14
    assert seven.info["skipped"][0] == {
        "source_id": "train_set/images/7.jpg",
        "reason": "outside the 7 expressions (contempt)",
    }
    np.save(tmp_path / "an" / "val_set" / "annotations" / "3_exp.npy", np.array("9"))
    with pytest.raises(DataError, match=r"3_exp.npy: unknown label '9'; expected 0 neutral"):
        prepare(tmp_path / "an", tmp_path / "out")
    for raw in (b"\x80\x04pickle", b"PK\x03\x04zip", b"", b"\x93NUMPY\x01\x00"):
        (tmp_path / "an" / "val_set" / "annotations" / "3_exp.npy").write_bytes(raw)
        with pytest.raises(DataError, match=r"3_exp.npy cannot be read as an annotation"):
            prepare(tmp_path / "an", tmp_path / "out")


def test_affectnet_numbered_folders(tmp_path: Path) -> None:
    for i in range(8):
        save(tmp_path / "an" / "train" / str(i) / f"image{i}.png", i)
    with pytest.raises(DataError, match=r"`labels_order` fer, affectnet, .*`kind=.unlabeled.`"):
        prepare(tmp_path / "an", tmp_path / "out")
    asked = prepare(tmp_path / "an", tmp_path / "out", kind="affectnet")
    assert [e for _, e, _ in summary(asked)] == list(AFFECTNET_LABELS.values())
    assert asked.info["source"]["name"] == "AffectNet"
    save(tmp_path / "an" / "train" / "8" / "image.png", 9)
    with pytest.raises(DataError, match=r"affectnet has no name for 8; it has 0 neutral"):
        prepare(tmp_path / "an", tmp_path / "out", kind="affectnet")
